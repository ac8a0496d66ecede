//! `stratus bulk report`

use std::process::ExitCode;

use clap::Args;
use stratustexting_queue::outbox::{Journal, Outbox, Row, RowState};

use super::shown::{ShownRow, time};
use crate::{
    failure::{Class, Failure, Result},
    output::Output,
};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The job's name
    name: String,
    /// Only rows in this state: planned, attempting, accepted, rejected, not_sent, unknown,
    /// refused, cancelled
    #[arg(long)]
    state: Option<String>,
    /// Leaves the texts out
    #[arg(long)]
    without_texts: bool,
}

const HEAD: [&str; 10] = [
    "row", "line", "to", "state", "reason", "attempts", "begun", "ended", "message", "text",
];

/// How many rows are read at once.
const AT_ONCE: u32 = 500;

pub(crate) async fn run<J: Journal>(
    journal: J,
    options: &Options,
    output: &Output,
) -> Result<ExitCode> {
    let outbox = Outbox::new(journal);
    let state = options.state.as_deref().map(state).transpose()?;
    if !output.is_json() {
        output.bytes(&lines(&[HEAD.map(str::to_owned)])?)?;
    }
    let mut after = 0;
    loop {
        let rows = outbox.rows(&options.name, state, after, AT_ONCE).await?;
        let Some(last) = rows.last() else { break };
        after = last.id;
        if !output.is_json() {
            let records: Vec<_> = rows.iter().map(|row| record(row, options)).collect();
            output.bytes(&lines(&records)?)?;
            continue;
        }
        for row in rows {
            let attempts = outbox.attempts(row.id).await?;
            output.object(&ShownRow::new(row, &attempts, !options.without_texts))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn state(name: &str) -> Result<RowState> {
    let found = RowState::ALL
        .into_iter()
        .find(|state| state.as_str() == name);
    found.ok_or_else(|| {
        let names = RowState::ALL.map(RowState::as_str);
        Failure::usage(format!("the state must be one of {}", names.join(", ")))
    })
}

/// Records as lines of CSV.
fn lines(records: &[[String; 10]]) -> Result<Vec<u8>> {
    let failed = || Failure::new(Class::Other, "a row can't be written as CSV");
    let mut csv = csv::Writer::from_writer(Vec::new());
    for record in records {
        csv.write_record(record).map_err(|_| failed())?;
    }
    csv.into_inner().map_err(|_| failed())
}

fn record(row: &Row, options: &Options) -> [String; 10] {
    let text = match options.without_texts {
        true => None,
        false => row.text.clone(),
    };
    [
        row.id.to_string(),
        row.line.to_string(),
        row.to.clone().unwrap_or_default(),
        row.state.as_str().to_owned(),
        row.reason.clone().unwrap_or_default(),
        row.attempts.to_string(),
        row.begun.map(time).unwrap_or_default(),
        row.ended.map(time).unwrap_or_default(),
        row.message_id.clone().unwrap_or_default(),
        text.unwrap_or_default(),
    ]
}
