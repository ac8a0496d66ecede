//! The page at `/`, as a browser without its script uses it.

use std::time::Duration;

use futures::StreamExt;
use reqwest::{
    StatusCode,
    multipart::{Form, Part},
};
use serde_json::{Value, json};
use stratustexting_sandbox::{Fault, Sandbox, ScriptedResponse};

use crate::support::{Api, Callback, http};

const PHONE: &str = "+13035550123";

fn origin(sandbox: &Sandbox) -> String {
    sandbox.page_url().trim_end_matches('/').to_owned()
}

async fn page(sandbox: &Sandbox, query: &str) -> String {
    let response = http()
        .get(format!("{}?{query}", sandbox.page_url()))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200, "{query}");
    response.text().await.unwrap()
}

/// Sends a form as the page does; returns status and where it leads.
async fn submit(sandbox: &Sandbox, path: &str, fields: &[(&str, &str)]) -> (StatusCode, String) {
    let request = http().post(format!("{}{path}", origin(sandbox)));
    let request = request.header("origin", origin(sandbox)).form(fields);
    let response = request.send().await.unwrap();
    let to = response.headers().get("location");
    let to = to.map(|to| to.to_str().unwrap().to_owned());
    (response.status(), to.unwrap_or_default())
}

#[tokio::test]
async fn a_sent_text_and_its_call_are_on_the_page() {
    let api = Api::start().await;
    let query = [
        ("from", api.number()),
        ("to", PHONE),
        ("text", "Is it <b>you</b>?"),
    ];
    let sent = api.request("POST", "/message/sendsms").query(&query);
    assert_eq!(sent.send().await.unwrap().status(), 200);

    let shown = page(&api, "phone=%2B13035550123").await;

    assert!(
        shown.contains("Is it &#60;b&#62;you&#60;/b&#62;?"),
        "{shown}"
    );
    assert!(!shown.contains("<b>you"), "a text is text");
    assert!(shown.contains("sendSms") && shown.contains("Message Processed Successfully"));
}

#[tokio::test]
async fn the_page_is_no_call_and_meets_no_faults() {
    let api = Api::start().await;
    let before = api.ledger().len();
    api.fail_at_random(
        stratustexting_sandbox::FaultPlan::new(1)
            .probability(1.0)
            .fault(Fault::reset_before_request(), 1),
    );

    page(&api, "").await;
    page(&api, "view=webhooks").await;

    assert_eq!(api.ledger().len(), before);
    assert!(api.broken_requests().is_empty());
}

#[tokio::test]
async fn a_typed_reply_reaches_a_subscriber_and_leads_back_to_its_phone() {
    let api = Api::with_user().await;
    let mut callback = Callback::start().await;
    api.subscribe(&callback.uri).await;
    let fields = [
        ("at", "view=webhooks"),
        ("phone", PHONE),
        ("own", api.number()),
        ("text", "When do you\r\nclose?"),
    ];

    let (status, to) = submit(&api, "/page/text", &fields).await;

    assert_eq!(status, 303);
    assert!(to.starts_with("/?") && to.contains("view=webhooks"), "{to}");
    let event = callback.events.recv().await.unwrap();
    let id = event["messageInfo"]["messageId"].as_str().unwrap();
    let path = format!("/message/getmessagebyid/{id}");
    let (_, message) = api.call("GET", &path).await;
    assert_eq!(message["text"], "When do you\nclose?");
    assert_eq!(message["from"], PHONE);
}

#[tokio::test]
async fn pictures_are_shown_and_other_files_are_only_for_saving() {
    let api = Api::start().await;
    let file = |name: &'static str, content_type: &str, bytes: &'static str| {
        let part = Part::bytes(bytes.as_bytes()).file_name(name);
        part.mime_str(content_type).unwrap()
    };
    let form = Form::new()
        .text("phone", PHONE)
        .text("own", api.number().to_owned())
        .part("file", file("cat.png", "image/png", "not really"))
        .part(
            "file",
            file("page.svg", "image/svg+xml", "<svg onload='alert(1)'/>"),
        );
    let request = api.http.post(format!("{}/page/text", origin(&api)));
    assert_eq!(request.multipart(form).send().await.unwrap().status(), 303);

    let shown = page(&api, "phone=%2B13035550123").await;

    let links: Vec<&str> = shown
        .split("href=\"")
        .filter_map(|rest| rest.split('"').next())
        .filter(|link| link.starts_with("/page/media/"))
        .collect();
    let mut types = Vec::new();
    for link in links {
        let response = api.http.get(format!("{}{link}", origin(&api)));
        let response = response.send().await.unwrap();
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert!(header("content-security-policy").contains("sandbox"));
        types.push((header("content-type"), header("content-disposition")));
    }
    let picture = ("image/png".to_owned(), "inline".to_owned());
    let other = (
        "application/octet-stream".to_owned(),
        "attachment".to_owned(),
    );
    assert_eq!(types, [picture, other]);
    assert!(shown.contains("cat.png") && shown.contains("page.svg"));
    assert_eq!(shown.matches("<img src=\"/page/media/").count(), 1);
}

#[tokio::test]
async fn what_is_wrong_is_said_and_what_was_typed_stays() {
    let api = Api::start().await;
    for (field, value, said) in [
        ("phone", "5550123", "from"),
        ("own", "+19995550100", "number of this account"),
        ("text", " ", "Write a text"),
    ] {
        let mut fields = vec![
            ("at", "phone=%2B13035550123"),
            ("phone", PHONE),
            ("own", api.number()),
            ("text", "A <i>draft</i>"),
        ];
        fields.retain(|(name, _)| *name != field);
        fields.push((field, value));
        let request = api.http.post(format!("{}/page/text", origin(&api)));
        let response = request.form(&fields).send().await.unwrap();

        assert_eq!(response.status(), 400, "{field}");
        let shown = response.text().await.unwrap();
        assert!(
            shown.contains("class=\"problem\"") && shown.contains(said),
            "{shown}"
        );
        if field != "text" {
            assert!(shown.contains("A &#60;i&#62;draft&#60;/i&#62;</textarea>"));
        }
    }
    assert!(page(&api, "").await.contains("No texts yet"));
}

#[tokio::test]
async fn each_switch_is_shown_and_one_click_switches_it_off() {
    let api = Api::with_user().await;
    let callback = Callback::start().await;
    let subscription = api.subscribe(&callback.uri).await;
    api.respond_next("listContacts", ScriptedResponse::new(503));
    for (path, fields) in [
        (
            "/page/fault",
            vec![("operation", "sendSms"), ("fault", "silent")],
        ),
        ("/page/plan", vec![("plan", "storm")]),
        ("/page/clock", vec![("seconds", "7200")]),
        ("/page/dialect", vec![("seed", "3")]),
        (
            "/page/subscription",
            vec![("id", &subscription), ("status", "BLACKLISTED")],
        ),
    ] {
        assert_eq!(submit(&api, path, &fields).await.0, 303, "{path}");
    }
    let change = json!({"deliveries": {"repeated": 0.25}});
    assert_eq!(api.control("PATCH", "/settings", change).await.0, 200);
    let switches = |shown: &str| -> Vec<String> {
        let ids = shown.split("<button name=\"id\" value=\"").skip(1);
        ids.map(|rest| rest.split('"').next().unwrap().to_owned())
            .collect()
    };

    let on = switches(&page(&api, "").await);

    let subscription = format!("subscription:{subscription}");
    assert_eq!(
        on,
        [
            "faults:sendSms",
            "plan:",
            "script:listContacts",
            "setting:deliveries.repeated",
            "dialect:",
            "clock:",
            &subscription,
        ]
    );
    for id in on {
        assert_eq!(
            submit(&api, "/page/off", &[("id", &id)]).await.0,
            303,
            "{id}"
        );
        assert!(!switches(&page(&api, "").await).contains(&id), "{id}");
    }
    assert_eq!(api.call("GET", "/contact/all").await.0, 200);
    let (_, settings) = api.control("GET", "/settings", Value::Null).await;
    assert_eq!(settings["deliveries"]["repeated"], 0.0);
    assert_eq!(submit(&api, "/page/off", &[("id", "none:")]).await.0, 400);
}

#[tokio::test]
async fn a_failed_event_is_delivered_again() {
    let api = Api::with_user().await;
    api.control("PATCH", "/settings", json!({"deliveries": {"attempts": 1}}))
        .await;
    let mut callback = Callback::failing(1).await;
    api.subscribe(&callback.uri).await;
    api.customer_texts(PHONE, api.number(), "Hello")
        .await
        .unwrap();
    callback.events.recv().await.unwrap();
    api.deliveries_settled().await;
    assert!(page(&api, "view=webhooks").await.contains(">failed<"));
    let uuid = api.deliveries()[0].uuid.clone();

    assert_eq!(
        submit(&api, "/page/deliver", &[("uuid", &uuid)]).await.0,
        303
    );

    assert_eq!(callback.events.recv().await.unwrap()["uuid"], uuid.as_str());
    api.deliveries_settled().await;
    assert_eq!(api.deliveries().len(), 1);
    assert_eq!(api.deliveries()[0].attempts, 2);
    assert!(page(&api, "view=webhooks").await.contains(">delivered<"));
    let path = format!("/deliveries/{uuid}/again");
    assert_eq!(api.control("POST", &path, Value::Null).await.0, 204);
    assert_eq!(
        api.control("POST", "/deliveries/none/again", Value::Null)
            .await
            .0,
        404
    );
}

#[tokio::test]
async fn pages_of_other_sites_are_kept_away() {
    let api = Api::start().await;
    let fields = [("phone", PHONE), ("own", api.number()), ("text", "Stolen")];
    for (name, value) in [
        ("origin", "http://evil.example"),
        ("origin", "null"),
        ("host", "evil.example"),
    ] {
        for path in ["/", "/page/events", "/page/media/1/0", "/page/style.css"] {
            let request = api.http.get(format!("{}{path}", origin(&api)));
            let response = request.header(name, value).send().await.unwrap();
            assert_eq!(response.status(), 403, "{path} {value}");
        }
        let request = api.http.post(format!("{}/page/text", origin(&api)));
        let response = request.header(name, value).form(&fields).send().await;
        assert_eq!(response.unwrap().status(), 403, "{value}");
    }
    assert!(page(&api, "").await.contains("No texts yet"));
}

#[tokio::test]
async fn the_policy_allows_only_the_pages_own_script() {
    let api = Api::start().await;

    let response = api.http.get(api.page_url()).send().await.unwrap();

    let policy = response.headers()["content-security-policy"]
        .to_str()
        .unwrap();
    assert!(
        policy.starts_with("default-src 'none'; script-src 'self';"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"));
    assert_eq!(response.headers()["cache-control"], "no-store");
    let shown = response.text().await.unwrap();
    assert_eq!(shown.matches("<script").count(), 1);
    assert!(!shown.contains("style=\"") && !shown.contains(" onclick"));
    for path in ["style.css", "script.js", "icon.svg"] {
        let response = api.http.get(format!("{}/page/{path}", origin(&api)));
        let text = response.send().await.unwrap().text().await.unwrap();
        let text = text.replace("http://www.w3.org/2000/svg", "");
        assert!(
            !text.contains("http:") && !text.contains("https:"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_redirect_never_leaves_the_page() {
    let api = Api::start().await;
    for at in [
        "//evil.example",
        "https://evil.example/",
        "x\r\nset-cookie: a=b",
        "phone=%0d%0ax: y",
    ] {
        let (status, to) = submit(&api, "/page/clock", &[("at", at), ("seconds", "1")]).await;

        assert_eq!(status, 303);
        assert!(
            to.starts_with("/?") && !to.contains("evil") && !to.contains('\n'),
            "{to}"
        );
    }
}

#[tokio::test]
async fn the_stream_tells_of_changes_and_ends_with_the_sandbox() {
    let sandbox = Sandbox::start().await.unwrap();
    let events = http().get(format!("{}/page/events", origin(&sandbox)));
    let response = events.send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut events = response.bytes_stream();
    let mut next = async || {
        let chunk = tokio::time::timeout(Duration::from_secs(30), events.next()).await;
        chunk
            .unwrap()
            .map(|chunk| String::from_utf8(chunk.unwrap().to_vec()).unwrap())
    };
    let first = next().await.unwrap();
    assert!(first.starts_with("event: change\n"), "{first}");

    sandbox
        .customer_texts(PHONE, sandbox.number(), "Hello")
        .await
        .unwrap();
    let second = next().await.unwrap();

    assert!(
        second.starts_with("event: change\n") && second != first,
        "{second}"
    );
    drop(sandbox);
    while next().await.is_some() {}
}

#[tokio::test]
async fn many_conversations_and_calls_come_in_pages() {
    let api = Api::start().await;
    for number in 0..60 {
        let from = format!("+1303555{number:04}");
        api.customer_texts(&from, api.number(), "Hello")
            .await
            .unwrap();
        api.customer_texts(PHONE, api.number(), &format!("Text {number}."))
            .await
            .unwrap();
        api.call("GET", "/contact/all").await;
    }

    let shown = page(&api, "phone=%2B13035550123").await;

    assert!(shown.contains("The latest 50 of 61"), "{shown}");
    assert_eq!(shown.matches("<article").count(), 50);
    assert_eq!(shown.matches("<details id=\"call-").count(), 50);
    assert!(shown.contains("Text 59.") && !shown.contains("Text 9."));
    let older = page(&api, "phone=%2B13035550123&before=10&from=10").await;
    assert!(older.contains("Text 9.") && !older.contains("Text 10."));
    assert_eq!(older.matches("<details id=\"call-").count(), 10);
    let found = page(&api, "q=3035550042").await;
    assert!(found.contains("1 found") && found.contains("+13035550042"));
}

#[tokio::test]
async fn the_conversations_own_calls_can_be_shown_alone() {
    let api = Api::start().await;
    for (to, text) in [(PHONE, "Mine"), ("+12135550199", "Another's")] {
        let query = [("from", api.number()), ("to", to), ("text", text)];
        api.request("POST", "/message/sendsms")
            .query(&query)
            .send()
            .await
            .unwrap();
    }

    let shown = page(&api, "phone=%2B13035550123&only=1").await;

    assert_eq!(shown.matches("<details id=\"call-").count(), 1);
    assert!(shown.contains("Mine"));
}

#[tokio::test]
async fn credentials_have_the_host_by_which_the_page_is_reached() {
    let api = Api::start().await;
    let port = api
        .page_url()
        .rsplit(':')
        .next()
        .unwrap()
        .trim_end_matches('/')
        .to_owned();
    let request = api.http.get(format!("{}?view=connect", api.page_url()));
    let request = request.header("host", format!("localhost:{port}"));

    let shown = request.send().await.unwrap().text().await.unwrap();

    assert!(
        shown.contains(&format!("http://localhost:{port}/")),
        "{shown}"
    );
    assert!(shown.contains(api.client_secret()) && shown.contains(api.api_key()));
    assert!(!shown.contains("127.0.0.1"));
}

#[tokio::test]
async fn conversations_and_their_pictures_outlive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let start = async || {
        let builder = Sandbox::builder().data(folder.path().join("sandbox.db"));
        builder.start().await.unwrap()
    };
    let sandbox = start().await;
    for text in ["See this", "STOP"] {
        let mut form = Form::new()
            .text("phone", PHONE)
            .text("own", sandbox.number().to_owned())
            .text("text", text);
        if text == "See this" {
            let part = Part::bytes(vec![7_u8; 5_000]).file_name("cat.png");
            form = form.part("file", part.mime_str("image/png").unwrap());
        }
        let request = http().post(format!("{}/page/text", origin(&sandbox)));
        assert_eq!(request.multipart(form).send().await.unwrap().status(), 303);
    }
    drop(sandbox);

    let sandbox = start().await;

    let shown = page(&sandbox, "phone=%2B13035550123").await;
    assert!(shown.contains("See this") && shown.contains("class=\"badge stop\""));
    let link = shown.split("<img src=\"/page/media/").nth(1).unwrap();
    let link = link.split('"').next().unwrap();
    let url = format!("{}/page/media/{link}", origin(&sandbox));
    let picture = http().get(url).send().await.unwrap();
    assert_eq!(picture.bytes().await.unwrap(), vec![7_u8; 5_000]);
}
