//! A client's settings for a sandbox, as environment variables.

use crate::{Sandbox, connection::ConnectionDetails};

impl Sandbox {
    /// The variables from which the SDK's `Client::from_variables`, or a program that reads
    /// its settings from the environment, gets a client of this sandbox: by the client
    /// credentials grant, and sending from [`number`](Self::number).
    #[must_use]
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let variables = self.shared.connection.variables().into_iter();
        variables
            .map(|(name, value)| (name, value.to_owned()))
            .collect()
    }
}

impl ConnectionDetails {
    pub(crate) fn variables(&self) -> [(&'static str, &str); 8] {
        [
            ("STRATUS_API_BASE", &self.api_base),
            ("STRATUS_AUTHORIZE_URL", &self.authorize_url),
            ("STRATUS_TOKEN_URL", &self.token_url),
            ("STRATUS_CLIENT_ID", &self.client_id),
            ("STRATUS_CLIENT_SECRET", &self.client_secret),
            ("STRATUS_API_KEY", &self.api_key),
            ("STRATUS_GRANT", "client_credentials"),
            ("STRATUS_SENDER", &self.number),
        ]
    }
}
