//! Settling what is unknown: by the message itself, or by a person.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use stratustexting::{
    Ticket, TicketMatch,
    models::{Message, MessageDirection},
};

use super::{Journal, Outbox, RowState, journal::SentRow};
use crate::{Result, reply};

/// What a message says about the rows.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Recognised {
    /// It is the message of this row, which is *accepted* now, or will be when its attempt
    /// ends.
    Row(i64),
    /// It was recognised before.
    Before,
    /// It may be the message of one of these rows. A person has to look.
    Unclear(Vec<i64>),
    /// It is none of this journal's.
    Other,
}

/// How much later than its message a row may have begun by the clocks of two machines.
const SKEW: Duration = Duration::from_secs(300);
/// How long after its attempt began a message may last have changed and still be more likely
/// that attempt's than a later one's.
const NEAR: Duration = Duration::from_secs(3_600);

impl<J: Journal> Outbox<J> {
    /// Finds the row of a message that the service has: call it for each outbound message that
    /// an event tells of. `message_id` is the event's.
    ///
    /// A row that was attempted is *accepted* by it, whatever was thought of it before, and is
    /// not sent again. Each message counts once: a second event of it changes nothing, and
    /// settles no second row of the same text.
    ///
    /// # Errors
    ///
    /// [`Error::is_database`](crate::Error::is_database).
    pub async fn recognise(&self, message_id: &str, message: &Message) -> Result<Recognised> {
        if message.direction == Some(MessageDirection::Inbound) {
            return Ok(Recognised::Other);
        }
        if self.journal.knows_message(message_id.to_owned()).await? {
            return Ok(Recognised::Before);
        }
        let numbers = message.to.iter().flat_map(|to| to.numbers());
        let mut rows = Vec::new();
        for digits in numbers.filter_map(reply::digits) {
            rows.extend(self.journal.sent_to(digits).await?);
        }
        let at = sent_at(message);
        rows.retain(|row| at.is_none_or(|at| row.begun <= at + SKEW));
        // An accepted row has a message for sure, an unknown one may have none: of two rows
        // with one text, the accepted one comes first if the message is of its time.
        rows.sort_by_key(|row| {
            let is_near = at.is_none_or(|at| at <= row.begun + NEAR);
            (!is_near, row.state != RowState::Accepted, row.row)
        });
        let mut unclear = Vec::new();
        for row in rows {
            let ticket = Ticket::for_message(&row.sender, &row.number, &row.text);
            match ticket.compare(message) {
                TicketMatch::Yes => {
                    let id = message_id.to_owned();
                    if self.journal.recognise(row.row, id).await? {
                        return Ok(Recognised::Row(row.row));
                    }
                }
                TicketMatch::Unclear if is_open(&row) => unclear.push(row.row),
                TicketMatch::Unclear | TicketMatch::No => {}
            }
        }
        Ok(match unclear.is_empty() {
            true => Recognised::Other,
            false => Recognised::Unclear(unclear),
        })
    }

    /// A person's decision about a row that is *unknown*, *rejected* or *not sent*:
    /// [`RowState::Accepted`], because the text did go out; [`RowState::Planned`], because it
    /// did not and is to be sent again; or [`RowState::Cancelled`]. The reason is kept.
    ///
    /// `false` when the row has another state, or when the decision is none of these.
    ///
    /// Whoever plans an unknown row again vouches that it wasn't sent: look into the
    /// product's inbox first.
    ///
    /// # Errors
    ///
    /// [`Error::is_database`](crate::Error::is_database).
    pub async fn decide(&self, row: i64, to: RowState, reason: &str) -> Result<bool> {
        let decisions = [RowState::Accepted, RowState::Planned, RowState::Cancelled];
        if !decisions.contains(&to) {
            return Ok(false);
        }
        self.journal.decide(row, to, reason.to_owned()).await
    }
}

/// Whether the row's outcome isn't known.
fn is_open(row: &SentRow) -> bool {
    row.state != RowState::Accepted
}

fn sent_at(message: &Message) -> Option<SystemTime> {
    let milliseconds = u64::try_from(message.last_updated?).ok()?;
    Some(UNIX_EPOCH + Duration::from_millis(milliseconds))
}
