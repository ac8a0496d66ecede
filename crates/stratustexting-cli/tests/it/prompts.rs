use std::process::Command;

use rexpect::{
    process::WaitStatus,
    session::{PtySession, spawn_command},
};

use crate::{account::after_login, stratus::Stratus};

/// The program on a terminal that shows what is typed, which those of the crate don't. Nothing
/// waits longer than this many milliseconds.
fn on_terminal(program: &Command) -> PtySession {
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", r#"stty echo && exec "$0" "$@""#])
        .arg(program.get_program())
        .args(program.get_args())
        .env_clear();
    for (name, value) in program.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    spawn_command(command, Some(20_000)).unwrap()
}

/// What was on the terminal at the end, and the exit code.
fn end(mut session: PtySession) -> (String, i32) {
    let rest = session.exp_eof().unwrap();
    match session.process().wait().unwrap() {
        WaitStatus::Exited(_, code) => (rest, code),
        other => panic!("{other:?}"),
    }
}

/// The URLs of the sandbox as arguments; its secrets aren't among them.
fn hosts(stratus: &Stratus) -> Vec<String> {
    let urls = [
        ("--api-base", stratus.sandbox.api_base()),
        ("--authorize-url", stratus.sandbox.authorize_url()),
        ("--token-url", stratus.sandbox.token_url()),
    ];
    let arguments = urls.into_iter().flat_map(|(name, url)| [name, url]);
    arguments.map(str::to_owned).collect()
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

#[tokio::test]
async fn what_is_missing_is_asked_for_and_secrets_are_hidden() {
    let stratus = Stratus::new().await;
    let hosts = hosts(&stratus);
    let hosts = hosts.iter().map(String::as_str);
    let arguments: Vec<_> = ["login", "--machine"].into_iter().chain(hosts).collect();
    let command = stratus.at_home(&arguments);
    let sandbox = &stratus.sandbox;
    let [id, secret, key] = [
        sandbox.client_id(),
        sandbox.client_secret(),
        sandbox.api_key(),
    ]
    .map(str::to_owned);
    let secrets = [secret.clone(), key.clone()];

    let (seen, code) = blocking(move || {
        let mut session = on_terminal(&command);
        let mut seen = session.exp_string("Client id: ").unwrap();
        session.send_line(&id).unwrap();
        seen += &session.exp_string("Client secret (hidden): ").unwrap();
        session.send_line(&secret).unwrap();
        seen += &session.exp_string("API key (hidden): ").unwrap();
        session.send_line(&key).unwrap();
        let (rest, code) = end(session);
        (seen + &rest, code)
    })
    .await;

    assert_eq!(code, 0, "{seen}");
    assert!(seen.contains("Logged in"), "{seen}");
    assert!(seen.contains("profiles set --sender"), "{seen}");
    // What may be seen is.
    assert!(seen.contains(stratus.sandbox.client_id()), "{seen}");
    for secret in secrets {
        assert!(!seen.contains(&secret), "{seen}");
        assert!(stratus.profiles().contains(&secret));
    }
    let shown = stratus.run_at_home(&["whoami", "--check"]).await;
    shown.assert_code(0);
}

#[tokio::test]
async fn an_empty_or_padded_reply_is_refused_by_name() {
    let stratus = Stratus::new().await;
    let padded = format!("{} ", stratus.sandbox.client_secret());
    for (secret, code, named) in [
        (String::new(), 2, "Client secret"),
        (padded, 3, "STRATUS_CLIENT_SECRET"),
    ] {
        let command = stratus.at_home(&["login", "--machine", "--client-id", "an-id"]);
        let (rest, found) = blocking(move || {
            let mut session = on_terminal(&command);
            session.exp_string("Client secret (hidden): ").unwrap();
            session.send_line(&secret).unwrap();
            if code == 3 {
                session.exp_string("API key (hidden): ").unwrap();
                session.send_line("a key").unwrap();
            }
            end(session)
        })
        .await;

        assert_eq!(found, code, "{rest}");
        assert!(rest.contains(named), "{rest}");
    }
    assert!(stratus.sandbox.ledger().is_empty());
    assert_eq!(stratus.profiles(), "");
}

#[tokio::test]
async fn an_address_is_pasted_on_a_terminal() {
    let stratus = Stratus::new().await;
    let secrets = stratus.secrets();
    let command = stratus.at_home(&["login", "--no-browser", "--secrets", &secrets]);

    let (mut session, url) = blocking(move || {
        let mut session = on_terminal(&command);
        session.exp_string("log in:").unwrap();
        let (_, url) = session.exp_regex(r"http\S+").unwrap();
        session.exp_string("here:").unwrap();
        (session, url)
    })
    .await;
    let address = after_login(&stratus.sandbox, &url.parse().unwrap()).await;
    let (rest, code) = blocking(move || {
        session.send_line("http://127.0.0.1:8400/callback").unwrap();
        session.exp_string("isn't the address").unwrap();
        session.send_line(&address).unwrap();
        end(session)
    })
    .await;

    assert_eq!(code, 0, "{rest}");
    assert!(rest.contains("Logged in"), "{rest}");
}

#[tokio::test]
async fn a_profile_is_removed_after_a_yes_only() {
    let stratus = Stratus::new().await;
    stratus.log_in_as_machine("shop").await;
    for (reply, code, is_left) in [("n", 2, true), ("y", 0, false)] {
        let command = stratus.at_home(&["profiles", "remove", "shop"]);

        let (rest, found) = blocking(move || {
            let mut session = on_terminal(&command);
            session.exp_string("[y/N] ").unwrap();
            session.send_line(reply).unwrap();
            end(session)
        })
        .await;

        assert_eq!(found, code, "{rest}");
        assert_eq!(stratus.profiles().contains("shop"), is_left);
    }
}
