//! The resources: the service's operations, by topic.
//!
//! A resource checks its input, names the fields in errors, and calls the generated
//! operation. Each comes from the [`Client`](crate::Client). Its methods give a
//! [`Call`](crate::Call), on which options are set before it is awaited, or a
//! [`Pager`](crate::Pager).

mod consents;
mod contacts;
mod media;
mod messages;
mod sites;
mod subscriptions;

pub(crate) use self::subscriptions::check as check_subscription;
pub use self::{
    consents::{Consents, ContactRef},
    contacts::Contacts,
    media::Media,
    messages::Messages,
    sites::Sites,
    subscriptions::Subscriptions,
};

/// Defines a resource: a view of a client.
macro_rules! resource {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name {
            client: $crate::Client,
        }

        impl $name {
            pub(crate) fn new(client: $crate::Client) -> Self {
                Self { client }
            }
        }
    };
}
use resource;

/// A pager over an operation that returns pages of `$page`: its builder is asked for each
/// page in turn.
macro_rules! pages {
    ($resource:expr, $id:literal, $page:ty, [$($capture:ident),*], |$api:ident| $request:expr) => {{
        let client = $resource.client.clone();
        let paging = client.paging($id);
        $crate::Pager::new($id, paging, move |asked: $crate::pager::PageRequest| {
            let client = client.clone();
            $(let $capture = $capture.clone();)*
            async move {
                let $crate::pager::PageRequest { page, size, token, options } = asked;
                client
                    .call_for_page::<$page, _>($id, &options, token, |$api| async move {
                        let mut request = $request;
                        if let Some(page) = page {
                            request = request.page(page);
                        }
                        if let Some(size) = size {
                            request = request.size(size);
                        }
                        Ok(request.exchange().await?)
                    })
                    .await
            }
        })
    }};
}
use pages;
