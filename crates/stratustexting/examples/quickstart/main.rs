//! The main job, end to end: log in, send, page, receive.
//!
//! ```text
//! cargo run -p stratustexting --example quickstart
//! ```
//!
//! It starts a sandbox on a free port of this machine, so it needs no account and
//! sends nothing to anybody. With `--live` it talks to the real service, with the
//! environment variables of `Client::from_env` and those in `settings.rs`. There it
//! only reads, unless it is told to send (`--to NUMBER`) or to write contacts, consents
//! and subscriptions (`--write`).

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the program says what it does"
)]

mod browser;
mod service;
mod settings;
mod webhook;

use std::{error::Error, process::ExitCode};

use stratustexting::{
    Client, ContactRef, Media,
    models::{ContactRequest, CustomConsentRequest},
    webhook::EventFilter,
};

use self::{service::Service, settings::Settings};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match Settings::of_program() {
        Ok(settings) => run(settings).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("failed: {error}");
            let mut source = error.source();
            while let Some(error) = source {
                eprintln!("  because: {error}");
                source = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

async fn run(settings: Settings) -> Outcome {
    let service = Service::start(settings).await?;
    let client = service.client()?;
    let outcome = use_all(&client, &service).await;
    // A renewal may be under way, and the end of the program would cut it off.
    client.auth().wait_for_renewal().await;
    outcome
}

async fn use_all(client: &Client, service: &Service) -> Outcome {
    log_in(client, service).await?;
    send(client, service).await?;
    page_through_contacts(client).await?;
    if service.may_write() {
        write_contact(client).await?;
        create_consent(client).await?;
    }
    let department = list_sites(client).await?;
    if service.may_write() {
        receive(client, service, department).await?;
    }
    list_subscriptions(client).await?;
    println!("done");
    Ok(())
}

async fn log_in(client: &Client, service: &Service) -> Outcome {
    step("log in by the browser");
    if client.auth().is_logged_in().await? {
        done("there is a login already");
        return Ok(());
    }
    service.log_in(client).await?;
    done("an access token and a refresh token are stored");
    Ok(())
}

async fn send(client: &Client, service: &Service) -> Outcome {
    let Some(to) = service.recipient() else {
        step("send nothing, since there is no --to");
        return Ok(());
    };
    let messages = client.messages();
    step("send an SMS");
    let sent = messages.send_sms(to, "Your order is ready.").await?;
    done(sent.result.as_deref().unwrap_or("accepted"));

    step("send an MMS with two files");
    let card = "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Example Ltd\r\nEND:VCARD\r\n";
    let picture = r#"<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>"#;
    let media = [
        Media::from_bytes("card.vcf", card),
        Media::from_bytes("picture.svg", picture),
    ];
    let sent = messages.send_mms(to, "Our card", media).await?;
    done(sent.result.as_deref().unwrap_or("accepted"));
    Ok(())
}

async fn page_through_contacts(client: &Client) -> Outcome {
    step("page through all contacts");
    let mut contacts = client.contacts().list().page_size(200);
    let mut count = 0;
    while contacts.next_item().await?.is_some() {
        count += 1;
        if count % 200 == 0 {
            println!("    {count} so far");
        }
    }
    done(&format!("{count} contacts"));
    Ok(())
}

async fn write_contact(client: &Client) -> Outcome {
    const NUMBER: &str = "+12025550199";
    step("create a contact, and find it by its number");
    let contact = ContactRequest::default()
        .with_mobile_number(NUMBER)
        .with_first_name("Ada")
        .with_last_name("Example");
    client.contacts().upsert(contact).await?;
    let found = client.contacts().find_by_mobile(NUMBER).await?;
    if found.first_name.as_deref() != Some("Ada") {
        return Err("the contact that was found is another".into());
    }
    done(&format!("found as {}", found.id.as_deref().unwrap_or("?")));
    Ok(())
}

async fn create_consent(client: &Client) -> Outcome {
    step("create a custom consent, and grant it to the contact");
    let consent = CustomConsentRequest::default()
        .with_name("Order updates")
        .with_description("Texts about the state of an order");
    let consent = client.consents().create(consent).await?;
    let id = consent.id.clone().ok_or("the consent has no id")?;
    let contact = ContactRef::mobile("+12025550199");
    client
        .consents()
        .grant(&id, contact, "Informational")
        .await?;
    done(&format!("consent {id}"));
    Ok(())
}

/// Lists the sites, and returns organization and department of the first.
async fn list_sites(client: &Client) -> Outcome<Option<(String, String)>> {
    step("list sites");
    let mut first = None;
    let mut sites = client.sites().list();
    while let Some(site) = sites.next_item().await? {
        let departments = site.departments.unwrap_or_default();
        done(&format!(
            "{} with {} departments",
            site.name.as_deref().unwrap_or("?"),
            departments.len()
        ));
        let department = departments.into_iter().find_map(|department| department.id);
        first = first.or(site.org_id.zip(department));
    }
    Ok(first)
}

async fn receive(
    client: &Client,
    service: &Service,
    department: Option<(String, String)>,
) -> Outcome {
    let Some((mut webhook, uri)) = service.webhook().await? else {
        step("subscribe to nothing, since the service can't reach this program");
        return Ok(());
    };
    step("subscribe to inbound messages");
    let (organization, department) = department.ok_or("no site has a department")?;
    let inbound = EventFilter::inbound(organization, department)?;
    let subscription = client.subscriptions().subscribe(uri, [inbound]).await?;
    let id = subscription
        .id
        .clone()
        .ok_or("the subscription has no id")?;
    done(&format!("subscription {id}"));

    step("receive a message");
    service.customer_texts("Is it ready?").await?;
    let event = tokio::time::timeout(service.timeout(), webhook.next_event()).await??;
    let message_id = event.message_id().ok_or("the event names no message")?;
    let message = client.messages().get(message_id).await?;
    done(&format!(
        "message {message_id} with {} characters",
        message.text.as_deref().unwrap_or_default().chars().count()
    ));
    Ok(())
}

async fn list_subscriptions(client: &Client) -> Outcome {
    step("list subscriptions");
    let subscriptions = client.subscriptions().list().collect_up_to(1_000).await?;
    done(&format!("{} subscriptions", subscriptions.len()));
    Ok(())
}

fn step(what: &str) {
    println!("* {what}");
}

fn done(what: &str) {
    println!("    {what}");
}
