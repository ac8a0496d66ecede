//! The store of tests: everything is lost with the process.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use super::{
    ClaimId, ClaimRequest, Claimed, DeadLetter, EventState, KeptEvent, NewEvent, Numbers, OptOut,
    Settlement, Store,
};
use crate::{
    Error, Result,
    clock::{Clock, TOLERANCE, milliseconds, since, time},
    reply::{Refusal, ReplyLimits},
};

/// Keeps events in memory: for tests, since all is lost with the process.
///
/// Clones share the events.
#[derive(Clone, Debug)]
pub struct MemoryStore {
    rows: Arc<Mutex<Rows>>,
    clock: Clock,
}

#[derive(Debug, Default)]
struct Rows {
    events: BTreeMap<i64, Row>,
    keys: HashSet<String>,
    next: i64,
    opt_outs: HashMap<String, Said>,
    replies: HashMap<i64, (String, i64)>,
}

/// What a number said last, and when it changed something.
#[derive(Clone, Copy, Debug, Default)]
struct Said {
    opted_out: bool,
    since: i64,
    changed_by: Option<i64>,
    last_event: i64,
}

#[derive(Debug)]
struct Row {
    event: NewEvent,
    state: State,
    received: i64,
    due: i64,
    /// For how long `due` was set.
    wait: i64,
    number: i64,
    failures: u32,
    interruptions: u32,
    claimed: bool,
    message: Option<String>,
    reason: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    Handled(i64),
    Dead(i64),
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self {
            rows: Arc::default(),
            clock: Clock::system(),
        }
    }
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// For tests: reads the time from somewhere else.
    #[doc(hidden)]
    #[must_use]
    pub fn with_clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Clock::of(clock);
        self
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Row {
    fn wait_for(&mut self, wait: Duration, now: i64) {
        self.wait = milliseconds(wait);
        self.due = now + self.wait;
    }
}

impl Rows {
    /// The event, if the claim on it still stands.
    fn claimed(&mut self, claim: ClaimId) -> Option<&mut Row> {
        let row = self.events.get_mut(&claim.event)?;
        (row.state == State::Open && row.claimed && row.number == claim.number).then_some(row)
    }

    /// Whether an older event of the conversation, or one whose conversation isn't known yet,
    /// comes first.
    fn must_wait(&self, id: i64, row: &Row) -> bool {
        let earlier = || {
            let earlier = self.events.range(..id).map(|(_, row)| row);
            earlier.filter(|row| row.state == State::Open)
        };
        if row.event.must_fetch {
            return false;
        }
        row.event.conversation.is_some()
            && earlier().any(|other| {
                (other.event.must_fetch && other.failures == 0)
                    || other.event.conversation == row.event.conversation
            })
    }
}

impl Store for MemoryStore {
    type Transaction = ();

    async fn add(&self, events: Vec<NewEvent>) -> Result<u64> {
        let now = self.clock.now();
        let mut rows = self.rows();
        let mut new = 0;
        for event in events {
            let key = event.key.clone();
            if key.is_some_and(|key| !rows.keys.insert(key)) {
                continue;
            }
            rows.next += 1;
            let id = rows.next;
            let row = Row {
                event,
                state: State::Open,
                received: now,
                due: now,
                wait: 0,
                number: 0,
                failures: 0,
                interruptions: 0,
                claimed: false,
                message: None,
                reason: String::new(),
            };
            rows.events.insert(id, row);
            new += 1;
        }
        Ok(new)
    }

    async fn claim(&self, request: ClaimRequest) -> Result<Vec<Claimed>> {
        let now = self.clock.now();
        let mut rows = self.rows();
        for row in rows.events.values_mut() {
            if row.due > now + row.wait + TOLERANCE {
                // The clock was set back since this was set.
                row.due = now;
            }
        }
        let due = rows.events.iter().filter(|(id, row)| {
            row.state == State::Open && row.due <= now && !rows.must_wait(**id, row)
        });
        let ids: Vec<i64> = due
            .map(|(id, _)| *id)
            .take(request.limit as usize)
            .collect();
        let mut claimed = Vec::with_capacity(ids.len());
        for id in ids {
            let Some(row) = rows.events.get_mut(&id) else {
                continue;
            };
            row.number += 1;
            row.interruptions += u32::from(row.claimed);
            row.claimed = true;
            row.wait_for(request.lease, now);
            claimed.push(Claimed {
                claim: ClaimId {
                    event: id,
                    number: row.number,
                },
                failures: row.failures,
                interruptions: row.interruptions,
                received: time(row.received),
                conversation: row.event.conversation.clone(),
                must_fetch: row.event.must_fetch,
                message: row.message.clone(),
                body: row.event.body.clone(),
            });
        }
        Ok(claimed)
    }

    async fn extend(&self, claims: Vec<ClaimId>, lease: Duration) -> Result<()> {
        let now = self.clock.now();
        let mut rows = self.rows();
        for claim in claims {
            if let Some(row) = rows.claimed(claim) {
                row.wait_for(lease, now);
            }
        }
        Ok(())
    }

    async fn settle(&self, claim: ClaimId, settlement: Settlement) -> Result<bool> {
        let now = self.clock.now();
        let mut rows = self.rows();
        let Some(row) = rows.claimed(claim) else {
            return Ok(false);
        };
        row.claimed = false;
        match settlement {
            Settlement::Handled => {
                row.state = State::Handled(now);
                row.message = None;
            }
            Settlement::Retry { after, reason } => {
                row.failures += 1;
                row.wait_for(after, now);
                row.reason = reason;
            }
            Settlement::Dead { reason } => {
                row.failures += 1;
                row.state = State::Dead(now);
                row.reason = reason;
            }
            Settlement::Release => row.wait_for(Duration::ZERO, now),
            Settlement::Fetched {
                message,
                conversation,
            } => {
                row.wait_for(Duration::ZERO, now);
                row.message = Some(message);
                row.event.must_fetch = false;
                row.event.conversation = conversation.or(row.event.conversation.take());
            }
        }
        Ok(true)
    }

    async fn begin(&self) -> Result<()> {
        Ok(())
    }

    async fn commit(&self, (): (), claim: ClaimId) -> Result<()> {
        match self.settle(claim, Settlement::Handled).await? {
            true => Ok(()),
            false => Err(Error::claim_lost()),
        }
    }

    async fn set_opted_out(
        &self,
        number: String,
        opted_out: bool,
        event: Option<i64>,
    ) -> Result<()> {
        let now = self.clock.now();
        let mut rows = self.rows();
        let said = rows.opt_outs.entry(number).or_insert(Said {
            since: now,
            ..Said::default()
        });
        if event.is_some_and(|event| event <= said.last_event) {
            return Ok(());
        }
        if said.opted_out != opted_out {
            *said = Said {
                opted_out,
                since: now,
                changed_by: event,
                ..*said
            };
        }
        said.last_event = event.unwrap_or(said.last_event);
        Ok(())
    }

    async fn opt_out(&self, number: String) -> Result<Option<OptOut>> {
        let said = self.rows().opt_outs.get(&number).copied();
        Ok(said.map(|said| OptOut {
            opted_out: said.opted_out,
            since: time(said.since),
            changed_by: said.changed_by,
        }))
    }

    async fn count_reply(
        &self,
        event: i64,
        number: String,
        limits: ReplyLimits,
    ) -> Result<Result<(), Refusal>> {
        let now = self.clock.now();
        let replies = &mut self.rows().replies;
        if replies.contains_key(&event) {
            return Ok(Err(Refusal::AlreadyReplied));
        }
        for (limit, of_number) in [
            (limits.per_number, true),
            (limits.per_number_long, true),
            (limits.overall, false),
        ] {
            let since = now - milliseconds(limit.window);
            let sent = replies
                .values()
                .filter(|(other, at)| *at > since && (!of_number || *other == number));
            if sent.count() >= limit.replies as usize {
                return Ok(Err(Refusal::TooMany));
            }
        }
        replies.insert(event, (number, now));
        Ok(Ok(()))
    }

    async fn numbers(&self) -> Result<Numbers> {
        let now = self.clock.now();
        let mut numbers = Numbers::default();
        for row in self.rows().events.values() {
            match row.state {
                State::Handled(_) => numbers.handled += 1,
                State::Dead(_) => numbers.dead += 1,
                State::Open => {
                    let age = since(row.received, now);
                    numbers.oldest = numbers.oldest.max(Some(age));
                    match (row.claimed, row.failures) {
                        (true, _) => numbers.running += 1,
                        (false, 0) => numbers.waiting += 1,
                        (false, _) => numbers.retrying += 1,
                    }
                }
            }
        }
        Ok(numbers)
    }

    async fn dead_letters(&self, after: i64, limit: u32) -> Result<Vec<DeadLetter>> {
        let rows = self.rows();
        let dead = rows.events.range(after.saturating_add(1)..);
        let dead = dead.filter_map(|(id, row)| match row.state {
            State::Dead(died) => Some(DeadLetter {
                id: *id,
                received: time(row.received),
                died: time(died),
                failures: row.failures,
                reason: row.reason.clone(),
                body: row.event.body.clone(),
            }),
            _ => None,
        });
        Ok(dead.take(limit as usize).collect())
    }

    async fn kept_events(&self, before: i64, limit: u32) -> Result<Vec<KeptEvent>> {
        let rows = self.rows();
        let older = rows.events.range(..before).rev();
        let kept = older.map(|(id, row)| KeptEvent {
            id: *id,
            received: time(row.received),
            state: match row.state {
                State::Open => EventState::Open,
                State::Handled(_) => EventState::Handled,
                State::Dead(_) => EventState::Dead,
            },
            failures: row.failures,
            body: row.event.body.clone(),
        });
        Ok(kept.take(limit as usize).collect())
    }

    async fn replay(&self, id: i64) -> Result<bool> {
        let now = self.clock.now();
        let mut rows = self.rows();
        let row = rows.events.get_mut(&id);
        let Some(row) = row.filter(|row| matches!(row.state, State::Dead(_))) else {
            return Ok(false);
        };
        row.state = State::Open;
        row.wait_for(Duration::ZERO, now);
        (row.failures, row.interruptions) = (0, 0);
        Ok(true)
    }

    async fn forget(&self, handled_before: Duration) -> Result<u64> {
        let limit = self.clock.now() - milliseconds(handled_before);
        let mut rows = self.rows();
        let rows = &mut *rows;
        let before = rows.events.len();
        rows.events.retain(|_, row| {
            let keep = !matches!(row.state, State::Handled(at) if at < limit);
            if let (false, Some(key)) = (keep, &row.event.key) {
                rows.keys.remove(key);
            }
            keep
        });
        Ok((before - rows.events.len()) as u64)
    }
}
