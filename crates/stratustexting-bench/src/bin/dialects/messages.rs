//! Messages: sent, and received by webhook.

use anyhow::Context;
use serde_json::Value;
use stratustexting::{
    Error, Media, Response, SendOutcome,
    models::{SendResult, Site},
    webhook::{Event, EventFilter},
};
use stratustexting_sandbox::DeliveryState;

use crate::{
    books::{Check, same_id},
    contacts::told_nothing,
    job::collect,
    report::Report,
    stage::{CUSTOMER, Stage},
};

/// An SMS, an MMS, and one that the service refuses.
pub(crate) async fn send(stage: &Stage, report: &mut Report) {
    one(stage, report, "send SMS", "Your order is ready, Zoë.").await;

    let number = stage.sandbox.number();
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
    let messages = stage.client.messages();
    let sent = messages.send_mms(number, CUSTOMER, "Our card", media).await;
    compare(stage, report, "send MMS", "Our card", &sent);
    read_what_was_sent(stage, report).await;

    let text = "Not from us";
    let refused = messages.send_sms(CUSTOMER, CUSTOMER, text).await;
    compare(stage, report, "send from another's number", text, &refused);
    if refused.is_ok() {
        report.silent("send from another's number", "it is called accepted");
    }
}

/// One SMS with a text that no other has.
pub(crate) async fn one(stage: &Stage, report: &mut Report, step: &str, text: &str) {
    let number = stage.sandbox.number();
    let messages = stage.client.messages();
    let sent = messages.send_sms(number, CUSTOMER, text).await;
    compare(stage, report, step, text, &sent);
}

/// Holds what is said of a send against the books.
fn compare(
    stage: &Stage,
    report: &mut Report,
    step: &str,
    text: &str,
    outcome: &Result<Response<SendResult>, Error>,
) {
    let in_the_books = stage.sent(text);
    if in_the_books > 1 {
        report.twice(step);
    }
    match (SendOutcome::of(outcome), in_the_books, outcome) {
        (SendOutcome::Accepted, 1, _) => report.right(),
        (SendOutcome::Rejected | SendOutcome::NotSent, 0, _) => report.right(),
        // It was refused, and the service says so in a success.
        (SendOutcome::Unknown, 0, Err(error)) if error.is_service_failure() => {
            report.told(step, error);
        }
        // Not known, which is never wrong; it has to be possible to find out.
        (SendOutcome::Unknown, _, Err(error)) if error.ticket().is_some() => {
            report.failed(step, error);
        }
        (outcome, count, _) => {
            report.silent(step, format!("{outcome:?}, with {count} in the books"));
        }
    }
}

/// The MMS, read by the id that the books have.
async fn read_what_was_sent(stage: &Stage, report: &mut Report) {
    let sent = stage.sandbox.sent_messages();
    let Some(book) = sent.iter().find(|message| !message.media.is_empty()) else {
        return report.silent("read MMS", "it isn't in the books");
    };
    let read = stage.client.messages().get(&book.id).await;
    if let Some(read) = report.value("read MMS", read) {
        let mut check = Check::default();
        check.sent(book, &read);
        report.compared("read MMS", check.difference());
    }
}

/// Subscribes by the ids that the sites have, receives what customers text, and ends the
/// subscription.
pub(crate) async fn receive(
    stage: &Stage,
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
    let subscriptions = stage.client.subscriptions();
    let made = subscriptions
        .subscribe(&stage.callback.uri, [inbound])
        .await;
    let made = report.value("subscribe", made);
    let books = stage.sandbox.subscriptions();
    let [book] = books.as_slice() else {
        report.silent("subscribe", format!("{} are in the books", books.len()));
        return Ok(());
    };
    let mut id = None;
    if let Some(made) = made {
        if !told_nothing(&made, "subscribe", report) {
            let mut check = Check::default();
            check.subscription(book, &made);
            report.compared("subscribe", check.difference());
        }
        id = made.into_inner().id;
    }
    let listed = list(stage, report, book).await;

    texts(stage, report).await?;

    let Some(id) = id.or(listed) else {
        report.unexplained("delete subscription", "nothing says its id");
        return Ok(());
    };
    let deleted = subscriptions.delete(id).await;
    if report.value("delete subscription", deleted).is_some() {
        match stage.sandbox.subscriptions().len() {
            0 => report.right(),
            _ => report.silent("delete subscription", "it is in the books"),
        }
    }
    Ok(())
}

/// Lists the subscriptions, and returns the id of the one that there is.
async fn list(stage: &Stage, report: &mut Report, book: &Value) -> Option<String> {
    let step = "list subscriptions";
    let listed = collect(stage.client.subscriptions().list(), step, report).await;
    let mut check = Check::default();
    match listed.as_slice() {
        [one] => check.subscription(book, one),
        other => check.wrong(format!("{} of 1 came", other.len())),
    }
    report.compared(step, check.difference());
    listed.into_iter().next()?.id
}

/// Customers text; each message has to arrive, and to be read by its id.
async fn texts(stage: &Stage, report: &mut Report) -> anyhow::Result<()> {
    let number = stage.sandbox.number();
    let mut texted = Vec::new();
    for text in ["Ist es fertig? Größe 42", "Привет", "Danke"] {
        let id = stage.sandbox.customer_texts(CUSTOMER, number, text).await?;
        texted.push((id, text));
    }
    stage.sandbox.deliveries_settled().await;
    let deliveries = stage.sandbox.deliveries();
    let delivered =
        |delivery: &&stratustexting_sandbox::Delivery| delivery.state == DeliveryState::Delivered;
    let delivered = deliveries.iter().filter(delivered).count();
    if delivered != texted.len() {
        let failed = texted.len() - delivered;
        report.unexplained("receive", format!("{failed} events were refused"));
    }
    let events = stage.callback.events();
    if events.len() != delivered {
        let what = format!("{} events of {delivered} that were answered", events.len());
        report.silent("receive", what);
    }
    for (id, text) in texted {
        let is_it = |event: &&Event| event.message_id().is_some_and(|shown| same_id(&id, shown));
        let Some(event) = events.iter().find(is_it) else {
            report.silent("receive", "an event names another message, or none");
            continue;
        };
        let shown = event.message_id().context("it was found by that")?;
        let read = stage.client.messages().get(shown).await;
        if let Some(read) = report.value("read message", read) {
            let mut check = Check::default();
            check.message([CUSTOMER, number, text], &read);
            report.compared("read message", check.difference());
        }
    }
    Ok(())
}
