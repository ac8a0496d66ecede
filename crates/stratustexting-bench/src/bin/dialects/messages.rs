//! Messages: sent, and received by webhook.

use anyhow::Context;
use serde_json::Value;
use stratustexting::{
    Error, Media, Outcome, Response, SendOutcome,
    models::{SendResult, Site},
    webhook::{Event, EventFilter},
};
use stratustexting_sandbox::DeliveryState;

use crate::{
    contacts::has_no_body,
    job::collect,
    records::{Check, same_id},
    report::Report,
    setup::{CUSTOMER, Setup},
};

/// An SMS, an MMS, and one that the service rejects.
pub(crate) async fn send(setup: &Setup, report: &mut Report) {
    one(setup, report, "send SMS", "Your order is ready, Zoë.").await;

    let number = setup.sandbox.number();
    let media = [
        Media::from_bytes(
            "card.vcf",
            "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:X\r\nEND:VCARD\r\n",
        ),
        Media::from_bytes(
            "picture.svg",
            r#"<svg xmlns="http://www.w3.org/2000/svg"/>"#,
        ),
    ];
    let messages = setup.client.messages();
    let sent = messages
        .from(number)
        .send_mms(CUSTOMER, "Our card", media)
        .await;
    compare(setup, report, "send MMS", "Our card", &sent);
    read_what_was_sent(setup, report).await;

    let text = "Not from us";
    let rejected = messages.from(CUSTOMER).send_sms(CUSTOMER, text).await;
    compare(setup, report, "send from another's number", text, &rejected);
    if rejected.is_ok() {
        report.silent("send from another's number", "it is called accepted");
    }
}

/// Sends one SMS with a unique text.
pub(crate) async fn one(setup: &Setup, report: &mut Report, step: &str, text: &str) {
    let number = setup.sandbox.number();
    let messages = setup.client.messages();
    let sent = messages.from(number).send_sms(CUSTOMER, text).await;
    compare(setup, report, step, text, &sent);
}

/// Compares the outcome of a send with the records.
fn compare(
    setup: &Setup,
    report: &mut Report,
    step: &str,
    text: &str,
    outcome: &Result<Response<SendResult>, Error>,
) {
    let recorded = setup.sent(text);
    if recorded > 1 {
        report.twice(step);
    }
    match (outcome.outcome(), recorded, outcome) {
        (SendOutcome::Accepted, 1, _) => report.right(),
        (SendOutcome::Rejected | SendOutcome::NotSent, 0, _) => report.right(),
        // It was rejected, and the service says so in a success.
        (SendOutcome::Unknown, 0, Err(error)) if error.is_service_failure() => {
            report.explained(step, error);
        }
        // Unknown is never wrong, but the ticket must find the message.
        (SendOutcome::Unknown, _, Err(error)) if error.ticket().is_some() => {
            report.failed(step, error);
        }
        (outcome, count, _) => {
            report.silent(step, format!("{outcome:?}, with {count} sent"));
        }
    }
}

/// Reads the MMS by the id in its record.
async fn read_what_was_sent(setup: &Setup, report: &mut Report) {
    let sent = setup.sandbox.sent_messages();
    let Some(record) = sent.iter().find(|message| !message.media.is_empty()) else {
        return report.silent("read MMS", "the sandbox doesn't have it");
    };
    let read = setup.client.messages().get(&record.id).await;
    if let Some(read) = report.value("read MMS", read) {
        let mut check = Check::default();
        check.sent(record, &read);
        report.compared("read MMS", check.difference());
    }
}

/// Subscribes with the ids of a site, receives texts of customers, and deletes the
/// subscription.
pub(crate) async fn receive(
    setup: &Setup,
    report: &mut Report,
    sites: &[Site],
) -> anyhow::Result<()> {
    let own = sites.iter().find_map(|site| {
        let department = site.departments.as_deref()?.first()?;
        site.org_id.clone().zip(department.id.clone())
    });
    let Some((organization, department)) = own else {
        report.silent("subscribe", "no site has the ids that are needed");
        return Ok(());
    };
    let inbound = EventFilter::inbound(organization, department)?;
    let subscriptions = setup.client.subscriptions();
    let made = subscriptions
        .subscribe(&setup.callback.uri, [inbound])
        .await;
    let made = report.value("subscribe", made);
    let records = setup.sandbox.subscriptions();
    let [record] = records.as_slice() else {
        report.silent("subscribe", format!("the sandbox has {}", records.len()));
        return Ok(());
    };
    let mut id = None;
    if let Some(made) = made {
        if !has_no_body(&made, "subscribe", report) {
            let mut check = Check::default();
            check.subscription(record, &made);
            report.compared("subscribe", check.difference());
        }
        id = made.into_inner().id;
    }
    let listed = list(setup, report, record).await;

    texts(setup, report).await?;

    let Some(id) = id.or(listed) else {
        report.unexplained("delete subscription", "nothing says its id");
        return Ok(());
    };
    let deleted = subscriptions.delete(id).await;
    if report.value("delete subscription", deleted).is_some() {
        match setup.sandbox.subscriptions().len() {
            0 => report.right(),
            _ => report.silent("delete subscription", "the sandbox still has it"),
        }
    }
    Ok(())
}

/// Lists the subscriptions, and returns the id of the only one.
async fn list(setup: &Setup, report: &mut Report, record: &Value) -> Option<String> {
    let step = "list subscriptions";
    let listed = collect(setup.client.subscriptions().list(), step, report).await;
    let mut check = Check::default();
    match listed.as_slice() {
        [one] => check.subscription(record, one),
        other => check.wrong(format!("{} of 1 came", other.len())),
    }
    report.compared(step, check.difference());
    listed.into_iter().next()?.id
}

/// Customers text; each message must arrive and be readable by its id.
async fn texts(setup: &Setup, report: &mut Report) -> anyhow::Result<()> {
    let number = setup.sandbox.number();
    let mut texted = Vec::new();
    for text in ["Ist es fertig? Größe 42", "Привет", "Danke"] {
        let id = setup.sandbox.customer_texts(CUSTOMER, number, text).await?;
        texted.push((id, text));
    }
    setup.sandbox.deliveries_settled().await;
    let deliveries = setup.sandbox.deliveries();
    let delivered =
        |delivery: &&stratustexting_sandbox::Delivery| delivery.state == DeliveryState::Delivered;
    let delivered = deliveries.iter().filter(delivered).count();
    if delivered != texted.len() {
        let failed = texted.len() - delivered;
        report.unexplained("receive", format!("{failed} events were rejected"));
    }
    let events = setup.callback.events();
    if events.len() != delivered {
        let what = format!("{} of {delivered} delivered events", events.len());
        report.silent("receive", what);
    }
    for (id, text) in texted {
        let is_it = |event: &&Event| event.message_id().is_some_and(|shown| same_id(&id, shown));
        let Some(event) = events.iter().find(is_it) else {
            report.silent("receive", "an event names another message, or none");
            continue;
        };
        let shown = event.message_id().context("it was found by its id")?;
        let read = setup.client.messages().get(shown).await;
        if let Some(read) = report.value("read message", read) {
            let mut check = Check::default();
            check.message([CUSTOMER, number, text], &read);
            report.compared("read message", check.difference());
        }
    }
    Ok(())
}
