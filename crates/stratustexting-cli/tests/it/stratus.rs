//! The program in a folder of its own, with a sandbox as its account.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
};

use stratustexting_sandbox::{Builder, Sandbox};
use tempfile::TempDir;

pub(crate) struct Stratus {
    pub(crate) sandbox: Sandbox,
    folder: TempDir,
}

pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Stratus {
    pub(crate) async fn new() -> Self {
        Self::of(Sandbox::builder()).await
    }

    pub(crate) async fn of(sandbox: Builder) -> Self {
        Self {
            sandbox: sandbox.start().await.unwrap(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// With a sandbox that has no contacts.
    pub(crate) async fn empty() -> Self {
        Self::of(Sandbox::builder().contacts(0)).await
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a list of so many customers, and the text.
    pub(crate) fn list(&self, rows: u64) {
        let mut list = String::from("First name;Phone;Time\r\n");
        for n in 1..=rows {
            list += &format!("Customer {n};(303) 555-{n:04};{n} pm\r\n");
        }
        fs::write(self.path("list.csv"), list).unwrap();
        fs::write(
            self.path("text.txt"),
            "Hi {first_name}, your table is at {time}.\n",
        )
        .unwrap();
    }

    /// The program with the sandbox's account in the environment.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stratus"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .envs(self.sandbox.variables())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).spawn().unwrap()
    }

    /// Runs it beside the sandbox, which is in this process.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Done {
        self.run_with(arguments, "").await
    }

    pub(crate) async fn run_with(&self, arguments: &[&str], input: &str) -> Done {
        self.run_command(self.command(arguments), input).await
    }

    pub(crate) async fn run_command(&self, mut command: Command, input: &str) -> Done {
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A program that reads nothing may be gone already.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        self.done(child).await
    }

    pub(crate) async fn done(&self, child: Child) -> Done {
        let output = tokio::task::spawn_blocking(|| child.wait_with_output().unwrap());
        self.checked(output.await.unwrap())
    }

    /// What a program left behind, without a secret in it.
    pub(crate) fn checked(&self, output: Output) -> Done {
        let Output {
            status,
            stdout,
            stderr,
        } = output;
        let done = Done {
            code: status.code().unwrap(),
            out: String::from_utf8(stdout).unwrap(),
            err: String::from_utf8(stderr).unwrap(),
        };
        for secret in [self.sandbox.client_secret(), self.sandbox.api_key()] {
            assert!(!done.out.contains(secret) && !done.err.contains(secret));
        }
        done
    }

    pub(crate) async fn plan(&self, name: &str) -> Done {
        let list = ["--list", "list.csv", "--template", "text.txt"];
        let arguments = [&["bulk", "plan", name, "--region", "US"][..], &list[..]].concat();
        self.run(&arguments).await
    }

    /// The operations that were asked for since the last time, those of the login left out.
    pub(crate) fn requests(&self) -> Vec<String> {
        let entries = self.sandbox.take_ledger().into_iter();
        let operations = entries.map(|entry| entry.operation.unwrap_or_default());
        operations.filter(|it| it != "token").collect()
    }

    /// How often each number was texted.
    pub(crate) fn texted(&self) -> BTreeMap<String, usize> {
        let mut texted = BTreeMap::new();
        for message in self.sandbox.sent_messages() {
            *texted.entry(message.to).or_default() += 1;
        }
        texted
    }

    /// That so many customers were texted, each once.
    #[track_caller]
    pub(crate) fn assert_texted(&self, customers: usize) {
        let texted = self.texted();
        assert_eq!(texted.len(), customers, "{} were texted", texted.len());
        assert!(
            texted.values().all(|times| *times == 1),
            "twice: {texted:?}"
        );
    }
}

impl Done {
    #[track_caller]
    pub(crate) fn assert_code(&self, code: i32) -> &Self {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        self
    }

    /// The error that a program reads.
    pub(crate) fn error(&self) -> serde_json::Value {
        serde_json::from_str(self.err.trim_end()).unwrap()
    }

    /// The objects of `--json`, one per line.
    pub(crate) fn objects(&self) -> Vec<serde_json::Value> {
        let lines = self.out.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}
