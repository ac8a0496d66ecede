//! Translates a request into the sandbox's own form, and its response into the dialect.

use bytes::Bytes;
use http::{StatusCode, header, request::Parts};
use serde_json::{Value, json};
use stratustexting_client::Operation;

use super::{
    Dialect, DialectState, ObjectEnvelope, Window, body::Rewriter, page, rejection, request,
    status, text,
};
use crate::{base, response::Response, route::TOKEN};

/// What must be remembered of a request to translate its response.
pub(crate) struct Translation {
    /// The dialect of the request; the response keeps to it.
    dialect: Dialect,
    subject: Subject,
}

enum Subject {
    Operation(OperationRequest),
    /// A token request with a refresh token.
    Refresh,
    /// Anything that is the same in all dialects.
    Other,
}

/// A request to an operation.
struct OperationRequest {
    operation: &'static Operation,
    /// The path below the base URL, as it was sent.
    path: String,
    /// Whether there were credentials.
    had_token: bool,
}

impl Translation {
    /// Translates a request. `name` is an `operationId`, or the token endpoint's name.
    pub(crate) fn request(
        state: &DialectState,
        name: Option<&str>,
        parts: &mut Parts,
        body: &mut Bytes,
    ) -> Self {
        let dialect = state.dialect;
        let subject = match name {
            _ if dialect.is_none() => Subject::Other,
            Some(TOKEN) if rejection::is_refresh(body) => Subject::Refresh,
            Some(name) => match Operation::find(name) {
                Some(operation) => {
                    let path = parts.uri.path();
                    let request = OperationRequest {
                        operation,
                        path: base::below(path).unwrap_or(path).to_owned(),
                        had_token: parts.headers.contains_key(header::AUTHORIZATION),
                    };
                    request::translate(state, operation, parts, body);
                    Subject::Operation(request)
                }
                None => Subject::Other,
            },
            None => Subject::Other,
        };
        Self { dialect, subject }
    }

    /// Translates the response.
    pub(crate) fn response(self, state: &mut DialectState, response: Response) -> Response {
        match self.subject {
            Subject::Other => response,
            Subject::Refresh => rejection::refresh(self.dialect.refused_refresh, response),
            Subject::Operation(request) => request.translate(self.dialect, state, response),
        }
    }
}

impl OperationRequest {
    fn translate(
        &self,
        dialect: Dialect,
        state: &mut DialectState,
        response: Response,
    ) -> Response {
        if response.status() == StatusCode::UNAUTHORIZED && self.had_token {
            return rejection::expired(dialect.expired_token, response);
        }
        let Ok(body) = serde_json::from_slice::<Value>(response.body()) else {
            // There is no body, as after a deletion.
            return response;
        };
        if response.status().is_success() {
            return self.success(dialect, state, response, body);
        }
        if rejection::is_application_error(&body) {
            return rejection::failure(dialect, &self.path, response, body);
        }
        response
    }

    fn success(
        &self,
        dialect: Dialect,
        state: &mut DialectState,
        mut response: Response,
        body: Value,
    ) -> Response {
        let mut rewriter = Rewriter {
            dialect,
            numbers: &mut state.numbers,
        };
        let body = match response.extensions().get::<Window>() {
            Some(window) => page::page(&mut rewriter, self.operation, *window, body),
            None => {
                let body = rewriter.object(body);
                match dialect.object_envelope {
                    ObjectEnvelope::Plain => body,
                    ObjectEnvelope::Data => json!({"data": body}),
                    ObjectEnvelope::Array => json!([body]),
                }
            }
        };
        *response.status_mut() =
            status::of(dialect.success_status, self.operation, response.status());
        if response.status() == StatusCode::NO_CONTENT {
            response.headers_mut().remove(header::CONTENT_TYPE);
            *response.body_mut() = Bytes::new();
            return response;
        }
        text::write(dialect.text, response, body)
    }
}
