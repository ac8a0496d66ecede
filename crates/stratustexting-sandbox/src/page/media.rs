//! A file of a message. Pictures are shown; anything else is only for saving, since it could
//! hold a script.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{
    StatusCode,
    header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
};

use crate::{shared::Shared, state::messages::SentMedia};

/// The types that every browser shows, and that can't hold a script.
const PICTURES: [&str; 5] = [
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/avif",
];

/// Whether the page shows a file as a picture.
pub(super) fn is_picture(file: &SentMedia) -> bool {
    picture_type(file).is_some()
}

fn picture_type(file: &SentMedia) -> Option<&'static str> {
    let essence = file.content_type.split(';').next().unwrap_or_default();
    let found = |it: &&&str| essence.trim().eq_ignore_ascii_case(it);
    PICTURES.iter().find(found).copied()
}

pub(super) async fn file(
    State(shared): State<Arc<Shared>>,
    Path((message, number)): Path<(String, usize)>,
) -> Response {
    let state = shared.state();
    let Some(file) = state.messages.files(&message).get(number) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let (content_type, disposition) = match picture_type(file) {
        Some(picture) => (picture, "inline"),
        None => ("application/octet-stream", "attachment"),
    };
    let headers = [
        (CONTENT_TYPE, content_type),
        // Its name isn't given: it came from outside, and the page shows it.
        (CONTENT_DISPOSITION, disposition),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
    ];
    (headers, file.bytes.clone()).into_response()
}
