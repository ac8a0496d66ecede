//! The call sites that allocate during a send, for each way, side by side.
//!
//! A heap profile has a call stack for each call site that allocates. Two calls of a
//! stack are kept: the innermost one outside of collections and the runtime, and its
//! caller, if that is in a third-party crate. So a call site inside `reqwest` has the
//! same name for every way, and the remaining differences are the cost of the ways
//! themselves.

use std::{collections::BTreeMap, net::SocketAddr};

use anyhow::Context;
use serde::Deserialize;

use crate::{
    valgrind::{self, SENDS},
    ways::Way,
};

/// A call site, and how often a send allocates there, for each way in the order of
/// [`Way::ALL`].
pub(crate) type CallSites = BTreeMap<String, [f64; Way::ALL.len()]>;

/// The needed parts of a profile.
#[derive(Deserialize)]
struct Profile {
    pps: Vec<Point>,
    ftbl: Vec<String>,
}

#[derive(Deserialize)]
struct Point {
    /// How often it allocated.
    tbk: u32,
    /// Its stack, innermost first, as indices into the table of frames.
    fs: Vec<usize>,
}

/// The call sites of all ways.
pub(crate) fn call_sites(server: SocketAddr) -> anyhow::Result<CallSites> {
    let mut call_sites = CallSites::new();
    for (column, way) in Way::ALL.into_iter().enumerate() {
        for (sends, sign) in [(SENDS, -1.0), (2 * SENDS, 1.0)] {
            let json = valgrind::heap(way, server, sends)?;
            let profile: Profile =
                serde_json::from_slice(&json).context("valgrind's profile can't be read")?;
            for point in &profile.pps {
                let stack = point.fs.iter().filter_map(|index| profile.ftbl.get(*index));
                let call_site = call_sites.entry(call_site(stack)).or_default();
                call_site[column] += sign * f64::from(point.tbk) / SENDS as f64;
            }
        }
    }
    // Less than once in twenty sends is the growth of a buffer, or chance.
    call_sites.retain(|_, counts| counts.iter().any(|count| count.abs() > 0.05));
    Ok(call_sites)
}

/// The name of a stack.
fn call_site<'a>(stack: impl Iterator<Item = &'a String>) -> String {
    let mut calls = stack
        .map(|frame| call(frame))
        .filter(|call| !MACHINERY.contains(&package(call)));
    let Some(inner) = calls.next() else {
        return "(no named call)".to_owned();
    };
    match calls.next() {
        // Our own call is specific enough, and so is a call that ours makes.
        Some(outer) if !OURS.contains(&package(inner)) && !OURS.contains(&package(outer)) => {
            format!("{inner} <- {outer}")
        }
        _ => inner.to_owned(),
    }
}

/// Crates and modules whose calls don't say why something is allocated.
const MACHINERY: [&str; 15] = [
    "",
    "???",
    "__rust_alloc",
    "__rust_alloc_zeroed",
    "__rust_realloc",
    "alloc",
    "bytes",
    "calloc",
    "core",
    "hashbrown",
    "malloc",
    "realloc",
    "stats_alloc",
    "std",
    "tokio",
];

const OURS: [&str; 3] = ["cost", "stratustexting", "stratustexting_client"];

/// The call of a frame such as `0x12AB: url::parse (in /bin/x)` or `… (parse.rs:7)`.
fn call(frame: &str) -> &str {
    let call = frame.split_once(": ").map_or(frame, |(_, call)| call);
    call.rsplit_once(" (").map_or(call, |(call, _)| call)
}

/// The crate of a call, according to its name.
fn package(call: &str) -> &str {
    let path = call.trim_start_matches(['<', '&', '*']);
    let path = path.strip_prefix("mut ").unwrap_or(path);
    path.split([':', '<', ' ']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(stack: &[&str]) -> String {
        let stack: Vec<_> = stack.iter().map(|frame| (*frame).to_owned()).collect();
        call_site(stack.iter())
    }

    #[test]
    fn a_call_site_is_named_by_the_code_that_needs_the_memory() {
        let reqwest = [
            "0x1: malloc (in /lib/vg.so)",
            "0x2: <alloc::vec::Vec<T> as core::clone::Clone>::clone (in /bin/cost)",
            "0x3: url::parse (lib.rs:7)",
            "0x4: <reqwest::Redirect as tower::Policy<B>>::on_request (redirect.rs:9)",
            "0x5: stratustexting::executor::send (executor.rs:1)",
        ];

        assert_eq!(
            name(&reqwest),
            "url::parse <- <reqwest::Redirect as tower::Policy<B>>::on_request"
        );
    }

    #[test]
    fn our_own_callers_make_no_difference() {
        let by_hand = [
            "0x1: url::parse (in /bin/cost)",
            "0x2: cost::ways::send (in /bin/cost)",
        ];
        let by_sdk = [
            "0x1: url::parse (in /bin/cost)",
            "0x2: stratustexting::send (in /bin/cost)",
        ];

        assert_eq!(name(&by_hand), name(&by_sdk));
    }

    #[test]
    fn a_reference_belongs_to_the_crate_of_its_type() {
        assert_eq!(
            package("<&mut serde_json::de::Deserializer<R> as X>::f"),
            "serde_json"
        );
        assert_eq!(package("malloc"), "malloc");
    }
}
