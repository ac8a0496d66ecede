//! Instruments that hold the SDK against the sandbox, one program each:
//!
//! - `faults`: every cut point of a request with every operation, and many sends with
//!   random faults: nothing sent twice, nothing said wrongly (`cargo xtask faults`).
//! - `dialects`: the main job in other dialects of the service: nothing lost, and nothing
//!   taken for success without being one (`cargo xtask dialects`).
//! - `storm`: many processes share one login while its tokens end
//!   (`cargo xtask storm`).
//! - `cost`: what a send costs, beside a request made by hand (`cargo xtask bench`).
//!
//! - `drift`: bodies that differ from what is documented, and what is lost of them
//!   (`cargo xtask drift`).
//! - `decode`: what reading a page costs, beside serde's derive (`cargo xtask decode`).
//!
//! Where something is sent, it is counted on the server's side. The package isn't published.
