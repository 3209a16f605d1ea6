//! Log Analytics workspaces: rows of the console's own tables, through a data collection rule.

mod encode;
mod send;

pub use encode::{RowOf, encode, row};
pub use send::send;
