//! Everything that is switched on: faults, settings, the clock. It is always in sight, and one
//! click switches it off.

use stratustexting_client::types::SubscriptionStatus;

use super::{faults::clock_moved, service};
use crate::{clock::Clock, dialect::Dialect, shared::Shared};

/// Something that is switched on.
pub(super) struct Switch {
    /// What to send to switch it off.
    pub(super) id: String,
    pub(super) words: String,
}

pub(super) fn all(shared: &Shared) -> Vec<Switch> {
    let mut all = Vec::new();
    let mut add = |id: String, words: String| all.push(Switch { id, words });
    {
        let faults = shared.faults();
        for (operation, names) in faults.waiting() {
            let words = match names.as_slice() {
                [only] => format!("next {operation}: {only}"),
                many => format!("next {} of {operation}: {}", many.len(), many.join(", ")),
            };
            add(format!("faults:{operation}"), words.replace('_', " "));
        }
        if let Some(plan) = faults.plan() {
            add("plan:".to_owned(), plan.replace('_', " "));
        }
    }
    for (operation, status) in shared.script().waiting() {
        let words = format!("next {operation}: scripted {}", status.as_u16());
        add(format!("script:{operation}"), words);
    }
    for (path, words) in service::changed(&shared.settings(), &shared.settings_at_start) {
        add(format!("setting:{path}"), words);
    }
    let dialect = shared.dialect_state().dialect();
    if !dialect.is_none() {
        add("dialect:".to_owned(), format!("dialect: {dialect}"));
    }
    let state = shared.state();
    if let Some(moved) = clock_moved(&state.clock) {
        add("clock:".to_owned(), format!("clock {moved}"));
    }
    for (id, subscription) in state.subscriptions.iter() {
        match &subscription.status {
            Some(SubscriptionStatus::Active) | None => {}
            Some(status) => {
                let end = &id[id.len().saturating_sub(6)..];
                let words = format!("subscription …{end}: {status}");
                add(format!("subscription:{id}"), words);
            }
        }
    }
    all
}

/// Switches off what has this id. What isn't switched on any longer is no error: somebody else
/// was quicker.
pub(super) fn off(shared: &Shared, id: &str) -> Result<(), String> {
    let (kind, rest) = id.split_once(':').unwrap_or((id, ""));
    match kind {
        "faults" => {
            shared.faults().forget(rest);
            shared.faults_stopped.send_replace(());
        }
        "plan" => {
            shared.faults().forget_plan();
            // Those that wait for a response would wait for ever.
            shared.faults_stopped.send_replace(());
        }
        "script" => shared.script().forget(rest),
        "setting" => {
            let start = &shared.settings_at_start;
            let change = service::reset(rest, start).ok_or("there is no such setting")?;
            shared.change_settings(|settings| settings.changed(change))?;
        }
        "dialect" => shared.dialect_state().set(Dialect::none()),
        "clock" => shared.state().clock = Clock::default(),
        "subscription" => {
            let active = SubscriptionStatus::Active.to_string();
            shared.state().set_subscription_status(rest, &active);
        }
        _ => return Err("there is nothing of this kind to switch off".to_owned()),
    }
    Ok(())
}
