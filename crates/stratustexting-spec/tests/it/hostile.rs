use crate::support::{Copy, PageResponse, Site};

/// A defect of the site, and the run's error.
struct Case {
    name: &'static str,
    break_it: fn(&Site),
    expected: &'static str,
}

const CASES: &[Case] = &[
    Case {
        name: "a page without a block",
        break_it: |site| site.page("get-sites.md", "# Get Sites\n\nNothing.\n"),
        expected: "get-sites.md:1: no block of YAML with an OpenAPI document",
    },
    Case {
        name: "two blocks",
        break_it: |site| {
            let text = site.text("get-sites.md");
            let block = text.split_once("\n```yaml").unwrap().1;
            site.page("get-sites.md", &format!("{text}\n```yaml{block}"));
        },
        expected: "get-sites.md:266: a second OpenAPI document; the first is in line 6",
    },
    Case {
        name: "a page that is cut off",
        break_it: |site| {
            let text = site.text("get-sites.md");
            site.page("get-sites.md", &text[..text.len() / 2]);
        },
        expected: "get-sites.md:5: the block has no end: the page is cut off",
    },
    Case {
        name: "invalid YAML",
        break_it: |site| site.edit("get-sites.md", "  /site/all:\n", "  /site/all: [\n"),
        expected: "get-sites.md:15: not YAML: ",
    },
    Case {
        name: "a duplicate key",
        break_it: |site| {
            site.edit(
                "get-sites.md",
                "  /site/all:\n",
                "  /site/all:\n  /site/all:\n",
            );
        },
        expected: "get-sites.md:14: not YAML: paths: duplicate entry with key \"/site/all\"\n",
    },
    Case {
        name: "a bomb of anchors",
        break_it: |site| {
            let mut bomb = "x-a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
            for level in 1..10 {
                let inner = vec![format!("*a{}", level - 1); 10].join(",");
                bomb += &format!("x-a{level}: &a{level} [{inner}]\n");
            }
            site.edit(
                "get-sites.md",
                "openapi: 3.0.1\n",
                &format!("openapi: 3.0.1\n{bomb}"),
            );
        },
        expected: "get-sites.md:7: not YAML: x-a5[1][2][4][8][0]: limit exceeded: more than 262144 values",
    },
    Case {
        name: "a long list that many aliases repeat",
        break_it: |site| {
            let (list, aliases) = ("x,".repeat(20_000), "*a,".repeat(20_000));
            site.edit(
                "get-sites.md",
                "openapi: 3.0.1\n",
                &format!("openapi: 3.0.1\nx-a: &a [{list}]\nx-b: [{aliases}]\n"),
            );
        },
        expected: "get-sites.md:7: not YAML: x-b[12]: limit exceeded: more than 262144 values",
    },
    Case {
        name: "a page of 50 MB",
        break_it: |site| {
            let text = site.text("get-sites.md") + &"more ".repeat(10 << 20);
            site.page("get-sites.md", &text);
        },
        expected: "get-sites.md: larger than 4 MiB",
    },
    Case {
        name: "an HTML error page with status 200",
        break_it: |site| {
            let mut page = PageResponse::page("<!DOCTYPE html><title>Oops</title>");
            page.headers = vec![("content-type", "text/html".to_owned())];
            site.respond("get-sites.md", page);
        },
        expected: "get-sites.md: an HTML page where Markdown is expected",
    },
    Case {
        name: "an HTML error page that claims to be Markdown",
        break_it: |site| site.page("get-sites.md", "\n<!doctype html><title>Oops</title>"),
        expected: "get-sites.md:1: an HTML page where Markdown is expected",
    },
    Case {
        name: "no index",
        break_it: |site| site.respond("llms.txt", PageResponse::status(404)),
        expected: "llms.txt: 404 Not Found",
    },
    Case {
        name: "an index that lists nothing",
        break_it: |site| site.page("llms.txt", "# Title\n\n## Docs\n\n## API Docs\n"),
        expected: "llms.txt: no page is listed under `## API Docs`",
    },
    Case {
        name: "404 for one page",
        break_it: |site| site.respond("get-sites.md", PageResponse::status(404)),
        expected: "get-sites.md: 404 Not Found",
    },
    Case {
        name: "500 for one page, again and again",
        break_it: |site| site.respond("get-sites.md", PageResponse::status(500)),
        expected: "get-sites.md: 500 Internal Server Error, 3 times",
    },
    Case {
        name: "a redirect loop",
        break_it: |site| {
            site.respond("get-sites.md", PageResponse::redirect("/there"));
            site.respond("there", PageResponse::redirect("/get-sites.md"));
        },
        expected: "get-sites.md: redirected in a loop",
    },
    Case {
        name: "redirects without end",
        break_it: |site| {
            site.respond("get-sites.md", PageResponse::redirect("/0"));
            for step in 0..20 {
                let next = format!("/{}", step + 1);
                site.respond(&step.to_string(), PageResponse::redirect(&next));
            }
        },
        expected: "get-sites.md: redirected too often",
    },
    Case {
        name: "a redirect to another host",
        break_it: |site| {
            let target = "http://localhost:9/get-sites.md";
            site.respond("get-sites.md", PageResponse::redirect(target));
        },
        expected: "get-sites.md: redirected to another host",
    },
    Case {
        name: "a link to another host",
        break_it: |site| {
            let link = format!("{}/get-sites.md", site.url());
            site.edit("llms.txt", &link, "https://elsewhere.example/get-sites.md");
        },
        expected: "llms.txt:26: a link to another host (elsewhere.example)",
    },
    Case {
        name: "the same operation on two pages",
        break_it: |site| {
            let text = site.text("get-sites.md").replace("listSites", "listSites2");
            site.add("APIs", "More sites", "more-sites-3e0.md", &text);
        },
        expected: "more-sites-3e0.md:13: get /site/all is on get-sites.md, too",
    },
    Case {
        name: "a reference to nowhere",
        break_it: |site| {
            let lost = "$ref: '#/components/schemas/Nowhere'";
            site.edit(
                "get-sites.md",
                "$ref: '#/components/schemas/SitePage'",
                lost,
            );
        },
        expected: "get-sites.md:71: a $ref to nowhere: #/components/schemas/Nowhere",
    },
    Case {
        name: "a reference to another document",
        break_it: |site| {
            let lost = "$ref: 'other.json#/Site'";
            site.edit(
                "get-sites.md",
                "$ref: '#/components/schemas/SitePage'",
                lost,
            );
        },
        expected: "get-sites.md:71: a $ref to nowhere: other.json#/Site",
    },
    Case {
        name: "a placeholder without its parameter",
        break_it: |site| site.edit("get-sites.md", "  /site/all:\n", "  /site/{siteId}:\n"),
        expected: "get-sites.md:13: /site/{siteId} has {siteId}, which isn't a parameter",
    },
    Case {
        name: "a parameter without its placeholder",
        break_it: |site| {
            site.edit(
                "update-contact.md",
                "  /contact/{contactId}:\n",
                "  /contact:\n",
            );
        },
        expected: "update-contact.md:22: the parameter contactId isn't in the path /contact",
    },
    Case {
        name: "what can't be generated",
        break_it: |site| {
            site.edit(
                "get-sites.md",
                "      - name: page\n        in: query\n",
                "      - name: page\n        in: cookie\n",
            );
        },
        expected: "get-sites.md:13: operation listSites at #/paths/~1site~1all/get: the parameter \
                   page is a cookie",
    },
    Case {
        name: "something personal that has another name",
        break_it: |site| {
            site.edit(
                "send-sms.md",
                "      - name: from\n",
                "      - name: sender\n",
            );
        },
        expected: "send-sms.md:13: operation sendSms at #/paths/~1message~1sendsms/post: \
                   `x-sensitive` names from, which isn't there",
    },
];

#[test]
fn defects_are_reported_by_page_and_nothing_is_written() {
    for case in CASES {
        let copy = Copy::new();
        let before = copy.state();
        let site = Site::of(&copy);
        (case.break_it)(&site);

        let error = copy.refresh(&site.url()).failed();

        assert!(error.contains(case.expected), "{}: {error}", case.name);
        // The error, and perhaps the report's line that nothing was written.
        let lines = error.lines().filter(|line| !line.trim().is_empty()).count();
        assert!(lines <= 3, "{}: {error}", case.name);
        assert_eq!(copy.state(), before, "{}", case.name);
    }
}

#[test]
fn all_problems_are_reported_at_once() {
    let copy = Copy::new();
    let site = Site::of(&copy);
    site.respond("get-sites.md", PageResponse::status(404));
    site.page("send-sms.md", "# Send SMS\n");

    let error = copy.refresh(&site.url()).failed();

    assert!(error.contains("send-sms.md:1: no block"), "{error}");
    assert!(error.contains("get-sites.md: 404"), "{error}");
}

#[test]
fn failed_requests_are_retried() {
    let copy = Copy::new();
    let site = Site::of(&copy);
    for (name, status) in [("get-sites.md", 503), ("llms.txt", 429)] {
        let mut page = PageResponse::page(&site.text(name));
        page.fails_first = Some((2, status));
        site.respond(name, page);
    }

    copy.refresh(&site.url()).succeeded();

    let asked = |name: &str| {
        site.requests()
            .iter()
            .filter(|(path, _)| path == name)
            .count()
    };
    assert_eq!(
        (
            asked("/get-sites.md"),
            asked("/llms.txt"),
            asked("/send-sms.md")
        ),
        (3, 3, 1)
    );
}

#[test]
fn a_missing_site_is_reported_and_plain_http_is_for_this_machine_only() {
    let copy = Copy::new();
    let before = copy.state();
    for (from, expected) in [
        ("http://127.0.0.1:9", "llms.txt: "),
        ("http://docs.example", "must be https"),
        ("/nowhere/at/all", "llms.txt: cannot be read"),
    ] {
        let ended = copy.refresh(from);
        assert_ne!(ended.errors(), "");
        assert!(
            ended.errors().contains(expected),
            "{from}: {}",
            ended.errors()
        );
    }
    let error = copy.run(&["refresh", "--brand", "nobody"]).failed();
    assert!(
        error.contains("there are stratustexting, beetexting, phone-com, itctxt"),
        "{error}"
    );
    assert_eq!(copy.state(), before);
}
