//! Other sites of the platform don't write strict OpenAPI. Each page here has one such
//! deviation: it is merged and reported, or refused in one line.

use serde_json::{Value, json};

use crate::support::{Copy, Site};

/// A page of an unknown operation with the given parts.
fn page(title: &str, path: &str, parameters: &str, schema: &str, components: &str) -> String {
    format!(
        "# {title}\n\n## OpenAPI Specification\n\n```yaml\nopenapi: 3.0.1\ninfo:\n  title: ''\n  \
         description: ''\n  version: 1.0.0\npaths:\n  {path}:\n    get:\n      summary: {title}\n      \
         deprecated: false\n      description: ''\n      tags:\n        - Loose\n      parameters:{parameters}\n      \
         responses:\n        '200':\n          description: ''\n          content:\n            \
         application/json:\n              schema: {schema}\n          headers: {{}}\n          \
         x-apidog-name: Success\n      security: []\n      x-apidog-folder: Loose\n      \
         x-apidog-status: released\ncomponents:{components}\nservers: []\nsecurity: []\n\n```\n"
    )
}

/// Adds one page to the site and returns the report and the operation.
fn merged(text: &str) -> (String, Value) {
    let copy = Copy::new();
    let site = Site::of(&copy);
    site.add("Loose", "Loose", "loose-1e0.md", text);
    let report = copy.refresh(&site.url()).succeeded();
    let document = copy.document();
    // The written files give the same document again.
    copy.run(&["refresh", "--check"]).succeeded();
    let operation = document["paths"]["/loose"]["get"].clone();
    assert!(operation.is_object(), "{report}");
    (
        report,
        json!({"operation": operation, "schemas": document["components"]["schemas"]}),
    )
}

fn schema(text: &str) -> (String, Value) {
    let (report, all) = merged(&page("Loose", "/loose", " []", text, " {}"));
    let schema =
        all["operation"]["responses"]["200"]["content"]["application/json"]["schema"].clone();
    (report, schema)
}

#[test]
fn schemas_of_other_versions_become_those_of_openapi_3_0() {
    let text = "{type: object, required: [a, gone], properties: {\
        a: {type: 'null'}, b: {type: [string, 'null']}, c: {anyOf: [{type: integer}, {type: 'null'}]}, \
        d: {const: x}, e: {type: string, enum: [p, null]}, f: {type: integer, exclusiveMinimum: 3}, \
        g: {type: string, examples: [one, two]}, h: {type: string, example: 5}, i: {type: long}, \
        j: {type: file}, k: {type: any}, l: {type: array}, m: {type: string, required: true}, \
        n: {type: string, minLength: '2'}, o: {type: object, properties: null}, \
        p: {type: string, nullable: 'true', x-apidog-enum: [{value: a, name: A}], x-salla-thing: 1}, \
        q: null, r: {type: [string, integer]}, s: {oneOf: []}, t: {type: string, description: 5}}}";

    let (report, schema) = schema(text);

    let without_provenance = |value: &Value| {
        let mut value = value.clone();
        value.as_object_mut().unwrap().remove("x-provenance");
        value
    };
    let property = |name: &str| without_provenance(&schema["properties"][name]);
    assert_eq!(schema["required"], json!(["a"]));
    for (name, expected) in [
        ("a", json!({"nullable": true})),
        ("b", json!({"type": "string", "nullable": true})),
        ("c", json!({"type": "integer", "nullable": true})),
        ("d", json!({"enum": ["x"]})),
        (
            "e",
            json!({"type": "string", "enum": ["p"], "nullable": true}),
        ),
        (
            "f",
            json!({"type": "integer", "minimum": 3, "exclusiveMinimum": true}),
        ),
        ("g", json!({"type": "string", "example": "one"})),
        ("h", json!({"type": "string"})),
        ("i", json!({"type": "integer", "format": "int64"})),
        ("j", json!({"type": "string", "format": "binary"})),
        ("k", json!({})),
        ("l", json!({"type": "array", "items": {}})),
        ("m", json!({"type": "string"})),
        ("n", json!({"type": "string", "minLength": 2})),
        ("o", json!({"type": "object"})),
        ("p", json!({"type": "string", "nullable": true})),
        ("q", json!({})),
        ("r", json!({})),
        ("s", json!({})),
        ("t", json!({"type": "string"})),
    ] {
        assert_eq!(property(name), expected, "{name}");
    }
    for name in "abcdefghijklmnrs".chars() {
        let place = format!("schema/{name}: ");
        assert!(report.contains(&place), "{name}: {report}");
    }
    assert!(
        report.contains("gone is required, and not described"),
        "{report}"
    );
}

#[test]
fn names_with_spaces_get_names_that_references_can_have() {
    let components = "\n  schemas:\n    Loose_response_body Copy:\n      type: object\n      properties:\n        \
        a: {$ref: '#/components/schemas/Other%20one', description: words}\n    \
        'Other one': {type: object, properties: {b: {type: string}}}";
    let text = page(
        "Loose",
        "/loose",
        " []",
        "{$ref: '#/components/schemas/Loose_response_body Copy'}",
        components,
    );

    let (report, all) = merged(&text);

    let schema = &all["operation"]["responses"]["200"]["content"]["application/json"]["schema"];
    assert_eq!(
        schema["$ref"],
        "#/components/schemas/Loose_response_body_Copy"
    );
    let inner = &all["schemas"]["Loose_response_body_Copy"]["properties"]["a"];
    assert_eq!(inner["allOf"][0]["$ref"], "#/components/schemas/Other_one");
    assert!(report.contains("Other one: called Other_one"), "{report}");
}

#[test]
fn security_schemes_anchors_and_text_after_the_block_do_no_harm() {
    let components = "\n  schemas:\n    Base: &ref_1 {type: object, properties: {a: {type: string}}}\n    \
        Same: *ref_1\n    More:\n      <<: *ref_1\n      description: merged\n  securitySchemes:\n    \
        one: {type: bearer}\n    two: {type: apikey, in: header, name: X}\n    \
        three: {type: oauth2, appName: A, grantType: code}";
    let refs = "{type: object, properties: {a: {$ref: '#/components/schemas/Same'}, \
        b: {$ref: '#/components/schemas/More'}}}";
    let text = page("Loose", "/loose", " []", refs, components)
        + "\nLoose\n\nGET /loose\n\n| a | b |\n\n```json\n{\"openapi: \": 1}\n```\n\n\
           ```yaml\nkey: of an example\n```\n";

    let (report, all) = merged(&text);

    assert_eq!(all["schemas"]["Same"]["properties"]["a"]["type"], "string");
    assert_eq!(all["schemas"]["More"]["type"], "object");
    assert_eq!(
        all["operation"]["security"],
        json!([{"oauth2": [], "apiKey": []}])
    );
    for kind in ["bearer", "apikey", "oauth2"] {
        assert!(
            report.contains(&format!("of the type {kind}, left out")),
            "{report}"
        );
    }
}

#[test]
fn parameters_and_responses_are_put_in_order() {
    let parameters = "\n        - {name: a, in: query, schema: {type: string}, example: 7}\n        \
        - {name: a, in: query, schema: {type: string}, example: 7}\n        \
        - {name: b, in: query, required: 'true'}\n        \
        - {name: Authorization, in: header, schema: {type: string}}\n        \
        - {name: c, in: query, schema: {type: string}, examples: {}}";
    let text = page("Loose", "/loose", parameters, "{type: string}", " {}").replace(
        "      security: []",
        "        'x-200:Other': {description: ''}\n        '404': {content: {}}\n      security: []",
    );

    let (report, all) = merged(&text);

    let operation = &all["operation"];
    let names: Vec<&str> = operation["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|parameter| parameter["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["a", "b", "c"]);
    assert_eq!(operation["parameters"][0].get("example"), None);
    assert_eq!(operation["parameters"][1]["required"], true);
    assert_eq!(operation["parameters"][1]["schema"]["type"], "string");
    assert!(operation["responses"]["404"]["description"].is_string());
    assert!(operation["responses"].get("x-200:Other").is_none());
    for text in [
        "occurs twice",
        "sends by itself",
        "read as true",
        "x-200:Other, left out",
    ] {
        assert!(report.contains(text), "{text}: {report}");
    }
}

#[test]
fn extensions_of_the_platform_and_further_text_do_no_harm() {
    let components = "\n  schemas:\n    Base: {type: object, x-apidog-orders: [a], \
        x-apidog-refs: {01: {$ref: '#/components/schemas/Nowhere'}}, \
        x-apidog-ignore-properties: [a], properties: {a: {type: string}}}";
    let folded = "description: >+\n        # Example\n\n        ### Request\n\n            {\n              \
                  \"paths:\": [1]\n            }\n\n";
    let text = page(
        "Loose",
        "/loose",
        " []",
        "{$ref: '#/components/schemas/Base'}",
        components,
    );
    let text = text
        .replace(
            "description: ''\n      tags",
            &format!("{folded}      tags"),
        )
        .replace(
            "      security: []\n",
            "      security:\n        - bearer: []\n          x-apidog:\n            \
             schemeGroups: [{id: a, schemeIds: [bearer]}]\n            required: true\n            \
             use: {id: a}\n            scopes: {a: {bearer: []}}\n",
        )
        .replace("x-apidog-status: released", "x-apidog-status: developing")
        .replace(
            "servers: []",
            "servers:\n  - url: https://api.example/v1\n    description: Prod Env\n  - url: ''",
        );

    let (report, all) = merged(&text);

    assert_eq!(
        all["operation"]["security"],
        json!([{"oauth2": [], "apiKey": []}])
    );
    assert!(!all.to_string().contains("x-apidog"), "{all}");
    assert!(!all.to_string().contains("Example"), "the words are ours");
    for text in [
        "loose-1e0.md: its status is \"developing\"",
        "loose-1e0.md: the server https://api.example/v1, which those of",
    ] {
        assert!(report.contains(text), "{text}: {report}");
    }
}

#[test]
fn paths_that_only_differ_in_placeholders_are_merged() {
    let copy = Copy::new();
    let site = Site::of(&copy);
    let parameters = "\n        - {name: id, in: path, schema: {type: string}}";
    let text = page(
        "Read a contact",
        "/contact/{id}",
        parameters,
        "{type: string}",
        " {}",
    );
    site.add("Loose", "Read a contact", "read-a-contact-1e0.md", &text);

    let report = copy.refresh(&site.url()).succeeded();

    let document = copy.document();
    let item = &document["paths"]["/contact/{contactId}"];
    assert_eq!(item["get"]["parameters"][0]["name"], "contactId");
    assert!(item["put"].is_object());
    assert!(
        report.contains("/contact/{id} is /contact/{contactId}"),
        "{report}"
    );

    // The order of pages doesn't matter.
    let index = site.text("llms.txt");
    let (head, pages) = index.split_once("## API Docs\n").unwrap();
    let last_first: Vec<&str> = pages.lines().rev().collect();
    site.page(
        "llms.txt",
        &format!("{head}## API Docs\n{}\n", last_first.join("\n")),
    );
    copy.refresh(&site.url()).succeeded();
    assert_eq!(copy.document(), document);
}

#[test]
fn folders_sockets_and_pages_for_people_are_skipped() {
    let copy = Copy::new();
    let site = Site::of(&copy);
    let index = site.text("llms.txt");
    let url = site.url();
    site.page(
        "llms.txt",
        &format!(
            "{index}- A [Folder]({url}/folder-4f0.md): \n- A [Socket]({url}/5w0.md): \n\n## Other\n\
             - [Odd]({url}/odd.md): \n"
        )
        .replace(
            "## Docs\n",
            "## Docs\n- [Elsewhere](https://elsewhere.example/a.md): \n",
        ),
    );

    let report = copy.refresh(&site.url()).succeeded();

    for text in [
        "a folder's page",
        "page of a socket",
        "outside of the known sections",
        "elsewhere",
    ] {
        assert!(report.contains(text), "{text}: {report}");
    }
}

#[test]
fn a_site_of_another_vendor_is_read_or_refused_line_by_line() {
    let copy = Copy::new();
    let site = Site::empty();
    site.page(
        "llms.txt",
        &format!(
            "# Other\n\n## Docs\n\n## API Docs\n- Pets [List pets]({}/list-pets-1e0.md): \n",
            site.url()
        ),
    );
    let refs = "{type: array, items: {$ref: '#/components/schemas/Pet'}}";
    let pet = "\n  schemas:\n    Pet: {type: object, properties: {'名前': {type: string}}}";
    site.page(
        "list-pets-1e0.md",
        &page("List pets", "/pets", " []", refs, pet),
    );
    let before = copy.state();

    let ended = copy.refresh(&site.url());

    // Our overlay matches nothing here, and reports that.
    assert!(
        ended.failed().contains("changes nothing"),
        "{}",
        ended.errors()
    );
    assert!(
        ended.output().contains("added list-pets-1e0.md (listPets"),
        "{}",
        ended.output()
    );
    assert_eq!(copy.state(), before);
}
