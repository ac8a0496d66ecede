//! `stratus doctor`: what is wrong with a set-up, by name, and what to do about it.
//!
//! It sends no message and changes nothing. What can be seen without the network comes first,
//! since it explains what the service would say. The first problem is the one to mend first, and
//! its kind is the exit code.

mod local;

use std::process::ExitCode;

use stratustexting::{
    ClientBuilder,
    check::{CheckSubject, CheckVerdict},
};

use super::{Account, findings::Finding};
use crate::{context::Context, failure::Result, output::Output};

/// The findings as they are printed.
struct Findings<'a> {
    output: &'a Output,
    first_problem: Option<Finding>,
    problems: usize,
}

pub(crate) async fn run(context: &Context) -> Result<ExitCode> {
    let mut findings = Findings {
        output: &context.output,
        first_problem: None,
        problems: 0,
    };
    let mut account = match local::find_account(context) {
        Ok((account, found)) => {
            findings.add_all(found)?;
            account
        }
        Err(found) => {
            findings.add(found)?;
            return findings.end();
        }
    };
    if let Err(fault) = account.unlock() {
        findings.add(local::keyring_fault(&fault))?;
        findings.add(Finding::skipped(
            "service",
            "not asked: the secrets are in the keyring",
        ))?;
        return findings.end();
    }
    findings.add_all(local::check(&account, context).await)?;
    match account.unlocked_builder().and_then(ClientBuilder::build) {
        Ok(client) => {
            let steps = check_service(&client, &account).await;
            findings.add_all(steps)?;
            client.auth().wait_for_renewal().await;
            findings.add(Finding::note(
                "sender_number",
                "not_tested",
                "whether the number is activated for texting shows only when it sends",
                "Text yourself once: stratus sms send",
            ))?;
        }
        Err(error) => {
            // What was found before has its own words for most of it.
            if findings.problems == 0 {
                findings.add(local::refused(&account, &error))?;
            }
            findings.add(Finding::skipped(
                "service",
                "not asked: the settings must be mended first",
            ))?;
        }
    }
    findings.end()
}

async fn check_service(client: &stratustexting::Client, account: &Account) -> Vec<Finding> {
    let report = client.check().await;
    let mut found = Vec::new();
    for step in &report.steps {
        // Before the token: a login that can't begin is why there is none.
        if step.subject == CheckSubject::AccessToken && !account.is_for_machines() {
            let page = client.check_login_page(account.redirect_uri()).await;
            found.push(Finding::of_step(&page));
        }
        found.push(Finding::of_step(step));
    }
    found
}

impl Findings<'_> {
    fn add(&mut self, finding: Finding) -> Result<()> {
        self.output.object(&finding)?;
        if !self.output.is_json() {
            for line in finding.lines() {
                self.output.say(&line)?;
            }
        }
        if finding.verdict == CheckVerdict::Problem {
            self.problems += 1;
            self.first_problem.get_or_insert(finding);
        }
        Ok(())
    }

    fn add_all(&mut self, findings: Vec<Finding>) -> Result<()> {
        findings.into_iter().try_for_each(|it| self.add(it))
    }

    /// The summary and the exit code.
    fn end(self) -> Result<ExitCode> {
        let Some(first) = self.first_problem else {
            self.output.say("\nNo problem was found.")?;
            return Ok(ExitCode::SUCCESS);
        };
        let check = first.check.replace('_', " ");
        let line = match self.problems {
            1 => format!("\nOne problem was found: {check}."),
            more => format!("\n{more} problems were found. Begin with the first: {check}."),
        };
        self.output.say(&line)?;
        Ok(first.class().code())
    }
}
