//! `stratus contact import`

use std::{fs, process::Command, time::Duration};

use serde_json::{Value, json};
use stratustexting_sandbox::{Commit, Fault};

use crate::stratus::Stratus;

const FILE: &str = "\
Vorname;Nachname;Handy;Notiz\r
Ada;Lovelace;(303) 555-0001;x\r
\r
Alan;Turing;12;x\r
Grace;Hopper;;x\r
\"Edsger\";Dijkstra;303-555-0002;\"a\r
b\"\r
Radia;Perlman;303.555.0003;x\r
";

const IMPORT: [&str; 12] = [
    "--region",
    "US",
    "contact",
    "import",
    "list.csv",
    "--map",
    "Handy=number",
    "--map",
    "Vorname=first-name",
    "--map",
    "Nachname=last-name",
    "--json",
];

fn find(stratus: &Stratus, number: &str) -> Option<Value> {
    let mut contacts = stratus.sandbox.contacts().into_iter();
    contacts.find(|contact| contact["mobileNumber"] == number)
}

#[tokio::test]
async fn rows_are_reported_by_line_and_the_others_are_written() {
    let stratus = Stratus::empty().await;
    fs::write(stratus.path("list.csv"), FILE).unwrap();

    let dry = stratus.run(&[&IMPORT[..], &["--dry-run"]].concat()).await;
    let objects = dry.assert_code(5).objects();
    let outcomes: Vec<_> = objects[..5]
        .iter()
        .map(|row| (&row["line"], &row["outcome"]))
        .collect();
    let expected = [
        (2, "valid"),
        (4, "invalid"),
        (5, "invalid"),
        (6, "valid"),
        (8, "valid"),
    ];
    let expected = expected.map(|(line, outcome)| (json!(line), json!(outcome)));
    assert_eq!(
        outcomes,
        expected.each_ref().map(|(line, outcome)| (line, outcome))
    );
    assert_eq!(
        (&objects[5]["valid"], &objects[5]["invalid"]),
        (&3.into(), &2.into())
    );
    assert_eq!(stratus.requests(), [""; 0]);

    // The person's form, and a row that the service rejects.
    let bad = Fault::status(400, Commit::Before);
    stratus.sandbox.fail_next("upsertContact", bad);
    let people: Vec<_> = IMPORT.into_iter().filter(|it| *it != "--json").collect();
    let done = stratus.run(&people).await;
    assert_eq!(
        done.assert_code(5).out,
        "2 written, 2 invalid, 1 rejected\n"
    );
    assert!(
        done.err
            .starts_with("columns that aren't imported: notiz\n"),
        "{}",
        done.err
    );
    for line in [
        "line 2, rejected: ",
        "line 4, invalid: number: ",
        "line 5, invalid: ",
    ] {
        assert!(done.err.contains(line), "{}", done.err);
    }
    assert!(!done.err.contains("555"), "{}", done.err);
    assert_eq!(stratus.sandbox.contacts().len(), 2);
    let radia = find(&stratus, "+13035550003").unwrap();
    assert_eq!(
        (&radia["firstName"], &radia["lastName"]),
        (&"Radia".into(), &"Perlman".into())
    );
}

#[tokio::test]
async fn what_is_not_about_a_row_ends_the_import() {
    let stratus = Stratus::empty().await;
    fs::write(stratus.path("list.csv"), FILE).unwrap();
    stratus
        .sandbox
        .fail_next("upsertContact", Fault::status(403, Commit::Before));

    let done = stratus.run(&IMPORT).await;

    assert_eq!(stratus.requests(), ["upsertContact"]);
    done.assert_code(5);
    assert!(
        done.error()["error"]
            .as_str()
            .unwrap()
            .starts_with("stopped at line 2"),
        "{}",
        done.err
    );
    assert_eq!(done.objects().last().unwrap()["written"], 0);
}

#[tokio::test]
async fn a_row_of_unknown_outcome_is_written_once_and_told() {
    let stratus = Stratus::empty().await;
    fs::write(stratus.path("list.csv"), FILE).unwrap();
    stratus
        .sandbox
        .fail_next("upsertContact", Fault::status(503, Commit::After));

    let done = stratus.run(&IMPORT).await;

    let objects = done.assert_code(7).objects();
    assert_eq!(
        (&objects[0]["line"], &objects[0]["outcome"]),
        (&2.into(), &"unknown".into())
    );
    assert_eq!(objects[5]["written"], 2);
    assert_eq!(stratus.requests(), ["upsertContact"; 3]);

    for _ in 0..3 {
        stratus
            .sandbox
            .fail_next("upsertContact", Fault::status(503, Commit::Before));
    }
    let done = stratus.run(&IMPORT).await;
    assert!(
        done.assert_code(7).err.contains("stopped after line 8"),
        "{}",
        done.err
    );
}

#[cfg(unix)]
#[tokio::test]
async fn ctrl_c_finishes_the_row_and_the_import_goes_on_after_it() {
    let stratus = Stratus::empty().await;
    fs::write(stratus.path("list.csv"), FILE).unwrap();
    let late = Fault::respond_late(Duration::from_millis(300), Commit::After);
    stratus.sandbox.fail_next("upsertContact", late);
    let child = stratus.start(&IMPORT);
    let arrived = || {
        let ledger = stratus.sandbox.ledger().into_iter();
        let mut operations = ledger.map(|entry| entry.operation);
        operations.any(|it| it.as_deref() == Some("upsertContact"))
    };
    while !arrived() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let id = child.id().to_string();
    let killed = Command::new("kill").args(["-INT", &id]).status().unwrap();
    assert!(killed.success());

    let stopped = stratus.done(child).await;

    let error = stopped.assert_code(6).error();
    assert_eq!(
        error["error"],
        "stopped after line 2; go on by --from-line 3"
    );
    assert_eq!(stopped.objects().last().unwrap()["written"], 1);
    assert_eq!(stratus.requests(), ["upsertContact"]);
    let rest = stratus
        .run(&[&IMPORT[..], &["--from-line", "3"]].concat())
        .await;
    let rest = rest.assert_code(5).objects();
    assert_eq!(
        (&rest[0]["line"], &rest[4]["written"]),
        (&4.into(), &2.into())
    );
    assert_eq!(stratus.sandbox.contacts().len(), 3);
}

#[tokio::test]
async fn objects_are_imported_from_standard_input() {
    let stratus = Stratus::empty().await;
    let lines = "{\"mobileNumber\":\"+13035550001\",\"tags\":[\"a\"],\"id\":\"mine\",\"shoeSize\":38}\n\n\
                 {\"firstName\":\"Ada\"}\n[]\n";

    let done = stratus.run_with(&["contact", "import", "-"], lines).await;

    assert_eq!(done.assert_code(5).out, "1 written, 2 invalid\n");
    assert!(
        done.err
            .contains("line 3, invalid: the field mobileNumber is missing"),
        "{}",
        done.err
    );
    assert!(
        done.err
            .contains("line 4, invalid: the line isn't a contact"),
        "{}",
        done.err
    );
    let contact = find(&stratus, "+13035550001").unwrap();
    assert_eq!(contact["tags"], json!(["a"]));
    assert_ne!(contact["id"], "mine");
}

#[tokio::test]
async fn wrong_usage_is_told_before_anything_is_read() {
    let stratus = Stratus::empty().await;
    fs::write(stratus.path("list.csv"), FILE).unwrap();
    for (more, named) in [
        (&["none.csv"][..], "none.csv can't be read"),
        (&["list.csv"], "no column has a name"),
        (
            &["list.csv", "--map", "Handy=number", "--map", "Ort=company"],
            "no column \"Ort\"",
        ),
        (&["list.csv", "--map", "Handy=shoes"], "first-name"),
        (&["list.csv", "--map", "Handy"], "COLUMN=FIELD"),
    ] {
        let done = stratus.run(&[&["contact", "import"], more].concat()).await;
        assert!(
            done.assert_code(2).err.contains(named),
            "{more:?}: {}",
            done.err
        );
    }
    assert_eq!(stratus.requests(), [""; 0]);
}
