use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    process::{Child, ChildStderr, Command},
};

use stratustexting::{reqwest, url::Url};
use stratustexting_sandbox::Sandbox;

use crate::stratus::{Done, Stratus};

impl Stratus {
    /// The program without an account in the environment, and with a folder for profiles.
    pub(crate) fn at_home(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(arguments);
        for (name, _) in self.sandbox.variables() {
            command.env_remove(name);
        }
        command.env("STRATUS_HOME", self.path("home"));
        command
    }

    pub(crate) async fn run_at_home(&self, arguments: &[&str]) -> Done {
        self.run_command(self.at_home(arguments), "").await
    }

    /// Writes a file for `--secrets`, with the sandbox's account as a person's.
    pub(crate) fn secrets(&self) -> String {
        let is_kept = |name: &str| name != "STRATUS_GRANT";
        let variables = self.sandbox.variables().into_iter();
        let lines = variables
            .filter(|(name, _)| is_kept(name))
            .map(|(name, value)| format!("export {name}='{value}'\n"));
        let path = self.path("secrets.env");
        fs::write(&path, lines.collect::<String>()).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Makes the profile of a program that logs in as itself.
    pub(crate) async fn log_in_as_machine(&self, name: &str) {
        let secrets = self.secrets();
        let arguments = ["login", "--machine", "--secrets", &secrets, "-p", name];
        self.run_at_home(&arguments).await.assert_code(0);
    }

    /// Makes the profile of a person.
    pub(crate) async fn log_in_as_person(&self, name: &str) {
        let secrets = self.secrets();
        let arguments = ["login", "--no-browser", "--secrets", &secrets, "-p", name];
        let mut login = Login::start(self.at_home(&arguments));
        let url = login.url().await;
        let callback = after_login(&self.sandbox, &url).await;
        login.paste(&callback);
        login.done(self).await.assert_code(0);
    }

    pub(crate) fn profiles(&self) -> String {
        fs::read_to_string(self.path("home/profiles.toml")).unwrap_or_default()
    }
}

/// A login that waits for a person.
pub(crate) struct Login {
    child: Child,
    err: Option<BufReader<ChildStderr>>,
    seen: String,
}

impl Login {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let err = child.stderr.take().map(BufReader::new);
        Self {
            child,
            err,
            seen: String::new(),
        }
    }

    /// The next line of standard error that has this.
    pub(crate) async fn line(&mut self, part: &'static str) -> String {
        let mut err = self.err.take().unwrap();
        let read = tokio::task::spawn_blocking(move || {
            let mut lines = String::new();
            loop {
                let mut line = String::new();
                let read = err.read_line(&mut line).unwrap();
                lines += &line;
                if read == 0 || line.contains(part) {
                    return (err, lines, line);
                }
            }
        });
        let (err, lines, line) = read.await.unwrap();
        self.err = Some(err);
        self.seen += &lines;
        assert!(line.contains(part), "{}", self.seen);
        line.trim().to_owned()
    }

    pub(crate) async fn url(&mut self) -> Url {
        self.line("  http").await.parse().unwrap()
    }

    pub(crate) fn paste(&mut self, line: &str) {
        let stdin = self.child.stdin.as_mut().unwrap();
        writeln!(stdin, "{line}").unwrap();
    }

    pub(crate) async fn done(mut self, stratus: &Stratus) -> Done {
        drop(self.child.stdin.take());
        let mut err = self.err.take().unwrap();
        let rest = tokio::task::spawn_blocking(move || {
            let mut rest = String::new();
            err.read_to_string(&mut rest).unwrap();
            rest
        });
        let rest = rest.await.unwrap();
        let mut done = stratus.done(self.child).await;
        done.err = self.seen + &rest;
        done
    }
}

/// Logs the person in, and gives the address that their browser has afterwards.
pub(crate) async fn after_login(sandbox: &Sandbox, url: &Url) -> String {
    let redirects = reqwest::redirect::Policy::none();
    let browser = reqwest::Client::builder().redirect(redirects).no_proxy();
    let form = [
        ("username", sandbox.username()),
        ("password", sandbox.password()),
    ];
    let browser = browser.build().unwrap();
    let response = browser.post(url.clone()).form(&form).send().await.unwrap();
    let address = response.headers()["location"].to_str().unwrap();
    address.to_owned()
}

#[tokio::test]
async fn logging_out_forgets_the_login_and_then_the_profile() {
    let stratus = Stratus::new().await;
    stratus.log_in_as_person("shop").await;

    stratus.run_at_home(&["logout"]).await.assert_code(0);

    let shown = stratus.run_at_home(&["--json", "whoami"]).await;
    assert_eq!(shown.assert_code(0).objects()[0]["logged_in"], false);
    let check = stratus.run_at_home(&["whoami", "--check"]).await;
    assert!(
        check.assert_code(4).err.contains("stratus login"),
        "{}",
        check.err
    );
    // Also where the settings are of no use any more.
    let broken = stratus.profiles().replace("authorization_code", "x");
    let broken = broken.replace("brand", "# brand") + "grant = \"nonsense\"\n";
    fs::write(stratus.path("home/profiles.toml"), broken).unwrap();
    let forget = ["--json", "logout", "--forget"];
    let done = stratus.run_at_home(&forget).await;
    assert_eq!(done.assert_code(0).objects()[0]["forgotten"], true);
    assert!(!stratus.profiles().contains("shop"));
    assert!(!stratus.path("home/tokens/shop.json").exists());
    stratus.run_at_home(&forget).await.assert_code(3);
    // The environment keeps none.
    stratus.run(&["logout"]).await.assert_code(2);
}

#[tokio::test]
async fn several_profiles_are_listed_chosen_changed_and_removed() {
    let stratus = Stratus::new().await;
    let none = stratus.run_at_home(&["profiles", "list"]).await;
    assert!(none.assert_code(0).err.contains("stratus login"));
    stratus.log_in_as_machine("shop").await;
    stratus.log_in_as_person("clinic").await;
    // The first one stays the default.
    let both = stratus.run_at_home(&["whoami"]).await;
    assert!(both.assert_code(0).out.contains("shop"), "{}", both.out);

    let choose = ["profiles", "use", "clinic"];
    stratus.run_at_home(&choose).await.assert_code(0);
    let set = [
        "profiles",
        "set",
        "--region",
        "us",
        "--sender",
        "(303) 555-0142",
    ];
    let set = stratus.run_at_home(&set).await;

    assert!(
        set.assert_code(0).out.contains("+13035550142"),
        "{}",
        set.out
    );
    let listed = stratus.run_at_home(&["--json", "profiles", "list"]).await;
    let listed = listed.assert_code(0).objects();
    assert_eq!(listed.len(), 2);
    assert_eq!(
        (&listed[0]["profile"], &listed[0]["default"]),
        (&"clinic".into(), &true.into())
    );
    assert_eq!(listed[0]["sender"], "+13035550142");
    assert_eq!(listed[1]["sender"], stratus.sandbox.number());
    let table = stratus.run_at_home(&["profiles", "list"]).await;
    assert!(table.out.contains("*  clinic"), "{}", table.out);
    let unset = ["profiles", "set", "-p", "shop", "--unset", "sender"];
    let unset = stratus.run_at_home(&unset).await;
    let lines = &unset.assert_code(0).out;
    assert!(lines.contains("sender         not set"), "{lines}");
    assert!(lines.contains("client secret  set"), "{lines}");

    for wrong in [
        &["profiles", "set"][..],
        &["profiles", "set", "--sender", "1"],
        &["profiles", "set", "--api-base", "http://example.com"],
        &["profiles", "set", "--client-secret", "canary"],
        &["profiles", "remove", "shop"],
    ] {
        stratus.run_at_home(wrong).await.assert_code(2);
    }
    let unknown = stratus.run_at_home(&["profiles", "use", "shopp"]).await;
    assert!(
        unknown.assert_code(3).err.contains("clinic, shop"),
        "{}",
        unknown.err
    );
    let remove = ["profiles", "remove", "shop", "--yes"];
    stratus.run_at_home(&remove).await.assert_code(0);
    assert!(!stratus.path("home/tokens/shop.json").exists());
    let left = stratus.run_at_home(&["--json", "profiles", "list"]).await;
    assert_eq!(left.objects().len(), 1);

    for name in ["shop", "lab"] {
        stratus.log_in_as_machine(name).await;
    }
    let remove = ["profiles", "remove", "clinic", "--yes"];
    stratus.run_at_home(&remove).await.assert_code(0);
    let which = stratus.run_at_home(&["whoami"]).await;
    assert!(
        which.assert_code(3).err.contains("lab, shop"),
        "{}",
        which.err
    );
}

#[tokio::test]
async fn processes_share_a_login_while_it_is_renewed() {
    let builder = Sandbox::builder().contacts(1).rotate_refresh_tokens(true);
    let stratus = Stratus::of(builder).await;
    stratus.log_in_as_person("shop").await;
    for _ in 0..2 {
        stratus.sandbox.expire_access_tokens();
        let checks = (0..5).map(|_| stratus.at_home(&["whoami", "--check"]));
        let checks = checks.map(|command| stratus.run_command(command, ""));

        // A refresh token that is used twice would end the login.
        for done in futures::future::join_all(checks).await {
            done.assert_code(0);
        }
    }
    let secrets = stratus.secrets();
    let login = ["login", "--machine", "--secrets", &secrets];
    let mut commands = vec![stratus.at_home(&login)];
    commands.extend((0..4).map(|_| stratus.at_home(&["whoami", "--check"])));
    let all = commands.into_iter().map(|it| stratus.run_command(it, ""));
    for done in futures::future::join_all(all).await {
        done.assert_code(0);
    }
}

#[tokio::test]
async fn no_secret_is_shown_anywhere() {
    let stratus = Stratus::new().await;
    stratus.log_in_as_machine("machine").await;
    stratus.log_in_as_person("shop").await;
    let mut secrets = vec![
        stratus.sandbox.client_secret().to_owned(),
        stratus.sandbox.api_key().to_owned(),
        stratus.sandbox.client_id().to_owned(),
    ];
    for name in ["shop", "machine"] {
        let path = stratus.path(&format!("home/tokens/{name}.json"));
        let token: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let fields = ["access_token", "refresh_token"];
        secrets.extend(
            fields
                .iter()
                .filter_map(|it| Some(token[it].as_str()?.to_owned())),
        );
    }
    assert!(secrets.len() >= 6, "the tokens' file has other names");
    let file = stratus.secrets();
    for arguments in [
        &["login", "--machine", "--secrets", &file, "-p", "machine"][..],
        &["whoami", "-p", "shop"],
        &["whoami", "-p", "shop", "--check"],
        &["profiles", "list"],
        &["profiles", "show", "shop"],
        &["profiles", "set", "-p", "shop", "--region", "US"],
        &["profiles", "use", "shop"],
        &["doctor"],
        &["logout", "-p", "machine"],
        &["profiles", "remove", "shop", "--yes"],
    ] {
        for json in [&["-vv"][..], &["-vvv", "--json"]] {
            // What has been removed can't be removed again.
            let done = stratus.run_at_home(&[json, arguments].concat()).await;
            for secret in &secrets {
                let shown = done.out.contains(secret) || done.err.contains(secret);
                assert!(!shown, "{arguments:?}: {}{}", done.out, done.err);
            }
        }
    }
}
