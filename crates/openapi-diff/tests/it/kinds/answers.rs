//! Changes of what comes back: answers, headers, and the components in them.

use serde_json::json;

use super::{
    Kind, SERVICE, add, demand, each_answer, each_field, each_list, each_object, each_operation,
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
            // Where a page's items are is a fact of its own.
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
            // Under what may be anything or one of several, another type is no other type.
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
        each_answer(document, |status, _, pointer| {
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
        each_answer(document, |status, _, pointer| {
            (!status.starts_with('2')).then(|| vec![remove(pointer)])
        })
    }),
    ("response-inlined", |document| {
        each_answer(document, |_, answer, pointer| {
            let target = answer["$ref"].as_str()?;
            let content = document.pointer(target.trim_start_matches('#'))?;
            Some(vec![set(pointer, content.clone())])
        })
    }),
    ("response-media-type-added", |document| {
        each_answer(document, |_, answer, pointer| {
            answer["content"].is_object().then(|| {
                let pointer = format!("{pointer}/content/text~1plain");
                vec![set(pointer, json!({"schema": {"type": "string"}}))]
            })
        })
    }),
    ("response-media-type-changed", |document| {
        each_answer(document, |_, answer, pointer| {
            answer["content"]["application/json"].is_object().then(|| {
                vec![rename(
                    format!("{pointer}/content/application~1json"),
                    "application/xml",
                )]
            })
        })
    }),
    ("media-type-parameter-added", |document| {
        each_answer(document, |_, answer, pointer| {
            answer["content"]["application/json"].is_object().then(|| {
                let pointer = format!("{pointer}/content/application~1json");
                vec![rename(pointer, "application/json; charset=utf-8")]
            })
        })
    }),
    ("header-added", |document| {
        each_answer(document, |_, answer, pointer| {
            (answer["$ref"].is_null() && answer["headers"].is_null()).then(|| {
                let headers = json!({"X-Request-Id": {"schema": {"type": "string"}}});
                vec![set(format!("{pointer}/headers"), headers)]
            })
        })
    }),
    ("optional-header-removed", |document| {
        let answers = document["components"]["responses"].as_object().unwrap();
        let mut places = Vec::new();
        for (name, answer) in answers {
            for header in answer["headers"].as_object().into_iter().flatten() {
                let pointer = format!("/components/responses/{name}/headers/{}", header.0);
                places.push(vec![remove(pointer)]);
            }
        }
        places
    }),
];
