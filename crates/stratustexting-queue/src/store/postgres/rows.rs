//! The statements of this database.

use std::collections::HashSet;

use sqlx::{PgConnection, postgres::PgRow};

crate::store::sql::statements! {
    connection: PgConnection,
    row: PgRow,
    id: "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    bytes: "BYTEA",
    lock: "FOR UPDATE SKIP LOCKED",
}

/// Adds the events, and returns the keys of those that were new. Those without a key all are.
///
/// The ids follow the order of the events, and the rows that of their keys: two programs that
/// add the same events in another order would otherwise wait for each other.
pub(super) async fn add(
    connection: &mut PgConnection,
    events: &[&NewEvent],
    now: i64,
) -> sqlx::Result<HashSet<String>> {
    let of = |event: &&NewEvent| i64::from(event.must_fetch);
    let added: Vec<Option<String>> = sqlx::query_scalar(
        "INSERT INTO stratustexting_inbox
             (id, key, conversation, must_fetch, received, due, body) OVERRIDING SYSTEM VALUE
         SELECT id, key, conversation, must_fetch, $5, $5, body FROM (
             SELECT nextval(pg_get_serial_sequence('stratustexting_inbox', 'id')) AS id, event.*
             FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bytea[]) WITH ORDINALITY
                 AS event (key, conversation, must_fetch, body, place)
             ORDER BY place) AS event
         ORDER BY key, place ON CONFLICT (key) DO NOTHING RETURNING key",
    )
    .bind(texts(events, |event| event.key.as_deref()))
    .bind(texts(events, |event| event.conversation.as_deref()))
    .bind(events.iter().map(of).collect::<Vec<_>>())
    .bind(
        events
            .iter()
            .map(|event| event.body.as_slice())
            .collect::<Vec<_>>(),
    )
    .bind(now)
    .fetch_all(connection)
    .await?;
    Ok(added.into_iter().flatten().collect())
}

fn texts<'e>(
    events: &[&'e NewEvent],
    of: impl Fn(&'e NewEvent) -> Option<&'e str>,
) -> Vec<Option<&'e str>> {
    events.iter().map(|event| of(event)).collect()
}

/// Marks the events as handled, and returns those claims that nobody has taken over.
pub(super) async fn end(
    connection: &mut PgConnection,
    claims: &[ClaimId],
    now: i64,
) -> sqlx::Result<HashSet<ClaimId>> {
    let ended: Vec<(i64, i64)> = sqlx::query_as(
        "UPDATE stratustexting_inbox AS event
         SET claimed = 0, state = 1, settled = $3, message = NULL, reason = NULL
         FROM unnest($1::bigint[], $2::bigint[]) AS claim (event, number)
         WHERE event.id = claim.event AND event.number = claim.number
           AND event.state = 0 AND event.claimed = 1
         RETURNING event.id, event.number",
    )
    .bind(claims.iter().map(|claim| claim.event).collect::<Vec<_>>())
    .bind(claims.iter().map(|claim| claim.number).collect::<Vec<_>>())
    .bind(now)
    .fetch_all(connection)
    .await?;
    let claim = |(event, number)| ClaimId { event, number };
    Ok(ended.into_iter().map(claim).collect())
}
