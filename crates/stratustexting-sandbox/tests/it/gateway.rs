//! What is turned away before the application sees it, and in which words.

use serde_json::Value;
use stratustexting_sandbox::Sandbox;

use crate::support::{Api, CUSTOMER, answer, fixture};

/// The body of a fixture of a gateway's refusal, and its status.
fn refusal(name: &str) -> (u16, Value) {
    let fixture = fixture(&format!("errors/gateway-{name}.json"));
    let body = serde_json::from_str(fixture["body"].as_str().unwrap()).unwrap();
    (fixture["status"].as_u64().unwrap() as u16, body)
}

#[tokio::test]
async fn an_unknown_route_is_refused_whatever_the_credentials() {
    let api = Api::start().await;

    for (method, path) in [
        ("GET", "/contacts"),
        ("GET", "/message/sendsms"),
        ("POST", "/message"),
        ("DELETE", "/contact/1"),
        ("GET", "/contact/all/more"),
        ("GET", "/"),
    ] {
        let expected = refusal("missing-authentication-token");
        assert_eq!(api.call(method, path).await, expected, "{method} {path}");
        assert_eq!(
            answer(api.bare(method, path)).await,
            expected,
            "{method} {path}"
        );
    }
    for base in ["", "/production", "/other-prod"] {
        let elsewhere = api.api_base().replace("/stratustexting-prod", base);
        let (status, _) = answer(api.http.get(format!("{elsewhere}/site/all"))).await;
        assert_eq!(status, 403, "{base}");
    }
}

#[tokio::test]
async fn the_base_path_of_every_brand_is_served() {
    let api = Api::start().await;

    for (sent, base) in ["stratustexting-prod", "prod", "pdc-prod", "itc-prod"]
        .into_iter()
        .enumerate()
    {
        let base = api.api_base().replace("stratustexting-prod", base);
        let with_credentials = |method: &str, path: &str| {
            let request = api
                .http
                .request(method.parse().unwrap(), format!("{base}{path}"));
            request
                .bearer_auth(&api.token)
                .header("x-api-key", api.api_key())
        };
        let query = [("from", api.number()), ("to", CUSTOMER), ("text", "Hello")];
        let send = with_credentials("POST", "/message/sendsms").query(&query);

        assert_eq!(answer(send).await.0, 200, "{base}");
        assert_eq!(api.sent_messages().len(), sent + 1);
        assert_eq!(answer(with_credentials("GET", "/site/all")).await.0, 200);
        let by_segment = with_credentials("GET", "/contact/mobile/none");
        let (status, error) = answer(by_segment).await;
        assert_eq!(
            (status, &error["path"]),
            (400, &"/contact/mobile/none".into())
        );
        let entry = api.ledger().pop().unwrap();
        assert_eq!(entry.operation.as_deref(), Some("findContactByMobile"));
    }
}

#[tokio::test]
async fn a_token_is_asked_for_before_the_key_and_the_key_before_the_application() {
    let api = Api::start().await;
    let path = "/message/sendsms";

    let nothing = api.bare("POST", path);
    let bad_token = api
        .bare("POST", path)
        .bearer_auth("eyJhbGciOiJ")
        .header("x-api-key", "no");
    let basic = api
        .bare("POST", path)
        .basic_auth(api.client_id(), Some(api.client_secret()))
        .header("x-api-key", api.api_key());
    let two = api.request("POST", path).bearer_auth(&api.token);
    for request in [nothing, bad_token, basic, two] {
        assert_eq!(answer(request).await, refusal("unauthorized"));
    }

    let no_key = api.bare("POST", path).bearer_auth(&api.token);
    let bad_key = api
        .bare("POST", path)
        .bearer_auth(&api.token)
        .header("x-api-key", "no");
    for request in [no_key, bad_key] {
        assert_eq!(answer(request).await, refusal("forbidden"));
    }

    let (status, body) = api.call("POST", path).await;
    assert_eq!((status, &body["error"]), (400, &"Bad Request".into()));
}

#[tokio::test]
async fn a_token_is_good_for_its_scopes_and_its_time() {
    let builder = Sandbox::builder().contacts(1);
    let api = Api::of(builder.allow_machine_subscriptions(true)).await;
    let form = [
        ("grant_type", "client_credentials"),
        ("scope", "https://com.beetexting.scopes/ReadContact"),
    ];
    let request = api.http.post(api.token_url()).form(&form);
    let request = request.basic_auth(api.client_id(), Some(api.client_secret()));
    let (_, token) = answer(request).await;
    let with = |method, path| {
        api.bare(method, path)
            .bearer_auth(token["access_token"].as_str().unwrap())
            .header("x-api-key", api.api_key())
    };

    assert_eq!(answer(with("GET", "/contact/all")).await.0, 200);
    // No scope is known for these.
    assert_eq!(answer(with("GET", "/webhooksubscription/all")).await.0, 200);
    assert_eq!(
        answer(with("POST", "/message/sendsms")).await,
        refusal("forbidden")
    );
    assert_eq!(answer(with("POST", "/contact")).await, refusal("forbidden"));

    api.advance(std::time::Duration::from_secs(3_599));
    assert_eq!(answer(with("GET", "/contact/all")).await.0, 200);
    api.advance(std::time::Duration::from_secs(2));
    assert_eq!(
        answer(with("GET", "/contact/all")).await,
        refusal("unauthorized")
    );
}

#[tokio::test]
async fn an_operation_can_be_left_out() {
    let builder = Sandbox::builder().contacts(1);
    let api = Api::of(builder.without_operation("listContacts")).await;

    let expected = refusal("missing-authentication-token");
    assert_eq!(api.call("GET", "/contact/all").await, expected);
    assert_eq!(api.call("GET", "/site/all").await.0, 200);
    let misspelt = Sandbox::builder()
        .without_operation("listContact")
        .start()
        .await;
    assert!(misspelt.unwrap_err().to_string().contains("listContact"));
}
