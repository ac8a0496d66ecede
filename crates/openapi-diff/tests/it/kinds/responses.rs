//! Changes of responses: their bodies, headers and components.

use serde_json::json;

use super::{
    Kind, SERVICE, add, demand, each_field, each_list, each_object, each_operation, each_response,
    json_type, remove, rename, set,
};

pub(super) const KINDS: &[(&str, Kind)] = &[
    ("optional-response-property-added", |document| {
        each_object(document, SERVICE, |schema| {
            vec![set(
                format!("{schema}/properties/tenant"),
                json!({"type": "string"}),
            )]
        })
    }),
    ("required-response-property-added", |document| {
        each_object(document, SERVICE, |schema| {
            vec![
                set(
                    format!("{schema}/properties/tenant"),
                    json!({"type": "string"}),
                ),
                demand(document, schema, "tenant"),
            ]
        })
    }),
    ("optional-response-property-removed", |document| {
        each_field(document, SERVICE, |field| {
            // The field with a page's items has a rule of its own.
            (!field.required && field.name != "content").then(|| vec![remove(&field.pointer)])
        })
    }),
    ("response-property-renamed", |document| {
        each_field(document, SERVICE, |field| {
            (!field.required && field.name != "content")
                .then(|| vec![rename(&field.pointer, format!("{}Now", field.name))])
        })
    }),
    ("response-property-became-required", |document| {
        each_field(document, SERVICE, |field| {
            let schema = format!("/components/schemas/{}", field.schema);
            (!field.required).then(|| vec![demand(document, &schema, &field.name)])
        })
    }),
    ("response-property-type-changed", |document| {
        each_field(document, SERVICE, |field| {
            // If the schema allows any type, another type is no change.
            let other = if json_type(field.value)? == "boolean" {
                "string"
            } else {
                "boolean"
            };
            (field.name != "content").then(|| vec![set(&field.pointer, json!({"type": other}))])
        })
    }),
    ("response-property-became-nullable", |document| {
        each_field(document, SERVICE, |field| {
            (!field.required).then(|| vec![set(format!("{}/nullable", field.pointer), json!(true))])
        })
    }),
    ("response-format-widened", |document| {
        each_field(document, SERVICE, |field| {
            (field.value["format"] == "int32")
                .then(|| vec![set(format!("{}/format", field.pointer), json!("int64"))])
        })
    }),
    ("response-format-narrowed", |document| {
        each_field(document, SERVICE, |field| {
            (field.value["format"] == "int64")
                .then(|| vec![set(format!("{}/format", field.pointer), json!("int32"))])
        })
    }),
    ("response-time-without-format", |document| {
        each_field(document, SERVICE, |field| {
            (field.value["format"] == "date-time")
                .then(|| vec![remove(format!("{}/format", field.pointer))])
        })
    }),
    ("response-property-deprecated", |document| {
        each_field(document, SERVICE, |field| {
            Some(vec![set(
                format!("{}/deprecated", field.pointer),
                json!(true),
            )])
        })
    }),
    ("response-property-described", |document| {
        each_field(document, SERVICE, |field| {
            Some(vec![set(
                format!("{}/description", field.pointer),
                json!("Other words."),
            )])
        })
    }),
    ("response-items-changed", |document| {
        each_field(document, SERVICE, |field| {
            (field.value["items"]["type"] == "string").then(|| {
                vec![set(
                    format!("{}/items/type", field.pointer),
                    json!("integer"),
                )]
            })
        })
    }),
    ("response-known-value-added", |document| {
        each_list(
            document,
            |sent| sent == SERVICE,
            |pointer, _| Some(vec![add(pointer, json!("MAYBE"))]),
        )
    }),
    ("response-enum-value-removed", |document| {
        each_list(
            document,
            |sent| sent == SERVICE,
            |pointer, values| (values.len() > 1).then(|| vec![remove(format!("{pointer}/0"))]),
        )
    }),
    ("response-unlisted-fields-refused", |document| {
        each_object(document, SERVICE, |schema| {
            vec![set(format!("{schema}/additionalProperties"), json!(false))]
        })
    }),
    ("success-status-changed", |document| {
        each_response(document, |status, _, pointer| {
            (status == "200").then(|| vec![rename(pointer, "201")])
        })
    }),
    ("error-status-added", |document| {
        each_operation(document, |operation| {
            let pointer = format!("{}/responses/418", operation.pointer);
            Some(vec![set(pointer, json!({"description": "A teapot."}))])
        })
    }),
    ("error-status-removed", |document| {
        each_response(document, |status, _, pointer| {
            (!status.starts_with('2')).then(|| vec![remove(pointer)])
        })
    }),
    ("response-inlined", |document| {
        each_response(document, |_, response, pointer| {
            let target = response["$ref"].as_str()?;
            let content = document.pointer(target.trim_start_matches('#'))?;
            Some(vec![set(pointer, content.clone())])
        })
    }),
    ("response-media-type-added", |document| {
        each_response(document, |_, response, pointer| {
            response["content"].is_object().then(|| {
                let pointer = format!("{pointer}/content/text~1plain");
                vec![set(pointer, json!({"schema": {"type": "string"}}))]
            })
        })
    }),
    ("response-media-type-changed", |document| {
        each_response(document, |_, response, pointer| {
            response["content"]["application/json"]
                .is_object()
                .then(|| {
                    vec![rename(
                        format!("{pointer}/content/application~1json"),
                        "application/xml",
                    )]
                })
        })
    }),
    ("media-type-parameter-added", |document| {
        each_response(document, |_, response, pointer| {
            response["content"]["application/json"]
                .is_object()
                .then(|| {
                    let pointer = format!("{pointer}/content/application~1json");
                    vec![rename(pointer, "application/json; charset=utf-8")]
                })
        })
    }),
    ("header-added", |document| {
        each_response(document, |_, response, pointer| {
            (response["$ref"].is_null() && response["headers"].is_null()).then(|| {
                let headers = json!({"X-Request-Id": {"schema": {"type": "string"}}});
                vec![set(format!("{pointer}/headers"), headers)]
            })
        })
    }),
    ("optional-header-removed", |document| {
        let responses = document["components"]["responses"].as_object().unwrap();
        let mut places = Vec::new();
        for (name, response) in responses {
            for header in response["headers"].as_object().into_iter().flatten() {
                let pointer = format!("/components/responses/{name}/headers/{}", header.0);
                places.push(vec![remove(pointer)]);
            }
        }
        places
    }),
];
