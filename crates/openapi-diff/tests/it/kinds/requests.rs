//! Changes of requests: parameters, bodies and their components.

use serde_json::{Value, json};

use super::{
    CLIENT, Kind, add, demand, each_field, each_list, each_object, each_operation, each_parameter,
    each_plain_parameter, json_type, new_parameter, remove, set,
};

pub(super) const KINDS: &[(&str, Kind)] = &[
    ("required-parameter-added", |document| {
        each_operation(document, |operation| {
            let new = json!({"name": "tenant", "in": "query", "required": true, "schema": {"type": "string"}});
            Some(vec![new_parameter(operation, new)])
        })
    }),
    ("optional-parameter-added", |document| {
        each_operation(document, |operation| {
            let new = json!({"name": "tenant", "in": "query", "schema": {"type": "string"}});
            Some(vec![new_parameter(operation, new)])
        })
    }),
    ("optional-parameter-removed", |document| {
        each_plain_parameter(document, |parameter, pointer| {
            (parameter["required"] != true).then(|| vec![remove(pointer)])
        })
    }),
    ("parameter-became-required", |document| {
        each_parameter(document, |parameter, pointer| {
            (parameter["required"] != true)
                .then(|| vec![set(format!("{pointer}/required"), json!(true))])
        })
    }),
    ("parameter-became-optional", |document| {
        each_parameter(document, |parameter, pointer| {
            (parameter["required"] == true && parameter["in"] == "query")
                .then(|| vec![set(format!("{pointer}/required"), json!(false))])
        })
    }),
    ("parameter-type-changed", |document| {
        each_parameter(document, |parameter, pointer| {
            (parameter["schema"]["type"] != "boolean")
                .then(|| vec![set(format!("{pointer}/schema"), json!({"type": "boolean"}))])
        })
    }),
    ("parameter-format-widened", |document| {
        each_parameter(document, |parameter, pointer| {
            (parameter["schema"]["format"] == "int32")
                .then(|| vec![set(format!("{pointer}/schema/format"), json!("int64"))])
        })
    }),
    ("parameter-default-changed", |document| {
        each_parameter(document, |parameter, pointer| {
            parameter["schema"]["default"]
                .is_number()
                .then(|| vec![set(format!("{pointer}/schema/default"), json!(7))])
        })
    }),
    ("parameter-default-removed", |document| {
        each_parameter(document, |parameter, pointer| {
            parameter["schema"]["default"]
                .is_number()
                .then(|| vec![remove(format!("{pointer}/schema/default"))])
        })
    }),
    ("parameter-min-raised", |document| {
        each_parameter(document, |parameter, pointer| {
            let minimum = parameter["schema"]["minimum"].as_i64()?;
            Some(vec![set(
                format!("{pointer}/schema/minimum"),
                json!(minimum + 1),
            )])
        })
    }),
    ("parameter-max-length-set", |document| {
        each_parameter(document, |parameter, pointer| {
            (parameter["schema"]["type"] == "string")
                .then(|| vec![set(format!("{pointer}/schema/maxLength"), json!(40))])
        })
    }),
    ("body-became-optional", |document| {
        each_operation(document, |operation| {
            let body = &operation.value["requestBody"];
            (body["required"] == true && body["content"]["application/json"].is_object()).then(
                || {
                    vec![set(
                        format!("{}/requestBody/required", operation.pointer),
                        json!(false),
                    )]
                },
            )
        })
    }),
    ("request-media-type-added", |document| {
        each_operation(document, |operation| {
            operation.value["requestBody"]["content"]["application/json"]
                .is_object()
                .then(|| {
                    let pointer = format!("{}/requestBody/content/text~1plain", operation.pointer);
                    vec![set(pointer, json!({"schema": {"type": "string"}}))]
                })
        })
    }),
    ("required-request-property-added", |document| {
        each_object(document, CLIENT, |schema| {
            vec![
                set(
                    format!("{schema}/properties/tenant"),
                    json!({"type": "string"}),
                ),
                demand(document, schema, "tenant"),
            ]
        })
    }),
    ("optional-request-property-added", |document| {
        each_object(document, CLIENT, |schema| {
            vec![set(
                format!("{schema}/properties/tenant"),
                json!({"type": "string"}),
            )]
        })
    }),
    ("request-property-removed", |document| {
        each_field(document, CLIENT, |field| {
            (!field.required).then(|| vec![remove(&field.pointer)])
        })
    }),
    ("request-property-became-required", |document| {
        each_field(document, CLIENT, |field| {
            let schema = format!("/components/schemas/{}", field.schema);
            (!field.required).then(|| vec![demand(document, &schema, &field.name)])
        })
    }),
    ("request-property-became-optional", |document| {
        each_field(document, CLIENT, |field| {
            let pointer = format!("/components/schemas/{}/required", field.schema);
            let required = document.pointer(&pointer)?.as_array()?.iter();
            let rest: Vec<&Value> = required
                .filter(|name| **name != field.name.as_str())
                .collect();
            field.required.then(|| vec![set(pointer, json!(rest))])
        })
    }),
    ("request-property-type-changed", |document| {
        each_field(document, CLIENT, |field| {
            let other = if json_type(field.value)? == "boolean" {
                "string"
            } else {
                "boolean"
            };
            Some(vec![set(&field.pointer, json!({"type": other}))])
        })
    }),
    ("request-property-became-nullable", |document| {
        each_field(document, CLIENT, |field| {
            (!field.required).then(|| vec![set(format!("{}/nullable", field.pointer), json!(true))])
        })
    }),
    ("request-enum-value-added", |document| {
        each_list(
            document,
            |sent| sent.by_client,
            |pointer, _| Some(vec![add(pointer, json!("MAYBE"))]),
        )
    }),
    ("request-enum-value-removed", |document| {
        each_list(
            document,
            |sent| sent.by_client,
            |pointer, values| {
                (values.len() > 1).then(|| vec![remove(format!("{pointer}/{}", values.len() - 1))])
            },
        )
    }),
    ("request-unlisted-fields-refused", |document| {
        each_object(document, CLIENT, |schema| {
            vec![set(format!("{schema}/additionalProperties"), json!(false))]
        })
    }),
];
