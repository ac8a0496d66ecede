//! Lists that are paused, restarted and changed in the middle. The model for mail has resent to
//! thousands after a pause (listmonk #2313, #2070) and skipped a hundred after a restart (#2278,
//! #3022), because it keeps a cursor.

use std::{collections::BTreeSet, time::Duration};

use stratustexting::Client;
use stratustexting_queue::outbox::{Outbox, RowState, SqliteStore};
use stratustexting_sandbox::Sandbox;

use super::support::{JOB, all_rows, job, number, plan, quick, rows, sandbox, send, texted};
use crate::support::File;

const ROWS: u64 = 40;

/// What happens to the list while it is sent.
#[derive(Clone, Copy, Debug)]
enum Scenario {
    /// #2313: paused in the middle, and resumed.
    Paused,
    /// #2070: paused and resumed again and again.
    PausedOften,
    /// #2278: the process ends in the middle of a text.
    Restarted,
    /// #3022: the process ends with many texts in hand.
    RestartedWithMany,
    /// The list grows while it is sent, and is planned again.
    Grown,
}

#[tokio::test]
async fn nobody_is_texted_twice_and_nobody_is_skipped() {
    use Scenario::{Grown, Paused, PausedOften, Restarted, RestartedWithMany};
    for (scenario, most_unknown) in [
        (Paused, 0),
        (PausedOften, 0),
        (Restarted, 1),
        (RestartedWithMany, 8),
        (Grown, 0),
    ] {
        let file = File::new();
        let (sandbox, client) = sandbox().await;
        let outbox = outbox(file.open().await, scenario);
        plan(&outbox, job(&sandbox), rows(ROWS)).await;
        outbox.start(JOB).await.unwrap();

        disturb(scenario, &outbox, &sandbox, &client).await;
        let summary = send(&outbox, &client).await;
        sandbox.requests_settled().await;

        assert!(
            summary.ended.is_finished(),
            "{scenario:?}: {}",
            summary.ended
        );
        let texted = texted(&sandbox);
        let twice = texted.values().filter(|times| **times > 1).count();
        assert_eq!(twice, 0, "{scenario:?}: texted twice");
        let mut unknown = 0;
        let mut skipped = BTreeSet::new();
        for row in all_rows(&outbox).await {
            let to = row.to.unwrap();
            match row.state {
                RowState::Unknown => unknown += 1,
                _ if texted.contains_key(&to) => {}
                _ => drop(skipped.insert(row.line)),
            }
        }
        assert!(
            skipped.is_empty(),
            "{scenario:?}: lines {skipped:?} were skipped"
        );
        assert!(
            unknown <= most_unknown,
            "{scenario:?}: {unknown} are unknown"
        );
    }
}

fn outbox(store: SqliteStore, scenario: Scenario) -> Outbox<SqliteStore> {
    let concurrency = match scenario {
        Scenario::RestartedWithMany => 8,
        _ => 1,
    };
    quick(&store)
        .concurrency(concurrency)
        .call_timeout(Duration::from_millis(500))
        .lease(Duration::ZERO)
        .build()
}

async fn disturb(
    scenario: Scenario,
    outbox: &Outbox<SqliteStore>,
    sandbox: &Sandbox,
    client: &Client,
) {
    let times = match scenario {
        Scenario::PausedOften => 8,
        _ => 1,
    };
    for time in 1..=times {
        let sending = outbox.send(JOB, client).await.unwrap();
        let enough = usize::try_from(ROWS).unwrap() * time / (times + 2);
        while sandbox.sent_messages().len() < enough {
            tokio::task::yield_now().await;
        }
        match scenario {
            Scenario::Paused | Scenario::PausedOften => {
                outbox.pause(JOB, "a pause").await.unwrap();
                sending.finished().await;
                outbox.start(JOB).await.unwrap();
            }
            Scenario::Restarted | Scenario::RestartedWithMany => sending.abort(),
            Scenario::Grown => {
                plan(outbox, job(sandbox), rows(ROWS + 5)).await;
                sending.finished().await;
                assert!(
                    all_rows(outbox)
                        .await
                        .iter()
                        .any(|row| row.to == Some(number(45)))
                );
            }
        }
    }
}
