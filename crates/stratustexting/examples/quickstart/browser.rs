//! A user at a browser, as far as the sandbox's login page needs one.

use std::io;

use reqwest::redirect::Policy;
use stratustexting_sandbox::Sandbox;
use tokio::runtime::Handle;
use url::Url;

/// Opens the login page, fills it in, and follows it to the program's own address.
pub(crate) fn of_user(sandbox: &Sandbox) -> impl FnOnce(&Url) -> io::Result<()> + Send + 'static {
    let username = sandbox.username().to_owned();
    let password = sandbox.password().to_owned();
    let runtime = Handle::current();
    move |url| {
        let visit = visit(url, &username, &password);
        runtime.block_on(visit).map_err(io::Error::other)
    }
}

async fn visit(url: &Url, username: &str, password: &str) -> reqwest::Result<()> {
    let browser = reqwest::Client::builder()
        .redirect(Policy::limited(3))
        .no_proxy()
        .build()?;
    browser.get(url.clone()).send().await?.error_for_status()?;
    // The page's form goes to the page's own address.
    let form = [("username", username), ("password", password)];
    let page = browser.post(url.clone()).form(&form).send().await?;
    page.error_for_status()?;
    Ok(())
}
