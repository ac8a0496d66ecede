//! Webhook subscriptions.

use stratustexting_client::types::{Subscription, SubscriptionPage, SubscriptionRequest};
use url::Url;

use super::{pages, resource};
use crate::{
    Error, Result, endpoint, input, pager::Pager, response::Response, webhook::EventFilter,
};

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
    /// Before it answers, the service calls `callback` with a handshake, which
    /// [`webhook::Incoming`](crate::webhook::Incoming) answers: the callback has to be
    /// up while this call is under way.
    ///
    /// # Errors
    ///
    /// As for [`upsert`](Self::upsert).
    pub async fn subscribe(
        &self,
        callback: impl Into<String>,
        events: impl IntoIterator<Item = EventFilter>,
    ) -> Result<Response<Subscription>> {
        let filters: Vec<String> = events.into_iter().map(String::from).collect();
        self.upsert(SubscriptionRequest::new(filters, callback))
            .await
    }

    /// Creates a subscription, or updates one (`upsertSubscription`, documented; what
    /// makes it an update is UNKNOWN).
    ///
    /// `expires_date_in_millies` is a time in milliseconds since 1970-01-01 UTC. The
    /// one recorded answer didn't follow it: asked for 90 days, got about 30 years.
    ///
    /// # Errors
    ///
    /// [`Error::is_input`] when the callback is neither `https` nor `http` to a
    /// loopback address, or when there is no filter.
    pub async fn upsert(&self, request: SubscriptionRequest) -> Result<Response<Subscription>> {
        check(&request)?;
        self.client
            .call("upsertSubscription", &self.options, |api| async move {
                api.upsert_subscription().body(request).exchange().await
            })
            .await
    }

    /// Ends a subscription (`deleteSubscription`, seen working in client code, absent
    /// from the vendor's table of contents).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is none.
    pub async fn delete(&self, subscription_id: impl Into<String>) -> Result<Response<()>> {
        let subscription_id = subscription_id.into();
        input::id("subscription_id", &subscription_id)?;
        self.client
            .call_for_nothing("deleteSubscription", &self.options, |api| async move {
                api.delete_subscription()
                    .subscription_id(subscription_id)
                    .exchange()
                    .await
            })
            .await
    }
}

fn check(request: &SubscriptionRequest) -> Result<()> {
    let callback = Url::parse(&request.uri).ok().filter(|url| {
        url.scheme() == "https" || url.scheme() == "http" && endpoint::is_loopback(url)
    });
    if callback.is_none() {
        return Err(Error::input(
            "uri",
            "has to be an https URL; plain http is allowed to a loopback address only",
        ));
    }
    if request.event_filters.is_empty() {
        return Err(Error::input("event_filters", "have to be one or more"));
    }
    for filter in &request.event_filters {
        input::not_empty("event_filters", filter)?;
    }
    Ok(())
}
