//! Webhooks: reading what the service posts, and responding to it.
//!
//! The service first checks a callback by a handshake, while the call that subscribes is
//! still under way. Then it posts events, which carry ids and no texts. [`Incoming`] reads
//! both, whatever server the request came through, and makes the response.
//!
//! # With axum
//!
//! With the feature `axum`, [`Incoming`] is an extractor, and what it returns is a response.
//! This program subscribes to inbound texts, and a customer sends one:
//!
#![cfg_attr(feature = "axum", doc = "```")]
#![cfg_attr(not(feature = "axum"), doc = "```ignore")]
//! # use stratustexting_sandbox::Sandbox;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use stratustexting::{Client, auth::Credentials};
//! use axum::{Router, extract::State, response::IntoResponse, routing::any};
//! use stratustexting::webhook::{Event, EventFilter, Incoming};
//! use tokio::sync::mpsc;
//!
//! async fn hook(State(queue): State<mpsc::Sender<Event>>, incoming: Incoming) -> impl IntoResponse {
//!     let response = incoming.response();
//!     for event in incoming {
//!         // To a queue: the service waits for the response.
//!         let _ = queue.send(event).await;
//!     }
//!     response
//! }
//!
//! let (sender, mut events) = mpsc::channel(100);
//! let routes = Router::new().route("/hook", any(hook)).with_state(sender);
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! let callback = format!("http://{}/hook", listener.local_addr()?);
//! tokio::spawn(async move { axum::serve(listener, routes).await });
//!
//! # let sandbox = Sandbox::builder().allow_machine_subscriptions(true).start().await?;
//! # let client = Client::builder()
//! #     .api_base(sandbox.api_base()).token_url(sandbox.token_url())
//! #     .credentials(Credentials::client_credentials(sandbox.client_id(), sandbox.client_secret()))
//! #     .api_key(sandbox.api_key())
//! #     .build()?;
//! # let (organization, department) = (sandbox.organization_id(), sandbox.department_id());
//! let inbound = EventFilter::inbound(organization, department)?;
//! // The handshake comes while this call is under way.
//! client.subscriptions().subscribe(callback, [inbound]).await?;
//! # sandbox.customer_texts("+12025550123", sandbox.number(), "Is it ready?").await?;
//!
//! let event = events.recv().await.ok_or("the server stopped")?;
//! let id = event.message_id().ok_or("the event names no message")?;
//! let message = client.messages().get(id).await?;
//! assert_eq!(message.text.as_deref(), Some("Is it ready?"));
//! # Ok(())
//! # }
//! ```
//!
//! The extractor reads the body up to axum's limit, which is 2 MB unless
//! `axum::extract::DefaultBodyLimit` sets another. A request that can't be read never gets to
//! the handler: its [`Rejection`] is the response.
//!
//! # With another server
//!
//! [`Incoming::from_parts`] takes method, headers and body, and [`Incoming::read`] an
//! [`http::Request`]:
//!
//! ```
//! use stratustexting::{bytes::Bytes, http, webhook::Incoming};
//!
//! fn respond(request: &http::Request<Bytes>) -> http::Response<Bytes> {
//!     match Incoming::read(request) {
//!         Ok(incoming) => {
//!             for event in incoming.events() {
//!                 println!("{:?}", event.message_id());
//!             }
//!             incoming.response().into_http()
//!         }
//!         Err(rejection) => rejection.response().into_http(),
//!     }
//! }
//!
//! let handshake = http::Request::get("/hook")
//!     .header("validation-token", "abc")
//!     .body(Bytes::new())?;
//! assert_eq!(respond(&handshake).headers()["validation-token"], "abc");
//! let event = http::Request::post("/hook").body(r#"{"messageInfo": {"messageId": "m-1"}}"#.into())?;
//! assert_eq!(respond(&event).status(), 200);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Testing one
//!
//! [`Event::to_request`] and [`Incoming::handshake`] are the service's requests. The sandbox
//! delivers to a `tower` service without a socket: `Sandbox::serve_callback`.
//!
//! # What differs from the document
//!
//! Little is documented of an event, and a callback that rejects one may be suspended. So no
//! event is rejected for a field. What is known of it is read in whatever form it has, what
//! can't be read is kept as it came, and a list of events is as many events.
//! [`Event::diagnostics`] says what differs.
//!
//! # Limits
//!
//! - The service documents no signature, so nothing proves where an event comes from. [`Guard`]
//!   checks a secret in the callback's path, and says what that protects against. Read the
//!   message by its id rather than trust the event.
//! - An event may come twice, and nothing here drops the second. The crate
//!   `stratustexting-queue` does, and stores events before they are acknowledged.
//! - A page of a sibling brand says that a subscriber to inbound messages gets outbound ones
//!   too. Look at the message's `direction` before replying to it, or a program may text
//!   itself.

#[cfg(feature = "axum")]
mod axum;
mod event;
mod filter;
mod guard;
mod incoming;
mod keeper;
mod rejection;
mod request;

pub use self::{
    event::Event,
    filter::{ContactEvent, EventFilter},
    guard::Guard,
    incoming::{CallbackResponse, Incoming, VALIDATION_TOKEN},
    keeper::{Cause, Change, Keeper, KeeperReport, KeeperTask},
    rejection::Rejection,
};
