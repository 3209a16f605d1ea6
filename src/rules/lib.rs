//! Decides and explains: does an event pass an export's rules, and by which rule not?
//!
//! The same code decides in the engine, in the preview and in the browser, so an explanation can never disagree with the
//! decision. Pure: JSON and rules in, a decision out. It must not know where events come from or go to.
//!
//! Semantics (specification of `Microsoft.Security/automations`, 2023-12-01-preview): rule sets are OR, rules inside one
//! are AND, no rule set means everything. Paths are evaluated on the *event* shape. Text is compared without regard to
//! letter case. A path that is not there satisfies no operator.

mod compare;
mod compiled;
pub mod coverage;
mod evaluate;
mod extract;
pub mod lint;
pub mod options;
mod path;
pub mod policy;
pub mod roll_out;
pub mod survey;

pub use compiled::{Compiled, Judgement, spoken, told};
pub use evaluate::{Decision, decide, validate};
pub use extract::extract;
pub use path::{Path, PathError};
