//! What the programs of this package share, and the local stack.

pub mod local_stack;
mod products;

pub use products::Products;

/// The external id that the target role asks for.
pub const EXTERNAL_ID: &str = "catalog-copy-demo";
