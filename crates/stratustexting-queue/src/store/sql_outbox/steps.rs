//! Steps of many attempts at the same time, in one transaction.
//!
//! What most of them do, they do in one statement: a statement for each would cost more than the
//! request to the service.

macro_rules! steps {
    (
        connection: $connection:ty,
        lock: $lock:literal,
        pairs: $pairs:literal,
        among: $among:literal
    ) => {
        /// Takes the steps, and returns what each has come to, in their order.
        pub(super) async fn take(
            connection: &mut $connection,
            steps: &[&Step],
            now: i64,
        ) -> sqlx::Result<Vec<Taken>> {
            let mut accepted = end_accepted(&mut *connection, steps, now).await?;
            let mut begun = begin_unpaced(&mut *connection, steps, now).await?;
            let mut taken = Vec::with_capacity(steps.len());
            for step in steps {
                taken.push(match step {
                    // An attempt is begun for one request only, whoever asks for the row, too.
                    Step::Begin(request) => Taken::Begin(
                        match begun.remove(&(request.worker.as_str(), request.row)) {
                            Some(attempt) => Begin::Begun(attempt),
                            None => begin(&mut *connection, request.clone(), now).await?,
                        },
                    ),
                    Step::End(ending) => {
                        Taken::End(match accepted.remove(&(ending.row, ending.attempt)) {
                            true => true,
                            false => end(&mut *connection, ending.clone(), now).await?,
                        })
                    }
                });
            }
            Ok(taken)
        }

        /// Begins the attempts whose sender needn't wait, in one statement for each worker, and
        /// returns their numbers by worker and row. The others are begun one by one, or told why
        /// not.
        async fn begin_unpaced<'s>(
            connection: &mut $connection,
            steps: &[&'s Step],
            now: i64,
        ) -> sqlx::Result<HashMap<(&'s str, i64), i64>> {
            let mut unpaced: HashMap<_, (&BeginRequest, Vec<i64>)> = HashMap::new();
            for step in steps {
                if let Step::Begin(request) = step
                    && request.interval.is_zero()
                {
                    let together = (&request.worker, &request.sender, request.lease);
                    let (_, rows) = unpaced
                        .entry(together)
                        .or_insert_with(|| (request, Vec::new()));
                    rows.push(request.row);
                }
            }
            let mut begun = HashMap::new();
            for (request, rows) in unpaced.into_values() {
                let unless_slowed = Some(request.sender.as_str());
                let numbers = begin_rows(&mut *connection, request, &rows, unless_slowed, now);
                for (row, attempt) in numbers.await? {
                    begun.insert((request.worker.as_str(), row), attempt);
                }
            }
            Ok(begun)
        }

        /// Begins an attempt of each row that may be sent, if this sender, when one is given,
        /// needn't wait; and returns row and number of each. Of the request only what is the same
        /// for all rows counts.
        async fn begin_rows(
            connection: &mut $connection,
            request: &BeginRequest,
            rows: &[i64],
            unless_slowed: Option<&str>,
            now: i64,
        ) -> sqlx::Result<Vec<(i64, i64)>> {
            // The conditions are in the statement itself: what another transaction wrote before
            // it, such as an opt-out, counts. Workers lock rows in one order, so that none waits
            // for another that waits for it. The sums keep the index of the rows that are due out
            // of it: the few rows are found by their ids.
            sqlx::query_as(concat!(
                "UPDATE stratustexting_outbox
                 SET state = 1, attempts = attempts + 1, worker = $2, begun = $3,
                     lease = $3 + $4, ended = NULL, reason = NULL
                 WHERE state + 0 = 0 AND id IN (
                     SELECT entry.id FROM stratustexting_outbox AS entry
                     WHERE entry.id ",
                $among,
                "      AND entry.state + 0 = 0 AND entry.due + 0 <= $3
                       AND EXISTS (SELECT 1 FROM stratustexting_job AS job
                                   WHERE job.id = entry.job AND job.state = 1)
                       AND NOT EXISTS (SELECT 1 FROM stratustexting_stop)
                       AND NOT EXISTS (SELECT 1 FROM stratustexting_opt_out AS opted
                                       WHERE opted.number = entry.digits
                                         AND opted.opted_out = 1)
                       AND ($5 IS NULL OR EXISTS (
                           SELECT 1 FROM stratustexting_pace AS pace
                           WHERE pace.sender = $5 AND pace.slowed = 0 AND pace.next <= $3))
                     ORDER BY entry.id ",
                $lock,
                ") RETURNING id, attempts"
            ))
            .bind(pairs(rows.iter().map(|row| (*row, 0))))
            .bind(request.worker.as_str())
            .bind(now)
            .bind(milliseconds(request.lease))
            .bind(unless_slowed)
            .fetch_all(connection)
            .await
        }

        /// Ends the attempts whose message was accepted, in one statement, and returns them as
        /// row and number. Those about which something else has been written meanwhile are ended
        /// one by one.
        async fn end_accepted(
            connection: &mut $connection,
            steps: &[&Step],
            now: i64,
        ) -> sqlx::Result<HashSet<(i64, i64)>> {
            let accepted: Vec<_> = steps
                .iter()
                .filter_map(|step| match step {
                    Step::End(ending) if ending.is_plainly_accepted() => {
                        Some((ending.row, ending.attempt))
                    }
                    _ => None,
                })
                .collect();
            if accepted.is_empty() {
                return Ok(HashSet::new());
            }
            // The row says all of it, so there is no record of the attempt beside it.
            let ended: Vec<(i64, i64)> = sqlx::query_as(concat!(
                "UPDATE stratustexting_outbox
                 SET state = 2, due = $2, wait = 0, ended = $2, reason = NULL, ticket = NULL
                 WHERE state + 0 = 1 AND lease IS NOT NULL AND id IN (
                     SELECT entry.id FROM stratustexting_outbox AS entry
                     JOIN ",
                $pairs,
                " AS ended ON entry.id = CAST(ended.key AS BIGINT)
                          AND entry.attempts = CAST(ended.value AS BIGINT)
                     WHERE entry.id ",
                $among,
                "    ORDER BY entry.id ",
                $lock,
                ") RETURNING id, attempts"
            ))
            .bind(pairs(accepted.into_iter()))
            .bind(now)
            .fetch_all(connection)
            .await?;
            Ok(ended.into_iter().collect())
        }

        /// Numbers for a statement, as JSON: the databases have no other list in common.
        fn pairs(pairs: impl Iterator<Item = (i64, i64)>) -> String {
            let pairs: serde_json::Map<_, _> = pairs
                .map(|(key, value)| (key.to_string(), value.into()))
                .collect();
            serde_json::Value::from(pairs).to_string()
        }
    };
}

pub(crate) use steps;
