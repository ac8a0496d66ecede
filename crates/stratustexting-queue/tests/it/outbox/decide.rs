//! What becomes of an unknown row.

use std::time::{SystemTime, UNIX_EPOCH};

use stratustexting::models::{Message, MessageDirection};
use stratustexting_queue::outbox::{Journal, Outbox, Recognised, RowState};
use stratustexting_sandbox::{Commit, Fault, Sandbox};

use super::{
    on_each_journal,
    support::{
        JOB, all_rows, assert_texted, job, plan, quick, rows, sandbox, send, started, states,
    },
};

on_each_journal! {
    a_message_settles_its_unknown_row
    a_message_settles_one_row
    a_message_that_may_be_a_rows_is_for_a_person
    a_person_plans_a_row_again
    a_decided_row_that_went_out_after_all_is_not_sent_again
    a_sent_row_is_nobodys_decision
}

/// The message as the service gives it back.
fn message(sandbox: &Sandbox, index: usize) -> (String, Message) {
    let sent = &sandbox.sent_messages()[index];
    let message = Message::default()
        .with_direction(MessageDirection::Outbound)
        .with_from(sent.from.as_str())
        .with_to(sent.to.as_str())
        .with_text(sent.text.as_str())
        .with_last_updated(now());
    (sent.id.clone(), message)
}

fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(now.as_millis()).unwrap()
}

async fn in_doubt<J: Journal>(
    outbox: &Outbox<J>,
    commit: Commit,
) -> (Sandbox, stratustexting::Client) {
    let (sandbox, client) = sandbox().await;
    started(outbox, &sandbox, 2).await;
    sandbox.fail_next("sendSms", Fault::status(503, commit));
    send(outbox, &client).await;
    assert_eq!(
        states(outbox).await,
        [RowState::Unknown, RowState::Accepted]
    );
    (sandbox, client)
}

async fn a_message_settles_its_unknown_row<J: Journal>(journal: J) {
    let outbox = quick(&journal).build();
    let (sandbox, _) = in_doubt(&outbox, Commit::After).await;
    let row = all_rows(&outbox).await[0].id;
    let (id, message) = message(&sandbox, 0);

    assert_eq!(
        outbox.recognise(&id, &message).await.unwrap(),
        Recognised::Row(row)
    );

    assert_eq!(states(&outbox).await, [RowState::Accepted; 2]);
    assert_eq!(
        all_rows(&outbox).await[0].message_id.as_deref(),
        Some(id.as_str())
    );
    assert_eq!(
        outbox.recognise(&id, &message).await.unwrap(),
        Recognised::Before
    );
    let inbound = message.with_direction(MessageDirection::Inbound);
    assert_eq!(
        outbox.recognise("other", &inbound).await.unwrap(),
        Recognised::Other
    );
}

async fn a_message_settles_one_row<J: Journal>(journal: J) {
    let outbox = quick(&journal).build();
    let (sandbox, client) = sandbox().await;
    let mut list = rows(2);
    // The same text to the same number, on purpose.
    list[1].to = list[0].to.clone();
    list[1].text = list[0].text.clone();
    list[1].key = Some("on purpose".to_owned());
    plan(&outbox, job(&sandbox).repeat_numbers(), list).await;
    outbox.start(JOB).await.unwrap();
    sandbox.fail_next("sendSms", Fault::status(503, Commit::Before));
    send(&outbox, &client).await;
    assert_eq!(
        states(&outbox).await,
        [RowState::Unknown, RowState::Accepted]
    );
    let (id, message) = message(&sandbox, 0);

    let accepted = all_rows(&outbox).await[1].id;
    let recognised = outbox.recognise(&id, &message).await.unwrap();

    // The one message is that of the row which the service took.
    assert_eq!(recognised, Recognised::Row(accepted));
    assert_eq!(
        states(&outbox).await,
        [RowState::Unknown, RowState::Accepted]
    );
    assert_eq!(
        outbox.recognise(&id, &message).await.unwrap(),
        Recognised::Before
    );
    assert_eq!(
        states(&outbox).await,
        [RowState::Unknown, RowState::Accepted]
    );
}

async fn a_message_that_may_be_a_rows_is_for_a_person<J: Journal>(journal: J) {
    let outbox = quick(&journal).build();
    let (sandbox, _) = in_doubt(&outbox, Commit::After).await;
    let row = all_rows(&outbox).await[0].id;
    let (id, message) = message(&sandbox, 0);
    let longer = format!("{} Reply STOP to opt out", sandbox.sent_messages()[0].text);

    let recognised = outbox.recognise(&id, &message.with_text(longer)).await;

    assert_eq!(recognised.unwrap(), Recognised::Unclear(vec![row]));
    assert_eq!(states(&outbox).await[0], RowState::Unknown);
}

async fn a_person_plans_a_row_again<J: Journal>(journal: J) {
    let outbox = quick(&journal).build();
    let (sandbox, client) = in_doubt(&outbox, Commit::Before).await;
    let row = all_rows(&outbox).await[0].id;
    assert_texted(&sandbox, [2]);

    assert!(
        outbox
            .decide(row, RowState::Planned, "not in the inbox")
            .await
            .unwrap()
    );
    assert!(send(&outbox, &client).await.ended.is_finished());

    assert_texted(&sandbox, [1, 2]);
    assert_eq!(outbox.attempts(row).await.unwrap().len(), 2);
}

async fn a_decided_row_that_went_out_after_all_is_not_sent_again<J: Journal>(journal: J) {
    let outbox = quick(&journal).build();
    let (sandbox, client) = in_doubt(&outbox, Commit::After).await;
    let row = all_rows(&outbox).await[0].id;
    assert!(
        outbox
            .decide(row, RowState::Planned, "not in the inbox")
            .await
            .unwrap()
    );
    let (id, message) = message(&sandbox, 0);

    assert_eq!(
        outbox.recognise(&id, &message).await.unwrap(),
        Recognised::Row(row)
    );
    assert!(send(&outbox, &client).await.ended.is_finished());

    assert_texted(&sandbox, [1, 2]);
}

async fn a_sent_row_is_nobodys_decision<J: Journal>(journal: J) {
    let outbox = quick(&journal).build();
    let (sandbox, client) = in_doubt(&outbox, Commit::After).await;
    let rows = all_rows(&outbox).await;

    assert!(
        !outbox
            .decide(rows[1].id, RowState::Planned, "again")
            .await
            .unwrap()
    );
    assert!(
        !outbox
            .decide(rows[0].id, RowState::Rejected, "no such decision")
            .await
            .unwrap()
    );
    assert!(
        outbox
            .decide(rows[0].id, RowState::Cancelled, "too late for it")
            .await
            .unwrap()
    );

    send(&outbox, &client).await;
    assert_texted(&sandbox, [1, 2]);
}
