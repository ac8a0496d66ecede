//! The program on a terminal.

use std::{
    ffi::OsStr,
    fs::File,
    io::{Read, Write},
    os::{fd::OwnedFd, unix::ffi::OsStrExt},
    process::{Child, Stdio},
};

use rustix::{
    fs::{Mode, OFlags},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{Winsize, tcsetwinsize},
};
use stratustexting_sandbox::ScriptedResponse;

use crate::stratus::Stratus;

/// A terminal, and what is seen on it.
struct Terminal {
    master: File,
    slave: OwnedFd,
}

impl Terminal {
    fn new(columns: u16) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let name = OsStr::from_bytes(name.as_bytes());
        let slave = rustix::fs::open(name, flags, Mode::empty()).unwrap();
        let size = Winsize {
            ws_row: 24,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&slave, size).unwrap();
        Self {
            master: master.into(),
            slave,
        }
    }

    fn stdio(&self) -> Stdio {
        self.slave.try_clone().unwrap().into()
    }

    /// All that is seen until the program ends, and its exit code.
    async fn watch(mut self, mut child: Child) -> (i32, String) {
        drop(self.slave);
        let watched = tokio::task::spawn_blocking(move || {
            let mut seen = Vec::new();
            let mut some = [0; 1024];
            // Once nobody has the terminal open, it is an error.
            while let Ok(count @ 1..) = self.master.read(&mut some) {
                seen.extend_from_slice(&some[..count]);
            }
            let code = child.wait().unwrap().code().unwrap();
            (code, String::from_utf8(seen).unwrap())
        });
        watched.await.unwrap()
    }
}

/// Runs it with all its streams on a terminal where somebody types.
async fn type_in(stratus: &Stratus, arguments: &[&str], typed: &str) -> (i32, String) {
    let mut terminal = Terminal::new(80);
    terminal.master.write_all(typed.as_bytes()).unwrap();
    let child = stratus
        .command(arguments)
        .stdin(terminal.stdio())
        .stdout(terminal.stdio())
        .stderr(terminal.stdio())
        .spawn()
        .unwrap();
    terminal.watch(child).await
}

/// Runs it with its standard output on a terminal of so many columns.
async fn look_at(
    stratus: &Stratus,
    columns: u16,
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> String {
    let terminal = Terminal::new(columns);
    let child = stratus
        .command(arguments)
        .env("TERM", "xterm-256color")
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(terminal.stdio())
        .spawn()
        .unwrap();
    let (code, seen) = terminal.watch(child).await;
    assert_eq!(code, 0, "{seen}");
    seen
}

const LIST: [&str; 4] = ["contact", "list", "--limit", "30"];

#[tokio::test]
async fn a_table_fits_a_narrow_terminal() {
    let stratus = Stratus::new().await;

    let seen = look_at(&stratus, 40, &LIST, &[("NO_COLOR", "1")]).await;

    let lines: Vec<_> = seen.lines().collect();
    assert_eq!(lines.len(), 31);
    for line in &lines {
        assert!(line.trim_end().chars().count() <= 40, "{line:?}");
    }
    assert!(seen.contains('…'));
    let wide = look_at(&stratus, 200, &LIST, &[("NO_COLOR", "1")]).await;
    assert!(!wide.contains('…'), "{wide}");
    let piped = stratus.run(&LIST).await;
    assert!(!piped.assert_code(0).out.contains('…'), "{}", piped.out);
}

#[tokio::test]
async fn colours_are_for_terminals_that_have_them() {
    let stratus = Stratus::new().await;

    let seen = look_at(&stratus, 80, &LIST, &[]).await;

    assert!(seen.starts_with("\u{1b}[1m"), "{seen:?}");
    for plain in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let seen = look_at(&stratus, 80, &LIST, &[plain]).await;
        assert!(!seen.contains('\u{1b}'), "{plain:?} {seen:?}");
    }
    let piped = stratus.run(&LIST).await;
    assert!(!piped.assert_code(0).out.contains('\u{1b}'));
}

#[tokio::test]
async fn a_text_does_not_reach_the_terminal_with_its_control_characters() {
    let stratus = Stratus::new().await;
    let body =
        serde_json::json!({ "id": "m1", "text": "a\u{1b}]0;b\u{7}\u{9b}2Jc\u{202e}d\nsecond" });
    let message = || ScriptedResponse::json(200, body.clone());
    stratus
        .sandbox
        .respond_times("getMessageById", 4, message());
    let get = ["message", "get", "m1"];
    let plain = [("NO_COLOR", "1")];
    let harmful = |seen: &str| {
        seen.chars()
            .any(|c| c.is_control() && !"\r\n".contains(c) || c == '\u{202e}')
    };

    let seen = look_at(&stratus, 80, &get, &plain).await;
    assert!(!harmful(&seen) && seen.contains("a␛]0;b␇"), "{seen:?}");
    let json = look_at(&stratus, 80, &["--json", "message", "get", "m1"], &plain).await;
    assert!(!harmful(&json), "{json:?}");
    let read: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(read, body);
    let api = ["api", "GET", "/message/getmessagebyid/m1"];
    let seen = look_at(&stratus, 80, &api, &plain).await;
    assert!(
        !harmful(&seen) && seen.contains("\"id\": \"m1\""),
        "{seen:?}"
    );
    let piped = stratus.run(&get).await;
    assert!(!harmful(&piped.assert_code(0).out), "{:?}", piped.out);
}

#[tokio::test]
async fn an_export_on_a_terminal_is_harmless_and_in_a_file_it_is_exact() {
    let stratus = Stratus::new().await;
    let contact = serde_json::json!({ "mobileNumber": "+13035550123", "firstName": "A\u{1b}da" });
    let page = ScriptedResponse::json(
        200,
        serde_json::json!({ "content": [contact], "last": true }),
    );
    stratus.sandbox.respond_times("listContacts", 2, page);
    let export = ["contact", "export"];

    let seen = look_at(&stratus, 80, &export, &[]).await;
    assert!(seen.contains("A␛da"), "{seen:?}");
    let piped = stratus.run(&export).await;
    assert!(piped.assert_code(0).out.contains("A\u{1b}da"));
}

#[tokio::test]
async fn a_send_is_asked_about_on_a_terminal() {
    let stratus = Stratus::new().await;
    let send = ["sms", "send", "--to", "+13035550123", "We’re open"];

    let (code, seen) = type_in(&stratus, &send, "n\n").await;
    assert_eq!(code, 6, "{seen}");
    assert!(seen.contains("1 segment in UCS-2"), "{seen}");
    assert!(seen.contains("With --gsm: We're open"), "{seen}");
    assert!(
        seen.contains("Send 1 segment from +12025550100 to +13035550123? [y/N]"),
        "{seen}"
    );
    stratus.assert_texted(0);

    let (code, seen) = type_in(&stratus, &send, "y\n").await;
    assert_eq!(code, 0, "{seen}");
    stratus.assert_texted(1);

    let yes = [&send[..], &["--yes"]].concat();
    let (code, seen) = type_in(&stratus, &yes, "").await;
    assert_eq!(code, 0, "{seen}");
    assert!(!seen.contains("[y/N]"), "{seen}");
    assert_eq!(stratus.texted()["+13035550123"], 2);
}

#[tokio::test]
async fn a_question_that_nobody_sees_is_not_asked() {
    let stratus = Stratus::new().await;
    let terminal = Terminal::new(80);

    let child = stratus
        .command(&["sms", "send", "--to", "+13035550123", "Hello"])
        .stdin(terminal.stdio())
        .spawn()
        .unwrap();
    let done = stratus.done(child).await;

    assert!(
        done.assert_code(2).err.contains("say --yes"),
        "{}",
        done.err
    );
    stratus.assert_texted(0);
}

#[tokio::test]
async fn what_is_missing_is_asked_for() {
    let stratus = Stratus::new().await;

    let typed = "(303) 555-0123\nHello there\ny\n";
    let (code, seen) = type_in(&stratus, &["--region", "US", "sms", "send"], typed).await;

    assert_eq!(code, 0, "{seen}");
    let sent = &stratus.sandbox.sent_messages()[0];
    assert_eq!(
        (sent.to.as_str(), sent.text.as_str()),
        ("+13035550123", "Hello there")
    );
    for question in ["To: ", "Text: ", "Send 1 segment"] {
        assert!(seen.contains(question), "{question:?} isn't in: {seen}");
    }
    let (code, seen) = type_in(&stratus, &["sms", "send"], "\n").await;
    assert_eq!(code, 2, "{seen}");
    assert!(seen.contains("--to NUMBER is missing"), "{seen}");
    let to = ["sms", "send", "--to", "+13035550123"];
    let (code, seen) = type_in(&stratus, &to, "\n").await;
    assert_eq!(code, 2, "{seen}");
    assert!(seen.contains("TEXT is missing"), "{seen}");
    stratus.assert_texted(1);
}

/// They may have numbers, names and texts: a person at a terminal may see them, without the
/// numbers, and nothing else gets them.
#[tokio::test]
async fn what_the_service_says_is_for_a_terminal_only() {
    let stratus = Stratus::new().await;
    let said = "Not \u{1b}[31mactivated: +1 (303) 555-0123, 42 left";
    let rejected = ScriptedResponse::json(400, serde_json::json!({ "message": said }));
    stratus
        .sandbox
        .respond_times("sendSms", 3, rejected.clone());
    stratus.sandbox.respond_times("getMessageById", 1, rejected);
    let send = ["sms", "send", "--to", "+13035550123", "--yes", "Hello"];

    for arguments in [&send[..], &["message", "get", "m1"]] {
        let (code, seen) = type_in(&stratus, arguments, "").await;

        assert_eq!(code, 5, "{seen}");
        let shown = "The service says: Not ␛[31mactivated: +1 (…) …-…, 42 left";
        assert!(seen.contains(shown), "{seen}");
        assert!(!seen.contains("0123"), "{seen}");
    }
    for json in [&["-vv"][..], &["-vv", "--json"]] {
        let piped = stratus.run(&[json, &send].concat()).await;
        let err = &piped.assert_code(5).err;
        assert!(!err.contains("activated"), "{err}");
    }
}

#[tokio::test]
async fn a_person_is_asked_before_something_is_deleted() {
    let stratus = Stratus::new().await;
    let delete = ["subscription", "delete", "s1"];

    let (code, seen) = type_in(&stratus, &delete, "\n").await;

    assert_eq!(code, 2, "{seen}");
    assert!(seen.contains("End the subscription s1?"), "{seen}");
    assert_eq!(stratus.requests(), [""; 0]);
}
