//! Instruments that test and measure the SDK, one program each:
//!
//! - `faults`: every cut point of a request with every operation, and many sends with
//!   random faults: nothing sent twice, no wrong outcome (`cargo xtask faults`).
//! - `dialects`: the main job in other dialects of the service: nothing lost, and no
//!   failure taken for a success (`cargo xtask dialects`).
//! - `storm`: many processes share one login while its tokens expire
//!   (`cargo xtask storm`).
//! - `cost`: the cost of a send, compared with a handwritten request (`cargo xtask bench`).
//! - `drift`: bodies that differ from the document, and what is lost from them
//!   (`cargo xtask drift`).
//! - `decode`: the cost of reading a page, compared with serde's derive (`cargo xtask decode`).
//! - `inbox-storm`, `inbox-cost`: the inbox while its receiver is killed, and what it costs
//!   beside the bare database (`cargo xtask inbox-storm`, `inbox-cost`).
//! - `outbox-storm`, `outbox-cost`: a list is texted while its workers are killed, and what that
//!   costs beside a bare loop (`cargo xtask outbox-storm`, `outbox-cost`).
//! - `sandbox-kill`: the sandbox is killed while clients use it, and forgets nothing that it has
//!   responded (`cargo xtask sandbox-kill`).
//! - `sandbox-load`: many clients send through one sandbox, whose books must be right
//!   (`cargo xtask sandbox-load`).
//! - `callbacks`: odd requests to a callback, none of which may make it panic
//!   (`cargo xtask callbacks`).
//!
//! Messages are counted on the server's side. The package isn't published.

pub mod database;
