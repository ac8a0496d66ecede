//! Callbacks by TLS. The error says what is wrong with a callback: a port where nothing
//! listens isn't the same as an untrusted certificate.

use std::{
    io::Write,
    sync::{Arc, Mutex},
    time::Duration,
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::{Value, json};
use stratustexting_sandbox::{DeliveryError, DeliverySettings, DeliveryState, Sandbox};
use tempfile::NamedTempFile;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

use crate::{
    receiver::{INBOUND, handshake_response},
    support::Api,
};

/// A certificate authority that is trusted only by those who are configured to.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::self_signed(params, key).unwrap())
    }

    fn file(&self) -> NamedTempFile {
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(self.0.pem().as_bytes()).unwrap();
        file
    }

    /// An acceptor with a certificate of this authority for this machine.
    fn acceptor(&self) -> TlsAcceptor {
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(names).unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

/// A callback by TLS.
struct Secure {
    uri: String,
    acceptor: Arc<Mutex<TlsAcceptor>>,
    posts: UnboundedReceiver<()>,
}

impl Secure {
    async fn start(acceptor: TlsAcceptor) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("https://{}/hook", listener.local_addr().unwrap());
        let acceptor = Arc::new(Mutex::new(acceptor));
        let current = Arc::clone(&acceptor);
        let (posted, posts) = unbounded_channel();
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let acceptor = current.lock().unwrap().clone();
                // A client that doesn't trust it closes the connection.
                let Ok(mut stream) = acceptor.accept(socket).await else {
                    continue;
                };
                let mut head = Vec::new();
                while !head.windows(4).any(|four| four == b"\r\n\r\n") {
                    stream.read_buf(&mut head).await.unwrap();
                }
                let response = handshake_response(&head).unwrap_or_else(|| {
                    posted.send(()).unwrap();
                    b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n".to_vec()
                });
                stream.write_all(&response).await.unwrap();
                let _ = stream.shutdown().await;
            }
        });
        Self {
            uri,
            acceptor,
            posts,
        }
    }
}

async fn rejection_message(api: &Api, uri: &str) -> String {
    let body = json!({"uri": uri, "eventFilters": [api.filter(INBOUND)]});
    let (status, error) = api.post("/webhooksubscription", body).await;
    assert_eq!(status, 400, "{error}");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("handshake"), "{message}");
    message.to_owned()
}

#[tokio::test]
async fn an_error_tells_a_tls_failure_from_a_port_where_nothing_listens() {
    let api = Api::with_user().await;
    let untrusted = Secure::start(Authority::new().acceptor()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);

    let message = rejection_message(&api, &untrusted.uri).await;
    assert!(
        message.contains("TLS") && message.contains("certificate"),
        "{message}"
    );
    let plain = crate::receiver::Receiver::start().await;
    let message = rejection_message(&api, &plain.uri.replace("http:", "https:")).await;
    assert!(message.contains("TLS"), "{message}");

    for scheme in ["http", "https"] {
        let message = rejection_message(&api, &format!("{scheme}://127.0.0.1:{port}/hook")).await;
        assert!(message.contains("nothing listens"), "{message}");
        assert!(!message.contains("TLS"), "{message}");
    }
}

#[tokio::test]
async fn the_authority_of_a_file_is_trusted_and_another_is_not() {
    let authority = Authority::new();
    let file = authority.file();
    let settings = DeliverySettings::new().attempts(1).wait(Duration::ZERO);
    let builder = Sandbox::builder().contacts(0).delivery_settings(settings);
    let api = Api::of_user(builder.callback_ca(file.path())).await;
    let mut callback = Secure::start(authority.acceptor()).await;
    api.subscribe(&callback.uri).await;

    api.customer_texted(1).await;
    callback.posts.recv().await.unwrap();
    api.deliveries_settled().await;
    assert_eq!(api.deliveries()[0].state, DeliveryState::Delivered);

    *callback.acceptor.lock().unwrap() = Authority::new().acceptor();
    api.customer_texted(1).await;
    api.deliveries_settled().await;
    let failed = &api.deliveries()[1];
    assert_eq!(failed.last_error, Some(DeliveryError::Tls));
    let (_, shown) = api.control("GET", "/deliveries", Value::Null).await;
    assert_eq!(shown[1]["last_error"], "tls");
}

#[tokio::test]
async fn a_file_without_certificates_is_an_error_at_the_start() {
    let mut empty = NamedTempFile::new().unwrap();
    empty.write_all(b"no certificate").unwrap();
    for file in [empty.path(), std::path::Path::new("/nowhere/ca.pem")] {
        let started = Sandbox::builder()
            .contacts(0)
            .callback_ca(file)
            .start()
            .await;
        let error = started.unwrap_err().to_string();
        assert!(error.contains(file.to_str().unwrap()), "{error}");
    }
}

/// It has its own process, since certificates are found by environment variables.
#[test]
fn without_certificates_it_starts_and_an_https_callback_says_so() {
    const NAME: &str = "tls::without_certificates_it_starts_and_an_https_callback_says_so";
    const HERE: &str = "SANDBOX_TEST_WITHOUT_CERTIFICATES";
    if std::env::var_os(HERE).is_none() {
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", NAME])
            .env(HERE, "1")
            .env("SSL_CERT_FILE", "/nowhere/certificates.pem")
            .env("SSL_CERT_DIR", "/nowhere")
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let api = Api::with_user().await;
        let plain = crate::receiver::Receiver::start().await;
        api.subscribe(&plain.uri).await;

        let message = rejection_message(&api, "https://127.0.0.1:9/hook").await;
        assert!(message.contains("No CA certificates"), "{message}");

        let authority = Authority::new();
        let file = authority.file();
        let builder = Sandbox::builder().contacts(0).callback_ca(file.path());
        let api = Api::of_user(builder).await;
        let callback = Secure::start(authority.acceptor()).await;
        api.subscribe(&callback.uri).await;
    });
}
