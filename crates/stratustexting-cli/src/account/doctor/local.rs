//! What can be seen without the network: where the account comes from, its values, its files.

use std::{ffi::OsStr, fs, path::Path};

use stratustexting::{
    Brand, Error, PhoneNumber,
    auth::{FileTokenStore, TokenStore},
    url::{Host, Url},
};

use crate::{
    account::{
        Account, IDENTITY, OTHERS, Profiles, environment_has_one,
        findings::Finding,
        keyring::{ADVICE, Fault},
        profile::{MACHINE, USER},
        profiles,
    },
    context::{Context, variable},
    numbers,
};

/// The account that commands use, and what is odd about where it comes from.
pub(super) fn find_account(context: &Context) -> Result<(Account, Vec<Finding>), Finding> {
    let check = "account";
    let named = context.profile();
    let uses_profile = named.is_some() || !environment_has_one();
    let profiles = match Profiles::read() {
        Ok(profiles) => profiles,
        Err(error) if uses_profile => {
            let advice = "Correct the file, or move it away and log in again: stratus login";
            let code = "profiles_file_unreadable";
            return Err(Finding::problem(check, code, error.to_string(), advice));
        }
        Err(_) => Profiles::default(),
    };
    let is_known = |name: &String| profiles.profiles.contains_key(name);
    let code = match &named {
        Some(name) if !is_known(name) => "no_such_profile",
        _ => "no_account",
    };
    let account = Account::find(named).map_err(|error| {
        let advice = "Log in: stratus login";
        Finding::problem(check, code, error.to_string(), advice)
    })?;

    let missing = IDENTITY.map(variable).iter().any(Option::is_none);
    let has_profiles = !profiles.profiles.is_empty();
    let found = if account.name.is_some() && environment_has_one() {
        Finding::note(
            check,
            "environment_ignored",
            "a profile is used, and the account in the environment isn't",
            "Unset STRATUS_CLIENT_ID, STRATUS_CLIENT_SECRET and STRATUS_API_KEY if they are old",
        )
    } else if account.name.is_none() && has_profiles && missing {
        Finding::problem(
            check,
            "partial_environment",
            "the environment has a part of an account, so the profiles aren't used",
            "Unset STRATUS_CLIENT_ID, STRATUS_CLIENT_SECRET and STRATUS_API_KEY, or set all three, \
             or name the profile by --profile",
        )
    } else if account.name.is_none() && has_profiles {
        Finding::note(
            check,
            "profiles_ignored",
            "the environment has an account, so the profiles aren't used",
            "Name a profile by --profile, or unset STRATUS_CLIENT_ID, STRATUS_CLIENT_SECRET and \
             STRATUS_API_KEY",
        )
    } else {
        Finding::ok(check, account.title())
    };
    Ok((account, vec![found]))
}

/// All that is wrong with values and files.
pub(super) async fn check(account: &Account, context: &Context) -> Vec<Finding> {
    let mut found = values(account);
    found.extend(meanings(account, context));
    if found.is_empty() {
        found.push(Finding::ok(
            "settings",
            "the values are there and have their form",
        ));
    }
    found.extend(files(account).await);
    found
}

/// A setting that the SDK refuses for another reason than those that have a name here.
pub(super) fn refused(account: &Account, error: &Error) -> Finding {
    let advice = match &account.name {
        Some(_) => "Change it by `stratus profiles set`, or log in again: stratus login",
        None => "Change it in the environment",
    };
    Finding::problem("settings", "setting_refused", error.to_string(), advice)
}

/// The keyring has the secrets, and doesn't give them.
pub(super) fn keyring_fault(fault: &Fault) -> Finding {
    Finding::problem("keyring", fault.code, fault.to_string(), ADVICE)
}

/// What a person calls a setting: the variable, or the profile's field.
fn title(account: &Account, variable: &str) -> String {
    match &account.name {
        Some(name) => {
            let field = variable.trim_start_matches("STRATUS_").to_ascii_lowercase();
            format!("{field} of the profile {name:?}")
        }
        None => variable.to_owned(),
    }
}

/// What a copy brings along, or leaves out.
fn values(account: &Account) -> Vec<Finding> {
    let check = "settings";
    let again = match &account.name {
        Some(_) => "Enter it again: stratus login",
        None => "Set the variable again, without it",
    };
    let mut found = Vec::new();
    for name in IDENTITY.into_iter().chain(OTHERS) {
        let title = title(account, name);
        let Some(value) = account.raw(name) else {
            if IDENTITY.contains(&name) {
                found.push(Finding::problem(
                    check,
                    "value_missing",
                    format!("{title} isn't set"),
                    "Copy it from the product's page \"API Connect\", by `stratus login` or into \
                     the environment",
                ));
            }
            continue;
        };
        if let Some((code, problem)) = fault(value) {
            found.push(Finding::problem(
                check,
                code,
                format!("{title} {problem}"),
                again,
            ));
        }
    }
    found.extend(mixed_up(account));
    found
}

/// What is wrong with the form of any value.
fn fault(value: &OsStr) -> Option<(&'static str, &'static str)> {
    let Some(value) = value.to_str() else {
        return Some(("not_utf8", "has bytes that are no text"));
    };
    let shows_nothing = |c: char| {
        c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
    };
    let is_quoted =
        |mark: char| value.len() > 1 && value.starts_with(mark) && value.ends_with(mark);
    if value.starts_with(shows_nothing) || value.ends_with(shows_nothing) {
        let problem = "has white space or a line break at its beginning or end";
        Some(("white_space", problem))
    } else if value.contains(char::is_control) {
        Some(("control_character", "has a control character in it"))
    } else if is_quoted('"') || is_quoted('\'') {
        Some((
            "quoted",
            "has quotation marks around it, which count as its part",
        ))
    } else {
        None
    }
}

/// One value in the place of another.
fn mixed_up(account: &Account) -> Option<Finding> {
    let [id, secret, key] = IDENTITY.map(|name| account.raw(name));
    let is_twice = key.is_some() && (key == secret || key == id) || id.is_some() && id == secret;
    let key = account.get("STRATUS_API_KEY").unwrap_or_default();
    let is_token = key.starts_with("eyJ") || key.to_ascii_lowercase().starts_with("bearer ");
    let advice = "Copy all three again from the page \"API Connect\", each into its place";
    if is_twice {
        let text = "two of client id, client secret and API key are the same";
        return Some(Finding::problem("settings", "same_value", text, advice));
    }
    let text = "the API key looks like an access token, which is another thing";
    is_token.then(|| Finding::problem("settings", "api_key_is_token", text, advice))
}

/// Values that have their form and mean nothing.
fn meanings(account: &Account, context: &Context) -> Vec<Finding> {
    let check = "settings";
    let mut found = Vec::new();
    // What is wrong with the form has been said.
    let formed = |name: &str| {
        account
            .get(name)
            .filter(|it| fault(OsStr::new(it)).is_none())
    };
    if let Some(grant) = formed("STRATUS_GRANT")
        && ![MACHINE, USER].contains(&grant)
    {
        found.push(Finding::problem(
            check,
            "grant_unknown",
            format!("{} is no grant", title(account, "STRATUS_GRANT")),
            "It is authorization_code if a person logs in, or client_credentials",
        ));
    }
    if let Some(brand) = formed("STRATUS_BRAND")
        && brand.parse::<Brand>().is_err()
    {
        let brands = Brand::ALL.map(Brand::id).join(", ");
        found.push(Finding::problem(
            check,
            "brand_unknown",
            format!("{} is no brand", title(account, "STRATUS_BRAND")),
            &format!("The brands are {brands}"),
        ));
    }
    match formed("STRATUS_SENDER").map(str::parse::<PhoneNumber>) {
        Some(Err(_)) => found.push(Finding::problem(
            check,
            "sender_form",
            format!(
                "{} isn't a number with its country's code",
                title(account, "STRATUS_SENDER")
            ),
            match &account.name {
                Some(_) => "It is like +12025550100: stratus profiles set --sender NUMBER",
                None => "It is like +12025550100",
            },
        )),
        Some(Ok(_)) => {}
        None if account.raw("STRATUS_SENDER").is_none() => found.push(Finding::note(
            check,
            "sender_missing",
            "no number to send from is set",
            match &account.name {
                Some(_) => "Set it: stratus profiles set --sender NUMBER",
                None => "Set STRATUS_SENDER",
            },
        )),
        None => {}
    }
    if let Some(region) = context.region()
        && numbers::check_region(region).is_err()
    {
        found.push(Finding::problem(
            check,
            "region_unknown",
            "the region of numbers is no country's code",
            "It is a code of ISO 3166-1 such as US: stratus profiles set --region US",
        ));
    }
    if !account.is_for_machines() {
        found.extend(redirect_uri(account.redirect_uri()));
    }
    found
}

/// What can be known of a redirect URI without asking the login page.
fn redirect_uri(uri: &str) -> Option<Finding> {
    let check = "redirect_uri";
    let set = "Set it as it is registered: stratus profiles set --redirect-uri URL";
    let url = Url::parse(uri).ok().filter(Url::has_host);
    let Some(url) = url.filter(|_| fault(OsStr::new(uri)).is_none()) else {
        let text = "the redirect URI isn't a URL";
        return Some(Finding::problem(check, "redirect_uri_form", text, set));
    };
    let is_here = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    match (url.scheme(), is_here) {
        ("http", true) => None,
        ("https", _) => Some(Finding::note(
            check,
            "redirect_uri_elsewhere",
            "the browser can't come back to this program, since the redirect URI leads elsewhere",
            "Log in by `stratus login --no-browser`, which reads the address after the login; or \
             register a redirect URI such as http://127.0.0.1:8400/callback, too",
        )),
        _ => Some(Finding::problem(
            check,
            "redirect_uri_form",
            "the redirect URI is neither https nor http to this machine",
            set,
        )),
    }
}

/// The files with secrets and tokens.
async fn files(account: &Account) -> Vec<Finding> {
    let mut found = Vec::new();
    if account.name.is_some()
        && let Ok(file) = profiles::file()
        && is_open(&file)
    {
        found.push(Finding::problem(
            "profiles_file",
            "profiles_file_open",
            format!("others may read {}, which has secrets", file.display()),
            "Take it from them: chmod 600, and copy new secrets from the page \"API Connect\" if \
             others use this machine",
        ));
    }
    if let Some(tokens) = &account.keyring {
        found.push(match tokens.load().await {
            Ok(_) => Finding::ok("keyring", "it has the secrets, and can be read"),
            Err(error) => {
                let text = format!("the login can't be read: {error}");
                Finding::problem("keyring", "keyring_failed", text, ADVICE)
            }
        });
    }
    let Some(file) = account.get("STRATUS_TOKEN_FILE") else {
        return found;
    };
    let (check, path) = ("token_file", Path::new(file));
    let loaded = FileTokenStore::new(file).load().await;
    found.push(if let Err(error) = loaded {
        Finding::problem(
            check,
            "token_file_unreadable",
            format!("the file of tokens can't be read: {error}"),
            "Log in again, which replaces it: stratus login",
        )
    } else if is_open(path) {
        Finding::problem(
            check,
            "token_file_open",
            format!("others may read {file}, which has the login"),
            "Take it from them: chmod 600, or log in again: stratus login",
        )
    } else if !can_be_replaced(path) {
        Finding::problem(
            check,
            "token_folder_read_only",
            format!("no new token can be kept in the folder of {file}"),
            "Make the folder writable: a renewed login that can't be kept may be lost",
        )
    } else {
        Finding::ok(check, "it can be read and replaced")
    });
    found
}

/// Whether others than its owner may read a file.
#[cfg(unix)]
fn is_open(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open(path: &Path) -> bool {
    let _ = path;
    false
}

/// Whether a file could be put in place of a token's. A folder that isn't there is made when it
/// is needed.
fn can_be_replaced(path: &Path) -> bool {
    match fs::canonicalize(path) {
        Ok(path) => path
            .parent()
            .is_none_or(|folder| tempfile::tempfile_in(folder).is_ok()),
        Err(_) => true,
    }
}
