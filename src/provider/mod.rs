//! Floor 3: who makes clips. Bytes in, bytes out: nothing here knows what is in a frame.

mod builtin;
pub mod comfyui;
pub mod command;
mod error;
mod http;
pub mod recipe;
mod request;

pub use builtin::Builtin;
pub use comfyui::Comfy;
pub use command::Command;
pub use error::{Error, Fate};
pub use http::{Editor, Remote, Stopped};
pub use recipe::{Shelf, Ticket, Tier};
pub use request::{Generated, Progress, Request};
