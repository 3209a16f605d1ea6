//! Exports as code: written as a deployment template, Bicep, Terraform, a script or a policy assignment, and read back.
//!
//! Azure knows no "export": it is a `Microsoft.Security/automations` resource, one a subscription (`automation`). Each form
//! renders the same [`Tree`](tree::Tree), so that all of them say the same. What that resource cannot express is said in
//! the text and in [`Code::notes`](domain::Code), never left out silently, and kept in the template's metadata, so
//! that reading it back gives the same export.
//!
//! This room must not know files, the network, the store, the clock or who asks: data in, text out. It sees `domain` only.
//! No text of a person becomes anything but text in what is written (`quote`); no secret is ever written: keys are asked
//! for when the code runs. Tests: beside the code, with properties for quoting and for the way there and back.

mod arm;
mod azcli;
mod bicep;
mod identity;
mod import;
mod import_automation;
mod notes;
mod policy;
mod quote;
mod resource;
mod terraform;
mod tree;
mod wanted;
mod workspace_tables;

pub use identity::{IdentityNeeds, identity};
pub use import::{ImportError, LARGEST, read};
pub use policy::assignment;
pub use wanted::Wanted;
pub use workspace_tables::workspace_tables;

use domain::{Code, CodeFormat};

/// Writes an export in one of the forms.
pub fn write(wanted: &Wanted, format: CodeFormat) -> Code {
    match format {
        CodeFormat::Arm => arm::write(wanted),
        CodeFormat::Bicep => bicep::write(wanted),
        CodeFormat::Terraform => terraform::write(wanted),
        CodeFormat::AzureCli => azcli::write(wanted),
        CodeFormat::Policy => policy::write(wanted),
    }
}

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod written_tests;
