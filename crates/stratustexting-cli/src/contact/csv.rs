//! Contacts as rows of a table: the same columns in both directions.

use std::collections::BTreeMap;

use stratustexting::models::{Contact, ContactRequest};

use crate::list::cell;

/// The columns of an export. The id is for the reader; it isn't imported.
pub(super) const COLUMNS: [&str; 9] = [
    "mobile_number",
    "first_name",
    "last_name",
    "email",
    "company",
    "department_id",
    "consent_level",
    "tags",
    "id",
];

pub(super) fn record(contact: &Contact) -> [String; 9] {
    [
        cell(contact.mobile_number.as_ref()),
        cell(contact.first_name.as_ref()),
        cell(contact.last_name.as_ref()),
        cell(contact.email.as_ref()),
        cell(contact.company.as_ref()),
        cell(contact.department_id.as_ref()),
        cell(contact.consent_level.as_ref()),
        tags_as_text(contact.tags.as_deref().unwrap_or_default()),
        cell(contact.id.as_ref()),
    ]
}

/// A field that a column may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Field {
    Number,
    FirstName,
    LastName,
    Email,
    Company,
    DepartmentId,
    ConsentLevel,
    Tags,
}

impl Field {
    /// The names that a column of this field may have, without what is between the words.
    fn names(self) -> &'static [&'static str] {
        match self {
            // The numbers' column is found by the reader of the file.
            Self::Number => &[],
            Self::FirstName => &["firstname", "givenname", "forename"],
            Self::LastName => &["lastname", "familyname", "surname"],
            Self::Email => &["email", "emailaddress", "mail"],
            Self::Company => &["company", "companyname"],
            Self::DepartmentId => &["departmentid"],
            Self::ConsentLevel => &["consentlevel"],
            Self::Tags => &["tags", "labels"],
        }
    }

    const ALL: [Self; 8] = [
        Self::Number,
        Self::FirstName,
        Self::LastName,
        Self::Email,
        Self::Company,
        Self::DepartmentId,
        Self::ConsentLevel,
        Self::Tags,
    ];
}

/// A column's name without regard to case and to what is between the words.
pub(super) fn plain(name: &str) -> String {
    let letters = name.chars().filter(|c| !" _-".contains(*c));
    letters.flat_map(char::to_lowercase).collect()
}

/// Which field a column has, by what the caller said or by its name.
pub(super) fn field(column: &str, said: &[(String, Field)]) -> Option<Field> {
    let column = plain(column);
    let said = said.iter().find(|(name, _)| plain(name) == column);
    said.map(|(_, field)| *field).or_else(|| {
        let mut all = Field::ALL.into_iter();
        all.find(|field| field.names().contains(&column.as_str()))
    })
}

/// A contact of the columns' values; an empty cell isn't written.
pub(super) fn contact(
    cells: &BTreeMap<String, String>,
    said: &[(String, Field)],
) -> Result<ContactRequest, String> {
    let mut contact = ContactRequest::default();
    for (column, cell) in cells.iter().filter(|(_, cell)| !cell.is_empty()) {
        let Some(field) = field(column, said) else {
            continue;
        };
        contact = match field {
            Field::Number => contact,
            Field::FirstName => contact.with_first_name(cell),
            Field::LastName => contact.with_last_name(cell),
            Field::Email => contact.with_email(cell),
            Field::Company => contact.with_company(cell),
            Field::DepartmentId => contact.with_department_id(cell),
            Field::ConsentLevel => contact.with_consent_level(cell.as_str()),
            Field::Tags => contact.with_tags(tags(cell)?),
        };
    }
    Ok(contact)
}

/// Labels in one cell, with `;` between them; as JSON if one of them would be read as several.
fn tags_as_text(tags: &[String]) -> String {
    let is_plain = |tag: &String| {
        !tag.is_empty() && !tag.contains(';') && !tag.starts_with('[') && tag.trim() == tag
    };
    match tags.iter().all(is_plain) {
        true => tags.join(";"),
        false => serde_json::to_string(tags).unwrap_or_default(),
    }
}

fn tags(cell: &str) -> Result<Vec<String>, String> {
    if cell.starts_with('[') {
        let read = serde_json::from_str(cell);
        return read
            .map_err(|_| "the tags begin with [ and aren't a JSON list of texts".to_owned());
    }
    let tags = cell.split(';').map(str::trim);
    let tags = tags.filter(|tag| !tag.is_empty());
    Ok(tags.map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_come_back_as_they_were() {
        for labels in [
            &[][..],
            &["vip"],
            &["vip", "two words"],
            &["a;b", "c"],
            &["[x]"],
            &[" padded "],
            &[""],
        ] {
            let labels: Vec<_> = labels.iter().map(|label| (*label).to_owned()).collect();
            assert_eq!(tags(&tags_as_text(&labels)).unwrap(), labels);
        }
        assert_eq!(tags("a; b;;").unwrap(), ["a", "b"]);
        assert!(tags("[1]").is_err());
    }

    #[test]
    fn a_column_is_known_by_its_name_or_by_what_was_said() {
        let said = [("Vorname".to_owned(), Field::FirstName)];
        assert_eq!(field("First Name", &[]), Some(Field::FirstName));
        assert_eq!(field("firstname", &[]), Some(Field::FirstName));
        assert_eq!(field("e-mail", &[]), Some(Field::Email));
        assert_eq!(field("vorname", &said), Some(Field::FirstName));
        assert_eq!(field("notes", &said), None);
    }
}
