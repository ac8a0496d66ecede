//! The response that an error carries: the service's, a gateway's, or the token endpoint's.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use stratustexting_client::{lenient, operation::Provenance};

use super::{Error, Kind};
use crate::{refusal, retry_after::retry_after};

impl Error {
    /// The status of the response, if there was one: the service's, or the token endpoint's
    /// if [`is_token_rejected`](Self::is_token_rejected).
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.0.response.as_ref().map(|response| response.status)
    }

    /// The headers of the response, if there was one.
    #[must_use]
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.0.response.as_ref().map(|response| &response.headers)
    }

    /// The body of the response as it came, if there was one.
    ///
    /// It may contain personal data.
    #[must_use]
    pub fn body(&self) -> Option<&Bytes> {
        self.0.response.as_ref().map(|response| &response.body)
    }

    /// How long the service asks to wait, by the response's `Retry-After`: in seconds, or
    /// as an HTTP date, which is compared with the response's own `Date`, so that the
    /// clocks needn't agree. Whether this service sends it is UNKNOWN.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after(self.headers()?)
    }

    /// The service's own words about what went wrong.
    ///
    /// They are read leniently from any of the forms in which a gateway, the service or the
    /// OAuth server may respond; none of them is documented. They may contain personal data,
    /// such as the number that was rejected.
    #[must_use]
    pub fn service_message(&self) -> Option<String> {
        let body = self.json_object()?;
        let message = |fields: &serde_json::Map<String, Value>| {
            // The gateway's authorizers are known to write theirs with a capital.
            let keys = [
                "message",
                "Message",
                "error_description",
                "errorMessage",
                "error",
            ];
            let mut texts = keys.iter().filter_map(|key| fields.get(*key)?.as_str());
            texts
                .find(|text| !text.trim().is_empty())
                .map(str::to_owned)
        };
        let first = |key: &str| match body.get(key)? {
            Value::Object(inner) => message(inner),
            Value::Array(items) => match items.first()? {
                Value::String(text) => Some(text.clone()),
                Value::Object(inner) => message(inner),
                _ => None,
            },
            _ => None,
        };
        message(&body)
            .or_else(|| first("error"))
            .or_else(|| first("errors"))
    }

    /// The OAuth error code of the token endpoint's response, such as `invalid_grant`: in
    /// lower case, however and wherever the response spells it.
    #[must_use]
    pub fn oauth_error(&self) -> Option<String> {
        if self.0.kind != Kind::TokenRejected {
            return None;
        }
        refusal::oauth_code(self.body()?)
    }

    fn json_object(&self) -> Option<serde_json::Map<String, Value>> {
        let read = lenient::from_slice(self.body()?);
        read.ok().map(|read| read.value)
    }

    /// The operation that failed, such as `sendSms`.
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation.map(|operation| operation.id)
    }

    /// How the failed operation's method and path are known.
    #[must_use]
    pub fn provenance(&self) -> Option<&'static Provenance> {
        self.0.operation.map(|operation| &operation.provenance)
    }

    /// The gateway's name for the error, such as `ForbiddenException`, where the response
    /// has one (`x-amzn-errortype`): then it is the gateway's own. One with a status 4xx was
    /// stopped there, and a message was not taken; after 502 or 504 the service may have acted.
    /// That the service has such a gateway is inferred.
    #[must_use]
    pub fn gateway_error(&self) -> Option<&str> {
        let value = self.headers()?.get("x-amzn-errortype")?.to_str().ok()?;
        // A URL of a description may follow the name.
        let name = value.split(':').next().unwrap_or_default().trim();
        (!name.is_empty()).then_some(name)
    }

    /// The gateway's id of the request (`x-amzn-requestid`), for asking the vendor about it.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.response.as_ref()?.request_id()
    }
}
