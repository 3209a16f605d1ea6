//! Nothing but its manifest, which names every dependency of the workspace.
//!
//! Cargo builds a dependency with the features that the selected crates ask for. Every crate has this one among its dev-dependencies, so `cargo nextest run -p
//! ce-store` asks for the same as the whole workspace does and builds no dependency a second time. A test of the program compares the
//! list with the other manifests.
