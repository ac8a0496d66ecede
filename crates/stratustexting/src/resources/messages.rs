//! Sending messages, and reading them.

use http::{HeaderValue, Method, header};
use stratustexting_client::{
    Operation,
    types::{Message, SendResult},
};

use super::{Media, media};
use crate::{
    Call, Client, Error, Result, input,
    phone::{self, PhoneNumber, Unreadable},
};

/// Messages; from [`Client::messages`](crate::Client::messages).
///
/// A message costs money and can't be unsent, and the service gives no id by which one could
/// be found. So a send is retried only if provably no byte of it left, unless the call says
/// otherwise ([`Call::resend`](crate::Call::resend)). [`Outcome`](crate::Outcome) tells how
/// a send ended. After a 401 response, the next
/// call has another token.
#[derive(Clone, Debug)]
pub struct Messages {
    client: Client,
    /// Who sends; an error here waits for the send.
    sender: Option<Result<PhoneNumber>>,
}

impl Messages {
    pub(crate) fn new(client: Client) -> Self {
        let sender = client.sender().cloned().map(Ok);
        Self { client, sender }
    }

    /// Messages from a number of the account, in E.164 form, in place of the client's
    /// [`sender`](crate::ClientBuilder::sender). A number in another form is
    /// [`Error::is_input`](crate::Error::is_input) when a message is sent.
    ///
    /// ```
    /// # use stratustexting_sandbox::Sandbox;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use stratustexting::Client;
    /// # let sandbox = Sandbox::start().await?;
    /// # let client = Client::from_variables(sandbox.variables())?;
    /// let support = client.messages().from("+12025550100");
    ///
    /// support.send_sms("+12025550123", "How can we help?").await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn from<N>(&self, number: N) -> Self
    where
        N: TryInto<PhoneNumber, Error: Into<Unreadable>>,
    {
        Self {
            client: self.client.clone(),
            sender: Some(phone::named("from", number)),
        }
    }

    /// Sends an SMS (`sendSms`, seen working in client code).
    ///
    /// `to` is one recipient, in E.164 form. The sender is [`from`](Self::from), or else the
    /// client's. How long `text` may be is UNKNOWN; two programs state 1,000 and 1,600
    /// characters. Over 1,000 is logged as a warning, and nothing is cut; a text that makes
    /// the URL longer than
    /// [`max_url_length`](crate::ClientBuilder::max_url_length) is an input error.
    ///
    /// ```
    /// # use stratustexting_sandbox::Sandbox;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use stratustexting::Client;
    /// # let sandbox = Sandbox::start().await?;
    /// # let client = Client::from_variables(sandbox.variables())?;
    /// let sent = client.messages().send_sms("+12025550123", "Your order is ready.").await?;
    ///
    /// assert_eq!(sent.result.as_deref(), Some("Message Processed Successfully"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_input`](crate::Error::is_input) for no sender, a number in another form, a
    /// text that is too long or shows nothing, before anything is sent; else any of
    /// [`Error`](crate::Error).
    pub fn send_sms<N>(&self, to: N, text: impl Into<String>) -> Call<SendResult>
    where
        N: TryInto<PhoneNumber, Error: Into<Unreadable>>,
    {
        let (from, to) = (self.sender(), phone::named("to", to));
        let text = text.into();
        self.client.call_to_send("sendSms", move |api| async move {
            let (from, to) = (from?, to?);
            input::message_text(&text)?;
            Ok(api
                .send_sms()
                .from(from)
                .to(to)
                .text(text)
                .exchange()
                .await?)
        })
    }

    /// Sends an SMS that shows in an agent's mailbox (`sendSmsAsAgent`, in two
    /// programs' code, without a recorded run).
    ///
    /// `agent_email` is the address with which the agent logs in; the rest is as in
    /// [`send_sms`](Self::send_sms).
    ///
    /// ```
    /// # use stratustexting_sandbox::Sandbox;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use stratustexting::Client;
    /// # let sandbox = Sandbox::start().await?;
    /// # let client = Client::from_variables(sandbox.variables())?;
    /// client
    ///     .messages()
    ///     .send_sms_as_agent("agent@example.com", "+12025550123", "I will call you at five.")
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`send_sms`](Self::send_sms).
    pub fn send_sms_as_agent<N>(
        &self,
        agent_email: impl Into<String>,
        to: N,
        text: impl Into<String>,
    ) -> Call<SendResult>
    where
        N: TryInto<PhoneNumber, Error: Into<Unreadable>>,
    {
        let (from, to) = (self.sender(), phone::named("to", to));
        let (agent_email, text) = (agent_email.into(), text.into());
        self.client
            .call_to_send("sendSmsAsAgent", move |api| async move {
                input::email("agent_email", &agent_email)?;
                let (from, to) = (from?, to?);
                input::message_text(&text)?;
                Ok(api
                    .send_sms_as_agent()
                    .agent_email(agent_email)
                    .from(from)
                    .to(to)
                    .text(text)
                    .exchange()
                    .await?)
            })
    }

    /// Sends an MMS with one or more files (`sendMms`, inferred).
    ///
    /// `text` may be empty; then it is not sent. The files go as parts of a multipart
    /// form; see [`Media`] for where they come from. At most
    /// [`Media::MAX_FILES`] files are taken, and their sum has a limit, which the
    /// client's builder sets
    /// ([`media_limit_bytes`](crate::ClientBuilder::media_limit_bytes)).
    ///
    /// ```
    /// # use stratustexting_sandbox::Sandbox;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use stratustexting::{Client, Media};
    /// # let sandbox = Sandbox::start().await?;
    /// # let client = Client::from_variables(sandbox.variables())?;
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("card.png");
    /// # std::fs::write(&path, b"\x89PNG\r\n\x1a\n")?;
    /// let card = Media::from_path(&path).await?;
    ///
    /// client.messages().send_mms("+12025550123", "Our card", [card]).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_input`](crate::Error::is_input) for no sender, a number in another form, no
    /// file, an empty file, or too much of them, before anything is sent; else any
    /// of [`Error`](crate::Error).
    pub fn send_mms<N>(
        &self,
        to: N,
        text: impl Into<String>,
        media: impl IntoIterator<Item = Media>,
    ) -> Call<SendResult>
    where
        N: TryInto<PhoneNumber, Error: Into<Unreadable>>,
    {
        let (from, to) = (self.sender(), phone::named("to", to));
        let (text, media) = (text.into(), media.into_iter().collect());
        let client = self.client.clone();
        Call::new(move |options| async move {
            let (request, operation) = multipart(&client, &from?, &to?, &text, media).await?;
            client.send_message(request, operation, &options).await
        })
    }

    /// Reads a message (`getMessageById`, documented in the vendor's FAQ).
    ///
    /// The id comes from a webhook's
    /// [`messageInfo`](stratustexting_client::types::MessageInfo); sending gives none.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`](crate::Error::is_not_found) when there is none; else any
    /// of [`Error`](crate::Error).
    pub fn get(&self, message_id: impl Into<String>) -> Call<Message> {
        let message_id = message_id.into();
        self.client.call("getMessageById", move |api| async move {
            input::id("message_id", &message_id)?;
            Ok(api
                .get_message_by_id()
                .message_id(message_id)
                .exchange()
                .await?)
        })
    }

    fn sender(&self) -> Result<PhoneNumber> {
        let none = "must be set, here by `Messages::from` or for all by `ClientBuilder::sender`";
        self.sender
            .clone()
            .unwrap_or_else(|| Err(Error::input("from", none)))
    }
}

/// The request of an MMS. The generator can't send multipart, so this one is made by hand.
async fn multipart(
    client: &Client,
    from: &PhoneNumber,
    to: &PhoneNumber,
    text: &str,
    media: Vec<Media>,
) -> Result<(reqwest::Request, &'static Operation)> {
    let operation = Operation::find("sendMms")
        .ok_or_else(|| Error::configuration("openapi.json", "has no operation sendMms"))?;
    let form = media::form(media, client.media_limit())?;
    let content_type = format!("multipart/form-data; boundary={}", form.boundary());
    let content_type = HeaderValue::from_str(&content_type)
        .map_err(|_| Error::input("media", "can't be put into a form"))?;
    // Collected, so that the request has a known length and can be retried.
    let body = media::collect(form).await?;
    let mut query = vec![("from", from.as_str()), ("to", to.as_str())];
    input::warn_of_length(text);
    if !text.is_empty() {
        query.push(("text", text));
    }
    let request = client
        .build_request(Method::POST, operation.path)?
        .query(&query)
        .header(header::ACCEPT, "application/json")
        .header(header::CONTENT_TYPE, content_type)
        .body(body)
        .build()
        .map_err(crate::transport::transport_error)?;
    Ok((request, operation))
}
