//! The contacts, by id and by number.

use std::{cell::OnceCell, collections::HashMap};

use chrono::{DateTime, Utc};
use stratustexting_client::{
    ContactField,
    types::{Contact, ContactRequest},
};

use crate::data::{Change, Content, Kind, Records, Row};

/// All contacts. The seeded ones are made at the first access, since 100,000 of them take
/// a while, and many programs never need any.
pub(crate) struct Contacts {
    make: Make,
    /// Those that differ from the seeded ones, as a file has them; `None` was deleted.
    stored: Vec<(String, Option<Contact>)>,
    is_tracked: bool,
    index: OnceCell<ContactIndex>,
}

type Make = Box<dyn Fn() -> Vec<Contact> + Send>;

#[derive(Default)]
struct ContactIndex {
    by_id: Records<Contact>,
    id_by_number: HashMap<String, String>,
}

impl Contacts {
    pub(crate) fn lazy(make: impl Fn() -> Vec<Contact> + Send + 'static) -> Self {
        Self {
            make: Box::new(make),
            stored: Vec::new(),
            is_tracked: false,
            index: OnceCell::new(),
        }
    }

    fn index(&self) -> &ContactIndex {
        self.index.get_or_init(|| {
            let mut index = ContactIndex::default();
            for contact in (self.make)() {
                index.insert(contact);
            }
            for (id, contact) in &self.stored {
                index.replace(id, contact.clone());
            }
            if self.is_tracked {
                index.by_id.track();
            }
            index
        })
    }

    fn index_mut(&mut self) -> &mut ContactIndex {
        self.index();
        let index = self.index.get_mut();
        index.unwrap_or_else(|| unreachable!("index() has initialised it"))
    }

    pub(crate) fn all(&self) -> indexmap::map::Values<'_, String, Contact> {
        self.index().by_id.values()
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Contact> {
        self.index().by_id.get(id)
    }

    pub(crate) fn insert(&mut self, contact: Contact) {
        self.index_mut().insert(contact);
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<Contact> {
        self.index_mut().remove(id)
    }

    pub(crate) fn id_of(&self, number: &str) -> Option<&str> {
        self.index().id_of(number)
    }

    /// Changes the fields that the request has; returns the contact, if there is one.
    pub(crate) fn change(
        &mut self,
        id: &str,
        change: &ContactUpdate,
        now: DateTime<Utc>,
    ) -> Option<Contact> {
        self.index_mut().change(id, change, now)
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut Contact> {
        self.index_mut().by_id.get_mut(id)
    }

    /// Remembers changes from now on.
    pub(crate) fn track(&mut self) {
        self.is_tracked = true;
        if let Some(index) = self.index.get_mut() {
            index.by_id.track();
        }
    }

    /// A deletion is written as a record, too, since the seed would make the contact again.
    pub(crate) fn take_changes(&mut self, changes: &mut Vec<Change>) {
        let Some(index) = self.index.get_mut() else {
            return;
        };
        for (id, contact) in index.by_id.take_changed() {
            changes.push(Change::put(Kind::Contact, id, Content::json(&contact)));
        }
    }

    /// # Errors
    ///
    /// When a record can't be read.
    pub(crate) fn restore(&mut self, rows: Vec<Row>) -> Result<(), String> {
        let read = |row: &Row| Ok((row.name()?.to_owned(), row.value()?));
        self.stored = rows.iter().map(read).collect::<Result<_, String>>()?;
        self.index = OnceCell::new();
        self.is_tracked = true;
        Ok(())
    }
}

impl ContactIndex {
    fn insert(&mut self, contact: Contact) {
        let id = contact.id.clone().unwrap_or_default();
        if let Some(number) = &contact.mobile_number {
            self.id_by_number.insert(number.clone(), id.clone());
        }
        self.by_id.insert(id, contact);
    }

    fn remove(&mut self, id: &str) -> Option<Contact> {
        let contact = self.by_id.shift_remove(id)?;
        self.forget_number(&contact, id);
        Some(contact)
    }

    /// Another contact may have the number by now.
    fn forget_number(&mut self, contact: &Contact, id: &str) {
        if let Some(number) = &contact.mobile_number
            && self.id_of(number) == Some(id)
        {
            self.id_by_number.remove(number);
        }
    }

    /// Puts a contact of a file in the place of a seeded one, or after all others.
    fn replace(&mut self, id: &str, contact: Option<Contact>) {
        let Some(contact) = contact else {
            self.remove(id);
            return;
        };
        if let Some(seeded) = self.by_id.get(id).cloned() {
            self.forget_number(&seeded, id);
        }
        self.insert(contact);
    }

    fn id_of(&self, number: &str) -> Option<&str> {
        self.id_by_number.get(number).map(String::as_str)
    }

    fn change(&mut self, id: &str, change: &ContactUpdate, now: DateTime<Utc>) -> Option<Contact> {
        let contact = self.by_id.get_mut(id)?;
        if let Some(number) = &change.fields.mobile_number {
            if let Some(old) = &contact.mobile_number {
                self.id_by_number.remove(old);
            }
            self.id_by_number.insert(number.clone(), id.to_owned());
        }
        change.apply(contact);
        contact.last_update_date_time = Some(now.into());
        Some(contact.clone())
    }
}

/// A change of a contact: the fields to set, and those to clear.
pub(crate) struct ContactUpdate {
    pub(crate) fields: ContactRequest,
    pub(crate) cleared: Vec<ContactField>,
}

impl ContactUpdate {
    /// Changes the fields that the request has.
    pub(crate) fn apply(&self, contact: &mut Contact) {
        fn set<T: Clone>(field: &mut Option<T>, value: &Option<T>) {
            if value.is_some() {
                field.clone_from(value);
            }
        }
        set(&mut contact.first_name, &self.fields.first_name);
        set(&mut contact.last_name, &self.fields.last_name);
        set(&mut contact.mobile_number, &self.fields.mobile_number);
        set(&mut contact.email, &self.fields.email);
        set(&mut contact.company, &self.fields.company);
        set(&mut contact.department_id, &self.fields.department_id);
        set(&mut contact.consent_level, &self.fields.consent_level);
        set(&mut contact.tags, &self.fields.tags);
        for field in &self.cleared {
            match field {
                ContactField::Company => contact.company = None,
                ContactField::ConsentLevel => contact.consent_level = None,
                ContactField::DepartmentId => contact.department_id = None,
                ContactField::Email => contact.email = None,
                ContactField::FirstName => contact.first_name = None,
                ContactField::LastName => contact.last_name = None,
                ContactField::Tags => contact.tags = None,
                // One that is younger than this sandbox stays.
                _ => {}
            }
        }
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
    fn the_seeded_contacts_are_made_once_at_the_first_access() {
        let made = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&made);
        let mut contacts = Contacts::lazy(move || {
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
