//! How well numbers tell faulty clips from faithful ones, as tables.

use super::clips::Labelled;
use holdstill::drift::{Judged, roc};
use std::{collections::BTreeMap, fmt::Write};

/// A metric's value for each clip, larger is worse.
pub(crate) type Column = Vec<f64>;

/// What is known of a clip.
pub(crate) struct Case {
    is_faulty: bool,
    is_bent: bool,
    pair: String,
}

impl From<Labelled> for Case {
    fn from(clip: Labelled) -> Self {
        Self { is_faulty: clip.is_faulty, is_bent: clip.is_bent, pair: clip.pair }
    }
}

/// The published metrics, then ours.
pub(crate) fn against_peers(cases: &[Case], peers: &BTreeMap<&str, Column>, ours: (&str, &Column)) -> String {
    let faithful = cases.iter().filter(|case| !case.is_faulty).count();
    let mut text = format!(
        "| {faithful} faithful clips, {} faulty | AUC | geometry | other faults | caught at no false alarm | order in a pair |\n\
         |---|---|---|---|---|---|\n",
        cases.len() - faithful
    );
    for (name, values) in peers.iter().map(|(name, values)| (*name, values)).chain([ours]) {
        let area = |of: &dyn Fn(&Case) -> bool| figure(area(cases, values, of));
        let _ = writeln!(
            text,
            "| {name} | {} | {} | {} | {:.0} % | {} |",
            area(&|_| true),
            area(&|case| case.is_bent),
            area(&|case| !case.is_bent),
            100.0 * caught(cases, values),
            figure(ordered(cases, values)),
        );
    }
    text
}

/// What each signal tells by itself, and what the score loses without it.
pub(crate) fn ablation(
    cases: &[Case],
    ours: &Column,
    alone: &BTreeMap<String, Column>,
    without: &BTreeMap<String, Column>,
) -> String {
    let whole = area(cases, ours, &|_| true).unwrap_or_default();
    let mut rows: Vec<(f64, String)> = Vec::new();
    for (signal, rest) in without {
        let earns = whole - area(cases, rest, &|_| true).unwrap_or_default();
        let clips = |missed: bool| {
            let turned = |(case, (with, without)): (&Case, (&f64, &f64))| {
                case.is_faulty == missed && (*with >= LIMIT) && (*without < LIMIT)
            };
            cases.iter().zip(ours.iter().zip(rest)).filter(|&row| turned(row)).count()
        };
        let by_itself = figure(alone.get(signal).and_then(|values| area(cases, values, &|_| true)));
        let row = format!("| {signal} | {by_itself} | {earns:+.3} | {} | {} |", clips(true), clips(false));
        rows.push((earns, row));
    }
    rows.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let mut text = "| signal | AUC by itself | earns of the score's AUC | catches alone | false alarms alone |\n\
                    |---|---|---|---|---|\n"
        .to_owned();
    for (_, row) in rows {
        let _ = writeln!(text, "{row}");
    }
    text
}

/// Drift from which a clip fails.
const LIMIT: f64 = holdstill::drift::DRIFT_FAIL;

/// Area under the ROC of all faithful clips against the faulty ones that are `asked` for.
fn area(cases: &[Case], values: &Column, asked: &dyn Fn(&Case) -> bool) -> Option<f64> {
    let judged = |(case, &drift): (&Case, &f64)| {
        (!case.is_faulty || asked(case)).then_some(Judged { drift, is_accepted: !case.is_faulty })
    };
    Some(roc(&cases.iter().zip(values).filter_map(judged).collect::<Vec<_>>())?.auc)
}

/// Share of the faulty clips above every faithful one.
fn caught(cases: &[Case], values: &Column) -> f64 {
    let of = |is_faulty| cases.iter().zip(values).filter(move |(case, _)| case.is_faulty == is_faulty).map(|(_, v)| *v);
    let most = of(false).fold(f64::NEG_INFINITY, f64::max);
    of(true).filter(|value| *value > most).count() as f64 / of(true).count().max(1) as f64
}

/// Share of the pairs of a faithful and a faulty clip, alike but for the fault, in which the faulty one is worse.
fn ordered(cases: &[Case], values: &Column) -> Option<f64> {
    let both = || cases.iter().zip(values);
    let pairs = both().filter(|(case, _)| case.is_faulty && !case.pair.is_empty()).flat_map(|(bad, worse)| {
        let twins = both().filter(move |(good, _)| !good.is_faulty && good.pair == bad.pair);
        twins.map(move |(_, better)| worse > better)
    });
    let (right, all) = pairs.fold((0.0, 0.0), |(right, all), is_right| (right + f64::from(is_right), all + 1.0));
    (all > 0.0).then(|| right / all)
}

fn figure(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.2}"))
}
