//! Shares: what is shown becomes a frozen [`Document`](domain::share::Document), with its ids and names replaced.
//!
//! Builders take what `console` read and a [`Veil`], which decides what of it may be seen. Whatever is not known to be harmless
//! is replaced: the veil is asked for every name, id and payload, and then once more for every text of the finished document.
//! The room is pure: it knows neither store nor clock, HTTP nor pages; its key of randomness is an argument. Pages draw the
//! document (`app`), `markdown` writes it as text.

mod build;
mod known;
mod markdown;
mod patterns;
mod payload;
mod reason;
mod secrets;

#[cfg(test)]
mod tests;
mod veil;

pub use build::{Frozen, SupportFacts, delivery, diagnosis, event, export, support};
pub use known::{Known, Sort};
pub use markdown::{line as markdown_line, markdown};
pub use veil::Veil;
