//! The organization's contacts.

use serde_json::Map;
use stratustexting_client::types::{Contact, ContactPage, ContactRequest};

use super::{pages, resource};
use crate::{
    Call, Error, Result, input,
    pager::Pager,
    phone::{self, PhoneNumber, Unreadable},
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
    /// # use stratustexting::Client;
    /// # let sandbox = Sandbox::start().await?;
    /// # let client = Client::from_variables(sandbox.variables())?;
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
    pub fn list(&self) -> Pager<Contact> {
        pages!(self, "listContacts", ContactPage, [], |api| api
            .list_contacts())
    }

    /// The contacts whose number matches a number or a part of one
    /// (`searchContacts`, inferred; what matches is UNKNOWN).
    ///
    /// ```
    /// # use stratustexting_sandbox::Sandbox;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use stratustexting::Client;
    /// # let sandbox = Sandbox::start().await?;
    /// # let client = Client::from_variables(sandbox.variables())?;
    /// let found = client.contacts().search("555010").collect_up_to(10).await?;
    ///
    /// println!("{} contacts", found.len());
    /// # assert!(!found.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The list's first item is [`Error::is_input`] when `number` is empty.
    pub fn search(&self, number: impl Into<String>) -> Pager<Contact> {
        let number = number.into();
        pages!(self, "searchContacts", ContactPage, [number], |api| {
            input::not_empty("number", &number)?;
            api.search_contacts().number(number)
        })
    }

    /// The contact that has a mobile number (`findContactByMobile`, inferred).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is none; [`Error::is_input`] for a number in
    /// another form than E.164.
    pub fn find_by_mobile<N>(&self, mobile_number: N) -> Call<Contact>
    where
        N: TryInto<PhoneNumber, Error: Into<Unreadable>>,
    {
        let number = phone::named("mobile_number", mobile_number);
        self.client
            .call("findContactByMobile", move |api| async move {
                Ok(api
                    .find_contact_by_mobile()
                    .mobile_number(number?)
                    .exchange()
                    .await?)
            })
    }

    /// Creates a contact, or updates the one that is there (`upsertContact`,
    /// inferred; how the service tells the two apart is UNKNOWN, probably by the mobile
    /// number).
    ///
    /// ```
    /// # use stratustexting_sandbox::Sandbox;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use stratustexting::Client;
    /// use stratustexting::models::ContactRequest;
    ///
    /// # let sandbox = Sandbox::start().await?;
    /// # let client = Client::from_variables(sandbox.variables())?;
    /// let ada = ContactRequest::default()
    ///     .with_mobile_number("+12025550188")
    ///     .with_first_name("Ada");
    ///
    /// client.contacts().upsert(ada).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_input`] when no field is set, one is both set and in `extra`, or the mobile
    /// number isn't in E.164 form.
    pub fn upsert(&self, contact: ContactRequest) -> Call<Contact> {
        self.client.call("upsertContact", move |api| async move {
            check(&contact)?;
            Ok(api.upsert_contact().body(contact).exchange().await?)
        })
    }

    /// Updates the contact that has a mobile number (`updateContactByMobile`,
    /// inferred; whether absent fields are kept is UNKNOWN, so all of it is written back
    /// here).
    ///
    /// ```
    /// # use stratustexting_sandbox::Sandbox;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use stratustexting::Client;
    /// use stratustexting::models::ContactRequest;
    ///
    /// # let sandbox = Sandbox::start().await?;
    /// # let client = Client::from_variables(sandbox.variables())?;
    /// # let mobile = client.contacts().list().collect_up_to(1).await?.remove(0).mobile_number;
    /// # let mobile = mobile.unwrap_or_default();
    /// let contact = client.contacts().find_by_mobile(&mobile).await?.into_inner();
    /// let changed = ContactRequest::from(contact).with_company("Example Ltd");
    ///
    /// client.contacts().update_by_mobile(&mobile, changed).await?;
    /// # let contact = client.contacts().find_by_mobile(&mobile).await?;
    /// # assert_eq!(contact.company.as_deref(), Some("Example Ltd"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`upsert`](Self::upsert), and [`Error::is_not_found`].
    pub fn update_by_mobile<N>(&self, mobile_number: N, contact: ContactRequest) -> Call<Contact>
    where
        N: TryInto<PhoneNumber, Error: Into<Unreadable>>,
    {
        let number = phone::named("mobile_number", mobile_number);
        self.client
            .call("updateContactByMobile", move |api| async move {
                let number = number?;
                check(&contact)?;
                Ok(api
                    .update_contact_by_mobile()
                    .mobile_number(number)
                    .body(contact)
                    .exchange()
                    .await?)
            })
    }

    /// Updates a contact by its id (`updateContact`, inferred).
    ///
    /// Whether the service keeps fields that are absent is UNKNOWN, so read the contact,
    /// change it, and write all of it back:
    ///
    /// ```
    /// # use stratustexting_sandbox::Sandbox;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use stratustexting::Client;
    /// use stratustexting::models::ContactRequest;
    ///
    /// # let sandbox = Sandbox::start().await?;
    /// # let client = Client::from_variables(sandbox.variables())?;
    /// # let mobile = client.contacts().list().collect_up_to(1).await?.remove(0).mobile_number;
    /// # let mobile = mobile.unwrap_or_default();
    /// let contact = client.contacts().find_by_mobile(&mobile).await?.into_inner();
    /// let id = contact.id.clone().ok_or("the service gave no id")?;
    /// let changed = ContactRequest::from(contact).with_first_name("Ada");
    ///
    /// client.contacts().update(id, changed).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// [`ContactRequest::clear`] clears a field, by writing `null`. How the service clears one
    /// is UNKNOWN, so look at the contact that comes back:
    ///
    /// ```
    /// # use stratustexting_sandbox::Sandbox;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use stratustexting::Client;
    /// use stratustexting::{ContactField, models::ContactRequest};
    ///
    /// # let sandbox = Sandbox::start().await?;
    /// # let client = Client::from_variables(sandbox.variables())?;
    /// # let contact = client.contacts().list().collect_up_to(1).await?.remove(0);
    /// # let id = contact.id.clone().ok_or("the service gave no id")?;
    /// let changed = ContactRequest::from(contact).clear(ContactField::Email);
    ///
    /// let written = client.contacts().update(id, changed).await?;
    /// if written.email.is_some() {
    ///     println!("the service doesn't clear by null");
    /// }
    /// # assert!(written.email.is_none());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`upsert`](Self::upsert), and [`Error::is_not_found`].
    pub fn update(&self, contact_id: impl Into<String>, contact: ContactRequest) -> Call<Contact> {
        let id = contact_id.into();
        self.client.call("updateContact", move |api| async move {
            input::id("contact_id", &id)?;
            check(&contact)?;
            Ok(api
                .update_contact()
                .contact_id(id)
                .body(contact)
                .exchange()
                .await?)
        })
    }
}

fn check(contact: &ContactRequest) -> Result<()> {
    let mut set = contact.clone();
    set.extra.clear();
    let set = serde_json::to_value(set).unwrap_or_default();
    let set = set.as_object();
    if contact.extra.is_empty() && set.is_some_and(Map::is_empty) {
        return Err(Error::input("contact", "must have at least one field"));
    }
    // An unlisted field's name may be personal, so only listed ones are named.
    let twice = set.and_then(|set| set.keys().find(|name| contact.extra.contains_key(*name)));
    if let Some(name) = twice {
        return Err(Error::input(
            format!("contact.{name}"),
            "is set, and stands in `extra`, too; the contact would have it twice",
        ));
    }
    if let Some(number) = &contact.mobile_number {
        PhoneNumber::of_field("contact.mobile_number", number.clone())?;
    }
    Ok(())
}
