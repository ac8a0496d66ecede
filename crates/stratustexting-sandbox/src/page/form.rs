//! The body of a form, in both encodings that a browser uses.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    response::{IntoResponse, Response},
};
use futures::stream;
use http::{HeaderMap, StatusCode, header::CONTENT_TYPE};
use url::form_urlencoded;

use super::{
    place::Place,
    shell::{self, Problem},
};
use crate::{
    MAX_MEDIA,
    shared::Shared,
    state::messages::SentMedia,
    upload::{self, UploadError},
};

/// The most bytes of a form: the largest files, and what surrounds them.
const BODY_LIMIT: usize = MAX_MEDIA + 64 * 1024;

/// A form that was sent, and the page that it was on.
pub(super) struct Form {
    fields: Vec<(String, String)>,
    pub(super) files: Vec<SentMedia>,
    headers: HeaderMap,
}

/// The field that every form has: the page's query.
const AT: &str = "at";

impl FromRequest<Arc<Shared>> for Form {
    type Rejection = Response;

    async fn from_request(request: Request, shared: &Arc<Shared>) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let headers = parts.headers;
        let body = upload::read(&headers, body, BODY_LIMIT).await;
        let mut form = Self {
            fields: Vec::new(),
            files: Vec::new(),
            headers,
        };
        let body = match body {
            Ok(body) => body,
            Err(UploadError::Broken) => {
                return Err((StatusCode::BAD_REQUEST, "The form is incomplete.").into_response());
            }
            Err(UploadError::TooLarge) => {
                let words = "The files are too large.";
                return Err((StatusCode::PAYLOAD_TOO_LARGE, words).into_response());
            }
        };
        match form.read(body).await {
            Ok(()) => Ok(form),
            Err(words) => Err(form.fails(shared, words)),
        }
    }
}

impl Form {
    async fn read(&mut self, body: Bytes) -> Result<(), String> {
        let content_type = self.headers.get(CONTENT_TYPE);
        let content_type = content_type.and_then(|it| it.to_str().ok());
        let Some(boundary) = content_type.and_then(|it| multer::parse_boundary(it).ok()) else {
            self.fields = form_urlencoded::parse(&body).into_owned().collect();
            return Ok(());
        };
        let unreadable = |error: multer::Error| format!("The form can't be read: {error}");
        let body = stream::iter([Ok::<_, std::convert::Infallible>(body)]);
        let mut parts = multer::Multipart::new(body, boundary);
        while let Some(part) = parts.next_field().await.map_err(unreadable)? {
            let name = part.name().unwrap_or_default().to_owned();
            let file_name = part.file_name().map(str::to_owned);
            let content_type = part.content_type().map(ToString::to_string);
            match file_name {
                None => {
                    let text = part.text().await.map_err(unreadable)?;
                    self.fields.push((name, text));
                }
                Some(file_name) => {
                    let bytes = part.bytes().await.map_err(unreadable)?;
                    // A browser sends a file without name and contents if none was chosen.
                    if file_name.is_empty() && bytes.is_empty() {
                        continue;
                    }
                    self.files.push(SentMedia {
                        name: file_name,
                        content_type: content_type.unwrap_or_default(),
                        bytes,
                    });
                }
            }
        }
        Ok(())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(field, _)| field == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(super) fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    pub(super) fn place(&self) -> Place {
        Place::parse(self.text(AT))
    }

    /// The same page again, with what is wrong.
    pub(super) fn fails(&self, shared: &Arc<Shared>, words: String) -> Response {
        let problem = Problem {
            words,
            draft: self.text("text").to_owned(),
        };
        shell::page(shared, self.place(), &self.headers, Some(problem)).into_response()
    }
}
