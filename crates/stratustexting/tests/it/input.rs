//! Bad input gets an error that names the field, and nothing arrives anywhere.

use stratustexting::{
    AccessToken, Brand, Client, ContactRef, Error, Media, Result,
    auth::Credentials,
    models::{ContactRequest, CustomConsentRequest, MessageDirection, SubscriptionRequest},
    webhook::{ContactEvent, EventFilter},
};

use crate::support::Watched;

const FROM: &str = "+12025550100";
const TO: &str = "+13035550123";

/// Runs a call that has to be refused, and looks that nothing was sent.
async fn refused<T: std::fmt::Debug>(
    field: &str,
    call: impl AsyncFnOnce(Client) -> Result<T>,
) -> Error {
    let sandbox = Watched::start().await;

    let error = call(sandbox.client()).await.unwrap_err();

    assert!(error.is_input(), "{field}: {error:?}");
    assert_eq!(error.field(), Some(field), "{error}");
    assert!(!error.may_have_been_sent());
    assert!(sandbox.ledger().is_empty(), "{field}: something arrived");
    error
}

/// The service takes the text in the URL, where an emoji is 12 characters.
#[tokio::test]
async fn a_text_that_makes_the_url_too_long() {
    for (emoji, encoded) in [(1_000, "12000"), (20_000, "240000")] {
        let text = "\u{1f600}".repeat(emoji);

        let error = refused("text", async |c| {
            c.messages().from(FROM).send_sms(TO, text.as_str()).await
        })
        .await;

        let told = error.to_string();
        assert!(told.contains(encoded) && told.contains("8192"), "{told}");
        refused("text", async |c| {
            let media = [Media::from_bytes("a.png", "x")];
            c.messages().from(FROM).send_mms(TO, &text, media).await
        })
        .await;
    }
    let sandbox = Watched::start().await;
    let text = "\u{1f600}".repeat(600);
    let messages = sandbox.client().messages();
    let sent = messages
        .from(sandbox.number())
        .send_sms(TO, text.as_str())
        .await;
    sent.unwrap();
    assert_eq!(sandbox.sent_messages()[0].text, text, "it came whole");

    // Where the limit is raised it is the service that says no.
    let builder = sandbox.builder().credentials(sandbox.machine());
    let client = builder.max_url_length(20_000).build().unwrap();
    let text = "\u{1f600}".repeat(1_000);
    let messages = client.messages();
    let sent = messages.from(sandbox.number()).send_sms(TO, text).await;
    let status = sent.unwrap_err().status();
    assert_eq!(status.map(|status| status.as_u16()), Some(414));
}

/// The commonest fault of all: a line break that came with an environment variable.
#[tokio::test]
async fn credentials_with_something_around_them() {
    let sandbox = Watched::start().await;
    let (id, secret) = (sandbox.client_id(), sandbox.client_secret());
    let good = || sandbox.builder().credentials(sandbox.machine());
    let with = |id: &str, secret: &str| Credentials::client_credentials(id, secret);
    let key = |key: String| good().api_key(key);

    for (field, builder) in [
        (
            "client_id",
            good().credentials(with(&format!("{id}\n"), secret)),
        ),
        ("client_id", good().credentials(with("", secret))),
        (
            "client_secret",
            good().credentials(with(id, &format!(" {secret}"))),
        ),
        ("client_secret", good().credentials(with(id, ""))),
        (
            "refresh_token",
            good().credentials(Credentials::refresh_token(id, secret, "r\r\n")),
        ),
        ("api_key", key(format!("{} ", sandbox.api_key()))),
        (
            "api_base",
            good().api_base(format!("{} ", sandbox.api_base())),
        ),
    ] {
        let error = builder.build().unwrap_err();

        assert!(error.is_configuration(), "{field}: {error:?}");
        assert_eq!(error.field(), Some(field), "{error}");
        assert!(!format!("{error} {error:?}").contains(secret));
    }
    assert!(good().build().is_ok());
}

#[tokio::test]
async fn numbers_that_are_not_e164() {
    for number in [
        "",
        "2025550123",
        "+",
        "+1 202 555 0123",
        "+1\r\nx: y",
        "tel:+12025550123",
    ] {
        refused("from", async |c| {
            c.messages().from(number).send_sms(TO, "x").await
        })
        .await;
        refused("to", async |c| {
            c.messages().from(FROM).send_sms(number, "x").await
        })
        .await;
        refused("to", async |c| {
            c.messages()
                .from(FROM)
                .send_mms(number, "x", [Media::from_bytes("a", "x")])
                .await
        })
        .await;
        refused("mobile_number", async |c| {
            c.contacts().find_by_mobile(number).await
        })
        .await;
        refused("mobile_number", async |c| {
            let contact = ContactRequest::default().with_first_name("Ada");
            c.contacts().update_by_mobile(number, contact).await
        })
        .await;
        refused("contact.mobile_number", async |c| {
            c.contacts()
                .upsert(ContactRequest::default().with_mobile_number(number))
                .await
        })
        .await;
    }
    refused("mobile_number", async |c| {
        let contact = ContactRef::mobile("1");
        c.consents().grant("a", contact, "Informational").await
    })
    .await;
}

#[tokio::test]
async fn an_error_says_what_is_allowed_and_not_what_was_given() {
    let error = refused("to", async |c| {
        c.messages().from(FROM).send_sms("303-555-0177", "x").await
    });

    let shown = format!("{0} {0:?}", error.await);
    assert!(shown.contains("E.164"), "{shown}");
    assert!(!shown.contains("0177"), "{shown}");
}

#[tokio::test]
async fn empty_texts() {
    for text in ["", " ", "\n"] {
        refused("text", async |c| {
            c.messages().from(FROM).send_sms(TO, text).await
        })
        .await;
        refused("text", async |c| {
            c.messages()
                .from(FROM)
                .send_sms_as_agent("a@example.com", TO, text)
                .await
        })
        .await;
    }
    refused("number", async |c| {
        c.contacts().search("").next_item().await
    })
    .await;
    refused("consent.name", async |c| {
        c.consents().create(CustomConsentRequest::default()).await
    })
    .await;
    refused("contact", async |c| {
        c.contacts().upsert(ContactRequest::default()).await
    })
    .await;
}

#[tokio::test]
async fn agents_that_are_not_addresses() {
    for agent in ["", "agent", "a/b", "a@b\r\n", "@", "../sendmms"] {
        refused("agent_email", async |c| {
            c.messages()
                .from(FROM)
                .send_sms_as_agent(agent, TO, "x")
                .await
        })
        .await;
    }
}

#[tokio::test]
async fn media_that_are_missing_empty_too_large_or_badly_named() {
    let file = || Media::from_bytes("a.txt", "12345");
    let large = vec![0; 5 * 1024 * 1024 + 1];
    let cases = [
        ("media", vec![]),
        ("media", vec![Media::from_bytes("a.txt", "")]),
        ("media", vec![Media::from_bytes("a.bin", large)]),
        ("media", vec![file(); 11]),
        ("media name", vec![Media::from_bytes("a\r\nX: y", "1")]),
        ("media name", vec![Media::from_bytes("", "1")]),
        (
            "media type",
            vec![file().with_content_type("text/plain\r\nX: y")],
        ),
        ("media type", vec![file().with_content_type("plain")]),
    ];
    for (field, media) in cases {
        refused(field, async |c| {
            c.messages().from(FROM).send_mms(TO, "x", media).await
        })
        .await;
    }
    let missing = Media::from_path("no/such/file.png").await.unwrap_err();
    assert_eq!(missing.field(), Some("media"));
}

#[tokio::test]
async fn ids_that_would_lead_elsewhere() {
    for id in ["", ".", "..", "%2e%2e", "a\r\nb"] {
        let contact = || ContactRequest::default().with_first_name("Ada");
        refused("message_id", async |c| c.messages().get(id).await).await;
        refused("contact_id", async |c| {
            c.contacts().update(id, contact()).await
        })
        .await;
        refused("consent_id", async |c| c.consents().get(id).await).await;
        refused("consent_id", async |c| {
            c.consents().set_active(id, true).await
        })
        .await;
        refused("subscription_id", async |c| {
            c.subscriptions().delete(id).await
        })
        .await;
    }
    refused("contact_id", async |c| {
        c.consents()
            .grant("a", ContactRef::id(""), "Informational")
            .await
    })
    .await;
}

#[tokio::test]
async fn callbacks_and_filters_that_can_not_work() {
    let filter = || EventFilter::inbound("o", "d").unwrap();
    for uri in [
        "",
        "callback",
        "http://example.com/",
        "ftp://example.com/",
        "javascript:0",
        " https://example.com/",
        "https://example.com/\n",
    ] {
        refused("uri", async |c| {
            c.subscriptions().subscribe(uri, [filter()]).await
        })
        .await;
    }
    refused("event_filters", async |c| {
        c.subscriptions()
            .subscribe("https://example.com/", [])
            .await
    })
    .await;
    refused("event_filters", async |c| {
        let request = SubscriptionRequest::new(vec![String::new()], "https://example.com/");
        c.subscriptions().upsert(request).await
    })
    .await;
    let unknown = MessageDirection::from("sideways");
    assert!(
        EventFilter::messages("o", "d", unknown)
            .unwrap_err()
            .is_input()
    );
    assert!(
        EventFilter::contacts("o", "d/e", ContactEvent::Create)
            .unwrap_err()
            .is_input()
    );
}

#[tokio::test]
async fn raw_requests_that_would_leave_the_api_or_replace_credentials() {
    for path in [
        "site",
        "//example.com",
        "/../x",
        "/a/%2E%2e/b",
        "/a?b=c",
        "/a#b",
        "/a\r\nb",
        "/ä",
    ] {
        refused("path", async |c| {
            c.request(http::Method::GET, path).send().await
        })
        .await;
    }
    for name in ["authorization", "X-Api-Key", "a b", ""] {
        refused("header name", async |c| {
            c.request(http::Method::GET, "/site/all")
                .header(name, "x")
                .send()
                .await
        })
        .await;
    }
    refused("header value", async |c| {
        c.request(http::Method::GET, "/site/all")
            .header("a", "b\r\nc: d")
            .send()
            .await
    })
    .await;
    refused("media type", async |c| {
        c.request(http::Method::POST, "/contact")
            .body("a\r\nb: c", "x")
            .send()
            .await
    })
    .await;
}

#[test]
fn settings_that_can_not_work() {
    let token = || Credentials::static_token(AccessToken::new("token").unwrap());
    let complete = || Client::builder().api_key("key").credentials(token());
    let field = |builder: stratustexting::ClientBuilder| {
        let error = builder.build().unwrap_err();
        assert!(error.is_configuration(), "{error:?}");
        error.field().unwrap().to_owned()
    };

    assert!(complete().build().is_ok());
    assert_eq!(field(Client::builder().credentials(token())), "api_key");
    assert_eq!(field(Client::builder().api_key("key")), "credentials");
    for key in ["", "a\r\nb: c", "a\0", "schlüssel"] {
        assert_eq!(field(complete().api_key(key)), "api_key", "{key:?}");
    }
    for agent in ["", "a\r\nb: c"] {
        assert_eq!(
            field(complete().user_agent(agent)),
            "user_agent",
            "{agent:?}"
        );
    }
    for url in [
        "http://example.com/",
        "example.com",
        "ftp://127.0.0.1/",
        "https://a:b@c/",
    ] {
        assert_eq!(field(complete().api_base(url)), "api_base", "{url}");
        assert_eq!(field(complete().token_url(url)), "token_url", "{url}");
        assert_eq!(
            field(complete().authorize_url(url)),
            "authorize_url",
            "{url}"
        );
    }
    let machine = || Credentials::client_credentials("id", "secret");
    let phone_com = complete().brand(Brand::PhoneCom).credentials(machine());
    assert_eq!(field(phone_com), "token_url");
    let half_local = complete()
        .api_base("http://127.0.0.1:1/")
        .credentials(machine());
    assert_eq!(field(half_local), "token_url");
    assert_eq!("acme".parse::<Brand>().unwrap_err().field(), Some("brand"));
    assert_eq!(
        AccessToken::new("a\r\nb").unwrap_err().field(),
        Some("access token")
    );
}

/// The generated client names what is missing, too, before anything is sent.
#[tokio::test]
async fn a_parameter_that_was_never_set_is_named() {
    let sandbox = Watched::start().await;

    let client = sandbox.client();
    let error = client
        .api()
        .send_sms()
        .to("+13035550123")
        .send()
        .await
        .unwrap_err();

    assert!(
        error.to_string().contains("from was not initialized"),
        "{error}"
    );
    assert!(sandbox.ledger().is_empty());
}
