//! What the files of this repository promise each other, and what nothing else checks.

mod architecture;
mod docs;
mod events;
mod machines;
mod panic;
mod publishing;
mod security;
mod source;
mod template;
