//! How drafts become finals: by the provider's own promise of the same content, or by asking a better model of the same
//! family for the same thing again.

use super::schema::{Model, Promoted, Recipe, Tier};

/// A way from a draft to a final.
#[derive(Clone, Copy, Debug)]
pub enum Final<'a> {
    /// The provider makes it from the draft's own job: the same content.
    Exact(&'a Promoted),
    /// This model makes it anew: the same wish, another clip.
    Rerender(&'a Model),
}

impl Recipe {
    /// What `promote` makes of this model's drafts, where it takes them.
    pub fn promoted<'a>(&self, draft: &'a Model) -> Option<&'a Promoted> {
        draft.promoted.as_ref().filter(|_| self.promote.is_some() && draft.tier == Tier::Draft)
    }

    /// The models of the final tier.
    pub fn final_models(&self) -> impl Iterator<Item = &Model> {
        self.models.iter().filter(|model| model.tier == Tier::Final)
    }

    /// Every way from this model's drafts to a final inside its family, the exact one first.
    pub fn finals<'a>(&'a self, draft: &'a Model) -> Vec<Final<'a>> {
        let exact = self.promoted(draft).map(Final::Exact);
        let anew = self.final_models().filter(|model| model.family == draft.family).map(Final::Rerender);
        exact.into_iter().chain(anew).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::recipe::Shelf;

    fn finals(id: &str, model: &str) -> Vec<String> {
        let recipe = Shelf::default().open(id).unwrap();
        let draft = recipe.model(Some(model), Tier::Draft).unwrap();
        let name = |way: &Final<'_>| match way {
            Final::Exact(promoted) => format!("exact {}", promoted.resolution),
            Final::Rerender(model) => model.id.clone(),
        };
        recipe.finals(draft).iter().map(name).collect()
    }

    #[test]
    fn a_promise_needs_its_call_and_a_call_its_promise() {
        let ark = include_str!("../../../recipes/ark.toml");
        let complaints = |text: String| Recipe::parse(&text).unwrap_err().into_iter().map(|found| found.what);
        let without_call = ark.replacen("[promote]", "[[upload]]", 1).replacen("{job}", "{picture_url}", 1);
        assert!(complaints(without_call).any(|what| what.contains("needs the call [promote]")));
        let without_promise = ark.lines().filter(|line| !line.starts_with("promoted")).collect::<Vec<_>>().join("\n");
        assert!(complaints(without_promise).any(|what| what.contains("no model says with `promoted`")));
        let nameless =
            ark.replacen("return_last_frame = true }\ntake = { job", "return_last_frame = true }\ntake = { jobb", 1);
        assert_ne!(nameless, ark);
        assert!(complaints(nameless).any(|what| what.contains("where the job's name is")));
    }

    #[test]
    fn the_vendor_s_promise_goes_before_asking_anew_and_families_are_not_crossed() {
        assert_eq!(finals("ark", "seedance-1-5-pro-251215"), ["exact 1080p"]);
        assert_eq!(finals("ark", "dreamina-seedance-2-5-260628"), ["exact 1080p", "dreamina-seedance-2-5-260628"]);
        assert_eq!(finals("runway", "gen4_turbo"), ["gen4.5"]);
        assert_eq!(finals("ark", "seedance-1-0-pro-fast-251015"), Vec::<String>::new());
    }
}
