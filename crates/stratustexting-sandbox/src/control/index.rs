//! The list of all endpoints, for people and for generated clients: what each does, an example
//! and a schema for its body, and what it returns. `openapi.rs` makes a document of it.
//!
//! Tests compare it with the router's paths and methods, and call each endpoint.

use schemars::{
    JsonSchema, Schema, SchemaGenerator,
    generate::{Contract, SchemaSettings},
};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    AdvanceInput, CurrentDialect, CustomerTextInput, DialectInput, DisabledFilterInput, FaultInput,
    FaultPlanInput, Index, NewClient, ReceivedText, RefuseInput, RegisteredClient, RevokeInput,
    StatusInput,
    clock::{ClockInput, Shown},
};
use crate::{
    ledger::{BrokenRequest, Entry},
    script::ScriptedResponseInput,
    seed::NUMBER,
    settings::Settings,
    state::{delivery::Delivery, messages::SentMessage},
};

/// Adds a type to a generator of schemas, and refers to it.
pub(super) type TypeSchema = fn(&mut SchemaGenerator) -> Schema;

/// An endpoint of the control API.
#[derive(JsonSchema, Serialize)]
pub(super) struct Endpoint {
    pub(super) method: &'static str,
    /// The whole path; a parameter is in braces.
    pub(super) path: &'static str,
    pub(super) does: &'static str,
    /// The query's parameters, and what they mean.
    #[serde(skip_serializing_if = "Option::is_none")]
    query: Option<Map<String, Value>>,
    /// The body, as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<BodyExample>,
    /// The `operationId` in the OpenAPI document.
    #[serde(skip)]
    pub(super) id: Option<&'static str>,
    /// The schemas of the query's parameters.
    #[serde(skip)]
    pub(super) parameters: Map<String, Value>,
    /// The body of a success; none with 204.
    #[serde(skip)]
    pub(super) response: Option<TypeSchema>,
}

/// An example of a body, and its schema.
#[derive(JsonSchema, Serialize)]
pub(super) struct BodyExample {
    pub(super) example: Value,
    schema: Value,
    /// The same schema for the OpenAPI document, which shares the types.
    #[serde(skip)]
    pub(super) shared: TypeSchema,
}

/// An endpoint that takes nothing and responds with 204, unless it is told otherwise.
fn endpoint(method: &'static str, path: &'static str, does: &'static str) -> Endpoint {
    Endpoint {
        method,
        path,
        does,
        query: None,
        body: None,
        id: None,
        parameters: Map::new(),
        response: None,
    }
}

impl Endpoint {
    /// Its `operationId`, which must stay. By default it is made of method and path.
    fn id(mut self, id: &'static str) -> Self {
        self.id = Some(id);
        self
    }

    /// The query's parameters: what each means, or its schema with a `description`.
    fn query(mut self, query: Value) -> Self {
        let mut meanings = Map::new();
        for (name, value) in query.as_object().cloned().unwrap_or_default() {
            let schema = match value {
                Value::Object(schema) => Value::Object(schema),
                meaning => json!({"type": "string", "description": meaning}),
            };
            meanings.insert(name.clone(), schema["description"].clone());
            self.parameters.insert(name, schema);
        }
        self.query = Some(meanings);
        self
    }

    fn body<T: JsonSchema>(mut self, example: Value) -> Self {
        let schema = requests().into_root_schema_for::<T>().to_value();
        self.body = Some(BodyExample {
            example,
            schema,
            shared: SchemaGenerator::subschema_for::<T>,
        });
        self
    }

    /// A body in which every field is optional.
    fn partial_body<T: JsonSchema>(mut self, example: Value) -> Self {
        let schema = partial_schema::<T>(&mut requests()).to_value();
        self.body = Some(BodyExample {
            example,
            schema,
            shared: partial_schema::<T>,
        });
        self
    }

    /// A success with a body.
    fn returns<T: JsonSchema>(mut self) -> Self {
        self.response = Some(SchemaGenerator::subschema_for::<T>);
        self
    }
}

/// Schemas of what is read.
fn requests() -> SchemaGenerator {
    SchemaSettings::draft2020_12().into_generator()
}

/// The schema of a type, without any required fields. It stands alone, since elsewhere the
/// type has them.
fn partial_schema<T: JsonSchema>(_: &mut SchemaGenerator) -> Schema {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.contract = Contract::Deserialize;
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let schema = settings.into_generator().into_root_schema_for::<T>();
    let mut schema = schema.to_value();
    remove_required(&mut schema);
    schema.try_into().unwrap_or_default()
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
        )
        .id("getIndex")
        .returns::<Index>(),
        endpoint(
            "GET",
            "/control/openapi.json",
            "this API as an OpenAPI document",
        )
        .id("getOpenApiDocument")
        .returns::<Map<String, Value>>(),
        endpoint(
            "GET",
            "/control/settings",
            "the settings that can be changed",
        )
        .id("getSettings")
        .returns::<Settings>(),
        endpoint(
            "PATCH",
            "/control/settings",
            "change settings; all others stay",
        )
        .id("changeSettings")
        .partial_body::<Settings>(json!({"deliveries": {"attempts": 5, "order": "shuffled"}}))
        .returns::<Settings>(),
        endpoint("GET", "/control/ledger", "every request as it arrived")
            .id("getLedger")
            .query(json!({"since": {
                "type": "integer",
                "minimum": 0,
                "default": 0,
                "description": "the number of the first entry; by default 0",
            }}))
            .returns::<Vec<Entry>>(),
        endpoint("DELETE", "/control/ledger", "clear the ledger").id("clearLedger"),
        endpoint("GET", "/control/messages", "the messages that were sent")
            .id("getSentMessages")
            .returns::<Vec<SentMessage>>(),
        endpoint(
            "GET",
            "/control/deliveries",
            "the events that were posted or will be, each with its state",
        )
        .id("getDeliveries")
        .returns::<Vec<Delivery>>(),
        endpoint(
            "POST",
            "/control/deliveries/{uuid}/again",
            "post an event again, whatever became of it",
        )
        .id("deliverAgain"),
        endpoint(
            "POST",
            "/control/customer/messages",
            "play a customer who texts",
        )
        .id("textAsCustomer")
        .body::<CustomerTextInput>(
            json!({"from": "+13035550123", "to": NUMBER, "text": "Is it ready?"}),
        )
        .returns::<ReceivedText>(),
        endpoint("POST", "/control/tokens/expire", "expire all access tokens").id("expireTokens"),
        endpoint(
            "POST",
            "/control/tokens/revoke",
            "forget all tokens of a kind",
        )
        .id("revokeTokens")
        .body::<RevokeInput>(json!({"kind": "refresh"})),
        endpoint(
            "GET",
            "/control/clock",
            "the sandbox's time, and whether it stands still",
        )
        .id("getClock")
        .returns::<Shown>(),
        endpoint(
            "POST",
            "/control/clock",
            "set the clock, let it stand still or run",
        )
        .id("setClock")
        .returns::<Shown>()
        .body::<ClockInput>(json!({"time": "2026-01-01T09:00:00Z", "frozen": true})),
        endpoint("POST", "/control/clock/advance", "move the clock forward")
            .id("advanceClock")
            .body::<AdvanceInput>(json!({"seconds": 3_600})),
        endpoint(
            "POST",
            "/control/responses",
            "script the next responses of an operation, or of token",
        )
        .id("scriptResponse")
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
        )
        .id("getDialect")
        .returns::<CurrentDialect>(),
        endpoint(
            "POST",
            "/control/dialect",
            "respond in another dialect: each kind by its name, or all by a `seed`",
        )
        .id("setDialect")
        .body::<DialectInput>(json!({"ids": "text"}))
        .returns::<CurrentDialect>(),
        endpoint(
            "DELETE",
            "/control/responses",
            "forget all scripted responses",
        )
        .id("clearResponses"),
        endpoint(
            "POST",
            "/control/faults",
            "make the next request to an operation, token or connection fail",
        )
        .id("failNext")
        .body::<FaultInput>(json!({
            "operation": "sendSms",
            "fault": {"kind": "reset_before_response", "commit": "after"},
        })),
        endpoint("DELETE", "/control/faults", "forget all scripted faults").id("stopFailing"),
        endpoint(
            "POST",
            "/control/faults/random",
            "make requests fail at random",
        )
        .id("failAtRandom")
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
        .id("refuseConnections")
        .body::<RefuseInput>(json!({"milliseconds": 500})),
        endpoint(
            "GET",
            "/control/broken",
            "the requests that never arrived completely",
        )
        .id("getBrokenRequests")
        .returns::<Vec<BrokenRequest>>(),
        endpoint("POST", "/control/clients", "register a client")
            .id("registerClient")
            .body::<NewClient>(json!({
                "name": "Another",
                "redirect_uris": ["http://127.0.0.1/callback"],
                "grants": ["authorization_code"],
                "scopes": ["https://com.beetexting.scopes/SendMessage"],
            }))
            .returns::<RegisteredClient>(),
        endpoint(
            "DELETE",
            "/control/contacts/{id}",
            "delete a contact, so that its event is posted",
        )
        .id("deleteContact"),
        endpoint(
            "POST",
            "/control/subscriptions/{id}/status",
            "set a subscription's status; nothing is posted unless it is ACTIVE",
        )
        .id("setSubscriptionStatus")
        .body::<StatusInput>(json!({"status": "BLACKLISTED"})),
        endpoint(
            "POST",
            "/control/subscriptions/{id}/disabled-filters",
            "move a filter of a subscription to its disabledFilters",
        )
        .id("disableFilter")
        .body::<DisabledFilterInput>(json!({
            "filter": "/orgId/…/department/…/message?direction=inbound",
            "reason": "Disabled",
            "message": "The service has disabled this filter",
        })),
    ]
}
