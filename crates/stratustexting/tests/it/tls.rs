//! A sandbox behind TLS, and a forward proxy, for tests of the HTTP client's settings.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use stratustexting::{Client, ClientBuilder, reqwest::Certificate};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, copy_bidirectional},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

use crate::support::Watched;

/// A server that speaks TLS for `localhost`, and hands everything on to a sandbox.
pub(crate) struct Front {
    origin: String,
    pub(crate) certificate: Certificate,
    /// The same, for rustls itself.
    pub(crate) der: CertificateDer<'static>,
}

impl Front {
    pub(crate) async fn of(sandbox: &Watched) -> Self {
        let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let certificate = Certificate::from_pem(own.cert.pem().as_bytes()).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![own.cert.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let url: url::Url = sandbox.api_base().parse().unwrap();
        let target = url.socket_addrs(|| None).unwrap()[0];
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let mut tls = acceptor.accept(connection).await?;
                    let mut plain = TcpStream::connect(target).await?;
                    copy_bidirectional(&mut tls, &mut plain).await
                });
            }
        });
        Self {
            origin: format!("https://localhost:{port}"),
            certificate,
            der: own.cert.der().clone(),
        }
    }

    /// A sandbox's URL as it is here.
    pub(crate) fn url(&self, of_sandbox: &str) -> String {
        let url: url::Url = of_sandbox.parse().unwrap();
        format!("{}{}", self.origin, url.path())
    }

    /// A builder for clients that come here; the certificate isn't trusted yet.
    pub(crate) fn builder(&self, sandbox: &Watched) -> ClientBuilder {
        Client::builder()
            .api_base(self.url(sandbox.api_base()))
            .token_url(self.url(sandbox.token_url()))
            .api_key(sandbox.api_key())
            .credentials(sandbox.machine())
            .retry(stratustexting::Backoff::never())
    }
}

/// A forward proxy. It makes tunnels to this machine if it is told to, and counts what it is
/// asked for.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    pub(crate) tunnels: Arc<AtomicUsize>,
}

impl Proxy {
    pub(crate) async fn start(allows: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let tunnels = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&tunnels);
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                count.fetch_add(1, SeqCst);
                tokio::spawn(tunnel(connection, allows));
            }
        });
        Self { address, tunnels }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

async fn tunnel(connection: TcpStream, allows: bool) -> std::io::Result<()> {
    let mut connection = BufReader::new(connection);
    let mut first = String::new();
    connection.read_line(&mut first).await?;
    let mut line = String::new();
    while connection.read_line(&mut line).await? > 2 {
        line.clear();
    }
    let target = first
        .strip_prefix("CONNECT localhost:")
        .and_then(|rest| rest.split(' ').next()?.parse::<u16>().ok());
    let Some(port) = target.filter(|_| allows) else {
        let no = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
        return connection.write_all(no).await;
    };
    let mut server = TcpStream::connect(("127.0.0.1", port)).await?;
    connection.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
    copy_bidirectional(&mut connection, &mut server).await?;
    Ok(())
}
