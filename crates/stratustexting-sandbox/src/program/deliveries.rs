//! The flags for the delivery of events.

use std::{path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};

use crate::{Builder, DeliverySettings, Order};

/// How events are posted to subscribers. The real service's order, timeouts and attempts
/// are UNKNOWN. `PATCH /control/settings` changes them later
#[derive(Debug, Args)]
#[command(next_help_heading = "Deliveries")]
pub(crate) struct DeliveryArguments {
    /// How long a callback may take, in milliseconds
    #[arg(
        long = "delivery-timeout",
        alias = "delivery-patience",
        value_name = "MILLISECONDS",
        default_value_t = 3_000
    )]
    delivery_timeout: u64,
    /// How often an event is posted at most
    #[arg(long, value_name = "TIMES", default_value_t = 3)]
    delivery_attempts: u32,
    /// How long to wait before an event is posted again, in milliseconds
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 1_000)]
    delivery_wait: u64,
    /// How many times longer each further wait is than the one before, 1 to 100
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    delivery_backoff: f64,
    /// The length beyond which waits don't grow, in milliseconds
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 60_000)]
    most_delivery_wait: u64,
    /// How many posts are in flight at a time, over all callbacks
    #[arg(long, value_name = "POSTS", default_value_t = 8)]
    deliveries_at_a_time: usize,
    /// The order in which the events of a callback are posted; the real service's is UNKNOWN
    #[arg(long, value_enum, default_value_t = OrderArgument::InOrder)]
    delivery_order: OrderArgument,
    /// How many events are shuffled together
    #[arg(long, value_name = "EVENTS", default_value_t = 10)]
    shuffled_events: usize,
    /// How long to wait for that many, in milliseconds
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 500)]
    shuffled_within: u64,
    /// The share of events that are posted twice, 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    repeated_deliveries: f64,
    /// The share of events that are held back, so that others overtake them, 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    late_deliveries: f64,
    /// How long late events are held back, in milliseconds
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 2_000)]
    late_by: u64,
    /// Suspend a subscription (BLACKLISTED) after this many failed deliveries in a row
    #[arg(long, value_name = "DELIVERIES")]
    suspend_after: Option<u32>,
    /// Allow callbacks on other machines, too
    #[arg(long)]
    allow_remote_callbacks: bool,
    /// Trust the certificates of this PEM file for callbacks by https, in addition to the
    /// system's (which SSL_CERT_FILE can replace)
    #[arg(long, value_name = "FILE")]
    callback_ca: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum OrderArgument {
    /// As they happened, one after the other
    InOrder,
    /// In groups, each in a random order that follows from the seed
    Shuffled,
    /// Each as soon as it happens, several at a time
    AtOnce,
}

impl DeliveryArguments {
    pub(crate) fn apply(self, builder: Builder) -> Builder {
        let order = match self.delivery_order {
            OrderArgument::InOrder => Order::InOrder,
            OrderArgument::Shuffled => Order::Shuffled,
            OrderArgument::AtOnce => Order::AtOnce,
        };
        let milliseconds = Duration::from_millis;
        let mut settings = DeliverySettings::new()
            .timeout(milliseconds(self.delivery_timeout))
            .attempts(self.delivery_attempts)
            .wait(milliseconds(self.delivery_wait))
            .backoff(self.delivery_backoff, milliseconds(self.most_delivery_wait))
            .at_a_time(self.deliveries_at_a_time)
            .order(order)
            .shuffled(self.shuffled_events, milliseconds(self.shuffled_within))
            .repeated(self.repeated_deliveries)
            .late(self.late_deliveries, milliseconds(self.late_by));
        if let Some(failures) = self.suspend_after {
            settings = settings.suspend_after(failures);
        }
        let mut builder = builder
            .delivery_settings(settings)
            .allow_remote_callbacks(self.allow_remote_callbacks);
        if let Some(file) = self.callback_ca {
            builder = builder.callback_ca(file);
        }
        builder
    }
}
