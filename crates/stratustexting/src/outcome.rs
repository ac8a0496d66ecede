//! The outcome of a send.

use serde::{Deserialize, Serialize};

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
///     SendOutcome::Rejected => println!("the service rejected it; nobody was texted"),
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
/// call that tells whether a message went out. Instead, subscribe to outbound
/// messages ([`EventFilter::messages`](crate::webhook::EventFilter::messages)), read
/// each by its id, and let the [`Ticket`](crate::Ticket) compare it
/// ([`Ticket::compare`](crate::Ticket::compare)); or have a person look into the product's inbox. Sending it
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
    /// The service took the message: the response is a success whose body has a `result`, as
    /// the operation promises.
    Accepted,
    /// The service rejected the message: a 4xx response. Not 408, 425 and 429, after which the
    /// message may have been taken, unless the gateway says that the response is its own ([`Error::gateway_error`](crate::Error::gateway_error)).
    Rejected,
    /// Provably no byte of the request left: the input was invalid, there was no token or no
    /// connection, or the call timed out before.
    NotSent,
    /// A byte may have left, and no response tells whether the message was taken.
    Unknown,
}

impl SendOutcome {
    /// The outcome of two attempts together: as certain as the less certain one.
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
