//! Finding a job whose receipt was lost in a provider's list of jobs, where it knows no name of ours: by what it echoes of the
//! request. Only one that fits alone is ours; where several do, nobody can tell.

use super::{
    pointer::Pointer,
    schema::{Call, Recipe},
    slot::plain,
    wire::HttpResponse,
};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Which job of a list is ours.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Among {
    /// Place of the list.
    pub items: Pointer,
    /// Values of the request, and where a job of the list echoes them: all of them must.
    pub same: BTreeMap<String, Pointer>,
}

impl Recipe {
    /// The values that `find` takes of the job that a proper answer to it names, `values` being those of the request; `None`
    /// where it names none, or several that look like ours.
    pub fn traced(
        &self,
        find: &Call,
        answer: &HttpResponse,
        values: &Map<String, Value>,
    ) -> Option<Map<String, Value>> {
        let taken = match &self.among {
            None => find.taken(answer),
            Some(among) => {
                find.taken(&HttpResponse { body: among.one(&answer.body, values)?.clone(), ..answer.clone() })
            }
        };
        let has_name = taken.get("job").and_then(Value::as_str).is_some_and(|job| !job.is_empty());
        has_name.then_some(taken)
    }
}

impl Among {
    /// The only job of a list that echoes everything.
    fn one<'a>(&self, answer: &'a Value, values: &Map<String, Value>) -> Option<&'a Value> {
        let Some(Value::Array(jobs)) = self.items.find(answer) else { return None };
        let is_ours = |job: &&Value| {
            let mut echoes = self.same.iter();
            echoes.all(|(name, place)| values.get(name).is_some_and(|sent| place.text(job) == Some(plain(sent))))
        };
        let mut ours = jobs.iter().filter(is_ours);
        ours.next().filter(|_| ours.next().is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::recipe::Shelf;
    use serde_json::json;

    #[test]
    fn only_a_job_that_fits_alone_is_ours() {
        let recipe = Shelf::default().open("ark").unwrap();
        let values = json!({ "model": "seedance-1-5-pro-251215", "rng_seed": 7 });
        let traced = |jobs: Value, values: &Value| {
            let answer = HttpResponse::new(200, Vec::new(), jobs.to_string().as_bytes());
            let taken = recipe.traced(recipe.find.as_ref().unwrap(), &answer, values.as_object().unwrap())?;
            Some(taken["job"].as_str().unwrap().to_owned())
        };
        let job = |id: &str, seed: u64| json!({ "id": id, "model": "seedance-1-5-pro-251215", "seed": seed });
        assert_eq!(traced(json!({ "items": [job("a", 6), job("b", 7)] }), &values).as_deref(), Some("b"));
        for none in [
            json!({ "items": [job("a", 6)] }),
            json!({ "items": [{ "id": "c", "model": "other", "seed": 7 }] }),
            json!({ "items": [job("a", 7), job("b", 7)] }),
            json!({ "total": 0 }),
        ] {
            assert_eq!(traced(none.clone(), &values), None, "{none}");
        }
        let seedless = json!({ "model": "seedance-1-5-pro-251215" });
        assert_eq!(traced(json!({ "items": [job("a", 7)] }), &seedless), None, "what was not sent tells nothing");
    }
}
