//! Unknown rows, settled by the events of their messages: from the sandbox's webhook through an
//! inbox of the same file.

use std::{io, time::Duration};

use stratustexting::webhook::EventFilter;
use stratustexting_queue::{
    inbox::{Delivery, SqliteStore},
    outbox::RowState,
};
use stratustexting_sandbox::{Commit, Fault, FaultPlan};

use super::support::{JOB, all_rows, assert_texted, quick, send, started};
use crate::support::{File, subscribed};

#[tokio::test]
async fn every_unknown_row_is_settled_right_by_its_event() {
    let file = File::new();
    let (sandbox, client, inbox) = subscribed(&file).await;
    let outbound =
        EventFilter::outbound(sandbox.organization_id(), sandbox.department_id()).unwrap();
    let subscriptions = sandbox.subscriptions();
    let callback = subscriptions[0]["uri"].as_str().unwrap();
    client
        .subscriptions()
        .subscribe(callback.to_owned(), [outbound])
        .await
        .unwrap();
    let outbox = quick(inbox.store())
        .concurrency(4)
        .call_timeout(Duration::from_secs(2))
        .pause_after_unknown(1_000)
        .build();
    let settling = outbox.clone();
    let worker = inbox.run(move |delivery: Delivery<SqliteStore>| {
        let outbox = settling.clone();
        async move {
            let id = delivery.event().message_id().unwrap_or_default();
            let Some(message) = delivery.message() else {
                return Err(io::Error::other("no message").into());
            };
            outbox.recognise(id, message).await?;
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
        }
    });
    started(&outbox, &sandbox, 60).await;
    let mut plan = FaultPlan::new(3).probability(0.5).operation("sendSms");
    for commit in [Commit::Before, Commit::After] {
        plan = plan
            .fault(Fault::status(503, commit), 1)
            .fault(Fault::reset_before_response(commit), 1)
            .fault(Fault::truncated_body(commit), 1);
    }
    sandbox.fail_at_random(plan);

    assert!(send(&outbox, &client).await.ended.is_finished());
    sandbox.stop_failing();
    let sent: Vec<_> = sandbox.sent_messages().into_iter().map(|m| m.to).collect();
    sandbox.deliveries_settled().await;
    while inbox.numbers().await.unwrap().depth() > 0 {
        tokio::task::yield_now().await;
    }
    worker.shutdown().await;

    let rows = all_rows(&outbox).await;
    for row in &rows {
        let was_sent = sent.contains(row.to.as_ref().unwrap());
        let expected = if was_sent {
            RowState::Accepted
        } else {
            RowState::Unknown
        };
        assert_eq!(row.state, expected, "row {}", row.line);
        assert_eq!(row.message_id.is_some(), was_sent);
    }
    assert!(
        rows.iter()
            .any(|row| row.reason.as_deref() == Some("an event showed the message"))
    );
    assert_texted(
        &sandbox,
        rows.iter()
            .filter(|row| row.message_id.is_some())
            .map(|row| row.line),
    );
    assert_eq!(outbox.status(JOB).await.unwrap().counts.open(), 0);
}
