//! The resources: what a program does with the service, by topic.
//!
//! A resource checks its input, names the fields in errors, and calls the generated
//! operation. Each is had from the [`Client`](crate::Client), and each can be told
//! what is different for its calls:
//!
//! ```
//! # use stratustexting_sandbox::Sandbox;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use stratustexting::{Client, auth::Credentials};
//! use std::time::Duration;
//!
//! # let sandbox = Sandbox::start().await?;
//! # let client = Client::builder()
//! #     .api_base(sandbox.api_base()).token_url(sandbox.token_url())
//! #     .credentials(Credentials::client_credentials(sandbox.client_id(), sandbox.client_secret()))
//! #     .api_key(sandbox.api_key())
//! #     .build()?;
//! let contacts = client.contacts().timeout(Duration::from_secs(5));
//! let contact = contacts.find_by_mobile("+12025550123").await;
//! # let _ = contact;
//! # Ok(())
//! # }
//! ```

mod consents;
mod contacts;
mod media;
mod messages;
mod sites;
mod subscriptions;

pub use self::{
    consents::{Consents, ContactRef},
    contacts::Contacts,
    media::Media,
    messages::Messages,
    sites::Sites,
    subscriptions::Subscriptions,
};

/// Defines a resource: a client, and what differs for its calls.
macro_rules! resource {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name {
            client: $crate::Client,
            options: $crate::CallOptions,
        }

        impl $name {
            pub(crate) fn new(client: $crate::Client) -> Self {
                Self {
                    client,
                    options: $crate::CallOptions::default(),
                }
            }

            /// The same resource with other options for its calls.
            #[must_use]
            pub fn options(mut self, options: $crate::CallOptions) -> Self {
                self.options = options;
                self
            }

            /// The same resource with another time limit for its calls; see
            /// [`CallOptions::timeout`](crate::CallOptions::timeout).
            #[must_use]
            pub fn timeout(mut self, timeout: ::std::time::Duration) -> Self {
                self.options = self.options.timeout(timeout);
                self
            }
        }
    };
}
use resource;

/// A pager over an operation that returns pages of `$page`: its builder is asked for each
/// page in turn.
macro_rules! pages {
    ($resource:expr, $id:literal, $page:ty, [$($capture:ident),*], |$api:ident| $request:expr) => {{
        let resource = $resource.clone();
        let paging = resource.client.paging($id);
        $crate::Pager::new($id, paging, move |asked: $crate::pager::PageRequest| {
            let resource = resource.clone();
            $(let $capture = $capture.clone();)*
            async move {
                let $crate::pager::PageRequest { page, size, token } = asked;
                resource
                    .client
                    .call_for_page::<$page, _>($id, &resource.options, token, |$api| async move {
                        let mut request = $request;
                        if let Some(page) = page {
                            request = request.page(page);
                        }
                        if let Some(size) = size {
                            request = request.size(size);
                        }
                        request.exchange().await
                    })
                    .await
            }
        })
    }};
}
use pages;
