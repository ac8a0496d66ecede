//! Sending, pausing, and who is not texted.

use std::time::Duration;

use stratustexting::{
    Client,
    models::{ConsentType, ContactRequest},
};
use stratustexting_queue::{
    inbox::{Inbox, Store},
    outbox::{Attachment, Ended, Journal, NewRow, Permission, Recipient, RowState},
};
use stratustexting_sandbox::{Commit, Entry, Fault};

use super::{
    on_each_journal,
    support::{
        JOB, all_rows, assert_texted, job, number, plan, quick, row, rows, sandbox, send, started,
        states,
    },
};

on_each_journal! {
    each_row_is_sent_once
    two_workers_share_the_rows
    texts_keep_their_pace
    an_attachment_goes_with_each_text
    who_has_opted_out_is_not_texted
    an_opt_out_stops_what_is_planned
    whoever_may_not_be_texted_is_not
    what_may_be_sent_later_waits
    a_question_without_a_response_sends_nothing
    the_services_contacts_say_who_may_be_texted
    a_contact_that_says_nothing_of_its_consent_costs_no_row
    a_paused_job_goes_on_where_it_was
    a_cancelled_job_sends_no_more
    all_jobs_stop_at_once
    a_file_stops_the_workers
    a_shutdown_finishes_what_has_begun
}

async fn each_row_is_sent_once<J: Journal>(journal: J) {
    let (sandbox, client) = sandbox().await;
    let outbox = quick(&journal).concurrency(8).build();
    started(&outbox, &sandbox, 50).await;

    let summary = send(&outbox, &client).await;

    assert!(summary.ended.is_finished(), "{}", summary.ended);
    assert_eq!(summary.counts.accepted, 50);
    assert_texted(&sandbox, 1..=50);
    let row = &all_rows(&outbox).await[0];
    let attempts = outbox.attempts(row.id).await.unwrap();
    assert_eq!(attempts.len(), 1);
    assert_eq!(attempts[0].outcome, RowState::Accepted);
    assert!(attempts[0].begun <= attempts[0].ended);
    let status = outbox.status(JOB).await.unwrap();
    assert_eq!((status.counts.open(), status.last_minute), (0, 50));
}

async fn two_workers_share_the_rows<J: Journal>(journal: J) {
    let (sandbox, client) = sandbox().await;
    let outbox = quick(&journal).concurrency(4).build();
    started(&outbox, &sandbox, 60).await;

    let one = outbox.send(JOB, &client).await.unwrap();
    let other = outbox.send(JOB, &client).await.unwrap();
    let (one, other) = tokio::join!(one.finished(), other.finished());

    assert!(one.ended.is_finished() && other.ended.is_finished());
    assert_texted(&sandbox, 1..=60);
}

async fn texts_keep_their_pace<J: Journal>(journal: J) {
    const PACE: Duration = Duration::from_millis(40);
    let (sandbox, client) = sandbox().await;
    let outbox = quick(&journal).pace(PACE).concurrency(4).build();
    let mut list = rows(6);
    list[2].text = "x".repeat(400);
    plan(&outbox, job(&sandbox), list).await;
    outbox.start(JOB).await.unwrap();

    // Two workers have one pace.
    let one = outbox.send(JOB, &client).await.unwrap();
    let other = outbox.send(JOB, &client).await.unwrap();
    tokio::join!(one.finished(), other.finished());

    let mut rows = all_rows(&outbox).await;
    rows.sort_by_key(|row| row.begun);
    for pair in rows.windows(2) {
        let between = pair[1]
            .begun
            .unwrap()
            .duration_since(pair[0].begun.unwrap());
        let segments = u32::try_from(pair[0].segments).unwrap();
        assert!(between.unwrap() >= PACE * segments, "{pair:?}");
    }
    assert_texted(&sandbox, 1..=6);
}

async fn an_attachment_goes_with_each_text<J: Journal>(journal: J) {
    let (sandbox, client) = sandbox().await;
    let outbox = quick(&journal).build();
    let card = Attachment::new("card.png", b"\x89PNG\r\n\x1a\n".as_slice());
    plan(&outbox, job(&sandbox).attach(card), rows(2)).await;
    outbox.start(JOB).await.unwrap();

    send(&outbox, &client).await;

    let sent = sandbox.sent_messages();
    assert_eq!(sent.len(), 2);
    for message in sent {
        assert_eq!(message.media.len(), 1);
        assert_eq!(message.media[0].content_type, "image/png");
    }
}

async fn who_has_opted_out_is_not_texted<J: Journal + Store>(journal: J) {
    let (sandbox, client) = sandbox().await;
    let outbox = quick(&journal).build();
    let inbox = Inbox::new(journal.clone());
    inbox.set_opted_out("(303) 555-0002", true).await.unwrap();
    started(&outbox, &sandbox, 3).await;

    let summary = send(&outbox, &client).await;

    assert!(summary.ended.is_finished());
    assert_texted(&sandbox, [1, 3]);
    assert_eq!(states(&outbox).await[1], RowState::Cancelled);
}

async fn an_opt_out_stops_what_is_planned<J: Journal + Store>(journal: J) {
    let (sandbox, _) = sandbox().await;
    let outbox = quick(&journal).build();
    started(&outbox, &sandbox, 3).await;

    Inbox::new(journal.clone())
        .set_opted_out(&number(3), true)
        .await
        .unwrap();

    use RowState::{Cancelled, Planned};
    assert_eq!(states(&outbox).await, [Planned, Planned, Cancelled]);
    let reason = all_rows(&outbox).await[2].reason.clone();
    assert_eq!(reason.as_deref(), Some("the recipient has opted out"));
}

async fn whoever_may_not_be_texted_is_not<J: Journal>(journal: J) {
    let (sandbox, client) = sandbox().await;
    let refused = number(2);
    let outbox = quick(&journal)
        .ask(move |recipient: Recipient| {
            let permission = match recipient.number.as_str() == refused {
                true => Permission::Refused("on our own list".to_owned()),
                false => Permission::Granted,
            };
            async { Ok(permission) }
        })
        .build();
    started(&outbox, &sandbox, 3).await;

    assert!(send(&outbox, &client).await.ended.is_finished());

    assert_texted(&sandbox, [1, 3]);
    let reason = all_rows(&outbox).await[1].reason.clone();
    assert_eq!(reason.as_deref(), Some("on our own list"));
}

async fn what_may_be_sent_later_waits<J: Journal>(journal: J) {
    let (sandbox, client) = sandbox().await;
    let begun = std::time::SystemTime::now();
    let later = begun + Duration::from_millis(700);
    let outbox = quick(&journal)
        .ask(move |recipient: Recipient| async move {
            Ok(
                match recipient.line == 1 && std::time::SystemTime::now() < later {
                    true => Permission::NotBefore(later),
                    false => Permission::Granted,
                },
            )
        })
        .build();
    started(&outbox, &sandbox, 2).await;

    assert!(send(&outbox, &client).await.ended.is_finished());

    assert_texted(&sandbox, [1, 2]);
    let rows = all_rows(&outbox).await;
    assert!(rows[0].begun.unwrap() >= later, "it was sent before");
    assert!(
        rows[1].begun.unwrap() < rows[0].begun.unwrap(),
        "it held the next up"
    );
}

async fn a_question_without_a_response_sends_nothing<J: Journal>(journal: J) {
    let (sandbox, client) = sandbox().await;
    let outbox = quick(&journal)
        .outage(Duration::from_millis(300))
        .ask(|_: Recipient| async { Err("the list of opt-outs is away".into()) })
        .build();
    started(&outbox, &sandbox, 3).await;

    let summary = send(&outbox, &client).await;

    assert!(
        matches!(summary.ended, Ended::Paused(_)),
        "{}",
        summary.ended
    );
    assert_eq!(summary.counts.planned, 3);
    assert!(sandbox.sent_messages().is_empty());
}

async fn contact(client: &Client, line: u64, level: Option<ConsentType>) {
    let mut contact = ContactRequest::default().with_mobile_number(number(line));
    contact.consent_level = level;
    client.contacts().upsert(contact).await.unwrap();
}

async fn the_services_contacts_say_who_may_be_texted<J: Journal>(journal: J) {
    let (sandbox, client) = sandbox().await;
    contact(&client, 1, Some(ConsentType::Informational)).await;
    contact(&client, 2, Some(ConsentType::Conversational)).await;
    let outbox = quick(&journal)
        .require_consent_level(&client, [ConsentType::Informational])
        .build();
    started(&outbox, &sandbox, 3).await;

    assert!(send(&outbox, &client).await.ended.is_finished());

    assert_texted(&sandbox, [1]);
    let rows = all_rows(&outbox).await;
    let reasons: Vec<_> = rows.iter().map(|row| row.reason.as_deref()).collect();
    let none = "the service has no contact with this number";
    let other = "the contact's consent level permits no such text";
    assert_eq!(reasons, [None, Some(other), Some(none)]);
}

async fn a_contact_that_says_nothing_of_its_consent_costs_no_row<J: Journal>(journal: J) {
    let (sandbox, client) = sandbox().await;
    contact(&client, 1, None).await;
    let outbox = quick(&journal)
        .outage(Duration::from_millis(300))
        .require_consent_level(&client, [ConsentType::Informational])
        .build();
    started(&outbox, &sandbox, 1).await;

    let summary = send(&outbox, &client).await;

    assert!(matches!(summary.ended, Ended::Paused(_)), "{summary:?}");
    assert_eq!(states(&outbox).await, [RowState::Planned]);
    assert_texted(&sandbox, []);
}

async fn a_paused_job_goes_on_where_it_was<J: Journal>(journal: J) {
    let (sandbox, client) = sandbox().await;
    let outbox = quick(&journal).pace(Duration::from_millis(20)).build();
    started(&outbox, &sandbox, 30).await;
    let sending = outbox.send(JOB, &client).await.unwrap();
    while sandbox.sent_messages().len() < 3 {
        tokio::task::yield_now().await;
    }

    outbox.pause(JOB, "lunch").await.unwrap();
    let at_pause = sandbox.sent_messages().len();
    let summary = sending.finished().await;

    assert!(matches!(&summary.ended, Ended::Paused(reason) if reason == "lunch"));
    // One may have begun before.
    assert!(sandbox.sent_messages().len() <= at_pause + 1);
    assert!(summary.counts.planned > 0);
    outbox.start(JOB).await.unwrap();
    assert!(send(&outbox, &client).await.ended.is_finished());
    assert_texted(&sandbox, 1..=30);
}

async fn a_cancelled_job_sends_no_more<J: Journal>(journal: J) {
    let (sandbox, client) = sandbox().await;
    let outbox = quick(&journal).build();
    started(&outbox, &sandbox, 3).await;
    outbox.cancel(JOB, "the wrong list").await.unwrap();

    assert!(
        outbox
            .send(JOB, &client)
            .await
            .unwrap_err()
            .is_not_started()
    );
    assert!(outbox.start(JOB).await.unwrap_err().is_not_started());

    assert_eq!(states(&outbox).await, [RowState::Cancelled; 3]);
    assert!(sandbox.sent_messages().is_empty());
}

async fn all_jobs_stop_at_once<J: Journal>(journal: J) {
    let (sandbox, client) = sandbox().await;
    let outbox = quick(&journal).build();
    started(&outbox, &sandbox, 3).await;
    outbox.stop_all("a wrong text").await.unwrap();

    let summary = send(&outbox, &client).await;

    assert!(matches!(&summary.ended, Ended::Stopped(reason) if reason == "a wrong text"));
    assert!(sandbox.sent_messages().is_empty());
    outbox.allow_all().await.unwrap();
    assert!(send(&outbox, &client).await.ended.is_finished());
    assert_texted(&sandbox, 1..=3);
}

async fn a_file_stops_the_workers<J: Journal>(journal: J) {
    let (sandbox, client) = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let stop = folder.path().join("stop");
    let outbox = quick(&journal)
        .pace(Duration::from_millis(20))
        .stop_file(&stop)
        .build();
    started(&outbox, &sandbox, 200).await;
    let sending = outbox.send(JOB, &client).await.unwrap();
    while sandbox.sent_messages().len() < 2 {
        tokio::task::yield_now().await;
    }

    std::fs::write(&stop, "").unwrap();
    let summary = sending.finished().await;

    assert!(
        matches!(summary.ended, Ended::Stopped(_)),
        "{}",
        summary.ended
    );
    assert!(summary.counts.planned > 0, "it was sent to its end");
    std::fs::remove_file(&stop).unwrap();
}

async fn a_shutdown_finishes_what_has_begun<J: Journal>(journal: J) {
    let (sandbox, client) = sandbox().await;
    let outbox = quick(&journal).build();
    plan(&outbox, job(&sandbox), vec![row(1), NewRow { ..row(2) }]).await;
    outbox.start(JOB).await.unwrap();
    let late = Fault::respond_late(Duration::from_millis(300), Commit::After);
    sandbox.fail_next("sendSms", late);
    let sending = outbox.send(JOB, &client).await.unwrap();
    let is_send = |entry: &Entry| entry.operation.as_deref() == Some("sendSms");
    while !sandbox.ledger().iter().any(is_send) {
        tokio::task::yield_now().await;
    }

    let summary = sending.shutdown().await;

    assert!(matches!(summary.ended, Ended::ShutDown));
    assert_eq!(
        states(&outbox).await,
        [RowState::Accepted, RowState::Planned]
    );
}
