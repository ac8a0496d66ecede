//! What a person can break on purpose. Everything here is also in the control API, with more
//! choices.

use std::time::Duration;

use askama::Template;
use chrono::TimeDelta;
use stratustexting_client::OPERATIONS;

use super::{place::Place, words::duration};
use crate::{
    clock::Clock,
    fault::{Commit, Fault, FaultPlan},
    route::TOKEN,
    state::State,
};

/// A fault of one request, by the name in its form.
pub(super) struct Choice<T: 'static> {
    pub(super) id: &'static str,
    words: &'static str,
    make: fn() -> T,
}

/// What the next request to an operation can meet.
pub(super) const FAULTS: [Choice<Fault>; 10] = [
    Choice {
        id: "unavailable",
        words: "503, and it isn't carried out",
        make: || Fault::status(503, Commit::Before),
    },
    Choice {
        id: "unavailable-after",
        words: "503, although it is carried out",
        make: || Fault::status(503, Commit::After),
    },
    Choice {
        id: "reset-before",
        words: "the connection is reset, and it isn't carried out",
        make: || Fault::reset_before_response(Commit::Before),
    },
    Choice {
        id: "reset-after",
        words: "the connection is reset after it is carried out",
        make: || Fault::reset_before_response(Commit::After),
    },
    Choice {
        id: "silent",
        words: "it is carried out, and no response ever comes",
        make: || Fault::never_respond(Commit::After),
    },
    Choice {
        id: "late",
        words: "the response comes 3 seconds late",
        make: || Fault::respond_late(Duration::from_secs(3), Commit::After),
    },
    Choice {
        id: "cut",
        words: "the response breaks off in its middle",
        make: || Fault::reset_in_body(Commit::After),
    },
    Choice {
        id: "busy",
        words: "429, with a Retry-After of 2 seconds",
        make: || Fault::status(429, Commit::Before).retry_after(2),
    },
    Choice {
        id: "rejected",
        words: "400",
        make: || Fault::status(400, Commit::Before),
    },
    Choice {
        id: "proxy",
        words: "a proxy's login page instead of JSON",
        make: || Fault::wrong_content_type(Commit::Before),
    },
];

/// What all requests to operations can meet until it is switched off.
pub(super) const PLANS: [Choice<FaultPlan>; 4] = [
    Choice {
        id: "slow",
        words: "Slow responses: each 2 seconds late",
        make: || every(Fault::respond_late(Duration::from_secs(2), Commit::After)),
    },
    Choice {
        id: "storm",
        words: "A storm of 429: each request is too many",
        make: || every(Fault::status(429, Commit::Before).retry_after(1)),
    },
    Choice {
        id: "down",
        words: "Out of order: each request gets 503",
        make: || every(Fault::status(503, Commit::Before)),
    },
    Choice {
        id: "random",
        words: "30 % of requests meet one of all faults at random",
        make: || FaultPlan::new(1).probability(0.3),
    },
];

fn every(fault: Fault) -> FaultPlan {
    FaultPlan::new(1).probability(1.0).fault(fault, 1)
}

/// The one with this id.
pub(super) fn find<T>(choices: &[Choice<T>], id: &str) -> Option<T> {
    let found = choices.iter().find(|choice| choice.id == id)?;
    Some((found.make)())
}

/// How the clock differs from the machine's, in words.
pub(super) fn clock_moved(clock: &Clock) -> Option<String> {
    match clock.ahead() {
        None => Some(format!(
            "stands still at {}",
            clock.now().format("%-d %b, %H:%M:%S")
        )),
        Some(ahead) if ahead.abs() < TimeDelta::seconds(1) => None,
        Some(ahead) if ahead < TimeDelta::zero() => Some(format!("behind by {}", duration(-ahead))),
        Some(ahead) => Some(format!("ahead by {}", duration(ahead))),
    }
}

#[derive(Template)]
#[template(path = "page/faults.html")]
pub(super) struct Faults {
    place: Place,
    operations: Vec<&'static str>,
    faults: &'static [Choice<Fault>],
    plans: &'static [Choice<FaultPlan>],
    clock: String,
    moved: Option<String>,
    is_frozen: bool,
    tokens: usize,
    refresh_tokens: usize,
}

impl Faults {
    pub(super) fn new(state: &State, place: &Place) -> Self {
        let now = state.clock.now();
        let mut operations: Vec<_> = OPERATIONS.iter().map(|operation| operation.id).collect();
        operations.push(TOKEN);
        Self {
            place: place.clone(),
            operations,
            faults: &FAULTS,
            plans: &PLANS,
            clock: now.format("%-d %B %Y, %H:%M UTC").to_string(),
            moved: clock_moved(&state.clock),
            is_frozen: state.clock.is_frozen(),
            tokens: state.oauth.valid_tokens(now).len(),
            refresh_tokens: state.oauth.refresh_tokens(),
        }
    }
}
