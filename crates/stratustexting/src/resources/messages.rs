//! Sending messages, and reading them.

use http::{HeaderValue, Method, header};
use stratustexting_client::{Operation, types};

use super::{Media, media, resource};
use crate::{
    Error, Result, input,
    phone::{IntoPhoneNumber, PhoneNumber},
    response::Response,
};

resource! {
    /// Messages; from [`Client::messages`](crate::Client::messages).
    ///
    /// A message costs money and can't be unsent, and the service gives no id by
    /// which to look whether one went out. So a message is sent again by itself only if
    /// provably nothing of it left; a call can say otherwise
    /// ([`CallOptions::resend`](crate::CallOptions::resend)). When sending fails,
    /// [`SendOutcome`](crate::SendOutcome) says what became of it. After an answer 401,
    /// the next call has another token.
    Messages
}

impl Messages {
    /// Sends an SMS (`sendSms`, seen working in client code).
    ///
    /// `from` is a number of the account, `to` one recipient, both in E.164 form.
    /// How long `text` may be is UNKNOWN; two programs state 1,000 and 1,600
    /// characters. Over 1,000 is logged as a warning, and nothing is cut; a text that makes
    /// the URL longer than
    /// [`max_url_length`](crate::ClientBuilder::max_url_length) is refused.
    ///
    /// # Errors
    ///
    /// [`Error::is_input`](crate::Error::is_input) for a number in another form, a text that
    /// is too long or shows nothing, before anything is sent; else any of [`Error`](crate::Error).
    pub async fn send_sms(
        &self,
        from: impl IntoPhoneNumber,
        to: impl IntoPhoneNumber,
        text: impl Into<String>,
    ) -> Result<Response<types::SendResult>> {
        let (from, to) = numbers(from, to)?;
        let text = text.into();
        input::message_text(&text)?;
        self.client
            .call_to_send("sendSms", &self.options, |api| async move {
                api.send_sms().from(from).to(to).text(text).exchange().await
            })
            .await
    }

    /// Sends an SMS that shows in an agent's mailbox (`sendSmsAsAgent`, in two
    /// programs' code, without a recorded run).
    ///
    /// `agent_email` is the address with which the agent signs in; the rest is as in
    /// [`send_sms`](Self::send_sms).
    ///
    /// # Errors
    ///
    /// As for [`send_sms`](Self::send_sms).
    pub async fn send_sms_as_agent(
        &self,
        agent_email: impl Into<String>,
        from: impl IntoPhoneNumber,
        to: impl IntoPhoneNumber,
        text: impl Into<String>,
    ) -> Result<Response<types::SendResult>> {
        let agent_email = agent_email.into();
        input::email("agent_email", &agent_email)?;
        let (from, to) = numbers(from, to)?;
        let text = text.into();
        input::message_text(&text)?;
        self.client
            .call_to_send("sendSmsAsAgent", &self.options, |api| async move {
                api.send_sms_as_agent()
                    .agent_email(agent_email)
                    .from(from)
                    .to(to)
                    .text(text)
                    .exchange()
                    .await
            })
            .await
    }

    /// Sends an MMS with one or more files (`sendMms`, inferred).
    ///
    /// `text` may be empty; then it is not sent. The files go as parts of a multipart
    /// form; see [`Media`] for where they come from. At most
    /// [`Media::MAX_FILES`] files are taken, and their sum has a limit, which the
    /// client's builder sets
    /// ([`media_limit_bytes`](crate::ClientBuilder::media_limit_bytes)).
    ///
    /// # Errors
    ///
    /// [`Error::is_input`](crate::Error::is_input) for a number in another form, no
    /// file, an empty file, or too much of them, before anything is sent; else any
    /// of [`Error`](crate::Error).
    pub async fn send_mms(
        &self,
        from: impl IntoPhoneNumber,
        to: impl IntoPhoneNumber,
        text: impl AsRef<str>,
        media: impl IntoIterator<Item = Media>,
    ) -> Result<Response<types::SendResult>> {
        let (from, to) = numbers(from, to)?;
        let form = media::form(media.into_iter().collect(), self.client.media_limit())?;
        let content_type = format!("multipart/form-data; boundary={}", form.boundary());
        let content_type = HeaderValue::from_str(&content_type)
            .map_err(|_| Error::input("media", "can't be put into a form"))?;
        // Collected, so that the request has a known length and can be repeated.
        let body = media::collect(form).await?;
        let mut query = vec![("from", from.as_str()), ("to", to.as_str())];
        let text = text.as_ref();
        input::warn_of_length(text);
        if !text.is_empty() {
            query.push(("text", text));
        }
        // The generator can't send multipart, so this one request is made by hand.
        let operation = Operation::find("sendMms")
            .ok_or_else(|| Error::configuration("openapi.json", "has no operation sendMms"))?;
        let request = self
            .client
            .build_request(Method::POST, operation.path)?
            .query(&query)
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, content_type)
            .body(body)
            .build()
            .map_err(crate::executor::transport_error)?;
        self.client
            .send_message(request, operation, &self.options)
            .await
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
    pub async fn get(&self, message_id: impl Into<String>) -> Result<Response<types::Message>> {
        let message_id = message_id.into();
        input::id("message_id", &message_id)?;
        self.client
            .call("getMessageById", &self.options, |api| async move {
                api.get_message_by_id()
                    .message_id(message_id)
                    .exchange()
                    .await
            })
            .await
    }
}

fn numbers(
    from: impl IntoPhoneNumber,
    to: impl IntoPhoneNumber,
) -> Result<(PhoneNumber, PhoneNumber)> {
    Ok((from.into_phone_number("from")?, to.into_phone_number("to")?))
}
