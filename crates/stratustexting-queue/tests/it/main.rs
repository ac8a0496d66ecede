//! The inbox, on each of its stores.

mod order;
mod postgres;
mod receive;
mod replies;
mod store;
mod support;
mod worker;
