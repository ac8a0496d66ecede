//! `Client::check`: each fault in a set-up is told from the others.

use serde_json::json;
use stratustexting::{
    ClientBuilder,
    auth::{Credentials, FileTokenStore},
    check::{CheckProblem, CheckReport, CheckSubject, CheckVerdict},
    reqwest,
};
use stratustexting_sandbox::{Commit, Fault, Grant, NewClient, Sandbox, ScriptedResponse};

use crate::{
    support::Watched,
    tls::{Front, Proxy},
};

fn builder(sandbox: &Watched) -> ClientBuilder {
    sandbox.builder().credentials(sandbox.machine())
}

async fn check(builder: ClientBuilder) -> CheckReport {
    builder.build().unwrap().check().await
}

/// The problem of a step, and nothing secret or personal in any form of the report.
fn problem(sandbox: &Watched, report: &CheckReport, subject: CheckSubject) -> Option<CheckProblem> {
    let shown = format!(
        "{report} {report:?} {}",
        serde_json::to_string(report).unwrap()
    );
    for secret in sandbox.secrets() {
        assert!(!shown.contains(&secret), "{shown}");
    }
    assert!(!shown.contains(sandbox.number()), "{shown}");
    report.step(subject).unwrap().problem
}

fn verdict(report: &CheckReport, subject: CheckSubject) -> CheckVerdict {
    report.step(subject).unwrap().verdict
}

const READS: [CheckSubject; 4] = [
    CheckSubject::Contacts,
    CheckSubject::Consents,
    CheckSubject::Subscriptions,
    CheckSubject::Sites,
];

#[tokio::test]
async fn a_good_set_up_has_no_problem_and_nothing_is_sent_or_written() {
    let sandbox = Watched::for_machines().await;

    let report = check(builder(&sandbox)).await;

    assert!(report.is_ok(), "{report}");
    for step in &report.steps {
        assert_eq!(step.verdict, CheckVerdict::Ok, "{report}");
    }
    assert!(sandbox.sent_messages().is_empty());
    let calls = sandbox.calls();
    assert!(calls.iter().all(|entry| entry.method == "GET"));
    // One without credentials, and one of each list.
    assert_eq!(calls.len(), 1 + READS.len());
    let has = |name: &str| calls[0].headers.iter().any(|(other, _)| other == name);
    assert!(!has("authorization") && !has("x-api-key"));
    assert_eq!(sandbox.token_requests().len(), 2);
}

#[tokio::test]
async fn a_report_serialises_with_a_word_for_each_part() {
    let sandbox = Watched::start().await;

    let report = check(builder(&sandbox).api_key("another")).await;

    let json = serde_json::to_value(&report).unwrap();
    let step = &json["steps"][4];
    assert_eq!(step["subject"], "api_key");
    assert_eq!(step["verdict"], "problem");
    assert_eq!(step["problem"], "api_key_rejected");
    assert!(step["text"].is_string() && step["advice"].is_string());
    assert_eq!(
        json["steps"][0],
        json!({
            "subject": "api_host", "verdict": "ok", "text": "the host responds",
        })
    );
    assert_eq!(report.to_string().lines().count(), report.steps.len());
}

#[tokio::test]
async fn a_host_that_refuses_connections_is_unreachable() {
    let sandbox = Watched::start().await;
    sandbox.refuse_connections(true).unwrap();

    let report = check(builder(&sandbox)).await;

    for subject in [
        CheckSubject::ApiHost,
        CheckSubject::TokenEndpoint,
        CheckSubject::AccessToken,
    ] {
        let problem = problem(&sandbox, &report, subject);
        assert_eq!(problem, Some(CheckProblem::Unreachable), "{report}");
    }
    for subject in READS {
        assert_eq!(verdict(&report, subject), CheckVerdict::Skipped);
    }
    assert_eq!(
        verdict(&report, CheckSubject::Clock),
        CheckVerdict::Skipped,
        "no response told the time"
    );
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_told() {
    let sandbox = Watched::for_machines().await;
    let early = "Sun, 06 Nov 1994 08:49:37 GMT";
    sandbox.respond_next("token", ScriptedResponse::new(400).header("date", early));

    let report = check(builder(&sandbox)).await;

    let found = problem(&sandbox, &report, CheckSubject::Clock);
    assert_eq!(found, Some(CheckProblem::ClockSkew), "{report}");
    assert_eq!(report.problems().count(), 1, "{report}");
}

#[tokio::test]
async fn the_login_page_is_asked_about_a_redirect_uri() {
    let sandbox = Watched::start().await;
    let registered = "https://app.example/callback";
    let client = NewClient::default().redirect_uris([registered]);
    let of = |client: NewClient| {
        let it = sandbox.register_client(client).unwrap();
        let credentials = Credentials::authorization_code(it.client_id, it.client_secret);
        sandbox.builder().credentials(credentials)
    };
    let user = of(client.clone()).build().unwrap();
    for (redirect_uri, wanted) in [
        (registered, None),
        (
            "https://app.example/callback/",
            Some(CheckProblem::RedirectMismatch),
        ),
        (
            "http://app.example/callback",
            Some(CheckProblem::RedirectMismatch),
        ),
        ("callback", Some(CheckProblem::RedirectMismatch)),
    ] {
        let step = user.check_login_page(redirect_uri).await;

        assert_eq!(step.problem, wanted, "{redirect_uri}: {step}");
        assert_eq!(step.subject, CheckSubject::LoginPage);
    }
    let machines = of(client.grants([Grant::ClientCredentials]));
    let step = machines.build().unwrap().check_login_page(registered).await;
    assert_eq!(step.problem, Some(CheckProblem::GrantRejected), "{step}");

    let unknown = Credentials::authorization_code("nobody", "nothing");
    let unknown = sandbox.builder().credentials(unknown).build().unwrap();
    let step = unknown.check_login_page(registered).await;
    assert_eq!(
        step.problem,
        Some(CheckProblem::CredentialsRejected),
        "{step}"
    );

    let elsewhere = sandbox.authorize_url().replace("authorize", "login");
    let elsewhere = of(NewClient::default()).authorize_url(elsewhere);
    let step = elsewhere
        .build()
        .unwrap()
        .check_login_page(registered)
        .await;
    assert_eq!(step.problem, Some(CheckProblem::NoLoginPage), "{step}");

    let machine = builder(&sandbox).build().unwrap();
    let step = machine.check_login_page(registered).await;
    assert_eq!(step.verdict, CheckVerdict::Skipped, "{step}");
    assert!(sandbox.token_requests().is_empty());
}

/// A resolver that knows no name, as without any network.
#[derive(Debug)]
struct NoNames;

impl reqwest::dns::Resolve for NoNames {
    fn resolve(&self, _: reqwest::dns::Name) -> reqwest::dns::Resolving {
        Box::pin(async { Err("no such name".into()) })
    }
}

#[tokio::test]
async fn a_name_that_cannot_be_resolved_is_told_from_a_host_that_is_down() {
    let sandbox = Watched::start().await;
    let builder = builder(&sandbox)
        .api_base("https://api.example/prod")
        .configure_http(|http| http.dns_resolver(NoNames));

    let report = check(builder).await;

    let problem = problem(&sandbox, &report, CheckSubject::ApiHost);
    assert_eq!(problem, Some(CheckProblem::HostNotFound), "{report}");
    assert_eq!(
        verdict(&report, CheckSubject::AccessToken),
        CheckVerdict::Ok
    );
}

#[tokio::test]
async fn faults_of_tls_are_told_apart() {
    let sandbox = Watched::start().await;
    let front = Front::of(&sandbox).await;
    let plain = sandbox.api_base().replacen("http://", "https://", 1);
    for (api_base, wanted) in [
        (front.url(sandbox.api_base()), CheckProblem::Certificate),
        // It speaks no TLS.
        (plain, CheckProblem::Tls),
    ] {
        let report = check(builder(&sandbox).api_base(api_base)).await;

        let problem = problem(&sandbox, &report, CheckSubject::ApiHost);
        assert_eq!(problem, Some(wanted), "{report}");
    }
    let authority = front.certificate.clone();
    let trusted = front
        .builder(&sandbox)
        .configure_http(|http| http.tls_certs_merge([authority]));
    assert!(check(trusted).await.is_ok());
}

#[tokio::test]
async fn a_proxy_that_makes_no_connection_is_named() {
    let sandbox = Watched::start().await;
    let front = Front::of(&sandbox).await;
    let forbids = Proxy::start(false).await;
    let closed = "http://127.0.0.1:9".to_owned();
    for url in [forbids.url(), closed] {
        let proxied = front
            .builder(&sandbox)
            .configure_http(move |http| http.proxy(reqwest::Proxy::all(url).unwrap()));

        let report = check(proxied).await;

        for subject in [CheckSubject::ApiHost, CheckSubject::TokenEndpoint] {
            let problem = problem(&sandbox, &report, subject);
            assert_eq!(problem, Some(CheckProblem::Proxy), "{report}");
        }
    }
}

fn page() -> ScriptedResponse {
    ScriptedResponse::new(200)
        .header("content-type", "text/html")
        .body("<html>Please log in</html>")
}

/// A network's login page, or a proxy's, responds to everything.
#[tokio::test]
async fn a_page_or_a_redirect_is_not_the_services() {
    for response in [
        page(),
        ScriptedResponse::new(302).header("location", "https://login.example/"),
    ] {
        let sandbox = Watched::start().await;
        sandbox.respond_times("token", 2, response.clone());

        let report = check(builder(&sandbox)).await;

        for subject in [CheckSubject::TokenEndpoint, CheckSubject::AccessToken] {
            let problem = problem(&sandbox, &report, subject);
            assert_eq!(problem, Some(CheckProblem::ForeignResponse), "{report}");
        }
        for operation in [
            "listContacts",
            "listCustomConsents",
            "listSubscriptions",
            "listSites",
        ] {
            sandbox.respond_next(operation, response.clone());
        }
        let report = check(builder(&sandbox)).await;
        for subject in READS {
            let problem = problem(&sandbox, &report, subject);
            assert_eq!(problem, Some(CheckProblem::ForeignResponse), "{report}");
        }
        assert_eq!(
            verdict(&report, CheckSubject::ApiKey),
            CheckVerdict::Skipped
        );
    }
}

#[tokio::test]
async fn a_token_url_that_is_no_token_endpoint_is_told_from_wrong_credentials() {
    let sandbox = Watched::start().await;
    let elsewhere = sandbox
        .token_url()
        .replace("/oauth2/token", "/oauth3/token");

    let report = check(builder(&sandbox).token_url(elsewhere)).await;
    for subject in [CheckSubject::TokenEndpoint, CheckSubject::AccessToken] {
        let problem = problem(&sandbox, &report, subject);
        assert_eq!(problem, Some(CheckProblem::NoTokenEndpoint), "{report}");
    }
    sandbox.respond_times("token", 2, ScriptedResponse::new(404));
    let report = check(builder(&sandbox)).await;
    let found = problem(&sandbox, &report, CheckSubject::TokenEndpoint);
    assert_eq!(found, Some(CheckProblem::NoTokenEndpoint), "{report}");
    assert_eq!(report.problems().next().unwrap().status, Some(404));

    let wrong = Credentials::client_credentials(sandbox.client_id(), "another secret");
    let report = check(sandbox.builder().credentials(wrong)).await;
    assert_eq!(
        verdict(&report, CheckSubject::TokenEndpoint),
        CheckVerdict::Ok
    );
    let problem = problem(&sandbox, &report, CheckSubject::AccessToken);
    assert_eq!(problem, Some(CheckProblem::CredentialsRejected), "{report}");
}

/// As it was recorded of a client that was made for logins by code.
#[tokio::test]
async fn a_client_that_was_made_for_another_grant_is_told_so() {
    let sandbox = Watched::start().await;
    let response = ScriptedResponse::json(400, json!({"error": "invalid_grant"}));
    sandbox.respond_times("token", 2, response);

    let report = check(builder(&sandbox)).await;

    let problem = problem(&sandbox, &report, CheckSubject::AccessToken);
    assert_eq!(problem, Some(CheckProblem::GrantRejected), "{report}");
}

#[tokio::test]
async fn nobody_who_is_logged_in_is_told_from_a_login_that_is_over() {
    let sandbox = Watched::start().await;

    let report = check(sandbox.builder().credentials(sandbox.user())).await;
    let found = problem(&sandbox, &report, CheckSubject::AccessToken);
    assert_eq!(found, Some(CheckProblem::LoginRequired), "{report}");
    let advice = report.step(CheckSubject::AccessToken).unwrap().advice;
    assert!(advice.unwrap().contains("Auth::log_in_with_browser"));
    assert_eq!(
        verdict(&report, CheckSubject::TokenEndpoint),
        CheckVerdict::Ok
    );
    // No token was asked for: there is nothing to ask with.
    assert_eq!(sandbox.token_requests().len(), 1);
}

#[tokio::test]
async fn a_store_that_fails_is_told_from_a_login_that_is_missing() {
    let sandbox = Watched::start().await;
    let folder = tempfile::tempdir().unwrap();
    let below_a_file = folder.path().join("file");
    std::fs::write(&below_a_file, "").unwrap();
    let store = FileTokenStore::new(below_a_file.join("token.json"));

    let report = check(
        sandbox
            .builder()
            .credentials(sandbox.user())
            .token_store(store),
    )
    .await;

    let problem = problem(&sandbox, &report, CheckSubject::AccessToken);
    assert_eq!(problem, Some(CheckProblem::TokenStore), "{report}");
}

#[tokio::test]
async fn a_wrong_api_key_is_told_from_a_wrong_token() {
    let sandbox = Watched::for_machines().await;

    let report = check(builder(&sandbox).api_key("another")).await;
    let key = problem(&sandbox, &report, CheckSubject::ApiKey);
    assert_eq!(key, Some(CheckProblem::ApiKeyRejected), "{report}");
    assert_eq!(
        report.problems().next().unwrap().subject,
        CheckSubject::ApiKey
    );

    let token = stratustexting::AccessToken::new("another").unwrap();
    let report = check(
        sandbox
            .builder()
            .credentials(Credentials::static_token(token)),
    )
    .await;
    let key = problem(&sandbox, &report, CheckSubject::ApiKey);
    assert_eq!(key, Some(CheckProblem::TokenRejected), "{report}");
    assert_eq!(
        verdict(&report, CheckSubject::TokenEndpoint),
        CheckVerdict::Skipped
    );
}

#[tokio::test]
async fn what_a_login_may_not_read_is_a_note() {
    // Only users may read subscriptions here.
    let sandbox = Watched::start().await;

    let report = check(builder(&sandbox)).await;

    let found = problem(&sandbox, &report, CheckSubject::Subscriptions);
    assert_eq!(found, Some(CheckProblem::NotAllowed), "{report}");
    assert_eq!(
        verdict(&report, CheckSubject::Subscriptions),
        CheckVerdict::Note
    );
    assert_eq!(verdict(&report, CheckSubject::ApiKey), CheckVerdict::Ok);
    assert!(report.is_ok(), "{report}");
}

#[tokio::test]
async fn a_scope_that_is_missing_is_told_by_what_can_be_read() {
    for status in [401, 403] {
        let sandbox = Watched::of(Sandbox::builder().missing_scope(status)).await;
        let credentials = sandbox
            .machine()
            .scopes([stratustexting::auth::scopes::SEND_MESSAGE]);

        let report = check(sandbox.builder().credentials(credentials)).await;

        let found = problem(&sandbox, &report, CheckSubject::Contacts);
        assert_eq!(found, Some(CheckProblem::NotAllowed), "{report}");
        assert_eq!(
            verdict(&report, CheckSubject::ApiKey),
            CheckVerdict::Ok,
            "{report}"
        );
    }
}

#[tokio::test]
async fn a_service_that_fails_is_told_from_one_that_has_no_such_path() {
    let sandbox = Watched::for_machines().await;
    let gateway = Fault::status(503, Commit::Before);
    for operation in [
        "listContacts",
        "listCustomConsents",
        "listSubscriptions",
        "listSites",
    ] {
        sandbox.fail_next(operation, gateway.clone());
    }
    let report = check(builder(&sandbox)).await;
    for subject in READS {
        let found = problem(&sandbox, &report, subject);
        assert_eq!(found, Some(CheckProblem::ServiceDown), "{report}");
        assert_eq!(report.step(subject).unwrap().status, Some(503));
    }
    assert_eq!(
        verdict(&report, CheckSubject::ApiKey),
        CheckVerdict::Skipped
    );

    let base = sandbox.api_base().to_owned() + "-of-nobody";
    let report = check(builder(&sandbox).api_base(base)).await;
    for subject in READS {
        let found = problem(&sandbox, &report, subject);
        assert_eq!(found, Some(CheckProblem::NoSuchPath), "{report}");
        assert_eq!(verdict(&report, subject), CheckVerdict::Problem);
    }
}

/// Its path is inferred, and the account may not have the feature.
#[tokio::test]
async fn one_list_that_is_not_there_is_a_note() {
    let builder_of = || Sandbox::builder().allow_machine_subscriptions(true);
    let sandbox = Watched::of(builder_of().without_operation("listSites")).await;

    let report = check(builder(&sandbox)).await;

    let found = problem(&sandbox, &report, CheckSubject::Sites);
    assert_eq!(found, Some(CheckProblem::NoSuchPath), "{report}");
    assert_eq!(verdict(&report, CheckSubject::Sites), CheckVerdict::Note);
    assert!(report.is_ok(), "{report}");
}

#[tokio::test]
async fn responses_that_differ_from_the_document_are_notes() {
    let sandbox = Watched::for_machines().await;
    let other = json!({"content": [{"id": 17}], "last": true});
    sandbox.respond_next("listContacts", ScriptedResponse::json(200, other));
    sandbox.respond_next(
        "listSites",
        ScriptedResponse::json(200, json!({"sitios": "none"})),
    );
    sandbox.respond_next(
        "listCustomConsents",
        ScriptedResponse::json(429, json!({"message": "slow"})),
    );

    let report = check(builder(&sandbox)).await;

    for (subject, wanted, weighs) in [
        (
            CheckSubject::Contacts,
            CheckProblem::Differs,
            CheckVerdict::Note,
        ),
        (
            CheckSubject::Sites,
            CheckProblem::Unreadable,
            CheckVerdict::Note,
        ),
        (
            CheckSubject::Consents,
            CheckProblem::RateLimited,
            CheckVerdict::Problem,
        ),
    ] {
        assert_eq!(
            problem(&sandbox, &report, subject),
            Some(wanted),
            "{report}"
        );
        assert_eq!(verdict(&report, subject), weighs, "{report}");
    }
    assert_eq!(verdict(&report, CheckSubject::ApiKey), CheckVerdict::Ok);
}

#[tokio::test]
async fn a_service_that_never_responds_times_out() {
    let sandbox = Watched::start().await;
    sandbox.fail_next("listSites", Fault::never_respond(Commit::Before));
    let short = std::time::Duration::from_millis(300);

    let report = check(builder(&sandbox).attempt_timeout(short)).await;

    let found = problem(&sandbox, &report, CheckSubject::Sites);
    assert_eq!(found, Some(CheckProblem::TimedOut), "{report}");
}
