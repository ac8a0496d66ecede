//! Everything that a program needs to use a sandbox: its URLs, and a client with its
//! credentials.

use serde::Serialize;

use crate::{
    base,
    route::{AUTHORIZE_PATH, CONTROL_PATH, TOKEN_PATH},
    seed,
    state::State,
};

#[derive(Clone, Serialize)]
pub(crate) struct ConnectionDetails {
    pub(crate) api_base: String,
    pub(crate) authorize_url: String,
    pub(crate) token_url: String,
    pub(crate) control_url: String,
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
    pub(crate) fn of(host: &str, state: &State) -> Self {
        let client = state.oauth.clients.first();
        let client = client
            .cloned()
            .unwrap_or_else(|| unreachable!("every sandbox has a client"));
        Self {
            api_base: format!("{host}{}", base::PATH),
            authorize_url: format!("{host}{AUTHORIZE_PATH}/"),
            token_url: format!("{host}{TOKEN_PATH}/"),
            control_url: format!("{host}{CONTROL_PATH}"),
            client_id: client.client_id,
            client_secret: client.client_secret,
            api_key: client.api_key,
            number: seed::NUMBER.to_owned(),
            organization_id: state.organization_id().to_owned(),
            department_id: state.first_department().to_owned(),
            username: state.oauth.username.clone(),
            password: state.oauth.password.clone(),
        }
    }
}
