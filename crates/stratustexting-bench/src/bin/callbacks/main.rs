//! A million odd requests to a callback, and none may make it panic.
//!
//! Each request is made from a good one by a few random changes of its bytes: cut, doubled,
//! inserted, nested, compressed. The callback must read it or reject it. What it reads must
//! still be there as it came, and a response must be small. Filters and texts get the same.
//!
//! The inputs follow from the seed, so a failure can be repeated: it prints the input's number.

#![allow(clippy::print_stdout, reason = "a program for the terminal")]

mod inputs;

use std::panic;

use anyhow::ensure;
use clap::Parser;
use http::{HeaderMap, Method};
use stratustexting::webhook::{CallbackResponse, EventFilter, Incoming, VALIDATION_TOKEN};
use stratustexting_queue::reply::{Keyword, is_reaction};

use self::inputs::Inputs;

/// Requests to a callback that nobody should send
#[derive(Debug, Parser)]
struct Arguments {
    /// How many inputs
    #[arg(long, default_value_t = 1_000_000)]
    inputs: u64,
    /// The seed
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

/// What became of the inputs.
#[derive(Debug, Default)]
struct Counts {
    read: u64,
    handshakes: u64,
    rejected: u64,
    filters: u64,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let mut inputs = Inputs::new(arguments.seed);
    let mut counts = Counts::default();
    let (mut panics, mut wrong) = (0_u64, 0_u64);
    panic::set_hook(Box::new(|_| {}));
    for number in 0..arguments.inputs {
        let input = inputs.next();
        let judged = panic::catch_unwind(panic::AssertUnwindSafe(|| judge(&input, &mut counts)));
        match judged {
            Ok(None) => {}
            Ok(Some(fault)) => {
                wrong += 1;
                println!("input {number}: {fault}");
            }
            Err(_) => {
                panics += 1;
                println!("input {number}: panicked");
            }
        }
    }
    println!(
        "read={} handshakes={} rejected={} filters={}",
        counts.read, counts.handshakes, counts.rejected, counts.filters
    );
    println!(
        "inputs={} panics={panics} wrong={wrong} seed={}",
        arguments.inputs, arguments.seed
    );
    ensure!(panics == 0 && wrong == 0, "the callback failed");
    Ok(())
}

/// What is wrong with the response to an input.
fn judge(input: &inputs::Input, counts: &mut Counts) -> Option<&'static str> {
    if let Ok(text) = std::str::from_utf8(&input.body) {
        let _ = (Keyword::of(text), is_reaction(text));
        if let Ok(filter) = text.parse::<EventFilter>() {
            counts.filters += 1;
            if filter.to_string() != text {
                return Some("a filter isn't the text that it was read from");
            }
            let _ = (
                filter.direction(),
                filter.department_id(),
                filter.organization_id(),
            );
        }
    }
    let response = match Incoming::from_parts(&input.method, &input.headers, &input.body) {
        Ok(incoming) => {
            if incoming.is_handshake() {
                counts.handshakes += 1;
            } else {
                counts.read += 1;
            }
            for event in incoming.events() {
                let _ = (event.message_id(), event.filter(), format!("{event:?}"));
                if event.raw().is_empty() {
                    return Some("an event has no body");
                }
            }
            if incoming.response().status() != 200 {
                return Some("what was read isn't acknowledged");
            }
            incoming.response()
        }
        Err(rejection) => {
            counts.rejected += 1;
            let status = rejection.status();
            if !status.is_client_error() {
                return Some("a wrong request isn't the client's error");
            }
            rejection.response()
        }
    };
    let token = input
        .headers
        .get(VALIDATION_TOKEN)
        .map_or(0, http::HeaderValue::len);
    (size(&response) > 1_024 + token).then_some("the response is too large")
}

/// About as many bytes as the response has on the wire. The model that the service seems to
/// follow allows 1,024.
fn size(response: &CallbackResponse) -> usize {
    let headers: &HeaderMap = response.headers();
    let line = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        name.as_str().len() + value.len() + 4
    };
    headers.iter().map(line).sum::<usize>() + 64
}

/// Only for the inputs' sake.
const METHODS: [Method; 5] = [
    Method::POST,
    Method::POST,
    Method::POST,
    Method::GET,
    Method::PUT,
];
