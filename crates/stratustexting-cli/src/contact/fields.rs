//! The fields of a contact as arguments.

use clap::{Args, ValueEnum};
use stratustexting::{ContactField, models::ContactRequest};

/// What is written; fields that aren't given are left out.
#[derive(Debug, Args)]
pub(super) struct Fields {
    #[arg(long, value_name = "NAME")]
    first_name: Option<String>,
    #[arg(long, value_name = "NAME")]
    last_name: Option<String>,
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    #[arg(long, value_name = "NAME")]
    company: Option<String>,
    /// The department's id
    #[arg(long, value_name = "ID")]
    department_id: Option<String>,
    /// How far the contact agreed to be texted: Conversational, Informational, or another
    #[arg(long, value_name = "LEVEL")]
    consent_level: Option<String>,
    /// A label; may be given several times, and replaces those that are there
    #[arg(long, value_name = "LABEL")]
    tag: Vec<String>,
}

impl Fields {
    pub(super) fn apply(self, mut contact: ContactRequest) -> ContactRequest {
        if let Some(name) = self.first_name {
            contact = contact.with_first_name(name);
        }
        if let Some(name) = self.last_name {
            contact = contact.with_last_name(name);
        }
        if let Some(email) = self.email {
            contact = contact.with_email(email);
        }
        if let Some(company) = self.company {
            contact = contact.with_company(company);
        }
        if let Some(id) = self.department_id {
            contact = contact.with_department_id(id);
        }
        if let Some(level) = self.consent_level {
            contact = contact.with_consent_level(level);
        }
        if !self.tag.is_empty() {
            contact = contact.with_tags(self.tag);
        }
        contact
    }

    pub(super) fn is_empty(&self) -> bool {
        let texts = [
            &self.first_name,
            &self.last_name,
            &self.email,
            &self.company,
            &self.department_id,
            &self.consent_level,
        ];
        texts.into_iter().all(Option::is_none) && self.tag.is_empty()
    }
}

/// A field that can be cleared.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Clearable {
    FirstName,
    LastName,
    Email,
    Company,
    DepartmentId,
    ConsentLevel,
    Tags,
}

impl From<Clearable> for ContactField {
    fn from(field: Clearable) -> Self {
        match field {
            Clearable::FirstName => Self::FirstName,
            Clearable::LastName => Self::LastName,
            Clearable::Email => Self::Email,
            Clearable::Company => Self::Company,
            Clearable::DepartmentId => Self::DepartmentId,
            Clearable::ConsentLevel => Self::ConsentLevel,
            Clearable::Tags => Self::Tags,
        }
    }
}
