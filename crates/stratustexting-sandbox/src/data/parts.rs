//! What is written of each part of the sandbox, and how it is read again.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Change, Content, Kind, Rows, change::Key};
use crate::{
    clock::Clock,
    fault::Faults,
    ledger::Ledger,
    oauth, seed,
    settings::Settings,
    shared::Shared,
    state::{State, delivery::DeliveryState},
};

/// What the seeded data follow from. A file has it from its first moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origin {
    pub(crate) seed: u64,
    pub(crate) contacts: usize,
}

const ORIGIN: &str = "origin";
const SETTINGS: &str = "settings";
const STATE: &str = "state";
const LEDGER: &str = "ledger";

/// What is needed to make a sandbox's parts, and what was written last of those that there are
/// once.
pub(crate) struct Parts {
    pub(crate) origin: Origin,
    /// How the clock of a new sandbox begins.
    pub(crate) clock: Clock,
    pub(crate) oauth: oauth::Settings,
    /// As the sandbox was started with. The file has what was changed since.
    pub(crate) settings: Settings,
    /// The most entries and finished deliveries to keep.
    pub(crate) most: usize,
    pub(crate) written: HashMap<&'static str, String>,
}

/// The parts of a sandbox.
pub(crate) struct Restored {
    pub(crate) state: State,
    pub(crate) ledger: Ledger,
    pub(crate) faults: Faults,
    pub(crate) settings: Settings,
}

#[derive(Serialize, Deserialize)]
struct LedgerNumbers {
    entries: usize,
    broken: usize,
}

/// The origin of a file's data.
///
/// # Errors
///
/// When the file has none, or it can't be read.
pub(crate) fn origin_of(rows: &Rows) -> Result<Origin, String> {
    let row = rows.single(ORIGIN);
    row.ok_or_else(|| "it has no record of its seed".to_owned())?
        .value()
}

impl Parts {
    /// The parts of a new sandbox.
    pub(crate) fn initial(&self) -> Restored {
        let Origin { seed, contacts } = self.origin;
        let mut state = seed::initial_state(seed, contacts, self.oauth.clone());
        state.clock = self.clock.clone();
        state.deliveries.keep(self.most);
        let (mut ledger, mut faults) = (Ledger::default(), Faults::default());
        ledger.keep(self.most);
        faults.broken_mut().keep(self.most);
        Restored {
            state,
            ledger,
            faults,
            settings: self.settings.clone(),
        }
    }

    /// The parts of a new sandbox with a file.
    pub(crate) fn initial_with_file(&self) -> Restored {
        let mut parts = self.initial();
        parts.state.track_as_new();
        parts.ledger.track();
        parts.faults.broken_mut().track();
        parts
    }

    /// The parts of a sandbox as a file has them.
    ///
    /// # Errors
    ///
    /// When a record can't be read.
    pub(crate) fn restored(&mut self, mut rows: Rows) -> Result<Restored, String> {
        let mut parts = self.initial();
        self.written.clear();
        for name in [ORIGIN, SETTINGS, STATE, LEDGER] {
            if let Some(row) = rows.single(name) {
                self.written.insert(name, row.json.clone());
            }
        }
        if let Some(row) = rows.single(SETTINGS) {
            parts.settings = parts.settings.changed(row.value()?)?;
        }
        if let Some(row) = rows.single(LEDGER) {
            let numbers: LedgerNumbers = row.value()?;
            parts.ledger.continue_at(numbers.entries);
            parts.faults.broken_mut().continue_at(numbers.broken);
        }
        let singles = match rows.single(STATE) {
            Some(row) => row.value()?,
            None => return Err("it has no record of its next ids".to_owned()),
        };
        parts.state.restore(singles, &mut rows)?;
        parts.ledger.restore(rows.take(Kind::Entry))?;
        parts.faults.restore_broken(rows.take(Kind::Broken))?;
        Ok(parts)
    }

    /// What has changed since the last time.
    pub(super) fn changes(&mut self, shared: &Shared) -> Vec<Change> {
        let mut changes = Vec::new();
        let (state, entries) = {
            // Both at once: an entry must not say of something that it was carried out while
            // that is only in the next commit.
            let mut ledger = shared.ledger_to_write();
            let mut state = shared.state_to_write();
            state.take_changes(&mut changes);
            ledger.take_changes(&mut changes);
            (Content::json(&state.singles()).json, ledger.next_number())
        };
        let broken = {
            let mut faults = shared.faults_to_write();
            faults.take_broken(&mut changes);
            faults.broken_mut().next_number()
        };
        let settings = shared.settings().difference(&self.settings);
        self.put(ORIGIN, Content::json(&self.origin).json, &mut changes);
        self.put(STATE, state, &mut changes);
        let numbers = LedgerNumbers { entries, broken };
        self.put(LEDGER, Content::json(&numbers).json, &mut changes);
        if settings != Value::Null || self.written.contains_key(SETTINGS) {
            let settings = match settings {
                Value::Null => "{}".to_owned(),
                changed => changed.to_string(),
            };
            self.put(SETTINGS, settings, &mut changes);
        }
        changes
    }

    /// Adds what there is once, if it has changed.
    fn put(&mut self, name: &'static str, json: String, changes: &mut Vec<Change>) {
        if self.written.get(name) == Some(&json) {
            return;
        }
        changes.push(Change::Put {
            kind: Kind::Single,
            key: Key::Name(name.to_owned()),
            content: Content {
                json: json.clone(),
                files: Vec::new(),
            },
        });
        self.written.insert(name, json);
    }

    /// Replaces a running sandbox's parts by those of its file, after a commit has failed. What
    /// was given a number or an id meanwhile is gone; none of those is given again.
    pub(super) fn go_back(&mut self, shared: &Shared, rows: Rows) -> Result<(), String> {
        let is_new = rows.is_empty();
        let restored = if is_new {
            self.written.clear();
            self.initial_with_file()
        } else {
            self.restored(rows)?
        };
        let Restored {
            state: mut old_state,
            ledger: mut old_ledger,
            faults: mut old_faults,
            settings,
        } = restored;
        {
            let mut state = shared.state_to_write();
            for (number, _) in old_state.unfinished() {
                // Its task may have ended: what became of it is all that is known.
                let now = state.deliveries.get(number);
                let ended = now
                    .filter(|it| it.state != DeliveryState::UnderWay)
                    .cloned();
                if let (Some(ended), Some(old)) = (ended, old_state.deliveries.get_mut(number)) {
                    *old = ended;
                }
            }
            old_state
                .deliveries
                .continue_at(state.deliveries.next_number());
            old_state.messages.continue_at(state.messages.next_number());
            std::mem::swap(&mut old_state.ids, &mut state.ids);
            *state = old_state;
        }
        {
            let mut ledger = shared.ledger_to_write();
            old_ledger.continue_at(ledger.next_number());
            *ledger = old_ledger;
        }
        {
            let mut faults = shared.faults_to_write();
            let next = faults.broken_mut().next_number();
            old_faults.broken_mut().continue_at(next);
            std::mem::swap(faults.broken_mut(), old_faults.broken_mut());
        }
        shared.put_back_settings(settings);
        Ok(())
    }
}
