//! Event filters: which events a subscription is about.
//!
//! A filter is a text of the service's. It is kept as it is, so that one which came from the
//! service goes back unchanged; its parts are read out of it where it has a known form.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use stratustexting_client::types::MessageDirection;

use crate::{Error, Result, input};

/// Which events to post: one filter of a subscription.
///
/// ```
/// use stratustexting::webhook::EventFilter;
///
/// let inbound = EventFilter::inbound("org-1", "dep-1")?;
/// assert_eq!(inbound.to_string(), "/orgId/org-1/department/dep-1/message?direction=inbound");
///
/// // A subscription and an event have filters as text.
/// let filter: EventFilter = "/orgId/o/department/d/contact?event=delete".parse()?;
/// assert_eq!(filter.department_id(), Some("d"));
/// assert_eq!(filter.direction(), None);
/// # Ok::<(), stratustexting::Error>(())
/// ```
///
/// The ids of organization and department are the user's to give: no page says where to find
/// them. The filters of existing subscriptions show them, and so may
/// [`Client::sites`](crate::Client::sites).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EventFilter(String);

/// What happens to a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ContactEvent {
    /// It is created.
    Create,
    /// It is changed.
    Update,
    /// It is deleted.
    Delete,
}

impl ContactEvent {
    const ALL: [Self; 3] = [Self::Create, Self::Update, Self::Delete];

    /// The value in a filter.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

impl fmt::Display for ContactEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl EventFilter {
    /// Messages that come to a department (documented).
    ///
    /// A page of a sibling brand says that the subscriber gets outbound messages too, so look
    /// at the `direction` of the message.
    ///
    /// # Errors
    ///
    /// [`Error::is_input`] for an id that isn't letters, digits, `-` and `_`: another
    /// character would change the filter's form.
    pub fn inbound(
        organization_id: impl AsRef<str>,
        department_id: impl AsRef<str>,
    ) -> Result<Self> {
        Self::messages(organization_id, department_id, MessageDirection::Inbound)
    }

    /// Messages that a department sends (documented): by anybody, this program included.
    ///
    /// # Errors
    ///
    /// As for [`inbound`](Self::inbound).
    ///
    /// ```
    /// use stratustexting::{models::MessageDirection, webhook::EventFilter};
    ///
    /// let outbound = EventFilter::outbound("org-1", "dep-1")?;
    /// assert_eq!(outbound.direction(), Some(MessageDirection::Outbound));
    /// # Ok::<(), stratustexting::Error>(())
    /// ```
    pub fn outbound(
        organization_id: impl AsRef<str>,
        department_id: impl AsRef<str>,
    ) -> Result<Self> {
        Self::messages(organization_id, department_id, MessageDirection::Outbound)
    }

    /// Messages of a department in one direction (documented).
    ///
    /// # Errors
    ///
    /// As for [`inbound`](Self::inbound), and for a direction that isn't known.
    ///
    /// ```
    /// use stratustexting::{models::MessageDirection, webhook::EventFilter};
    ///
    /// let filter = EventFilter::messages("org-1", "dep-1", MessageDirection::Inbound)?;
    /// assert_eq!(filter, EventFilter::inbound("org-1", "dep-1")?);
    /// # Ok::<(), stratustexting::Error>(())
    /// ```
    pub fn messages(
        organization_id: impl AsRef<str>,
        department_id: impl AsRef<str>,
        direction: MessageDirection,
    ) -> Result<Self> {
        if !MessageDirection::KNOWN.contains(&direction) {
            return Err(Error::input("direction", "must be inbound or outbound"));
        }
        Self::of(
            organization_id.as_ref(),
            department_id.as_ref(),
            format_args!("message?direction={direction}"),
        )
    }

    /// Contacts of a department. That such events exist is documented; the filter's text is
    /// inferred.
    ///
    /// # Errors
    ///
    /// As for [`inbound`](Self::inbound).
    ///
    /// ```
    /// use stratustexting::webhook::{ContactEvent, EventFilter};
    ///
    /// let created = EventFilter::contacts("org-1", "dep-1", ContactEvent::Create)?;
    /// assert_eq!(created.as_str(), "/orgId/org-1/department/dep-1/contact?event=create");
    /// # Ok::<(), stratustexting::Error>(())
    /// ```
    pub fn contacts(
        organization_id: impl AsRef<str>,
        department_id: impl AsRef<str>,
        event: ContactEvent,
    ) -> Result<Self> {
        Self::of(
            organization_id.as_ref(),
            department_id.as_ref(),
            format_args!("contact?event={event}"),
        )
    }

    fn of(organization_id: &str, department_id: &str, events: fmt::Arguments<'_>) -> Result<Self> {
        for (field, id) in [
            ("organization_id", organization_id),
            ("department_id", department_id),
        ] {
            input::not_empty(field, id)?;
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            if !id.chars().all(plain) {
                return Err(Error::input(field, "must be letters, digits, `-` and `_`"));
            }
        }
        Ok(Self(format!(
            "/orgId/{organization_id}/department/{department_id}/{events}"
        )))
    }

    /// The filter as it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The organization's id, where the filter has the known form.
    #[must_use]
    pub fn organization_id(&self) -> Option<&str> {
        self.parts().map(|parts| parts.organization_id)
    }

    /// The department's id, where the filter has the known form.
    #[must_use]
    pub fn department_id(&self) -> Option<&str> {
        self.parts().map(|parts| parts.department_id)
    }

    /// The direction of a filter for messages; one that isn't known is kept.
    #[must_use]
    pub fn direction(&self) -> Option<MessageDirection> {
        let parts = self.parts().filter(|parts| parts.topic == "message")?;
        parts.parameter("direction").map(MessageDirection::from)
    }

    /// The event of a filter for contacts, where it is one of those that are known.
    #[must_use]
    pub fn contact_event(&self) -> Option<ContactEvent> {
        let parts = self.parts().filter(|parts| parts.topic == "contact")?;
        let name = parts.parameter("event")?;
        let mut known = ContactEvent::ALL.into_iter();
        known.find(|event| event.as_str() == name)
    }

    fn parts(&self) -> Option<Parts<'_>> {
        let (path, query) = self.0.split_once('?').unwrap_or((&self.0, ""));
        let mut segments = path.strip_prefix('/')?.split('/');
        let mut after = |name: &str| match segments.next() == Some(name) {
            true => segments.next().filter(|id| !id.is_empty()),
            false => None,
        };
        let (organization_id, department_id) = (after("orgId")?, after("department")?);
        let topic = segments.next()?;
        segments.next().is_none().then_some(Parts {
            organization_id,
            department_id,
            topic,
            query,
        })
    }
}

/// The parts of a filter in the known form.
struct Parts<'f> {
    organization_id: &'f str,
    department_id: &'f str,
    topic: &'f str,
    query: &'f str,
}

impl<'f> Parts<'f> {
    fn parameter(&self, name: &str) -> Option<&'f str> {
        let mut pairs = self
            .query
            .split('&')
            .filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
    }
}

impl fmt::Display for EventFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Takes a filter in the service's own words, known or not, and keeps every character.
impl FromStr for EventFilter {
    type Err = Error;

    /// # Errors
    ///
    /// [`Error::is_input`] for a text that is empty or has a control character.
    fn from_str(text: &str) -> Result<Self> {
        text.to_owned().try_into()
    }
}

impl TryFrom<String> for EventFilter {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        input::not_empty("event_filter", &text)?;
        if text.contains(char::is_control) {
            return Err(Error::input(
                "event_filter",
                "must not contain control characters",
            ));
        }
        Ok(Self(text))
    }
}

impl From<EventFilter> for String {
    fn from(filter: EventFilter) -> Self {
        filter.0
    }
}

impl AsRef<str> for EventFilter {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_written_as_the_service_wants_them() {
        for (filter, text) in [
            (
                EventFilter::inbound("o1", "d1"),
                "/orgId/o1/department/d1/message?direction=inbound",
            ),
            (
                EventFilter::outbound("o1", "d1"),
                "/orgId/o1/department/d1/message?direction=outbound",
            ),
            (
                EventFilter::contacts("o1", String::from("d1"), ContactEvent::Delete),
                "/orgId/o1/department/d1/contact?event=delete",
            ),
        ] {
            assert_eq!(filter.unwrap().as_str(), text);
        }
    }

    #[test]
    fn ids_that_would_change_the_filter_are_refused() {
        for id in ["", "a/b", "a?b", "a b", "*", "a%2Fb", "a&b", "é", "a\n"] {
            let error = EventFilter::contacts("o1", id, ContactEvent::Create).unwrap_err();
            assert_eq!(error.field(), Some("department_id"), "{id:?}");
            let error = EventFilter::inbound(id, "d1").unwrap_err();
            assert_eq!(error.field(), Some("organization_id"), "{id:?}");
        }
        let sideways = MessageDirection::Unknown("sideways".to_owned());
        let error = EventFilter::messages("o1", "d1", sideways).unwrap_err();
        assert_eq!(error.field(), Some("direction"));
    }

    #[test]
    fn every_text_that_is_a_filter_comes_back_as_it_was() {
        let filters = [
            "/orgId/o/department/d/message?direction=inbound",
            "/orgId/o/department/d/message?direction=Inbound&x=%2B",
            "/orgId/o/department/d/contact?event=create",
            "/orgId/o/department/d/tag?event=create",
            "/restapi/v1.0/account/~/extension/~/message-store/instant?type=SMS",
            " /orgId/o ",
            "*",
        ];
        for text in filters {
            let filter: EventFilter = text.parse().unwrap();
            assert_eq!(filter.to_string(), text);
            assert_eq!(String::from(filter.clone()), text);
            let json = serde_json::to_string(&filter).unwrap();
            assert_eq!(serde_json::from_str::<EventFilter>(&json).unwrap(), filter);
        }
        for text in ["", " ", "a\nb", "a\0"] {
            let error = text.parse::<EventFilter>().unwrap_err();
            assert_eq!(error.field(), Some("event_filter"), "{text:?}");
            assert!(serde_json::from_value::<EventFilter>(text.into()).is_err());
        }
    }

    #[test]
    fn the_parts_of_a_filter_in_the_known_form_are_read() {
        let parts = |text: &str| {
            let filter: EventFilter = text.parse().unwrap();
            (
                filter.organization_id().map(str::to_owned),
                filter.department_id().map(str::to_owned),
                filter.direction(),
                filter.contact_event(),
            )
        };
        let some = |id: &str| Some(id.to_owned());
        let sideways = MessageDirection::Unknown("sideways".to_owned());

        for (text, wanted) in [
            (
                "/orgId/o/department/d/message?direction=outbound",
                (some("o"), some("d"), Some(MessageDirection::Outbound), None),
            ),
            (
                "/orgId/o/department/d/message?x=1&direction=sideways",
                (some("o"), some("d"), Some(sideways), None),
            ),
            (
                "/orgId/o/department/d/contact?event=update",
                (some("o"), some("d"), None, Some(ContactEvent::Update)),
            ),
            (
                "/orgId/o/department/d/contact?direction=inbound",
                (some("o"), some("d"), None, None),
            ),
            (
                "/orgId/o/department/d/message",
                (some("o"), some("d"), None, None),
            ),
            (
                "/orgId//department/d/message?direction=inbound",
                (None, None, None, None),
            ),
            ("/orgId/o/department/d", (None, None, None, None)),
            ("orgId/o/department/d/message", (None, None, None, None)),
            ("/orgId/o/department/d/message/x", (None, None, None, None)),
        ] {
            assert_eq!(parts(text), wanted, "{text}");
        }
    }
}
