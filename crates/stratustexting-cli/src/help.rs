//! The help of the whole program: commands in groups, so that it fits a screen of 80 by 24.
//! What a command does is in its own help, and in the manual.

use std::fmt::Write;

use clap::Command;

/// The groups in their order. A command that isn't listed is among the others.
const GROUPS: [(&str, &[&str]); 6] = [
    (
        "Account",
        &["login", "logout", "whoami", "profiles", "doctor"],
    ),
    ("Send", &["sms", "mms", "bulk"]),
    ("Receive", &["listen", "replay", "message", "subscription"]),
    ("Customers", &["contact", "consent", "site"]),
    ("Try it out", &["sandbox", "trigger"]),
    ("Others", &["api", "completions", "man", "help"]),
];

/// The program with its help.
pub(crate) fn in_groups(mut program: Command) -> Command {
    // Exit codes and variables are in the manual: they would take a third of the screen.
    program = program.long_about(None);
    let mut names: Vec<_> = program
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
        .map(|command| command.get_name().to_owned())
        .collect();
    // clap adds it late, and to build everything here would take time at each start.
    names.push("help".to_owned());
    let is_listed = |name: &String| GROUPS.iter().any(|(_, of)| of.contains(&name.as_str()));
    let mut commands = String::new();
    for (group, of) in GROUPS {
        let mut of: Vec<_> = of
            .iter()
            .copied()
            .filter(|name| names.iter().any(|other| other == name))
            .collect();
        if group == "Others" {
            let others = names.iter().filter(|name| !is_listed(name));
            of.extend(others.map(String::as_str));
        }
        if !of.is_empty() {
            let _ = writeln!(commands, "  {group:<11} {}", of.join(", "));
        }
    }
    program.help_template(format!(
        "{{about}}\n\n{{usage-heading}} {{usage}}\n\nCommands:\n{commands}\nOptions:\n{{options}}\n\n\
         `stratus help COMMAND` says more. Without an account: `stratus sandbox`.\n"
    ))
}
