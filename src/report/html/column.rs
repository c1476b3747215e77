//! Heads of a table's columns.

use maud::{Markup, html};

/// A column's name, and how its cells are set.
pub(super) enum Column {
    /// Words, flush left.
    Text(&'static str),
    /// Figures, flush right.
    Number(&'static str),
}

pub(super) fn heads(columns: &[Column]) -> Markup {
    html! {
        thead {
            tr {
                @for column in columns {
                    @match column {
                        Column::Text(name) => th scope="col" { (name) },
                        Column::Number(name) => th.num scope="col" { (name) },
                    }
                }
            }
        }
    }
}
