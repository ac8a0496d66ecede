//! From what a handler returned to what becomes of the event.

use std::time::Duration;

use super::{
    Settlement,
    builder::Settings,
    delivery::{Advice, Failure},
};

/// What becomes of an event after an attempt. `failures` are those before it.
pub(super) fn settlement(
    result: Result<(), Failure>,
    failures: u32,
    settings: &Settings,
) -> Settlement {
    let Err(Failure { reason, advice }) = result else {
        return Settlement::Handled;
    };
    let was_last = failures.saturating_add(1) >= settings.max_attempts;
    match advice {
        Advice::Never => Settlement::Dead { reason },
        _ if was_last => Settlement::Dead { reason },
        Advice::After(after) => Settlement::Retry { after, reason },
        Advice::Backoff => Settlement::Retry {
            after: wait(failures, settings),
            reason,
        },
    }
}

/// Between the half and the whole of the doubled wait, so that events that failed together
/// don't come again together.
fn wait(failures: u32, settings: &Settings) -> Duration {
    let whole = settings
        .first_wait
        .saturating_mul(2_u32.saturating_pow(failures))
        .min(settings.longest_wait);
    whole.mul_f64(1.0 - fastrand::f64() / 2.0)
}
