//! Statements that plan rows.

macro_rules! planning {
    (connection: $connection:ty) => {
        pub(super) async fn plan(
            connection: &mut $connection,
            job: i64,
            rows: Vec<PlanRow>,
            now: i64,
        ) -> sqlx::Result<Vec<Planned>> {
            let mut planned = Vec::with_capacity(rows.len());
            for row in rows {
                planned.push(plan_one(&mut *connection, job, row, now).await?);
            }
            Ok(planned)
        }

        async fn plan_one(
            connection: &mut $connection,
            job: i64,
            row: PlanRow,
            now: i64,
        ) -> sqlx::Result<Planned> {
            if insert(&mut *connection, job, &row, now).await? {
                return Ok(row.refused.map_or(Planned::Added, Planned::Refused));
            }
            let there = sqlx::query(
                "SELECT state, key, number, reason FROM stratustexting_outbox
                 WHERE job = $1 AND line = $2",
            )
            .bind(job)
            .bind(row.line)
            .fetch_optional(&mut *connection)
            .await?;
            if let Some(there) = there {
                let (key, number): (Option<String>, Option<String>) =
                    (there.try_get("key")?, there.try_get("number")?);
                let was_refused = there.try_get::<i64, _>("state")? == RowState::Refused.code();
                return Ok(match was_refused {
                    // It has no key, and is refused again whatever it says now.
                    true if number == row.number => {
                        let reason: Option<String> = there.try_get("reason")?;
                        Planned::Refused(reason.unwrap_or_default())
                    }
                    false if row.refused.is_none() && key == row.key => Planned::Known,
                    _ => Planned::Differs,
                });
            }
            let reason = double(&mut *connection, job, &row).await?;
            let refused = PlanRow {
                key: None,
                once: None,
                refused: Some(reason.clone()),
                ..row
            };
            insert(connection, job, &refused, now).await?;
            Ok(Planned::Refused(reason))
        }

        /// Says which row has the number or the key already.
        async fn double(
            connection: &mut $connection,
            job: i64,
            row: &PlanRow,
        ) -> sqlx::Result<String> {
            let of_key = sqlx::query(
                "SELECT other.line AS line, other.job AS job, job.name AS name
                 FROM stratustexting_outbox AS other
                 JOIN stratustexting_job AS job ON job.id = other.job
                 WHERE other.key = $1",
            )
            .bind(row.key.as_deref())
            .fetch_optional(&mut *connection)
            .await?;
            if let Some(other) = of_key {
                let (line, name): (i64, String) = (other.try_get("line")?, other.try_get("name")?);
                return Ok(match other.try_get::<i64, _>("job")? == job {
                    true => format!("the same text to the same number is in line {line}"),
                    false => format!(
                        "the same text to the same number is in line {line} of the job {name:?}"
                    ),
                });
            }
            let line: Option<i64> = sqlx::query_scalar(
                "SELECT line FROM stratustexting_outbox WHERE job = $1 AND once = $2",
            )
            .bind(job)
            .bind(row.once.as_deref())
            .fetch_optional(connection)
            .await?;
            Ok(format!(
                "the number is in line {} already",
                line.unwrap_or_default()
            ))
        }

        async fn insert(
            connection: &mut $connection,
            job: i64,
            row: &PlanRow,
            now: i64,
        ) -> sqlx::Result<bool> {
            let state = match &row.refused {
                None => RowState::Planned,
                Some(_) => RowState::Refused,
            };
            let added = sqlx::query(
                "INSERT INTO stratustexting_outbox
                     (job, line, key, once, number, digits, text, segments, zone, consent,
                      state, due, ended, reason)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
                 ON CONFLICT DO NOTHING",
            )
            .bind(job)
            .bind(row.line)
            .bind(row.key.as_deref())
            .bind(row.once.as_deref())
            .bind(row.number.as_deref())
            .bind(row.digits.as_deref())
            .bind(row.text.as_deref())
            .bind(row.segments)
            .bind(row.zone.as_deref())
            .bind(row.consent.as_deref())
            .bind(state.code())
            .bind(now)
            .bind(row.refused.as_ref().map(|_| now))
            .bind(row.refused.as_deref())
            .execute(connection)
            .await?;
            Ok(added.rows_affected() == 1)
        }
    };
}

pub(crate) use planning;
