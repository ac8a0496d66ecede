//! The messages between a number of the account and a customer's phone, in order.

use indexmap::IndexMap;
use stratustexting_client::types::{Message, MessageDirection};

/// The two ends of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Ends {
    /// The account's number.
    pub(crate) own: String,
    pub(crate) customer: String,
}

impl Ends {
    /// Those of a message between one number of the account and one customer.
    fn of(message: &Message) -> Option<Self> {
        let from = message.from.clone()?;
        let to = message.to.as_ref()?.numbers().next()?.to_owned();
        let (own, customer) = if is_inbound(message) {
            (to, from)
        } else {
            (from, to)
        };
        Some(Self { own, customer })
    }
}

/// Whether a customer has sent it.
pub(crate) fn is_inbound(message: &Message) -> bool {
    message.direction == Some(MessageDirection::Inbound)
}

#[derive(Debug, Default)]
pub(crate) struct Conversation {
    /// The messages' ids, the oldest first.
    pub(crate) messages: Vec<String>,
    /// Whether the customer has texted STOP, and not START since. What the real service does
    /// then is UNKNOWN, so here it changes nothing but what the page shows.
    pub(crate) is_stopped: bool,
    /// Grows with each message of any conversation.
    last: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Conversations {
    by_ends: IndexMap<Ends, Conversation>,
    last: u64,
}

impl Conversations {
    pub(crate) fn add(&mut self, message: &Message) {
        let (Some(id), Some(ends)) = (&message.id, Ends::of(message)) else {
            return;
        };
        self.last += 1;
        let conversation = self.by_ends.entry(ends).or_default();
        conversation.messages.push(id.clone());
        conversation.last = self.last;
        let keyword = message.text.as_deref().and_then(keyword);
        if is_inbound(message)
            && let Some(stops) = keyword
        {
            conversation.is_stopped = stops;
        }
    }

    pub(crate) fn get(&self, ends: &Ends) -> Option<&Conversation> {
        self.by_ends.get(ends)
    }

    pub(crate) fn len(&self) -> usize {
        self.by_ends.len()
    }

    /// Those that `wanted` accepts, the ones with the latest messages first, at most `most`.
    pub(crate) fn latest(
        &self,
        most: usize,
        mut wanted: impl FnMut(&Ends, &Conversation) -> bool,
    ) -> Vec<(&Ends, &Conversation)> {
        let mut all: Vec<_> = self.by_ends.iter().collect();
        all.sort_unstable_by_key(|(_, conversation)| std::cmp::Reverse(conversation.last));
        let wanted = all.into_iter().filter(|(ends, it)| wanted(ends, it));
        wanted.take(most).collect()
    }
}

/// Whether a text is a carrier's keyword: `true` to stop, `false` to start again. Carriers
/// compare the whole text.
fn keyword(text: &str) -> Option<bool> {
    const STOP: [&str; 6] = ["stop", "stopall", "unsubscribe", "cancel", "end", "quit"];
    const START: [&str; 3] = ["start", "unstop", "subscribe"];
    let text = text.trim().trim_end_matches(['.', '!']).to_lowercase();
    if STOP.contains(&text.as_str()) {
        return Some(true);
    }
    START.contains(&text.as_str()).then_some(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "+12025550100";

    fn message(direction: MessageDirection, customer: &str, text: &str) -> Message {
        let (from, to) = match direction {
            MessageDirection::Inbound => (customer, OWN),
            _ => (OWN, customer),
        };
        let message = Message::default().with_id("id").with_direction(direction);
        message.with_from(from).with_to(to).with_text(text)
    }

    fn ends(number: usize) -> Ends {
        Ends {
            own: OWN.to_owned(),
            customer: format!("+1303555{number:04}"),
        }
    }

    #[test]
    fn only_a_customers_keyword_changes_the_state() {
        let mut all = Conversations::default();
        let ends = ends(123);
        for (direction, text, stopped) in [
            (MessageDirection::Inbound, "please stop calling", false),
            (MessageDirection::Outbound, "STOP", false),
            (MessageDirection::Inbound, " Stop. ", true),
            (MessageDirection::Inbound, "HELP", true),
            (MessageDirection::Inbound, "UNSTOP", false),
        ] {
            all.add(&message(direction, &ends.customer, text));

            let now = all.get(&ends).map(|it| it.is_stopped);
            assert_eq!(now, Some(stopped), "{text}");
        }
    }

    #[test]
    fn the_latest_come_first() {
        let mut all = Conversations::default();
        for number in [1, 2, 3, 1] {
            let customer = ends(number).customer;
            all.add(&message(MessageDirection::Inbound, &customer, "Hello"));
        }

        let latest = all.latest(2, |_, _| true);

        let latest: Vec<_> = latest.into_iter().map(|(ends, _)| ends.clone()).collect();
        assert_eq!(latest, [ends(1), ends(3)]);
    }
}
