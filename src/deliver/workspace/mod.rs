//! Log Analytics workspaces: rows of the console's own tables, through a data collection rule.

mod encode;
mod send;

pub use encode::encode;
pub use send::send;
