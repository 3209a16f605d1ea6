//! The export editor without its looks: the form as text, what its buttons do, and how two exports differ.
//!
//! Pure, for browser and server: it knows `domain` and `rules` and nothing of pages, requests or the store.

pub mod azure_form;
pub mod change;
pub mod diff;
pub mod form;

pub use azure_form::AzureForm;
pub use change::Change;
pub use diff::{Difference, differences};
pub use form::{ExportForm, Mode, without_blank_rules};
