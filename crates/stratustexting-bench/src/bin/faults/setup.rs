//! A sandbox, clients for it, and the data that the operations need.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use stratustexting::{
    Backoff, Client, ClientBuilder, RetryBudget,
    auth::{Credentials, MemoryTokenStore},
    models::{ContactRequest, CustomConsentRequest, SubscriptionRequest},
};
use stratustexting_sandbox::{Commit, Fault, Sandbox};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// A call that takes this long has exceeded its deadline by more than a busy machine explains.
pub(crate) const OVERDUE: Duration = Duration::from_secs(5);

/// The largest response that the clients read.
pub(crate) const LARGEST_RESPONSE: usize = 64 * 1024;

/// A customer's number; no seeded contact has it.
pub(crate) const CUSTOMER: &str = "+13035550123";

/// A sandbox and its data.
pub(crate) struct Setup {
    pub(crate) sandbox: Sandbox,
    /// The target of redirects; nothing must arrive there.
    pub(crate) elsewhere: Sandbox,
    /// Clients that share it share their login.
    tokens: Arc<MemoryTokenStore>,
    /// The deadline of a call.
    deadline: Duration,
    pub(crate) message_id: String,
    pub(crate) contact_id: String,
    pub(crate) consent_id: String,
    callback: String,
}

impl Setup {
    pub(crate) async fn new(deadline: Duration) -> anyhow::Result<Self> {
        // All operations use one login, by client credentials.
        let sandbox = Sandbox::builder().contacts(3);
        let sandbox = sandbox.allow_machine_subscriptions(true).start().await?;
        let elsewhere = Sandbox::builder().contacts(0).start().await?;
        let (number, text) = (sandbox.number().to_owned(), "hello");
        let message_id = sandbox.customer_texts(CUSTOMER, &number, text).await?;
        let mut setup = Self {
            sandbox,
            elsewhere,
            tokens: Arc::new(MemoryTokenStore::new()),
            deadline,
            message_id,
            contact_id: String::new(),
            consent_id: String::new(),
            callback: callback().await?,
        };
        let client = setup.reliable_client()?;
        let contact = ContactRequest::default().with_mobile_number(CUSTOMER);
        let contact = client.contacts().upsert(contact).await?;
        setup.contact_id = contact.into_inner().id.context("a contact has an id")?;
        let consent = CustomConsentRequest::default().with_name("Order updates");
        let consent = client.consents().create(consent).await?;
        setup.consent_id = consent.into_inner().id.context("a consent has an id")?;
        Ok(setup)
    }

    /// A client that reuses open connections.
    pub(crate) fn client(&self) -> stratustexting::Result<Client> {
        self.builder(&self.tokens).build()
    }

    /// A client that opens a connection for each request. Both share a login.
    pub(crate) fn client_without_pool(&self) -> stratustexting::Result<Client> {
        self.builder(&self.tokens)
            .configure_http(|http| http.pool_max_idle_per_host(0))
            .build()
    }

    /// A client that has no token yet.
    pub(crate) fn client_without_token(&self) -> stratustexting::Result<Client> {
        self.builder(&Arc::new(MemoryTokenStore::new())).build()
    }

    /// A client for requests that mustn't fail.
    pub(crate) fn reliable_client(&self) -> stratustexting::Result<Client> {
        self.builder(&self.tokens)
            .timeout(Duration::from_secs(60))
            .build()
    }

    fn builder(&self, tokens: &Arc<MemoryTokenStore>) -> ClientBuilder {
        let sandbox = &self.sandbox;
        Client::builder()
            .api_base(sandbox.api_base())
            .authorize_url(sandbox.authorize_url())
            .token_url(sandbox.token_url())
            .api_key(sandbox.api_key())
            .credentials(Credentials::client_credentials(
                sandbox.client_id(),
                sandbox.client_secret(),
            ))
            .token_store(Arc::clone(tokens))
            // As many attempts as by default, without the waits, so that retries are
            // tested, too.
            .retry(Backoff::new().base(Duration::from_millis(5)))
            .retry_budget(RetryBudget::unlimited())
            .timeout(self.deadline)
            .max_response_bytes(LARGEST_RESPONSE)
    }

    /// A subscription whose callback completes the handshake.
    pub(crate) fn subscription(&self) -> SubscriptionRequest {
        let (organization, department) =
            (self.sandbox.organization_id(), self.sandbox.department_id());
        let filter = format!("/orgId/{organization}/department/{department}/contact?event=create");
        SubscriptionRequest::new(vec![filter], self.callback.clone())
    }

    /// Every fault of a request. Redirects lead to the other sandbox; delays end before
    /// the deadline, and after it.
    pub(crate) fn faults(&self) -> Vec<Fault> {
        let elsewhere = format!("{}/message/sendsms", self.elsewhere.api_base());
        let mut faults = Fault::every(&elsewhere);
        // Larger than the limit of these clients.
        faults.retain(|fault| fault.name() != "oversized_body");
        for commit in [Commit::Before, Commit::After] {
            faults.push(Fault::oversized_body(4 * LARGEST_RESPONSE, commit));
            faults.push(Fault::respond_late(self.deadline * 2, commit));
        }
        faults
    }

    /// How many requests arrived at the target of redirects.
    pub(crate) fn followed(&self) -> usize {
        self.elsewhere.ledger().len() + self.elsewhere.broken_requests().len()
    }

    /// Waits until everything that was sent has arrived and is handled.
    pub(crate) async fn settled(&self) -> anyhow::Result<()> {
        // Connections are accepted in order, so all earlier ones are, too.
        let url = self.sandbox.control_url();
        let address = url.trim_start_matches("http://");
        let (address, _) = address.split_once('/').context("the URL has a path")?;
        let mut connection = TcpStream::connect(address).await?;
        let request = b"GET /control/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        connection.write_all(request).await?;
        connection.read_to_end(&mut Vec::new()).await?;
        self.sandbox.requests_settled().await;
        Ok(())
    }
}

/// Starts a callback that only completes the handshake; returns its URL.
async fn callback() -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/hook", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(handshake(connection));
        }
    });
    Ok(url)
}

async fn handshake(mut connection: TcpStream) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if connection.read_buf(&mut head).await? == 0 {
            return Ok(());
        }
    }
    let head = String::from_utf8_lossy(&head).to_string();
    let is_token = |line: &&str| line.to_ascii_lowercase().starts_with("validation-token:");
    let token = head.lines().find(is_token).unwrap_or("x: y");
    let response =
        format!("HTTP/1.1 200 OK\r\n{token}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    connection.write_all(response.as_bytes()).await
}
