//! The organization's contacts.

use stratustexting_client::types;

use super::{pages, resource};
use crate::{
    Error, Result, input,
    pager::Pager,
    phone::{IntoPhoneNumber, PhoneNumber},
    response::Response,
};

resource! {
    /// Contacts; from [`Client::contacts`](crate::Client::contacts).
    ///
    /// The vendor's table of contents names the six operations; their paths and
    /// fields are inferred.
    Contacts
}

impl Contacts {
    /// All contacts of the organization, page by page as they are needed
    /// (`listContacts`, inferred).
    ///
    /// ```
    /// # use stratustexting_sandbox::Sandbox;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use stratustexting::{Client, auth::Credentials};
    /// # let sandbox = Sandbox::start().await?;
    /// # let client = Client::builder()
    /// #     .api_base(sandbox.api_base()).token_url(sandbox.token_url())
    /// #     .credentials(Credentials::client_credentials(sandbox.client_id(), sandbox.client_secret()))
    /// #     .api_key(sandbox.api_key())
    /// #     .build()?;
    /// let mut contacts = client.contacts().list().page_size(200);
    /// let mut count = 0;
    /// while let Some(contact) = contacts.next_item().await? {
    ///     assert!(contact.mobile_number.is_some());
    ///     count += 1;
    /// }
    /// assert_eq!(count, 1_000);
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self) -> Pager<types::Contact> {
        pages!(self, "listContacts", types::ContactPage, [], |api| api
            .list_contacts())
    }

    /// The contacts whose number matches a number or a part of one
    /// (`searchContacts`, inferred; what matches is UNKNOWN).
    ///
    /// # Errors
    ///
    /// [`Error::is_input`] when `number` is empty.
    pub fn search(&self, number: impl Into<String>) -> Result<Pager<types::Contact>> {
        let number = number.into();
        input::not_empty("number", &number)?;
        Ok(pages!(
            self,
            "searchContacts",
            types::ContactPage,
            [number],
            |api| api.search_contacts().number(number)
        ))
    }

    /// The contact that has a mobile number (`findContactByMobile`, inferred).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is none; [`Error::is_input`] for a number in
    /// another form than E.164.
    pub async fn find_by_mobile(
        &self,
        mobile_number: impl IntoPhoneNumber,
    ) -> Result<Response<types::Contact>> {
        let number = mobile_number.into_phone_number("mobile_number")?;
        self.client
            .call("findContactByMobile", &self.options, |api| async move {
                api.find_contact_by_mobile()
                    .mobile_number(number)
                    .exchange()
                    .await
            })
            .await
    }

    /// Creates a contact, or updates the one that is there (`upsertContact`,
    /// inferred; by what the service tells the two apart is UNKNOWN, probably by the
    /// mobile number).
    ///
    /// # Errors
    ///
    /// [`Error::is_input`] when no field is set, or the mobile number isn't in E.164
    /// form.
    pub async fn upsert(&self, contact: types::ContactRequest) -> Result<Response<types::Contact>> {
        check(&contact)?;
        self.client
            .call("upsertContact", &self.options, |api| async move {
                api.upsert_contact().body(contact).exchange().await
            })
            .await
    }

    /// Updates the contact that has a mobile number (`updateContactByMobile`,
    /// inferred; whether absent fields are kept is UNKNOWN).
    ///
    /// # Errors
    ///
    /// As for [`upsert`](Self::upsert), and [`Error::is_not_found`].
    pub async fn update_by_mobile(
        &self,
        mobile_number: impl IntoPhoneNumber,
        contact: types::ContactRequest,
    ) -> Result<Response<types::Contact>> {
        let number = mobile_number.into_phone_number("mobile_number")?;
        check(&contact)?;
        self.client
            .call("updateContactByMobile", &self.options, |api| async move {
                api.update_contact_by_mobile()
                    .mobile_number(number)
                    .body(contact)
                    .exchange()
                    .await
            })
            .await
    }

    /// Updates a contact by its id (`updateContact`, inferred; whether absent fields
    /// are kept is UNKNOWN).
    ///
    /// # Errors
    ///
    /// As for [`upsert`](Self::upsert), and [`Error::is_not_found`].
    pub async fn update(
        &self,
        contact_id: impl Into<String>,
        contact: types::ContactRequest,
    ) -> Result<Response<types::Contact>> {
        let contact_id = contact_id.into();
        input::id("contact_id", &contact_id)?;
        check(&contact)?;
        self.client
            .call("updateContact", &self.options, |api| async move {
                api.update_contact()
                    .contact_id(contact_id)
                    .body(contact)
                    .exchange()
                    .await
            })
            .await
    }
}

fn check(contact: &types::ContactRequest) -> Result<()> {
    let empty = serde_json::to_value(contact)
        .is_ok_and(|json| json.as_object().is_some_and(serde_json::Map::is_empty));
    if empty {
        return Err(Error::input("contact", "has to have at least one field"));
    }
    if let Some(number) = &contact.mobile_number {
        PhoneNumber::of_field("contact.mobile_number", number.clone())?;
    }
    Ok(())
}
