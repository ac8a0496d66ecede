//! The ways to read a page, and the pages.

use anyhow::{Context, ensure};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use stratustexting::{
    api::{Operation, lenient, types::ContactPage},
    testing::{self, Received},
};

use crate::before;

/// How many contacts are on a page.
pub(crate) const CONTACTS: usize = 500;

/// A way of reading a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// serde's derive; the others are compared with it.
    Before,
    /// The client's lenient reading.
    Lenient,
    /// The same with a page whose ids and phone numbers are JSON numbers.
    Numbers,
    /// All that a call of the SDK does with a response.
    Call,
}

/// The bodies that are read.
#[derive(Debug)]
pub(crate) struct Pages {
    documented: Bytes,
    numbers: Bytes,
}

impl Way {
    pub(crate) const ALL: [Self; 4] = [Self::Before, Self::Lenient, Self::Numbers, Self::Call];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Before => "serde's derive, as before",
            Self::Lenient => "lenient",
            Self::Numbers => "lenient, ids are numbers",
            Self::Call => "a call of the SDK",
        }
    }

    /// Reads a page, and checks the number of contacts.
    pub(crate) fn read(self, pages: &Pages) -> anyhow::Result<Box<dyn std::any::Any>> {
        let count = |content: Option<usize>| {
            ensure!(content == Some(CONTACTS), "{} lost contacts", self.name());
            Ok(())
        };
        Ok(match self {
            Self::Before => {
                let page: before::ContactPage = serde_json::from_slice(&pages.documented)?;
                count(page.content.as_ref().map(Vec::len))?;
                Box::new(page)
            }
            Self::Lenient | Self::Numbers => {
                let body = if self == Self::Numbers {
                    &pages.numbers
                } else {
                    &pages.documented
                };
                let read = lenient::from_slice::<ContactPage>(body)?;
                count(read.value.content.as_ref().map(Vec::len))?;
                Box::new(read)
            }
            Self::Call => {
                let operation = Operation::find("listContacts").context("no such operation")?;
                let page = testing::contacts(Received {
                    operation,
                    status: StatusCode::OK,
                    headers: HeaderMap::new(),
                    body: pages.documented.clone(),
                })?;
                count(Some(page.items.len()))?;
                Box::new(page)
            }
        })
    }
}

impl Pages {
    pub(crate) fn new() -> Self {
        let page = |numbers: bool| {
            let contacts: Vec<Value> = (0..CONTACTS).map(|n| contact(n, numbers)).collect();
            let page = json!({
                "content": contacts,
                "totalElements": 1_234,
                "totalPages": 3,
                "number": 0,
                "size": CONTACTS,
                "numberOfElements": CONTACTS,
                "first": true,
                "last": false,
                "empty": false,
            });
            Bytes::from(page.to_string())
        };
        Self {
            documented: page(false),
            numbers: page(true),
        }
    }

    /// The size of the documented page, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.documented.len()
    }
}

/// A contact; its number is reserved for fiction.
fn contact(index: usize, numbers: bool) -> Value {
    let mobile = 12_025_550_100_u64 + u64::try_from(index % 100).unwrap_or_default();
    let mut contact = json!({
        "id": format!("66a4f2d13c8b5e0019aa{index:04x}"),
        "firstName": "Zoë",
        "lastName": "Núñez \"Zee\" O'Brien",
        "mobileNumber": format!("+{mobile}"),
        "email": "zoe.nunez+texts@example.com",
        "company": "Müller & Söhne, \"Fine\" Goods",
        "orgId": "5f0c2b7e9d1e4a0012c3d4e5",
        "departmentId": "5f0c2b8a9d1e4a0012c3d4e6",
        "consentLevel": "Informational",
        "customConsents": [],
        "tags": ["vip", "Straße 5"],
        "createdDateTime": "2026-03-02T08:15:30.125Z",
        "lastUpdateDateTime": "2026-03-31T09:00:00.000Z",
    });
    if numbers {
        contact["id"] = (1_000_000 + index).into();
        contact["mobileNumber"] = mobile.into();
    }
    contact
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_reads_every_contact() {
        let pages = Pages::new();
        for way in Way::ALL {
            assert!(way.read(&pages).is_ok(), "{}", way.name());
        }
        let numbers = lenient::from_slice::<ContactPage>(&pages.numbers).unwrap();
        let content = numbers.value.content.unwrap();
        assert_eq!(content[1].id.as_deref(), Some("1000001"));
        assert_eq!(numbers.diagnostics.len(), 2);
    }
}
