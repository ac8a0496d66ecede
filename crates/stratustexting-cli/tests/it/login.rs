use std::{fs, process::Command};

use stratustexting_sandbox::{Commit, Fault, Grant, NewClient};

use crate::{
    account::{Login, after_login},
    stratus::Stratus,
};

/// A redirect URI that the sandbox's client has registered, on a free port.
const ANY_PORT: &str = "http://127.0.0.1:0/callback";

#[tokio::test]
async fn a_program_logs_in_as_itself_and_the_account_is_kept() {
    let stratus = Stratus::new().await;
    let mut command = stratus.command(&["login", "--machine", "-p", "shop", "--region", "us"]);
    command.env("STRATUS_HOME", stratus.path("home"));

    let done = stratus.run_command(command, "").await;

    assert!(done.assert_code(0).out.contains("\"shop\""), "{}", done.out);
    assert!(done.err.contains("stratus doctor -p shop"), "{}", done.err);
    let shown = stratus.run_at_home(&["--json", "whoami", "--check"]).await;
    let shown = &shown.assert_code(0).objects()[0];
    assert_eq!(shown["profile"], "shop");
    assert_eq!(shown["grant"], "client_credentials");
    assert_eq!(shown["region"], "US");
    assert_eq!(shown["sender"], stratus.sandbox.number());
    assert_eq!(shown["accepted"], true);
    let id = stratus.sandbox.client_id();
    let short = format!("{}…{}", &id[..4], &id[id.len() - 4..]);
    assert_eq!(shown["client_id"], short);
    #[cfg(unix)]
    for (path, wanted) in [
        ("home", 0o700),
        ("home/profiles.toml", 0o600),
        ("home/tokens/shop.json", 0o600),
    ] {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(stratus.path(path)).unwrap().permissions();
        assert_eq!(mode.mode() & 0o777, wanted, "{path}");
    }
}

#[tokio::test]
async fn a_person_pastes_the_address_after_the_login() {
    let stratus = Stratus::new().await;
    let secrets = stratus.secrets();
    let mut login =
        Login::start(stratus.at_home(&["login", "--no-browser", "--secrets", &secrets]));
    let url = login.url().await;
    let callback = after_login(&stratus.sandbox, &url).await;
    assert!(callback.starts_with("http://127.0.0.1:8400/callback?"));

    // Another tab's address comes first.
    login.paste("https://example.com/?code=1&state=2");
    login.line("isn't the address").await;
    login.paste(&format!("\n{callback}"));
    let done = login.done(&stratus).await;

    done.assert_code(0);
    let shown = stratus.run_at_home(&["whoami", "--check"]).await;
    assert!(shown.assert_code(0).out.contains("the service accepts it"));
    assert!(shown.out.contains("logged in      yes"), "{}", shown.out);
}

#[tokio::test]
async fn a_login_that_nobody_finishes_keeps_nothing() {
    let stratus = Stratus::new().await;
    let secrets = stratus.secrets();
    let arguments = ["login", "--no-browser", "--secrets", &secrets];

    let ended = stratus.run_at_home(&arguments).await;
    let mut denied = Login::start(stratus.at_home(&arguments));
    let url = denied.url().await;
    let state = url.query_pairs().find(|(name, _)| name == "state").unwrap();
    denied.paste(&format!(
        "http://127.0.0.1:8400/callback?error=access_denied&state={}",
        state.1
    ));
    let denied = denied.done(&stratus).await;

    ended.assert_code(2);
    denied.assert_code(4);
    assert!(
        denied.err.contains("the user denied access"),
        "{}",
        denied.err
    );
    assert_eq!(stratus.profiles(), "");
    assert!(!stratus.path("home/tokens").exists());
}

/// A program in place of the one that opens the machine's browser.
#[cfg(unix)]
fn launcher(stratus: &Stratus, command: &mut Command) {
    use std::os::unix::fs::PermissionsExt;
    let folder = stratus.path("bin");
    fs::create_dir_all(&folder).unwrap();
    let program = folder.join("xdg-open");
    fs::write(&program, "#!/bin/sh\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
    command.env("DISPLAY", ":0").env("PATH", &folder);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_browser_comes_back_to_the_program() {
    let stratus = Stratus::new().await;
    let secrets = stratus.secrets();
    let uri = ["--redirect-uri", ANY_PORT];
    let arguments = [&["login", "--secrets", &secrets][..], &uri[..]].concat();
    let mut command = stratus.at_home(&arguments);
    launcher(&stratus, &mut command);

    let mut login = Login::start(command);
    let url = login.url().await;
    stratus.sandbox.browser()(&url).unwrap();
    let done = login.done(&stratus).await;

    done.assert_code(0);
    assert!(stratus.profiles().contains(ANY_PORT));
    let shown = stratus.run_at_home(&["whoami", "--check"]).await;
    shown.assert_code(0);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn without_a_browser_the_address_is_pasted() {
    let stratus = Stratus::new().await;
    let secrets = stratus.secrets();
    let elsewhere = ["--redirect-uri", "https://app.example/callback"];
    let here = ["--redirect-uri", ANY_PORT];
    for (uri, has_launcher) in [(elsewhere, true), (here, false)] {
        let arguments = [&["login", "--secrets", &secrets][..], &uri[..]].concat();
        let mut command = stratus.at_home(&arguments);
        launcher(&stratus, &mut command);
        if !has_launcher {
            command.env("PATH", "/nowhere");
        }

        let mut login = Login::start(command);
        login.line("can't be used").await;
        login.url().await;
        let done = login.done(&stratus).await;

        assert!(done.assert_code(2).err.contains("no address was pasted"));
    }
}

#[tokio::test]
async fn a_failed_login_leaves_the_profile_as_it_was() {
    let stratus = Stratus::new().await;
    stratus.log_in_as_machine("shop").await;
    let before = stratus.profiles();
    let other = NewClient::default().grants([Grant::AuthorizationCode]);
    let other = stratus.sandbox.register_client(other).unwrap();
    for (secret, name, code) in [
        (("STRATUS_CLIENT_SECRET", "canary"), "shop", 4),
        (("STRATUS_CLIENT_SECRET", "canary"), "new", 4),
        (("STRATUS_CLIENT_ID", &*other.client_id), "shop", 4),
        (("STRATUS_CLIENT_SECRET", "canary "), "shop", 3),
    ] {
        let mut command = stratus.command(&["login", "--machine", "-p", name]);
        command
            .env("STRATUS_HOME", stratus.path("home"))
            .env(secret.0, secret.1);

        let done = stratus.run_command(command, "").await;

        done.assert_code(code);
        assert_eq!(stratus.profiles(), before);
        assert!(!done.err.contains("canary"), "{}", done.err);
        if code == 3 {
            assert!(done.err.contains("STRATUS_CLIENT_SECRET"), "{}", done.err);
        }
    }
    assert!(!stratus.path("home/tokens/new.json").exists());
    let shown = stratus.run_at_home(&["whoami", "--check"]).await;
    shown.assert_code(0);
}

#[tokio::test]
async fn a_rejected_api_key_is_named_and_the_login_is_kept() {
    let stratus = Stratus::new().await;
    let login = ["--json", "login", "--machine", "-p", "shop"];
    let mut command = stratus.command(&login);
    command
        .env("STRATUS_HOME", stratus.path("home"))
        .env("STRATUS_API_KEY", "canary");

    let done = stratus.run_command(command, "").await;

    let err = &done.assert_code(4).err;
    assert!(err.contains("api key: "), "{err}");
    assert!(err.contains("The login is kept all the same"), "{err}");
    assert!(!err.contains("canary"), "{err}");
    let shown = &done.objects()[0];
    assert_eq!(
        (&shown["logged_in"], &shown["api_key_accepted"]),
        (&true.into(), &false.into())
    );
    assert!(stratus.path("home/tokens/shop.json").exists());
    assert!(stratus.profiles().contains("canary"));

    // With the right one it is mended; and what can't be found out is no fault.
    let again = |stratus: &Stratus| {
        let mut command = stratus.command(&login);
        command.env("STRATUS_HOME", stratus.path("home"));
        command
    };
    let mended = stratus.run_command(again(&stratus), "").await;
    assert_eq!(mended.assert_code(0).objects()[0]["api_key_accepted"], true);
    for read in [
        "listContacts",
        "listCustomConsents",
        "listSubscriptions",
        "listSites",
    ] {
        let down = Fault::status(503, Commit::Before);
        stratus.sandbox.fail_next(read, down);
    }
    let unknown = stratus.run_command(again(&stratus), "").await;
    assert!(unknown.assert_code(0).objects()[0]["api_key_accepted"].is_null());
}

#[tokio::test]
async fn a_part_of_an_account_in_the_environment_changes_no_profile() {
    let stratus = Stratus::new().await;
    stratus.log_in_as_machine("shop").await;
    let before = stratus.profiles();
    let mut command = stratus.at_home(&["login"]);
    command.env("STRATUS_API_KEY", "canary");

    let done = stratus.run_command(command, "").await;

    let err = &done.assert_code(2).err;
    assert!(err.contains("a part of an account"), "{err}");
    assert_eq!(stratus.profiles(), before);
    // Without it, the profile has all that is needed.
    let again = stratus.run_at_home(&["login"]).await;
    again.assert_code(0);
    assert_eq!(stratus.profiles(), before);
}

#[tokio::test]
async fn wrong_input_is_named_before_anything_is_sent() {
    let stratus = Stratus::new().await;
    let secrets = stratus.secrets();
    for (arguments, named) in [
        (&["--sender", "555"][..], "--sender"),
        (&["--sender", "(303) 555-0100"], "--region US"),
        (&["--region", "Texas"], "--region"),
        (&["--brand", "acme"], "beetexting"),
        (&["--redirect-uri", "callback"], "--redirect-uri"),
        (&["--redirect-uri", " http://127.0.0.1/"], "--redirect-uri"),
        (&["--api-base", "http://example.com/"], "api_base"),
        (&["--secrets", "/nowhere"], "--secrets"),
        (&["-p", "a/b"], "name"),
        (&["--machine", "--no-browser"], "--no-browser"),
    ] {
        let secrets = match arguments.contains(&"--secrets") {
            true => &[][..],
            false => &["--secrets", &secrets],
        };
        let all = [&["login"], secrets, arguments].concat();

        let done = stratus.run_at_home(&all).await;

        assert!(done.assert_code(2).err.contains(named), "{}", done.err);
    }
    let missing = stratus
        .run_at_home(&["login", "--client-id", "an-id"])
        .await;
    let err = &missing.assert_code(2).err;
    assert!(
        err.contains("STRATUS_CLIENT_SECRET, STRATUS_API_KEY must"),
        "{err}"
    );
    let both = ["login", "--no-browser", "--secrets", "-"];
    stratus.run_at_home(&both).await.assert_code(2);
    assert!(stratus.sandbox.ledger().is_empty());
    assert_eq!(stratus.profiles(), "");
}

#[tokio::test]
async fn secrets_come_by_standard_input_and_another_client_takes_no_setting_over() {
    let stratus = Stratus::new().await;
    let secrets = fs::read_to_string(stratus.secrets()).unwrap();
    let arguments = ["login", "--machine", "--secrets", "-", "--region", "US"];
    let login = stratus.at_home(&arguments);
    stratus.run_command(login, &secrets).await.assert_code(0);
    let other = stratus
        .sandbox
        .register_client(NewClient::default())
        .unwrap();
    let with = |lines: &str| {
        format!(
            "STRATUS_CLIENT_ID={}\nSTRATUS_CLIENT_SECRET={}\nSTRATUS_API_KEY={}\n{lines}",
            other.client_id, other.client_secret, other.api_key
        )
    };

    // The sandbox's URLs aren't the other client's, so the real service would be asked.
    let proxy = stratus.at_home(&arguments);
    let mut proxy = proxy;
    proxy.env("HTTPS_PROXY", "http://127.0.0.1:9");
    stratus.run_command(proxy, &with("")).await.assert_code(8);
    let base = format!(
        "STRATUS_API_BASE={}\nSTRATUS_TOKEN_URL={}",
        stratus.sandbox.api_base(),
        stratus.sandbox.token_url()
    );
    let login = stratus.at_home(&arguments);
    stratus
        .run_command(login, &with(&base))
        .await
        .assert_code(0);

    let shown = stratus.run_at_home(&["--json", "profiles", "show"]).await;
    let shown = &shown.assert_code(0).objects()[0];
    assert_eq!(shown["region"], "US");
    assert!(shown["sender"].is_null(), "{shown}");
}
