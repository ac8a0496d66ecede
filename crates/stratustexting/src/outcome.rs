//! What became of a send, and what is needed to find out later.

use std::{borrow::Cow, fmt};

use percent_encoding::percent_decode;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use stratustexting_client::types::Message;
use url::Url;

/// The four ways in which a send can end.
///
/// There is no fifth, so this can be matched without a wildcard:
///
/// ```
/// # use stratustexting_sandbox::Sandbox;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use stratustexting::Client;
/// use stratustexting::{Outcome, SendOutcome};
///
/// # let sandbox = Sandbox::start().await?;
/// # let client = Client::from_variables(sandbox.variables())?;
/// # let messages = client.messages().from(sandbox.number());
/// let sent = messages.send_sms("+12025550123", "Your order is ready.").await;
///
/// match sent.outcome() {
///     SendOutcome::Accepted => println!("the service took it"),
///     SendOutcome::Rejected => println!("the service said no; nobody was texted"),
///     SendOutcome::NotSent => println!("nothing left this machine; send it again when you like"),
///     SendOutcome::Unknown => {
///         // It may be on its way. Keep the ticket, and look before sending again.
///         let ticket = sent.as_ref().err().and_then(|error| error.ticket());
///         println!("{}", serde_json::to_string(&ticket)?);
///     }
/// }
/// # assert_eq!(sent.outcome(), SendOutcome::Accepted);
/// # Ok(())
/// # }
/// ```
///
/// # What to do with an unknown outcome
///
/// The service gives the sender no id and takes no idempotency key, so there is no
/// call that tells whether a message went out. What can be done: subscribe to outbound
/// messages ([`EventFilter::messages`](crate::webhook::EventFilter::messages)), read
/// each by its id, and ask the [`Ticket`] whether it is the one
/// ([`Ticket::is_for`]); or have a person look into the product's inbox. Sending it
/// again blindly may text a customer twice, and bill it twice.
///
/// # When a send is dropped
///
/// A send whose future is dropped, by a `select!` or a timeout around it, may have left, and
/// nobody is told: there is no outcome and no ticket. Limit it by
/// [`Call::timeout`](crate::Call::timeout) instead, and let it end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SendOutcome {
    /// The service took it, and said so in the form that it promises: a success whose body
    /// has a `result`.
    Accepted,
    /// The service said no: an answer 4xx, but for 408, 425 and 429, of which it isn't
    /// known whether the message was taken before, unless the gateway says that the answer is
    /// its own ([`Error::gateway_error`](crate::Error::gateway_error)).
    Rejected,
    /// Provably no byte of the request left: the input was bad, there was no token, no
    /// connection, or the time was up before.
    NotSent,
    /// A byte may have left, and no answer came that says what became of it.
    Unknown,
}

impl SendOutcome {
    /// What both of two attempts come to: as certain as the less certain one.
    pub(crate) fn and(self, other: Self) -> Self {
        let doubt = |outcome: Self| match outcome {
            Self::NotSent => 0,
            Self::Rejected => 1,
            Self::Unknown => 2,
            Self::Accepted => 3,
        };
        if doubt(other) > doubt(self) {
            other
        } else {
            self
        }
    }
}

/// What is needed to decide later about a send whose outcome is unknown.
///
/// It holds no number and no text, and can be stored as it is. But whoever knows a
/// text and can guess the numbers can check the guess against its digest: keep it as
/// carefully as a list of whom you texted.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Ticket {
    /// The operation, such as `sendSms`, if it is one that is known.
    pub operation: Option<Cow<'static, str>>,
    /// When the call began, in UTC as RFC 3339 with milliseconds.
    pub started_at: String,
    /// What the caller named the call by
    /// ([`CallOptions::correlation`](crate::CallOptions::correlation)), which the call's
    /// span has, too; or a random word, which nothing else has.
    pub correlation: String,
    /// SHA-256 of what was to be sent, in hexadecimal digits: for a message of the digits of
    /// `from`, those of `to`, and `text`, each followed by a zero byte; without the files.
    /// For any other operation of method, path with query, and body.
    pub payload_digest: String,
    /// How often it was tried.
    pub attempts: u32,
    /// The status of the answer, if one came.
    pub status: Option<u16>,
}

impl Ticket {
    /// Whether a message that was read from the service has the sender, the text and
    /// one of the recipients that this ticket's message had. Numbers are compared by their
    /// digits, since nothing tells in which form the service gives them back. Of two equal
    /// messages it can't tell which is which; compare `started_at` with `lastUpdated` then.
    ///
    /// ```
    /// # let text = r#"{"operation":"sendSms","started_at":"2026-03-31T10:00:00.000Z",
    /// #   "correlation":"order-17","attempts":1,"status":null,"payload_digest":
    /// #   "9a60d2bf9d5ee9ef1cf63f0f3de5f4a3e3f0b2b1"}"#;
    /// use stratustexting::{Ticket, models::Message};
    ///
    /// let ticket: Ticket = serde_json::from_str(text)?;
    /// let other = Message::default().with_from("+12025550100").with_to("+12025550123");
    ///
    /// assert!(!ticket.is_for(&other));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn is_for(&self, message: &Message) -> bool {
        let from = message.from.as_deref().unwrap_or_default();
        let text = message.text.as_deref().unwrap_or_default();
        let mut recipients = message.to.iter().flat_map(|to| to.numbers());
        recipients.any(|to| {
            let message = digest(from.bytes(), to.bytes(), text.bytes());
            hex(&message) == self.payload_digest
        })
    }
}

/// Shows what it is about, and not the digest, by which a guess could be checked.
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

/// What a ticket will say of the payload; taken before the request is given away.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Payload([u8; 32]);

impl Payload {
    pub(crate) fn of(request: &reqwest::Request) -> Self {
        let url = request.url();
        let message = ["from", "to"]
            .iter()
            .all(|name| raw_value(url, name).is_some());
        if message {
            let [from, to, text] = ["from", "to", "text"].map(|name| decoded(url, name));
            return Self(digest(from, to, text));
        }
        let mut hash = Sha256::new();
        hash.update(request.method().as_str());
        hash.update(url.path());
        hash.update(url.query().unwrap_or_default());
        hash.update(
            request
                .body()
                .and_then(|body| body.as_bytes())
                .unwrap_or_default(),
        );
        Self(hash.finalize().into())
    }

    pub(crate) fn hex(self) -> String {
        hex(&self.0)
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

/// A parameter of the query, decoded byte by byte: every send passes here, and the
/// decoders that return strings would allocate.
fn decoded<'a>(url: &'a Url, name: &str) -> impl Iterator<Item = u8> + use<'a> {
    let value = raw_value(url, name).unwrap_or_default();
    value.split('+').enumerate().flat_map(|(index, part)| {
        let space = (index > 0).then_some(b' ');
        space.into_iter().chain(percent_decode(part.as_bytes()))
    })
}

fn digest<I: Iterator<Item = u8>>(from: I, to: I, text: I) -> [u8; 32] {
    let digits = |number: I| number.filter(u8::is_ascii_digit).chain([0]);
    let mut hash = Sha256::new();
    for byte in digits(from).chain(digits(to)).chain(text).chain([0]) {
        hash.update([byte]);
    }
    hash.finalize().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(url: &str) -> reqwest::Request {
        reqwest::Request::new(http::Method::POST, url.parse().unwrap())
    }

    fn ticket(url: &str) -> Ticket {
        Ticket {
            operation: Some("sendSms".into()),
            started_at: "1970-01-01T00:00:00.000Z".into(),
            correlation: "c".into(),
            payload_digest: Payload::of(&request(url)).hex(),
            attempts: 1,
            status: None,
        }
    }

    const URL: &str = "http://localhost/message/sendsms?from=%2B12025550100&\
                       text=Caf%C3%A9+%26+more%2B&to=%2B12025550123";

    #[test]
    fn a_ticket_knows_its_message_again() {
        let message = Message::default()
            .with_from("+12025550100")
            .with_to("+12025550123")
            .with_text("Café & more+");

        let ticket = ticket(URL);
        assert!(ticket.is_for(&message));
        assert!(ticket.is_for(&message.clone().with_from("12025550100")));
        assert!(ticket.is_for(&message.clone().with_to("+1 (202) 555-0123")));
        assert!(!ticket.is_for(&message.clone().with_text("Café & more")));
        assert!(!ticket.is_for(&message.clone().with_to("+12025550124")));
        assert!(!ticket.is_for(&message.with_from("+12025550124")));
        assert!(!ticket.is_for(&Message::default()));
    }

    /// `printf '12025550100\00012025550123\000Café & more+\000' | sha256sum`
    #[test]
    fn the_digest_is_the_documented_one() {
        let expected = "b8b1120116d6749225a08c4d5f3a0778bdc020b3854634020794ec9caf383116";
        assert_eq!(ticket(URL).payload_digest, expected);
    }

    #[test]
    fn other_requests_are_told_apart_by_path_query_and_body() {
        let of = |url: &str, body: &'static str| {
            let mut request = request(url);
            *request.body_mut() = Some(body.into());
            Payload::of(&request).hex()
        };
        let one = of("http://localhost/customconsent", "{}");

        assert_eq!(one, of("http://localhost/customconsent", "{}"));
        assert_ne!(one, of("http://localhost/customconsent", "{ }"));
        assert_ne!(one, of("http://localhost/contact", "{}"));
        assert_ne!(one, of("http://localhost/customconsent?active=true", "{}"));
    }

    #[test]
    fn two_attempts_are_as_certain_as_the_less_certain() {
        use SendOutcome::{NotSent, Rejected, Unknown};

        for (one, other, both) in [
            (NotSent, NotSent, NotSent),
            (NotSent, Rejected, Rejected),
            (Unknown, NotSent, Unknown),
            (Rejected, Unknown, Unknown),
        ] {
            assert_eq!(one.and(other), both);
            assert_eq!(other.and(one), both);
        }
    }

    #[test]
    fn a_ticket_is_stored_and_shown_without_what_it_is_about() {
        let ticket = ticket(URL);
        let stored = serde_json::to_string(&ticket).unwrap();

        assert_eq!(serde_json::from_str::<Ticket>(&stored).unwrap(), ticket);
        for hidden in ["2025550", "Caf", &ticket.payload_digest] {
            assert!(!format!("{ticket:?}").contains(hidden));
        }
        assert!(!stored.contains("2025550") && !stored.contains("Caf"));
    }
}
