//! What a program adds at the same time goes into one statement, and so does what it has
//! handled at the same time: each has one trip to the server and one commit. So do the steps of
//! the outbox's attempts.

use std::sync::Arc;

use sqlx::PgPool;

use super::{clock::DatabaseClock, outbox, rows};
use crate::{
    outbox::journal::{Step, Taken},
    store::{ClaimId, NewEvent, together::Work},
};

/// Where all of them go.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) pool: PgPool,
    pub(super) clock: Arc<DatabaseClock>,
}

/// The events that are added.
pub(super) struct Adds(pub(super) Server);

/// The claims that end because their events were handled.
pub(super) struct Ends(pub(super) Server);

/// Steps of the outbox, in a transaction of their own.
pub(super) struct Steps(pub(super) Server);

impl Work for Adds {
    type Item = Vec<NewEvent>;
    /// How many of its events were new.
    type Done = u64;

    async fn all(&self, adds: &[Vec<NewEvent>]) -> sqlx::Result<Vec<u64>> {
        let mut connection = self.0.pool.acquire().await?;
        let now = self.0.clock.now(&mut connection).await?;
        let events: Vec<_> = adds.iter().flatten().collect();
        let mut new = rows::add(&mut connection, &events, now).await?;
        // Of two with one key, the first was added.
        let mut is_new = |event: &NewEvent| event.key.as_ref().is_none_or(|key| new.remove(key));
        let new = |events: &Vec<NewEvent>| events.iter().filter(|event| is_new(event)).count();
        Ok(adds.iter().map(new).map(|new| new as u64).collect())
    }

    fn is_of_some(error: &sqlx::Error) -> bool {
        is_of_some(error)
    }
}

impl Work for Ends {
    type Item = ClaimId;
    /// Whether the claim still held.
    type Done = bool;

    async fn all(&self, claims: &[ClaimId]) -> sqlx::Result<Vec<bool>> {
        let mut connection = self.0.pool.acquire().await?;
        let now = self.0.clock.now(&mut connection).await?;
        let mut ended = rows::end(&mut connection, claims, now).await?;
        // A claim ends once, even if it is named twice.
        Ok(claims.iter().map(|claim| ended.remove(claim)).collect())
    }

    fn is_of_some(error: &sqlx::Error) -> bool {
        is_of_some(error)
    }
}

impl Work for Steps {
    type Item = Step;
    type Done = Taken;

    async fn all(&self, steps: &[Step]) -> sqlx::Result<Vec<Taken>> {
        let mut transaction = self.0.pool.begin().await?;
        let now = self.0.clock.now(&mut transaction).await?;
        let steps: Vec<_> = steps.iter().collect();
        let taken = outbox::take(&mut transaction, &steps, now).await?;
        transaction.commit().await?;
        Ok(taken)
    }

    fn is_of_some(error: &sqlx::Error) -> bool {
        is_of_some(error)
    }
}

/// Values that can't be stored, such as a text with a NUL, or that a constraint or a trigger of
/// the program's own forbids; and a deadlock, which the server has ended. In all of these the
/// server says that it has undone the statement.
fn is_of_some(error: &sqlx::Error) -> bool {
    /// How the codes begin: data, constraints, deadlocks, limits such as that of an index's
    /// row, triggers.
    const CODES: [&str; 5] = ["22", "23", "40P01", "54", "P0"];
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| CODES.iter().any(|start| code.starts_with(start)))
}
