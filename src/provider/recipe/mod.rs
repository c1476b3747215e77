//! One engine for every provider that speaks HTTP: what differs between them is data, a recipe in TOML.
//!
//! ```text
//! recipe + wish ─► values ─► render ─► HTTP request ─► (the driver sends it) ─► HTTP answer ─► read ─► what it means
//! ```
//!
//! Everything here is pure: no network, no clock, no environment. What providers differ in, and what therefore is in a
//! recipe, was learned from recorded requests of their official clients; `tests/recipes` compares every shipped
//! recipe with them.

mod among;
mod answer;
mod auth;
mod edit;
mod fault;
mod lineage;
mod lint;
mod multipart;
mod picture;
mod pointer;
mod price;
mod render;
mod schema;
mod shelf;
mod site;
mod slot;
mod sound;
mod states;
mod template;
mod values;
mod wire;

pub use among::Among;
pub use answer::{Charge, Polled, Standing, Submitted, Ticket};
pub use auth::{Auth, Credential, Secret};
pub use edit::{Edit, Edited, Sent};
pub use fault::{Equals, Fault, FaultClass, FaultRule, FaultRules};
pub use lineage::Final;
pub use lint::Complaint;
pub use multipart::{File, Form};
pub use picture::Picture;
pub use pointer::Pointer;
pub use price::{Decimal, Price};
pub use render::Site;
pub use schema::{
    Call, CostRules, Durations, Encoding, Makes, Manners, Model, PictureRules, Promoted, Recipe, ResultRules, Tier,
};
pub use shelf::{Shelf, read};
pub use slot::{Maps, Misfit, Scope, Slot};
pub use states::{JobState, StateRules};
pub use template::{Template, Text};
pub use values::{NAMES, Wish};
pub use wire::{Body, HttpRequest, HttpResponse, shown};

pub(in crate::provider) use {
    fault::printable,
    site::{check_base, is_private_address},
};
