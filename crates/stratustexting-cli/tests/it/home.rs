//! The program with a folder of its own and the profile `sandbox`, which is logged in to a
//! sandbox in this process; and programs that run beside the test.

use std::{
    fs,
    io::{self, BufRead, BufReader, Read},
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
    thread,
    time::Duration,
};

use stratustexting::Client;
use stratustexting_sandbox::Sandbox;
use tempfile::TempDir;
use tokio::{sync::mpsc, time};

use crate::stratus::Done;

pub(crate) const CUSTOMER: &str = "+13035550123";

pub(crate) struct Home {
    pub(crate) sandbox: Sandbox,
    folder: TempDir,
}

impl Home {
    pub(crate) async fn new() -> Self {
        let home = Self {
            // Whose sites show the ids that filters need.
            sandbox: Sandbox::builder().multisite(true).start().await.unwrap(),
            folder: empty(),
        };
        let profile = home.profile();
        fs::create_dir(home.path("home")).unwrap();
        fs::write(
            home.path("home/profiles.toml"),
            format!("default = \"sandbox\"\n[profiles.sandbox]\n{profile}"),
        )
        .unwrap();
        let client = home.client();
        let login = client
            .auth()
            .log_in_with_browser("http://127.0.0.1:0/callback");
        login.open_with(home.sandbox.browser()).await.unwrap();
        home
    }

    /// The sandbox's account, as `stratus sandbox` writes it.
    pub(crate) fn profile(&self) -> String {
        let sandbox = &self.sandbox;
        let settings = [
            ("grant", "authorization_code"),
            ("client_id", sandbox.client_id()),
            ("client_secret", sandbox.client_secret()),
            ("api_key", sandbox.api_key()),
            ("sender", sandbox.number()),
            ("api_base", sandbox.api_base()),
            ("authorize_url", sandbox.authorize_url()),
            ("token_url", sandbox.token_url()),
            ("control_url", sandbox.control_url()),
        ];
        let lines = settings.map(|(name, value)| format!("{name} = \"{value}\"\n"));
        lines.concat()
    }

    /// Adds the profile `live`: the same account, but nothing says that it is a sandbox's.
    pub(crate) fn add_live(&self) {
        let profile = self.profile();
        let (profile, _) = profile.split_once("control_url").unwrap();
        let path = self.path("home/profiles.toml");
        let profiles = fs::read_to_string(&path).unwrap();
        fs::write(path, format!("{profiles}[profiles.live]\n{profile}")).unwrap();
        let tokens = |name: &str| self.path(&format!("home/tokens/{name}.json"));
        fs::copy(tokens("sandbox"), tokens("live")).unwrap();
    }

    /// A client with the profile's login.
    pub(crate) fn client(&self) -> Client {
        let mut variables: Vec<(String, String)> = self
            .sandbox
            .variables()
            .into_iter()
            .filter(|(name, _)| *name != "STRATUS_GRANT")
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        let file = self.path("home/tokens/sandbox.json");
        variables.push((
            "STRATUS_TOKEN_FILE".to_owned(),
            file.to_str().unwrap().to_owned(),
        ));
        Client::from_variables(variables).unwrap()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        command(&self.folder, arguments)
    }

    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        Running::start(self.command(arguments))
    }

    pub(crate) async fn run(&self, arguments: &[&str]) -> Done {
        let done = self.start(arguments).end().await;
        let secrets = [self.sandbox.client_secret(), self.sandbox.api_key()];
        let tokens = self.tokens();
        for secret in secrets.into_iter().chain(tokens.iter().map(String::as_str)) {
            assert!(!done.out.contains(secret) && !done.err.contains(secret));
        }
        done
    }

    /// The access token and the refresh token of the login.
    pub(crate) fn tokens(&self) -> Vec<String> {
        let file = fs::read_to_string(self.path("home/tokens/sandbox.json")).unwrap();
        let file: serde_json::Value = serde_json::from_str(&file).unwrap();
        let tokens = ["access_token", "refresh_token"].map(|name| file[name].as_str());
        tokens.map(|token| token.unwrap().to_owned()).into()
    }

    pub(crate) async fn customer_texts(&self, text: &str) {
        let to = self.sandbox.number();
        let sent = self.sandbox.customer_texts(CUSTOMER, to, text).await;
        sent.unwrap();
    }

    /// The paths of the callbacks that are subscribed.
    pub(crate) fn callbacks(&self) -> Vec<String> {
        let subscriptions = self.sandbox.subscriptions();
        let uri = |it: &serde_json::Value| it["uri"].as_str().unwrap().to_owned();
        subscriptions.iter().map(uri).collect()
    }
}

/// A folder without a profile.
pub(crate) fn empty() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// The program, with nothing of this process's environment but what a shell needs.
pub(crate) fn command(folder: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stratus"));
    command
        .args(arguments)
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("STRATUS_HOME", folder.path().join("home"));
    command
}

/// A program whose output is read while it runs; it is killed with the test.
pub(crate) struct Running {
    child: Child,
    pub(crate) out: Lines,
    pub(crate) err: Lines,
}

/// The lines of an output.
pub(crate) struct Lines {
    coming: mpsc::UnboundedReceiver<String>,
    /// What came so far.
    pub(crate) all: String,
}

/// No test waits for so long unless it fails.
const LIMIT: Duration = Duration::from_secs(30);

impl Running {
    pub(crate) fn start(command: Command) -> Self {
        Self::start_with(command, Lines::of)
    }

    fn start_with(mut command: Command, read: impl FnOnce(ChildStdout) -> Lines) -> Self {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        Self {
            out: read(child.stdout.take().unwrap()),
            err: Lines::of(child.stderr.take().unwrap()),
            child,
        }
    }

    /// One whose standard output nobody reads, as after `head` has seen enough.
    pub(crate) fn start_unread(command: Command) -> Self {
        let mut running = Self::start_with(command, |output| {
            drop(output);
            Lines::of(io::empty())
        });
        running.out.coming.close();
        running
    }

    /// Waits for `stratus listen` to be subscribed.
    pub(crate) async fn listening(mut self) -> Self {
        self.err.wait_for("Listening at ").await;
        self
    }

    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let killed = Command::new("kill").args([name, &id]).status().unwrap();
        assert!(killed.success());
    }

    /// Ends it as Ctrl-C does.
    #[cfg(unix)]
    pub(crate) async fn interrupt(self) -> Done {
        self.signal("-INT");
        self.end().await
    }

    /// Waits for its end.
    pub(crate) async fn end(mut self) -> Done {
        self.out.rest().await;
        self.err.rest().await;
        let status = tokio::task::block_in_place(|| self.child.wait().unwrap());
        Done {
            code: status.code().unwrap_or(-1),
            out: std::mem::take(&mut self.out.all),
            err: std::mem::take(&mut self.err.all),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Lines {
    fn of(output: impl Read + Send + 'static) -> Self {
        let (sender, coming) = mpsc::unbounded_channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines() {
                // Whoever closes the channel wants the pipe to be closed.
                let Ok(line) = line else { return };
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self {
            coming,
            all: String::new(),
        }
    }

    async fn next(&mut self) -> Option<String> {
        let line = time::timeout(LIMIT, self.coming.recv()).await;
        let line = line.unwrap_or_else(|_| panic!("nothing came after: {}", self.all))?;
        self.all += &line;
        self.all.push('\n');
        Some(line)
    }

    /// The next line that has this text.
    pub(crate) async fn wait_for(&mut self, text: &str) -> String {
        while let Some(line) = self.next().await {
            if line.contains(text) {
                return line;
            }
        }
        panic!("{text:?} isn't in: {}", self.all)
    }

    async fn rest(&mut self) {
        while self.next().await.is_some() {}
    }
}
