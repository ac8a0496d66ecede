//! What becomes of a list before anything is sent.

use std::time::Duration;

use futures::stream;
use stratustexting_queue::outbox::{
    Consent, Journal, NewJob, NewRow, Outbox, RefusedRow, RowState,
};

use super::{
    on_each_journal,
    support::{JOB, all_rows, assert_texted, job, plan, quick, row, rows, sandbox, send},
};

on_each_journal! {
    the_same_list_is_one_job
    a_planning_that_was_cut_off_is_finished
    a_changed_list_is_another_job
    another_sender_is_another_job
    the_same_text_is_planned_once_in_all_jobs
    a_number_is_texted_once_in_a_job
    refused_rows_are_kept_with_the_reason
    a_row_without_consent_is_refused_where_it_is_required
    a_job_is_not_sent_before_its_list_is_complete
    the_plan_says_how_long_it_takes
}

async fn the_same_list_is_one_job<J: Journal>(journal: J) {
    let (sandbox, client) = sandbox().await;
    let outbox = quick(&journal).build();

    let first = plan(&outbox, job(&sandbox), rows(5)).await;
    assert_eq!((first.added, first.known), (5, 0));
    assert!(
        sandbox.sent_messages().is_empty(),
        "planning has sent something"
    );
    outbox.start(JOB).await.unwrap();
    send(&outbox, &client).await;

    let second = plan(&outbox, job(&sandbox), rows(5)).await;
    assert_eq!((second.added, second.known), (0, 5));
    assert!(send(&outbox, &client).await.ended.is_finished());
    assert_texted(&sandbox, 1..=5);

    // A longer list has more rows, and those are sent.
    let third = plan(&outbox, job(&sandbox), rows(7)).await;
    assert_eq!((third.added, third.known), (2, 5));
    send(&outbox, &client).await;
    assert_texted(&sandbox, 1..=7);
}

async fn a_planning_that_was_cut_off_is_finished<J: Journal>(journal: J) {
    let (sandbox, _) = sandbox().await;
    let outbox = quick(&journal).build();
    {
        let endless = stream::iter((1..=700).map(|line| Ok(row(line))));
        let endless = futures::StreamExt::chain(endless, stream::pending());
        let planning = outbox.plan(job(&sandbox), endless);
        let cut = tokio::time::timeout(Duration::from_secs(2), planning).await;
        assert!(cut.is_err());
    }
    assert!(outbox.start(JOB).await.unwrap_err().is_not_started());

    let whole = plan(&outbox, job(&sandbox), rows(900)).await;

    assert_eq!(whole.added + whole.known, 900);
    assert!(whole.known >= 500, "the first part was not kept");
    assert_eq!(whole.counts.planned, 900);
}

async fn a_changed_list_is_another_job<J: Journal>(journal: J) {
    let (sandbox, _) = sandbox().await;
    let outbox = quick(&journal).build();
    plan(&outbox, job(&sandbox), rows(3)).await;
    let mut changed = rows(3);
    changed[1].text = "Something else.".to_owned();

    let changed = stream::iter(changed.into_iter().map(Ok));
    let error = outbox.plan(job(&sandbox), changed).await.unwrap_err();

    assert!(error.is_other_job(), "{error}");
    assert!(error.to_string().contains("line 2"), "{error}");
}

async fn another_sender_is_another_job<J: Journal>(journal: J) {
    let (sandbox, _) = sandbox().await;
    let outbox = quick(&journal).build();
    plan(&outbox, job(&sandbox), rows(1)).await;

    let other = NewJob::new(JOB, "+12025550199".parse().unwrap());
    let error = outbox
        .plan(other, stream::iter([Ok(row(1))]))
        .await
        .unwrap_err();

    assert!(error.is_other_job(), "{error}");
}

async fn the_same_text_is_planned_once_in_all_jobs<J: Journal>(journal: J) {
    let (sandbox, client) = sandbox().await;
    let outbox = quick(&journal).build();
    plan(&outbox, job(&sandbox), rows(3)).await;

    let sender = || sandbox.number().parse().unwrap();
    let other = plan(&outbox, NewJob::new("again", sender()), rows(4)).await;
    assert_eq!(other.counts.planned, 1, "the fourth row is new");
    assert_eq!(other.counts.refused, 3);
    let (reason, _) = &other.refusals[0];
    assert!(reason.contains("of the job \"a list\""), "{reason}");

    let monthly = NewJob::new("december", sender()).occasion("december");
    let monthly = plan(&outbox, monthly, rows(4)).await;
    assert_eq!(monthly.counts.planned, 4);

    for job in [JOB, "again"] {
        outbox.start(job).await.unwrap();
        let sending = outbox.send(job, &client).await.unwrap();
        assert!(sending.finished().await.ended.is_finished());
    }
    assert_texted(&sandbox, 1..=4);
}

async fn a_number_is_texted_once_in_a_job<J: Journal>(journal: J) {
    let (sandbox, _) = sandbox().await;
    let outbox = quick(&journal).build();
    let mut list = rows(2);
    list.push(NewRow {
        to: list[0].to.clone(),
        ..row(3)
    });
    list.push(NewRow {
        line: 4,
        ..list[1].clone()
    });

    let strict = plan(&outbox, job(&sandbox), list.clone()).await;
    assert_eq!((strict.counts.planned, strict.counts.refused), (2, 2));
    let rows = all_rows(&outbox).await;
    let reasons: Vec<_> = rows
        .iter()
        .filter_map(|row| row.reason.as_deref())
        .collect();
    assert_eq!(
        reasons,
        [
            "the number is in line 1 already",
            "the same text to the same number is in line 2",
        ]
    );

    let sender = sandbox.number().parse().unwrap();
    let repeating = NewJob::new("repeating", sender)
        .occasion("another")
        .repeat_numbers();
    let repeating = plan(&outbox, repeating, list).await;
    assert_eq!((repeating.counts.planned, repeating.counts.refused), (3, 1));
}

async fn refused_rows_are_kept_with_the_reason<J: Journal>(journal: J) {
    let (sandbox, _) = sandbox().await;
    let outbox = quick(&journal).build();
    let list = || {
        stream::iter([
            Ok(row(1)),
            Err(RefusedRow {
                line: 2,
                to: Some("555-CALL".to_owned()),
                reason: "the number can't be read".to_owned(),
            }),
            Ok(NewRow::new(3, "+12025550103".parse().unwrap(), "  ")),
            Ok(NewRow::new(4, sandbox.number().parse().unwrap(), "Hello.")),
        ])
    };

    let first = outbox.plan(job(&sandbox), list()).await.unwrap();
    let second = outbox.plan(job(&sandbox), list()).await.unwrap();

    for plan in [&first, &second] {
        assert_eq!((plan.counts.planned, plan.counts.refused), (1, 3));
    }
    let refused = outbox
        .rows(JOB, Some(RowState::Refused), 0, 10)
        .await
        .unwrap();
    assert_eq!(refused[0].to.as_deref(), Some("555-CALL"));
    let reasons: Vec<_> = refused
        .iter()
        .filter_map(|row| row.reason.as_deref())
        .collect();
    assert_eq!(
        reasons,
        [
            "the number can't be read",
            "the text is empty",
            "the recipient is the sender"
        ]
    );
    let shown = format!("{refused:?} {:?}", list());
    assert!(!shown.contains("555"), "{shown}");
}

async fn a_row_without_consent_is_refused_where_it_is_required<J: Journal>(journal: J) {
    let (sandbox, _) = sandbox().await;
    let outbox = quick(&journal).build();
    let consent = Consent {
        kind: "express written".to_owned(),
        source: "sign-up form".to_owned(),
        at: "2026-11-01".to_owned(),
    };
    let mut list = rows(2);
    list[0].consent = Some(consent.clone());

    let strict = plan(&outbox, job(&sandbox).require_consent(), list.clone()).await;
    assert_eq!((strict.counts.planned, strict.counts.refused), (1, 1));
    let rows = all_rows(&outbox).await;
    assert_eq!(rows[0].consent.as_ref(), Some(&consent));

    let sender = sandbox.number().parse().unwrap();
    let overridden = NewJob::new("recall", sender)
        .occasion("recall")
        .without_consent("a recall of a dangerous part");
    let overridden = plan(&outbox, overridden, list).await;
    assert_eq!(overridden.counts.planned, 2);
    assert_eq!(
        overridden.job.without_consent.as_deref(),
        Some("a recall of a dangerous part")
    );
}

async fn a_job_is_not_sent_before_its_list_is_complete<J: Journal>(journal: J) {
    let (sandbox, client) = sandbox().await;
    let outbox = quick(&journal).build();
    assert!(outbox.send(JOB, &client).await.unwrap_err().is_no_job());
    plan(&outbox, job(&sandbox), rows(1)).await;

    let error = outbox.send(JOB, &client).await.unwrap_err();

    assert!(error.is_not_started(), "{error}");
    assert!(sandbox.sent_messages().is_empty());
}

async fn the_plan_says_how_long_it_takes<J: Journal>(journal: J) {
    let (sandbox, _) = sandbox().await;
    let outbox = Outbox::new(journal.clone());
    let mut list = rows(3);
    // Three segments of 153.
    list[2].text = "x".repeat(400);

    let plan = plan(&outbox, job(&sandbox), list).await;

    assert_eq!(plan.segments, 5);
    assert_eq!(plan.duration, Duration::from_millis(7_500));
    assert!((plan.cost(0.02) - 0.1).abs() < 1e-9);
}
