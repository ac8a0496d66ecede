//! What goes wrong with the service, the network and the journal.

use std::{collections::BTreeSet, time::Duration};

use stratustexting_queue::outbox::{Ended, Journal, Outbox, RowState};
use stratustexting_sandbox::{Commit, Fault, FaultPlan, Sandbox};

use super::{
    on_each_journal,
    support::{
        JOB, all_rows, assert_texted, number, quick, sandbox, send, started, states, texted,
    },
};

on_each_journal! {
    an_unknown_row_is_not_sent_again
    a_rejected_row_ends_and_the_others_go_on
    what_the_gateway_stopped_is_sent_later
    a_service_that_cant_be_reached_loses_no_row
    a_refused_program_pauses_the_job
    many_unknown_outcomes_pause_the_job
    a_killed_worker_leaves_one_row_in_doubt
}

async fn an_unknown_row_is_not_sent_again<J: Journal>(journal: J) {
    let (sandbox, client) = sandbox().await;
    let outbox = quick(&journal).build();
    started(&outbox, &sandbox, 3).await;
    sandbox.fail_next("sendSms", Fault::status(503, Commit::After));

    let first = send(&outbox, &client).await;
    let second = send(&outbox, &client).await;

    for summary in [first, second] {
        assert!(summary.ended.is_finished());
        assert_eq!((summary.counts.accepted, summary.counts.unknown), (2, 1));
    }
    assert_texted(&sandbox, 1..=3);
    let row = &all_rows(&outbox).await[0];
    assert_eq!(row.state, RowState::Unknown);
    assert!(row.ticket.is_some());
    assert!(row.reason.as_deref().unwrap().contains("503"));
}

async fn a_rejected_row_ends_and_the_others_go_on<J: Journal>(journal: J) {
    let (sandbox, client) = sandbox().await;
    let outbox = quick(&journal).build();
    started(&outbox, &sandbox, 3).await;
    sandbox.fail_next("sendSms", Fault::status(400, Commit::Before));

    assert!(send(&outbox, &client).await.ended.is_finished());

    use RowState::{Accepted, Rejected};
    assert_eq!(states(&outbox).await, [Rejected, Accepted, Accepted]);
    assert_texted(&sandbox, [2, 3]);
}

async fn what_the_gateway_stopped_is_sent_later<J: Journal>(journal: J) {
    let (sandbox, client) = sandbox().await;
    let outbox = quick(&journal).build();
    started(&outbox, &sandbox, 2).await;
    let limited = Fault::status(429, Commit::Before)
        .by_gateway()
        .retry_after(1);
    sandbox.fail_next("sendSms", limited);

    assert!(send(&outbox, &client).await.ended.is_finished());

    assert_texted(&sandbox, 1..=2);
    let rows = all_rows(&outbox).await;
    let attempts = outbox.attempts(rows[0].id).await.unwrap();
    let outcomes: Vec<_> = attempts.iter().map(|attempt| attempt.outcome).collect();
    assert_eq!(outcomes, [RowState::Planned, RowState::Accepted]);
    // The sender as a whole had to wait.
    let stopped = attempts[0].ended;
    for row in &rows {
        let waited = row.begun.unwrap().duration_since(stopped).unwrap();
        assert!(waited >= Duration::from_millis(900), "{waited:?}");
    }
}

async fn a_service_that_cant_be_reached_loses_no_row<J: Journal>(journal: J) {
    let (sandbox, client) = sandbox().await;
    let outbox = quick(&journal).outage(Duration::from_millis(500)).build();
    started(&outbox, &sandbox, 3).await;
    sandbox.refuse_connections(true).unwrap();

    let summary = send(&outbox, &client).await;

    assert!(
        matches!(summary.ended, Ended::Paused(_)),
        "{}",
        summary.ended
    );
    assert_eq!(summary.counts.planned, 3);
    sandbox.refuse_connections(false).unwrap();
    outbox.start(JOB).await.unwrap();
    assert!(send(&outbox, &client).await.ended.is_finished());
    assert_texted(&sandbox, 1..=3);
}

async fn a_refused_program_pauses_the_job<J: Journal>(journal: J) {
    let (sandbox, client) = sandbox().await;
    let outbox = quick(&journal).build();
    started(&outbox, &sandbox, 3).await;
    sandbox.fail_next("sendSms", Fault::status(403, Commit::Before));

    let summary = send(&outbox, &client).await;

    assert!(
        matches!(summary.ended, Ended::Paused(_)),
        "{}",
        summary.ended
    );
    assert_eq!(summary.counts.planned, 3);
    let status = outbox.status(JOB).await.unwrap();
    assert!(status.job.reason.unwrap().contains("403"));
    outbox.start(JOB).await.unwrap();
    assert!(send(&outbox, &client).await.ended.is_finished());
    assert_texted(&sandbox, 1..=3);
}

async fn many_unknown_outcomes_pause_the_job<J: Journal>(journal: J) {
    let (sandbox, client) = sandbox().await;
    let outbox = quick(&journal).pause_after_unknown(3).build();
    started(&outbox, &sandbox, 10).await;
    let plan = FaultPlan::new(1)
        .probability(1.0)
        .fault(Fault::status(503, Commit::Before), 1);
    sandbox.fail_at_random(plan.operation("sendSms"));

    let summary = send(&outbox, &client).await;

    assert!(
        matches!(summary.ended, Ended::Paused(_)),
        "{}",
        summary.ended
    );
    assert_eq!((summary.counts.unknown, summary.counts.planned), (3, 7));
}

async fn a_killed_worker_leaves_one_row_in_doubt<J: Journal>(journal: J) {
    let sandbox = Sandbox::start().await.unwrap();
    let variables = sandbox.variables();
    let patient = quick(&journal).build();
    started(&patient, &sandbox, 3).await;
    sandbox.fail_next("sendSms", Fault::never_respond(Commit::After));
    // A runtime that ends with all of its tasks is as dead as a process. It has no part in the
    // journal's own connections, which belong to the test's runtime.
    let hasty = quick(&journal)
        .call_timeout(Duration::from_millis(400))
        .lease(Duration::from_millis(800))
        .build();
    let client = stratustexting::Client::from_variables(variables).unwrap();
    let sending = hasty.send(JOB, &client).await.unwrap();
    while sandbox.sent_messages().is_empty() {
        tokio::task::yield_now().await;
    }
    sending.abort();

    let client = stratustexting::Client::from_variables(sandbox.variables()).unwrap();
    let summary = send(&hasty, &client).await;

    assert!(summary.ended.is_finished(), "{}", summary.ended);
    assert_eq!((summary.counts.accepted, summary.counts.unknown), (2, 1));
    assert_texted(&sandbox, 1..=3);
    let row = &all_rows(&hasty).await[0];
    assert_eq!(
        row.reason.as_deref(),
        Some("the worker ended in the middle of the attempt")
    );
}

/// The figure that a program in use was beaten by: 79 of 500 texted twice, 3 reported as failed
/// that were carried out.
#[tokio::test]
async fn five_hundred_recipients_and_random_faults() {
    let file = crate::support::File::new();
    let journal = file.open().await;
    let (sandbox, client) = sandbox().await;
    let outbox = Outbox::builder(journal)
        .pace(Duration::ZERO)
        .concurrency(16)
        .call_timeout(Duration::from_secs(2))
        .pause_after_unknown(1_000)
        .build();
    started(&outbox, &sandbox, 500).await;
    let mut plan = FaultPlan::new(7).probability(0.3).operation("sendSms");
    for commit in [Commit::Before, Commit::After] {
        for fault in [
            Fault::status(503, commit),
            Fault::reset_before_response(commit),
            Fault::reset_after_headers(commit),
            Fault::reset_in_body(commit),
            Fault::truncated_body(commit),
            Fault::respond_late(Duration::from_millis(50), commit),
        ] {
            plan = plan.fault(fault, 1);
        }
    }
    sandbox.fail_at_random(plan);

    let summary = send(&outbox, &client).await;
    sandbox.requests_settled().await;

    assert!(summary.ended.is_finished(), "{}", summary.ended);
    let texted = texted(&sandbox);
    let twice: Vec<_> = texted.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "{} were texted twice", twice.len());
    let rows = all_rows(&outbox).await;
    let in_state = |states: &[RowState]| -> BTreeSet<String> {
        let rows = rows.iter().filter(|row| states.contains(&row.state));
        rows.map(|row| row.to.clone().unwrap()).collect()
    };
    let accepted = in_state(&[RowState::Accepted]);
    assert!(accepted.iter().all(|number| texted.contains_key(number)));
    let failed = in_state(&[RowState::Rejected, RowState::NotSent]);
    assert!(failed.iter().all(|number| !texted.contains_key(number)));
    let unknown = in_state(&[RowState::Unknown]);
    assert!(!unknown.is_empty(), "no fault has left a row in doubt");
    assert_eq!(accepted.len() + failed.len() + unknown.len(), 500);
    for line in 1..=500 {
        let number = number(line);
        let named = accepted.contains(&number) || unknown.contains(&number);
        assert!(!texted.contains_key(&number) || named, "a text isn't named");
    }
}
