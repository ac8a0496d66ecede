//! Each of the 20 operations: what the SDK puts on the wire, byte by byte, and what
//! it makes of the answer.
//!
//! The request's fixture is compared with what arrived at the sandbox; the answer's
//! fixture is what the sandbox is told to send, and what the typed answer has to
//! serialise back to.

use std::collections::BTreeMap;

use futures::TryStreamExt;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use stratustexting::{
    Client, ContactRef, Media, Response, Result,
    models::{ConsentType, ContactRequest, CustomConsentRequest, SubscriptionRequest},
};
use stratustexting_sandbox::{Entry, Sandbox, ScriptedResponse};

use crate::support::{Watched, fixture};

#[derive(Deserialize)]
struct Fixture {
    operation: String,
    request: Request,
    response: Reply,
}

#[derive(Deserialize)]
struct Request {
    method: String,
    path: String,
    query: Option<String>,
    headers: BTreeMap<String, String>,
    body: Option<String>,
}

#[derive(Deserialize)]
struct Reply {
    status: u16,
    headers: BTreeMap<String, String>,
    body: Value,
}

/// Runs one operation against a scripted answer, and compares what was sent and what
/// came of the answer with its fixture.
async fn check<T: Serialize>(
    operation: &str,
    call: impl AsyncFnOnce(Client, &Request) -> Result<Response<T>>,
) {
    let fixture: Fixture = fixture(&format!("operations/{operation}.json"));
    assert_eq!(fixture.operation, operation);
    let sandbox = Watched::start().await;
    sandbox.respond_next(operation, answer(&fixture.response));

    let response = call(sandbox.client(), &fixture.request).await.unwrap();

    assert_eq!(response.status().as_u16(), fixture.response.status);
    let typed = serde_json::to_value(&*response).unwrap();
    assert_eq!(
        typed, fixture.response.body,
        "{operation}: the typed answer"
    );
    let calls = sandbox.calls();
    assert_eq!(calls.len(), 1, "{operation}: one request");
    compare(&sandbox, &fixture.request, &calls[0]);
}

fn answer(reply: &Reply) -> ScriptedResponse {
    let mut answer = ScriptedResponse::new(reply.status);
    for (name, value) in &reply.headers {
        answer = answer.header(name, value);
    }
    match &reply.body {
        Value::Null => answer,
        body => answer.body(body.to_string()),
    }
}

fn compare(sandbox: &Watched, expected: &Request, entry: &Entry) {
    let base = url::Url::parse(sandbox.api_base()).unwrap();
    assert_eq!(entry.method, expected.method);
    assert_eq!(entry.path, format!("{}{}", base.path(), expected.path));
    assert_eq!(entry.query.as_deref(), expected.query.as_deref());

    let boundary = entry
        .header("content-type")
        .and_then(|value| value.split_once("boundary="))
        .map(|(_, boundary)| boundary.to_owned())
        .unwrap_or_default();
    let token = entry.header("authorization").unwrap_or_default();
    let token = token.trim_start_matches("Bearer ").to_owned();
    let length = entry.body.len().to_string();
    let host = format!("{}:{}", base.host_str().unwrap(), base.port().unwrap());
    let fill = |text: &str| {
        text.replace("<access_token>", &token)
            .replace("<api_key>", sandbox.api_key())
            .replace(
                "<user_agent>",
                concat!("stratustexting-rust/", env!("CARGO_PKG_VERSION")),
            )
            .replace("<host>", &host)
            .replace("<boundary>", &boundary)
            .replace("<length>", &length)
    };
    let arrived: BTreeMap<String, String> = entry
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), String::from_utf8(value.clone()).unwrap()))
        .collect();
    let wanted: BTreeMap<String, String> = expected
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), fill(value)))
        .collect();
    assert_eq!(arrived, wanted);
    assert!(
        token.starts_with("eyJ"),
        "the token is one of the sandbox's"
    );
    let body = expected.body.as_deref().map(fill).unwrap_or_default();
    assert_eq!(String::from_utf8_lossy(&entry.body), body);
}

/// A query parameter of the fixture, decoded.
fn parameter(request: &Request, name: &str) -> String {
    let query = request.query.as_deref().unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
        .unwrap_or_else(|| panic!("the fixture has no parameter {name}"))
}

/// A segment of the fixture's path, counted from the end, decoded.
fn segment(request: &Request, from_the_end: usize) -> String {
    let segment = request.path.rsplit('/').nth(from_the_end).unwrap();
    percent_encoding::percent_decode_str(segment)
        .decode_utf8()
        .unwrap()
        .into_owned()
}

/// The fixture's body, as the model that a caller fills in.
fn body<T: for<'de> Deserialize<'de>>(request: &Request) -> T {
    serde_json::from_str(request.body.as_deref().unwrap()).unwrap()
}

#[tokio::test]
async fn send_sms() {
    check("sendSms", async |client, request| {
        let (from, to) = (parameter(request, "from"), parameter(request, "to"));
        client
            .messages()
            .from(from)
            .send_sms(to, parameter(request, "text"))
            .await
    })
    .await;
}

#[tokio::test]
async fn send_sms_as_agent() {
    check("sendSmsAsAgent", async |client, request| {
        let (from, to) = (parameter(request, "from"), parameter(request, "to"));
        let text = parameter(request, "text");
        client
            .messages()
            .from(from)
            .send_sms_as_agent(segment(request, 0), to, text)
            .await
    })
    .await;
}

#[tokio::test]
async fn send_mms() {
    check("sendMms", async |client, request| {
        let (from, to) = (parameter(request, "from"), parameter(request, "to"));
        let text = parameter(request, "text");
        let media = files(request.body.as_deref().unwrap());
        client.messages().from(from).send_mms(to, text, media).await
    })
    .await;
}

/// The files of the fixture's form: name and contents of each part.
fn files(form: &str) -> Vec<Media> {
    form.split("--<boundary>")
        .filter_map(|part| part.split_once("\r\n\r\n"))
        .map(|(head, contents)| {
            let (_, name) = head.split_once("filename=\"").unwrap();
            let (name, _) = name.split_once('"').unwrap();
            let contents = contents.strip_suffix("\r\n").unwrap();
            Media::from_bytes(name, contents.to_owned())
        })
        .collect()
}

#[tokio::test]
async fn get_message_by_id() {
    check("getMessageById", async |client, request| {
        client.messages().get(segment(request, 0)).await
    })
    .await;
}

#[tokio::test]
async fn find_contact_by_mobile() {
    check("findContactByMobile", async |client, request| {
        client.contacts().find_by_mobile(segment(request, 0)).await
    })
    .await;
}

#[tokio::test]
async fn upsert_contact() {
    check("upsertContact", async |client, request| {
        client
            .contacts()
            .upsert(body::<ContactRequest>(request))
            .await
    })
    .await;
}

#[tokio::test]
async fn update_contact_by_mobile() {
    check("updateContactByMobile", async |client, request| {
        client
            .contacts()
            .update_by_mobile(segment(request, 0), body(request))
            .await
    })
    .await;
}

#[tokio::test]
async fn update_contact() {
    check("updateContact", async |client, request| {
        client
            .contacts()
            .update(segment(request, 0), body(request))
            .await
    })
    .await;
}

#[tokio::test]
async fn create_custom_consent() {
    check("createCustomConsent", async |client, request| {
        client
            .consents()
            .create(body::<CustomConsentRequest>(request))
            .await
    })
    .await;
}

#[tokio::test]
async fn update_custom_consent() {
    check("updateCustomConsent", async |client, request| {
        client
            .consents()
            .update(segment(request, 0), body(request))
            .await
    })
    .await;
}

#[tokio::test]
async fn get_custom_consent() {
    check("getCustomConsent", async |client, request| {
        client.consents().get(segment(request, 0)).await
    })
    .await;
}

#[tokio::test]
async fn change_custom_consent_status() {
    check("changeCustomConsentStatus", async |client, request| {
        let active = parameter(request, "active").parse().unwrap();
        client
            .consents()
            .set_active(segment(request, 1), active)
            .await
    })
    .await;
}

#[tokio::test]
async fn change_custom_consent_type() {
    check("changeCustomConsentType", async |client, request| {
        let change: Value = body(request);
        let text = |key: &str| change[key].as_str().map(str::to_owned);
        let contact = match text("contactId") {
            Some(id) => ContactRef::id(id),
            None => ContactRef::mobile(text("mobileNumber").unwrap()),
        };
        let consent_type = ConsentType::from(text("type").unwrap());
        let (consents, id) = (client.consents(), segment(request, 1));
        match text("action").as_deref() {
            Some("ADD") => consents.grant(id, contact, consent_type).await,
            _ => consents.revoke(id, contact, consent_type).await,
        }
    })
    .await;
}

#[tokio::test]
async fn upsert_subscription() {
    check("upsertSubscription", async |client, request| {
        client
            .subscriptions()
            .upsert(body::<SubscriptionRequest>(request))
            .await
    })
    .await;
}

#[tokio::test]
async fn delete_subscription() {
    check("deleteSubscription", async |client, request| {
        client.subscriptions().delete(segment(request, 0)).await
    })
    .await;
}

/// Like [`check`], for lists: one page of the size that the fixture asks for. Where the
/// page doesn't say that it is the last, the next one is asked for, which is empty.
async fn check_page<T: Serialize>(
    operation: &str,
    list: impl AsyncFnOnce(Client, &Request, u32) -> Result<Vec<T>>,
) {
    let fixture: Fixture = fixture(&format!("operations/{operation}.json"));
    assert_eq!(fixture.operation, operation);
    let sandbox = Watched::start().await;
    sandbox.respond_next(operation, answer(&fixture.response));
    let tells_the_end = fixture.response.body.get("last").is_some();
    if !tells_the_end {
        sandbox.respond_next(
            operation,
            ScriptedResponse::json(200, json!({"content": []})),
        );
    }

    let size = parameter(&fixture.request, "size").parse().unwrap();
    let items = list(sandbox.client(), &fixture.request, size)
        .await
        .unwrap();

    let typed = serde_json::to_value(items).unwrap();
    assert_eq!(
        typed, fixture.response.body["content"],
        "{operation}: the typed items"
    );
    let calls = sandbox.calls();
    assert_eq!(
        calls.len(),
        if tells_the_end { 1 } else { 2 },
        "{operation}"
    );
    compare(&sandbox, &fixture.request, &calls[0]);
}

#[tokio::test]
async fn list_contacts() {
    check_page("listContacts", async |client, _, size| {
        client
            .contacts()
            .list()
            .page_size(size)
            .try_collect::<Vec<_>>()
            .await
    })
    .await;
}

#[tokio::test]
async fn search_contacts() {
    check_page("searchContacts", async |client, request, size| {
        let found = client.contacts().search(parameter(request, "number"));
        found.page_size(size).try_collect::<Vec<_>>().await
    })
    .await;
}

#[tokio::test]
async fn list_custom_consents() {
    check_page("listCustomConsents", async |client, _, size| {
        client
            .consents()
            .list()
            .page_size(size)
            .try_collect::<Vec<_>>()
            .await
    })
    .await;
}

#[tokio::test]
async fn list_subscriptions() {
    check_page("listSubscriptions", async |client, _, size| {
        client
            .subscriptions()
            .list()
            .page_size(size)
            .try_collect::<Vec<_>>()
            .await
    })
    .await;
}

#[tokio::test]
async fn list_sites() {
    check_page("listSites", async |client, _, size| {
        client
            .sites()
            .list()
            .page_size(size)
            .try_collect::<Vec<_>>()
            .await
    })
    .await;
}

/// The generated client goes the same way, with the same bytes.
#[tokio::test]
async fn the_generated_client_sends_the_same_as_the_resource() {
    let fixture: Fixture = fixture("operations/sendSms.json");
    let sandbox = Watched::start().await;
    sandbox.respond_next("sendSms", answer(&fixture.response));
    let request = &fixture.request;

    let client = sandbox.client();
    let sent = client
        .api()
        .send_sms()
        .from(parameter(request, "from"))
        .to(parameter(request, "to"))
        .text(parameter(request, "text"))
        .send()
        .await
        .unwrap();

    assert_eq!(serde_json::to_value(&*sent).unwrap(), fixture.response.body);
    compare(&sandbox, request, &sandbox.calls()[0]);
}

/// So does a raw request.
#[tokio::test]
async fn a_raw_request_sends_the_same_as_the_resource() {
    let fixture: Fixture = fixture("operations/updateContact.json");
    let sandbox = Watched::start().await;
    sandbox.respond_next("updateContact", answer(&fixture.response));
    let request = &fixture.request;

    let response = sandbox
        .client()
        .request(http::Method::PUT, &request.path)
        .header("accept", "application/json")
        .body("application/json", request.body.clone().unwrap())
        .send()
        .await
        .unwrap();

    assert_eq!(response.json::<Value>().unwrap(), fixture.response.body);
    compare(&sandbox, request, &sandbox.calls()[0]);
}

/// None is sent twice, which gateways refuse.
#[tokio::test]
async fn a_header_of_a_raw_request_replaces_the_one_before() {
    let sandbox = Watched::start().await;
    let patch = "application/merge-patch+json";

    let request = sandbox.client().request(http::Method::POST, "/contact");
    let sent = request
        .header("content-type", "text/plain")
        .header("Content-Type", patch)
        .header("user-agent", "somebody/1")
        .json(&serde_json::json!({"firstName": "Ada"}))
        .send()
        .await;

    drop(sent);
    let call = &sandbox.calls()[0];
    // It has none of a header that was sent twice.
    assert_eq!(call.header("content-type"), Some(patch));
    assert_eq!(call.header("user-agent"), Some("somebody/1"));
}

/// Against the sandbox's own answers, nothing scripted: the two agree on the API.
#[tokio::test]
async fn every_operation_works_against_the_sandbox_as_it_is() {
    let sandbox = Watched::start().await;
    let client = sandbox.client();
    let (from, to) = (sandbox.number(), "+13035550123");

    client
        .messages()
        .from(from)
        .send_sms(to, "one")
        .await
        .unwrap();
    client
        .messages()
        .from(from)
        .send_sms_as_agent("agent@example.com", to, "two")
        .await
        .unwrap();
    let media = [Media::from_bytes("a.png", b"\x89PNG\r\n\x1a\n".as_slice())];
    client
        .messages()
        .from(from)
        .send_mms(to, "", media)
        .await
        .unwrap();
    let id = sandbox.customer_texts(to, from, "three").await.unwrap();
    let message = client.messages().get(&id).await.unwrap();
    assert_eq!(message.text.as_deref(), Some("three"));
    let sent: Vec<_> = sandbox
        .sent_messages()
        .into_iter()
        .map(|m| m.text)
        .collect();
    assert_eq!(sent, ["one", "two", ""]);

    let contact = ContactRequest::default()
        .with_mobile_number(to)
        .with_first_name("Ada");
    let created = client.contacts().upsert(contact).await.unwrap();
    let id = created.id.clone().unwrap();
    let change = ContactRequest::default().with_last_name("Example");
    client.contacts().update(&id, change).await.unwrap();
    let change = ContactRequest::default().with_company("Example Ltd");
    client
        .contacts()
        .update_by_mobile(to, change)
        .await
        .unwrap();
    let found = client.contacts().find_by_mobile(to).await.unwrap();
    assert_eq!(found.last_name.as_deref(), Some("Example"));
    assert_eq!(found.company.as_deref(), Some("Example Ltd"));
    let matches: Vec<_> = client
        .contacts()
        .search("3035550123")
        .try_collect()
        .await
        .unwrap();
    assert_eq!(matches.len(), 1);
    let all: Vec<_> = client.contacts().list().try_collect().await.unwrap();
    assert_eq!(all.len(), 21);

    let consent = CustomConsentRequest::default().with_name("Order updates");
    let consent = client.consents().create(consent).await.unwrap();
    let id = consent.id.clone().unwrap();
    let change = CustomConsentRequest::default().with_description("changed");
    client.consents().update(&id, change).await.unwrap();
    let inactive = client.consents().set_active(&id, false).await.unwrap();
    assert_eq!(inactive.active, Some(false));
    let ada = || ContactRef::mobile(to);
    client
        .consents()
        .grant(&id, ada(), "Informational")
        .await
        .unwrap();
    client
        .consents()
        .revoke(&id, ada(), "Informational")
        .await
        .unwrap();
    assert_eq!(
        client
            .consents()
            .get(&id)
            .await
            .unwrap()
            .description
            .as_deref(),
        Some("changed")
    );
    let consents: Vec<_> = client.consents().list().try_collect().await.unwrap();
    assert!(
        consents
            .iter()
            .any(|consent| consent.id.as_deref() == Some(&id))
    );

    assert!(client.sites().list().try_next().await.unwrap().is_none());
    let with_sites = Watched::of(Sandbox::builder().contacts(0).multisite(true)).await;
    let sites = with_sites.client().sites().list();
    let sites: Vec<_> = sites.try_collect().await.unwrap();
    let sandbox = &with_sites;
    assert_eq!(sites[0].org_id.as_deref(), Some(sandbox.organization_id()));
}
