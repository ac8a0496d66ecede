//! `cargo xtask diff`: its input, its output formats and its exit codes.

use std::{fs, path::Path, process::Command};

use serde_json::{Value, json};

use crate::{
    edits::{Edit, openapi, things},
    expectations::expected,
    support::{diff, diff_in, diff_of, write},
};

/// The small document with a row's edits.
fn changed(id: &str) -> (Value, Value) {
    let rows = expected().into_iter().map(|expected| expected.row);
    let row = rows.into_iter().find(|row| row.id == id);
    let row = row.unwrap_or_else(|| panic!("no row {id}"));
    row.documents()
}

/// The small document with one change of each class.
fn changed_thrice() -> Value {
    let mut document = things();
    for edit in [
        json!({"remove": "/components/schemas/Row/properties/title"}),
        json!({"set": "/components/schemas/Thing/properties/age", "value": {"type": "string"}}),
        json!({"set": "/paths/~1things/get/description", "value": "Other words."}),
    ] {
        let edit: Edit = serde_json::from_value(edit).unwrap();
        edit.apply(&mut document);
    }
    document
}

fn git(directory: &Path, arguments: &[&str]) {
    let status = Command::new("git")
        .args(["-c", "user.name=Test", "-c", "user.email=test@example.test"])
        .args(arguments)
        .current_dir(directory)
        .env_remove("GIT_DIR")
        .env_remove("GIT_INDEX_FILE")
        .env_remove("GIT_WORK_TREE")
        .output()
        .unwrap();
    assert!(status.status.success(), "{status:?}");
}

#[test]
fn the_exit_code_is_the_class() {
    for (id, code) in [
        ("header-in-another-case", 0),
        ("description-changed", 0),
        ("optional-response-property-added", 10),
        ("optional-response-property-removed", 20),
        // Documentation on the wire, and breaking in Rust.
        ("response-property-became-required", 20),
    ] {
        let (old, new) = changed(id);

        let ended = diff_of(&old, &new, &[]);

        assert_eq!(ended.code, code, "{id}: {}", ended.stdout);
        assert_eq!(ended.stderr, "", "{id}");
    }
}

/// Statuses are numbers in YAML, and editors on Windows add a byte order mark.
#[test]
fn yaml_and_a_byte_order_mark_are_read() {
    let directory = tempfile::tempdir().unwrap();
    let document = |text: &str| {
        format!(
            "\u{feff}openapi: 3.0.3\npaths:\n  /a:\n    get:\n      operationId: a\n      responses:\n        200: &ok\n          description: {text}\n        404: *ok\n"
        )
    };
    let json = json!({"openapi": "3.0.3", "paths": {"/a": {"get": {"operationId": "a", "responses": {
        "200": {"description": "Fine."}, "404": {"description": "Fine."},
    }}}}});
    let path = |name: &str| directory.path().join(name);
    fs::write(path("old.yaml"), document("Fine.")).unwrap();
    fs::write(path("new.YML"), document("Better.")).unwrap();
    fs::write(path("same.json"), format!("\u{feff}{json}")).unwrap();
    fs::write(path("twice.yml"), "openapi: 3.0.3\npaths: {}\npaths: {}\n").unwrap();

    let same = diff(directory.path(), &["old.yaml", "same.json"]);
    let changed = diff(directory.path(), &["old.yaml", "new.YML"]);
    let twice = diff(directory.path(), &["twice.yml", "new.YML"]);

    assert!(same.stdout.contains("Nothing has changed."), "{same:?}");
    assert_eq!(changed.code, 0, "{changed:?}");
    assert!(
        changed.stdout.contains("description-changed"),
        "{changed:?}"
    );
    assert_eq!(twice.code, 1);
    assert!(twice.stderr.contains("line 3"), "{twice:?}");
}

/// Wrong usage must not exit with 2, as programs often do, since that isn't a class.
#[test]
fn wrong_usage_is_an_error_and_help_is_not() {
    for (argument, code) in [("--format=bogus", 1), ("--bogus", 1), ("--help", 0)] {
        let ended = diff(Path::new("."), &[argument]);

        assert_eq!(ended.code, code, "{argument}: {}", ended.stderr);
        assert_eq!(ended.stderr.is_empty(), code == 0, "{argument}");
    }
}

#[test]
fn text_lists_the_worst_first_and_ends_with_counts() {
    let ended = diff_of(&things(), &changed_thrice(), &[]);

    assert_eq!(
        ended.stdout,
        "\
breaking
  response-property-removed #/components/schemas/Row/properties/title
      The field `Row.title` is no longer sent.
      reaches listThings
  rust-field-removed
      In Rust, `Row.title` is gone.
      - type Row.title: Option<String>
      reaches listThings

additive
  request-property-added #/components/schemas/Thing/properties/age
      The field `Thing.age` is new, and may be sent.
      reaches createThing, replaceThing
  rust-field-added
      In Rust, `Thing.age` is new.
      + type Thing.age: Option<String>
      reaches createThing, replaceThing

documentation only
  description-changed #/paths/~1things/get/description
      `description` of `listThings` reads differently.
      reaches listThings

breaking (wire: breaking, Rust: breaking): 2 breaking, 2 additive, 1 documentation only
"
    );
}

#[test]
fn markdown_is_a_changelog_entry() {
    let ended = diff_of(&things(), &changed_thrice(), &["--format", "markdown"]);

    assert_eq!(
        ended.stdout,
        "\
- **breaking:** The field `Row.title` is no longer sent (`listThings`).
- **added:** The field `Thing.age` is new, and may be sent (`createThing`,
  `replaceThing`).
- **changed:** the documentation of the API, in one place (`listThings`).
"
    );
    assert_eq!(ended.code, 20);
}

#[test]
fn markdown_includes_rust_changes_and_wraps_lines() {
    let mut new = things();
    let edits = json!([
        {"add": "/components/schemas/Thing/required", "value": "note"},
        {"add": "/components/schemas/Row/required", "value": "title"},
    ]);
    let edits: Vec<Edit> = serde_json::from_value(edits).unwrap();
    edits.iter().for_each(|edit| edit.apply(&mut new));

    let ended = diff_of(&things(), &new, &["--format", "markdown"]);

    assert_eq!(
        ended.stdout,
        "\
- **breaking:** The field `Thing.note` must be sent now (`createThing`, `replaceThing`).
- **breaking:** In Rust, `Row.title` is `String`, and was `Option<String>` (`listThings`).
- **changed:** the documentation of the API, in one place (`listThings`).
"
    );
    let real = diff_of(&openapi(), &real_change(), &["--format", "markdown"]);
    assert!(real.stdout.lines().count() > 3);
    assert!(
        real.stdout.lines().all(|line| line.chars().count() <= 90),
        "{}",
        real.stdout
    );
}

/// A change that reaches many operations.
fn real_change() -> Value {
    let mut new = openapi();
    let edit =
        json!({"add": "/components/schemas/ConsentType/x-extensible-enum", "value": "Promotional"});
    let edit: Edit = serde_json::from_value(edit).unwrap();
    edit.apply(&mut new);
    new
}

#[test]
fn json_has_the_documented_names() {
    let ended = diff_of(&things(), &changed_thrice(), &["--format", "json"]);

    let outcome: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(
        outcome,
        json!({
            "class": "breaking",
            "wire": "breaking",
            "rust": "breaking",
            "changes": [
                {
                    "side": "wire",
                    "class": "breaking",
                    "rule": "response-property-removed",
                    "operations": ["listThings"],
                    "pointer": "#/components/schemas/Row/properties/title",
                    "sentence": "The field `Row.title` is no longer sent.",
                    "before": null,
                    "after": null,
                },
                {
                    "side": "rust",
                    "class": "breaking",
                    "rule": "rust-field-removed",
                    "operations": ["listThings"],
                    "pointer": null,
                    "sentence": "In Rust, `Row.title` is gone.",
                    "before": "type Row.title: Option<String>",
                    "after": null,
                },
                {
                    "side": "wire",
                    "class": "additive",
                    "rule": "request-property-added",
                    "operations": ["createThing", "replaceThing"],
                    "pointer": "#/components/schemas/Thing/properties/age",
                    "sentence": "The field `Thing.age` is new, and may be sent.",
                    "before": null,
                    "after": null,
                },
                {
                    "side": "rust",
                    "class": "additive",
                    "rule": "rust-field-added",
                    "operations": ["createThing", "replaceThing"],
                    "pointer": null,
                    "sentence": "In Rust, `Thing.age` is new.",
                    "before": null,
                    "after": "type Thing.age: Option<String>",
                },
                {
                    "side": "wire",
                    "class": "documentation",
                    "rule": "description-changed",
                    "operations": ["listThings"],
                    "pointer": "#/paths/~1things/get/description",
                    "sentence": "`description` of `listThings` reads differently.",
                    "before": null,
                    "after": null,
                },
            ],
        })
    );
}

#[test]
fn the_same_documents_give_the_same_text() {
    let (old, new) = (openapi(), things());

    let first = diff_of(&old, &new, &[]);
    let again = diff_of(&old, &new, &[]);

    assert!(first.stdout.lines().count() > 100);
    assert_eq!(first.stdout, again.stdout);
}

#[test]
fn every_format_reports_no_change() {
    let things = things();

    let text = diff_of(&things, &things, &[]);
    let markdown = diff_of(&things, &things, &["--format", "markdown"]);
    let json = diff_of(&things, &things, &["--format", "json"]);

    assert_eq!(
        (text.code, text.stdout.as_str()),
        (0, "Nothing has changed.\n")
    );
    assert_eq!(markdown.stdout, "- No change that a user notices.\n");
    let outcome: Value = serde_json::from_str(&json.stdout).unwrap();
    let nothing = json!({"class": "documentation", "wire": "documentation", "rust": "documentation", "changes": []});
    assert_eq!(outcome, nothing);
}

#[test]
fn several_documents_are_each_reported_and_the_worst_counts() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "old.json", &things());
    write(directory.path(), "a.json", &changed("operation-added").1);
    write(directory.path(), "b.json", &things());

    let ended = diff(directory.path(), &["old.json", "a.json", "b.json"]);

    assert_eq!(ended.code, 10);
    assert!(
        ended.stdout.starts_with("a.json:\n\nadditive\n"),
        "{}",
        ended.stdout
    );
    assert!(
        ended
            .stdout
            .ends_with("b.json:\n\nNothing has changed.\n\n"),
        "{}",
        ended.stdout
    );
}

/// JSON with the members of every object in the opposite order.
fn backwards(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut names: Vec<&String> = members.keys().collect();
            names.sort();
            let members: Vec<String> = names
                .into_iter()
                .rev()
                .map(|name| format!("{}:{}", json!(name), backwards(&members[name])))
                .collect();
            format!("{{{}}}", members.join(","))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(backwards).collect();
            format!("[{}]", items.join(","))
        }
        other => other.to_string(),
    }
}

#[test]
fn the_order_of_keys_is_no_change() {
    let directory = tempfile::tempdir().unwrap();
    for (name, document) in [("things", things()), ("openapi", openapi())] {
        let (old, new) = (format!("{name}.json"), format!("{name}-backwards.json"));
        write(directory.path(), &old, &document);
        fs::write(directory.path().join(&new), backwards(&document)).unwrap();

        let ended = diff(directory.path(), &[&old, &new]);

        assert_eq!(
            ended.stdout, "Nothing has changed.\n",
            "{name} {}",
            ended.stderr
        );
    }
}

#[test]
fn inlining_a_reference_is_no_change() {
    let (old, mut new) = (things(), things());
    for name in ["Trace", "NotFound"] {
        inline(&mut new, &old, name);
    }
    assert_ne!(old, new);

    let ended = diff_of(&old, &new, &[]);

    assert_eq!(ended.stdout, "Nothing has changed.\n", "{}", ended.stderr);
}

/// Replaces references to a component by the component.
fn inline(value: &mut Value, document: &Value, name: &str) {
    if let Some(target) = value.get("$ref").and_then(Value::as_str)
        && target.ends_with(&format!("/{name}"))
    {
        *value = document
            .pointer(target.trim_start_matches('#'))
            .unwrap()
            .clone();
        return;
    }
    match value {
        Value::Object(members) => {
            members
                .iter_mut()
                .for_each(|(_, member)| inline(member, document, name));
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| inline(item, document, name)),
        _ => {}
    }
}

#[test]
fn an_additive_change_is_breaking_in_reverse() {
    for id in [
        "operation-added",
        "optional-parameter-added",
        "parameter-became-optional",
        "request-enum-value-added",
        "optional-response-property-added",
        "header-added",
        "scope-no-longer-needed",
        "server-added",
        "brand-added",
    ] {
        let (old, new) = changed(id);

        assert_eq!(diff_of(&old, &new, &[]).code, 10, "{id}");
        assert_eq!(diff_of(&new, &old, &[]).code, 20, "{id}");
    }
}

#[test]
fn without_arguments_the_last_commit_is_compared_with_the_working_tree() {
    let workspace = tempfile::tempdir().unwrap();
    let path = workspace.path();
    write(path, "openapi.json", &things());
    git(path, &["init", "--quiet"]);
    git(path, &["add", "openapi.json"]);
    git(path, &["commit", "--quiet", "--message", "things"]);
    assert_eq!(diff(path, &[]).stdout, "Nothing has changed.\n");
    write(path, "openapi.json", &changed("optional-parameter-added").1);
    write(path, "other.json", &changed("operation-removed").1);

    assert_eq!(diff(path, &[]).code, 10);
    // A staged change isn't committed yet.
    git(path, &["add", "openapi.json"]);
    assert_eq!(diff(path, &[]).code, 10);
    // Only the old document is named: the parameter is added, and the operation is back.
    let ended = diff(path, &["other.json"]);
    assert_eq!(ended.code, 10);
    assert!(ended.stdout.contains("operation-added"), "{}", ended.stdout);
    assert!(
        ended.stdout.contains("request-parameter-added"),
        "{}",
        ended.stdout
    );
}

#[test]
fn a_workspace_may_be_a_subfolder_of_its_repository() {
    let repository = tempfile::tempdir().unwrap();
    let workspace = repository.path().join("inner");
    fs::create_dir(&workspace).unwrap();
    write(&workspace, "openapi.json", &things());
    git(repository.path(), &["init", "--quiet"]);
    git(repository.path(), &["add", "."]);
    git(
        repository.path(),
        &["commit", "--quiet", "--message", "things"],
    );

    assert_eq!(diff(&workspace, &[]).stdout, "Nothing has changed.\n");
}

#[test]
fn an_error_is_one_line_that_names_the_document() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    write(path, "openapi.json", &things());
    fs::write(path.join("text.json"), "{").unwrap();
    write(path, "swagger.json", &json!({"swagger": "2.0"}));
    let good = "openapi.json";
    for (arguments, wanted) in [
        (vec!["none.json", good], "error: cannot read none.json: "),
        (vec![good, "none.json"], "error: cannot read none.json: "),
        (vec!["text.json", good], "error: text.json is not JSON: "),
        (
            vec![good, "swagger.json"],
            "error: swagger.json: not an OpenAPI document: ",
        ),
        (
            vec![],
            "error: git has no openapi.json of the last commit (",
        ),
    ] {
        let ended = diff(path, &arguments);

        assert_eq!(ended.code, 1, "{arguments:?}");
        assert_eq!(ended.stdout, "", "{arguments:?}");
        assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
        assert!(ended.stderr.starts_with(wanted), "{}", ended.stderr);
    }
}

/// Any document gets a verdict on the wire. The verdict on the client is left out if
/// there is no client, with the reason.
#[test]
fn a_document_without_a_client_is_compared_on_the_wire() {
    let mut plain = things();
    let operation = plain["paths"]["/things"]["get"].as_object_mut().unwrap();
    operation.remove("x-idempotent");
    let mut new = plain.clone();
    new["paths"]["/things"]["get"]["parameters"]
        .as_array_mut()
        .unwrap()
        .push(json!({"name": "more", "in": "query", "schema": {"type": "string"}}));
    for (old, new, which, code) in [
        (&plain, &new, "old", 10),
        (&plain, &plain, "old", 0),
        // Idempotence is a fact that clients rely on.
        (&things(), &plain, "new", 20),
    ] {
        let json = diff_of(old, new, &["--format", "json"]);
        let text = diff_of(old, new, &[]);

        let reason = format!(
            "the {which} document's client can't be generated: \
             operation listThings at #/paths/~1things/get: no `x-idempotent`"
        );
        let outcome: Value = serde_json::from_str(&json.stdout).unwrap();
        assert_eq!((json.code, text.code), (code, code));
        assert_eq!(outcome["rust"], Value::Null);
        assert_eq!(outcome["unknown"], reason);
        assert!(
            text.stdout
                .contains(&format!("Rust isn't compared: {reason}\n")),
            "{}",
            text.stdout
        );
    }
}

/// The generator itself would panic with a backtrace.
#[test]
fn a_panic_of_the_generator_is_one_line_too() {
    let mut new = things();
    new["components"]["schemas"]["Spare"] = json!({"type": "file"});

    let ended = diff_of(&things(), &new, &["--format", "json"]);

    let outcome: Value = serde_json::from_str(&ended.stdout).unwrap();
    let reason = outcome["unknown"].as_str().unwrap();
    assert!(
        reason.starts_with("the new document's client can't be generated: "),
        "{reason}"
    );
    assert!(
        reason.contains("at #/components/schemas/Spare: "),
        "{reason}"
    );
    assert_eq!(reason.lines().count(), 1);
    assert_eq!(ended.stderr, "");
}

#[test]
fn relative_paths_start_at_the_shells_folder() {
    let workspace = tempfile::tempdir().unwrap();
    let shell = tempfile::tempdir().unwrap();
    write(workspace.path(), "old.json", &json!({}));
    write(shell.path(), "old.json", &things());
    write(shell.path(), "new.json", &changed("operation-added").1);

    let ended = diff_in(shell.path(), workspace.path(), &["old.json", "new.json"]);

    assert_eq!(ended.code, 10, "{}", ended.stderr);
}
