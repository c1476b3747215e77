//! Known faults, injected on purpose: what to inject, how strongly, where in time.

use std::{fmt, str::FromStr};

/// A kind of fault that image-to-video models make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefectKind {
    /// The product bows sideways.
    Bend,
    /// A dent swells out of the product's shoulder.
    Bulge,
    /// The surface swims in waves.
    Swim,
    /// The print is scrambled.
    Garble,
    /// The product's colour turns.
    Hue,
    /// Brightness jumps from frame to frame.
    Flicker,
    /// The picture stands still.
    Freeze,
    /// The lower part runs down.
    Melt,
}

impl DefectKind {
    /// Every kind.
    pub const ALL: [Self; 8] =
        [Self::Bend, Self::Bulge, Self::Swim, Self::Garble, Self::Hue, Self::Flicker, Self::Freeze, Self::Melt];

    /// The word used on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bend => "bend",
            Self::Bulge => "bulge",
            Self::Swim => "swim",
            Self::Garble => "garble",
            Self::Hue => "hue",
            Self::Flicker => "flicker",
            Self::Freeze => "freeze",
            Self::Melt => "melt",
        }
    }

    /// What `strength` counts.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Bend | Self::Bulge | Self::Swim | Self::Garble | Self::Melt => "% of the product's diagonal",
            Self::Hue => "degrees of hue",
            Self::Flicker => "% of brightness",
            Self::Freeze => "no strength",
        }
    }

    /// The strength to which a careful person would object at first sight.
    pub const fn default_strength(self) -> f64 {
        match self {
            Self::Bend => 5.0,
            Self::Bulge => 6.0,
            Self::Swim => 2.0,
            Self::Garble => 1.5,
            Self::Hue => 30.0,
            Self::Flicker | Self::Melt => 8.0,
            Self::Freeze => 0.0,
        }
    }

    /// Largest strength that is still a picture of something.
    const fn most(self) -> f64 {
        match self {
            Self::Hue => 180.0,
            Self::Flicker => 90.0,
            _ => 50.0,
        }
    }
}

impl fmt::Display for DefectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A simulated fault: `kind[:strength[:from-to]][@take]`, e.g. `melt:8:20-40@1`.
#[derive(Clone, Debug, PartialEq)]
pub struct Defect {
    /// Which fault.
    pub kind: DefectKind,
    /// How much, in [`DefectKind::unit`]s.
    pub strength: f64,
    /// First and last frame at fault (0-based, both included); the middle third of the clip if `None`.
    pub frames: Option<(usize, usize)>,
    /// Only in this take (1-based); in every take if `None`.
    pub take: Option<u32>,
}

impl Defect {
    /// The frames at fault in a clip of `total` frames, first and last.
    pub fn span(&self, total: usize) -> (usize, usize) {
        self.frames.unwrap_or((total / 3, (2 * total / 3).saturating_sub(1).max(total / 3)))
    }

    /// How much of the fault frame `index` has, `0..=1`: it comes and goes softly.
    pub(crate) fn onset(&self, index: usize, total: usize) -> f64 {
        let (first, last) = self.span(total);
        if index < first || index > last {
            return 0.0;
        }
        let soft = ((last - first + 1) as f64 / 4.0).clamp(1.0, 8.0);
        let rise = ((index - first + 1) as f64 / soft).min(1.0);
        let fall = if last + 1 >= total { 1.0 } else { ((last - index + 1) as f64 / soft).min(1.0) };
        let level = rise.min(fall);
        level * level * (3.0 - 2.0 * level)
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.strength)?;
        if let Some((first, last)) = self.frames {
            write!(f, ":{first}-{last}")?;
        }
        self.take.map_or(Ok(()), |take| write!(f, "@{take}"))
    }
}

/// The text describes no fault that can be simulated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no simulated fault: {why}")]
pub struct ParseDefectError {
    text: String,
    why: String,
}

impl FromStr for Defect {
    type Err = ParseDefectError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = |why: String| ParseDefectError { text: text.to_owned(), why };
        let (body, take) = match text.split_once('@') {
            Some((body, take)) => (body, Some(take)),
            None => (text, None),
        };
        let mut parts = body.split(':');
        let name = parts.next().unwrap_or_default();
        let kind = DefectKind::ALL.into_iter().find(|kind| kind.name() == name);
        let kind = kind
            .ok_or_else(|| error(format!("the kind is one of {}", DefectKind::ALL.map(DefectKind::name).join(", "))))?;
        let strength = match parts.next().filter(|part| !part.is_empty()) {
            None => kind.default_strength(),
            Some(part) => {
                let found = part.parse::<f64>().ok().filter(|s| (0.0..=kind.most()).contains(s));
                found.ok_or_else(|| error(format!("the strength is 0 to {} ({})", kind.most(), kind.unit())))?
            }
        };
        let frames = parts.next().map(|part| {
            let span = part.split_once('-').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
            span.filter(|(a, b): &(usize, usize)| a <= b)
                .ok_or_else(|| error("the frames are first-last, e.g. 20-40".to_owned()))
        });
        if parts.next().is_some() {
            return Err(error("it reads kind:strength:first-last@take".to_owned()));
        }
        let take = take.map(|take| {
            let found = take.parse::<u32>().ok().filter(|take| *take > 0);
            found.ok_or_else(|| error("the take is a number from 1 on".to_owned()))
        });
        Ok(Self { kind, strength, frames: frames.transpose()?, take: take.transpose()? })
    }
}
