//! `stratus bulk report`

use std::{io, process::ExitCode, time::SystemTime};

use clap::Args;
use serde_json::json;
use stratustexting_queue::outbox::{Attempt, Journal, Outbox, Row, RowState};

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

/// How many rows are read at once.
const AT_ONCE: u32 = 500;

pub(crate) async fn run<J: Journal>(
    journal: J,
    options: &Options,
    output: &Output,
) -> Result<ExitCode> {
    let outbox = Outbox::new(journal);
    let state = options.state.as_deref().map(state).transpose()?;
    let mut csv = (!output.is_json()).then(|| csv::Writer::from_writer(io::stdout()));
    if let Some(csv) = &mut csv {
        let head = [
            "row", "line", "to", "state", "reason", "attempts", "begun", "ended", "message", "text",
        ];
        write(csv, &head.map(str::to_owned))?;
    }
    let mut after = 0;
    loop {
        let rows = outbox.rows(&options.name, state, after, AT_ONCE).await?;
        let Some(last) = rows.last() else { break };
        after = last.id;
        for row in rows {
            match &mut csv {
                Some(csv) => write(csv, &record(&row, options))?,
                None => {
                    let attempts = outbox.attempts(row.id).await?;
                    output.json(&object(&row, &attempts, options))?;
                }
            }
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

/// A reader that has seen enough isn't an error.
fn write(csv: &mut csv::Writer<io::Stdout>, record: &[String]) -> Result<()> {
    let written = csv.write_record(record).and_then(|()| Ok(csv.flush()?));
    let Err(error) = written else { return Ok(()) };
    match error.kind() {
        csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            std::process::exit(0)
        }
        _ => Err(Failure::new(Class::Other, error.to_string())),
    }
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

fn object(row: &Row, attempts: &[Attempt], options: &Options) -> serde_json::Value {
    let attempts: Vec<_> = attempts
        .iter()
        .map(|attempt| {
            json!({
                "number": attempt.number,
                "worker": attempt.worker,
                "begun": time(attempt.begun),
                "ended": time(attempt.ended),
                "outcome": attempt.outcome.as_str(),
                "reason": attempt.reason,
            })
        })
        .collect();
    let text = (!options.without_texts)
        .then_some(row.text.as_deref())
        .flatten();
    json!({
        "row": row.id,
        "line": row.line,
        "key": row.key,
        "to": row.to,
        "text": text,
        "segments": row.segments,
        "state": row.state.as_str(),
        "reason": row.reason,
        "begun": row.begun.map(time),
        "ended": row.ended.map(time),
        "message": row.message_id,
        "consent": row.consent,
        "ticket": row.ticket,
        "attempts": attempts,
    })
}

/// In UTC, as RFC 3339.
fn time(time: SystemTime) -> String {
    jiff::Timestamp::try_from(time).map_or_else(|_| String::new(), |time| time.to_string())
}
