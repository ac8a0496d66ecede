use std::{fs, path::Path};

use crate::stratus::Stratus;

/// Writes a file of so many profiles: `p0`, `p1` and so on.
fn write_profiles(stratus: &Stratus, count: usize) {
    fs::create_dir_all(stratus.path("home")).unwrap();
    let profile = |n| {
        format!("[profiles.p{n}]\nclient_id = \"id\"\nclient_secret = \"s\"\napi_key = \"k\"\n")
    };
    let text: String = (0..count).map(profile).collect();
    fs::write(stratus.path("home/profiles.toml"), text).unwrap();
}

fn number(n: usize) -> String {
    format!("+1303555{n:04}")
}

#[tokio::test]
async fn twenty_processes_at_once_lose_no_change() {
    let stratus = Stratus::new().await;
    write_profiles(&stratus, 20);

    let changes = (0..20).map(|n| {
        let name = format!("p{n}");
        let arguments = ["profiles", "set", "-p", &name, "--sender", &number(n)];
        stratus.run_command(stratus.at_home(&arguments), "")
    });
    for done in futures::future::join_all(changes).await {
        done.assert_code(0);
    }

    let listed = stratus.run_at_home(&["--json", "profiles", "list"]).await;
    let listed = listed.assert_code(0).objects();
    let senders = listed.iter().map(|it| it["sender"].as_str().unwrap());
    let mut senders: Vec<_> = senders.collect();
    senders.sort_unstable();
    assert_eq!(senders, (0..20).map(number).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_writer_that_is_killed_leaves_a_whole_file() {
    let stratus = Stratus::new().await;
    write_profiles(&stratus, 1);
    for n in 0..15 {
        let sender = number(n);
        let arguments = ["profiles", "set", "--sender", &sender];
        let mut child = stratus.at_home(&arguments).spawn().unwrap();
        // At another moment each time.
        std::thread::sleep(std::time::Duration::from_micros(700 * n as u64));
        child.kill().unwrap();
        child.wait().unwrap();

        let shown = stratus.run_at_home(&["profiles", "show", "p0"]).await;
        assert!(
            shown.assert_code(0).out.contains("API key        set"),
            "{}",
            shown.out
        );
    }
    // The lock ended with its holder.
    let last = ["profiles", "set", "--sender", "+13035559999"];
    stratus.run_at_home(&last).await.assert_code(0);
}

#[tokio::test]
async fn a_broken_file_is_named_by_its_line_and_stays() {
    let stratus = Stratus::new().await;
    write_profiles(&stratus, 1);
    let path = stratus.path("home/profiles.toml");
    for (text, line) in [
        ("[profiles.p0]\napi_key = \"canary", "line 2"),
        ("[profiles.p0]\n\ncanary = \"canary\"\n", "line 3"),
        ("[profiles.p0]\nclient_id = 17 # canary", "line 2"),
        ("\u{0}canary", "line 1"),
    ] {
        fs::write(&path, text).unwrap();
        for arguments in [
            &["whoami"][..],
            &["profiles", "list"],
            &["profiles", "set", "--region", "US"],
            &["login", "--machine"],
        ] {
            let done = stratus.run_at_home(arguments).await;

            let err = &done.assert_code(3).err;
            assert!(err.contains(line) && err.contains("profiles.toml"), "{err}");
            assert!(!err.contains("canary"), "{err}");
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    fs::write(&path, b"\xff\xfecanary").unwrap();
    let done = stratus.run_at_home(&["whoami"]).await;
    assert!(!done.assert_code(3).err.contains("canary"));
}

#[tokio::test]
async fn without_a_home_the_environment_is_enough() {
    let stratus = Stratus::new().await;

    // The helper's environment has no HOME, but the user's entry in the system may.
    let mut with_account = stratus.command(&["whoami", "--check"]);
    with_account.env("HOME", "");
    let shown = stratus.run_command(with_account, "").await;
    assert!(shown.assert_code(0).out.contains("of the environment"));
    for arguments in [
        &["whoami"][..],
        &["login", "--machine"],
        &["whoami", "-p", "a"],
    ] {
        let mut without = stratus.at_home(arguments);
        without.env_remove("STRATUS_HOME").env("HOME", "relative");
        let done = stratus.run_command(without, "").await;
        let err = &done.assert_code(3).err;
        let helps = err.contains("STRATUS_HOME") || err.contains("stratus login");
        assert!(helps, "{err}");
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_told_before_the_login() {
    let stratus = Stratus::new().await;
    fs::write(stratus.path("file"), "").unwrap();
    let below_a_file = stratus.path("file/home");
    for arguments in [
        &["login", "--machine"][..],
        &["profiles", "use", "p0"],
        &["profiles", "remove", "p0", "--yes"],
    ] {
        let mut command = stratus.command(arguments);
        command.env("STRATUS_HOME", &below_a_file);

        let done = stratus.run_command(command, "").await;

        let err = &done.assert_code(3).err;
        assert!(err.contains("file/home"), "{err}");
    }
    assert!(stratus.sandbox.ledger().is_empty());
}

#[cfg(unix)]
#[tokio::test]
async fn a_read_only_folder_can_be_used_and_not_changed() {
    use std::os::unix::fs::PermissionsExt;
    let stratus = Stratus::new().await;
    write_profiles(&stratus, 1);
    let home = stratus.path("home");
    let before = stratus.profiles();
    fs::set_permissions(&home, fs::Permissions::from_mode(0o500)).unwrap();
    // Root may write everywhere; the next test is for anybody.
    let is_root = fs::write(home.join("probe"), "").is_ok();

    let shown = stratus.run_at_home(&["whoami"]).await;
    let changed = stratus
        .run_at_home(&["profiles", "set", "--region", "US"])
        .await;

    fs::set_permissions(&home, fs::Permissions::from_mode(0o700)).unwrap();
    shown.assert_code(0);
    if !is_root {
        let err = &changed.assert_code(3).err;
        assert!(err.contains("can't be written"), "{err}");
        assert_eq!(stratus.profiles(), before);
    }
}

/// A folder is in the lock's place, which root can't write either.
#[tokio::test]
async fn profiles_that_cannot_be_locked_can_be_used_and_not_changed() {
    let stratus = Stratus::new().await;
    write_profiles(&stratus, 1);
    fs::create_dir(stratus.path("home/profiles.lock")).unwrap();
    let before = stratus.profiles();
    let secrets = stratus.secrets();

    stratus.run_at_home(&["whoami"]).await.assert_code(0);
    for arguments in [
        &["profiles", "set", "--region", "US"][..],
        &["login", "--machine", "--secrets", &secrets],
        &["logout", "--forget"],
    ] {
        let done = stratus.run_at_home(arguments).await;

        let err = &done.assert_code(3).err;
        assert!(err.contains("profiles.lock can't be written"), "{err}");
    }
    assert_eq!(stratus.profiles(), before);
    assert!(stratus.sandbox.ledger().is_empty());
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_stays_a_link_also_before_its_file_is_there() {
    use std::os::unix::fs::symlink;
    let stratus = Stratus::new().await;
    fs::create_dir_all(stratus.path("home")).unwrap();
    fs::create_dir_all(stratus.path("volume")).unwrap();
    let link = stratus.path("home/profiles.toml");
    symlink("../volume/kept.toml", &link).unwrap();

    stratus.log_in_as_machine("shop").await;
    let set = ["profiles", "set", "--region", "US"];
    stratus.run_at_home(&set).await.assert_code(0);

    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    let kept = fs::read_to_string(stratus.path("volume/kept.toml")).unwrap();
    assert!(kept.contains("region = \"US\""));
    let files = |path: &Path| fs::read_dir(path).unwrap().count();
    assert_eq!(files(&stratus.path("volume")), 2, "the file and its lock");
}
