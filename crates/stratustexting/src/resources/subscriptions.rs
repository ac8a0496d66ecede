//! Webhook subscriptions.

use stratustexting_client::types::{Subscription, SubscriptionPage, SubscriptionRequest};
use url::Url;

use super::{pages, resource};
use crate::{Call, Error, Result, endpoint, input, pager::Pager, webhook::EventFilter};

resource! {
    /// Webhook subscriptions; from
    /// [`Client::subscriptions`](crate::Client::subscriptions).
    ///
    /// They were seen working with a user's token only
    /// ([`Credentials::authorization_code`](crate::auth::Credentials::authorization_code)).
    Subscriptions
}

impl Subscriptions {
    /// All subscriptions (`listSubscriptions`, seen working in client code).
    ///
    /// The client that was seen asks for no page, so it isn't known whether the service pages
    /// here. Where it gives all at once whatever is asked, and marks no end, the list ends with
    /// an error that says so ([`Error::is_incomplete`]) after all the subscriptions that came;
    /// [`Paging::Single`](crate::Paging::Single), set by
    /// [`ClientBuilder::operation`](crate::ClientBuilder::operation), says that this is all.
    pub fn list(&self) -> Pager<Subscription> {
        pages!(self, "listSubscriptions", SubscriptionPage, [], |api| api
            .list_subscriptions())
    }

    /// Has events posted to a callback, for as long as the service sees fit
    /// (`upsertSubscription`, documented).
    ///
    /// Before it responds, the service calls `callback` with a handshake, to which
    /// [`webhook::Incoming`](crate::webhook::Incoming) responds: the callback must be
    /// up while this call is under way. [`webhook`](crate::webhook#with-axum) has an example
    /// with both sides.
    ///
    /// # Errors
    ///
    /// As for [`upsert`](Self::upsert).
    pub fn subscribe(
        &self,
        callback: impl Into<String>,
        events: impl IntoIterator<Item = EventFilter>,
    ) -> Call<Subscription> {
        let filters: Vec<String> = events.into_iter().map(String::from).collect();
        self.upsert(SubscriptionRequest::new(filters, callback))
    }

    /// Creates a subscription, or updates one (`upsertSubscription`, documented; what
    /// makes it an update is UNKNOWN).
    ///
    /// `expires_date_in_millies` is a time in milliseconds since 1970-01-01 UTC. The
    /// one recorded response didn't follow it: asked for 90 days, got about 30 years.
    ///
    /// # Errors
    ///
    /// [`Error::is_input`] when the callback is neither `https` nor `http` to a
    /// loopback address, or when there is no filter.
    pub fn upsert(&self, request: SubscriptionRequest) -> Call<Subscription> {
        self.client
            .call("upsertSubscription", move |api| async move {
                check(&request)?;
                Ok(api.upsert_subscription().body(request).exchange().await?)
            })
    }

    /// Ends a subscription (`deleteSubscription`, seen working in client code, absent
    /// from the vendor's table of contents).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is none.
    pub fn delete(&self, subscription_id: impl Into<String>) -> Call<()> {
        let id = subscription_id.into();
        self.client
            .call_for_nothing("deleteSubscription", move |api| async move {
                input::id("subscription_id", &id)?;
                Ok(api
                    .delete_subscription()
                    .subscription_id(id)
                    .exchange()
                    .await?)
            })
    }
}

/// Refuses a subscription that the service couldn't serve.
pub(crate) fn check(request: &SubscriptionRequest) -> Result<()> {
    let callback = Url::parse(&request.uri).ok().filter(|url| {
        url.scheme() == "https" || url.scheme() == "http" && endpoint::is_loopback(url)
    });
    if callback.is_none() || input::is_padded(&request.uri) {
        return Err(Error::input(
            "uri",
            "must be an https URL without white space around it; plain http is allowed to a \
             loopback address only",
        ));
    }
    if request.event_filters.is_empty() {
        return Err(Error::input("event_filters", "must be one or more"));
    }
    for filter in &request.event_filters {
        input::not_empty("event_filters", filter)?;
    }
    Ok(())
}
