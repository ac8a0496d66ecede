//! Features of real pages of the platform, reduced to a page each. Each page is added
//! to the kept pages and goes through the whole pipeline.

use serde_json::{Value, json};

use crate::support::{Copy, PAGES};

/// A case's text.
fn case(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/cases");
    std::fs::read_to_string(format!("{folder}/{name}")).unwrap()
}

/// The result of a run with one more page.
struct Run {
    report: String,
    /// The page in our form.
    kept: String,
    document: Value,
}

impl Run {
    fn operation(&self) -> &Value {
        &self.document["paths"]["/report"]["get"]
    }

    /// The schema of the success.
    fn schema(&self) -> &Value {
        &self.operation()["responses"]["200"]["content"]["application/json"]["schema"]
    }

    /// Whether neither the kept page nor the document contains a text.
    fn lacks(&self, text: &str) -> bool {
        !self.kept.contains(text) && !self.document.to_string().contains(text)
    }
}

/// Adds a page to the kept ones and makes the document.
fn run(text: &str) -> Run {
    let copy = Copy::new();
    copy.add("Trial", "case-1e0.md", text);
    let report = copy.refresh(copy.path(PAGES).to_str().unwrap()).succeeded();
    // The written files give the same document again.
    copy.run(&["refresh", "--check"]).succeeded();
    Run {
        report,
        kept: copy.read(&format!("{PAGES}/case-1e0.md")),
        document: copy.document(),
    }
}

#[test]
fn callbacks_are_read_as_loosely_as_the_rest() {
    let run = run(&case("callback-loose.md"));

    let callback = &run.operation()["callbacks"]["onDone"]["{$request.query.url}"]["post"];
    let posted = &callback["requestBody"]["content"]["application/json"]["schema"];
    assert_eq!(posted["properties"]["id"]["type"], "string");
    assert_eq!(posted["properties"]["id"]["nullable"], true);
    assert_eq!(posted["properties"]["n"]["type"], "integer");
    assert_eq!(callback["x-sensitive"]["request"], json!(["/id", "/n"]));
    let place = "callbacks/onDone/{$request.query.url}/post/requestBody";
    assert!(run.report.contains(place), "{}", run.report);
}

#[test]
fn sentences_in_callbacks_are_left_out() {
    let run = run(&case("callback-words.md"));

    for theirs in [
        "Vendor heading",
        "A sentence of the vendor",
        "Another sentence",
    ] {
        assert!(run.lacks(theirs), "{theirs}: {}", run.kept);
    }
    let callback = &run.operation()["callbacks"]["onDone"]["{$request.query.url}"]["post"];
    assert_eq!(callback["responses"]["200"]["description"], "");
}

#[test]
fn sentences_are_left_out_everywhere_and_facts_stay() {
    let body = "content:
            application/json:
              example: {description: 'a fact'}
              examples:
                one: {summary: WORDS, description: WORDS, value: {title: 'a fact', note: 7}}
              encoding:
                a: {contentType: text/plain, headers: {X-A: {description: WORDS, schema: {type: string, title: WORDS}}}}
              schema:
                title: WORDS
                type: object
                externalDocs: {url: 'https://docs.example', description: WORDS}
                properties:
                  description: {type: string, title: WORDS, default: 'a fact'}
                  list:
                    type: array
                    description: WORDS
                    items:
                      description: WORDS
                      allOf:
                        - {type: object, description: WORDS, properties: {a: {type: string, enum: ['a fact'], x-note: WORDS}}}
                        - {type: object, anyOf: [{type: object, properties: {b: {type: string, title: WORDS}}}]}
                  map: {type: object, additionalProperties: {type: object, properties: {c: {type: integer, format: int64, description: WORDS}}}}
                patternProperties: {'^x': {type: string, description: WORDS}}
                annotations: [WORDS, {deep: {deeper: WORDS}}]
                $comment: WORDS
          links:
            next: {operationId: other, description: WORDS, parameters: {a: '$response.body#/a'}}
          headers:
            X-B: {description: WORDS, schema: {type: string, description: WORDS}}
            X-C: WORDS";
    let text = case("unknown-keyword.md")
        .replace("tags: [Trial]", "tags: [WORDS, {name: WORDS}]\n      externalDocs: {url: 'https://docs.example', description: WORDS}\n      x-note: {deep: WORDS}\n      notes: WORDS\n      servers: [{url: 'https://api.example', description: WORDS}]")
        .replace("summary: Unknown keyword", "summary: WORDS")
        .replace("parameters: []", "parameters: [{name: q, in: query, description: WORDS, hint: WORDS, schema: {type: string, title: WORDS}, examples: {e: {summary: WORDS, value: 'a fact'}}}]");
    let (head, tail) = text.split_once("content:").unwrap();
    let tail = tail.split_once("          headers: {}").unwrap().1;
    let text = format!("{head}{body}{tail}").replace("WORDS", "Say it in words.");

    let run = run(&text);

    assert!(run.lacks("in words"), "{}", run.kept);
    let schema = run.schema();
    assert_eq!(schema["properties"]["description"]["default"], "a fact");
    let item = &schema["properties"]["list"]["items"]["allOf"][0];
    assert_eq!(item["properties"]["a"]["enum"], json!(["a fact"]));
    let inner = &schema["properties"]["map"]["additionalProperties"];
    assert_eq!(inner["properties"]["c"]["format"], "int64");
    let media = &run.operation()["responses"]["200"]["content"]["application/json"];
    assert_eq!(media["example"]["description"], "a fact");
    assert_eq!(media["examples"]["one"]["value"]["title"], "a fact");
    for text in [
        "notes: no keyword",
        "hint: no keyword",
        "annotations: no keyword",
    ] {
        assert!(run.report.contains(text), "{text}: {}", run.report);
    }
}

#[test]
fn an_unknown_keyword_is_left_out_and_reported() {
    let run = run(&case("unknown-keyword.md"));

    assert!(run.lacks("A sentence of the vendor") && run.lacks("customProperties"));
    let options = &run.schema()["properties"]["options"];
    assert_eq!(options["type"], "object");
    let place = "properties/options/customProperties: no keyword of OpenAPI";
    assert!(run.report.contains(place), "{}", run.report);
}

#[test]
fn personal_fields_of_inline_objects_are_marked_and_hidden() {
    let run = run(&case("inline-personal.md"));

    assert_eq!(
        run.operation()["x-sensitive"]["response"],
        json!(["/mobile", "/rows", "/rows/*/name"])
    );
    let source = stratustexting_codegen::generate(&run.document.to_string())
        .unwrap()
        .source;
    for field in ["mobile", "rows", "name"] {
        let hidden = format!("\"{field}\", &crate::redact::Hidden::of(&self.{field})");
        let mut debugs = source.split("impl ::std::fmt::Debug for InlinePersonalResponse");
        assert!(
            debugs.any(|debug| {
                let own = debug.split("impl ").next().unwrap();
                own.contains(&hidden)
            }),
            "{field}"
        );
    }
}

#[test]
fn alternatives_and_map_values_are_personal_too() {
    let schema = "oneOf: [{$ref: '#/components/schemas/some_row'}, {type: object, properties: {b: {type: string}}}]";
    let text = case("inline-personal.md")
        .replace("name: {type: string}}", &format!("inner: {{{schema}}}, all: {{type: object, additionalProperties: {{type: object, properties: {{c: {{type: string}}}}}}}}}}"))
        .replace("  schemas: {}", "  schemas:\n    some_row: {type: object, properties: {a: {type: string}}}");

    let run = run(&text);

    let found = run.operation()["x-sensitive"]["response"].to_string();
    for pointer in ["/rows/*/inner/a", "/rows/*/inner/b", "/rows/*/all/*/c"] {
        assert!(
            found.contains(&format!("\"{pointer}\"")),
            "{pointer}: {found}"
        );
    }
    let source = stratustexting_codegen::generate(&run.document.to_string())
        .unwrap()
        .source;
    for field in ["a", "b", "c"] {
        let hidden = format!("\"{field}\", &crate::redact::Hidden::of(&self.{field})");
        assert!(source.contains(&hidden), "{field}");
    }
}

#[test]
fn inherited_fields_are_there() {
    let run = run(&case("platform-refs.md"));

    let schema = run.schema();
    assert_eq!(
        schema["allOf"],
        json!([{"$ref": "#/components/schemas/Envelope"}])
    );
    assert!(schema["properties"]["data"].is_object());
    let found = &run.operation()["x-sensitive"]["response"];
    for field in ["/code", "/message", "/data"] {
        assert!(found.as_array().unwrap().contains(&json!(field)), "{found}");
    }
    assert!(
        run.report.contains("the fields of Envelope are inherited"),
        "{}",
        run.report
    );
}

#[test]
fn overridden_fields_are_replaced_or_removed() {
    let text = case("platform-refs.md").replace(
        "x-apidog-overrides: {}",
        "x-apidog-overrides: {message: null, code: {type: string, description: Their sentence.}}",
    );

    let run = run(&text);

    let properties = &run.schema()["properties"];
    assert_eq!(properties["code"]["type"], "string");
    assert!(properties["data"].is_object() && properties.get("message").is_none());
    assert!(run.lacks("Their sentence"));
}

#[test]
fn defaults_of_another_type_are_reported_and_left_out_or_converted() {
    let run = run(&case("default-null.md"));

    let properties = &run.schema()["properties"];
    assert_eq!(properties["a"].get("default"), None);
    assert_eq!(properties["b"].get("default"), None);
    assert_eq!(properties["c"]["default"], 10);
    for name in ["a", "b", "c"] {
        let place = format!("properties/{name}: the default ");
        assert!(run.report.contains(&place), "{}", run.report);
    }
}
