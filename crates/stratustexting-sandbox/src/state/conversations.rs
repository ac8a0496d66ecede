//! The messages between a number of the account and a customer's phone, in order.

use indexmap::IndexMap;
use stratustexting_client::types::MessageDirection;

/// The two ends of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Ends {
    /// The account's number.
    pub(crate) own: String,
    pub(crate) customer: String,
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
    pub(crate) fn add(&mut self, ends: Ends, direction: MessageDirection, id: &str, text: &str) {
        self.last += 1;
        let conversation = self.by_ends.entry(ends).or_default();
        conversation.messages.push(id.to_owned());
        conversation.last = self.last;
        if direction == MessageDirection::Inbound
            && let Some(stops) = keyword(text)
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

    #[test]
    fn only_a_customers_keyword_changes_the_state() {
        let mut all = Conversations::default();
        let ends = Ends {
            own: "+12025550100".to_owned(),
            customer: "+13035550123".to_owned(),
        };
        for (direction, text, stopped) in [
            (MessageDirection::Inbound, "please stop calling", false),
            (MessageDirection::Outbound, "STOP", false),
            (MessageDirection::Inbound, " Stop. ", true),
            (MessageDirection::Inbound, "HELP", true),
            (MessageDirection::Inbound, "UNSTOP", false),
        ] {
            all.add(ends.clone(), direction, "id", text);

            let now = all.get(&ends).map(|it| it.is_stopped);
            assert_eq!(now, Some(stopped), "{text}");
        }
    }

    #[test]
    fn the_latest_come_first() {
        let mut all = Conversations::default();
        let ends = |number: usize| Ends {
            own: "+12025550100".to_owned(),
            customer: format!("+1303555{number:04}"),
        };
        for number in [1, 2, 3, 1] {
            all.add(ends(number), MessageDirection::Inbound, "id", "Hello");
        }

        let latest = all.latest(2, |_, _| true);

        let latest: Vec<_> = latest.into_iter().map(|(ends, _)| ends.clone()).collect();
        assert_eq!(latest, [ends(1), ends(3)]);
    }
}
