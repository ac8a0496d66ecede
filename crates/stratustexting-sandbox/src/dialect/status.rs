//! The status of a success.

use http::StatusCode;
use stratustexting_client::Operation;

use super::SuccessStatus;

/// The status of a success, in place of the default.
///
/// An operation's row says what it does: one of `Messages` that isn't a `GET` sends; a
/// `POST` to a whole collection creates, upserts included; another `POST`, or a `PUT`,
/// updates the object in its path.
pub(super) fn of(kind: SuccessStatus, operation: &Operation, default: StatusCode) -> StatusCode {
    let is_single = operation.path.contains('{');
    match (kind, operation.method, operation.tag) {
        (SuccessStatus::Plain, ..) | (_, "GET" | "DELETE", _) => default,
        (SuccessStatus::Created, _, "Messages") => StatusCode::ACCEPTED,
        (SuccessStatus::Created, "POST", _) if !is_single => StatusCode::CREATED,
        (SuccessStatus::NoContent, _, tag) if tag != "Messages" && is_single => {
            StatusCode::NO_CONTENT
        }
        _ => default,
    }
}
