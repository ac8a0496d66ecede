//! A client from environment variables.

use std::{collections::HashMap, env, ffi::OsString};

use super::{Client, ClientBuilder};
use crate::{
    Brand, Error, PhoneNumber, Result,
    auth::{Credentials, FileTokenStore},
    input,
};

impl Client {
    /// Makes a client from environment variables; [`ClientBuilder::from_env`] lists them.
    ///
    /// ```
    /// # use stratustexting_sandbox::Sandbox;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use stratustexting::Client;
    ///
    /// # let sandbox = Sandbox::start().await?;
    /// # for (name, value) in sandbox.variables() {
    /// #     // This program has one thread.
    /// #     unsafe { std::env::set_var(name, value) };
    /// # }
    /// let client = Client::from_env()?;
    ///
    /// client.messages().send_sms("+12025550123", "Hello").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_configuration`], naming the variable in [`Error::field`].
    pub fn from_env() -> Result<Self> {
        ClientBuilder::from_env()?.build()
    }

    /// The same of variables that are given; see [`ClientBuilder::from_variables`].
    ///
    /// # Errors
    ///
    /// As for [`from_env`](Self::from_env).
    pub fn from_variables<N, V>(variables: impl IntoIterator<Item = (N, V)>) -> Result<Self>
    where
        N: Into<String>,
        V: Into<OsString>,
    {
        ClientBuilder::from_variables(variables)?.build()
    }
}

impl ClientBuilder {
    /// Makes a builder from environment variables; more can be set on it.
    ///
    /// | variable | meaning |
    /// |---|---|
    /// | `STRATUS_CLIENT_ID`, `STRATUS_CLIENT_SECRET`, `STRATUS_API_KEY` | from the product's page "API Connect"; required |
    /// | `STRATUS_GRANT` | `authorization_code` (default) or `client_credentials` |
    /// | `STRATUS_BRAND` | `stratustexting` (default), `beetexting`, `phone-com`, `itctxt` |
    /// | `STRATUS_TOKEN_FILE` | where tokens are kept ([`FileTokenStore`]); by default in memory |
    /// | `STRATUS_SENDER` | the number that messages are sent from ([`sender`](Self::sender)) |
    /// | `STRATUS_API_BASE`, `STRATUS_AUTHORIZE_URL`, `STRATUS_TOKEN_URL` | in place of the brand's |
    /// | `STRATUS_ALLOW_PLAIN_HTTP` | a host to which plain `http` is allowed, for a sandbox in another container ([`allow_plain_http`](Self::allow_plain_http)) |
    ///
    /// An empty variable counts as not set. The names are this crate's own.
    ///
    /// # Errors
    ///
    /// [`Error::is_configuration`], naming the variable in [`Error::field`]. A required variable
    /// isn't set; the text names all of them. Or a value is impossible, such as a secret with a
    /// line break at its end.
    pub fn from_env() -> Result<Self> {
        Self::read(|name| env::var_os(name))
    }

    /// The same of variables that are given, such as those of a file, or of a sandbox, which
    /// offers them for tests:
    ///
    /// ```
    /// use stratustexting::Client;
    /// use stratustexting_sandbox::Sandbox;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let sandbox = Sandbox::start().await?;
    /// let client = Client::from_variables(sandbox.variables())?;
    ///
    /// client.messages().send_sms("+12025550123", "Hello").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`from_env`](Self::from_env).
    pub fn from_variables<N, V>(variables: impl IntoIterator<Item = (N, V)>) -> Result<Self>
    where
        N: Into<String>,
        V: Into<OsString>,
    {
        let variables: HashMap<String, OsString> = variables
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        Self::read(|name| variables.get(name).cloned())
    }

    fn read(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self> {
        let read = |name: &'static str| -> Result<Option<String>> {
            let value = match variable(name).map(OsString::into_string) {
                Some(Ok(value)) if !value.is_empty() => value,
                Some(Err(_)) => return Err(Error::configuration(name, "must be UTF-8")),
                _ => return Ok(None),
            };
            input::credential(name, &value)?;
            Ok(Some(value))
        };
        let required = [
            "STRATUS_CLIENT_ID",
            "STRATUS_CLIENT_SECRET",
            "STRATUS_API_KEY",
        ];
        let missing = |name| {
            let others = required.iter().filter(|&&other| {
                other != name && variable(other).is_none_or(|value| value.is_empty())
            });
            let others: Vec<&str> = others.copied().collect();
            let problem = if others.is_empty() {
                "must be set".to_owned()
            } else {
                format!("must be set, and so must {}", others.join(", "))
            };
            Error::configuration(name, problem)
        };
        let [id, secret, key] =
            required.map(|name| read(name).and_then(|value| value.ok_or_else(|| missing(name))));
        let (id, secret, key) = (id?, secret?, key?);

        let credentials = match read("STRATUS_GRANT")?.as_deref() {
            None | Some("authorization_code") => Credentials::authorization_code(id, secret),
            Some("client_credentials") => Credentials::client_credentials(id, secret),
            Some(_) => {
                return Err(Error::configuration(
                    "STRATUS_GRANT",
                    "must be `authorization_code` or `client_credentials`",
                ));
            }
        };
        let mut builder = Client::builder().credentials(credentials).api_key(key);
        if let Some(brand) = read("STRATUS_BRAND")? {
            let brand = brand
                .parse()
                .map_err(|_| Error::configuration("STRATUS_BRAND", Brand::allowed()))?;
            builder = builder.brand(brand);
        }
        if let Some(path) = read("STRATUS_TOKEN_FILE")? {
            builder = builder.token_store(FileTokenStore::new(path));
        }
        if let Some(number) = read("STRATUS_SENDER")? {
            if let Some(problem) = PhoneNumber::problem(&number) {
                return Err(Error::configuration("STRATUS_SENDER", problem));
            }
            builder = builder.sender(number);
        }
        if let Some(url) = read("STRATUS_API_BASE")? {
            builder = builder.api_base(url);
        }
        if let Some(url) = read("STRATUS_AUTHORIZE_URL")? {
            builder = builder.authorize_url(url);
        }
        if let Some(url) = read("STRATUS_TOKEN_URL")? {
            builder = builder.token_url(url);
        }
        if let Some(host) = read("STRATUS_ALLOW_PLAIN_HTTP")? {
            builder = builder.allow_plain_http(host);
        }
        Ok(builder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: [(&str, &str); 3] = [
        ("STRATUS_CLIENT_ID", "id"),
        ("STRATUS_CLIENT_SECRET", "canary"),
        ("STRATUS_API_KEY", "key"),
    ];

    fn of(variables: &[(&str, &str)]) -> Result<Client> {
        // The last one counts, so that a test can add to the good ones.
        Client::from_variables(variables.iter().copied())
    }

    #[test]
    fn the_three_that_are_required_are_enough() {
        assert!(of(&GOOD).is_ok());
        let more = [
            ("STRATUS_GRANT", "client_credentials"),
            ("STRATUS_BRAND", "beetexting"),
            ("STRATUS_TOKEN_FILE", "token.json"),
            ("STRATUS_SENDER", "+12025550100"),
            ("STRATUS_TOKEN_URL", ""),
            ("STRATUS_ALLOW_PLAIN_HTTP", "sandbox"),
        ];
        assert!(of(&[&GOOD[..], &more].concat()).is_ok());
    }

    #[test]
    fn plain_http_to_another_host_needs_its_variable() {
        let urls = [
            ("STRATUS_API_BASE", "http://sandbox:8080/prod"),
            ("STRATUS_TOKEN_URL", "http://sandbox:8080/oauth2/token/"),
        ];
        let without = [&GOOD[..], &urls].concat();
        let with = [&without[..], &[("STRATUS_ALLOW_PLAIN_HTTP", "sandbox")]].concat();

        assert_eq!(of(&without).unwrap_err().field(), Some("api_base"));
        assert!(of(&with).is_ok());
    }

    #[test]
    fn what_is_wrong_is_named_by_its_variable() {
        for (name, value) in [
            ("STRATUS_CLIENT_ID", ""),
            ("STRATUS_CLIENT_SECRET", "canary\n"),
            ("STRATUS_API_KEY", " key"),
            ("STRATUS_GRANT", "password"),
            ("STRATUS_BRAND", "acme"),
            ("STRATUS_TOKEN_FILE", "token.json\r"),
            ("STRATUS_SENDER", "202-555-0100"),
        ] {
            let error = of(&[&GOOD[..], &[(name, value)]].concat()).unwrap_err();

            assert!(error.is_configuration(), "{error:?}");
            assert_eq!(error.field(), Some(name), "{error}");
            assert!(!format!("{error} {error:?}").contains("canary"));
        }
    }

    #[test]
    fn all_that_are_missing_are_named_at_once() {
        let error = of(&[("STRATUS_CLIENT_SECRET", "s")])
            .unwrap_err()
            .to_string();

        assert!(error.contains("STRATUS_CLIENT_ID") && error.contains("STRATUS_API_KEY"));
        assert!(!error.contains("STRATUS_CLIENT_SECRET"), "{error}");
    }
}
