//! The ticket by which a send of unknown outcome is found out later.

use std::{borrow::Cow, fmt, iter};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use stratustexting_client::types::Message;
use url::Url;

use crate::invisible::shows_nothing;

/// Tells later whether a send whose outcome is unknown went out.
///
/// It holds no number and no text, and can be stored as it is. But a reader who knows a text
/// and guesses the numbers can check the guess against its digests: keep it as carefully as a
/// list of the people you texted.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Ticket {
    /// The operation, such as `sendSms`, if it is one that is known.
    pub operation: Option<Cow<'static, str>>,
    /// When the call began, in UTC as RFC 3339 with milliseconds.
    pub started_at: String,
    /// The name that the caller gave the call
    /// ([`Call::correlation`](crate::Call::correlation)), which the call's span has, too; or
    /// a random word.
    pub correlation: String,
    /// SHA-256 of the payload, in hexadecimal digits. The payload of a message: the digits of
    /// `from`, those of `to`, and `text`, each followed by a zero byte; without the files. Of
    /// any other operation: method, path with query, and body.
    pub payload_digest: String,
    /// The same of a message with the last ten digits of each number, and without characters
    /// that show nothing: as the service may spell it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spelling_digest: Option<String>,
    /// The same with the first 16 ASCII letters and digits of the text, in lower case: for a
    /// message that the service lengthened, cut, or wrote in another character set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beginning_digest: Option<String>,
    /// The number of attempts.
    pub attempts: u32,
    /// The status of the response, if one came.
    pub status: Option<u16>,
}

/// Whether a message is a ticket's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TicketMatch {
    /// It has the same sender, recipient and text. Two equal messages can't be told apart;
    /// compare `started_at` with `lastUpdated` then.
    Yes,
    /// It is another message.
    No,
    /// It may be the same message: a field is missing or masked, or the text only begins
    /// alike. Let a person decide before you send again.
    Unclear,
}

impl Ticket {
    /// The ticket of a message that is yet to be sent, or whose program was killed before it got
    /// one. Its `started_at` is empty and its `attempts` 0.
    #[must_use]
    pub fn for_message(from: &str, to: &str, text: &str) -> Self {
        Payload::of_message(from, to, text).ticket(None, String::new(), String::new(), 0, None)
    }

    /// Compares a message that was read from the service.
    ///
    /// The form in which the service gives a message back is UNKNOWN. Numbers are equal in
    /// international and in national form, and texts whatever their line breaks and spaces.
    ///
    /// ```
    /// # let text = r#"{"operation":"sendSms","started_at":"2026-03-31T10:00:00.000Z",
    /// #   "correlation":"order-17","attempts":1,"status":null,"payload_digest":
    /// #   "b8b1120116d6749225a08c4d5f3a0778bdc020b3854634020794ec9caf383116"}"#;
    /// use stratustexting::{Ticket, TicketMatch, models::Message};
    ///
    /// let ticket: Ticket = serde_json::from_str(text)?;
    /// let message = Message::default()
    ///     .with_from("+12025550100")
    ///     .with_to("+12025550123")
    ///     .with_text("Café & more+");
    ///
    /// assert_eq!(ticket.compare(&message), TicketMatch::Yes);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn compare(&self, message: &Message) -> TicketMatch {
        let text = message.text.as_deref();
        let from = message.from.as_deref().unwrap_or_default();
        let recipients: Vec<&str> = message.to.iter().flat_map(|to| to.numbers()).collect();

        let shown = text.unwrap_or_default();
        let same = recipients.iter().any(|to| {
            let (exact, spelling, _) = Payload::of_message(from, to, shown).digests();
            self.payload_digest == exact
                || self.spelling_digest.is_some() && self.spelling_digest == spelling
        });
        // The service may have added to a short text, so each beginning of this one counts.
        let letters = beginning(shown);
        let alike = self.beginning_digest.as_ref().is_none_or(|known| {
            let mut ends = 0..=letters.len();
            ends.any(|end| {
                let mut recipients = recipients.iter();
                let from = digits(from);
                recipients
                    .any(|to| hex(&short_digest(&from, &digits(to), &letters[..end])) == *known)
            })
        });
        let readable = text.is_some()
            && !recipients.is_empty()
            && iter::once(&from)
                .chain(&recipients)
                .all(|number| is_whole(number));
        match (same, alike || !readable) {
            (true, _) => TicketMatch::Yes,
            (false, true) => TicketMatch::Unclear,
            (false, false) => TicketMatch::No,
        }
    }
}

/// Whether a number is spelled out: neither masked, nor a name, nor a short code.
fn is_whole(number: &str) -> bool {
    let number = number.strip_prefix("tel:").unwrap_or(number);
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    let plain = |c: char| c.is_ascii_digit() || "+-.() ".contains(c) || shows_nothing(c);
    digits >= 7 && number.chars().all(plain)
}

/// Without the digests, by which a guess could be checked.
impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket")
            .field("operation", &self.operation)
            .field("started_at", &self.started_at)
            .field("correlation", &self.correlation)
            .field("attempts", &self.attempts)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// The digests of a payload, taken before the request is given away.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Payload {
    exact: [u8; 32],
    /// Of a message only.
    spelling: Option<[u8; 32]>,
    beginning: Option<[u8; 32]>,
}

impl Payload {
    pub(crate) fn of(request: &reqwest::Request) -> Self {
        let url = request.url();
        let value = |name: &str| {
            let mut pairs = url.query_pairs();
            pairs.find(|(key, _)| key == name).map(|(_, value)| value)
        };
        if let (Some(from), Some(to)) = (value("from"), value("to")) {
            return Self::of_message(&from, &to, &value("text").unwrap_or_default());
        }
        let mut hash = Sha256::new();
        hash.update(request.method().as_str());
        hash.update(url.path());
        hash.update(url.query().unwrap_or_default());
        let body = request.body().and_then(|body| body.as_bytes());
        hash.update(body.unwrap_or_default());
        Self {
            exact: hash.finalize().into(),
            spelling: None,
            beginning: None,
        }
    }

    fn of_message(from: &str, to: &str, text: &str) -> Self {
        let (from, to) = (digits(from), digits(to));
        let mut shown = String::with_capacity(text.len());
        shown.extend(text.chars().filter(|&c| !shows_nothing(c)));
        Self {
            exact: digest([&from, &to, text]),
            spelling: Some(short_digest(&from, &to, &shown)),
            beginning: Some(short_digest(&from, &to, &beginning(text))),
        }
    }

    /// The three digests in hexadecimal digits.
    fn digests(self) -> (String, Option<String>, Option<String>) {
        (
            hex(&self.exact),
            self.spelling.map(|d| hex(&d)),
            self.beginning.map(|d| hex(&d)),
        )
    }

    /// A ticket of this payload.
    pub(crate) fn ticket(
        self,
        operation: Option<&'static str>,
        started_at: String,
        correlation: String,
        attempts: u32,
        status: Option<u16>,
    ) -> Ticket {
        let (payload_digest, spelling_digest, beginning_digest) = self.digests();
        Ticket {
            operation: operation.map(Cow::Borrowed),
            started_at,
            correlation,
            payload_digest,
            spelling_digest,
            beginning_digest,
            attempts,
            status,
        }
    }
}

/// A parameter of the query as it is sent.
pub(crate) fn raw_value<'a>(url: &'a Url, name: &str) -> Option<&'a str> {
    let mut pairs = url
        .query()?
        .split('&')
        .filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

// Strings of a known length are allocated once: every send makes its digests.
fn digits(number: &str) -> String {
    let mut digits = String::with_capacity(number.len());
    digits.extend(number.chars().filter(char::is_ascii_digit));
    digits
}

/// The first 16 ASCII letters and digits of a text, in lower case.
fn beginning(text: &str) -> String {
    const LENGTH: usize = 16;
    let letters = text.chars().filter(char::is_ascii_alphanumeric);
    let mut beginning = String::with_capacity(LENGTH);
    beginning.extend(letters.take(LENGTH).map(|c| c.to_ascii_lowercase()));
    beginning
}

/// A digest with the last ten digits of each number, both given as [`digits`].
fn short_digest(from: &str, to: &str, text: &str) -> [u8; 32] {
    let start = |digits: &str| digits.len().saturating_sub(10);
    digest([&from[start(from)..], &to[start(to)..], text])
}

fn digest(fields: [&str; 3]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for field in fields {
        hash.update(field);
        hash.update([0]);
    }
    hash.finalize().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "http://localhost/message/sendsms?from=%2B12025550100&\
                       text=Caf%C3%A9+%26+more%2B&to=%2B12025550123";

    fn request(url: &str) -> reqwest::Request {
        reqwest::Request::new(http::Method::POST, url.parse().unwrap())
    }

    fn ticket_of(url: &str) -> Ticket {
        let started_at = "1970-01-01T00:00:00.000Z".into();
        let payload = Payload::of(&request(url));
        payload.ticket(Some("sendSms"), started_at, "c".into(), 1, None)
    }

    fn message(to: &str, text: &str) -> Message {
        let message = Message::default().with_from("+12025550100");
        message.with_to(to).with_text(text)
    }

    #[test]
    fn a_message_is_recognised_however_the_service_spells_it() {
        let ticket = ticket_of(URL);
        for to in [
            "+12025550123",
            "12025550123",
            "2025550123",
            "+1 (202) 555-0123",
            "tel:+12025550123",
        ] {
            for text in ["Café & more+", " Café & more+\r\n", "Café\u{a0}& more+"] {
                let message = message(to, text);
                assert_eq!(
                    ticket.compare(&message),
                    TicketMatch::Yes,
                    "{to:?} {text:?}"
                );
            }
        }
        let breaks = ticket_of(&URL.replace("+%26", "%0A%26"));
        let other = message("+12025550123", "Café\r\n& more+");
        assert_eq!(breaks.compare(&other), TicketMatch::Yes);

        let numeric: Message = serde_json::from_value(serde_json::json!({
            "from": "+12025550100", "to": [12025550123_u64], "text": "Café & more+",
        }))
        .unwrap();
        assert_eq!(ticket.compare(&numeric), TicketMatch::Yes);
    }

    #[test]
    fn another_number_is_another_message() {
        let ticket = ticket_of(URL);
        for to in ["+12025550124", "2025550124", "+442025550124"] {
            let other = message(to, "Café & more+");
            assert_eq!(ticket.compare(&other), TicketMatch::No, "{to}");
        }
        let other = message("+12025550123", "Good morning");
        assert_eq!(ticket.compare(&other), TicketMatch::No);
    }

    #[test]
    fn no_is_never_said_of_a_message_that_may_be_the_same() {
        let ticket = ticket_of(URL);
        for other in [
            Message::default(),
            message("+12025550123", "Café & more+\nReply STOP to opt out")
                .with_from("+12025550100"),
            message("+12025550123", "Caf? & more"),
            message("+1202555****", "Café & more+"),
            message("Ada", "Café & more+"),
            Message::default()
                .with_to("+12025550123")
                .with_text("Café & more+"),
            Message::default()
                .with_from("+12025550100")
                .with_to("+12025550123"),
        ] {
            assert_eq!(
                ticket.compare(&other),
                TicketMatch::Unclear,
                "{:?}",
                other.text
            );
        }
    }

    /// `printf '12025550100\00012025550123\000Café & more+\000' | sha256sum`
    #[test]
    fn the_digest_is_the_documented_one() {
        let expected = "b8b1120116d6749225a08c4d5f3a0778bdc020b3854634020794ec9caf383116";
        assert_eq!(ticket_of(URL).payload_digest, expected);
    }

    #[test]
    fn other_requests_are_told_apart_by_path_query_and_body() {
        let of = |url: &str, body: &'static str| {
            let mut request = request(url);
            *request.body_mut() = Some(body.into());
            Payload::of(&request).exact
        };
        let one = of("http://localhost/customconsent", "{}");

        assert_eq!(one, of("http://localhost/customconsent", "{}"));
        assert_ne!(one, of("http://localhost/customconsent", "{ }"));
        assert_ne!(one, of("http://localhost/contact", "{}"));
        assert_ne!(one, of("http://localhost/customconsent?active=true", "{}"));
    }

    #[test]
    fn a_ticket_is_stored_and_shown_without_its_message() {
        let ticket = ticket_of(URL);
        let stored = serde_json::to_string(&ticket).unwrap();

        assert_eq!(serde_json::from_str::<Ticket>(&stored).unwrap(), ticket);
        for hidden in ["2025550", "Caf", &ticket.payload_digest] {
            assert!(!format!("{ticket:?}").contains(hidden));
        }
        assert!(!stored.contains("2025550") && !stored.contains("Caf"));
    }
}
