//! Where a person is on the page: which phone, which view, what was searched for. It is the
//! page's query, so that a link or a bookmark leads back, and needs no cookie.

use std::fmt;

use url::form_urlencoded::{Serializer, parse};

use crate::state::conversations::Ends;

/// What the column beside the conversation shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum View {
    #[default]
    Calls,
    Deliveries,
    Faults,
    Service,
    Connect,
}

impl View {
    pub(super) const ALL: [Self; 5] = [
        Self::Calls,
        Self::Deliveries,
        Self::Faults,
        Self::Service,
        Self::Connect,
    ];

    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Deliveries => "webhooks",
            Self::Faults => "faults",
            Self::Service => "service",
            Self::Connect => "connect",
        }
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Calls => "API calls",
            Self::Deliveries => "Webhooks",
            Self::Faults => "Faults",
            Self::Service => "Service",
            Self::Connect => "Connect",
        }
    }
}

/// The column that a narrow screen shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Pane {
    #[default]
    Phones,
    Talk,
    Inspect,
}

impl Pane {
    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Phones => "phones",
            Self::Talk => "talk",
            Self::Inspect => "inspect",
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Place {
    /// The account's number of the conversation; empty for its first one.
    pub(super) own: String,
    /// The customer's number; empty if no conversation is shown.
    pub(super) phone: String,
    pub(super) view: View,
    pub(super) pane: Pane,
    pub(super) search: String,
    /// Whether calls and webhooks of other conversations are left out.
    pub(super) only: bool,
    /// The messages before this one of the conversation are shown, instead of the last ones.
    pub(super) before: Option<usize>,
    /// The calls or deliveries before this number are shown, instead of the last ones.
    pub(super) from: Option<usize>,
}

impl Place {
    /// Reads a query. What can't be read is left out: an old link must not be an error.
    pub(super) fn parse(query: &str) -> Self {
        let mut place = Self::default();
        for (key, value) in parse(query.as_bytes()) {
            match &*key {
                "own" => place.own = value.trim().to_owned(),
                "phone" => place.phone = number(&value),
                "view" => {
                    let found = View::ALL.into_iter().find(|view| view.id() == value);
                    place.view = found.unwrap_or_default();
                }
                "pane" => {
                    let all = [Pane::Phones, Pane::Talk, Pane::Inspect];
                    let found = all.into_iter().find(|pane| pane.id() == value);
                    place.pane = found.unwrap_or_default();
                }
                "q" => place.search = value.into_owned(),
                "only" => place.only = value == "1",
                "before" => place.before = value.parse().ok(),
                "from" => place.from = value.parse().ok(),
                _ => {}
            }
        }
        place
    }

    pub(super) fn link(&self) -> String {
        format!("/?{self}")
    }

    pub(super) fn at_phone(&self, ends: &Ends) -> Self {
        Self {
            own: ends.own.clone(),
            phone: ends.customer.clone(),
            pane: Pane::Talk,
            before: None,
            from: if self.only { None } else { self.from },
            ..self.clone()
        }
    }

    pub(super) fn at_view(&self, view: View) -> Self {
        Self {
            view,
            pane: Pane::Inspect,
            from: None,
            ..self.clone()
        }
    }

    pub(super) fn at_pane(&self, pane: Pane) -> Self {
        Self {
            pane,
            ..self.clone()
        }
    }

    /// The conversation that is shown; `own` is the number of the account if none is chosen.
    pub(super) fn ends(&self, own: &str) -> Option<Ends> {
        if self.phone.is_empty() {
            return None;
        }
        let own = if self.own.is_empty() { own } else { &self.own };
        Some(Ends {
            own: own.to_owned(),
            customer: self.phone.clone(),
        })
    }
}

/// A number without what people put between its digits.
fn number(text: &str) -> String {
    let between = |letter: char| letter.is_whitespace() || "-().".contains(letter);
    text.replace(between, "")
}

/// The query, without what is as by default.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut query = Serializer::new(String::new());
        let number = |number: Option<usize>| number.map(|it| it.to_string()).unwrap_or_default();
        let view = if self.view == View::default() {
            ""
        } else {
            self.view.id()
        };
        let pane = if self.pane == Pane::default() {
            ""
        } else {
            self.pane.id()
        };
        for (key, value) in [
            ("own", self.own.as_str()),
            ("phone", &self.phone),
            ("view", view),
            ("pane", pane),
            ("q", &self.search),
            ("only", if self.only { "1" } else { "" }),
            ("before", &number(self.before)),
            ("from", &number(self.from)),
        ] {
            if !value.is_empty() {
                query.append_pair(key, value);
            }
        }
        f.write_str(&query.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_back_and_the_rest_is_ignored() {
        let place = Place {
            phone: "+13035550123".to_owned(),
            view: View::Deliveries,
            pane: Pane::Talk,
            search: "a & b = \"ü\"".to_owned(),
            only: true,
            from: Some(7),
            ..Place::default()
        };

        assert_eq!(Place::parse(&place.to_string()), place);
        assert_eq!(Place::parse("view=none&from=x&else=1"), Place::default());
        assert_eq!(Place::default().link(), "/?");
    }
}
