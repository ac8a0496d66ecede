//! The inbox, on each of its stores.

mod order;
mod postgres;
mod receive;
mod store;
mod support;
mod worker;
