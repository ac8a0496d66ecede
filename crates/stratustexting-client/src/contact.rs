//! Turns a contact from the service into one to write, and clears fields of it.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::{
    lenient::Model,
    types::{Contact, ContactRequest},
};

/// Copies all of a contact that can be written, so that it can be read, changed and
/// written back. It is UNKNOWN whether the service keeps fields that an update omits,
/// so a contact is best written back whole. Unlisted fields are copied, too.
///
/// ```
/// use stratustexting_client::types::{Contact, ContactRequest};
///
/// let read = r#"{"id": "c1", "firstName": "Ada", "company": "Example", "shoeSize": 38}"#;
/// let contact: Contact = serde_json::from_str(read)?;
///
/// let changed = ContactRequest::from(contact).with_company("Example Ltd");
///
/// let written = serde_json::to_value(&changed)?;
/// let expected = r#"{"firstName": "Ada", "company": "Example Ltd", "shoeSize": 38}"#;
/// assert_eq!(written, serde_json::from_str::<serde_json::Value>(expected)?);
/// # Ok::<(), serde_json::Error>(())
/// ```
impl From<Contact> for ContactRequest {
    fn from(contact: Contact) -> Self {
        // Through JSON, so that it stays right when the document gets a new field.
        let Ok(Value::Object(mut fields)) = serde_json::to_value(contact) else {
            return Self::default();
        };
        fields.retain(|name, _| !READ_ONLY.contains(&name.as_str()));
        match serde_json::from_value(Value::Object(fields.clone())) {
            Ok(request) => request,
            // A field of another type than the documented one is written back as it came.
            Err(_) => Self {
                extra: fields,
                ..Self::default()
            },
        }
    }
}

/// A field of a contact that can be cleared; see [`ContactRequest::clear`].
///
/// The mobile number isn't one: a contact is found by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ContactField {
    /// The company.
    Company,
    /// How far the contact agreed to be texted.
    ConsentLevel,
    /// The department's id.
    DepartmentId,
    /// The e-mail address.
    Email,
    /// The first name.
    FirstName,
    /// The last name.
    LastName,
    /// The labels.
    Tags,
}

impl ContactField {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Company,
        Self::ConsentLevel,
        Self::DepartmentId,
        Self::Email,
        Self::FirstName,
        Self::LastName,
        Self::Tags,
    ];

    /// The field's name in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Company => "company",
            Self::ConsentLevel => "consentLevel",
            Self::DepartmentId => "departmentId",
            Self::Email => "email",
            Self::FirstName => "firstName",
            Self::LastName => "lastName",
            Self::Tags => "tags",
        }
    }
}

impl ContactRequest {
    /// Clears a field of the contact: it is written as `null`, where a field that isn't set
    /// isn't written at all. A setter that is called later, such as `with_email`, takes it
    /// back.
    ///
    /// How the service clears a field is UNKNOWN: it may take `null`, an empty value
    /// (`with_email("")`), or neither. Read the contact afterwards.
    ///
    /// ```
    /// use stratustexting_client::{ContactField, types::ContactRequest};
    ///
    /// let changed = ContactRequest::default()
    ///     .with_first_name("Ada")
    ///     .clear(ContactField::Email);
    ///
    /// let written = serde_json::to_string(&changed)?;
    /// assert_eq!(written, r#"{"firstName":"Ada","email":null}"#);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn clear(mut self, field: ContactField) -> Self {
        match field {
            ContactField::Company => self.company = None,
            ContactField::ConsentLevel => self.consent_level = None,
            ContactField::DepartmentId => self.department_id = None,
            ContactField::Email => self.email = None,
            ContactField::FirstName => self.first_name = None,
            ContactField::LastName => self.last_name = None,
            ContactField::Tags => self.tags = None,
        }
        self.with_extra(field.name(), Value::Null)
    }
}

/// The fields that only contacts from the service have.
static READ_ONLY: LazyLock<Vec<&str>> = LazyLock::new(|| {
    // A request keeps a field that it doesn't know.
    let is_unknown = |name: &&str| {
        let field = Map::from_iter([((*name).to_owned(), Value::Null)]);
        let request = serde_json::from_value::<ContactRequest>(Value::Object(field));
        request.is_ok_and(|request| request.extra.contains_key(*name))
    };
    Contact::FIELDS.iter().copied().filter(is_unknown).collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_that_can_be_written_can_be_cleared_but_the_number() {
        let read_only = |name: &&&str| READ_ONLY.contains(*name);
        let mut written: Vec<&str> = Contact::FIELDS
            .iter()
            .filter(|name| !read_only(name) && **name != "mobileNumber")
            .copied()
            .collect();
        written.sort_unstable();

        assert_eq!(ContactField::ALL.map(ContactField::name).to_vec(), written);
    }

    #[test]
    fn a_name_is_written_once() {
        for field in ContactField::ALL {
            let whole = ContactRequest::default()
                .with_company("a")
                .with_consent_level("b")
                .with_department_id("c")
                .with_email("d")
                .with_first_name("e")
                .with_last_name("f")
                .with_tags(vec!["g".to_owned()]);

            let cleared = serde_json::to_string(&whole.clear(field)).unwrap();

            let name = format!("\"{}\":", field.name());
            assert_eq!(cleared.matches(&name).count(), 1, "{cleared}");
            assert!(cleared.contains(&format!("{name}null")), "{cleared}");
        }
        let set_later = ContactRequest::default()
            .clear(ContactField::FirstName)
            .with_first_name("Ada");
        let written = serde_json::to_string(&set_later).unwrap();
        assert_eq!(written, r#"{"firstName":"Ada"}"#);
    }
}
