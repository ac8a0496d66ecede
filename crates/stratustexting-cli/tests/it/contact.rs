//! `stratus contact`

use serde_json::{Value, json};
use stratustexting_sandbox::{Commit, Fault, Sandbox};

use crate::stratus::Stratus;

/// The first contact of the sandbox.
fn first(stratus: &Stratus) -> Value {
    stratus.sandbox.contacts()[0].clone()
}

#[tokio::test]
async fn contacts_are_listed_as_a_table_and_as_objects() {
    let stratus = Stratus::new().await;
    let known = stratus.sandbox.contacts();

    let list = stratus.run(&["contact", "list", "--limit", "45"]).await;
    let lines: Vec<_> = list.assert_code(0).out.lines().collect();
    assert_eq!(lines.len(), 46);
    assert!(lines[0].starts_with("number        name"), "{}", lines[0]);
    assert!(lines[45].starts_with(known[44]["mobileNumber"].as_str().unwrap()));
    assert_eq!(stratus.requests(), ["listContacts"; 3]);

    let sized = [
        "--json",
        "contact",
        "list",
        "--limit",
        "45",
        "--page-size",
        "45",
    ];
    let list = stratus.run(&sized).await;
    assert_eq!(list.assert_code(0).objects(), known[..45]);
    assert_eq!(stratus.requests(), ["listContacts"]);
    assert_eq!(
        stratus.run(&["--json", "contact", "list"]).await.objects(),
        known
    );
    stratus
        .run(&["contact", "list", "--page-size", "0"])
        .await
        .assert_code(2);
}

#[tokio::test]
async fn a_contact_is_found_by_a_number_as_people_write_it() {
    let stratus = Stratus::new().await;
    let known = first(&stratus);
    let number = known["mobileNumber"].as_str().unwrap();
    let written = format!("({}) {}-{}", &number[2..5], &number[5..8], &number[8..]);

    let found = stratus
        .run(&["--region", "US", "contact", "find", &written])
        .await;
    let out = &found.assert_code(0).out;
    let id = known["id"].as_str().unwrap();
    assert!(
        out.starts_with(&format!("id                     {id}\n")),
        "{out}"
    );
    assert!(
        out.contains(&format!("\nmobile number          {number}\n")),
        "{out}"
    );
    let object = &stratus
        .run(&["--json", "contact", "find", number])
        .await
        .objects()[0];
    assert_eq!(*object, known);

    let part = format!("{}-{}", &number[5..8], &number[8..]);
    let search = stratus.run(&["--json", "contact", "search", &part]).await;
    assert!(search.assert_code(0).objects().contains(&known));
    let table = stratus.run(&["contact", "search", &part]).await;
    assert!(table.assert_code(0).out.contains(number), "{}", table.out);
    let none = stratus.run(&["contact", "search", "99999999"]).await;
    assert_eq!(
        (none.code, none.out.as_str(), none.err.as_str()),
        (0, "", "there are none\n")
    );
    let none = stratus.run(&["contact", "find", "+13039990000"]).await;
    let advice = "if the service's differ, `stratus api` takes the right ones\n";
    assert!(none.assert_code(5).err.ends_with(advice), "{}", none.err);
    stratus
        .run(&["contact", "find", "Ada"])
        .await
        .assert_code(2);
    stratus
        .run(&["contact", "search", "Ada"])
        .await
        .assert_code(2);
}

#[tokio::test]
async fn a_contact_is_created_once_and_updated_with_all_of_its_fields() {
    let stratus = Stratus::new().await;
    let number = "+13035559000";
    let create = [
        "contact",
        "upsert",
        number,
        "--first-name",
        "Ada",
        "--email",
        "ada@example.com",
        "--tag",
        "vip",
        "--tag",
        "two words",
    ];

    let dry = stratus.run(&[&create[..], &["--dry-run"]].concat()).await;
    assert!(
        dry.assert_code(0).out.starts_with("POST /contact\n"),
        "{}",
        dry.out
    );
    assert!(dry.out.ends_with("Nothing was changed.\n"), "{}", dry.out);
    assert_eq!(stratus.requests(), [""; 0]);
    let created = stratus.run(&[&["--json"], &create[..]].concat()).await;
    let created = &created.assert_code(0).objects()[0];
    assert_eq!(created["tags"], json!(["vip", "two words"]));
    assert_eq!(created["mobileNumber"], number);

    stratus.requests();
    let change = [
        "contact",
        "update",
        number,
        "--company",
        "Example",
        "--clear",
        "email",
    ];
    let dry = stratus
        .run(&[&["--json"], &change[..], &["--dry-run"]].concat())
        .await;
    let dry = &dry.assert_code(0).objects()[0];
    assert_eq!(dry["method"], "PUT");
    assert_eq!(dry["path"], "/contact/mobile/+13035559000");
    assert_eq!(dry["body"]["firstName"], "Ada");
    assert_eq!(dry["body"]["email"], Value::Null);
    assert_eq!(stratus.requests(), ["findContactByMobile"]);

    let updated = stratus.run(&[&["--json"], &change[..]].concat()).await;
    let updated = &updated.assert_code(0).objects()[0];
    assert_eq!(
        (&updated["firstName"], &updated["company"]),
        (&"Ada".into(), &"Example".into())
    );
    assert!(updated.get("email").is_none(), "{updated}");
    assert_eq!(
        stratus.requests(),
        ["findContactByMobile", "updateContactByMobile"]
    );

    let moved = [
        "contact",
        "update",
        number,
        "--new-number",
        "+13035559001",
        "--by-id",
    ];
    let moved = stratus.run(&moved).await;
    assert!(
        moved.assert_code(0).out.contains("+13035559001"),
        "{}",
        moved.out
    );
    assert_eq!(stratus.requests(), ["findContactByMobile", "updateContact"]);
    let nothing = stratus.run(&["contact", "update", "+13035559001"]).await;
    assert!(
        nothing.assert_code(2).err.contains("nothing to change"),
        "{}",
        nothing.err
    );
}

#[tokio::test]
async fn a_change_of_unknown_outcome_is_not_repeated() {
    let stratus = Stratus::new().await;
    stratus
        .sandbox
        .fail_next("upsertContact", Fault::status(503, Commit::After));

    let upsert = ["--json", "contact", "upsert", "+13035559000"];
    let done = stratus.run(&upsert).await;

    assert_eq!(stratus.requests(), ["upsertContact"]);
    let error = done.assert_code(7).error();
    assert!(
        error["error"]
            .as_str()
            .unwrap()
            .contains("It may have taken effect"),
        "{error}"
    );
    assert_eq!(error["operation"], "upsertContact");
}

#[tokio::test]
async fn an_export_can_be_imported_elsewhere_and_is_the_same_again() {
    let from = Stratus::of(Sandbox::builder().contacts(60)).await;
    let labels = [
        "contact",
        "upsert",
        "+13035559000",
        "--tag",
        "a;b",
        "--tag",
        "c",
    ];
    from.run(&labels).await.assert_code(0);
    let known = comparable(&from);
    for json in [&[][..], &["--json"]] {
        let export = [json, &["contact", "export"]].concat();
        let exported = from.run(&export).await;
        exported.assert_code(0);

        let to = Stratus::empty().await;
        std::fs::write(to.path("contacts"), &exported.out).unwrap();
        let imported = to.run(&["contact", "import", "contacts"]).await;

        assert_eq!(imported.assert_code(0).out, "61 written\n");
        assert_eq!(comparable(&to), known);
        let again = to.run(&export).await;
        assert_eq!(
            again.assert_code(0).out.lines().count(),
            exported.out.lines().count()
        );
    }
}

/// The contacts by what an import writes.
fn comparable(stratus: &Stratus) -> Vec<Value> {
    let fields = [
        "mobileNumber",
        "firstName",
        "lastName",
        "email",
        "company",
        "consentLevel",
        "tags",
    ];
    let contacts = stratus.sandbox.contacts().into_iter();
    let mut contacts: Vec<_> = contacts
        .map(|contact| json!(fields.map(|field| contact.get(field).cloned())))
        .collect();
    contacts.sort_by_key(Value::to_string);
    contacts
}
