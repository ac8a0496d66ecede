//! Contacts: one per number.
//!
//! UNKNOWN of the real service, and decided here: a contact is found by its exact
//! number; a search finds the digits anywhere in the number; fields that a request
//! doesn't have stay as they are; taking another contact's number is a conflict.

use std::{cell::OnceCell, collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};
use http::StatusCode;
use indexmap::IndexMap;
use stratustexting_client::types::{Contact, ContactRequest};

use super::{Call, call::check_number, page::page};
use crate::{
    reply::{Fault, Reply, json},
    service::Service,
    webhooks::{self, ContactChange, Happening},
    world::World,
};

/// All contacts. Those that a sandbox starts with are made when somebody asks for any,
/// since 100,000 of them take a while, and many programs never do.
pub(crate) struct Contacts {
    make: Make,
    book: OnceCell<Book>,
}

type Make = Box<dyn Fn() -> Vec<Contact> + Send>;

#[derive(Default)]
struct Book {
    by_id: IndexMap<String, Contact>,
    id_by_number: HashMap<String, String>,
}

impl Contacts {
    pub(crate) fn made_by(make: impl Fn() -> Vec<Contact> + Send + 'static) -> Self {
        Self {
            make: Box::new(make),
            book: OnceCell::new(),
        }
    }

    fn book(&self) -> &Book {
        self.book.get_or_init(|| {
            let mut book = Book::default();
            for contact in (self.make)() {
                book.insert(contact);
            }
            book
        })
    }

    fn book_mut(&mut self) -> &mut Book {
        self.book();
        let book = self.book.get_mut();
        book.unwrap_or_else(|| unreachable!("it was made just now"))
    }

    pub(crate) fn all(&self) -> indexmap::map::Values<'_, String, Contact> {
        self.book().by_id.values()
    }

    fn get(&self, id: &str) -> Option<&Contact> {
        self.book().by_id.get(id)
    }

    fn insert(&mut self, contact: Contact) {
        self.book_mut().insert(contact);
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<Contact> {
        let book = self.book_mut();
        let contact = book.by_id.shift_remove(id)?;
        if let Some(number) = &contact.mobile_number {
            book.id_by_number.remove(number);
        }
        Some(contact)
    }

    pub(crate) fn id_of(&self, number: &str) -> Option<&str> {
        self.book().id_of(number)
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut Contact> {
        self.book_mut().by_id.get_mut(id)
    }
}

impl Book {
    fn insert(&mut self, contact: Contact) {
        let id = contact.id.clone().unwrap_or_default();
        if let Some(number) = &contact.mobile_number {
            self.id_by_number.insert(number.clone(), id.clone());
        }
        self.by_id.insert(id, contact);
    }

    fn id_of(&self, number: &str) -> Option<&str> {
        self.id_by_number.get(number).map(String::as_str)
    }

    /// Changes what the request has.
    fn change(
        &mut self,
        id: &str,
        request: ContactRequest,
        now: DateTime<Utc>,
    ) -> Result<Contact, Fault> {
        if let Some(number) = &request.mobile_number {
            check_number("Field 'mobileNumber'", number)?;
            if self.id_of(number).is_some_and(|other| other != id) {
                let text = "Field 'mobileNumber' is the number of another contact";
                return Err(Fault::conflict(text));
            }
        }
        let contact = self.by_id.get_mut(id).ok_or_else(no_such_contact)?;
        if let Some(number) = &request.mobile_number {
            if let Some(old) = &contact.mobile_number {
                self.id_by_number.remove(old);
            }
            self.id_by_number.insert(number.clone(), id.to_owned());
        }
        apply(contact, request);
        contact.last_update_date_time = Some(now.into());
        Ok(contact.clone())
    }
}

fn apply(contact: &mut Contact, request: ContactRequest) {
    fn set<T>(field: &mut Option<T>, value: Option<T>) {
        if value.is_some() {
            *field = value;
        }
    }
    set(&mut contact.first_name, request.first_name);
    set(&mut contact.last_name, request.last_name);
    set(&mut contact.mobile_number, request.mobile_number);
    set(&mut contact.email, request.email);
    set(&mut contact.company, request.company);
    set(&mut contact.department_id, request.department_id);
    set(&mut contact.consent_level, request.consent_level);
    set(&mut contact.tags, request.tags);
}

fn no_such_contact() -> Fault {
    Fault::not_found("No such contact")
}

pub(crate) fn list(service: &Service, call: &Call) -> Result<Reply, Fault> {
    page(call, &service.limits, service.world().contacts.all())
}

pub(crate) fn find_by_mobile(service: &Service, call: &Call) -> Result<Reply, Fault> {
    let world = service.world();
    let id = id_by_number(&world, call)?;
    let contact = world.contacts.get(&id).ok_or_else(no_such_contact)?;
    Ok(json(StatusCode::OK, contact))
}

pub(crate) fn search(service: &Service, call: &Call) -> Result<Reply, Fault> {
    let digits = call.required("number")?.trim();
    let digits = digits.strip_prefix('+').unwrap_or(digits);
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        let text = "Parameter 'number' has to be a number, or a part of one: digits only";
        return Err(Fault::bad_request(text));
    }
    let world = service.world();
    let fits = |contact: &&Contact| {
        let number = contact.mobile_number.as_deref();
        number.is_some_and(|number| number.contains(digits))
    };
    let found: Vec<&Contact> = world.contacts.all().filter(fits).collect();
    page(call, &service.limits, found.into_iter())
}

pub(crate) fn upsert(service: &Arc<Service>, call: &Call) -> Result<Reply, Fault> {
    let request: ContactRequest = call.json()?;
    let number = request.mobile_number.clone();
    let number = number.ok_or_else(|| Fault::bad_request("Field 'mobileNumber' is required"))?;
    let mut world = service.world();
    if let Some(id) = world.contacts.id_of(&number).map(str::to_owned) {
        return change(service, &mut world, &id, request);
    }
    check_number("Field 'mobileNumber'", &number)?;
    check_department(&world, &request)?;
    let now = world.clock.now();
    let mut contact = Contact::default()
        .with_id(world.ids.object())
        .with_org_id(world.organization_id())
        .with_department_id(world.first_department())
        .with_created_date_time(now)
        .with_last_update_date_time(now);
    apply(&mut contact, request);
    world.contacts.insert(contact.clone());
    let happening = Happening::contact(ContactChange::Create, &contact);
    webhooks::publish(service, &mut world, &happening);
    Ok(json(StatusCode::OK, &contact))
}

pub(crate) fn update_by_mobile(service: &Arc<Service>, call: &Call) -> Result<Reply, Fault> {
    let request = call.json()?;
    let mut world = service.world();
    let id = id_by_number(&world, call)?;
    change(service, &mut world, &id, request)
}

pub(crate) fn update(service: &Arc<Service>, call: &Call) -> Result<Reply, Fault> {
    let request = call.json()?;
    change(
        service,
        &mut service.world(),
        &call.segment("contactId"),
        request,
    )
}

fn id_by_number(world: &World, call: &Call) -> Result<String, Fault> {
    let number = call.segment("mobileNumber");
    check_number("Path parameter 'mobileNumber'", &number)?;
    let id = world.contacts.id_of(&number).ok_or_else(no_such_contact)?;
    Ok(id.to_owned())
}

fn change(
    service: &Arc<Service>,
    world: &mut World,
    id: &str,
    request: ContactRequest,
) -> Result<Reply, Fault> {
    check_department(world, &request)?;
    let now = world.clock.now();
    let contact = world.contacts.book_mut().change(id, request, now)?;
    let happening = Happening::contact(ContactChange::Update, &contact);
    webhooks::publish(service, world, &happening);
    Ok(json(StatusCode::OK, &contact))
}

fn check_department(world: &World, request: &ContactRequest) -> Result<(), Fault> {
    match &request.department_id {
        Some(id) if !world.has_department(id) => {
            let text = "Field 'departmentId' has to be the id of a department of this account";
            Err(Fault::bad_request(text))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    };

    use stratustexting_client::types::Contact;

    use super::Contacts;

    #[test]
    fn the_first_contacts_are_made_once_and_not_before_somebody_asks() {
        let made = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&made);
        let mut contacts = Contacts::made_by(move || {
            count.fetch_add(1, SeqCst);
            vec![
                Contact::default()
                    .with_id("1")
                    .with_mobile_number("+13035550123"),
            ]
        });
        assert_eq!(made.load(SeqCst), 0);

        assert_eq!(contacts.id_of("+13035550123"), Some("1"));
        assert!(contacts.remove("1").is_some());
        assert_eq!(contacts.all().len(), 0);
        assert_eq!(made.load(SeqCst), 1);
    }
}
