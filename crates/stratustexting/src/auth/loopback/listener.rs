//! The port of the redirect URI.

use std::{
    future::pending,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use tokio::net::{TcpListener, TcpStream};
use url::{Host, Url};

use crate::{Error, Result, auth::login::failed};

/// Listens where a redirect URI leads.
pub(super) struct Listener {
    first: TcpListener,
    /// Where the first address isn't the only one that the host has.
    second: Option<TcpListener>,
    redirect_uri: String,
    path: String,
}

/// After a connection couldn't be accepted, as when the process has too many files open.
const PAUSE: Duration = Duration::from_millis(50);

const ALLOWED: &str = "must be http:// with 127.0.0.1, [::1] or localhost";

impl Listener {
    pub(super) async fn bind(redirect_uri: &str) -> Result<Self> {
        let url = Url::parse(redirect_uri)
            .map_err(|error| Error::input("redirect_uri", ALLOWED).with_source(error))?;
        let addresses = addresses(&url).ok_or_else(|| Error::input("redirect_uri", ALLOWED))?;
        let in_use = |error: io::Error| {
            failed("nothing can listen on the redirect URI's port").with_source(error)
        };
        let port = url.port_or_known_default().unwrap_or(80);
        let first = listen(addresses.0, port).await.map_err(in_use)?;
        let bound = first.local_addr().map_err(in_use)?.port();
        let second = match addresses.1 {
            Some(address) => match listen(address, bound).await {
                Ok(listener) => Some(listener),
                // Another program has the port there, and the browser may ask that one.
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                    return Err(in_use(error));
                }
                // This machine doesn't have that address.
                Err(_) => None,
            },
            None => None,
        };
        Ok(Self {
            first,
            second,
            path: url.path().to_owned(),
            redirect_uri: if port == bound {
                // To the letter, as it is registered.
                redirect_uri.to_owned()
            } else {
                with_port(url, bound)
            },
        })
    }

    /// The redirect URI with the port that was taken.
    pub(super) fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// The redirect URI's path.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The next connection.
    pub(super) async fn accept(&self) -> TcpStream {
        loop {
            let second = async {
                match &self.second {
                    Some(listener) => listener.accept().await,
                    None => pending().await,
                }
            };
            let accepted = tokio::select! {
                accepted = self.first.accept() => accepted,
                accepted = second => accepted,
            };
            match accepted {
                Ok((stream, _)) => return stream,
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }
}

async fn listen(address: IpAddr, port: u16) -> io::Result<TcpListener> {
    TcpListener::bind(SocketAddr::new(address, port)).await
}

/// The addresses that a browser may ask for the URL's host; none unless all are this
/// machine's own.
fn addresses(url: &Url) -> Option<(IpAddr, Option<IpAddr>)> {
    if url.scheme() != "http" {
        return None;
    }
    match url.host()? {
        Host::Ipv4(address) => address.is_loopback().then_some((address.into(), None)),
        Host::Ipv6(address) => address.is_loopback().then_some((address.into(), None)),
        // A name for both, of which browsers choose one.
        Host::Domain("localhost") => {
            Some((Ipv4Addr::LOCALHOST.into(), Some(Ipv6Addr::LOCALHOST.into())))
        }
        Host::Domain(_) => None,
    }
}

fn with_port(mut url: Url, port: u16) -> String {
    // It has a host, so it can have a port.
    let _ = url.set_port(Some(port));
    url.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_loopback_addresses_by_http_are_listened_on() {
        for uri in [
            "",
            "callback",
            "https://127.0.0.1:0/callback",
            "http://192.0.2.1:0/callback",
            "http://0.0.0.0:0/callback",
            "http://[::]:0/callback",
            "http://localhost.example:0/callback",
            "http://127.0.0.1@example.com:0/callback",
            "app:/callback",
        ] {
            let error = Listener::bind(uri).await.err().unwrap();

            assert_eq!(error.field(), Some("redirect_uri"), "{uri}: {error}");
            assert!(error.is_input());
        }
    }

    #[tokio::test]
    async fn port_0_is_a_free_port_and_any_other_stays_to_the_letter() {
        for host in ["127.0.0.1", "localhost", "127.0.0.2"] {
            let free = Listener::bind(&format!("http://{host}:0/back?app=1")).await;
            let free = free.unwrap();
            let port = free.first.local_addr().unwrap().port();
            let uri = format!("http://{host}:{port}/back?app=1");
            assert_eq!((free.redirect_uri(), free.path()), (&*uri, "/back"));
            drop(free);

            let bare = format!("http://{host}:{port}");
            let fixed = Listener::bind(&bare).await.unwrap();
            assert_eq!((fixed.redirect_uri(), fixed.path()), (&*bare, "/"));
        }
    }

    #[tokio::test]
    async fn localhost_is_listened_on_at_both_of_its_addresses() {
        if TcpListener::bind("[::1]:0").await.is_err() {
            // This machine has no such address.
            return;
        }
        let listener = Listener::bind("http://localhost:0/").await.unwrap();
        let port = listener.first.local_addr().unwrap().port();

        for address in [
            IpAddr::from(Ipv4Addr::LOCALHOST),
            Ipv6Addr::LOCALHOST.into(),
        ] {
            let connecting = TcpStream::connect((address, port));
            let (connected, accepted) = tokio::join!(connecting, listener.accept());
            assert_eq!(
                connected.unwrap().local_addr().unwrap(),
                accepted.peer_addr().unwrap()
            );
        }
        // Where another program has one of them, the browser might ask that one.
        let taken = TcpListener::bind("[::1]:0").await.unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = Listener::bind(&format!("http://localhost:{port}/")).await;
        assert!(error.err().unwrap().is_auth());
    }
}
