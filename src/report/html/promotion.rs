//! A final beside its draft: where it comes from, and how far it is from it.

use super::{
    column::{
        Column::{Number, Text},
        heads,
    },
    text,
};
use crate::{
    drift::{Spread, StyleDrift},
    engine::animate::Promotion,
};
use maud::{Markup, html};

pub(super) fn table(promotion: &Promotion) -> Markup {
    let Promotion { draft, final_model, style, style_unmended, warnings } = promotion;
    html! {
        h3 { "Draft and final" }
        p.decision { (draft.link.meaning()) }
        p {
            "Take " (draft.take) " of run " code { (draft.run) } ", " (draft.model) " (" (draft.family) "), became a clip of "
            (final_model) " (" (draft.final_family) ")."
        }
        @for warning in warnings { p.decision { (warning) } }
        @if let Some(style) = style { (figures("How the final differs from its draft", style)) }
        @if let Some(style) = style_unmended { (figures("How it did before it was mended", style)) }
    }
}

fn figures(caption: &str, style: &StyleDrift) -> Markup {
    let rows: [(&str, Option<Spread>, &str); 5] = [
        ("colour, the middle pixel", Some(style.color), "ΔE2000, 0 is the same"),
        ("colour, a tenth is beyond", Some(style.color_peak), "ΔE2000, 0 is the same"),
        ("structure", Some(style.structure), "NCC, 1 is the same"),
        ("identity", style.identity, "1 − cosine, 0 is the same"),
        ("motion", Some(style.motion), "% of the diagonal, 0 is the same"),
    ];
    html! {
        div.scroll {
            table {
                caption { (caption) ", in " (style.moments) " moments" }
                (heads(&[Text("Measure"), Number("Median"), Number("Worst"), Text("Unit")]))
                tbody {
                    @for (name, spread, unit) in rows {
                        @if let Some(spread) = spread {
                            tr {
                                td { (name) }
                                td.num { (text::figure(spread.median)) }
                                td.num { (text::figure(spread.worst)) }
                                td.faint { (unit) }
                            }
                        }
                    }
                }
            }
        }
    }
}
