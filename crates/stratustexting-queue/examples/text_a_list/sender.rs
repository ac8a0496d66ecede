//! The program that plans and sends. It can be killed and started again at any moment.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use stratustexting::Client;
use stratustexting_queue::outbox::{
    NewJob, Outbox, SqliteStore,
    input::{CsvRows, CsvSettings, Template},
};

use crate::Error;

pub(crate) const JOB: &str = "tables of 28 November";

/// What the program reads at its start. A program of your own has its variables in the
/// environment.
#[derive(Deserialize, Serialize)]
pub(crate) struct Settings {
    pub(crate) variables: Vec<(String, String)>,
    pub(crate) customers: PathBuf,
    pub(crate) journal: PathBuf,
}

pub(crate) async fn run(settings: &Settings) -> Result<(), Error> {
    let client = Client::from_variables(settings.variables.clone())?;
    let outbox = Outbox::builder(SqliteStore::open(&settings.journal).await?)
        // The default is 1.5 seconds, and two minutes until a killed row is unknown.
        .pace(Duration::from_millis(20))
        .call_timeout(Duration::from_secs(1))
        .lease(Duration::ZERO)
        .build();

    let rows = CsvRows::new(File::open(&settings.customers)?, CsvSettings::new())?;
    let template = Template::parse("Hi {first_name}, your table is at {time}.")?;
    let mut variables = settings.variables.iter();
    let sender = variables.find(|(name, _)| name == "STRATUS_SENDER");
    let sender = sender.ok_or("no sender")?.1.parse()?;
    let job = NewJob::new(JOB, sender);
    // The second time, this finds the rows of the first.
    let plan = outbox.plan_csv(job, rows, &template, Some("US")).await?;
    println!(
        "{} of {} texts are to be sent, in {:?} at least",
        plan.counts.planned,
        plan.counts.all(),
        plan.duration
    );
    for (reason, rows) in &plan.refusals {
        println!("  {rows} refused: {reason}");
    }

    outbox.start(JOB).await?;
    let summary = outbox.send(JOB, &client).await?.finished().await;
    println!("{}", summary.ended);
    Ok(())
}

impl Settings {
    const FILE: &str = "settings.json";

    pub(crate) fn write(
        folder: &Path,
        variables: Vec<(&'static str, String)>,
    ) -> Result<Self, Error> {
        let variables = variables.into_iter();
        let settings = Self {
            variables: variables
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            customers: folder.join("customers.csv"),
            journal: folder.join("texts.db"),
        };
        fs::write(folder.join(Self::FILE), serde_json::to_vec(&settings)?)?;
        Ok(settings)
    }

    pub(crate) fn read(folder: &Path) -> Result<Self, Error> {
        Ok(serde_json::from_slice(&fs::read(folder.join(Self::FILE))?)?)
    }
}
