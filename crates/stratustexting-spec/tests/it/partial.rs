//! Sites of which some pages fail: which pages are used, which stay, and how the rest is reported.

use serde_json::json;

use crate::support::{Copy, HOST, PAGES, PageResponse, Site};

/// A page of an unknown operation.
fn page(title: &str, path: &str, schema: &str, components: &str) -> String {
    format!(
        "# {title}\n\n## OpenAPI Specification\n\n```yaml\nopenapi: 3.0.1\npaths:\n  {path}:\n    \
         get:\n      summary: {title}\n      responses:\n        '200':\n          description: ''\n          \
         content:\n            application/json:\n              schema: {schema}\n      \
         x-apidog-folder: Trial\ncomponents:\n  schemas: {components}\n```\n"
    )
}

fn object(field: &str) -> String {
    format!("{{type: object, properties: {{{field}: {{type: string}}}}}}")
}

/// The lines at the end of a report, without their heading.
fn left_out(report: &str) -> Vec<String> {
    let (_, lines) = report.split_once("of the site aren't taken:\n").unwrap();
    lines.lines().map(|line| line.trim().to_owned()).collect()
}

#[test]
fn a_failed_page_keeps_its_kept_version_or_is_left_out() {
    let copy = Copy::new();
    let before = copy.document();
    let kept = copy.read(&format!("{PAGES}/get-sites.md"));
    let site = Site::of(&copy);
    site.page("get-sites.md", "# Get Sites\n\nNothing.\n");
    site.respond("send-mms.md", PageResponse::status(410));
    site.add("T", "Gone", "gone-1e0.md", "");
    site.respond("gone-1e0.md", PageResponse::status(404));
    site.add("T", "Broken", "broken-2e0.md", "# Broken\n");
    let refused = page("Refused", "/refused", "{not: {type: string}}", "{}");
    site.add("T", "Refused", "refused-3e0.md", &refused);
    let fine = page("Fine", "/fine", &object("a"), "{}");
    site.add("T", "Fine", "fine-4e0.md", &fine);
    let index = site.text("llms.txt") + "- a line without a link\n";
    site.page("llms.txt", &index);
    let url = site.url();

    let report = copy
        .run(&["refresh", "--from", &url, "--keep-going"])
        .succeeded();

    let lines = left_out(&report);
    for (start, end) in [
        ("llms.txt:31: an item without a link", "left out"),
        ("send-mms.md: 410 Gone", "the kept version stays"),
        ("get-sites.md:1: no block", "the kept version stays"),
        ("gone-1e0.md: 404 Not Found", "left out"),
        ("broken-2e0.md:1: no block", "left out"),
        ("refused-3e0.md:8: ", "left out"),
    ] {
        let found = lines.iter().find(|line| line.starts_with(start));
        assert!(
            found.is_some_and(|line| line.ends_with(end)),
            "{start}: {lines:?}"
        );
    }
    assert_eq!(lines.len(), 6, "{lines:?}");
    assert_eq!(copy.read(&format!("{PAGES}/get-sites.md")), kept);
    let after = copy.document();
    for path in ["/site/all", "/message/sendmms"] {
        assert_eq!(after["paths"][path], before["paths"][path]);
    }
    assert_eq!(after["paths"]["/fine"]["get"]["operationId"], "fine");
    assert!(after["paths"].get("/refused").is_none());
    assert!(!copy.path(&format!("{PAGES}/refused-3e0.md")).exists());
    copy.run(&["refresh", "--check"]).succeeded();
}

#[test]
fn without_keep_going_a_run_names_all_missing_pages() {
    let copy = Copy::new();
    let before = copy.state();
    let site = Site::of(&copy);
    for (name, status) in [("get-sites.md", 404), ("send-mms.md", 410)] {
        site.respond(name, PageResponse::status(status));
    }

    let error = copy.refresh(&site.url()).failed();

    assert!(error.contains("get-sites.md: 404 Not Found"), "{error}");
    assert!(error.contains("send-mms.md: 410 Gone"), "{error}");
    assert_eq!(copy.state(), before);
}

#[test]
fn a_site_without_a_usable_page_fails_in_any_case() {
    let copy = Copy::new();
    let before = copy.state();
    let site = Site::empty();
    let url = site.url();
    let index = format!("# T\n\n## API Docs\n- A [A]({url}/a-1e0.md):\n");
    site.page("llms.txt", &index);

    let ended = copy.run(&["refresh", "--from", &url, "--keep-going"]);

    assert!(ended.failed().contains("no page of"), "{}", ended.errors());
    assert!(left_out(ended.output())[0].starts_with("a-1e0.md: 404"));
    assert_eq!(copy.state(), before);
}

#[test]
fn a_page_added_by_hand_is_not_removed_if_it_is_left_out() {
    let copy = Copy::new();
    copy.add("T", "broken-2e0.md", "# Broken\n");
    let refused = page("Refused", "/refused", "{not: {type: string}}", "{}");
    copy.add("T", "refused-3e0.md", &refused);
    let pages = copy.path(PAGES);
    let pages = pages.to_str().unwrap();

    let report = copy
        .run(&["refresh", "--from", pages, "--keep-going"])
        .succeeded();

    assert_eq!(left_out(&report).len(), 2, "{report}");
    assert_eq!(copy.read(&format!("{PAGES}/refused-3e0.md")), refused);
    assert!(!copy.read(&format!("{PAGES}/llms.txt")).contains("refused"));
    copy.run(&["refresh", "--check"]).succeeded();
}

#[test]
fn the_page_that_disagrees_with_most_is_left_out() {
    let copy = Copy::new();
    let site = Site::of(&copy);
    let refs = "{$ref: '#/components/schemas/Row'}";
    for (number, field) in [(1, "odd"), (2, "a"), (3, "a")] {
        let title = format!("Rows {number}");
        let components = format!("{{Row: {}}}", object(field));
        let text = page(&title, &format!("/rows{number}"), refs, &components);
        site.add("T", &title, &format!("rows-{number}e0.md"), &text);
    }
    let url = site.url();
    assert!(copy.refresh(&url).failed().contains("Row differs at"));

    let report = copy
        .run(&["refresh", "--from", &url, "--keep-going"])
        .succeeded();

    let lines = left_out(&report);
    assert!(lines[0].starts_with("rows-1e0.md:"), "{lines:?}");
    assert_eq!(lines.len(), 1);
    let document = copy.document();
    assert!(document["paths"].get("/rows1").is_none());
    let row = &document["components"]["schemas"]["Row"];
    assert!(row["properties"]["a"].is_object(), "{row}");
}

#[test]
fn a_kept_page_gets_the_current_schemas_of_the_others() {
    let copy = Copy::new();
    let site = Site::of(&copy);
    let created = "        createdDateTime:\n          description: A date and time in UTC, RFC 3339 \
                   with milliseconds.\n          type: ";
    for name in site.names() {
        let text = site.text(&name);
        let from = format!("{created}string\n          format: date-time\n");
        site.page(&name, &text.replace(&from, &format!("{created}integer\n")));
    }
    site.page("update-contact.md", "# Update Contact\n");
    let url = site.url();

    let report = copy
        .run(&["refresh", "--from", &url, "--keep-going"])
        .succeeded();

    assert_eq!(left_out(&report).len(), 1, "{report}");
    let document = copy.document();
    let contact = &document["components"]["schemas"]["Contact"];
    assert_eq!(contact["properties"]["createdDateTime"]["type"], "integer");
    assert!(document["paths"]["/contact/{contactId}"]["put"].is_object());
    copy.run(&["refresh", "--check"]).succeeded();
}

#[test]
fn of_several_preferred_pages_the_first_with_a_schema_wins() {
    let copy = Copy::new();
    let site = Site::of(&copy);
    let refs = "{type: object, properties: {r: {$ref: '#/components/schemas/Row'}, \
                c: {$ref: '#/components/schemas/Cell'}}}";
    for (number, row, cell) in [(1, "a", "b"), (2, "c", "d"), (3, "e", "d")] {
        let title = format!("Rows {number}");
        let mut components = format!("Row: {}", object(row));
        if number != 2 {
            components += &format!(", Cell: {}", object(cell));
        }
        let refs = if number == 2 {
            "{$ref: '#/components/schemas/Row'}"
        } else {
            refs
        };
        let components = format!("{{{components}}}");
        let text = page(&title, &format!("/rows{number}"), refs, &components);
        site.add("T", &title, &format!("rows-{number}e0.md"), &text);
    }
    let url = site.url();
    let run = [
        "refresh",
        "--from",
        &url,
        "--prefer",
        "rows-2e0",
        "--prefer",
        "rows-3e0.md",
    ];

    copy.run(&run).succeeded();

    let schemas = copy.document()["components"]["schemas"].clone();
    assert!(schemas["Row"]["properties"]["c"].is_object(), "{schemas}");
    assert!(schemas["Cell"]["properties"]["d"].is_object(), "{schemas}");
}

fn with_example(title: &str, example: &str) -> String {
    let text = page(title, "/rows", &object("a"), "{}");
    let schema = format!("              schema: {}\n", object("a"));
    let with = format!("{schema}              example: {{a: {example}}}\n");
    assert!(text.contains(&schema));
    text.replace(&schema, &with)
}

#[test]
fn pages_of_one_operation_are_merged_with_all_examples() {
    let copy = Copy::new();
    let site = Site::of(&copy);
    site.add("T", "Rows", "rows-1e0.md", &with_example("Rows", "x"));
    site.add("T", "More", "more-2e0.md", &with_example("More", "y"));
    site.add("T", "Again", "again-3e0.md", &with_example("Again", "x"));

    let report = copy.refresh(&site.url()).succeeded();

    let text = "more-2e0.md: the same operation as rows-1e0.md";
    assert!(report.contains(text), "{report}");
    let operation = &copy.document()["paths"]["/rows"]["get"];
    assert_eq!(operation["operationId"], "rows");
    let media = &operation["responses"]["200"]["content"]["application/json"];
    assert_eq!(
        media["examples"],
        json!({"rows-1e0": {"value": {"a": "x"}}, "more-2e0": {"value": {"a": "y"}}})
    );
    assert!(media.get("example").is_none());
    copy.run(&["refresh", "--check"]).succeeded();
    let report = copy.refresh(&site.url()).succeeded();
    assert!(
        report.contains("openapi.json is what these pages give"),
        "{report}"
    );
}

#[test]
fn conflicting_pages_of_one_path_are_both_named() {
    let copy = Copy::new();
    let site = Site::of(&copy);
    site.add("T", "Rows", "rows-1e0.md", &with_example("Rows", "x"));
    let other = with_example("More", "y").replace("{a: {type: string}}", "{a: {type: integer}}");
    site.add("T", "More", "more-2e0.md", &other);

    let error = copy.refresh(&site.url()).failed();

    let text = "more-2e0.md:8: get /rows is on rows-1e0.md, too, and they differ at \
                /responses/200/content/application/json/schema/properties/a/type";
    assert!(error.contains(text), "{error}");
    assert_eq!(error.trim().lines().count(), 1, "{error}");
}

#[test]
fn a_shared_title_gives_only_the_first_page_its_id() {
    let copy = Copy::new();
    let site = Site::of(&copy);
    for (number, path) in [(1, "/one"), (2, "/two/{x}")] {
        let text = page("List", path, &object("a"), "{}").replace(
            "      responses:\n",
            if number == 2 {
                "      parameters: [{name: x, in: path, required: true, schema: {type: string}}]\n      responses:\n"
            } else {
                "      responses:\n"
            },
        );
        site.add("T", "List", &format!("list-{number}e0.md"), &text);
    }

    copy.refresh(&site.url()).succeeded();

    let paths = copy.document()["paths"].clone();
    assert_eq!(paths["/one"]["get"]["operationId"], "list");
    assert_eq!(paths["/two/{x}"]["get"]["operationId"], "getTwoX");
}

#[test]
fn a_page_whose_title_is_too_long_for_a_file_is_kept_under_a_shorter_name() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/cases");
    let case = std::fs::read_to_string(format!("{folder}/long-title-llms.txt")).unwrap();
    let item = case.lines().find(|line| line.starts_with("- ")).unwrap();
    let item = item.replace("https://docs.example", HOST);
    let title = item.split(['[', ']']).nth(1).unwrap();
    let text = page(title, "/rows", &object("a"), "{}");
    // The file has the name that a saved copy of the site would give it.
    let copy = Copy::new();
    let index = copy.read(&format!("{PAGES}/llms.txt"));
    copy.write(&format!("{PAGES}/llms.txt"), &format!("{index}{item}\n"));
    copy.write(&format!("{PAGES}/{title}-1e0.md"), &text);

    copy.refresh(copy.path(PAGES).to_str().unwrap()).succeeded();

    let names: Vec<String> = std::fs::read_dir(copy.path(PAGES))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with("-1e0.md") && name.is_ascii())
        .collect();
    assert_eq!(names.len(), 1, "{names:?}");
    assert!(names[0].len() <= 200, "{names:?}");
    assert_eq!(copy.document()["paths"]["/rows"]["get"]["summary"], title);
    copy.run(&["refresh", "--check"]).succeeded();
}
