//! Where the allocations of a send are made, for each way, side by side.
//!
//! A heap profile has a call stack for each place that allocates. Of a stack two calls
//! are kept: the innermost that isn't the machinery of collections and runtime, and its caller, if
//! that belongs to somebody else's crate. So a place inside of `reqwest` has the same
//! name whoever sends, and what remains different between the ways is what they
//! themselves cost.

use std::{collections::BTreeMap, net::SocketAddr};

use anyhow::Context;
use serde::Deserialize;

use crate::{
    watched::{self, SENDS},
    ways::Way,
};

/// A place, and how often a send allocates there, for each way in the order of
/// [`Way::ALL`].
pub(crate) type Places = BTreeMap<String, [f64; Way::ALL.len()]>;

/// What of a profile is needed.
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

/// The places of all ways.
pub(crate) fn places(server: SocketAddr) -> anyhow::Result<Places> {
    let mut places = Places::new();
    for (column, way) in Way::ALL.into_iter().enumerate() {
        for (sends, sign) in [(SENDS, -1.0), (2 * SENDS, 1.0)] {
            let json = watched::heap(way, server, sends)?;
            let profile: Profile =
                serde_json::from_slice(&json).context("valgrind's profile can't be read")?;
            for point in &profile.pps {
                let stack = point.fs.iter().filter_map(|index| profile.ftbl.get(*index));
                let place = places.entry(place(stack)).or_default();
                place[column] += sign * f64::from(point.tbk) / SENDS as f64;
            }
        }
    }
    // Less than once in twenty sends is a buffer's growth, or chance.
    places.retain(|_, counts| counts.iter().any(|count| count.abs() > 0.05));
    Ok(places)
}

/// The name of a stack.
fn place<'a>(stack: impl Iterator<Item = &'a String>) -> String {
    let mut calls = stack
        .map(|frame| call(frame))
        .filter(|call| !MACHINERY.contains(&package(call)));
    let Some(inner) = calls.next() else {
        return "(no named call)".to_owned();
    };
    match calls.next() {
        // A call of ours already says enough, and so does one that ours makes.
        Some(outer) if !OURS.contains(&package(inner)) && !OURS.contains(&package(outer)) => {
            format!("{inner} <- {outer}")
        }
        _ => inner.to_owned(),
    }
}

/// Whose calls say nothing of why something is allocated.
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

/// The crate in which a call's code is, as far as its name tells.
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
        place(stack.iter())
    }

    #[test]
    fn a_place_is_named_by_who_wants_the_memory() {
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
    fn who_calls_from_our_side_makes_no_difference() {
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
