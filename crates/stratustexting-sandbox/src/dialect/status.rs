//! The status of a success.

use http::StatusCode;
use stratustexting_client::Operation;

use super::SuccessStatus;

/// The status instead of the sandbox's own.
///
/// What an operation does is told by its row: one of `Messages` that isn't a `GET` sends;
/// a `POST` to a whole collection creates, upserts among it; another one, or a `PUT`,
/// updates the object in its path.
pub(super) fn of(kind: SuccessStatus, operation: &Operation, own: StatusCode) -> StatusCode {
    let in_one = operation.path.contains('{');
    match (kind, operation.method, operation.tag) {
        (SuccessStatus::Plain, ..) | (_, "GET" | "DELETE", _) => own,
        (SuccessStatus::Created, _, "Messages") => StatusCode::ACCEPTED,
        (SuccessStatus::Created, "POST", _) if !in_one => StatusCode::CREATED,
        (SuccessStatus::NoContent, _, tag) if tag != "Messages" && in_one => StatusCode::NO_CONTENT,
        _ => own,
    }
}
