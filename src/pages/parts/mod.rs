//! What pages are put together from. Each part is plain markup that works without JavaScript.

mod chart;
mod check;
mod code;
mod document;
mod form;
mod list;
mod load;
mod state;
mod title;
mod when;

pub use chart::{Bar, HourChart};
pub use check::{Commands, DocsLink, EvidenceList};
pub use code::{CodeBlock, CopyId, TextBlock};
pub use document::{DocumentSections, document_origin};
pub use form::{ErrorSummary, FieldMessage, TextArea, error_of};
pub use list::{Pager, rail_path};
pub use load::Load;
pub use state::{ConditionDot, OutcomeDot, SeverityBadge, TargetDot, condition_tone};
pub use title::{PageTitle, ProductTitle};
pub use when::{Clock, When};
