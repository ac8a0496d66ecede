//! A machine that answers texts: each once, whatever is killed, and nobody who has said STOP.
//!
//! Customers of a sandbox text in. The machine is a process of its own: it keeps its
//! subscription alive, stores each event before it acknowledges it, fetches the text, and
//! replies. This program kills it in the middle, twice, starts it again, and counts at the end.
//! The exit code is 0 only if nobody was forgotten and nobody was texted twice.
//!
//! - `machine.rs`: the machine. This is the part to copy.
//! - `main.rs`: the customers, the kills, and the count.

#![allow(clippy::print_stdout, reason = "a program for the terminal")]

mod machine;

use std::{
    collections::HashMap,
    io::Write,
    net::{Ipv4Addr, TcpListener},
    path::Path,
    process::{Child, Command, ExitCode, Stdio},
    time::Duration,
};

use stratustexting::Client;
use stratustexting_queue::inbox::{Inbox, SqliteStore};
use stratustexting_sandbox::Sandbox;
use tokio::time;

type Error = Box<dyn std::error::Error + Send + Sync>;

const CUSTOMERS: u64 = 40;

/// One who has enough after the first text.
const TIRED: &str = "+12025550007";

#[tokio::main]
async fn main() -> Result<ExitCode, Error> {
    if std::env::args().nth(1).as_deref() == Some("machine") {
        machine::run().await?;
        return Ok(ExitCode::SUCCESS);
    }
    let folder = tempfile::tempdir()?;
    let service = Sandbox::start().await?;
    let settings = settings(&service, folder.path())?;
    log_in(&service, &settings).await?;

    let mut machine = Machine::start(&settings)?;
    wait_for_subscription(&service).await;
    println!("the machine is subscribed");
    let number = service.number();
    for n in 0..CUSTOMERS {
        let customer = format!("+1202555{n:04}");
        service
            .customer_texts(&customer, number, "Is it ready?")
            .await?;
        if n == 10 || n == 25 {
            machine.kill()?;
            machine = Machine::start(&settings)?;
            println!(
                "the machine was killed after {} texts, and started again",
                n + 1
            );
        }
    }
    service.customer_texts(TIRED, number, "Stop").await?;
    service
        .customer_texts(TIRED, number, "And one more thing")
        .await?;
    let expected = CUSTOMERS + 2;

    let inbox = Inbox::new(SqliteStore::open(folder.path().join("inbox.db")).await?);
    wait_for_handled(&inbox, expected).await?;
    machine.kill()?;

    let verdict = count(&service, &inbox).await?;
    println!("{verdict:?}");
    Ok(match verdict {
        Count {
            forgotten: 0,
            doubled: 0,
            against_their_will: 0,
            ..
        } => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

/// What the machine gets: the variables of a client, as its environment would have them.
fn settings(service: &Sandbox, folder: &Path) -> Result<HashMap<String, String>, Error> {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port();
    let variables = service.variables();
    let mut settings: HashMap<String, String> = variables
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    let path = |file: &str| folder.join(file).to_string_lossy().into_owned();
    for (name, value) in [
        // A subscription needs a user's token; the file is how a restart finds the login.
        ("STRATUS_GRANT", "authorization_code".to_owned()),
        ("STRATUS_TOKEN_FILE", path("token.json")),
        ("INBOX", path("inbox.db")),
        ("CALLBACK", format!("http://127.0.0.1:{port}/hook")),
        ("ORGANIZATION", service.organization_id().to_owned()),
        ("DEPARTMENT", service.department_id().to_owned()),
    ] {
        settings.insert(name.to_owned(), value);
    }
    Ok(settings)
}

async fn log_in(service: &Sandbox, settings: &HashMap<String, String>) -> Result<(), Error> {
    let client = Client::from_variables(settings.clone())?;
    let login = client
        .auth()
        .log_in_with_browser("http://127.0.0.1:0/callback");
    login.open_with(service.browser()).await?;
    println!("a user has logged in");
    Ok(())
}

/// The machine's process.
struct Machine(Child);

impl Machine {
    fn start(settings: &HashMap<String, String>) -> Result<Self, Error> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg("machine")
            .stdin(Stdio::piped())
            .spawn()?;
        // Not as arguments, which every user of the computer can see.
        let mut input = process.stdin.take().ok_or("no standard input")?;
        input.write_all(&serde_json::to_vec(settings)?)?;
        Ok(Self(process))
    }

    /// By SIGKILL: it can finish nothing.
    fn kill(mut self) -> Result<(), Error> {
        self.0.kill()?;
        self.0.wait()?;
        Ok(())
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.0.kill();
    }
}

async fn wait_for_subscription(service: &Sandbox) {
    while service.subscriptions().is_empty() {
        time::sleep(Duration::from_millis(20)).await;
    }
}

async fn wait_for_handled(inbox: &Inbox<SqliteStore>, expected: u64) -> Result<(), Error> {
    let all = async {
        loop {
            let numbers = inbox.numbers().await?;
            if numbers.handled >= expected && numbers.depth() == 0 {
                return Ok(());
            }
            time::sleep(Duration::from_millis(50)).await;
        }
    };
    time::timeout(Duration::from_secs(120), all)
        .await
        .map_err(|_| "not everything was handled within two minutes")?
}

/// What became of the texts.
#[derive(Debug)]
struct Count {
    /// Customers who got one reply.
    answered: usize,
    /// Customers whose reply may have been sent: the machine was killed beside it, and a reply
    /// is never repeated on a guess.
    unknown: usize,
    /// Customers who got none, and nothing says why.
    forgotten: usize,
    /// Customers who got two.
    doubled: usize,
    /// Texts after STOP, other than its confirmation.
    against_their_will: usize,
}

async fn count(service: &Sandbox, inbox: &Inbox<SqliteStore>) -> Result<Count, Error> {
    let mut replies: HashMap<String, usize> = HashMap::new();
    let mut to_tired = 0;
    for message in service.sent_messages() {
        let to = message.to.clone();
        if to == TIRED {
            to_tired += 1;
        }
        *replies.entry(to).or_default() += 1;
    }
    let unknown: Vec<String> = sqlx::query_scalar("SELECT DISTINCT number FROM unknown_replies")
        .fetch_all(inbox.store().pool())
        .await?;
    let mut count = Count {
        answered: 0,
        unknown: 0,
        forgotten: 0,
        doubled: 0,
        // A reply to the question, and the confirmation of STOP.
        against_their_will: to_tired.max(2) - 2,
    };
    for n in 0..CUSTOMERS {
        let customer = format!("+1202555{n:04}");
        let may_be = usize::from(customer == TIRED);
        match replies.get(&customer).copied().unwrap_or(0) {
            0 if unknown.contains(&customer) => count.unknown += 1,
            0 => count.forgotten += 1,
            more if more > 1 + may_be => count.doubled += 1,
            _ => count.answered += 1,
        }
    }
    Ok(count)
}
