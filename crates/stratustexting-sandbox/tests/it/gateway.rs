//! What the gateway rejects before the application sees it, and in which words.

use serde_json::{Value, json};
use stratustexting_sandbox::{Commit, Fault, Sandbox};

use crate::support::{Api, CUSTOMER, fetch, fixture};

/// Status and body of the gateway's rejection in a fixture.
fn rejection(name: &str) -> (u16, Value) {
    let fixture = fixture(&format!("errors/gateway-{name}.json"));
    let body = serde_json::from_str(fixture["body"].as_str().unwrap()).unwrap();
    (fixture["status"].as_u64().unwrap() as u16, body)
}

#[tokio::test]
async fn an_unknown_route_is_rejected_whatever_the_credentials() {
    let api = Api::start().await;

    for (method, path) in [
        ("GET", "/contacts"),
        ("GET", "/message/sendsms"),
        ("POST", "/message"),
        ("DELETE", "/contact/1"),
        ("GET", "/contact/all/more"),
        ("GET", "/"),
    ] {
        let expected = rejection("missing-authentication-token");
        assert_eq!(api.call(method, path).await, expected, "{method} {path}");
        assert_eq!(
            fetch(api.bare(method, path)).await,
            expected,
            "{method} {path}"
        );
    }
    for base in ["", "/production", "/other-prod"] {
        let elsewhere = api.api_base().replace("/stratustexting-prod", base);
        let (status, _) = fetch(api.http.get(format!("{elsewhere}/site/all"))).await;
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

        assert_eq!(fetch(send).await.0, 200, "{base}");
        assert_eq!(api.sent_messages().len(), sent + 1);
        assert_eq!(fetch(with_credentials("GET", "/site/all")).await.0, 200);
        let by_segment = with_credentials("GET", "/contact/mobile/none");
        let (status, error) = fetch(by_segment).await;
        assert_eq!(
            (status, &error["path"]),
            (400, &"/contact/mobile/none".into())
        );
        let entry = api.ledger().pop().unwrap();
        assert_eq!(entry.operation.as_deref(), Some("findContactByMobile"));
    }
}

#[tokio::test]
async fn the_token_is_checked_before_the_key_and_the_key_before_the_request() {
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
        assert_eq!(fetch(request).await, rejection("unauthorized"));
    }

    let no_key = api.bare("POST", path).bearer_auth(&api.token);
    let bad_key = api
        .bare("POST", path)
        .bearer_auth(&api.token)
        .header("x-api-key", "no");
    for request in [no_key, bad_key] {
        assert_eq!(fetch(request).await, rejection("forbidden"));
    }

    let (status, body) = api.call("POST", path).await;
    assert_eq!((status, &body["error"]), (400, &"Bad Request".into()));
}

#[tokio::test]
async fn a_token_is_valid_for_its_scopes_and_its_lifetime() {
    let builder = Sandbox::builder().contacts(1);
    let api = Api::of(builder.allow_machine_subscriptions(true)).await;
    let form = [
        ("grant_type", "client_credentials"),
        ("scope", "https://com.beetexting.scopes/ReadContact"),
    ];
    let request = api.http.post(api.token_url()).form(&form);
    let request = request.basic_auth(api.client_id(), Some(api.client_secret()));
    let (_, token) = fetch(request).await;
    let with = |method, path| {
        api.bare(method, path)
            .bearer_auth(token["access_token"].as_str().unwrap())
            .header("x-api-key", api.api_key())
    };

    assert_eq!(fetch(with("GET", "/contact/all")).await.0, 200);
    // No scope is known for these.
    assert_eq!(fetch(with("GET", "/webhooksubscription/all")).await.0, 200);
    assert_eq!(
        fetch(with("POST", "/message/sendsms")).await,
        rejection("forbidden")
    );
    assert_eq!(
        fetch(with("POST", "/contact")).await,
        rejection("forbidden")
    );

    api.advance(std::time::Duration::from_secs(3_599));
    assert_eq!(fetch(with("GET", "/contact/all")).await.0, 200);
    api.advance(std::time::Duration::from_secs(2));
    assert_eq!(
        fetch(with("GET", "/contact/all")).await,
        rejection("unauthorized")
    );
}

#[tokio::test]
async fn an_operation_can_be_removed() {
    let builder = Sandbox::builder().contacts(1);
    let api = Api::of(builder.without_operation("listContacts")).await;

    let expected = rejection("missing-authentication-token");
    assert_eq!(api.call("GET", "/contact/all").await, expected);
    assert_eq!(api.call("GET", "/site/all").await.0, 200);
    let misspelt = Sandbox::builder()
        .without_operation("listContact")
        .start()
        .await;
    assert!(misspelt.unwrap_err().to_string().contains("listContact"));
}

/// The headers by which a client tells whether the gateway responded.
async fn responder(request: reqwest::RequestBuilder) -> (u16, Option<String>, bool) {
    let response = request.send().await.unwrap();
    let header = |name| response.headers().get(name);
    let error_type = header("x-amzn-errortype").map(|value| value.to_str().unwrap().to_owned());
    let has_id = header("x-amzn-requestid").is_some_and(|id| !id.is_empty());
    (response.status().as_u16(), error_type, has_id)
}

#[tokio::test]
async fn only_the_gateways_rejections_have_an_error_type() {
    let api = Api::start().await;
    let form = [
        ("grant_type", "client_credentials"),
        ("scope", "https://com.beetexting.scopes/ReadContact"),
    ];
    let request = api.http.post(api.token_url()).form(&form);
    let request = request.basic_auth(api.client_id(), Some(api.client_secret()));
    let (_, narrow) = fetch(request).await;
    let narrow = narrow["access_token"].as_str().unwrap();
    let send = "/message/sendsms";
    let long = format!("{send}?text={}", "a".repeat(9_000));

    for (request, status, error_type) in [
        (api.bare("POST", send), 401, "UnauthorizedException"),
        (
            api.bare("POST", send).bearer_auth(&api.token),
            403,
            "ForbiddenException",
        ),
        (
            api.request("POST", send)
                .header("authorization", "Bearer x"),
            401,
            "UnauthorizedException",
        ),
        (
            api.bare("POST", send)
                .bearer_auth(narrow)
                .header("x-api-key", api.api_key()),
            403,
            "ForbiddenException",
        ),
        (
            api.request("GET", "/webhooksubscription/all"),
            403,
            "ForbiddenException",
        ),
        (
            api.request("GET", "/contacts"),
            403,
            "MissingAuthenticationTokenException",
        ),
        (
            api.http.get(api.token_url()),
            403,
            "MissingAuthenticationTokenException",
        ),
        (
            api.request("POST", &long),
            414,
            "RequestUriTooLongException",
        ),
    ] {
        let expected = (status, Some(error_type.to_owned()), true);
        assert_eq!(responder(request).await, expected);
    }

    let foreign = [("from", CUSTOMER), ("to", CUSTOMER), ("text", "a")];
    for (request, status) in [
        (api.request("POST", send).query(&foreign), 403),
        (api.request("POST", send), 400),
        (api.request("GET", "/message/getmessagebyid/none"), 404),
        (api.request("POST", "/contact").body("{}"), 415),
        (api.request("GET", "/site/all"), 200),
    ] {
        assert_eq!(responder(request).await, (status, None, true));
    }
}

#[tokio::test]
async fn a_missing_scope_can_be_rejected_like_a_bad_token() {
    let api = Api::of(Sandbox::builder().contacts(0).missing_scope(401)).await;
    let form = [
        ("grant_type", "client_credentials"),
        ("scope", "https://com.beetexting.scopes/ReadContact"),
    ];
    let request = api.http.post(api.token_url()).form(&form);
    let request = request.basic_auth(api.client_id(), Some(api.client_secret()));
    let (_, token) = fetch(request).await;
    let send = || {
        api.bare("POST", "/message/sendsms")
            .bearer_auth(token["access_token"].as_str().unwrap())
            .header("x-api-key", api.api_key())
    };

    assert_eq!(fetch(send()).await, rejection("unauthorized"));
    let no_key = api.bare("GET", "/contact/all").bearer_auth(&api.token);
    assert_eq!(fetch(no_key).await, rejection("forbidden"));
    let change = json!({"missing_scope": 403});
    assert_eq!(api.control("PATCH", "/settings", change).await.0, 200);
    assert_eq!(fetch(send()).await, rejection("forbidden"));
    assert!(Sandbox::builder().missing_scope(404).start().await.is_err());
}

#[tokio::test]
async fn a_fault_can_be_the_gateways() {
    let api = Api::start().await;
    let send = || {
        let query = [("from", api.number()), ("to", CUSTOMER), ("text", "a")];
        api.request("POST", "/message/sendsms").query(&query)
    };
    let too_many = Some("TooManyRequestsException".to_owned());

    api.fail_next(
        "sendSms",
        Fault::status(429, Commit::Before)
            .retry_after(2)
            .by_gateway(),
    );
    assert_eq!(responder(send()).await, (429, too_many, true));
    assert!(api.sent_messages().is_empty());
    api.fail_next("sendSms", Fault::status(429, Commit::After));
    assert_eq!(responder(send()).await, (429, None, true));
    assert_eq!(api.sent_messages().len(), 1);
    // The gateway timed out; the application may have carried it out.
    api.fail_next("sendSms", Fault::status(504, Commit::After).by_gateway());
    let (status, error_type, _) = responder(send()).await;
    assert_eq!((status, error_type.is_some()), (504, true));
    assert_eq!(api.sent_messages().len(), 2);

    let fault = |commit| {
        let fault = json!({"kind": "status", "status": 429, "gateway": true, "commit": commit});
        json!({"operation": "sendSms", "fault": fault})
    };
    assert_eq!(api.control("POST", "/faults", fault("before")).await.0, 204);
    assert_eq!(responder(send()).await.0, 429);
    assert_eq!(api.control("POST", "/faults", fault("after")).await.0, 400);
}
