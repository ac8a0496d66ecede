//! The paths of the contact operations, and which operation a path means.

use stratustexting_client::Operation;

use super::{Dialect, Paths};

/// The contact operations with a verb in each path. The methods are the document's.
pub(super) const VERBS: [(&str, &str, &str); 6] = [
    ("listContacts", "GET", "/contact/getallcontacts"),
    (
        "findContactByMobile",
        "GET",
        "/contact/getbymobile/{mobileNumber}",
    ),
    ("searchContacts", "GET", "/contact/searchbynumber"),
    ("upsertContact", "POST", "/contact/createorupdate"),
    (
        "updateContactByMobile",
        "PUT",
        "/contact/updatebymobile/{mobileNumber}",
    ),
    ("updateContact", "PUT", "/contact/updatebyid/{contactId}"),
];

impl Dialect {
    /// The operation for a method and a path below the base URL.
    pub(crate) fn operation_at(&self, method: &str, path: &str) -> Option<&'static Operation> {
        let moved = |id: &str| self.paths().iter().any(|(other, ..)| *other == id);
        let found = self
            .paths()
            .iter()
            .find(|(_, other, template)| *other == method && parameters(template, path).is_some());
        match found {
            Some((id, ..)) => Operation::find(id),
            None => Operation::at(method, path).filter(|operation| !moved(operation.id)),
        }
    }

    /// The path template of an operation in this dialect.
    pub(super) fn template(&self, operation: &Operation) -> &'static str {
        let moved = self.paths().iter().find(|(id, ..)| *id == operation.id);
        match (self.path_style, moved) {
            (Paths::Verbs, Some((_, _, template))) => template,
            _ => operation.path,
        }
    }
}

/// The names and values of a path's parameters, as they were sent; `None` if the path
/// doesn't match the template.
pub(super) fn parameters<'a>(template: &'a str, path: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
    let mut segments = path.trim_end_matches('/').split('/');
    let mut found = Vec::new();
    for wanted in template.split('/') {
        let segment = segments.next()?;
        let name = wanted.strip_prefix('{').and_then(|w| w.strip_suffix('}'));
        match name {
            Some(name) if !segment.is_empty() => found.push((name, segment)),
            None if segment == wanted => {}
            _ => return None,
        }
    }
    segments.next().is_none().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::{VERBS, parameters};
    use crate::dialect::{Dialect, Paths};

    #[test]
    fn each_verb_path_means_its_operation_and_the_documents_path_means_none() {
        let dialect = Dialect::none().path_style(Paths::Verbs);

        for (id, method, template) in VERBS {
            let path = template.replace("{mobileNumber}", "%2B12025550123");
            let path = path.replace("{contactId}", "7");
            let found = dialect.operation_at(method, &path);
            assert_eq!(found.map(|operation| operation.id), Some(id));
            assert!(Dialect::none().operation_at(method, &path).is_none());
        }
        assert!(dialect.operation_at("GET", "/contact/all").is_none());
        assert!(dialect.operation_at("PUT", "/contact/7").is_none());
        let others = dialect.operation_at("GET", "/site/all");
        assert_eq!(others.map(|operation| operation.id), Some("listSites"));
    }

    #[test]
    fn a_paths_parameters_are_those_of_its_template() {
        assert_eq!(parameters("/a/{b}/c", "/a/x/c/"), Some(vec![("b", "x")]));
        assert_eq!(parameters("/a/{b}", "/a/"), None);
        assert_eq!(parameters("/a/{b}", "/a/x/c"), None);
    }
}
