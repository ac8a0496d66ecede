//! Lists, and a sandbox that they are sent to.

use std::{collections::BTreeMap, time::Duration};

use futures::stream;
use stratustexting::Client;
use stratustexting_queue::outbox::{
    Journal, NewJob, NewRow, Outbox, OutboxBuilder, Plan, Row, RowState, Summary,
};
use stratustexting_sandbox::Sandbox;

pub(crate) const JOB: &str = "a list";

pub(crate) async fn sandbox() -> (Sandbox, Client) {
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::from_variables(sandbox.variables()).unwrap();
    (sandbox, client)
}

/// As fast as it goes, one after the other.
pub(crate) fn quick<J: Journal>(journal: &J) -> OutboxBuilder<J> {
    Outbox::builder(journal.clone()).pace(Duration::ZERO)
}

pub(crate) fn number(line: u64) -> String {
    format!("+1303555{line:04}")
}

pub(crate) fn row(line: u64) -> NewRow {
    let to = number(line).parse().unwrap();
    NewRow::new(line, to, format!("Hello number {line}."))
}

pub(crate) fn rows(count: u64) -> Vec<NewRow> {
    (1..=count).map(row).collect()
}

pub(crate) fn job(sandbox: &Sandbox) -> NewJob {
    NewJob::new(JOB, sandbox.number().parse().unwrap())
}

pub(crate) async fn plan<J: Journal>(outbox: &Outbox<J>, job: NewJob, rows: Vec<NewRow>) -> Plan {
    let rows = stream::iter(rows.into_iter().map(Ok));
    outbox.plan(job, rows).await.unwrap()
}

/// Plans and starts a list of so many rows.
pub(crate) async fn started<J: Journal>(outbox: &Outbox<J>, sandbox: &Sandbox, count: u64) {
    plan(outbox, job(sandbox), rows(count)).await;
    outbox.start(JOB).await.unwrap();
}

/// Sends it to its end.
pub(crate) async fn send<J: Journal>(outbox: &Outbox<J>, client: &Client) -> Summary {
    outbox.send(JOB, client).await.unwrap().finished().await
}

/// How often each number was texted, by the sandbox's account.
pub(crate) fn texted(sandbox: &Sandbox) -> BTreeMap<String, usize> {
    let mut texted = BTreeMap::new();
    for message in sandbox.sent_messages() {
        *texted.entry(message.to).or_default() += 1;
    }
    texted
}

/// That the numbers of these lines were texted once, and nobody else.
#[track_caller]
pub(crate) fn assert_texted(sandbox: &Sandbox, lines: impl IntoIterator<Item = u64>) {
    let expected: BTreeMap<_, _> = lines.into_iter().map(|line| (number(line), 1)).collect();
    assert_eq!(texted(sandbox), expected);
}

pub(crate) async fn all_rows<J: Journal>(outbox: &Outbox<J>) -> Vec<Row> {
    outbox.rows(JOB, None, 0, 10_000).await.unwrap()
}

/// The states of the rows, in the list's order.
pub(crate) async fn states<J: Journal>(outbox: &Outbox<J>) -> Vec<RowState> {
    let mut rows = all_rows(outbox).await;
    rows.sort_by_key(|row| row.line);
    rows.iter().map(|row| row.state).collect()
}
