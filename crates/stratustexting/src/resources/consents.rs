//! Custom consents: named permissions to text.

use stratustexting_client::types::{
    ConsentType, ConsentTypeAction, CustomConsent, CustomConsentPage, CustomConsentRequest,
    CustomConsentTypeRequest,
};

use super::{pages, resource};
use crate::{
    Result, input,
    pager::Pager,
    phone::{IntoPhoneNumber, PhoneNumber},
    response::Response,
};

resource! {
    /// Custom consents; from [`Client::consents`](crate::Client::consents).
    ///
    /// Methods and most paths are documented on sibling brands' pages; the fields are
    /// inferred.
    Consents
}

/// Whose consent is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ContactRef {
    /// The contact with this id.
    Id(String),
    /// The contact with this mobile number.
    Mobile(PhoneNumber),
}

impl ContactRef {
    /// The contact with this id.
    pub fn id(id: impl Into<String>) -> Self {
        Self::Id(id.into())
    }

    /// The contact with this mobile number.
    ///
    /// # Errors
    ///
    /// [`Error::is_input`](crate::Error::is_input) when it isn't in E.164 form.
    pub fn mobile(number: impl IntoPhoneNumber) -> Result<Self> {
        number.into_phone_number("mobile_number").map(Self::Mobile)
    }
}

impl Consents {
    /// All custom consents (`listCustomConsents`; the path is inferred).
    pub fn list(&self) -> Pager<CustomConsent> {
        pages!(self, "listCustomConsents", CustomConsentPage, [], |api| api
            .list_custom_consents())
    }

    /// Reads a custom consent (`getCustomConsent`).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`](crate::Error::is_not_found) when there is none.
    pub async fn get(&self, consent_id: impl Into<String>) -> Result<Response<CustomConsent>> {
        let consent_id = checked(consent_id)?;
        self.client
            .call("getCustomConsent", &self.options, |api| async move {
                api.get_custom_consent()
                    .custom_consent_id(consent_id)
                    .exchange()
                    .await
            })
            .await
    }

    /// Registers a custom consent (`createCustomConsent`; the fields are inferred).
    ///
    /// # Errors
    ///
    /// [`Error::is_input`](crate::Error::is_input) when it has no name.
    pub async fn create(&self, consent: CustomConsentRequest) -> Result<Response<CustomConsent>> {
        input::not_empty("consent.name", consent.name.as_deref().unwrap_or_default())?;
        self.client
            .call("createCustomConsent", &self.options, |api| async move {
                api.create_custom_consent().body(consent).exchange().await
            })
            .await
    }

    /// Changes a custom consent (`updateCustomConsent`; path and fields are inferred).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`](crate::Error::is_not_found) when there is none.
    pub async fn update(
        &self,
        consent_id: impl Into<String>,
        consent: CustomConsentRequest,
    ) -> Result<Response<CustomConsent>> {
        let consent_id = checked(consent_id)?;
        self.client
            .call("updateCustomConsent", &self.options, |api| async move {
                api.update_custom_consent()
                    .custom_consent_id(consent_id)
                    .body(consent)
                    .exchange()
                    .await
            })
            .await
    }

    /// Switches a custom consent on or off (`changeCustomConsentStatus`; the name of
    /// the query parameter is inferred).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`](crate::Error::is_not_found) when there is none.
    pub async fn set_active(
        &self,
        consent_id: impl Into<String>,
        active: bool,
    ) -> Result<Response<CustomConsent>> {
        let consent_id = checked(consent_id)?;
        self.client
            .call(
                "changeCustomConsentStatus",
                &self.options,
                |api| async move {
                    api.change_custom_consent_status()
                        .custom_consent_id(consent_id)
                        .active(active)
                        .exchange()
                        .await
                },
            )
            .await
    }

    /// Grants a consent type to a contact (`changeCustomConsentType` with `ADD`; path and
    /// body are inferred).
    ///
    /// # Errors
    ///
    /// [`Error::is_input`](crate::Error::is_input) when the contact's id is empty; [`Error::is_not_found`](crate::Error::is_not_found).
    pub async fn grant(
        &self,
        consent_id: impl Into<String>,
        contact: ContactRef,
        consent_type: impl Into<ConsentType>,
    ) -> Result<Response<CustomConsent>> {
        self.change_type(consent_id, contact, consent_type, ConsentTypeAction::Add)
            .await
    }

    /// Revokes a contact's consent type (`changeCustomConsentType` with `REMOVE`;
    /// path and body are inferred).
    ///
    /// # Errors
    ///
    /// [`Error::is_input`](crate::Error::is_input) when the contact's id is empty; [`Error::is_not_found`](crate::Error::is_not_found).
    pub async fn revoke(
        &self,
        consent_id: impl Into<String>,
        contact: ContactRef,
        consent_type: impl Into<ConsentType>,
    ) -> Result<Response<CustomConsent>> {
        self.change_type(consent_id, contact, consent_type, ConsentTypeAction::Remove)
            .await
    }

    async fn change_type(
        &self,
        consent_id: impl Into<String>,
        contact: ContactRef,
        consent_type: impl Into<ConsentType>,
        action: ConsentTypeAction,
    ) -> Result<Response<CustomConsent>> {
        let consent_id = checked(consent_id)?;
        let change = CustomConsentTypeRequest::new(action, consent_type);
        let change = match contact {
            ContactRef::Id(id) => {
                input::not_empty("contact_id", &id)?;
                change.with_contact_id(id)
            }
            ContactRef::Mobile(number) => change.with_mobile_number(number),
        };
        self.client
            .call("changeCustomConsentType", &self.options, |api| async move {
                api.change_custom_consent_type()
                    .custom_consent_id(consent_id)
                    .body(change)
                    .exchange()
                    .await
            })
            .await
    }
}

fn checked(consent_id: impl Into<String>) -> Result<String> {
    let consent_id = consent_id.into();
    input::id("consent_id", &consent_id)?;
    Ok(consent_id)
}
