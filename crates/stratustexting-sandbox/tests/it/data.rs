//! A file that keeps everything over restarts, and a ledger of limited length.

use std::{fs, path::Path, time::Duration};

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use stratustexting_sandbox::{Builder, Entry, Sandbox, SandboxError};

use crate::{
    program::Program,
    support::{Api, CUSTOMER, Callback, fetch, http},
};

fn builder(file: &Path) -> Builder {
    Sandbox::builder().contacts(20).data(file)
}

/// A file in a folder that is removed at the end.
fn file() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sandbox.db");
    (folder, file)
}

fn send(api: &Api, text: &str) -> reqwest::RequestBuilder {
    api.request("POST", "/message/sendsms").query(&[
        ("from", api.number()),
        ("to", CUSTOMER),
        ("text", text),
    ])
}

/// Everything that the API and the control API show of the data.
async fn shown(api: &Api, message: &str) -> Vec<Value> {
    let message = format!("/message/getmessagebyid/{message}");
    let mut all = Vec::new();
    for path in [
        "/contact/all?size=100",
        "/customconsent/all",
        "/webhooksubscription/all",
        "/site/all",
        &message,
    ] {
        let (status, body) = api.call("GET", path).await;
        assert_eq!(status, 200, "{path}");
        all.push(body);
    }
    for path in ["/messages", "/deliveries", "/settings", "/broken"] {
        let (status, body) = api.control("GET", path, Value::Null).await;
        assert_eq!(status, 200, "{path}");
        all.push(body);
    }
    all
}

fn entries(ledger: &[Entry]) -> Vec<Value> {
    ledger.iter().map(|entry| json!(entry)).collect()
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let (_folder, file) = file();
    let mut callback = Callback::start().await;
    let mut first = Api::of_user(builder(&file).rotate_refresh_tokens(true)).await;
    // Contacts: a new one, one whose number moved to another, a changed and a deleted one.
    let (_, page) = first.call("GET", "/contact/all?size=3").await;
    let seeded: Vec<&str> = (0..3)
        .map(|n| page["content"][n]["id"].as_str().unwrap())
        .collect();
    let number = page["content"][0]["mobileNumber"].clone();
    first
        .post(
            "/contact",
            json!({"mobileNumber": CUSTOMER, "firstName": "Ada"}),
        )
        .await;
    first
        .put(
            &format!("/contact/{}", seeded[0]),
            json!({"mobileNumber": "+13035550100"}),
        )
        .await;
    first
        .put(
            &format!("/contact/{}", seeded[1]),
            json!({"mobileNumber": number, "tags": null}),
        )
        .await;
    assert!(first.delete_contact(seeded[2]));
    let (_, consent) = first
        .post(
            "/customconsent",
            json!({"name": "News", "type": "Promotional"}),
        )
        .await;
    let consent = consent["id"].as_str().unwrap();
    first
        .post(
            &format!("/customconsent/{consent}/type"),
            json!({"mobileNumber": CUSTOMER, "type": "Promotional", "action": "ADD"}),
        )
        .await;
    let filters = [first.filter("message?direction=inbound")];
    let (_, subscription) = first
        .post(
            "/webhooksubscription",
            json!({"uri": callback.uri, "eventFilters": filters}),
        )
        .await;
    let gone =
        json!({"uri": callback.uri.replace("127.0.0.1", "localhost"), "eventFilters": filters});
    let (_, gone) = first.post("/webhooksubscription", gone).await;
    let gone = format!("/webhooksubscription/{}", gone["id"].as_str().unwrap());
    assert_eq!(first.call("DELETE", &gone).await.0, 204);
    first.set_subscription_status(subscription["id"].as_str().unwrap(), "ACTIVE");
    let received = first
        .customer_texts(CUSTOMER, first.number(), "Grüße 👋")
        .await
        .unwrap();
    callback.events.recv().await.unwrap();
    first.deliveries_settled().await;
    assert_eq!(fetch(send(&first, "Hello")).await.0, 200);
    let form = Form::new()
        .part("file", Part::bytes(vec![0, 255, 128]).file_name("a.png"))
        .part("file", Part::bytes(b"second".to_vec()).file_name("b.txt"));
    let mms = first.request("POST", "/message/sendmms");
    let mms = mms
        .query(&[("from", first.number()), ("to", CUSTOMER)])
        .multipart(form);
    assert_eq!(fetch(mms).await.0, 200);
    let other = first.register_client(Default::default()).unwrap();
    first
        .control(
            "PATCH",
            "/settings",
            json!({"max_url": 5_000, "deliveries": {"attempts": 7}}),
        )
        .await;
    first.advance(Duration::from_secs(100 * 86_400));
    // Issued now, since the others have expired.
    let user = first.login().await;
    // Not UTF-8, so that the ledger's text isn't all that is kept.
    let odd = first
        .bare("GET", "/site/all")
        .header("x-odd", &b"\xff\xe9"[..])
        .body(vec![0, 200]);
    fetch(odd).await;

    first.token.clone_from(&user.access);
    let before = (shown(&first, &received).await, first.ledger());
    let (media, texts) = (
        first.sent_messages()[1].media.clone(),
        first.sent_messages().len(),
    );
    let credentials = [
        first.client_id(),
        first.client_secret(),
        first.api_key(),
        first.password(),
    ]
    .map(str::to_owned);
    let clock = first.now();
    drop(first);
    let mut second = Api::of(builder(&file).rotate_refresh_tokens(true)).await;
    second.token = user.access;
    let after = shown(&second, &received).await;

    assert_eq!(after, before.0);
    let ledger = second.ledger();
    assert_eq!(entries(&ledger[..before.1.len()]), entries(&before.1));
    let odd = |ledger: &[Entry]| {
        let entry = ledger.iter().find(|entry| entry.body.len() == 2).unwrap();
        (entry.headers.clone(), entry.body.clone())
    };
    assert_eq!(odd(&ledger), odd(&before.1));
    let sent = second.sent_messages();
    assert_eq!(sent.len(), texts);
    for (kept, file) in sent[1].media.iter().zip(&media) {
        assert_eq!((&kept.name, &kept.bytes), (&file.name, &file.bytes));
    }
    let again = [
        second.client_id(),
        second.client_secret(),
        second.api_key(),
        second.password(),
    ];
    assert_eq!(again, credentials.each_ref().map(|it| &it[..]));
    assert!(second.now() >= clock, "{clock}");
    // The other client, the refresh token, and the fact that a rotated one was used.
    let token = |form: &[(&'static str, &str)], id: &str, secret: &str| {
        let request = http().post(second.token_url()).form(form);
        fetch(request.basic_auth(id, Some(secret)))
    };
    let form = [("grant_type", "client_credentials")];
    let (status, _) = token(&form, &other.client_id, &other.client_secret).await;
    assert_eq!(status, 200);
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", &user.refresh),
    ];
    let (id, secret) = (
        second.client_id().to_owned(),
        second.client_secret().to_owned(),
    );
    assert_eq!(token(&form, &id, &secret).await.0, 200);
    assert_eq!(token(&form, &id, &secret).await.0, 400);
    // A code is valid once, and was used before.
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &user.code),
        ("redirect_uri", "http://127.0.0.1:1/callback"),
    ];
    assert_eq!(token(&form, &id, &secret).await.0, 400);
}

#[tokio::test]
async fn no_id_is_given_twice_and_a_contact_keeps_its_place() {
    let (_folder, file) = file();
    let mut ids = std::collections::HashSet::new();
    for round in 0..3 {
        let api = Api::of(builder(&file)).await;
        for name in ["a", "b"] {
            let number = format!("+1303555010{}", ids.len());
            let (_, contact) = api
                .post(
                    "/contact",
                    json!({"mobileNumber": number, "firstName": name}),
                )
                .await;
            assert!(
                ids.insert(contact["id"].as_str().unwrap().to_owned()),
                "round {round}"
            );
        }
        fetch(send(&api, "x")).await;
        for message in api.sent_messages().split_off(round) {
            assert!(ids.insert(message.id), "round {round}");
        }
    }
    assert_eq!(ids.len(), 9);
}

#[tokio::test]
async fn a_delivery_that_was_under_way_is_posted_again_after_a_restart() {
    let (_folder, file) = file();
    let mut callback = Callback::failing(1).await;
    let never = Duration::from_secs(3_600);
    let start = || {
        builder(&file)
            .webhook_retry_wait(never)
            .allow_machine_subscriptions(true)
    };
    let first = Api::of(start()).await;
    let filters = [first.filter("message?direction=inbound")];
    let body = json!({"uri": callback.uri, "eventFilters": filters});
    assert_eq!(first.post("/webhooksubscription", body).await.0, 200);
    first
        .customer_texts(CUSTOMER, first.number(), "Hello")
        .await
        .unwrap();
    let posted = callback.events.recv().await.unwrap();
    drop(first);

    let second = Api::of(start()).await;

    assert_eq!(
        callback.events.recv().await.unwrap()["uuid"],
        posted["uuid"]
    );
    second.deliveries_settled().await;
    let delivery = json!(second.deliveries()[0]);
    assert_eq!(delivery["state"], "delivered");
    drop(second);
    let third = Api::of(start()).await;
    third.deliveries_settled().await;
    assert!(callback.events.try_recv().is_err());
}

#[tokio::test]
async fn a_file_that_cant_be_used_is_refused_in_one_sentence() {
    let (folder, file) = file();
    let other = folder.path().join("other");
    fs::write(&other, "x".repeat(5_000)).unwrap();
    let running = builder(&file).seed(5).start().await.unwrap();
    let problem = async |builder: Builder| match builder.start().await {
        Err(error @ SandboxError::Data { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    };

    let in_use = problem(builder(&file)).await;
    assert!(in_use.contains("another sandbox has it open"), "{in_use}");
    assert!(in_use.contains(&file.display().to_string()), "{in_use}");
    drop(running);
    let seed = problem(builder(&file).seed(6)).await;
    assert!(seed.contains("the seed 5"), "{seed}");
    let contacts = problem(Sandbox::builder().contacts(21).data(&file)).await;
    assert!(contacts.contains("contacts of 20"), "{contacts}");
    let text = problem(builder(&other)).await;
    assert!(text.contains("isn't a sandbox's file"), "{text}");
    let nowhere = problem(builder(&folder.path().join("no/file"))).await;
    assert!(nowhere.contains("No such file"), "{nowhere}");

    // SQLite's header has the version at byte 60, and the program at byte 68.
    for (at, expected) in [(60, "another version"), (68, "another program")] {
        let mut bytes = fs::read(&file).unwrap();
        bytes[at] = 7;
        // As most programs have it: without a log.
        bytes[18..20].copy_from_slice(&[1, 1]);
        let changed = folder.path().join(format!("changed{at}"));
        fs::write(&changed, &bytes).unwrap();
        let said = problem(builder(&changed)).await;
        assert!(said.contains(expected), "{said}");
        assert!(
            fs::read(&changed).unwrap() == bytes,
            "it isn't ours to change"
        );
    }
    // Without a seed, the file's is taken.
    assert!(Sandbox::builder().data(&file).start().await.is_ok());
}

#[tokio::test]
async fn the_oldest_entries_and_deliveries_go() {
    let (_folder, file) = file();
    let callback = Callback::start().await;
    let start = || {
        builder(&file)
            .ledger_entries(4)
            .allow_machine_subscriptions(true)
    };
    let api = Api::of(start()).await;
    let filters = [api.filter("message?direction=outbound")];
    let body = json!({"uri": callback.uri, "eventFilters": filters});
    assert_eq!(api.post("/webhooksubscription", body).await.0, 200);
    for n in 0..60 {
        assert_eq!(fetch(send(&api, &n.to_string())).await.0, 200);
        api.deliveries_settled().await;
    }

    let numbers = |api: &Api| {
        api.ledger()
            .iter()
            .map(|entry| entry.sequence)
            .collect::<Vec<_>>()
    };
    assert_eq!(numbers(&api), [58, 59, 60, 61]);
    assert_eq!(api.deliveries().len(), 4);
    let (_, since) = api.control("GET", "/ledger?since=60", Value::Null).await;
    assert_eq!(since.as_array().unwrap().len(), 2);
    let (_, since) = api.control("GET", "/ledger?since=1", Value::Null).await;
    assert_eq!(since.as_array().unwrap().len(), 4);
    assert_eq!(api.sent_messages().len(), 60);
    drop(api);
    let api = Api::of(start()).await;
    assert_eq!(numbers(&api), [59, 60, 61, 62]);
    api.clear_ledger();
    drop(api);
    let api = Api::of(start()).await;
    assert_eq!(numbers(&api), [63]);
}

/// A program that another language uses: its URLs, and a token.
struct Running {
    program: Program,
    connection: Value,
    token: String,
}

impl Running {
    async fn start(arguments: &[&str]) -> Self {
        let (program, line) = Program::start(arguments);
        Self::of(program, &line).await
    }

    async fn of(program: Program, line: &str) -> Self {
        let connection: Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| connection[key].as_str().unwrap();
        let request = http().post(text("token_url"));
        let request = request.basic_auth(text("client_id"), Some(text("client_secret")));
        let (_, token) = fetch(request.form(&[("grant_type", "client_credentials")])).await;
        let token = token["access_token"].as_str().unwrap().to_owned();
        Self {
            program,
            connection,
            token,
        }
    }

    fn text(&self, key: &str) -> &str {
        self.connection[key].as_str().unwrap()
    }

    async fn send(&self, text: &str) -> (u16, Value) {
        let url = format!("{}/message/sendsms", self.text("api_base"));
        let query = [
            ("from", self.text("number")),
            ("to", CUSTOMER),
            ("text", text),
        ];
        let request = http().post(url).query(&query).bearer_auth(&self.token);
        fetch(request.header("x-api-key", self.text("api_key"))).await
    }

    async fn control(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.text("control_url"));
        fetch(http().get(url)).await.1
    }

    async fn texts(&self) -> Vec<Value> {
        let messages = self.control("/messages").await;
        let texts = messages.as_array().unwrap().iter();
        texts.map(|message| message["text"].clone()).collect()
    }
}

#[tokio::test]
async fn what_a_killed_program_has_responded_is_there() {
    let (_folder, file) = file();
    let start = "2026-01-01T09:00:00Z";
    let arguments = [
        "--json",
        "--contacts=0",
        "--clock",
        start,
        "--data",
        file.to_str().unwrap(),
    ];
    let mut first = Running::start(&arguments).await;
    assert_eq!(first.send("kept").await.0, 200);
    let url = format!("{}/clock/advance", first.text("control_url"));
    assert_eq!(
        fetch(http().post(url).json(&json!({"seconds": 60})))
            .await
            .0,
        204
    );
    first.program.0.kill().unwrap();
    first.program.0.wait().unwrap();

    let mut second = Running::start(&arguments).await;
    second.token = first.token;

    assert_eq!(second.texts().await, ["kept"]);
    assert_eq!(second.send("another").await.0, 200);
    let clock = second.control("/clock").await;
    assert_eq!(
        clock,
        json!({"time": "2026-01-01T09:01:00.000Z", "frozen": true})
    );
}

/// The system limits the size of the program's files, as a full disk would.
#[cfg(unix)]
#[tokio::test]
async fn what_cant_be_written_is_not_carried_out() {
    use std::{
        io::{BufRead, BufReader},
        process::{Command, Stdio},
    };

    let (_folder, file) = file();
    // In units of 512 or 1,024 bytes. The signal would end the program.
    let script = "trap '' XFSZ; ulimit -f 400; exec \"$0\" --json --contacts=0 --data \"$1\"";
    let mut child = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_stratustexting-sandbox")])
        .arg(&file)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let full = Running::of(Program(child), &line).await;

    let (mut sent, mut failed) = (Vec::new(), 0);
    for n in 0.. {
        let text = format!("{n} {}", "x".repeat(1_000));
        match full.send(&text).await {
            (200, _) if failed == 0 => sent.push(json!(text)),
            (500, body) => {
                let message = body["message"].as_str().unwrap();
                assert!(message.contains(file.to_str().unwrap()), "{message}");
                assert!(message.contains("not have been carried out"), "{message}");
                failed += 1;
            }
            other => panic!("{other:?}"),
        }
        if failed == 3 {
            break;
        }
    }

    assert!(!sent.is_empty());
    assert_eq!(full.texts().await, sent);
    drop(full);
    let again = ["--json", "--data", file.to_str().unwrap()];
    let again = Running::start(&again).await;
    assert_eq!(again.texts().await, sent);
    assert_eq!(again.send("room again").await.0, 200);
}
