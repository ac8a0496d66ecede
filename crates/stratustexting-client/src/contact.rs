//! Turns a contact from the service into one to write.

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
