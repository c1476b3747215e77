//! Holdstill's score beside the published metrics of video consistency, re-implemented from their papers, on the same clips; and
//! what each of its signals earns.
//!
//! `cargo bench --bench anchors -- [LABELS.csv]`: labels are a CSV with the columns clip, seed, label (`hold` or `accept`, else at
//! fault) and, where there are any, causes (`geometry|…`) and pair, which names clips that differ in their fault alone. Without
//! labels, clips are made of the stills in `fixtures/`: four camera moves, with and without every fault.
#![expect(clippy::print_stdout, reason = "tables are what it is for")]

mod clips;
mod formulas;
mod fundamental;
mod ranking;
mod similarity;

use clips::Labelled;
use formulas::Formulas;
use holdstill::{
    drift::Thresholds,
    engine::{Cancel, ScoreJob, score},
    media::{self, Decoder, Want},
};
use ranking::{Case, Column};
use std::{collections::BTreeMap, error::Error, path::PathBuf};

/// Longest side of the frames that the published metrics see, pixels.
const LONGEST: usize = 640;
const OURS: &str = "**holdstill**";

fn main() -> Result<(), Box<dyn Error>> {
    let labels = std::env::args().skip(1).find(|argument| !argument.starts_with("--")).map(PathBuf::from);
    let folder = tempfile::tempdir()?;
    let labelled = labels.map_or_else(|| clips::made(folder.path()), |path| clips::read(&path))?;
    let mut peers: BTreeMap<&str, Column> = BTreeMap::new();
    let (mut alone, mut without): (BTreeMap<String, Column>, BTreeMap<String, Column>) = Default::default();
    for clip in &labelled {
        for (name, value) in published(clip)? {
            peers.entry(name).or_default().push(value);
        }
        let job = ScoreJob {
            clip: clip.clip.clone(),
            seed: clip.seed.clone(),
            mask: None,
            embedder: None,
            wants_range: false,
            thresholds: Thresholds::default(),
            command: String::new(),
        };
        let judgement = score(&job, &mut |_| {}, &Cancel::default())?.report.judgement;
        peers.entry(OURS).or_default().push(judgement.drift);
        for (signal, metric) in judgement.metrics {
            alone.entry(signal.clone()).or_default().push(metric.max);
            without.entry(signal).or_default().push(metric.without);
        }
    }
    let cases: Vec<Case> = labelled.into_iter().map(Case::from).collect();
    let ours = peers.remove(OURS).unwrap_or_default();
    println!("{}", ranking::against_peers(&cases, &peers, (OURS, &ours)));
    println!("{}", ranking::ablation(&cases, &ours, &alone, &without));
    Ok(())
}

fn published(clip: &Labelled) -> Result<Vec<(&'static str, f64)>, Box<dyn Error>> {
    let size = media::probe(&clip.clip)?.size.fit(LONGEST);
    let mut formulas = Formulas::new(&media::load_seed(&clip.seed)?.picture, size);
    for frame in Decoder::open(&clip.clip, &Want { size: Some(size) })? {
        formulas.see(frame?.picture);
    }
    Ok(formulas.values())
}
