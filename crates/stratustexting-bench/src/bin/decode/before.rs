//! A page of contacts as it was read before lenient reading: by serde's derive, on a
//! copy of the structs that were generated then.
//!
//! Today's reading is compared with it. One odd field costs it the page.

use serde::Deserialize;
use serde_json::{Map, Value};
use stratustexting::api::{Timestamp, types::ConsentType};

#[derive(Debug, Default, Deserialize)]
#[allow(dead_code, reason = "it is only deserialized")]
pub(crate) struct Contact {
    company: Option<String>,
    #[serde(rename = "consentLevel")]
    consent_level: Option<ConsentType>,
    #[serde(rename = "createdDateTime")]
    created_date_time: Option<Timestamp>,
    #[serde(rename = "customConsents")]
    custom_consents: Option<Vec<Value>>,
    #[serde(rename = "departmentId")]
    department_id: Option<String>,
    email: Option<String>,
    #[serde(rename = "firstName")]
    first_name: Option<String>,
    id: Option<String>,
    #[serde(rename = "lastName")]
    last_name: Option<String>,
    #[serde(rename = "lastUpdateDateTime")]
    last_update_date_time: Option<Timestamp>,
    #[serde(rename = "mobileNumber")]
    mobile_number: Option<String>,
    #[serde(rename = "orgId")]
    org_id: Option<String>,
    tags: Option<Vec<String>>,
    #[serde(flatten)]
    extra: Map<String, Value>,
}

#[derive(Debug, Default, Deserialize)]
#[allow(dead_code, reason = "it is only deserialized")]
pub(crate) struct ContactPage {
    pub(crate) content: Option<Vec<Contact>>,
    empty: Option<bool>,
    first: Option<bool>,
    last: Option<bool>,
    number: Option<i32>,
    #[serde(rename = "numberOfElements")]
    number_of_elements: Option<i32>,
    size: Option<i32>,
    #[serde(rename = "totalElements")]
    total_elements: Option<i64>,
    #[serde(rename = "totalPages")]
    total_pages: Option<i32>,
    #[serde(flatten)]
    extra: Map<String, Value>,
}
