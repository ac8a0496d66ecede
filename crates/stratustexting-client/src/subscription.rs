//! When a subscription is to end.

use std::time::SystemTime;

use crate::types::SubscriptionRequest;

impl SubscriptionRequest {
    /// Sets when the subscription is to end; the same as
    /// [`with_expires_date_in_millies`](Self::with_expires_date_in_millies), as a time.
    ///
    /// Don't rely on it. The one recorded response didn't follow it: a program asked for 90
    /// days and got about 30 years. The response has the real time, in `expiration_time`.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use stratustexting_client::types::SubscriptionRequest;
    ///
    /// let end = SystemTime::UNIX_EPOCH + Duration::from_millis(1_893_456_000_500);
    /// let filters = vec!["/orgId/o/department/d/message?direction=inbound".to_owned()];
    ///
    /// let request = SubscriptionRequest::new(filters, "https://example.com/hook").with_expiry(end);
    ///
    /// assert_eq!(request.expires_date_in_millies, Some(1_893_456_000_500));
    /// ```
    #[must_use]
    pub fn with_expiry(self, end: SystemTime) -> Self {
        let since = end.duration_since(SystemTime::UNIX_EPOCH);
        let millis = since.unwrap_or_default().as_millis();
        self.with_expires_date_in_millies(i64::try_from(millis).unwrap_or(i64::MAX))
    }
}
