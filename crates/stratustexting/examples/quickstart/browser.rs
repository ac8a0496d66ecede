//! A user at a browser, as far as the sandbox's login page needs one.

use reqwest::redirect::Policy;
use url::Url;

use super::Outcome;

/// Opens the login page, fills it in, and goes where it leads.
pub(crate) async fn log_in(url: &Url, username: &str, password: &str) -> Outcome {
    let browser = reqwest::Client::builder()
        .redirect(Policy::limited(3))
        .no_proxy()
        .build()?;
    browser.get(url.clone()).send().await?.error_for_status()?;
    // The page's form goes to the page's own address.
    let form = [("username", username), ("password", password)];
    let landed = browser.post(url.clone()).form(&form).send().await?;
    landed.error_for_status()?;
    Ok(())
}
