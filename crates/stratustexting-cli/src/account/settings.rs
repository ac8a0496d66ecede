//! The settings of a profile that may be arguments: those that aren't secret.

use clap::{Args, builder::PossibleValuesParser};
use stratustexting::{Brand, Client, url::Url};

use super::{Profile, REDIRECT_URI, Secret};
use crate::{
    failure::{Failure, Result},
    numbers,
};

#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Settings {
    /// The brand of the service [default: stratustexting]
    #[arg(long, value_name = "BRAND", value_parser = PossibleValuesParser::new(Brand::ALL.map(Brand::id)))]
    brand: Option<String>,
    /// The number that sends
    #[arg(long, value_name = "NUMBER")]
    sender: Option<String>,
    /// Where the login page sends the browser [default: http://127.0.0.1:8400/callback]
    ///
    /// It must be registered for the client on the product's page "API Connect", exactly like
    /// this: a slash at the end, the port, and http or https make a difference.
    #[arg(long, value_name = "URL")]
    redirect_uri: Option<String>,
    /// The API's base URL, in place of the brand's
    #[arg(long, value_name = "URL", hide_short_help = true)]
    api_base: Option<String>,
    /// The login page's URL, in place of the brand's
    #[arg(long, value_name = "URL", hide_short_help = true)]
    authorize_url: Option<String>,
    /// The token endpoint's URL, in place of the brand's
    #[arg(long, value_name = "URL", hide_short_help = true)]
    token_url: Option<String>,
    /// A host to which plain http is allowed, for a sandbox on another machine
    #[arg(long, value_name = "HOST", hide_short_help = true)]
    allow_plain_http: Option<String>,
}

impl Settings {
    /// Checks the settings, and puts those that were given into a profile. `region` is the
    /// option's.
    pub(super) fn apply(&self, region: Option<&str>, profile: &mut Profile) -> Result<()> {
        let put = |field: &mut Option<String>, given: &Option<String>| {
            if given.is_some() {
                field.clone_from(given);
            }
        };
        if let Some(region) = region {
            profile.region = Some(checked_region(region)?);
        }
        if let Some(sender) = &self.sender {
            let number = numbers::read("--sender", sender, profile.region.as_deref())?;
            profile.sender = Some(number.as_str().to_owned());
        }
        if let Some(uri) = &self.redirect_uri {
            check_redirect_uri(uri)?;
        }
        put(&mut profile.brand, &self.brand);
        put(&mut profile.redirect_uri, &self.redirect_uri);
        put(&mut profile.api_base, &self.api_base);
        put(&mut profile.authorize_url, &self.authorize_url);
        put(&mut profile.token_url, &self.token_url);
        put(&mut profile.allow_plain_http, &self.allow_plain_http);
        check(profile)
    }

    pub(super) fn is_empty(&self) -> bool {
        let all = [
            &self.brand,
            &self.sender,
            &self.redirect_uri,
            &self.api_base,
            &self.authorize_url,
            &self.token_url,
            &self.allow_plain_http,
        ];
        all.iter().all(|setting| setting.is_none())
    }
}

/// Checks what the SDK checks, with other secrets in place of the profile's.
pub(super) fn check(profile: &Profile) -> Result<()> {
    let profile = Profile {
        client_id: Some("id".to_owned()),
        client_secret: Some(Secret::new("secret")),
        api_key: Some(Secret::new("key")),
        ..profile.clone()
    };
    Client::from_variables(profile.variables()).map_err(|error| {
        // Such as `STRATUS_SENDER`, which is the variable of the setting.
        let text = error.to_string().replacen("STRATUS_", "", 1);
        Failure::usage(text)
    })?;
    Ok(())
}

fn checked_region(region: &str) -> Result<String> {
    let region = region.to_ascii_uppercase();
    numbers::check_region(&region).map_err(|error| Failure::usage(format!("--{error}")))?;
    Ok(region)
}

/// A redirect URI that can be given to the login page. Where it leads is the login's affair.
fn check_redirect_uri(uri: &str) -> Result<()> {
    let is_padded = uri.trim() != uri || uri.contains(char::is_control);
    let has_host = Url::parse(uri).is_ok_and(|url| url.has_host() && url.fragment().is_none());
    if is_padded || !has_host {
        return Err(Failure::usage(format!(
            "--redirect-uri: must be a URL such as {REDIRECT_URI}, without white space and `#`"
        )));
    }
    Ok(())
}
