//! Whether the service's own record of a contact permits a text.

use stratustexting::{Client, models::ConsentType};

use super::{Journal, OutboxBuilder, Permission};

impl<J: Journal> OutboxBuilder<J> {
    /// Asks the service for the recipient's contact directly before each attempt, and sends only
    /// if its consent level is one of these: a call per text. It takes the place of another
    /// [`ask`](Self::ask).
    ///
    /// A number without a contact, and a contact with another level, gets no text: the row is
    /// cancelled with that reason. The name of the field is inferred
    /// ([`Contact::consent_level`](stratustexting::models::Contact)), so a contact without one
    /// says nothing about the customer. As after a failed call, its row stays planned, and after
    /// the time of an [outage](Self::outage) the job is paused.
    ///
    /// ```
    /// # use stratustexting_sandbox::Sandbox;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use stratustexting::Client;
    /// # use stratustexting_queue::outbox::SqliteStore;
    /// # let sandbox = Sandbox::start().await?;
    /// # let client = Client::from_variables(sandbox.variables())?;
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("outbox.db");
    /// use stratustexting::models::ConsentType;
    /// use stratustexting_queue::outbox::Outbox;
    ///
    /// let outbox = Outbox::builder(SqliteStore::open(path).await?)
    ///     .require_consent_level(&client, [ConsentType::Informational])
    ///     .build();
    /// # Ok(())
    /// # }
    /// ```
    pub fn require_consent_level(
        self,
        client: &Client,
        levels: impl IntoIterator<Item = ConsentType>,
    ) -> Self {
        let client = client.clone();
        let levels: Vec<_> = levels.into_iter().collect();
        self.ask(move |recipient| {
            let (client, levels) = (client.clone(), levels.clone());
            async move {
                let found = client.contacts().find_by_mobile(recipient.number).await;
                let level = match found {
                    Ok(contact) => contact.into_inner().consent_level,
                    Err(error) if error.is_not_found() => {
                        let reason = "the service has no contact with this number".to_owned();
                        return Ok(Permission::Refused(reason));
                    }
                    Err(error) => return Err(error.into()),
                };
                match level {
                    None => Err("the service's contact says nothing of its consent".into()),
                    Some(level) if levels.contains(&level) => Ok(Permission::Granted),
                    Some(_) => {
                        let reason = "the contact's consent level permits no such text".to_owned();
                        Ok(Permission::Refused(reason))
                    }
                }
            }
        })
    }
}
