//! The clock, over HTTP.

use axum::{Json, extract::State};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    JsonResult, SharedState,
    body::{Body, bad_request},
};
use crate::{clock::Clock, response::time};

/// The sandbox's time.
#[derive(JsonSchema, Serialize)]
#[schemars(title = "Clock")]
pub(super) struct Shown {
    time: String,
    frozen: bool,
}

impl Shown {
    fn of(clock: &Clock) -> Self {
        Self {
            time: time(clock.now()),
            frozen: clock.is_frozen(),
        }
    }
}

pub(super) async fn show(State(shared): SharedState) -> Json<Shown> {
    Json(Shown::of(&shared.state().clock))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ClockInput {
    /// The time to set; by default the clock's own.
    #[serde(default)]
    time: Option<DateTime<Utc>>,
    /// Whether the clock stands still from then on.
    frozen: bool,
}

/// Responds as [`show`] does afterwards.
pub(super) async fn set(
    State(shared): SharedState,
    Body(input): Body<ClockInput>,
) -> JsonResult<Shown> {
    let clock = &mut shared.state().clock;
    let time = input.time.unwrap_or_else(|| clock.now());
    if !Clock::is_usable(time) {
        return Err(bad_request("the year must be 1970 to 9999"));
    }
    clock.set(time, input.frozen);
    Ok(Json(Shown::of(clock)))
}
