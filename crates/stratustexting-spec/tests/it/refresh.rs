use crate::support::{Copy, HOST, PageResponse, Site};

/// The section of a report, without its heading.
fn section(report: &str, heading: &str) -> Vec<String> {
    let mut lines = report.lines().skip_while(|line| !line.starts_with(heading));
    lines.next().expect("the section");
    lines
        .take_while(|line| line.starts_with("  "))
        .map(|line| line.trim().to_owned())
        .collect()
}

#[test]
fn the_kept_pages_give_the_document_bit_for_bit() {
    let copy = Copy::new();
    let before = copy.state();

    let report = copy.run(&["refresh", "--check"]).succeeded();

    assert!(
        report.contains("openapi.json is what these pages give"),
        "{report}"
    );
    assert_eq!(copy.state(), before);
}

#[test]
fn a_site_gives_the_committed_document_and_unchanged_pages_are_not_fetched_again() {
    let copy = Copy::new();
    let before = copy.read("openapi.json");
    let site = Site::of(&copy);
    for name in ["llms.txt", "get-sites.md"] {
        let mut page = PageResponse::page(&site.text(name));
        page.headers.push(("etag", format!("\"{name}\"")));
        site.respond(name, page);
    }
    std::fs::remove_file(copy.path("openapi.json")).unwrap();

    copy.refresh(&site.url()).succeeded();

    assert_eq!(copy.read("openapi.json"), before);
    assert_eq!(site.requests().len(), 18, "the index and each page once");
    assert!(site.requests().iter().all(|(_, news)| !news));
    let agents = site.agents();
    assert!(
        agents
            .iter()
            .all(|agent| agent.starts_with("stratustexting-xtask/")),
        "{agents:?}"
    );

    copy.refresh(&site.url()).succeeded();

    let asked = site.requests().split_off(18);
    for name in ["/llms.txt", "/get-sites.md"] {
        assert!(asked.contains(&(name.to_owned(), true)), "{asked:?}");
    }
    assert_eq!(asked.iter().filter(|(_, news)| *news).count(), 2);
    assert_eq!(copy.read("openapi.json"), before);
}

#[test]
fn the_report_names_changed_added_and_removed_pages_with_their_class() {
    let copy = Copy::new();
    let site = Site::of(&copy);
    site.edit(
        "send-sms.md",
        "      - name: text\n        in: query\n",
        "      - name: tag\n        in: query\n        required: false\n        schema:\n          \
         type: string\n        x-provenance:\n          basis: documented\n          sources: [x]\n\
         \x20     - name: text\n        in: query\n",
    );
    site.add(
        "APIs > Reports API",
        "Get Reports",
        "get-reports-77e0.md",
        REPORTS,
    );
    site.remove("find-contact-using-mobile-number.md");

    let report = copy.refresh(&site.url()).succeeded();

    assert_eq!(
        section(&report, "Upstream"),
        [
            "changed send-sms.md (sendSms, \"Send SMS\"): additive",
            "added get-reports-77e0.md (getReports, \"Get Reports\"): additive",
            "removed find-contact-using-mobile-number.md (findContactByMobile, \
             \"Find contact using Mobile number\"): breaking",
        ]
    );
    let merged = section(&report, "Merged");
    assert!(
        merged[0].starts_with("get-reports-77e0.md: not in operations.yaml"),
        "{merged:?}"
    );
    assert!(
        merged[1].contains("findContactByMobile has no page any more"),
        "{merged:?}"
    );
    let operation = &copy.document()["paths"]["/report"]["get"];
    assert_eq!(operation["operationId"], "getReports");
    assert_eq!(operation["tags"][0], "Reports");
    assert_eq!(operation["x-idempotent"], true);
    assert_eq!(operation["x-sensitive"]["query"][0], "month");
    assert_eq!(operation["x-sensitive"]["response"][0], "/rows");
    assert_eq!(operation["x-sensitive"]["response"][1], "/rows/*/name");
    assert_eq!(operation["x-provenance"]["basis"], "documented");
    // The written files give the same document again.
    copy.run(&["refresh", "--check"]).succeeded();
    assert!(
        !copy
            .path("crates/stratustexting-spec/pages/find-contact-using-mobile-number.md")
            .exists()
    );
}

/// A page like the vendor's own.
const REPORTS: &str = "# Get Reports\n\n## OpenAPI Specification\n\n```yaml
openapi: 3.0.1
info:
  title: ''
  description: ''
  version: 1.0.0
paths:
  /report:
    get:
      summary: Get Reports
      deprecated: false
      description: >-
        ### Description :

        Their own words.
      tags:
        - APIs/Reports API
      parameters:
        - name: month
          in: query
          description: The month, in their words.
          required: true
          example: 2026-11
          schema:
            type: string
        - name: x-api-key
          in: header
          required: true
          schema:
            type: string
      responses:
        '200':
          description: ''
          content:
            application/json:
              schema:
                type: object
                properties:
                  rows:
                    type: array
                    items:
                      type: object
                      properties:
                        name:
                          type: string
                          title: Their title
                x-apidog-orders:
                  - rows
          headers: {}
          x-apidog-name: Success
      security:
        - bearer: []
      x-apidog-folder: APIs/Reports API
      x-apidog-status: released
      x-run-in-apidog: https://app.apidog.com/web/project/1/apis/api-77-run
components:
  schemas: {}
  securitySchemes:
    bearer:
      type: bearer
servers: []
security: []

```
";

#[test]
fn the_vendors_sentences_are_not_kept_and_their_change_is_documentation() {
    let copy = Copy::new();
    let site = Site::of(&copy);
    site.add(
        "APIs > Reports API",
        "Get Reports",
        "get-reports-77e0.md",
        REPORTS,
    );
    copy.refresh(&site.url()).succeeded();
    let kept = copy.read("crates/stratustexting-spec/pages/get-reports-77e0.md");
    let document = copy.read("openapi.json");
    for theirs in ["own words", "in their words", "Their title"] {
        assert!(
            !kept.contains(theirs) && !document.contains(theirs),
            "{theirs}"
        );
    }

    site.edit(
        "get-reports-77e0.md",
        "Their own words.",
        "Other words of theirs.",
    );
    let report = copy.refresh(&site.url()).succeeded();

    assert_eq!(
        section(&report, "Upstream"),
        ["changed get-reports-77e0.md (getReports, \"Get Reports\"): documentation only"]
    );
    assert_eq!(copy.read("openapi.json"), document);
}

/// A kept page as if the vendor had written it: without ids and provenance, and with
/// other descriptions.
fn as_the_vendors(page: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut skipped = None;
    let mut in_example = None;
    for line in page.lines() {
        let depth = line.len() - line.trim_start().len();
        if let Some(at) = skipped {
            if depth > at || (depth == at && line.trim_start().starts_with("- ")) {
                continue;
            }
            skipped = None;
        }
        let key = line.trim_start();
        if in_example.is_some_and(|at| depth <= at) {
            in_example = None;
        }
        if key.starts_with("x-provenance:") {
            skipped = Some(depth);
        } else if key.starts_with("example:") {
            // Example values are facts, whatever their keys are called.
            lines.push(line.to_owned());
            in_example = Some(depth);
        } else if in_example.is_none() && key.starts_with("description: ") && depth > 2 {
            lines.push(format!("{}description: Their sentence.", " ".repeat(depth)));
            // A folded text continues on deeper lines.
            skipped = Some(depth);
        } else if !key.starts_with("operationId:") {
            lines.push(line.to_owned());
        }
    }
    lines.join("\n") + "\n"
}

#[test]
fn a_page_of_the_vendors_improves_the_provenance_and_keeps_our_descriptions() {
    let copy = Copy::new();
    let before = copy.document();
    let site = Site::of(&copy);
    for name in ["get-all-contacts-in-an-org.md", "send-sms.md"] {
        let theirs = as_the_vendors(&site.text(name));
        assert!(!theirs.contains("x-provenance") && theirs.contains("Their sentence"));
        site.page(name, &theirs);
    }
    // The other pages have the same schemas in our form; the vendor's win.
    let others: Vec<String> = site
        .text("llms.txt")
        .lines()
        .filter(|line| line.starts_with("- APIs"))
        .filter_map(|line| Some(line.split(&site.url()).nth(1)?.split(')').next()?[1..].to_owned()))
        .collect();
    assert_eq!(others.len(), 17);
    for name in others {
        let theirs = as_the_vendors(&site.text(&name));
        site.page(&name, &theirs);
    }

    let report = copy.refresh(&site.url()).succeeded();

    let upstream = section(&report, "Upstream");
    for rise in [
        "provenance of listContacts improves from inferred to documented",
        "provenance of sendSms improves from client-code to documented",
        "provenance of getCustomConsent improves from sibling-brand to documented",
    ] {
        assert!(
            upstream.iter().any(|line| line == rise),
            "{rise}: {upstream:?}"
        );
    }
    for changed in upstream.iter().filter(|line| line.starts_with("changed")) {
        assert!(changed.ends_with("documentation only"), "{report}");
    }
    let after = copy.document();
    let text = copy.read("openapi.json");
    assert!(!text.contains("Their sentence"));
    let get = |document: &serde_json::Value, pointer: &str| {
        document.pointer(pointer).expect(pointer).clone()
    };
    for same in [
        "/paths/~1message~1sendsms/post/operationId",
        "/paths/~1message~1sendsms/post/description",
        "/paths/~1message~1sendsms/post/parameters/0/description",
        "/paths/~1message~1sendsms/post/responses/200/description",
        "/components/schemas/Contact/description",
        "/components/schemas/Contact/properties/mobileNumber/description",
        "/paths/~1contact~1all/get/x-idempotent",
    ] {
        assert_eq!(get(&before, same), get(&after, same), "{same}");
    }
    let description = get(&after, "/paths/~1contact~1all/get/description");
    assert!(
        !description.as_str().unwrap().contains("inferred"),
        "{description}"
    );
    let provenance = get(&after, "/paths/~1message~1sendsms/post/x-provenance");
    assert_eq!(provenance["basis"], "documented");
    assert_eq!(provenance["sources"][0], format!("{}/send-sms", site.url()));
    assert_eq!(provenance["sources"][1], "C1");
    for pointer in [
        "/paths/~1contact~1all/get/parameters/0/x-provenance/basis",
        "/components/schemas/Contact/properties/mobileNumber/x-provenance/basis",
    ] {
        assert_eq!(get(&after, pointer), "documented");
    }
    copy.run(&["refresh", "--check"]).succeeded();
}

#[test]
fn a_page_of_a_sibling_brand_has_that_provenance() {
    let copy = Copy::new();
    let site = Site::of(&copy);
    let theirs = as_the_vendors(&site.text("send-mms.md"));
    site.page("send-mms.md", &theirs);
    let sibling = copy.run(&["refresh", "--from", &site.url(), "--brand", "beetexting"]);

    // Alone it contradicts the schemas of the other pages.
    assert!(
        sibling.failed().contains("SendResult differs"),
        "{}",
        sibling.errors()
    );
    let theirs = as_the_vendors(&site.text("send-sms.md"));
    site.page("send-sms.md", &theirs);
    let report = copy
        .run(&["refresh", "--from", &site.url(), "--brand", "beetexting"])
        .succeeded();

    let upstream = section(&report, "Upstream");
    let rise = "provenance of sendMms improves from inferred to sibling-brand";
    assert!(upstream.iter().any(|line| line == rise), "{upstream:?}");
}

#[test]
fn a_page_that_was_renamed_keeps_its_operation() {
    let copy = Copy::new();
    let site = Site::of(&copy);
    let text = as_the_vendors(&site.text("get-sites.md")).replace("Get Sites", "List our sites");
    site.remove("get-sites.md");
    site.add(
        "APIs > Sites API",
        "List our sites",
        "list-our-sites-5e0.md",
        &text,
    );

    let report = copy.refresh(&site.url()).succeeded();

    let upstream = section(&report, "Upstream");
    assert_eq!(
        upstream[0],
        "changed list-our-sites-5e0.md (listSites, \"List our sites\"): documentation only"
    );
    assert_eq!(
        copy.document()["paths"]["/site/all"]["get"]["operationId"],
        "listSites"
    );
}

#[test]
fn a_page_of_an_unlisted_operation_replaces_ours() {
    let copy = Copy::new();
    let site = Site::of(&copy);
    let ours = copy.read("crates/stratustexting-spec/unlisted/get-message-by-id.md");
    site.add(
        "APIs > Message API",
        "Get a message",
        "get-a-message-9e0.md",
        &as_the_vendors(&ours),
    );

    let report = copy.refresh(&site.url()).succeeded();

    let merged = section(&report, "Merged");
    assert!(
        merged[0].starts_with("get-message-by-id.md: the vendor documents it"),
        "{merged:?}"
    );
    let path = "/message/getmessagebyid/{messageId}";
    let operation = &copy.document()["paths"][path]["get"];
    assert_eq!(operation["operationId"], "getMessageById");
    let source = operation["x-provenance"]["sources"][0]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(source.ends_with("/get-a-message-9e0"), "{source}");
}

#[test]
fn any_page_can_be_removed_and_is_reported() {
    let copy = Copy::new();
    let index = copy.read("crates/stratustexting-spec/pages/llms.txt");
    let names: Vec<String> = index
        .lines()
        .filter(|line| line.starts_with("- APIs"))
        .map(|line| line.split(HOST).nth(1).unwrap().split(')').next().unwrap()[1..].to_owned())
        .collect();
    for name in names {
        let copy = Copy::new();
        let site = Site::of(&copy);
        site.remove(&name);

        let ended = copy.refresh(&site.url());

        let upstream = section(ended.output(), "Upstream");
        assert_eq!(upstream.len(), 1, "{name}: {upstream:?}");
        assert!(
            upstream[0].starts_with(&format!("removed {name}")),
            "{upstream:?}"
        );
        if name == "create-or-update-subscription.md" {
            // The overlay's action for it must be removed too, by a person.
            let action = "($.paths[*][?@.operationId == 'upsertSubscription']): changes nothing";
            assert!(ended.failed().contains(action), "{}", ended.errors());
        } else {
            ended.succeeded();
            assert!(upstream[0].ends_with(": breaking"), "{upstream:?}");
        }
    }
}

#[test]
fn conflicting_pages_are_both_named_and_one_can_be_preferred() {
    let copy = Copy::new();
    let before = copy.state();
    let created = "        createdDateTime:\n          description: A date and time in UTC, RFC 3339 \
                   with milliseconds.\n          type: ";
    copy.edit(
        "crates/stratustexting-spec/pages/update-contact.md",
        &format!("{created}string\n          format: date-time\n"),
        &format!("{created}integer\n"),
    );
    let pages = copy.path("crates/stratustexting-spec/pages");
    let pages = pages.to_str().unwrap();

    let error = copy.refresh(pages).failed();

    assert!(
        error.contains("Contact differs at /properties/createdDateTime/format from that of"),
        "{error}"
    );
    assert!(error.contains("update-contact.md:"), "{error}");
    assert_eq!(
        copy.read("openapi.json"),
        before[&copy.path("openapi.json")]
    );

    copy.run(&["refresh", "--from", pages, "--prefer", "update-contact"])
        .succeeded();

    let contact = &copy.document()["components"]["schemas"]["Contact"];
    assert_eq!(contact["properties"]["createdDateTime"]["type"], "integer");
    for name in [
        "create-or-update-contact.md",
        "search-a-contact-using-number.md",
    ] {
        assert!(
            copy.read(&format!("crates/stratustexting-spec/pages/{name}"))
                .contains("type: integer\n")
        );
    }
    copy.run(&["refresh", "--check"]).succeeded();
}

#[test]
fn a_check_writes_nothing_and_names_the_command() {
    let copy = Copy::new();
    copy.edit("openapi.json", "\"listSites\"", "\"sites\"");
    let before = copy.state();

    let error = copy.run(&["refresh", "--check"]).failed();

    assert!(error.contains("cargo xtask refresh --from"), "{error}");
    assert_eq!(copy.state(), before);
}

#[test]
fn an_invalid_action_or_one_without_effect_fails_the_overlay() {
    let copy = Copy::new();
    let before = copy.state();
    let overlay = copy.read("crates/stratustexting-spec/overlay.yaml");
    let reasons = "    x-reason: r\n    x-evidence: e\n    x-unnecessary-when: w\n";
    for (action, expected) in [
        (
            "  - target: $.paths['/site/all'].get\n    update:\n      operationId: listSites\n",
            "changes nothing",
        ),
        (
            "  - target: $.paths['/sites'].get\n    remove: true\n",
            "changes nothing (0 matches)",
        ),
        ("  - target: '$.paths['\n    remove: true\n", "JSONPath"),
        (
            "  - target: $.components.schemas.Site\n    update:\n      allOf: [{$ref: '#/components/schemas/Nowhere'}]\n",
            "overlay.yaml: a $ref to nowhere",
        ),
    ] {
        copy.write(
            "crates/stratustexting-spec/overlay.yaml",
            &format!("{overlay}\n{action}{reasons}"),
        );

        let error = copy.run(&["refresh", "--check"]).failed();

        assert!(error.contains(expected), "{expected}: {error}");
    }
    copy.write(
        "crates/stratustexting-spec/overlay.yaml",
        &format!("{overlay}\n  - target: $.paths\n    update: {{}}\n"),
    );
    let error = copy.run(&["refresh", "--check"]).failed();
    assert!(error.contains(" ($.paths) has no x-reason"), "{error}");
    assert_eq!(copy.state(), before);
}

#[test]
fn a_report_for_a_pull_request_is_written_as_markdown() {
    let copy = Copy::new();
    let site = Site::of(&copy);
    site.remove("get-sites.md");

    copy.run(&["refresh", "--from", &site.url(), "--report", "report.md"])
        .succeeded();

    let report = copy.read("report.md");
    assert!(report.starts_with("### Upstream: 16 pages of"), "{report}");
    assert!(
        report.contains("- removed get-sites.md (listSites"),
        "{report}"
    );
}
