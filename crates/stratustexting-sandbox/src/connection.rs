//! Everything that a program needs to use a sandbox: its URLs, and a client with its
//! credentials.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    base,
    route::{AUTHORIZE_PATH, CONTROL_PATH, TOKEN_PATH},
    seed,
    state::State,
};

#[derive(Clone, JsonSchema, Serialize)]
pub(crate) struct ConnectionDetails {
    pub(crate) api_base: String,
    pub(crate) authorize_url: String,
    pub(crate) token_url: String,
    pub(crate) control_url: String,
    pub(crate) page_url: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) api_key: String,
    pub(crate) number: String,
    pub(crate) organization_id: String,
    pub(crate) department_id: String,
    pub(crate) username: String,
    pub(crate) password: String,
}

impl ConnectionDetails {
    /// `host` is a name or an address, with a port.
    pub(crate) fn of(host: &str, state: &State) -> Self {
        let client = state.oauth.clients.first();
        let client = client
            .cloned()
            .unwrap_or_else(|| unreachable!("every sandbox has a client"));
        Self {
            api_base: String::new(),
            authorize_url: String::new(),
            token_url: String::new(),
            control_url: String::new(),
            page_url: String::new(),
            client_id: client.client_id,
            client_secret: client.client_secret,
            api_key: client.api_key,
            number: seed::NUMBER.to_owned(),
            organization_id: state.organization_id().to_owned(),
            department_id: state.first_department().to_owned(),
            username: state.oauth.username.clone(),
            password: state.oauth.password.clone(),
        }
        .at(host)
    }

    /// The same for a program that reaches the sandbox by another host.
    pub(crate) fn at(&self, host: &str) -> Self {
        Self {
            api_base: format!("http://{host}{}", base::PATH),
            authorize_url: format!("http://{host}{AUTHORIZE_PATH}/"),
            token_url: format!("http://{host}{TOKEN_PATH}/"),
            control_url: format!("http://{host}{CONTROL_PATH}"),
            page_url: format!("http://{host}/"),
            ..self.clone()
        }
    }
}
