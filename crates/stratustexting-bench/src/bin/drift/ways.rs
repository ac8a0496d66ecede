//! The ways in which a caller reads a body.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde_json::Value;
use stratustexting::{
    Outcome, SendOutcome,
    api::{
        Operation,
        lenient::{self, Model},
        types,
    },
    pager::Page,
    testing::{self, Received},
    webhook::Event,
};

use crate::view::Typed;

/// What arrived from a body.
#[derive(Clone, Debug)]
pub(crate) struct Arrived {
    /// The typed value; a list for events.
    pub(crate) view: Value,
    /// The value that is written back.
    pub(crate) written: Value,
    /// The number of items, including unreadable ones; for pages and events.
    pub(crate) count: Option<usize>,
    /// Whether a message was called accepted.
    pub(crate) accepted: bool,
}

/// A way to read a body.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    /// `lenient::from_slice`.
    Model(ModelKind),
    /// An operation that returns an object.
    Object(ModelKind, &'static Operation),
    /// A list.
    Page(ModelKind, &'static Operation),
    /// A send.
    Send(&'static Operation),
    /// A webhook's event, or several.
    Event,
}

/// A model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ModelKind {
    Contact,
    ContactPage,
    CustomConsent,
    CustomConsentPage,
    Department,
    DisabledFilter,
    Message,
    SendResult,
    Site,
    SitePage,
    Subscription,
    SubscriptionPage,
    WebhookEvent,
}

/// Expands an expression with the model as its type.
macro_rules! with_model {
    ($kind:expr, $model:ident => $call:expr) => {
        match $kind {
            ModelKind::Contact => {
                type $model = types::Contact;
                $call
            }
            ModelKind::ContactPage => {
                type $model = types::ContactPage;
                $call
            }
            ModelKind::CustomConsent => {
                type $model = types::CustomConsent;
                $call
            }
            ModelKind::CustomConsentPage => {
                type $model = types::CustomConsentPage;
                $call
            }
            ModelKind::Department => {
                type $model = types::Department;
                $call
            }
            ModelKind::DisabledFilter => {
                type $model = types::DisabledFilter;
                $call
            }
            ModelKind::Message => {
                type $model = types::Message;
                $call
            }
            ModelKind::SendResult => {
                type $model = types::SendResult;
                $call
            }
            ModelKind::Site => {
                type $model = types::Site;
                $call
            }
            ModelKind::SitePage => {
                type $model = types::SitePage;
                $call
            }
            ModelKind::Subscription => {
                type $model = types::Subscription;
                $call
            }
            ModelKind::SubscriptionPage => {
                type $model = types::SubscriptionPage;
                $call
            }
            ModelKind::WebhookEvent => {
                type $model = types::WebhookEvent;
                $call
            }
        }
    };
}

impl ModelKind {
    /// The model with this name in the fixtures.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "Contact" => Self::Contact,
            "Page<Contact>" => Self::ContactPage,
            "CustomConsent" => Self::CustomConsent,
            "Page<CustomConsent>" => Self::CustomConsentPage,
            "Department" => Self::Department,
            "DisabledFilter" => Self::DisabledFilter,
            "Message" => Self::Message,
            "SendResult" => Self::SendResult,
            "Site" => Self::Site,
            "Page<Site>" => Self::SitePage,
            "Subscription" => Self::Subscription,
            "Page<Subscription>" => Self::SubscriptionPage,
            "WebhookEvent" => Self::WebhookEvent,
            _ => return None,
        })
    }

    /// The model that an operation returns.
    pub(crate) fn of(operation: &Operation) -> Option<Self> {
        Some(match operation.id {
            "listContacts" | "searchContacts" => Self::ContactPage,
            "listCustomConsents" => Self::CustomConsentPage,
            "listSubscriptions" => Self::SubscriptionPage,
            "listSites" => Self::SitePage,
            "getMessageById" => Self::Message,
            "upsertSubscription" => Self::Subscription,
            "deleteSubscription" => return None,
            "sendSms" | "sendSmsAsAgent" | "sendMms" => Self::SendResult,
            id if id.contains("Consent") => Self::CustomConsent,
            id if id.contains("Contact") => Self::Contact,
            _ => return None,
        })
    }

    /// An operation that returns it.
    fn operation(self) -> Option<&'static Operation> {
        Operation::find(match self {
            Self::Contact => "upsertContact",
            Self::ContactPage => "listContacts",
            Self::CustomConsent => "getCustomConsent",
            Self::CustomConsentPage => "listCustomConsents",
            Self::Message => "getMessageById",
            Self::SendResult => "sendSms",
            Self::SitePage => "listSites",
            Self::Subscription => "upsertSubscription",
            Self::SubscriptionPage => "listSubscriptions",
            Self::Department | Self::DisabledFilter | Self::Site | Self::WebhookEvent => {
                return None;
            }
        })
    }

    /// Every way to read it.
    pub(crate) fn ways(self) -> Vec<Way> {
        let mut ways = vec![Way::Model(self)];
        if self == Self::WebhookEvent {
            ways.push(Way::Event);
        }
        ways.extend(self.operation().map(|operation| self.way(operation)));
        ways
    }

    /// The way to read it as an operation's success.
    pub(crate) fn way(self, operation: &'static Operation) -> Way {
        match self {
            Self::SendResult => Way::Send(operation),
            _ if operation.pagination.is_some() => Way::Page(self, operation),
            _ => Way::Object(self, operation),
        }
    }
}

impl Way {
    /// Whether this way decompresses a body.
    pub(crate) fn unpacks(self) -> bool {
        !matches!(self, Self::Model(_))
    }

    /// For people.
    pub(crate) fn name(self) -> Cow<'static, str> {
        match self {
            Self::Model(kind) => format!("from_slice::<{kind:?}>").into(),
            Self::Object(_, operation) | Self::Page(_, operation) | Self::Send(operation) => {
                operation.id.into()
            }
            Self::Event => "Event::all_from_slice".into(),
        }
    }

    /// Reads a body; `None` if it is rejected.
    pub(crate) fn read(self, body: Vec<u8>) -> Option<Arrived> {
        let received = |operation| Received {
            operation,
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: Bytes::from(body.clone()),
        };
        match self {
            Self::Model(kind) => with_model!(kind, T => model::<T>(&body)),
            Self::Object(kind, operation) => {
                with_model!(kind, T => object::<T>(received(operation)))
            }
            Self::Page(kind, operation) => {
                let received = received(operation);
                match kind {
                    ModelKind::CustomConsentPage => page(testing::consents(received).ok()?),
                    ModelKind::SubscriptionPage => page(testing::subscriptions(received).ok()?),
                    ModelKind::SitePage => page(testing::sites(received).ok()?),
                    _ => page(testing::contacts(received).ok()?),
                }
            }
            Self::Send(operation) => {
                let sent = testing::sent(received(operation));
                let accepted = sent.outcome() == SendOutcome::Accepted;
                let arrived = sent.ok().and_then(|sent| of(&sent.into_inner()));
                arrived.map(|arrived| Arrived {
                    accepted,
                    ..arrived
                })
            }
            Self::Event => {
                let events = Event::all_from_slice(&body).ok()?;
                // A value that isn't an object has no payload, and is kept as it came.
                let written = |event: &Event| match serde_json::from_slice(event.raw()) {
                    Ok(raw) if !is_one_object(&raw) => raw,
                    _ => serde_json::to_value(event.payload()).unwrap_or_default(),
                };
                Some(Arrived {
                    view: events.iter().map(|event| event.payload().view()).collect(),
                    written: events.iter().map(written).collect(),
                    count: Some(events.len()),
                    accepted: false,
                })
            }
        }
    }
}

/// Whether something is an object, or a list of one.
fn is_one_object(raw: &Value) -> bool {
    match raw {
        Value::Array(items) => matches!(items.as_slice(), [one] if is_one_object(one)),
        raw => raw.is_object(),
    }
}

fn of<T: Typed + Serialize>(value: &T) -> Option<Arrived> {
    Some(Arrived {
        view: value.view(),
        written: serde_json::to_value(value).ok()?,
        count: None,
        accepted: false,
    })
}

fn model<T: Model + Typed>(body: &[u8]) -> Option<Arrived> {
    of(&lenient::from_slice::<T>(body).ok()?.value)
}

fn object<T: Model + Typed>(received: Received) -> Option<Arrived> {
    of(&testing::object::<T>(received).ok()?.into_inner())
}

fn page<T: Typed + Serialize>(page: Page<T>) -> Option<Arrived> {
    Some(Arrived {
        view: page.view(),
        written: serde_json::json!({"content": page.items}),
        count: Some(page.items.len() + page.unreadable),
        accepted: false,
    })
}
