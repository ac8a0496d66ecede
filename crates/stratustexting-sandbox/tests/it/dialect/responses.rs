//! Statuses, how JSON is encoded, rejections, paths, events.

use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use stratustexting_sandbox::{
    Dialect, Sandbox, ScriptedResponse,
    dialect::{
        Events, ExpiredToken, Failures, Ids, Paths, RefusedRefresh, SuccessStatus, Text, Times,
    },
};

use super::reader::lenient;
use crate::support::{Api, CUSTOMER, Callback, fetch};

async fn start(dialect: Dialect) -> Api {
    Api::of(
        Sandbox::builder()
            .contacts(3)
            .allow_machine_subscriptions(true)
            .dialect(dialect),
    )
    .await
}

fn send(api: &Api) -> RequestBuilder {
    let query = [("from", api.number()), ("to", CUSTOMER), ("text", "hi")];
    api.request("POST", "/message/sendsms").query(&query)
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response
        .headers()
        .get(name)
        .map(|value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_success_has_the_status_that_the_dialect_says() {
    for (kind, sent, made, changed) in [
        (SuccessStatus::Plain, 200, 200, 200),
        (SuccessStatus::Created, 202, 201, 200),
        (SuccessStatus::NoContent, 200, 200, 204),
    ] {
        let api = start(Dialect::none().success_status(kind)).await;
        assert_eq!(fetch(send(&api)).await.0, sent);
        let (status, contact) = api
            .post("/contact", json!({"mobileNumber": CUSTOMER}))
            .await;
        assert_eq!(status, made);
        let (status, consent) = api.post("/customconsent", json!({"name": "News"})).await;
        assert_eq!(status, made);
        let contact = format!("/contact/{}", contact["id"].as_str().unwrap());
        let consent = format!("/customconsent/{}", consent["id"].as_str().unwrap());
        for request in [
            api.request("PUT", &contact)
                .json(&json!({"lastName": "Changed"})),
            api.request("PUT", &consent)
                .json(&json!({"name": "Changed"})),
            api.request("POST", &format!("{consent}/change?active=false")),
        ] {
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), changed, "{kind:?}");
            let is_empty = response.bytes().await.unwrap().is_empty();
            assert_eq!(is_empty, changed == 204);
        }
        assert_eq!(api.call("GET", &consent).await.1["name"], "Changed");
        assert_eq!(api.sent_messages().len(), 1);
        assert!(api.ledger().iter().all(|entry| entry.carried_out));
    }
}

#[tokio::test]
async fn json_is_encoded_as_the_dialect_says_with_the_same_content() {
    let api = start(Dialect::none()).await;
    let name = json!({"mobileNumber": CUSTOMER, "firstName": "Zoë", "lastName": "Dąbrowski"});
    let (_, contact) = api.post("/contact", name).await;
    let path = "/contact/mobile/%2B13035550123";
    for text in Text::ALL {
        api.set_dialect(Dialect::none().text(*text));
        let response = api.request("GET", path).send().await.unwrap();
        let kind = header(&response, "content-type").unwrap().to_owned();
        let encoding = header(&response, "content-encoding").map(str::to_owned);
        let bytes = response.bytes().await.unwrap();
        let as_text = String::from_utf8_lossy(&bytes);
        let is_html = kind.starts_with("text/html");
        assert_eq!(is_html, *text == Text::NamedHtml);
        assert_eq!(encoding.as_deref() == Some("gzip"), *text == Text::Gzip);
        assert_eq!(bytes.starts_with(b"\x1f\x8b"), *text == Text::Gzip);
        assert_eq!(
            bytes.starts_with(b"\xef\xbb\xbf"),
            *text == Text::ByteOrderMark
        );
        let latin = [&b"Zo\xeb\""[..], br#""D\u0105browski""#];
        for part in latin {
            let has = bytes.windows(part.len()).any(|window| window == part);
            assert_eq!(has, *text == Text::Latin1, "{text:?}");
        }
        let is_cut = as_text.contains(r#"browski\ud83d""#);
        assert_eq!(is_cut, *text == Text::LoneSurrogate);
        let ids = as_text.matches(r#""id":"#).count();
        let expected = match text {
            Text::DuplicateKey => 2,
            Text::Gzip => 0,
            _ => 1,
        };
        assert_eq!(ids, expected, "{text:?}");

        let (_, mut read) = lenient(api.request("GET", path)).await;
        if *text == Text::LoneSurrogate {
            assert_eq!(read["lastName"], "Dąbrowski\u{fffd}");
            read["lastName"] = contact["lastName"].clone();
        }
        assert_eq!(read, contact, "{text:?}");
    }
}

#[tokio::test]
async fn an_expired_token_is_rejected_as_the_dialect_says_and_a_missing_one_as_usual() {
    for (kind, status, name, value) in [
        (
            ExpiredToken::Unauthorized,
            401,
            "content-type",
            "application/json",
        ),
        (
            ExpiredToken::ForbiddenErrorType,
            403,
            "x-amzn-errortype",
            "ExpiredTokenException",
        ),
        (
            ExpiredToken::ForbiddenChallenge,
            403,
            "www-authenticate",
            "Bearer error=\"invalid_token\"",
        ),
    ] {
        let api = start(Dialect::none().expired_token(kind)).await;
        assert_eq!(api.call("GET", "/site/all").await.0, 200);
        api.expire_access_tokens();
        let response = api.request("GET", "/site/all").send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), header(&response, name)),
            (status, Some(value))
        );
        assert!(response.json::<Value>().await.unwrap()["message"].is_string());
        assert_eq!(fetch(send(&api)).await.0, status);
        assert!(api.sent_messages().is_empty());
        assert_eq!(fetch(api.bare("GET", "/site/all")).await.0, 401);
    }
}

#[tokio::test]
async fn a_refresh_token_is_rejected_as_the_dialect_says_and_other_requests_as_usual() {
    let error = |word: &str| json!({"error": word}).to_string();
    let with_mark = format!("\u{feff}{}", error("invalid_grant"));
    let revoked = json!({"error": "invalid_request", "error_description": "refresh token revoked"});
    let api = start(Dialect::none()).await;
    for (kind, expected) in [
        (RefusedRefresh::InvalidGrant, error("invalid_grant")),
        (RefusedRefresh::InvalidToken, error("invalid_token")),
        (RefusedRefresh::UpperCase, error("INVALID_GRANT")),
        (RefusedRefresh::InvalidRequest, revoked.to_string()),
        (RefusedRefresh::Form, "error=invalid_grant".to_owned()),
        (RefusedRefresh::ByteOrderMark, with_mark),
    ] {
        api.set_dialect(Dialect::none().refused_refresh(kind));
        let send_form = async |form: &[(&str, &str)]| {
            let request = api.http.post(api.token_url()).form(form);
            let request = request.basic_auth(api.client_id(), Some(api.client_secret()));
            let response = request.send().await.unwrap();
            let form =
                header(&response, "content-type") == Some("application/x-www-form-urlencoded");
            let status = response.status().as_u16();
            let bytes = response.bytes().await.unwrap();
            (status, form, String::from_utf8(bytes.to_vec()).unwrap())
        };
        let rejected =
            send_form(&[("grant_type", "refresh_token"), ("refresh_token", "gone")]).await;
        assert_eq!(rejected, (400, kind == RefusedRefresh::Form, expected));
        let code = [
            ("grant_type", "authorization_code"),
            ("code", "gone"),
            ("redirect_uri", "x"),
        ];
        assert_eq!(send_form(&code).await, (400, false, error("invalid_grant")));
        assert_eq!(
            send_form(&[("grant_type", "client_credentials")]).await.0,
            200
        );
    }
}

#[tokio::test]
async fn the_applications_errors_can_look_like_successes() {
    let api = start(Dialect::none().failures(Failures::SuccessFalse)).await;
    let request = api
        .request("POST", "/message/sendsms")
        .query(&[("to", CUSTOMER)]);

    let (status, body) = fetch(request).await;

    assert_eq!((status, &body["success"]), (200, &json!(false)));
    assert!(body["message"].as_str().unwrap().contains("text"), "{body}");
    assert!(api.sent_messages().is_empty());
    let last = api.ledger().pop().unwrap();
    assert_eq!((last.status, last.carried_out), (200, false));
    // The gateway's are as usual.
    assert_eq!(api.call("GET", "/nowhere").await.0, 403);
    assert_eq!(fetch(api.bare("GET", "/site/all")).await.0, 401);
}

#[tokio::test]
async fn the_contact_group_can_have_verbs_in_its_paths() {
    let dialect = Dialect::none()
        .path_style(Paths::Verbs)
        .failures(Failures::Status);
    let api = start(dialect).await;
    assert_eq!(dialect.paths().len(), 6);
    let (_, page) = api.call("GET", "/contact/getallcontacts?size=1").await;
    let id = page["content"][0]["id"].as_str().unwrap();
    for (operation, method, template) in dialect.paths() {
        let path = template.replace("{mobileNumber}", "%2B13035550123");
        let path = path.replace("{contactId}", id);
        let mut request = api.request(method, &path);
        if *method != "GET" {
            // The upsert comes first, and creates the contact.
            let body = match *operation {
                "updateContact" => json!({}),
                _ => json!({"mobileNumber": CUSTOMER}),
            };
            request = request.json(&body);
        }
        let request = match *operation {
            "searchContacts" => request.query(&[("number", "555")]),
            "findContactByMobile" => {
                api.post("/contact/createorupdate", json!({"mobileNumber": CUSTOMER}))
                    .await;
                request
            }
            _ => request,
        };
        assert_eq!(fetch(request).await.0, 200, "{operation}");
        let entry = api.ledger().pop().unwrap();
        assert_eq!(entry.operation.as_deref(), Some(*operation));
        assert_eq!(entry.path, format!("/stratustexting-prod{path}"));
    }
    let rejection = json!({"message": "Missing Authentication Token"});
    for (method, path) in [
        ("GET", "/contact/all"),
        ("POST", "/contact"),
        ("PUT", "/contact/x"),
    ] {
        assert_eq!(
            api.call(method, path).await,
            (403, rejection.clone()),
            "{path}"
        );
    }
    let (status, error) = api.call("GET", "/contact/getbymobile/no").await;
    assert_eq!(
        (status, &error["path"]),
        (400, &json!("/contact/getbymobile/no"))
    );
}

#[tokio::test]
async fn a_scripted_response_is_not_translated() {
    let api = start(Dialect::from_seed(3)).await;
    let body = json!({"content": [{"id": "1"}]});
    api.respond_next("listSites", ScriptedResponse::json(200, body.clone()));

    assert_eq!(api.call("GET", "/site/all").await, (200, body));
}

async fn subscribe(api: &Api, callback: &Callback) {
    let filter = api.filter("message?direction=inbound");
    let body = json!({"uri": callback.uri, "eventFilters": [filter], "expiresDateInMillies": 1});
    let (status, body) = api.post("/webhooksubscription", body).await;
    assert_eq!(status, 200, "{body}");
}

#[tokio::test]
async fn an_event_has_the_dialects_types_and_its_message_is_found_by_them() {
    let api = start(Dialect::none()).await;
    let mut callback = Callback::start().await;
    subscribe(&api, &callback).await;
    let mut event = async |dialect| {
        api.set_dialect(dialect);
        let id = api
            .customer_texts(CUSTOMER, api.number(), "hi")
            .await
            .unwrap();
        (id, callback.events.recv().await.unwrap())
    };

    let (id, numbers) = event(Dialect::none().events(Events::Numbers)).await;
    // The message can be read by the number, and by its own id.
    let shown = numbers["messageInfo"]["messageId"].to_string();
    for id in [id, shown] {
        let path = format!("/message/getmessagebyid/{id}");
        assert_eq!(api.call("GET", &path).await.1["text"], "hi");
    }
    for pointer in [
        "/uuid",
        "/timestamp",
        "/subscriptionId",
        "/messageInfo/messageId",
    ] {
        assert!(
            numbers.pointer(pointer).unwrap().is_u64(),
            "{pointer}: {numbers}"
        );
    }
    let (_, both) = event(
        Dialect::none()
            .ids(Ids::Number)
            .times(Times::EpochMillisText),
    )
    .await;
    assert!(both["messageInfo"]["messageId"].is_u64() && both["timestamp"].is_string());
    let path = format!(
        "/message/getmessagebyid/{}",
        both["messageInfo"]["messageId"]
    );
    assert_eq!(api.call("GET", &path).await.1["text"], "hi");

    let (id, nested) = event(Dialect::none().events(Events::Nested)).await;
    assert_eq!(nested["messageInfo"]["messageId"], id);
    assert_eq!(
        nested["messageInfo"]["conversation"]["messageInfo"]["id"],
        id
    );
    let (id, list) = event(Dialect::none().events(Events::ArrayOfOne)).await;
    assert_eq!(list.as_array().map(Vec::len), Some(1));
    assert_eq!(list[0]["messageInfo"]["messageId"], id);
    // The sandbox's own data is unchanged.
    assert!(
        api.deliveries()
            .iter()
            .all(|delivery| delivery.payload["uuid"].is_string())
    );
}

#[tokio::test]
async fn waiting_events_are_posted_in_one_batch_until_it_is_accepted() {
    let dialect = Dialect::none().events(Events::Batch);
    let wait = std::time::Duration::ZERO;
    let builder = Sandbox::builder()
        .allow_machine_subscriptions(true)
        .contacts(3)
        .dialect(dialect)
        .webhook_retry_wait(wait);
    let api = Api::of(builder).await;
    let mut callback = Callback::failing(1).await;
    subscribe(&api, &callback).await;
    let mut ids = Vec::new();
    // There is no await in between, so nothing is posted in between.
    for _ in 0..3 {
        ids.push(
            api.customer_texts(CUSTOMER, api.number(), "hi")
                .await
                .unwrap(),
        );
    }

    let (rejected, accepted) = (
        callback.events.recv().await.unwrap(),
        callback.events.recv().await.unwrap(),
    );
    api.deliveries_settled().await;

    assert_eq!(rejected, accepted);
    let posted: Vec<&str> = accepted
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["messageInfo"]["messageId"].as_str().unwrap())
        .collect();
    assert_eq!(posted, ids);
    assert!(callback.events.try_recv().is_err());
    for delivery in api.deliveries() {
        assert_eq!((delivery.attempts, delivery.last_status), (2, Some(204)));
    }

    let one = api
        .customer_texts(CUSTOMER, api.number(), "hi")
        .await
        .unwrap();
    let batch = callback.events.recv().await.unwrap();
    assert_eq!(batch.as_array().map(Vec::len), Some(1));
    assert_eq!(batch[0]["messageInfo"]["messageId"], one);
}

#[tokio::test]
async fn a_batch_fails_after_the_last_attempt() {
    let dialect = Dialect::none().events(Events::Batch);
    let wait = std::time::Duration::ZERO;
    let builder = Sandbox::builder()
        .allow_machine_subscriptions(true)
        .contacts(3)
        .dialect(dialect)
        .webhook_retry_wait(wait);
    let api = Api::of(builder).await;
    let callback = Callback::failing(9).await;
    subscribe(&api, &callback).await;
    for _ in 0..2 {
        api.customer_texts(CUSTOMER, api.number(), "hi")
            .await
            .unwrap();
    }

    api.deliveries_settled().await;

    for delivery in api.deliveries() {
        assert_eq!(delivery.attempts, 3);
        assert_eq!(
            delivery.state,
            stratustexting_sandbox::DeliveryState::Failed
        );
    }
}
