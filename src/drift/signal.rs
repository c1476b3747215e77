//! The registry of signals: what each number is called, its unit, and what it means. One table feeds metrics, help and fusion.

/// A number measured on every frame; larger is worse for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Signal {
    /// Typical bending of small patches of the surface that no rigid relief explains.
    Bend,
    /// The same for the patches that bend most.
    BendPeak,
    /// The same over larger patches.
    BendWide,
    /// The same over larger patches, where it is most.
    BendWidePeak,
    /// Smooth motion of the whole subject that no rigid body, relief and camera explain.
    Warp,
    /// The same, as far as the clip has shown at first that its subject is rigid.
    RigidWarp,
    /// Smooth change of the shape of a subject that rested at first, as far as the camera rests.
    RestWarp,
    /// The same of one that moved with what stands around it at first, while the camera moves.
    SceneWarp,
    /// Change of the subject's shape that comes and goes sooner than a rigid body turns there and back.
    Excursion,
    /// Share of the subject's marks that should be in view, if it is one rigid body, and show something else.
    Missing,
    /// The same, when most of them are fine print.
    Garbled,
    /// The same of a subject that is seen as the still shows it, in its light.
    Vanished,
    /// The same, when most of them are fine print.
    Rewritten,
    /// The largest part of the subject whose colour is gone from where it must be.
    Gone,
    /// Bending of small patches before any relief is admitted.
    Curl,
    /// Stretch of the subject in one direction against the other.
    Aspect,
    /// The largest place of a subject that is seen as the still shows it that shows something else.
    Hole,
    /// Share of the subject's textured surface that no longer looks like the seed in its place.
    Replaced,
    /// The same over the whole picture.
    ReplacedAnywhere,
    /// Size of the largest connected place that does not look like the seed.
    Blob,
    /// Unlikeness of the finest printed detail.
    Print,
    /// Unlikeness of the labels that somebody marked.
    Label,
    /// Colour difference of the subject after exposure.
    Hue,
    /// Colour difference anywhere after exposure.
    HuePeak,
    /// Deviation of the lightness curve from one gain.
    Tone,
    /// Change of contrast beyond one gain: burnt in, or washed out.
    Contrast,
    /// Loss of fine texture on the subject.
    Smear,
    /// Share of the subject in the largest connected place that lost its fine texture.
    SmearSpot,
    /// Gain of texture that the seed does not have.
    Grain,
    /// Jump of the picture's brightness against both neighbouring frames.
    Flicker,
    /// How much further the subject's brightness jumps.
    FlickerAlone,
    /// Change of the aligned surface's lightness from one frame to the next: it is drawn anew instead of carried along.
    Boil,
    /// Frames in a row that stand still while their neighbourhood moves.
    Frozen,
    /// Jump of the whole picture between two frames.
    Jump,
    /// Share of the subject's points that can no longer be followed, over some frames.
    Lost,
    /// Share of the subject's points that no frame shows, not even the likest.
    Unseeded,
    /// Unlikeness of the whole picture to the seed, in any place.
    Foreign,
    /// Distance of the colour distribution from the seed's.
    Palette,
    /// Distance of what the picture shows from what the seed shows, beyond what motion explains.
    Other,
}

impl Signal {
    /// Every signal.
    pub(crate) const ALL: [Self; 39] = [
        Self::Bend,
        Self::BendPeak,
        Self::BendWide,
        Self::BendWidePeak,
        Self::Warp,
        Self::RigidWarp,
        Self::RestWarp,
        Self::SceneWarp,
        Self::Excursion,
        Self::Missing,
        Self::Garbled,
        Self::Vanished,
        Self::Rewritten,
        Self::Gone,
        Self::Hole,
        Self::Curl,
        Self::Aspect,
        Self::Replaced,
        Self::ReplacedAnywhere,
        Self::Blob,
        Self::Print,
        Self::Label,
        Self::Hue,
        Self::HuePeak,
        Self::Tone,
        Self::Contrast,
        Self::Smear,
        Self::SmearSpot,
        Self::Grain,
        Self::Flicker,
        Self::FlickerAlone,
        Self::Boil,
        Self::Frozen,
        Self::Jump,
        Self::Lost,
        Self::Unseeded,
        Self::Foreign,
        Self::Palette,
        Self::Other,
    ];

    /// Its name in the report's metrics.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Bend => "bend",
            Self::BendPeak => "bend-peak",
            Self::BendWide => "bend-wide",
            Self::BendWidePeak => "bend-wide-peak",
            Self::Warp => "warp",
            Self::RigidWarp => "rigid-warp",
            Self::RestWarp => "rest-warp",
            Self::SceneWarp => "scene-warp",
            Self::Excursion => "excursion",
            Self::Missing => "missing",
            Self::Garbled => "garbled",
            Self::Vanished => "vanished",
            Self::Rewritten => "rewritten",
            Self::Gone => "gone",
            Self::Hole => "hole",
            Self::Curl => "curl",
            Self::Aspect => "aspect",
            Self::Replaced => "replaced",
            Self::ReplacedAnywhere => "replaced-anywhere",
            Self::Blob => "blob",
            Self::Print => "print",
            Self::Label => "label",
            Self::Hue => "hue",
            Self::HuePeak => "hue-peak",
            Self::Tone => "tone",
            Self::Contrast => "contrast",
            Self::Smear => "smear",
            Self::SmearSpot => "smear-spot",
            Self::Grain => "grain",
            Self::Flicker => "flicker",
            Self::FlickerAlone => "flicker-alone",
            Self::Boil => "boil",
            Self::Frozen => "frozen",
            Self::Jump => "jump",
            Self::Lost => "lost",
            Self::Unseeded => "unseeded",
            Self::Foreign => "foreign",
            Self::Palette => "palette",
            Self::Other => "other",
        }
    }

    /// Unit of its values.
    pub(crate) const fn unit(self) -> &'static str {
        match self {
            Self::Bend | Self::BendPeak | Self::BendWide | Self::BendWidePeak | Self::Curl => "% of diagonal",
            Self::Warp | Self::RigidWarp | Self::RestWarp | Self::SceneWarp | Self::Excursion => "% of the subject",
            Self::SmearSpot | Self::Gone | Self::Hole => "% of the subject by weight",
            Self::Missing | Self::Garbled | Self::Vanished | Self::Rewritten => "% of the marks in view",
            Self::Aspect
            | Self::Replaced
            | Self::ReplacedAnywhere
            | Self::Blob
            | Self::Flicker
            | Self::FlickerAlone => "%",
            Self::Hue | Self::HuePeak | Self::Tone | Self::Boil => "Oklab × 100",
            Self::Smear | Self::Grain => "octaves of energy",
            Self::Frozen => "frames",
            Self::Contrast
            | Self::Lost
            | Self::Unseeded
            | Self::Print
            | Self::Label
            | Self::Jump
            | Self::Foreign
            | Self::Palette => "0..1",
            Self::Other => "1 - cosine",
        }
    }
}

/// One frame's value of every signal; zero where it could not be measured.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Readings([f32; Signal::ALL.len()]);

impl Default for Readings {
    fn default() -> Self {
        Self([0.0; Signal::ALL.len()])
    }
}

impl Readings {
    /// Whether it is the subject that flickers rather than the picture.
    pub(crate) fn flickers_alone(&self) -> bool {
        self.get(Signal::FlickerAlone) > self.get(Signal::Flicker)
    }

    /// The value of `signal`.
    pub(crate) fn get(&self, signal: Signal) -> f64 {
        f64::from(self.0[signal as usize])
    }

    /// Lets `signals` count as far as `share` says, `0..=1`.
    pub(crate) fn dim(&mut self, signals: &[Signal], share: f64) {
        for &signal in signals {
            self.set(signal, (share * self.get(signal)) as f32);
        }
    }

    /// Records the value of `signal`; what is not a number counts as not measured.
    pub(crate) fn set(&mut self, signal: Signal, value: f32) {
        self.0[signal as usize] = if value.is_finite() { value } else { 0.0 };
    }
}
