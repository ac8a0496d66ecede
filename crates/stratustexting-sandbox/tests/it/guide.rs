//! `docs/sandbox.md` and the Containerfile, as somebody would use them who has nothing else.

use std::{
    collections::BTreeSet,
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::{program::Program, support::Api};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn page() -> String {
    fs::read_to_string(repository().join("docs/sandbox.md")).unwrap()
}

/// A block of commands, and what the page says that they print.
struct Step {
    commands: String,
    prints: String,
}

fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut rest = page;
    while let Some((between, block)) = rest.split_once("```sh\n") {
        // The output follows the commands with nothing between.
        if let Some(step) = steps.last_mut()
            && let Some(output) = between.strip_prefix("\n\n```text\n")
        {
            step.prints = output.split("```").next().unwrap().to_owned();
        }
        let (commands, after) = block.split_once("```").unwrap();
        steps.push(Step {
            commands: commands.to_owned(),
            prints: String::new(),
        });
        rest = after;
    }
    if let Some(output) = rest.strip_prefix("\n\n```text\n") {
        steps.last_mut().unwrap().prints = output.split("```").next().unwrap().to_owned();
    }
    steps
}

/// Whether a text is what the page has, where `…` stands for anything.
fn fits(text: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('…');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap()) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, others)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in others {
        let Some((_, after)) = rest.split_once(part) else {
            return false;
        };
        rest = after;
    }
    rest.ends_with(last)
}

#[test]
fn dots_stand_for_anything() {
    for (text, pattern, is_fit) in [
        ("a", "a", true),
        ("ab", "a", false),
        ("axxc", "a…c", true),
        ("axxcd", "a…c", false),
        ("a1b2c", "a…b…c", true),
        ("a1c", "a…b…c", false),
    ] {
        assert_eq!(fits(text, pattern), is_fit, "{text} {pattern}");
    }
}

/// Needs bash, curl and Python. Without them the test is skipped with a message; if the variable
/// is set, as in CI, it fails.
#[cfg(unix)]
#[test]
fn each_line_of_the_page_does_what_the_page_says() {
    for tool in ["bash", "curl", "python3"] {
        if Command::new(tool).arg("--version").output().is_err() {
            let required = std::env::var_os("STRATUSTEXTING_REQUIRE_PYTHON").is_some();
            assert!(!required, "there is no {tool}");
            eprintln!("skipped: there is no {tool}");
            return;
        }
    }
    let page = page();
    let mut steps = steps(&page);
    let start = steps.remove(0).commands;
    assert_eq!(start, "stratustexting-sandbox --port 8401\n");
    assert!(steps.len() > 10, "{}", steps.len());
    let (_program, line) = Program::start(&["--json"]);
    let settings: Value = serde_json::from_str(&line).unwrap();
    let control = url::Url::parse(settings["control_url"].as_str().unwrap()).unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let ports = [
        ("8401", control.port().unwrap().to_string()),
        ("8402", free.local_addr().unwrap().port().to_string()),
    ];
    drop(free);
    let here = |text: &str| {
        let texts = ports.iter();
        texts.fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    };
    let folder = tempfile::tempdir().unwrap();
    // A page that waits for ever fails, and its receiver ends with the script.
    let mut script = "set -euo pipefail; trap 'kill $(jobs -p)' EXIT\n".to_owned();
    for step in &steps {
        script += &format!("echo '# step'\n{}\n", here(&step.commands));
    }
    fs::write(folder.path().join("page.sh"), &script).unwrap();

    let output = Command::new("python3")
        .args(["-c", WITHIN_A_MINUTE, "bash", "page.sh"])
        .current_dir(folder.path())
        .env("NO_PROXY", "127.0.0.1")
        .stdin(Stdio::null())
        .output()
        .unwrap();

    let printed = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    let printed: Vec<&str> = printed.split("# step\n").skip(1).collect();
    for (step, printed) in steps.iter().zip(&printed) {
        let (prints, commands) = (here(&step.prints), &step.commands);
        assert!(
            fits(printed.trim_end(), prints.trim_end()),
            "{commands}\nprints\n{printed}\nand not\n{prints}\n{errors}"
        );
    }
    assert!(output.status.success(), "{errors}");
    assert_eq!(printed.len(), steps.len());
}

/// Runs a command and ends it when it takes too long.
const WITHIN_A_MINUTE: &str = "\
import subprocess, sys
child = subprocess.Popen(sys.argv[1:])
try:
    sys.exit(child.wait(60))
except subprocess.TimeoutExpired:
    child.terminate()
    sys.exit('it took more than a minute')
";

#[tokio::test]
async fn the_table_of_the_page_has_every_endpoint() {
    let api = Api::start().await;
    let (_, index) = api.control("GET", "", Value::Null).await;
    let endpoints = index["control"].as_array().unwrap().iter();
    let served: BTreeSet<String> = endpoints
        .map(|endpoint| {
            let (method, path) = (&endpoint["method"], &endpoint["path"]);
            format!("{} {}", method.as_str().unwrap(), path.as_str().unwrap())
        })
        .collect();

    let page = page();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    let listed = rows.map(|row| row.split('`').next().unwrap().to_owned());

    assert_eq!(listed.collect::<BTreeSet<_>>(), served);
}

fn containerfile() -> Vec<String> {
    let path = repository().join("crates/stratustexting-sandbox/Containerfile");
    let text = fs::read_to_string(path).unwrap();
    let lines = text.replace("\\\n", " ");
    let lines = lines.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

/// The arguments of an instruction in its form of JSON.
fn arguments(line: &str) -> Vec<String> {
    let start = line.find('[').unwrap();
    serde_json::from_str(&line[start..]).unwrap()
}

#[test]
fn everything_that_the_container_file_copies_is_there() {
    let mut sources = BTreeSet::new();
    for line in containerfile() {
        let Some(rest) = line.strip_prefix("COPY ") else {
            continue;
        };
        // What an earlier stage has made isn't in the repository.
        if rest.starts_with("--from") {
            continue;
        }
        let mut words: Vec<&str> = rest.split_whitespace().collect();
        words.pop();
        sources.extend(words.into_iter().map(str::to_owned));
    }

    assert!(sources.contains("Cargo.lock"), "{sources:?}");
    for source in &sources {
        assert!(repository().join(source).exists(), "{source}");
    }
    let manifest = fs::read_to_string(repository().join("Cargo.toml")).unwrap();
    let members = manifest.split("members = [").nth(1).unwrap();
    for member in members
        .split(']')
        .next()
        .unwrap()
        .split('"')
        .skip(1)
        .step_by(2)
    {
        let folder = member.split('/').next().unwrap();
        assert!(sources.contains(folder), "{member}");
    }
}

#[tokio::test]
async fn the_program_takes_the_arguments_of_the_container_file() {
    let lines = containerfile();
    let of = |instruction: &str| {
        let line = lines.iter().find(|line| line.starts_with(instruction));
        arguments(line.unwrap_or_else(|| panic!("no {instruction}")))
    };
    let mut start = of("ENTRYPOINT");
    assert_eq!(start.remove(0), "stratustexting-sandbox");
    // The volume of the container.
    let folder = tempfile::tempdir().unwrap();
    let volume = folder.path().to_str().unwrap();
    let flags = of("CMD").into_iter();
    start.extend(flags.map(|flag| flag.replacen("/data/", &format!("{volume}/"), 1)));
    let mut check = of("HEALTHCHECK");
    assert_eq!(check.remove(0), "stratustexting-sandbox");
    let user = lines.iter().find(|line| line.starts_with("USER")).unwrap();
    assert!(!user.contains("root") && !user.ends_with(" 0"), "{user}");
    // The port may be taken on this machine.
    let at = start
        .iter()
        .position(|argument| argument == "8080")
        .unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port().to_string();
    drop(free);
    start[at].clone_from(&port);
    let start: Vec<&str> = start.iter().map(String::as_str).collect();
    let healthy = || {
        let check = check.iter().map(|argument| argument.replace("8080", &port));
        let mut program = Command::new(env!("CARGO_BIN_EXE_stratustexting-sandbox"));
        program.args(check).stderr(Stdio::null());
        program.status().unwrap().success()
    };

    assert!(!healthy(), "before it runs");
    let (_program, line) = Program::start(&start);

    assert!(line.contains("running"), "{line}");
    assert!(healthy());
}
