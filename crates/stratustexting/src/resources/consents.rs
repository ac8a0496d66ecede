//! Custom consents: named permissions to text.

use stratustexting_client::types::{
    ConsentType, ConsentTypeAction, CustomConsent, CustomConsentPage, CustomConsentRequest,
    CustomConsentTypeRequest,
};

use super::{pages, resource};
use crate::{
    Call, Result, input,
    pager::Pager,
    phone::{self, PhoneNumber, Unreadable},
};

resource! {
    /// Custom consents; from [`Client::consents`](crate::Client::consents).
    ///
    /// Methods and most paths are documented on sibling brands' pages; the fields are
    /// inferred.
    Consents
}

/// Whose consent is meant: a contact by its id, or by its mobile number.
///
/// A [`PhoneNumber`] can stand for it.
#[derive(Clone, Debug)]
pub struct ContactRef(Who);

#[derive(Clone, Debug)]
enum Who {
    Id(String),
    /// An error here waits for the call.
    Mobile(Result<PhoneNumber>),
}

impl ContactRef {
    /// The contact with this id.
    pub fn id(id: impl Into<String>) -> Self {
        Self(Who::Id(id.into()))
    }

    /// The contact with this mobile number, in E.164 form. A number in another form is
    /// [`Error::is_input`](crate::Error::is_input) when the call is made.
    pub fn mobile<N>(number: N) -> Self
    where
        N: TryInto<PhoneNumber, Error: Into<Unreadable>>,
    {
        Self(Who::Mobile(phone::named("mobile_number", number)))
    }
}

impl From<PhoneNumber> for ContactRef {
    fn from(number: PhoneNumber) -> Self {
        Self(Who::Mobile(Ok(number)))
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
    pub fn get(&self, consent_id: impl Into<String>) -> Call<CustomConsent> {
        let id = consent_id.into();
        self.client.call("getCustomConsent", move |api| async move {
            input::id("consent_id", &id)?;
            Ok(api
                .get_custom_consent()
                .custom_consent_id(id)
                .exchange()
                .await?)
        })
    }

    /// Registers a custom consent (`createCustomConsent`; the fields are inferred).
    ///
    /// # Errors
    ///
    /// [`Error::is_input`](crate::Error::is_input) when it has no name.
    pub fn create(&self, consent: CustomConsentRequest) -> Call<CustomConsent> {
        self.client
            .call("createCustomConsent", move |api| async move {
                input::not_empty("consent.name", consent.name.as_deref().unwrap_or_default())?;
                Ok(api.create_custom_consent().body(consent).exchange().await?)
            })
    }

    /// Changes a custom consent (`updateCustomConsent`; path and fields are inferred).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`](crate::Error::is_not_found) when there is none.
    pub fn update(
        &self,
        consent_id: impl Into<String>,
        consent: CustomConsentRequest,
    ) -> Call<CustomConsent> {
        let id = consent_id.into();
        self.client
            .call("updateCustomConsent", move |api| async move {
                input::id("consent_id", &id)?;
                Ok(api
                    .update_custom_consent()
                    .custom_consent_id(id)
                    .body(consent)
                    .exchange()
                    .await?)
            })
    }

    /// Switches a custom consent on or off (`changeCustomConsentStatus`; the name of
    /// the query parameter is inferred).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`](crate::Error::is_not_found) when there is none.
    pub fn set_active(&self, consent_id: impl Into<String>, active: bool) -> Call<CustomConsent> {
        let id = consent_id.into();
        self.client
            .call("changeCustomConsentStatus", move |api| async move {
                input::id("consent_id", &id)?;
                Ok(api
                    .change_custom_consent_status()
                    .custom_consent_id(id)
                    .active(active)
                    .exchange()
                    .await?)
            })
    }

    /// Grants a consent type to a contact (`changeCustomConsentType` with `ADD`; path and
    /// body are inferred).
    ///
    /// ```
    /// # use stratustexting_sandbox::Sandbox;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use stratustexting::Client;
    /// use stratustexting::{
    ///     ContactRef,
    ///     models::{ConsentType, CustomConsentRequest},
    /// };
    ///
    /// # let sandbox = Sandbox::start().await?;
    /// # let client = Client::from_variables(sandbox.variables())?;
    /// # let mobile = client.contacts().list().collect_up_to(1).await?.remove(0).mobile_number;
    /// # let mobile = mobile.unwrap_or_default();
    /// let consents = client.consents();
    /// let orders = consents
    ///     .create(CustomConsentRequest::default().with_name("Orders"))
    ///     .await?;
    /// let id = orders.id.as_deref().ok_or("the service gave no id")?;
    ///
    /// consents
    ///     .grant(id, ContactRef::mobile(&mobile), ConsentType::Informational)
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_input`](crate::Error::is_input) when the contact's id is empty, or the
    /// number is in another form; [`Error::is_not_found`](crate::Error::is_not_found).
    pub fn grant(
        &self,
        consent_id: impl Into<String>,
        contact: impl Into<ContactRef>,
        consent_type: impl Into<ConsentType>,
    ) -> Call<CustomConsent> {
        let (contact, kind) = (contact.into(), consent_type.into());
        self.change_type(consent_id.into(), contact, kind, ConsentTypeAction::Add)
    }

    /// Revokes a contact's consent type (`changeCustomConsentType` with `REMOVE`;
    /// path and body are inferred).
    ///
    /// ```
    /// # use stratustexting_sandbox::Sandbox;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use stratustexting::Client;
    /// use stratustexting::{ContactRef, models::ConsentType};
    ///
    /// # let sandbox = Sandbox::start().await?;
    /// # let client = Client::from_variables(sandbox.variables())?;
    /// # let id = client.consents().list().collect_up_to(1).await?.remove(0).id;
    /// # let id = id.unwrap_or_default();
    /// # let mobile = client.contacts().list().collect_up_to(1).await?.remove(0).mobile_number;
    /// # let mobile = mobile.unwrap_or_default();
    /// # client.consents().grant(&id, ContactRef::mobile(&mobile), ConsentType::Informational).await?;
    /// let contact = ContactRef::mobile(&mobile);
    /// client.consents().revoke(&id, contact, ConsentType::Informational).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`grant`](Self::grant).
    pub fn revoke(
        &self,
        consent_id: impl Into<String>,
        contact: impl Into<ContactRef>,
        consent_type: impl Into<ConsentType>,
    ) -> Call<CustomConsent> {
        let (contact, kind) = (contact.into(), consent_type.into());
        self.change_type(consent_id.into(), contact, kind, ConsentTypeAction::Remove)
    }

    fn change_type(
        &self,
        id: String,
        contact: ContactRef,
        kind: ConsentType,
        action: ConsentTypeAction,
    ) -> Call<CustomConsent> {
        self.client
            .call("changeCustomConsentType", move |api| async move {
                input::id("consent_id", &id)?;
                let change = CustomConsentTypeRequest::new(action, kind);
                let change = match contact.0 {
                    Who::Id(contact_id) => {
                        input::not_empty("contact_id", &contact_id)?;
                        change.with_contact_id(contact_id)
                    }
                    Who::Mobile(number) => change.with_mobile_number(number?),
                };
                Ok(api
                    .change_custom_consent_type()
                    .custom_consent_id(id)
                    .body(change)
                    .exchange()
                    .await?)
            })
    }
}
