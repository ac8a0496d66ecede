//! Whether a customer may be texted: automatically, or at all.

use stratustexting::models::{Message, MessageDirection};

use super::{Delivery, Inbox, OptOut, Store};
use crate::{
    Error, Result,
    error::Kind,
    reply::{Keyword, Refusal, ReplyLimits, digits, is_reaction},
};

impl<S: Store> Inbox<S> {
    /// Whether a customer has said STOP, and no START since. Ask before each text, and send
    /// none when this fails.
    ///
    /// The inbox learns it from texts, with
    /// [`fetch_messages`](super::InboxBuilder::fetch_messages): as soon as the message was
    /// fetched, before the event is handled. A number that can't be read as one counts as
    /// opted out.
    ///
    /// # Errors
    ///
    /// [`Error::is_database`](crate::Error::is_database).
    pub async fn is_opted_out(&self, number: impl AsRef<str>) -> Result<bool> {
        match digits(number.as_ref()) {
            Some(number) => is_opted_out(&self.store, number).await,
            None => Ok(true),
        }
    }

    /// Since when a customer wants texts or none, and which event said so. `None` of one who
    /// never said anything of the kind.
    ///
    /// # Errors
    ///
    /// [`Error::is_database`](crate::Error::is_database).
    pub async fn opt_out(&self, number: impl AsRef<str>) -> Result<Option<OptOut>> {
        match digits(number.as_ref()) {
            Some(number) => self.store.opt_out(number).await,
            None => Ok(None),
        }
    }

    /// Writes down that a customer wants no texts, or wants them again, as when they said so
    /// on the phone. It counts until they text one of the words. Planned rows of an
    /// [outbox](crate::outbox) in the same database are cancelled for them.
    ///
    /// # Errors
    ///
    /// [`Error::is_input`](crate::Error::is_input) for a text without digits, and
    /// [`Error::is_database`](crate::Error::is_database).
    pub async fn set_opted_out(&self, number: impl AsRef<str>, opted_out: bool) -> Result<()> {
        let number = digits(number.as_ref());
        let must = "`number` must be a phone number, with digits";
        let number = number.ok_or_else(|| Error::new(Kind::Input(must)))?;
        self.store.set_opted_out(number, opted_out, None).await
    }
}

async fn is_opted_out<S: Store>(store: &S, number: String) -> Result<bool> {
    let known = store.opt_out(number).await?;
    Ok(known.is_some_and(|known| known.opted_out))
}

impl<S: Store> Delivery<S> {
    /// The word that the text consists of, if it is one of those by which a customer ends texts,
    /// begins them again, or asks for help.
    #[must_use]
    pub fn keyword(&self) -> Option<Keyword> {
        Keyword::of(self.message()?.text.as_deref()?)
    }

    /// Asks for leave to reply to this text automatically, and counts the reply. The inner
    /// error says why there may be none.
    ///
    /// Ask right before the reply is sent. An event has one: when the handler is run again, the
    /// first reply may have been sent, so there is no second. Replies to all events count
    /// towards the [limits](super::InboxBuilder::reply_limits).
    ///
    /// # Errors
    ///
    /// [`Error::is_database`](crate::Error::is_database). Then reply nothing.
    pub async fn automatic_reply(&self) -> Result<Result<(), Refusal>> {
        let number = match sender(self.message()) {
            Ok(number) => number,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let text = self.message().and_then(|message| message.text.as_deref());
        if text.is_some_and(is_reaction) {
            return Ok(Err(Refusal::Reaction));
        }
        if is_opted_out(&self.store, number.clone()).await? {
            return Ok(Err(Refusal::OptedOut));
        }
        self.store.count_reply(self.id(), number, self.limits).await
    }

    /// Asks for leave to confirm that the customer gets no more texts, or gets them again: the
    /// one text that may go to somebody who has said STOP.
    ///
    /// There is one confirmation for a change: a second STOP changes nothing. Of the limits, that
    /// for a short time doesn't count.
    ///
    /// # Errors
    ///
    /// [`Error::is_database`](crate::Error::is_database). Then confirm nothing.
    pub async fn confirmation(&self) -> Result<Result<(), Refusal>> {
        let number = match sender(self.message()) {
            Ok(number) => number,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let known = self.store.opt_out(number.clone()).await?;
        if known.and_then(|known| known.changed_by) != Some(self.id()) {
            return Ok(Err(Refusal::NothingChanged));
        }
        // A reply a minute ago doesn't keep it back; two programs that reply to each other do.
        let limits = ReplyLimits {
            per_number: self.limits.per_number_long,
            ..self.limits
        };
        self.store.count_reply(self.id(), number, limits).await
    }
}

/// Who is to be replied to.
fn sender(message: Option<&Message>) -> Result<String, Refusal> {
    let message = message.ok_or(Refusal::NoMessage)?;
    if message.direction != Some(MessageDirection::Inbound) {
        return Err(Refusal::NotInbound);
    }
    let from = message.from.as_deref().and_then(digits);
    let from = from.ok_or(Refusal::NoNumber)?;
    let mut to = message.to.iter().flat_map(|to| to.numbers());
    if to.any(|to| digits(to).as_ref() == Some(&from)) {
        return Err(Refusal::OwnNumber);
    }
    Ok(from)
}
