//! The data that a sandbox starts with. Names and numbers are invented.

use std::sync::LazyLock;

use chrono::{DateTime, TimeDelta, Utc};
use stratustexting_client::types::{ConsentType, Contact, CustomConsent, Department, Site};

use crate::{
    clock::Clock,
    ids::Ids,
    oauth,
    state::{State, contacts::Contacts, messages::Messages},
};

/// The sending number of every sandbox; it is reserved for fiction.
pub(crate) const NUMBER: &str = "+12025550100";

const FIRST_NAMES: &[&str] = &[
    "Ada", "Alan", "Barbara", "Chloé", "Dmitri", "Edsger", "Frances", "Grace", "Jörg", "Kenji",
    "Leslie", "Margaret", "Niklaus", "Radia", "Søren", "Zoë",
];
const LAST_NAMES: &[&str] = &[
    "Abara",
    "Brown",
    "Castillo",
    "Dąbrowski",
    "Eriksson",
    "Fischer",
    "García",
    "Haddad",
    "Ito",
    "Jensen",
    "Kaya",
    "Li",
    "Müller",
    "Novák",
    "O'Brien",
    "Pham",
    "Quispe",
    "Rossi",
    "Sato",
];
const COMPANIES: &[&str] = &["Example Ltd", "Example & Söhne", "Example, Inc."];

/// The state that a sandbox starts with.
pub(crate) fn initial_state(seed: u64, contacts: usize, oauth: oauth::Settings) -> State {
    let mut ids = Ids::new(seed);
    let site = site(&mut ids);
    let contacts = lazy_contacts(seed, contacts, &site);
    State {
        clock: Clock::default(),
        oauth: oauth::Server::new(&mut ids, oauth),
        contacts,
        consents: [
            consent(&mut ids, &site, "Order updates", "Informational"),
            consent(&mut ids, &site, "Offers", "Promotional"),
        ]
        .into_iter()
        .collect(),
        subscriptions: Default::default(),
        messages: Messages::default(),
        deliveries: Default::default(),
        failures: Default::default(),
        account_is_new: false,
        site,
        ids,
    }
}

/// They have their own stream of ids, so that all other ids are the same whenever these
/// are made.
fn lazy_contacts(seed: u64, count: usize, site: &Site) -> Contacts {
    let organization = site.org_id.clone();
    let departments = site.departments.as_deref().unwrap_or_default();
    let department = departments.first().and_then(|first| first.id.clone());
    Contacts::lazy(move || {
        let mut ids = Ids::second(seed);
        let contact = |index| {
            let mut contact = contact(&mut ids, index);
            contact.org_id.clone_from(&organization);
            contact.department_id.clone_from(&department);
            contact
        };
        (0..count).map(contact).collect()
    })
}

fn site(ids: &mut Ids) -> Site {
    let mut department = |name: &str, numbers: &[&str]| {
        let numbers: Vec<String> = numbers.iter().map(|&number| number.to_owned()).collect();
        Department::default()
            .with_id(ids.object())
            .with_name(name)
            .with_phone_numbers(numbers)
    };
    let departments = vec![
        department("Sales", &[NUMBER, "+12025550101"]),
        department("Support", &["+12025550102"]),
    ];
    Site::default()
        .with_id(ids.object())
        .with_org_id(ids.object())
        .with_name("Main office")
        .with_departments(departments)
}

fn consent(ids: &mut Ids, site: &Site, name: &str, kind: &str) -> (String, CustomConsent) {
    let id = ids.object();
    let mut consent = CustomConsent::default()
        .with_id(&id)
        .with_name(name)
        .with_type_(ConsentType::from(kind.to_owned()))
        .with_active(true)
        .with_created_date_time(seeded_at())
        .with_last_update_date_time(seeded_at());
    consent.org_id.clone_from(&site.org_id);
    (id, consent)
}

fn contact(ids: &mut Ids, index: usize) -> Contact {
    let id = ids.object();
    let random = ids.random();
    let mut choose = |from: &[&'static str]| from[random.usize(..from.len())];
    let first = choose(FIRST_NAMES);
    let mut contact = Contact::default()
        .with_id(id)
        .with_first_name(first)
        .with_last_name(choose(LAST_NAMES))
        .with_mobile_number(number(index))
        .with_email(format!("contact{index}@example.com"))
        .with_consent_level(ConsentType::from(
            choose(&["Conversational", "Informational", "Promotional"]).to_owned(),
        ))
        .with_created_date_time(seeded_at() + TimeDelta::seconds(index as i64))
        .with_last_update_date_time(seeded_at() + TimeDelta::seconds(index as i64));
    // Not every contact has every field: a program must not rely on that.
    if index.is_multiple_of(3) {
        contact.company = Some(COMPANIES[index / 3 % COMPANIES.len()].to_owned());
    }
    if index.is_multiple_of(5) {
        contact.tags = Some(vec!["vip".to_owned()]);
    }
    if index.is_multiple_of(7) {
        contact.email = None;
    }
    contact
}

/// 2026-01-05, 09:00 UTC.
fn seeded_at() -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_603_600, 0).unwrap_or_default()
}

/// Computed once: searching each contact's area took most of the time for 100,000 of them.
static AREAS: LazyLock<Vec<u16>> = LazyLock::new(|| {
    let areas = (201..=989).filter(|area| !matches!(area, 202 | 303) && area % 100 != 11);
    areas.collect()
});

/// An unassigned number: 555-0100 to 555-0199 of North American areas, which are reserved
/// for fiction, then those of an unassigned country code. The areas 202 and 303 are left
/// to tests and to the sandbox itself.
fn number(index: usize) -> String {
    let line = index / AREAS.len();
    match AREAS.get(index % AREAS.len()) {
        Some(area) if line < 100 => format!("+1{area}55501{line:02}"),
        _ => format!("+999{index:08}"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::number;

    #[test]
    fn each_contact_has_its_own_unassigned_number() {
        let numbers: HashSet<String> = (0..100_000).map(number).collect();

        assert_eq!(numbers.len(), 100_000);
        for number in &numbers {
            let fictional = number.starts_with("+1") && number[5..].starts_with("55501");
            assert!(
                fictional && number.len() == 12 || number.starts_with("+999"),
                "{number}"
            );
            assert!(!number.starts_with("+1303") && !number.starts_with("+1202"));
        }
    }
}
