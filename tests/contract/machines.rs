//! Contract of `statemachine/`: what the engines of state machines do not check.

mod children;
mod copy_product;
mod copy_products;
mod definition;
mod every_machine;
mod retries;
mod waits;
