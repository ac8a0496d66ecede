//! Secrets and tokens in a keyring: a folder is in its place, as programs that are built for
//! tests allow, or there is none at all.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    account::{Login, after_login},
    stratus::{Done, Stratus},
};

impl Stratus {
    fn keyring(&self) -> PathBuf {
        self.path("keyring")
    }

    /// The program with a keyring.
    fn with_keyring(&self, arguments: &[&str]) -> Command {
        let mut command = self.at_home(arguments);
        command.env("STRATUS_TEST_KEYRING", self.keyring());
        command
    }

    async fn run_with_keyring(&self, arguments: &[&str]) -> Done {
        self.run_command(self.with_keyring(arguments), "").await
    }

    async fn log_in_with_keyring(&self, name: &str) {
        fs::create_dir_all(self.keyring()).unwrap();
        let secrets = self.secrets();
        let login = ["login", "--machine", "--keyring", "--secrets", &secrets];
        let login = [&login[..], &["-p", name]].concat();
        self.run_with_keyring(&login).await.assert_code(0);
    }

    /// The keyring's entries, as one text.
    fn entries(&self) -> String {
        all_of(&self.keyring())
    }

    /// That no file of the program has a secret.
    fn assert_no_file_has_a_secret(&self) {
        let files = all_of(&self.path("home"));
        for secret in [self.sandbox.client_secret(), self.sandbox.api_key()] {
            assert!(!files.contains(secret), "{files}");
        }
        assert!(!files.contains("access_token"), "{files}");
    }
}

/// The names and contents of all files in a folder.
fn all_of(folder: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        all += &match path.is_dir() {
            true => all_of(&path),
            false => format!("{path:?}: {}\n", fs::read_to_string(&path).unwrap()),
        };
    }
    all
}

#[tokio::test]
async fn secrets_and_tokens_are_in_the_keyring_and_in_no_file() {
    let stratus = Stratus::new().await;

    stratus.log_in_with_keyring("shop").await;

    stratus.assert_no_file_has_a_secret();
    let entries = stratus.entries();
    for secret in [
        stratus.sandbox.client_secret(),
        stratus.sandbox.api_key(),
        "access_token",
    ] {
        assert!(entries.contains(secret), "{entries}");
    }
    // The profile remembers it, also when it is changed or logged in again.
    let set = ["profiles", "set", "--region", "US"];
    stratus.run_with_keyring(&set).await.assert_code(0);
    stratus.run_with_keyring(&["login"]).await.assert_code(0);
    stratus.sandbox.expire_access_tokens();
    let used = stratus
        .run_with_keyring(&["--json", "whoami", "--check"])
        .await;
    let used = &used.assert_code(0).objects()[0];
    assert_eq!(
        (&used["secrets"], &used["accepted"]),
        (&"keyring".into(), &true.into())
    );
    assert_ne!(stratus.entries(), entries, "the new token was kept nowhere");
    stratus.assert_no_file_has_a_secret();
    let show = ["--json", "profiles", "show"];
    let shown = stratus.run_with_keyring(&show).await;
    assert!(shown.assert_code(0).objects()[0]["has_api_key"].is_null());
    let listed = stratus.run_with_keyring(&["profiles", "list"]).await;
    assert!(listed.assert_code(0).out.contains("by itself"));
    let doctor = stratus.run_with_keyring(&["doctor"]).await;
    assert!(
        doctor.assert_code(0).out.contains("ok        keyring"),
        "{}",
        doctor.out
    );

    let remove = ["profiles", "remove", "shop", "--yes"];
    stratus.run_with_keyring(&remove).await.assert_code(0);
    assert_eq!(stratus.entries(), "");
}

#[tokio::test]
async fn a_persons_login_in_the_keyring_is_forgotten_and_then_the_rest() {
    let stratus = Stratus::new().await;
    fs::create_dir(stratus.keyring()).unwrap();
    let secrets = stratus.secrets();
    let arguments = ["login", "--no-browser", "--keyring", "--secrets", &secrets];
    let mut login = Login::start(stratus.with_keyring(&arguments));
    let url = login.url().await;
    login.paste(&after_login(&stratus.sandbox, &url).await);
    login.done(&stratus).await.assert_code(0);

    stratus.run_with_keyring(&["logout"]).await.assert_code(0);

    assert!(!stratus.entries().contains("access_token"));
    let shown = stratus.run_with_keyring(&["--json", "whoami"]).await;
    assert_eq!(shown.assert_code(0).objects()[0]["logged_in"], false);
    let forget = ["logout", "--forget"];
    stratus.run_with_keyring(&forget).await.assert_code(0);
    assert_eq!(stratus.entries(), "");
}

#[tokio::test]
async fn a_profile_moves_into_the_keyring_and_out_of_it() {
    let stratus = Stratus::new().await;
    stratus.log_in_as_machine("shop").await;
    fs::create_dir(stratus.keyring()).unwrap();

    let into = ["login", "--keyring"];
    stratus.run_with_keyring(&into).await.assert_code(0);

    stratus.assert_no_file_has_a_secret();
    let check = ["whoami", "--check"];
    stratus.run_with_keyring(&check).await.assert_code(0);

    let out = ["login", "--no-keyring"];
    stratus.run_with_keyring(&out).await.assert_code(0);

    assert_eq!(stratus.entries(), "");
    assert!(stratus.profiles().contains(stratus.sandbox.api_key()));
    assert!(stratus.path("home/tokens/shop.json").exists());
    stratus.run_at_home(&check).await.assert_code(0);
}

/// Nothing is sent, asked or kept, and the file doesn't take the keyring's place.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn without_a_keyring_a_login_for_it_ends_before_it_begins() {
    let stratus = Stratus::new().await;
    let secrets = stratus.secrets();
    let mut login = stratus.at_home(&["login", "--machine", "--keyring", "--secrets", &secrets]);
    let nowhere = format!("unix:path={}", stratus.path("nowhere").display());
    login.env("DBUS_SESSION_BUS_ADDRESS", nowhere);

    let done = stratus.run_command(login, "").await;

    let err = &done.assert_code(3).err;
    assert!(err.contains("the keyring can't be reached: "), "{err}");
    assert!(err.contains("stratus login --no-keyring"), "{err}");
    assert_eq!(err.lines().count(), 1, "{err}");
    assert!(stratus.sandbox.ledger().is_empty());
    assert_eq!(stratus.profiles(), "");
}

#[tokio::test]
async fn a_keyring_that_closes_is_named_and_the_file_is_the_way_out() {
    let stratus = Stratus::new().await;
    stratus.log_in_with_keyring("shop").await;
    let before = stratus.profiles();
    fs::remove_dir_all(stratus.keyring()).unwrap();
    stratus.sandbox.clear_ledger();

    for arguments in [
        &["whoami"][..],
        &["site", "list"],
        &["login"],
        &["logout"],
        &["profiles", "remove", "shop", "--yes"],
    ] {
        let done = stratus.run_with_keyring(arguments).await;

        let err = &done.assert_code(3).err;
        assert!(err.contains("the keyring is locked"), "{err}");
        assert!(err.contains("--no-keyring"), "{err}");
    }
    let doctor = stratus.run_with_keyring(&["--json", "doctor"]).await;
    let findings = doctor.assert_code(3).objects();
    assert!(findings.iter().any(|it| it["code"] == "keyring_locked"));
    let listed = stratus.run_with_keyring(&["profiles", "list"]).await;
    assert!(listed.assert_code(0).out.contains("unusable"));
    assert!(stratus.sandbox.ledger().is_empty());
    assert_eq!(stratus.profiles(), before);
    let secrets = stratus.secrets();
    let login = ["login", "--no-keyring", "--secrets", &secrets];

    let moved = stratus.run_with_keyring(&login).await;

    assert!(moved.assert_code(0).err.contains("still in the keyring"));
    stratus
        .run_at_home(&["whoami", "--check"])
        .await
        .assert_code(0);
}

#[tokio::test]
async fn a_keyring_without_the_right_secrets_is_named_and_a_login_mends_it() {
    let stratus = Stratus::new().await;
    stratus.log_in_with_keyring("shop").await;
    let id = stratus.sandbox.client_id();
    let entry = fs::read_dir(stratus.keyring()).unwrap();
    let entry = entry.map(|it| it.unwrap().path());
    let entry = entry.filter(|it| it.to_str().unwrap().ends_with("secrets"));
    let entry = entry.last().unwrap();
    let kept = fs::read_to_string(&entry).unwrap();
    for (other, code) in [
        (Some(kept.replace(id, "canary")), "keyring_other_client"),
        (Some("canary".to_owned()), "keyring_unreadable"),
        (None, "keyring_empty"),
    ] {
        match &other {
            Some(other) => fs::write(&entry, other).unwrap(),
            None => fs::remove_file(&entry).unwrap(),
        }

        let doctor = stratus.run_with_keyring(&["--json", "doctor"]).await;

        let findings = doctor.assert_code(3).objects();
        let found = findings.iter().any(|it| it["code"] == code);
        assert!(found, "{}", doctor.out);
        assert!(!doctor.out.contains("canary"), "{}", doctor.out);
        let whoami = stratus.run_with_keyring(&["whoami"]).await;
        assert!(whoami.assert_code(3).err.contains("log in again"));
        // Without a terminal to ask on.
        let again = stratus.run_with_keyring(&["login"]).await;
        assert!(again.assert_code(2).err.contains("given again"));
        let secrets = stratus.secrets();
        let again = ["login", "--secrets", &secrets];
        stratus.run_with_keyring(&again).await.assert_code(0);
        stratus.run_with_keyring(&["whoami"]).await.assert_code(0);
    }
}
