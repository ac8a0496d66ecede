//! `stratus subscription`

use std::{process::ExitCode, time::SystemTime};

use clap::{Args, Subcommand, ValueEnum};
use stratustexting::{
    models::{MessageDirection, SubscriptionRequest},
    webhook::{ContactEvent, EventFilter},
};

use crate::{
    change,
    context::Context,
    failure::{Class, Failure, Result},
    list::{self, ListOptions, cell},
};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Lists the subscriptions
    List(ListOptions),
    Create(Create),
    /// Ends a subscription
    Delete(Delete),
}

/// Has events posted to a callback
///
/// The service calls the callback before it responds, so the callback must be up. `stratus
/// listen` is one, and subscribes by itself. Subscriptions were seen working only with a login,
/// not with client credentials.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The callback: an https URL, or http to this machine
    uri: String,
    /// Which events; may be given several times
    #[arg(
        long,
        value_name = "EVENT",
        requires = "organization",
        requires = "department"
    )]
    event: Vec<Event>,
    /// The organization's id, for --event; `subscription list` shows filters that have it
    #[arg(long, value_name = "ID")]
    organization: Option<String>,
    /// The department's id, for --event
    #[arg(long, value_name = "ID")]
    department: Option<String>,
    /// A filter in the service's own words, in place of --event; may be given several times
    #[arg(long, value_name = "FILTER", required_unless_present = "event")]
    filter: Vec<String>,
    /// After how many days it is to end; the service may decide otherwise
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    expires_in_days: Option<u32>,
    /// Updates the subscription with this id; that the service does so is inferred
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Shows what would be written, and writes nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Event {
    /// A customer's message
    Inbound,
    /// A message to a customer, whoever sends it
    Outbound,
    ContactCreate,
    ContactUpdate,
    ContactDelete,
}

#[derive(Debug, Args)]
pub(crate) struct Delete {
    /// The subscription's id
    id: String,
    /// Deletes without a question
    #[arg(long)]
    yes: bool,
    /// Shows what would be sent, and deletes nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) async fn run(command: Command, context: &Context) -> Result<ExitCode> {
    match command {
        Command::List(options) => list(&options, context).await,
        Command::Create(options) => create(&options, context).await,
        Command::Delete(options) => delete(&options, context).await,
    }
}

async fn list(options: &ListOptions, context: &Context) -> Result<ExitCode> {
    let subscriptions = context.client()?.subscriptions().list();
    let head = ["id", "status", "ends", "uri", "filters"];
    list::print(subscriptions, options, &context.output, &head, |it| {
        vec![vec![
            cell(it.id.as_ref()),
            cell(it.status.as_ref()),
            cell(it.expiration_time.as_ref()),
            cell(it.uri.as_ref()),
            it.event_filters.as_deref().unwrap_or_default().join(", "),
        ]]
    })
    .await
}

async fn create(options: &Create, context: &Context) -> Result<ExitCode> {
    let mut filters = options.filter.clone();
    for event in &options.event {
        let organization = options.organization.as_deref().unwrap_or_default();
        let department = options.department.as_deref().unwrap_or_default();
        filters.push(filter(*event, organization, department)?.to_string());
    }
    let mut request = SubscriptionRequest::new(filters, &options.uri);
    if let Some(days) = options.expires_in_days {
        request = request.with_expires_date_in_millies(after(days)?);
    }
    if let Some(id) = &options.id {
        request = request.with_id(id);
    }
    if options.dry_run {
        return change::dry_run("upsertSubscription", &[], Some(&request), &context.output);
    }
    let call = context.client()?.subscriptions().upsert(request);
    let arguments = [("uri", "URI"), ("event_filters", "--filter")];
    let created = call
        .await
        .map_err(|error| Failure::of_call(&error, &arguments))?;
    let first = ["id", "status", "uri", "eventFilters", "expirationTime"];
    context.output.show(&*created, &first)?;
    Ok(ExitCode::SUCCESS)
}

fn filter(event: Event, organization: &str, department: &str) -> Result<EventFilter> {
    let filter = match event {
        Event::Inbound => {
            EventFilter::messages(organization, department, MessageDirection::Inbound)
        }
        Event::Outbound => {
            EventFilter::messages(organization, department, MessageDirection::Outbound)
        }
        Event::ContactCreate => {
            EventFilter::contacts(organization, department, ContactEvent::Create)
        }
        Event::ContactUpdate => {
            EventFilter::contacts(organization, department, ContactEvent::Update)
        }
        Event::ContactDelete => {
            EventFilter::contacts(organization, department, ContactEvent::Delete)
        }
    };
    let arguments = [
        ("organization_id", "--organization"),
        ("department_id", "--department"),
    ];
    filter.map_err(|error| Failure::of_call(&error, &arguments))
}

/// In so many days, as the service wants it: in milliseconds since 1970.
fn after(days: u32) -> Result<i64> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = now.map_err(|_| Failure::new(Class::SetUp, "the clock is before 1970"))?;
    let end = now.as_millis() + u128::from(days) * 86_400_000;
    i64::try_from(end).map_err(|_| Failure::usage("--expires-in-days: too far away"))
}

async fn delete(options: &Delete, context: &Context) -> Result<ExitCode> {
    let output = &context.output;
    if options.dry_run {
        let path = [("subscriptionId", options.id.as_str())];
        return change::dry_run("deleteSubscription", &path, None::<&()>, output);
    }
    let client = context.client()?;
    let question = format!(
        "End the subscription {}? Its events are lost then.",
        options.id
    );
    if !options.yes && !output.confirm(&question)? {
        return Err(Failure::usage("nothing was deleted"));
    }
    let call = client.subscriptions().delete(&options.id);
    call.await
        .map_err(|error| Failure::of_call(&error, &[("subscription_id", "ID")]))?;
    output.object(&Deleted {
        deleted: options.id.clone(),
    })?;
    output.say(&format!("deleted: {}", options.id))?;
    Ok(ExitCode::SUCCESS)
}

#[derive(serde::Serialize, schemars::JsonSchema)]
pub(crate) struct Deleted {
    /// The subscription's id.
    deleted: String,
}
