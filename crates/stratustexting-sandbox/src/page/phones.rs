//! The list of the customers' phones, the ones with the latest texts first.

use askama::Template;

use super::{
    place::Place,
    words::{Time, digits},
};
use crate::state::{
    State,
    conversations::{Conversation, Ends, is_inbound},
};

/// How many phones are listed.
const MOST: usize = 50;

/// How many texts are searched, so that a large sandbox stays quick. The latest conversations
/// come first.
const MOST_SEARCHED: usize = 100_000;

#[derive(Template)]
#[template(path = "page/phones.html")]
pub(super) struct Phones {
    place: Place,
    rows: Vec<Row>,
    /// How many there are in all.
    count: usize,
    /// Whether the search ended before all texts were searched.
    is_cut: bool,
    /// The numbers of the account.
    own: Vec<String>,
}

struct Row {
    key: String,
    link: String,
    is_chosen: bool,
    number: String,
    name: Option<String>,
    initials: String,
    /// Chooses a colour.
    hue: u32,
    own: String,
    text: String,
    is_inbound: bool,
    is_stopped: bool,
    time: Option<Time>,
}

impl Phones {
    pub(super) fn new(state: &State, place: &Place) -> Self {
        let chosen = place.ends(&super::shell::first_number(state));
        let mut search = Search::new(&place.search);
        let conversations = state.messages.conversations();
        let found = conversations.latest(MOST, |ends, it| search.finds(state, ends, it));
        let row = |(ends, it): (&Ends, &Conversation)| {
            let mut row = row(state, place, ends, it);
            row.is_chosen = chosen.as_ref() == Some(ends);
            row
        };
        Self {
            rows: found.into_iter().map(row).collect(),
            is_cut: search.left == 0,
            place: place.clone(),
            count: conversations.len(),
            own: state.own_numbers(),
        }
    }
}

fn row(state: &State, place: &Place, ends: &Ends, conversation: &Conversation) -> Row {
    let last = conversation.messages.last();
    let last = last.and_then(|id| state.messages.get(id));
    let text = last.and_then(|it| it.text.clone()).unwrap_or_default();
    let has_files = last.is_some_and(|it| it.media.is_some());
    let name = name(state, &ends.customer);
    Row {
        key: format!("{}-{}", digits(&ends.own), digits(&ends.customer)),
        link: place.at_phone(ends).link(),
        is_chosen: false,
        initials: initials(name.as_deref(), &ends.customer),
        hue: hue(&ends.customer),
        number: ends.customer.clone(),
        own: ends.own.clone(),
        is_stopped: conversation.is_stopped,
        is_inbound: last.is_some_and(is_inbound),
        text: match text.is_empty() && has_files {
            true => "Picture or file".to_owned(),
            false => text.chars().take(80).collect(),
        },
        time: last
            .and_then(super::talk::time_of)
            .map(|time| Time::to_the_minute(time, state.clock.now())),
        name,
    }
}

/// The name of a contact, if there is one with this number.
pub(super) fn name(state: &State, number: &str) -> Option<String> {
    let contact = state.contacts.get(state.contacts.id_of(number)?)?;
    let parts = [contact.first_name.as_deref(), contact.last_name.as_deref()];
    let name = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    (!name.trim().is_empty()).then_some(name)
}

/// Two letters of a name, or the last two digits of a number.
pub(super) fn initials(name: Option<&str>, number: &str) -> String {
    match name {
        Some(name) => {
            let words = name.split_whitespace();
            let firsts = words.filter_map(|word| word.chars().next());
            firsts.take(2).collect::<String>().to_uppercase()
        }
        None => {
            let digits = digits(number);
            digits[digits.len().saturating_sub(2)..].to_owned()
        }
    }
}

/// Chooses one of the colours in which phones are told apart.
pub(super) fn hue(number: &str) -> u32 {
    digits(number).bytes().map(u32::from).sum::<u32>() % 6
}

/// What a person searches for: a part of a number, a name, or a text.
struct Search {
    text: String,
    digits: String,
    left: usize,
}

impl Search {
    fn new(text: &str) -> Self {
        Self {
            text: text.trim().to_lowercase(),
            digits: digits(text),
            left: MOST_SEARCHED,
        }
    }

    fn finds(&mut self, state: &State, ends: &Ends, conversation: &Conversation) -> bool {
        if self.text.is_empty() {
            return true;
        }
        let has = |text: &str| text.to_lowercase().contains(&self.text);
        let has_digits = self.digits.len() > 2 && digits(&ends.customer).contains(&self.digits);
        if has_digits || name(state, &ends.customer).is_some_and(|name| has(&name)) {
            return true;
        }
        let searched = conversation.messages.iter().rev().take(self.left);
        let mut texts = searched.filter_map(|id| state.messages.get(id)?.text.as_deref());
        let found = texts.any(has);
        self.left = self.left.saturating_sub(conversation.messages.len());
        found
    }
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_are_of_the_name_or_the_number() {
        assert_eq!(initials(Some("Zoë  O'Brien Li"), "+13035550123"), "ZO");
        assert_eq!(initials(None, "+13035550123"), "23");
        assert_eq!(initials(None, ""), "");
    }
}
