use std::fs;

use stratustexting_sandbox::{Grant, NewClient, Sandbox, ScriptedResponse};

use crate::stratus::{Done, Stratus};

/// A fault, by variables that replace those of the sandbox; an empty value unsets one.
struct Fault {
    /// The finding that must be the first problem.
    code: &'static str,
    exit: i32,
    variables: Vec<(&'static str, String)>,
}

fn fault(code: &'static str, exit: i32, variables: &[(&'static str, &str)]) -> Fault {
    let variables = variables.iter();
    Fault {
        code,
        exit,
        variables: variables
            .map(|(name, it)| (*name, (*it).to_owned()))
            .collect(),
    }
}

/// The code of the first problem; each problem has words and advice.
#[track_caller]
fn first_problem(done: &Done) -> Option<String> {
    let findings = done.objects();
    assert!(!findings.is_empty(), "{}", done.err);
    for finding in &findings {
        assert!(finding["check"].is_string() && finding["text"].is_string());
        let has_code = finding["code"].is_string() && finding["advice"].is_string();
        let is_told = matches!(finding["verdict"].as_str(), Some("problem" | "note"));
        assert_eq!(has_code, is_told, "{finding}");
    }
    let mut problems = findings.iter().filter(|it| it["verdict"] == "problem");
    Some(problems.next()?["code"].as_str()?.to_owned())
}

async fn sandbox() -> Stratus {
    let builder = Sandbox::builder().contacts(5);
    Stratus::of(builder.allow_machine_subscriptions(true)).await
}

#[tokio::test]
async fn a_good_set_up_has_no_problem_and_nothing_is_changed() {
    let stratus = sandbox().await;

    let done = stratus.run(&["doctor"]).await;

    assert!(
        done.assert_code(0).out.contains("No problem was found"),
        "{}",
        done.out
    );
    assert!(done.out.contains("sender number"), "{}", done.out);
    for entry in stratus.sandbox.ledger() {
        let is_token = entry.operation.as_deref() == Some("token");
        assert!(is_token || entry.method == "GET", "{entry:?}");
    }
    stratus.assert_texted(0);
    let json = stratus.run(&["--json", "doctor"]).await;
    assert_eq!(first_problem(json.assert_code(0)), None);
}

#[tokio::test]
async fn each_fault_is_found_and_named_first() {
    let stratus = sandbox().await;
    let it = &stratus.sandbox;
    let for_people = NewClient::default().grants([Grant::AuthorizationCode]);
    let for_people = it.register_client(for_people).unwrap();
    let (secret, key) = (it.client_secret(), it.api_key());
    let (base, token_url) = (it.api_base(), it.token_url());
    // Too long for a name, so no resolver is asked.
    let no_host = format!("{}.example", "a".repeat(64));
    let person = ("STRATUS_GRANT", "authorization_code");

    let table = [
        // What can be seen without the network.
        fault("value_missing", 3, &[("STRATUS_API_KEY", "")]),
        fault(
            "white_space",
            3,
            &[("STRATUS_CLIENT_SECRET", &format!("{secret}\n"))],
        ),
        fault(
            "white_space",
            3,
            &[("STRATUS_API_KEY", &format!("\u{feff}{key}"))],
        ),
        fault(
            "control_character",
            3,
            &[("STRATUS_API_KEY", &key.replacen(&key[5..6], "\t", 1))],
        ),
        fault("quoted", 3, &[("STRATUS_API_KEY", &format!("\"{key}\""))]),
        fault("same_value", 3, &[("STRATUS_API_KEY", secret)]),
        fault("api_key_is_token", 3, &[("STRATUS_API_KEY", "eyJhbGciOi")]),
        fault("grant_unknown", 3, &[("STRATUS_GRANT", "password")]),
        fault("brand_unknown", 3, &[("STRATUS_BRAND", "stratus")]),
        fault("sender_form", 3, &[("STRATUS_SENDER", "(303) 555-0100")]),
        fault("region_unknown", 3, &[("STRATUS_REGION", "Texas")]),
        fault(
            "redirect_uri_form",
            3,
            &[
                person,
                ("STRATUS_REDIRECT_URI", "http://app.example/callback"),
            ],
        ),
        fault(
            "redirect_uri_form",
            3,
            &[person, ("STRATUS_REDIRECT_URI", "/callback")],
        ),
        fault(
            "setting_refused",
            3,
            &[("STRATUS_API_BASE", "http://example.com/")],
        ),
        fault(
            "setting_refused",
            3,
            &[
                ("HTTPS_PROXY", "ftp://proxy"),
                ("STRATUS_API_BASE", "https://a.example/"),
            ],
        ),
        // The network.
        fault(
            "host_not_found",
            8,
            &[
                ("STRATUS_API_BASE", &format!("http://{no_host}/prod")),
                ("STRATUS_ALLOW_PLAIN_HTTP", &no_host),
            ],
        ),
        fault(
            "unreachable",
            8,
            &[("STRATUS_API_BASE", "http://127.0.0.1:1/prod")],
        ),
        fault(
            "tls",
            8,
            &[("STRATUS_API_BASE", &base.replace("http:", "https:"))],
        ),
        fault(
            "proxy",
            8,
            &[
                ("STRATUS_API_BASE", "https://api.example/prod"),
                ("HTTPS_PROXY", "http://127.0.0.1:1"),
            ],
        ),
        // The service.
        fault(
            "no_token_endpoint",
            3,
            &[("STRATUS_TOKEN_URL", &token_url.replace("token", "tokens"))],
        ),
        fault(
            "credentials_rejected",
            4,
            &[("STRATUS_CLIENT_SECRET", "another")],
        ),
        fault(
            "grant_rejected",
            4,
            &[
                ("STRATUS_CLIENT_ID", &for_people.client_id),
                ("STRATUS_CLIENT_SECRET", &for_people.client_secret),
                ("STRATUS_API_KEY", &for_people.api_key),
            ],
        ),
        fault("login_required", 4, &[person]),
        fault(
            "redirect_mismatch",
            3,
            &[
                person,
                ("STRATUS_REDIRECT_URI", "http://127.0.0.1:8400/callback/"),
            ],
        ),
        fault(
            "credentials_rejected",
            4,
            &[person, ("STRATUS_CLIENT_ID", "nobody")],
        ),
        fault(
            "no_login_page",
            3,
            &[
                person,
                (
                    "STRATUS_AUTHORIZE_URL",
                    &it.authorize_url().replace("authorize", "login"),
                ),
            ],
        ),
        fault("api_key_rejected", 4, &[("STRATUS_API_KEY", "another")]),
        fault(
            "no_such_path",
            3,
            &[("STRATUS_API_BASE", &format!("{base}-of-nobody"))],
        ),
    ];
    for Fault {
        code,
        exit,
        variables,
    } in table
    {
        let mut command = stratus.command(&["--json", "doctor"]);
        for (name, value) in &variables {
            command.env(name, value);
        }

        let done = stratus.run_command(command, "").await;

        let shown = format!("{code}: {}", done.out);
        assert_eq!(first_problem(&done).as_deref(), Some(code), "{shown}");
        assert_eq!(done.code, exit, "{shown}");
    }
    stratus.assert_texted(0);
}

#[tokio::test]
async fn a_wrong_clock_and_a_failing_service_are_named() {
    let stratus = sandbox().await;
    let early = "Sun, 06 Nov 1994 08:49:37 GMT";
    let response = ScriptedResponse::new(400).header("date", early);
    stratus.sandbox.respond_next("token", response);

    let done = stratus.run(&["--json", "doctor"]).await;

    assert_eq!(
        first_problem(done.assert_code(3)).as_deref(),
        Some("clock_skew")
    );
    let down = ScriptedResponse::new(503);
    stratus.sandbox.respond_times("token", 2, down);
    let done = stratus.run(&["--json", "doctor"]).await;
    assert_eq!(
        first_problem(done.assert_code(8)).as_deref(),
        Some("service_down")
    );
}

#[tokio::test]
async fn what_is_wrong_with_profiles_and_files_is_named() {
    let stratus = sandbox().await;
    let nothing = stratus.at_home(&["--json", "doctor"]);
    let nothing = stratus.run_command(nothing, "").await;
    assert_eq!(
        first_problem(nothing.assert_code(3)).as_deref(),
        Some("no_account")
    );
    stratus.log_in_as_person("shop").await;
    let run = async |arguments: &[&str]| {
        let arguments = [&["--json", "doctor"], arguments].concat();
        stratus.run_at_home(&arguments).await
    };
    let good = run(&[]).await;
    assert_eq!(first_problem(good.assert_code(0)), None, "{}", good.out);

    let other = run(&["-p", "shopp"]).await;
    assert_eq!(
        first_problem(other.assert_code(3)).as_deref(),
        Some("no_such_profile")
    );
    let mut partial = stratus.at_home(&["--json", "doctor"]);
    partial.env("STRATUS_API_KEY", "key");
    let partial = stratus.run_command(partial, "").await;
    let found = first_problem(partial.assert_code(3));
    assert_eq!(found.as_deref(), Some("partial_environment"));
    for (arguments, code) in [
        (&["--json", "doctor"][..], "profiles_ignored"),
        (&["--json", "doctor", "-p", "shop"], "environment_ignored"),
    ] {
        let mut both = stratus.command(arguments);
        both.env("STRATUS_HOME", stratus.path("home"));
        let both = stratus.run_command(both, "").await;
        assert_eq!(both.assert_code(0).objects()[0]["code"], code);
    }

    let tokens = stratus.path("home/tokens/shop.json");
    let kept = fs::read(&tokens).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let profiles = stratus.path("home/profiles.toml");
        for (file, code) in [
            (&profiles, "profiles_file_open"),
            (&tokens, "token_file_open"),
        ] {
            fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
            let open = run(&[]).await;
            assert_eq!(first_problem(open.assert_code(3)).as_deref(), Some(code));
            fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
        }
    }
    fs::write(&tokens, "{\"canary").unwrap();
    let broken = run(&[]).await;
    let found = first_problem(broken.assert_code(3));
    assert_eq!(found.as_deref(), Some("token_file_unreadable"));
    assert!(!broken.out.contains("canary"));
    fs::write(&tokens, kept).unwrap();
    // The login is over, and the service knows it first.
    stratus.sandbox.revoke_access_tokens();
    stratus.sandbox.revoke_refresh_tokens();
    let over = run(&[]).await;
    let found = first_problem(over.assert_code(4));
    assert!(found.is_some(), "{}", over.out);
    fs::write(stratus.path("home/profiles.toml"), "canary").unwrap();
    let broken = run(&[]).await;
    let found = first_problem(broken.assert_code(3));
    assert_eq!(found.as_deref(), Some("profiles_file_unreadable"));
    assert!(!broken.out.contains("canary"));
}
