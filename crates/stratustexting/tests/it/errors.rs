//! Every error shape, from whoever is in front of the service or in it, reaches the
//! caller with status, headers and body.

use std::collections::BTreeMap;

use serde::Deserialize;
use stratustexting::Error;
use stratustexting_sandbox::ScriptedResponse;

use crate::support::{TEXT, Watched, folder};

#[derive(Deserialize)]
struct Fixture {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
    message: Option<String>,
}

impl Fixture {
    fn answer(&self) -> ScriptedResponse {
        let mut answer = ScriptedResponse::new(self.status).body(self.body.clone());
        for (name, value) in &self.headers {
            answer = answer.header(name, value);
        }
        answer
    }

    fn compare(&self, name: &str, error: &Error) {
        assert_eq!(
            error.status().map(|s| s.as_u16()),
            Some(self.status),
            "{name}"
        );
        let headers = error.headers().unwrap();
        for (header, value) in &self.headers {
            assert_eq!(headers[header.as_str()].to_str().unwrap(), value, "{name}");
        }
        assert_eq!(
            error.body().unwrap().as_ref(),
            self.body.as_bytes(),
            "{name}"
        );
        assert_eq!(error.service_message(), self.message, "{name}");
    }
}

#[tokio::test]
async fn every_shape_reaches_the_caller_of_a_resource_whole() {
    for (name, fixture) in folder::<Fixture>("errors") {
        let sandbox = Watched::start().await;
        let client = sandbox.one_attempt();
        sandbox.respond_next("getMessageById", fixture.answer());

        let error = client
            .messages()
            .get("69cc03a05b7e4d0012ab34cf")
            .await
            .unwrap_err();

        fixture.compare(&name, &error);
        assert_eq!(error.operation(), Some("getMessageById"));
        assert!(error.may_have_been_sent());
        let shown = format!("{error} {error:?}");
        // The name of a status is no quotation, even where the service says the same.
        let name_of_status = error.status().and_then(|status| status.canonical_reason());
        let quoted = fixture
            .message
            .as_deref()
            .filter(|message| Some(*message) != name_of_status && shown.contains(*message));
        assert_eq!(quoted, None, "{name}: an error doesn't quote the service");
    }
}

#[tokio::test]
async fn every_shape_reaches_the_caller_of_the_generated_client_whole() {
    for (name, fixture) in folder::<Fixture>("errors") {
        let sandbox = Watched::start().await;
        let client = sandbox.one_attempt();
        sandbox.respond_next("listSites", fixture.answer());

        let error = client.api().list_sites().send().await.unwrap_err();

        assert_eq!(
            error.status().map(|s| s.as_u16()),
            Some(fixture.status),
            "{name}"
        );
        fixture.compare(&name, &Error::from(error));
    }
}

/// A wrong `token_url` doesn't mean that a contact is missing, nor that texts go too fast.
#[tokio::test]
async fn the_token_endpoints_status_is_not_the_operations() {
    for status in [404, 429] {
        let sandbox = Watched::start().await;
        // Each attempt of a call that may be repeated asks anew.
        for _ in 0..10 {
            sandbox.respond_next(
                "token",
                stratustexting_sandbox::ScriptedResponse::new(status),
            );
        }

        let contacts = sandbox.client().contacts();
        let found = contacts.find_by_mobile("+13035550123");
        let error = found
            .timeout(std::time::Duration::from_secs(1))
            .await
            .unwrap_err();

        assert!(error.is_token_rejected(), "{error:?}");
        assert_eq!(error.status().map(|status| status.as_u16()), Some(status));
        assert!(!error.is_not_found() && !error.is_rate_limited() && !error.is_status());
        assert!(!error.may_have_been_sent());
    }
}

#[tokio::test]
async fn every_shape_reaches_the_caller_of_a_raw_request_whole() {
    for (name, fixture) in folder::<Fixture>("errors") {
        let sandbox = Watched::start().await;
        sandbox.respond_next("listSites", fixture.answer());

        let request = sandbox
            .one_attempt()
            .request(http::Method::GET, "/site/all");
        let error = request.send().await.unwrap_err();

        fixture.compare(&name, &error);
    }
}

#[tokio::test]
async fn every_shape_of_the_token_endpoint_reaches_the_caller_whole() {
    for (name, fixture) in folder::<Fixture>("errors") {
        let sandbox = Watched::start().await;
        sandbox.respond_next("token", fixture.answer());

        let error = sandbox.one_attempt().messages().get("m").await.unwrap_err();

        fixture.compare(&name, &error);
        assert!(error.is_auth(), "{name}");
        assert!(!error.may_have_been_sent(), "{name}");
        assert!(sandbox.calls().is_empty(), "{name}");
    }
}

#[tokio::test]
async fn a_success_that_is_not_the_promised_json_keeps_the_answer() {
    for (body, content_type, reason) in [
        ("<html>portal</html>", "text/html", ""),
        ("", "application/json", "it is empty"),
        (
            "{\"result\": 5}",
            "application/json",
            "an object with the keys result",
        ),
        ("{\"result\": \"cut", "application/json", "ends too early"),
        ("{result: 1}", "application/json", "not JSON, at line 1"),
    ] {
        let sandbox = Watched::start().await;
        let answer = ScriptedResponse::new(200)
            .header("content-type", content_type)
            .body(body);
        sandbox.respond_next("sendSms", answer);

        let messages = sandbox.one_attempt().messages();
        let error = messages
            .from(sandbox.number())
            .send_sms("+13035550123", TEXT)
            .await
            .unwrap_err();

        assert!(error.is_decode(), "{body}: {error:?}");
        let source = std::error::Error::source(&error).map(ToString::to_string);
        let source = source.unwrap_or_default();
        assert!(source.contains(reason), "{body}: {source}");
        assert_eq!(error.status().map(|s| s.as_u16()), Some(200));
        assert_eq!(error.headers().unwrap()["content-type"], content_type);
        assert_eq!(error.body().unwrap().as_ref(), body.as_bytes());
        assert!(error.may_have_been_sent());
    }
}

#[tokio::test]
async fn an_error_of_an_inferred_operation_says_that_it_is_inferred() {
    let sandbox = Watched::of(
        stratustexting_sandbox::Sandbox::builder()
            .contacts(1)
            .without_operation("listContacts")
            .without_operation("getMessageById"),
    )
    .await;
    let client = sandbox.one_attempt();

    let inferred = client.api().list_contacts().send().await.unwrap_err();
    let documented = client.messages().get("m").await.unwrap_err();

    let inferred = Error::from(inferred);
    assert_eq!(
        inferred.service_message().as_deref(),
        Some("Missing Authentication Token")
    );
    assert!(inferred.to_string().contains("inferred"), "{inferred}");
    assert!(!documented.to_string().contains("inferred"), "{documented}");
}

#[tokio::test]
async fn a_refusal_without_an_answer_names_the_reason() {
    let sandbox = Watched::start().await;
    let client = sandbox
        .builder()
        .credentials(sandbox.machine())
        .api_base("http://127.0.0.1:1/prod")
        .build()
        .unwrap();

    let messages = client.messages();
    let error = messages
        .from(sandbox.number())
        .send_sms("+13035550123", TEXT)
        .await
        .unwrap_err();

    assert!(error.is_connect(), "{error:?}");
    assert!(!error.may_have_been_sent());
    assert_eq!(error.status(), None);
}
