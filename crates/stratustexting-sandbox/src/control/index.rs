//! The list of all calls, for people and for programs that make a client of it: what each
//! does, and for its body an example and a schema.

use schemars::{JsonSchema, schema_for};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    Advance, CustomerText, Disabling, Failing, NewClient, Refusing, Revoke, ScriptedPlan, Status,
};
use crate::{answer::Scripted, seed::NUMBER, settings::Settings};

/// A call.
#[derive(Serialize)]
pub(super) struct Call {
    method: &'static str,
    path: &'static str,
    does: &'static str,
    /// The query's parameters, and what they mean.
    #[serde(skip_serializing_if = "Option::is_none")]
    query: Option<Value>,
    /// The body, as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Body>,
}

#[derive(Serialize)]
struct Body {
    example: Value,
    schema: Value,
}

fn call(method: &'static str, path: &'static str, does: &'static str) -> Call {
    Call {
        method,
        path,
        does,
        query: None,
        body: None,
    }
}

impl Call {
    fn query(mut self, query: Value) -> Self {
        self.query = Some(query);
        self
    }

    fn body<T: JsonSchema>(mut self, example: Value) -> Self {
        let schema = schema_for!(T).to_value();
        self.body = Some(Body { example, schema });
        self
    }

    /// A body of which everything may be left out.
    fn changes<T: JsonSchema>(mut self, example: Value) -> Self {
        let mut schema = schema_for!(T).to_value();
        nothing_is_required(&mut schema);
        self.body = Some(Body { example, schema });
        self
    }
}

fn nothing_is_required(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            object.remove("required");
            object.values_mut().for_each(nothing_is_required);
        }
        Value::Array(array) => array.iter_mut().for_each(nothing_is_required),
        _ => {}
    }
}

pub(super) fn calls() -> Vec<Call> {
    vec![
        call(
            "GET",
            "/control",
            "this list, and all that a program has to know",
        ),
        call(
            "GET",
            "/control/settings",
            "the settings that can be changed",
        ),
        call(
            "PATCH",
            "/control/settings",
            "change settings; what isn't named stays",
        )
        .changes::<Settings>(json!({"deliveries": {"attempts": 5, "order": "shuffled"}})),
        call("GET", "/control/ledger", "every request as it arrived")
            .query(json!({"since": "the number of the first one; 0 if it isn't there"})),
        call("DELETE", "/control/ledger", "forget what arrived"),
        call("GET", "/control/messages", "the messages that were sent"),
        call(
            "GET",
            "/control/deliveries",
            "the events that were posted, and how each stands",
        ),
        call(
            "POST",
            "/control/customer/messages",
            "play a customer who texts",
        )
        .body::<CustomerText>(
            json!({"from": "+13035550123", "to": NUMBER, "text": "Is it ready?"}),
        ),
        call("POST", "/control/tokens/expire", "end all access tokens"),
        call(
            "POST",
            "/control/tokens/revoke",
            "forget all tokens of a kind",
        )
        .body::<Revoke>(json!({"kind": "refresh"})),
        call("POST", "/control/clock/advance", "move the clock on")
            .body::<Advance>(json!({"seconds": 3_600})),
        call(
            "POST",
            "/control/answers",
            "script the next answers of an operation, or of token",
        )
        .body::<Scripted>(json!({
            "operation": "listSites",
            "status": 429,
            "headers": {"retry-after": "2"},
            "body": {"message": "Too Many Requests"},
            "times": 3,
        })),
        call(
            "GET",
            "/control/dialect",
            "the dialect that is answered in, with a line about it",
        ),
        call(
            "POST",
            "/control/dialect",
            "answer in another dialect: each kind by its name, or all by a `seed`",
        )
        .body::<Map<String, Value>>(json!({"ids": "text"})),
        call(
            "DELETE",
            "/control/answers",
            "forget all answers that were scripted",
        ),
        call(
            "POST",
            "/control/faults",
            "let the next request to an operation, token or connection fail",
        )
        .body::<Failing>(json!({
            "operation": "sendSms",
            "fault": {"kind": "reset_before_answer", "commit": "after"},
        })),
        call(
            "DELETE",
            "/control/faults",
            "forget all faults that were scripted",
        ),
        call(
            "POST",
            "/control/faults/random",
            "let requests fail at random",
        )
        .body::<ScriptedPlan>(json!({
            "seed": 7,
            "probability": 0.1,
            "faults": [
                {"fault": {"kind": "status", "status": 503, "commit": "before"}, "weight": 2},
                {"fault": {"kind": "never_answer", "commit": "after"}},
            ],
            "operations": ["sendSms"],
        })),
        call(
            "POST",
            "/control/faults/refuse",
            "refuse connections for so long",
        )
        .body::<Refusing>(json!({"milliseconds": 500})),
        call(
            "GET",
            "/control/broken",
            "the requests that never became whole",
        ),
        call("POST", "/control/clients", "register a client").body::<NewClient>(json!({
            "name": "Another",
            "redirect_uris": ["http://127.0.0.1/callback"],
            "grants": ["authorization_code"],
            "scopes": ["https://com.beetexting.scopes/SendMessage"],
        })),
        call(
            "DELETE",
            "/control/contacts/{id}",
            "delete a contact, for the event",
        ),
        call(
            "POST",
            "/control/subscriptions/{id}/status",
            "give a subscription a status; nothing is posted unless it is ACTIVE",
        )
        .body::<Status>(json!({"status": "BLACKLISTED"})),
        call(
            "POST",
            "/control/subscriptions/{id}/disabled-filters",
            "move a filter of a subscription to its disabledFilters",
        )
        .body::<Disabling>(json!({
            "filter": "/orgId/…/department/…/message?direction=inbound",
            "reason": "Disabled",
            "message": "The service has disabled this filter",
        })),
    ]
}
