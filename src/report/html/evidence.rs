//! The worst frames in pictures: still, frame, and where they differ.

use super::{picture, text};
use crate::{drift::ScoreReport, report::Exhibit};
use maud::{Markup, html};

pub(super) fn section(exhibits: &[Exhibit], report: &ScoreReport, has_story: bool) -> Markup {
    if exhibits.is_empty() {
        return html! {};
    }
    let title = match (has_story, report.judgement.bad_spans.is_empty()) {
        (true, _) => "Worst frames of the first take",
        (false, true) => "Frames with the most drift",
        (false, false) => "Worst frames",
    };
    html! {
        section aria-labelledby="evidence" {
            header {
                h2 id="evidence" { (title) }
                p.key { "point at a frame to blink it against the still · select a picture to enlarge it" }
            }
            @for (rank, exhibit) in exhibits.iter().enumerate() { (figure(rank, exhibit)) }
        }
    }
}

fn figure(rank: usize, exhibit: &Exhibit) -> Markup {
    let Exhibit { index, time_secs, drift, cause, frame, seed, heat } = exhibit;
    let size = frame.size();
    let Some(frame) = picture::jpeg(frame) else { return html! {} };
    let seed = seed.as_ref().and_then(picture::jpeg);
    let glow = heat.as_ref().and_then(picture::glow);
    let (w, h) = (size.width.to_string(), size.height.to_string());
    let view = format!("0 0 {w} {h}");
    let whole = |id: String, uri: &str| {
        html! { image id=(id) href=(uri) width=(w) height=(h) preserveAspectRatio="none" {} }
    };
    let (frame_id, seed_id) = (format!("f{rank}"), format!("s{rank}"));
    let (frame_ref, seed_ref) = (format!("#{frame_id}"), format!("#{seed_id}"));
    html! {
        figure {
            svg.store aria-hidden="true" {
                defs {
                    (whole(frame_id, &frame))
                    @if let Some(seed) = &seed { (whole(seed_id, seed)) }
                    filter id=(format!("g{rank}")) color-interpolation-filters="sRGB" {
                        feColorMatrix type="saturate" values="0.2" {}
                        feComponentTransfer {
                            feFuncR type="linear" slope="0.7" intercept="0.08" {}
                            feFuncG type="linear" slope="0.7" intercept="0.08" {}
                            feFuncB type="linear" slope="0.7" intercept="0.08" {}
                        }
                    }
                }
            }
            div.panels {
                @if seed.is_some() {
                    (panel("the still, aligned", &view, "", &html! { use href=(seed_ref) {} }))
                }
                (panel(&format!("frame {index}"), &view, if seed.is_some() { "blink" } else { "" }, &html! {
                    @if seed.is_some() { use href=(seed_ref) {} }
                    use.top href=(frame_ref) {}
                }))
                @if let Some(glow) = &glow {
                    (panel("where it drifts", &view, "", &html! {
                        use href=(frame_ref) filter=(format!("url(#g{rank})")) {}
                        image href=(glow) width=(w) height=(h) preserveAspectRatio="none" {}
                    }))
                }
            }
            figcaption {
                b { "frame " (index) } " · " (format!("{time_secs:.2} s")) " · drift " b { (text::drift(*drift)) }
                " · " (cause)
            }
        }
    }
}

/// A picture that its own checkbox enlarges: no script needed, the keyboard works.
fn panel(label: &str, view: &str, class: &str, content: &Markup) -> Markup {
    html! {
        label.panel {
            input type="checkbox" aria-label=(format!("enlarge {label}"));
            svg class=(class) viewBox=(view) role="img" aria-label=(label) { (content) }
            span { (label) }
        }
    }
}
