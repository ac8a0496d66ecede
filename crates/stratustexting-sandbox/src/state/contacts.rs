//! The contacts, found by id and by number.

use std::{cell::OnceCell, collections::HashMap};

use chrono::{DateTime, Utc};
use indexmap::IndexMap;
use stratustexting_client::types::{Contact, ContactRequest};

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

    pub(crate) fn get(&self, id: &str) -> Option<&Contact> {
        self.book().by_id.get(id)
    }

    pub(crate) fn insert(&mut self, contact: Contact) {
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

    /// Changes what the request has; returns the contact, if there is one.
    pub(crate) fn change(
        &mut self,
        id: &str,
        request: ContactRequest,
        now: DateTime<Utc>,
    ) -> Option<Contact> {
        self.book_mut().change(id, request, now)
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

    fn change(
        &mut self,
        id: &str,
        request: ContactRequest,
        now: DateTime<Utc>,
    ) -> Option<Contact> {
        let contact = self.by_id.get_mut(id)?;
        if let Some(number) = &request.mobile_number {
            if let Some(old) = &contact.mobile_number {
                self.id_by_number.remove(old);
            }
            self.id_by_number.insert(number.clone(), id.to_owned());
        }
        apply(contact, request);
        contact.last_update_date_time = Some(now.into());
        Some(contact.clone())
    }
}

/// Changes what the request has.
pub(crate) fn apply(contact: &mut Contact, request: ContactRequest) {
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
