//! Checks a run of the collection: each operation ran once, had a documented success,
//! had an assertion about its response, and was carried out by the sandbox.

use anyhow::{bail, ensure};
use serde_json::Value;
use stratustexting_codegen::Document;

use crate::{postman::TOKENS, sandbox::Entry};

/// A request that a run must contain.
#[derive(Debug)]
pub(super) struct Expected {
    /// The id of the operation, and of the request in the collection.
    id: String,
    /// The documented statuses of success, such as `200` and `2XX`.
    successes: Vec<String>,
}

impl Expected {
    /// A request for each operation of the document.
    pub(super) fn of(document: &Document) -> anyhow::Result<Vec<Self>> {
        let operations = document.operations().map(|(site, operation)| {
            let responses = operation.get("responses").and_then(Value::as_object);
            let statuses = responses.into_iter().flatten().map(|(status, _)| status);
            let successes: Vec<String> = statuses
                .filter(|status| status.starts_with('2'))
                .cloned()
                .collect();
            ensure!(
                !successes.is_empty(),
                "{}: no success is documented",
                site.id
            );
            Ok(Self {
                id: site.id,
                successes,
            })
        });
        operations.collect()
    }
}

/// The summary of a good run, or an error with a line for each problem.
pub(super) fn verdict(
    operations: &[Expected],
    report: &Value,
    ledger: &[Entry],
) -> anyhow::Result<String> {
    let empty = Vec::new();
    let executions = report["run"]["executions"].as_array().unwrap_or(&empty);
    let mut wrong = Vec::new();
    for operation in operations {
        let id = operation.id.as_str();
        wrong.extend(problem(executions, id, &operation.successes));
        let carried_out =
            |entry: &Entry| entry.carried_out && entry.operation.as_deref() == Some(id);
        if !ledger.iter().any(carried_out) {
            wrong.push(format!("{id}: the sandbox didn't carry it out"));
        }
    }
    for id in TOKENS {
        wrong.extend(problem(executions, id, &["200".to_owned()]));
    }
    let expected = operations.len() + TOKENS.len();
    if executions.len() != expected {
        wrong.push(format!(
            "{} requests instead of {expected}",
            executions.len()
        ));
    }
    for failure in report["run"]["failures"].as_array().into_iter().flatten() {
        wrong.push(format!(
            "{}: {}",
            failure["source"]["name"].as_str().unwrap_or("a request"),
            failure["error"]["message"].as_str().unwrap_or("failed")
        ));
    }
    if !wrong.is_empty() {
        bail!("the collection doesn't work:\n  {}", wrong.join("\n  "));
    }
    let assertions = executions
        .iter()
        .filter_map(|execution| execution["assertions"].as_array())
        .map(Vec::len);
    Ok(format!(
        "{0} of {0} operations and {1} of {1} token requests got their documented \
         success; {2} assertions held.",
        operations.len(),
        TOKENS.len(),
        assertions.sum::<usize>()
    ))
}

/// The problem of the request with this id.
fn problem(executions: &[Value], id: &str, successes: &[String]) -> Option<String> {
    let own: Vec<&Value> = executions
        .iter()
        .filter(|execution| execution["item"]["id"] == id)
        .collect();
    let [execution] = own.as_slice() else {
        return Some(format!("{id}: sent {} times", own.len()));
    };
    let status = execution["response"]["code"].as_u64();
    let status = status.and_then(|status| u16::try_from(status).ok());
    match status {
        Some(status) if is_success(successes, status) => {
            let assertions = execution["assertions"].as_array();
            let none = assertions.is_none_or(Vec::is_empty);
            none.then(|| format!("{id}: nothing was asserted about its response"))
        }
        Some(status) => Some(format!(
            "{id}: {status} instead of {}",
            successes.join(", ")
        )),
        None => Some(format!("{id}: no response")),
    }
}

fn is_success(successes: &[String], status: u16) -> bool {
    let status = status.to_string();
    successes.iter().any(|success| {
        success.len() == status.len()
            && success
                .chars()
                .zip(status.chars())
                .all(|(wanted, found)| wanted == found || wanted.eq_ignore_ascii_case(&'x'))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{postman, workspace::Workspace};

    fn expected() -> Vec<Expected> {
        Expected::of(&postman::document(&Workspace::find()).unwrap()).unwrap()
    }

    /// A run without problems.
    fn run(expected: &[Expected]) -> (Value, Vec<Entry>) {
        let execution = |id: &str, code: u16| json!({"item": {"id": id}, "response": {"code": code}, "assertions": [{}, {}]});
        let mut executions: Vec<Value> = TOKENS.iter().map(|id| execution(id, 200)).collect();
        let code = |operation: &Expected| match operation.successes[0].as_str() {
            "2XX" => 204,
            status => status.parse().unwrap(),
        };
        let operations = expected.iter();
        executions.extend(operations.map(|operation| execution(&operation.id, code(operation))));
        let ledger = expected.iter().map(|operation| Entry {
            operation: Some(operation.id.clone()),
            carried_out: true,
        });
        let report = json!({"run": {"executions": executions, "failures": []}});
        (report, ledger.collect())
    }

    #[test]
    fn a_range_of_statuses_is_a_success_too() {
        let successes = ["200".to_owned(), "20X".to_owned()];

        assert!(is_success(&successes, 200) && is_success(&successes, 204));
        assert!(!is_success(&successes, 210) && !is_success(&successes, 404));
    }

    #[test]
    fn an_operation_without_a_documented_success_is_an_error() {
        let responses = json!({"404": {"description": ""}});
        let text = json!({"openapi": "3.0.3", "paths": {"/thing": {"get": {"operationId": "getThing", "responses": responses}}}});
        let document = Document::parse(&text.to_string()).unwrap();

        let error = Expected::of(&document).unwrap_err();

        assert_eq!(error.to_string(), "getThing: no success is documented");
    }

    #[test]
    fn a_good_run_is_summarised() {
        let expected = expected();
        let (report, ledger) = run(&expected);

        let sum = verdict(&expected, &report, &ledger).unwrap();

        assert!(
            sum.starts_with(&format!("{0} of {0} operations", expected.len())),
            "{sum}"
        );
        assert!(
            sum.contains(&format!("{} assertions", 2 * (expected.len() + 3))),
            "{sum}"
        );
    }

    #[test]
    fn each_problem_is_a_line() {
        let expected = expected();
        let (mut report, mut ledger) = run(&expected);
        let executions = report["run"]["executions"].as_array_mut().unwrap();
        executions.retain(|execution| execution["item"]["id"] != "sendSms");
        for execution in executions {
            match execution["item"]["id"].as_str() {
                Some("sendMms") => execution["response"]["code"] = json!(415),
                Some("listSites") => execution["response"] = json!(null),
                Some("listContacts") => execution["assertions"] = json!([]),
                Some("token-refresh") => execution["response"]["code"] = json!(400),
                _ => {}
            }
        }
        report["run"]["failures"] =
            json!([{"source": {"name": "Send"}, "error": {"message": "expected"}}]);
        ledger.retain(|entry| entry.operation.as_deref() != Some("getMessageById"));

        let error = verdict(&expected, &report, &ledger)
            .unwrap_err()
            .to_string();

        let count = expected.len() + TOKENS.len();
        let count = format!("{} requests instead of {count}", count - 1);
        for line in [
            count.as_str(),
            "sendSms: sent 0 times",
            "sendMms: 415 instead of 200",
            "listSites: no response",
            "listContacts: nothing was asserted about its response",
            "token-refresh: 400 instead of 200",
            "getMessageById: the sandbox didn't carry it out",
            "Send: expected",
        ] {
            assert!(error.contains(line), "{line}: {error}");
        }
        assert_eq!(error.lines().count(), 9, "{error}");
    }
}
