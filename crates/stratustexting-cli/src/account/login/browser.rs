//! A person's login: by the browser of this machine, or by a pasted address.
//!
//! The browser can't always be opened, as over SSH, and the page after the login can't always come
//! back here, as with a redirect URI that leads elsewhere. Then the person opens the page
//! anywhere, and pastes the address that the browser has afterwards.

use std::{
    env,
    io::{self, BufRead},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use stratustexting::auth::{Auth, Login};

use crate::{
    failure::{Failure, Result},
    output::tell,
};

/// Logs the person in. `can_paste` is false if standard input has been read already.
pub(super) async fn log_in(
    auth: &Auth,
    redirect_uri: &str,
    no_browser: bool,
    can_paste: bool,
) -> Result<()> {
    if no_browser || !has_screen() {
        return paste(auth, redirect_uri, can_paste).await;
    }
    let reached = Arc::new(AtomicBool::new(false));
    let opened = Arc::clone(&reached);
    let login = auth.log_in_with_browser(redirect_uri);
    let login = login.open_with(move |url| {
        // The launcher's error quotes its command, and so the URL with the login's state.
        open::that_detached(url.as_str()).map_err(|error| io::Error::from(error.kind()))?;
        opened.store(true, Ordering::Relaxed);
        tell(&format!(
            "The browser opens. If it doesn't, open this page, and log in:\n\n  {url}\n"
        ));
        Ok(())
    });
    match login.await {
        Ok(()) => Ok(()),
        // Nobody has seen a page yet: the port is in use, the redirect URI leads elsewhere, or
        // no browser opened.
        Err(error) if !reached.load(Ordering::Relaxed) && (error.is_auth() || error.is_input()) => {
            tell(&format!("The browser can't be used: {error}."));
            paste(auth, redirect_uri, can_paste).await
        }
        Err(error) if error.is_timeout() => {
            let failure = Failure::from(error);
            Err(failure.and(
                "If the browser is on another machine, --no-browser reads the address that it has \
                 after the login",
            ))
        }
        Err(error) => Err(error.into()),
    }
}

/// Whether a browser could show itself. A launcher without a screen starts and then fails unseen.
fn has_screen() -> bool {
    let has = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(any(target_os = "macos", windows))
        || has("DISPLAY")
        || has("WAYLAND_DISPLAY")
        || has("WSL_DISTRO_NAME")
}

async fn paste(auth: &Auth, redirect_uri: &str, can_paste: bool) -> Result<()> {
    if !can_paste {
        return Err(Failure::usage(
            "no browser can be opened, and the address after the login would be read from standard \
             input, which --secrets - has used: put the secrets into a file",
        ));
    }
    let login = auth.start_login(redirect_uri)?;
    tell(&format!(
        "Open this page in any browser, and log in:\n\n  {}\n\nAfterwards the browser goes to \
         {redirect_uri}, and may show an error there. Paste the whole address of that page here:",
        login.url()
    ));
    loop {
        let line = tokio::task::spawn_blocking(read_line).await;
        let line = line.map_err(io::Error::other)??.ok_or_else(|| {
            Failure::usage("the login isn't finished: no address was pasted on standard input")
        })?;
        if line.trim().is_empty() {
            continue;
        }
        let is_response = Login::state_of(&line).as_deref() == Some(login.state());
        match auth.finish_login(&login, &line).await {
            Ok(()) => return Ok(()),
            Err(error) if is_response => return Err(error.into()),
            // It changes nothing.
            Err(error) => tell(&format!(
                "That isn't the address after this login ({error}). It begins with {redirect_uri}, \
                 and has `code` and `state`. Paste it:"
            )),
        }
    }
}

/// A line of standard input; `None` at its end.
fn read_line() -> io::Result<Option<String>> {
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line)?;
    Ok((read > 0).then_some(line))
}
