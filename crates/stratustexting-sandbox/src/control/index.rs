//! The list of all endpoints, for people and for generated clients: what each does, and an
//! example and a schema for its body.

use schemars::{JsonSchema, schema_for};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    AdvanceInput, CustomerTextInput, DisabledFilterInput, FaultInput, FaultPlanInput, NewClient,
    RefuseInput, RevokeInput, StatusInput, clock::ClockInput,
};
use crate::{script::ScriptedResponseInput, seed::NUMBER, settings::Settings};

/// An endpoint of the control API.
#[derive(Serialize)]
pub(super) struct Endpoint {
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

fn endpoint(method: &'static str, path: &'static str, does: &'static str) -> Endpoint {
    Endpoint {
        method,
        path,
        does,
        query: None,
        body: None,
    }
}

impl Endpoint {
    fn query(mut self, query: Value) -> Self {
        self.query = Some(query);
        self
    }

    fn body<T: JsonSchema>(mut self, example: Value) -> Self {
        let schema = schema_for!(T).to_value();
        self.body = Some(Body { example, schema });
        self
    }

    /// A body in which every field is optional.
    fn partial_body<T: JsonSchema>(mut self, example: Value) -> Self {
        let mut schema = schema_for!(T).to_value();
        remove_required(&mut schema);
        self.body = Some(Body { example, schema });
        self
    }
}

fn remove_required(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            object.remove("required");
            object.values_mut().for_each(remove_required);
        }
        Value::Array(array) => array.iter_mut().for_each(remove_required),
        _ => {}
    }
}

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        endpoint(
            "GET",
            "/control",
            "this list, and everything that a program needs to use the sandbox",
        ),
        endpoint(
            "GET",
            "/control/settings",
            "the settings that can be changed",
        ),
        endpoint(
            "PATCH",
            "/control/settings",
            "change settings; all others stay",
        )
        .partial_body::<Settings>(json!({"deliveries": {"attempts": 5, "order": "shuffled"}})),
        endpoint("GET", "/control/ledger", "every request as it arrived")
            .query(json!({"since": "the number of the first entry; by default 0"})),
        endpoint("DELETE", "/control/ledger", "clear the ledger"),
        endpoint("GET", "/control/messages", "the messages that were sent"),
        endpoint(
            "GET",
            "/control/deliveries",
            "the events that were posted or will be, each with its state",
        ),
        endpoint(
            "POST",
            "/control/deliveries/{uuid}/again",
            "post an event again, whatever became of it",
        ),
        endpoint(
            "POST",
            "/control/customer/messages",
            "play a customer who texts",
        )
        .body::<CustomerTextInput>(
            json!({"from": "+13035550123", "to": NUMBER, "text": "Is it ready?"}),
        ),
        endpoint("POST", "/control/tokens/expire", "expire all access tokens"),
        endpoint(
            "POST",
            "/control/tokens/revoke",
            "forget all tokens of a kind",
        )
        .body::<RevokeInput>(json!({"kind": "refresh"})),
        endpoint(
            "GET",
            "/control/clock",
            "the sandbox's time, and whether it stands still",
        ),
        endpoint(
            "POST",
            "/control/clock",
            "set the clock, let it stand still or run",
        )
        .body::<ClockInput>(json!({"time": "2026-01-01T09:00:00Z", "frozen": true})),
        endpoint("POST", "/control/clock/advance", "move the clock forward")
            .body::<AdvanceInput>(json!({"seconds": 3_600})),
        endpoint(
            "POST",
            "/control/responses",
            "script the next responses of an operation, or of token",
        )
        .body::<ScriptedResponseInput>(json!({
            "operation": "listSites",
            "status": 429,
            "headers": {"retry-after": "2"},
            "body": {"message": "Too Many Requests"},
            "times": 3,
        })),
        endpoint(
            "GET",
            "/control/dialect",
            "the current dialect, with a line that describes it",
        ),
        endpoint(
            "POST",
            "/control/dialect",
            "respond in another dialect: each kind by its name, or all by a `seed`",
        )
        .body::<Map<String, Value>>(json!({"ids": "text"})),
        endpoint(
            "DELETE",
            "/control/responses",
            "forget all scripted responses",
        ),
        endpoint(
            "POST",
            "/control/faults",
            "make the next request to an operation, token or connection fail",
        )
        .body::<FaultInput>(json!({
            "operation": "sendSms",
            "fault": {"kind": "reset_before_response", "commit": "after"},
        })),
        endpoint("DELETE", "/control/faults", "forget all scripted faults"),
        endpoint(
            "POST",
            "/control/faults/random",
            "make requests fail at random",
        )
        .body::<FaultPlanInput>(json!({
            "seed": 7,
            "probability": 0.1,
            "faults": [
                {"fault": {"kind": "status", "status": 503, "commit": "before"}, "weight": 2},
                {"fault": {"kind": "never_respond", "commit": "after"}},
            ],
            "operations": ["sendSms"],
        })),
        endpoint(
            "POST",
            "/control/faults/refuse",
            "refuse connections for this long",
        )
        .body::<RefuseInput>(json!({"milliseconds": 500})),
        endpoint(
            "GET",
            "/control/broken",
            "the requests that never arrived completely",
        ),
        endpoint("POST", "/control/clients", "register a client").body::<NewClient>(json!({
            "name": "Another",
            "redirect_uris": ["http://127.0.0.1/callback"],
            "grants": ["authorization_code"],
            "scopes": ["https://com.beetexting.scopes/SendMessage"],
        })),
        endpoint(
            "DELETE",
            "/control/contacts/{id}",
            "delete a contact, so that its event is posted",
        ),
        endpoint(
            "POST",
            "/control/subscriptions/{id}/status",
            "set a subscription's status; nothing is posted unless it is ACTIVE",
        )
        .body::<StatusInput>(json!({"status": "BLACKLISTED"})),
        endpoint(
            "POST",
            "/control/subscriptions/{id}/disabled-filters",
            "move a filter of a subscription to its disabledFilters",
        )
        .body::<DisabledFilterInput>(json!({
            "filter": "/orgId/…/department/…/message?direction=inbound",
            "reason": "Disabled",
            "message": "The service has disabled this filter",
        })),
    ]
}
