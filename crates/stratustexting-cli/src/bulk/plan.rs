//! `stratus bulk plan`

use std::{
    fs::{self, File},
    path::PathBuf,
    process::ExitCode,
};

use clap::Args;
use stratustexting_queue::outbox::{
    Attachment, Journal, NewJob, Plan,
    input::{CsvRows, CsvSettings, Template},
};

use super::{
    settings::{Pace, duration},
    shown::ShownPlan,
};
use crate::{
    context::Context,
    failure::{Failure, Result},
    files,
    output::Output,
};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The job's name: the same list under the same name is one job
    name: String,
    /// The list: a CSV file whose first row names the columns
    #[arg(long, value_name = "FILE")]
    list: PathBuf,
    /// The text: a file with fields such as {first_name}, or - for standard input
    #[arg(long, value_name = "FILE")]
    template: PathBuf,
    /// The column with the number, if it has no usual name
    #[arg(long, value_name = "NAME")]
    number_column: Option<String>,
    /// The column with what makes a row the same as another
    #[arg(long, value_name = "NAME")]
    key_column: Option<String>,
    /// The column with the recipient's time zone
    #[arg(long, value_name = "NAME")]
    zone_column: Option<String>,
    /// The file is in Windows-1252, as an older spreadsheet writes it
    #[arg(long)]
    windows_1252: bool,
    /// A file that goes with each text, which makes it an MMS; may be given several times
    #[arg(long, value_name = "FILE")]
    attach: Vec<PathBuf>,
    /// Lets a text go out again that another job has sent to the same number
    #[arg(long, value_name = "TEXT")]
    occasion: Option<String>,
    /// Lets a number stand in the list several times
    #[arg(long)]
    repeat_numbers: bool,
    /// Refuses rows without the columns consent, consent_source and consent_date
    #[arg(long, conflicts_with = "without_consent")]
    require_consent: bool,
    /// Takes rows without proof of consent, and keeps the reason
    #[arg(long, value_name = "REASON")]
    without_consent: Option<String>,
    /// The price of a segment, to show what the job costs
    #[arg(long, value_name = "AMOUNT")]
    price: Option<f64>,
    #[command(flatten)]
    pace: Pace,
}

pub(crate) async fn run<J: Journal>(
    journal: J,
    options: &Options,
    context: &Context,
) -> Result<ExitCode> {
    let template = Template::parse(&files::text(&options.template)?)
        .map_err(|error| Failure::usage(format!("the template: {error}")))?;
    let file =
        File::open(&options.list).map_err(|error| files::unreadable(&options.list, &error))?;
    let rows = CsvRows::new(file, csv(options))
        .map_err(|error| Failure::usage(format!("the list: {error}")))?;
    let outbox = options.pace.outbox(journal).build();
    let job = job(options, context)?;
    let plan = outbox.plan_csv(job, rows, &template, context.region());
    show(&plan.await?, options, &context.output)?;
    Ok(ExitCode::SUCCESS)
}

fn csv(options: &Options) -> CsvSettings {
    let mut settings = CsvSettings::new();
    if let Some(name) = &options.number_column {
        settings = settings.number_column(name);
    }
    if let Some(name) = &options.key_column {
        settings = settings.key_column(name);
    }
    if let Some(name) = &options.zone_column {
        settings = settings.zone_column(name);
    }
    match options.windows_1252 {
        true => settings.windows_1252(),
        false => settings,
    }
}

fn job(options: &Options, context: &Context) -> Result<NewJob> {
    let mut job = NewJob::new(&options.name, context.sender()?);
    for path in &options.attach {
        let bytes = fs::read(path).map_err(|error| files::unreadable(path, &error))?;
        let name = path.file_name().unwrap_or(path.as_os_str());
        job = job.attach(Attachment::new(name.to_string_lossy(), bytes));
    }
    if let Some(occasion) = &options.occasion {
        job = job.occasion(occasion);
    }
    if options.repeat_numbers {
        job = job.repeat_numbers();
    }
    if options.require_consent {
        job = job.require_consent();
    }
    if let Some(reason) = &options.without_consent {
        job = job.without_consent(reason);
    }
    Ok(job)
}

fn show(plan: &Plan, options: &Options, output: &Output) -> Result<()> {
    let cost = options.price.map(|price| plan.cost(price));
    output.object(&ShownPlan::new(plan, cost))?;
    output.say(&format!(
        "{}: {} texts, {} segments, {} at least",
        plan.job.name,
        plan.counts.planned,
        plan.segments,
        duration(plan.duration),
    ))?;
    if let Some(cost) = cost {
        output.say(&format!("cost: {cost:.2}"))?;
    }
    if plan.known > 0 {
        output.say(&format!("{} rows had been planned before", plan.known))?;
    }
    for (reason, rows) in &plan.refusals {
        output.say(&format!("refused, {rows} rows: {reason}"))?;
    }
    output.say(&format!(
        "Nothing was sent. Send it by: stratus bulk send {:?}",
        plan.job.name
    ))
}
