//! Whether a run of the collection did what was to be shown: each operation once, each with
//! a success that the document has, none without the sandbox having carried it out.

use anyhow::bail;
use serde_json::Value;

use crate::{
    postman::{Call, TOKENS, is_success},
    sandbox::Entry,
};

/// The sum of a good run; of another, an error with a line for each thing that is wrong.
pub(super) fn verdict(calls: &[Call], report: &Value, ledger: &[Entry]) -> anyhow::Result<String> {
    let empty = Vec::new();
    let executions = report["run"]["executions"].as_array().unwrap_or(&empty);
    let mut wrong = Vec::new();
    for call in calls {
        wrong.extend(problem(executions, &call.id, &call.successes));
        let carried_out = |entry: &Entry| {
            entry.carried_out && entry.operation.as_deref() == Some(call.id.as_str())
        };
        if !ledger.iter().any(carried_out) {
            wrong.push(format!("{}: the sandbox didn't carry it out", call.id));
        }
    }
    for id in TOKENS {
        wrong.extend(problem(executions, id, &["200".to_owned()]));
    }
    let expected = calls.len() + TOKENS.len();
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
        "{0} of {0} operations and {1} of {1} token requests answered with their documented \
         success; {2} assertions held.",
        calls.len(),
        TOKENS.len(),
        assertions.sum::<usize>()
    ))
}

/// What is wrong with the request that has the id.
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
        Some(status) if is_success(successes, status) => None,
        Some(status) => Some(format!(
            "{id}: {status} instead of {}",
            successes.join(", ")
        )),
        None => Some(format!("{id}: no answer")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{postman, workspace::Workspace};

    fn calls() -> Vec<Call> {
        let document = postman::document(&Workspace::find()).unwrap();
        postman::calls(&document).unwrap()
    }

    /// A run in which everything went well.
    fn run(calls: &[Call]) -> (Value, Vec<Entry>) {
        let execution = |id: &str, code: u16| json!({"item": {"id": id}, "response": {"code": code}, "assertions": [{}, {}]});
        let mut executions: Vec<Value> = TOKENS.iter().map(|id| execution(id, 200)).collect();
        let code = |call: &Call| if call.method == "DELETE" { 204 } else { 200 };
        executions.extend(calls.iter().map(|call| execution(&call.id, code(call))));
        let ledger = calls.iter().map(|call| Entry {
            operation: Some(call.id.clone()),
            carried_out: true,
        });
        let report = json!({"run": {"executions": executions, "failures": []}});
        (report, ledger.collect())
    }

    #[test]
    fn a_good_run_is_summed_up() {
        let calls = calls();
        let (report, ledger) = run(&calls);

        let sum = verdict(&calls, &report, &ledger).unwrap();

        assert!(
            sum.starts_with(&format!("{0} of {0} operations", calls.len())),
            "{sum}"
        );
        assert!(
            sum.contains(&format!("{} assertions", 2 * (calls.len() + 3))),
            "{sum}"
        );
    }

    #[test]
    fn each_thing_that_is_wrong_is_a_line() {
        let calls = calls();
        let (mut report, mut ledger) = run(&calls);
        let executions = report["run"]["executions"].as_array_mut().unwrap();
        executions.retain(|execution| execution["item"]["id"] != "sendSms");
        for execution in executions {
            match execution["item"]["id"].as_str() {
                Some("sendMms") => execution["response"]["code"] = json!(415),
                Some("listSites") => execution["response"] = json!(null),
                Some("token-refresh") => execution["response"]["code"] = json!(400),
                _ => {}
            }
        }
        report["run"]["failures"] =
            json!([{"source": {"name": "Send"}, "error": {"message": "expected"}}]);
        ledger.retain(|entry| entry.operation.as_deref() != Some("getMessageById"));

        let error = verdict(&calls, &report, &ledger).unwrap_err().to_string();

        let count = calls.len() + TOKENS.len();
        let count = format!("{} requests instead of {count}", count - 1);
        for line in [
            count.as_str(),
            "sendSms: sent 0 times",
            "sendMms: 415 instead of 200",
            "listSites: no answer",
            "token-refresh: 400 instead of 200",
            "getMessageById: the sandbox didn't carry it out",
            "Send: expected",
        ] {
            assert!(error.contains(line), "{line}: {error}");
        }
        assert_eq!(error.lines().count(), 8, "{error}");
    }
}
