//! A request and its answer, as the dialect has them: what goes in is turned into what
//! the sandbox understands, and what comes out into what the dialect says.

use bytes::Bytes;
use http::{StatusCode, header, request::Parts};
use serde_json::{Value, json};
use stratustexting_client::Operation;

use super::{
    Dialect, ObjectEnvelope, Speaker, Window, body::Rewriter, page, refusal, request, status, text,
};
use crate::{base, reply::Reply, route::TOKEN};

/// What is known of a request when its answer has to be given.
pub(crate) struct Talk {
    /// The one that the request was understood in: the answer keeps to it.
    dialect: Dialect,
    about: About,
}

enum About {
    Operation(Asked),
    /// A token, for a refresh token.
    Refresh,
    /// Something that is said alike in all dialects.
    Other,
}

/// A request to an operation.
struct Asked {
    operation: &'static Operation,
    /// The path below the base URL, as it was sent.
    path: String,
    /// Whether there were credentials.
    had_token: bool,
}

impl Talk {
    /// Understands a request. `name` is an `operationId`, or the token endpoint's.
    pub(crate) fn begin(
        speaker: &Speaker,
        name: Option<&str>,
        parts: &mut Parts,
        body: &mut Bytes,
    ) -> Self {
        let dialect = speaker.dialect;
        let about = match name {
            _ if dialect.is_none() => About::Other,
            Some(TOKEN) if refusal::is_refresh(body) => About::Refresh,
            Some(name) => match Operation::find(name) {
                Some(operation) => {
                    let path = parts.uri.path();
                    let asked = Asked {
                        operation,
                        path: base::below(path).unwrap_or(path).to_owned(),
                        had_token: parts.headers.contains_key(header::AUTHORIZATION),
                    };
                    request::understand(speaker, operation, parts, body);
                    About::Operation(asked)
                }
                None => About::Other,
            },
            None => About::Other,
        };
        Self { dialect, about }
    }

    /// Says an answer.
    pub(crate) fn end(self, speaker: &mut Speaker, reply: Reply) -> Reply {
        match self.about {
            About::Other => reply,
            About::Refresh => refusal::refresh(self.dialect.refused_refresh, reply),
            About::Operation(asked) => asked.say(self.dialect, speaker, reply),
        }
    }
}

impl Asked {
    fn say(&self, dialect: Dialect, speaker: &mut Speaker, reply: Reply) -> Reply {
        if reply.status() == StatusCode::UNAUTHORIZED && self.had_token {
            return refusal::expired(dialect.expired_token, reply);
        }
        let Ok(body) = serde_json::from_slice::<Value>(reply.body()) else {
            // There is none, as after a deletion.
            return reply;
        };
        if reply.status().is_success() {
            return self.success(dialect, speaker, reply, body);
        }
        if refusal::is_the_applications(&body) {
            return refusal::failure(dialect, &self.path, reply, body);
        }
        reply
    }

    fn success(
        &self,
        dialect: Dialect,
        speaker: &mut Speaker,
        mut reply: Reply,
        body: Value,
    ) -> Reply {
        let mut rewriter = Rewriter {
            dialect,
            numbers: &mut speaker.numbers,
        };
        let body = match reply.extensions().get::<Window>() {
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
        *reply.status_mut() = status::of(dialect.success_status, self.operation, reply.status());
        if reply.status() == StatusCode::NO_CONTENT {
            reply.headers_mut().remove(header::CONTENT_TYPE);
            *reply.body_mut() = Bytes::new();
            return reply;
        }
        text::write(dialect.text, reply, body)
    }
}
