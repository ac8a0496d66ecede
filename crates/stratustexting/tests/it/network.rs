//! Networks that are hard on a client: machines without certificates, proxies for some URLs and
//! not for others, bodies that are compressed on the way.

use std::{
    io::Write,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, HeaderName, StatusCode, header},
    routing::post,
};
use flate2::{
    Compression,
    write::{DeflateEncoder, GzEncoder, ZlibEncoder},
};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use stratustexting::{
    Brand, Client, Outcome, SendOutcome,
    auth::{Credentials, MemoryTokenStore},
    reqwest,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
};

use crate::{
    login::logged_in_with,
    support::{TEXT, Watched, call, in_own_process, log_has},
    tls::{Front, Proxy},
};

const TO: &str = "+13035550123";

async fn send(sandbox: &Watched, client: &Client) -> SendOutcome {
    let messages = client.messages().from(sandbox.number());
    messages.send_sms(TO, TEXT).await.outcome()
}

#[test]
fn without_certificates_plain_http_works_and_https_says_what_is_missing() {
    const NAME: &str =
        "network::without_certificates_plain_http_works_and_https_says_what_is_missing";
    let nowhere = [
        ("SSL_CERT_FILE", "/nowhere/certificates.pem"),
        ("SSL_CERT_DIR", "/nowhere"),
    ];
    if !in_own_process(NAME, &nowhere) {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let sandbox = Watched::start().await;
        assert_eq!(
            send(&sandbox, &sandbox.client()).await,
            SendOutcome::Accepted
        );
        // The login page is for the user's browser, whose certificates it needs.
        let user = sandbox
            .builder()
            .authorize_url("https://login.example/authorize")
            .credentials(sandbox.user());
        user.build().unwrap();

        let front = Front::of(&sandbox).await;
        let configured = front
            .builder(&sandbox)
            .configure_http(|http| http.referer(false));
        for builder in [front.builder(&sandbox), configured] {
            let error = builder.build().unwrap_err();
            assert!(error.is_configuration(), "{error:?}");
            assert_eq!(error.field(), Some("certificates"), "{error}");
            assert!(error.to_string().contains("SSL_CERT_FILE"), "{error}");
        }
        let authority = front.certificate.clone();
        let own = front
            .builder(&sandbox)
            .configure_http(|http| http.tls_certs_merge([authority]));
        assert_eq!(
            send(&sandbox, &own.build().unwrap()).await,
            SendOutcome::Accepted
        );
    });
}

/// A local token endpoint or login page is no reason to go around a proxy with everything.
#[tokio::test]
async fn a_url_of_this_machine_goes_around_the_proxy_and_no_other() {
    let sandbox = Watched::start().await;
    let front = Front::of(&sandbox).await;
    for (token_url, tunnels) in [
        (sandbox.token_url().to_owned(), 1),
        (front.url(sandbox.token_url()), 2),
    ] {
        let proxy = Proxy::start(true).await;
        let (authority, url) = (front.certificate.clone(), proxy.url());
        let client = front
            .builder(&sandbox)
            .authorize_url(sandbox.authorize_url())
            .token_url(token_url)
            .configure_http(move |http| {
                let proxy = reqwest::Proxy::all(url).unwrap();
                http.tls_certs_merge([authority]).proxy(proxy)
            })
            .build()
            .unwrap();

        assert_eq!(send(&sandbox, &client).await, SendOutcome::Accepted);
        assert_eq!(proxy.tunnels.load(SeqCst), tunnels);
        assert!(client.check().await.is_ok());
    }
}

/// The host of a sandbox in another container has a name, and no certificate.
#[tokio::test]
async fn plain_http_to_another_host_must_be_allowed_and_is_warned_about() {
    let sandbox = Watched::start().await;
    let named = |url: &str| url.replace("127.0.0.1", "sandbox-of-this-test");
    let address = sandbox.api_base().parse::<url::Url>().unwrap();
    let address = address.socket_addrs(|| None).unwrap()[0];
    let proxy = Proxy::start(true).await;
    let builder = || {
        let url = proxy.url();
        Client::builder()
            .api_base(named(sandbox.api_base()))
            .token_url(named(sandbox.token_url()))
            .credentials(sandbox.machine())
            .api_key(sandbox.api_key())
            // The name as a container's network knows it. Such a request goes past a proxy.
            .configure_http(move |http| {
                let proxy = reqwest::Proxy::all(url).unwrap();
                http.resolve("sandbox-of-this-test", address).proxy(proxy)
            })
    };
    let error = builder().build().unwrap_err();
    assert_eq!(error.field(), Some("api_base"), "{error}");
    assert!(error.to_string().contains("allow_plain_http"), "{error}");
    assert!(!log_has("sandbox-of-this-test"));

    let client = builder().allow_plain_http("sandbox-of-this-test");
    let client = client.build().unwrap();

    assert!(log_has("sandbox-of-this-test"));
    assert_eq!(send(&sandbox, &client).await, SendOutcome::Accepted);
    assert_eq!(proxy.tunnels.load(SeqCst), 0);
}

#[tokio::test]
async fn the_service_is_never_plain_http_nor_gets_the_secrets_of_a_sandbox() {
    let sandbox = Watched::start().await;
    let vendors = Brand::StratusTexting;
    let plain = vendors.api_base().replace("https://", "http://");
    let host = url::Url::parse(&plain).unwrap();
    let builder = || {
        let builder = Client::builder().credentials(sandbox.machine());
        builder.api_key(sandbox.api_key())
    };

    let to_vendor = builder()
        .api_base(&plain)
        .allow_plain_http(host.host_str().unwrap());
    // Its token URL is the brand's.
    let half = builder()
        .api_base("http://sandbox:8080/prod")
        .allow_plain_http("sandbox");

    for (builder, field) in [
        (builder().api_base(&plain), "api_base"),
        (to_vendor, "allow_plain_http"),
        (half, "token_url"),
    ] {
        assert_eq!(builder.build().unwrap_err().field(), Some(field));
    }
}

/// A SOCKS proxy of version 5 without a password, as in RFC 1928, that connects to this machine
/// whatever the host is.
async fn socks() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("socks5h://{}", listener.local_addr().unwrap());
    let tunnels = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&tunnels);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let count = Arc::clone(&count);
            tokio::spawn(async move {
                let mut greeting = [0; 2];
                client.read_exact(&mut greeting).await?;
                let mut methods = vec![0; greeting[1].into()];
                client.read_exact(&mut methods).await?;
                client.write_all(&[5, 0]).await?;
                // Version, command, reserved, the type 3 for a name, and the name's length.
                let mut request = [0; 5];
                client.read_exact(&mut request).await?;
                assert_eq!(request[3], 3, "a name");
                let mut rest = vec![0; usize::from(request[4]) + 2];
                client.read_exact(&mut rest).await?;
                let port = u16::from_be_bytes([rest[rest.len() - 2], rest[rest.len() - 1]]);
                let mut server = TcpStream::connect(("127.0.0.1", port)).await?;
                client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
                count.fetch_add(1, SeqCst);
                copy_bidirectional(&mut client, &mut server).await
            });
        }
    });
    (url, tunnels)
}

#[tokio::test]
async fn a_proxy_by_socks_is_used_with_its_feature() {
    let sandbox = Watched::start().await;
    let front = Front::of(&sandbox).await;
    let (url, tunnels) = socks().await;
    let authority = front.certificate.clone();
    let client = front.builder(&sandbox).configure_http(move |http| {
        let proxy = reqwest::Proxy::all(url).unwrap();
        http.tls_certs_merge([authority]).proxy(proxy)
    });

    let sent = send(&sandbox, &client.build().unwrap()).await;

    assert_eq!(sent, SendOutcome::Accepted);
    assert_eq!(tunnels.load(SeqCst), 2);
}

#[test]
fn a_proxy_of_the_environment_that_cannot_be_used_is_named_when_the_client_is_built() {
    const NAME: &str =
        "network::a_proxy_of_the_environment_that_cannot_be_used_is_named_when_the_client_is_built";
    let variables = [
        ("HTTPS_PROXY", "sock5://user:canary@127.0.0.1:9"),
        ("NO_PROXY", "beetexting.com"),
        ("no_proxy", "beetexting.com"),
    ];
    if !in_own_process(NAME, &variables) {
        return;
    }
    let builder = |brand| {
        let credentials = Credentials::client_credentials("id", "secret");
        let builder = Client::builder().brand(brand);
        builder.credentials(credentials).api_key("key")
    };

    let error = builder(Brand::StratusTexting).build().unwrap_err();
    assert_eq!(error.field(), Some("HTTPS_PROXY"), "{error}");
    assert!(!format!("{error} {error:?}").contains("canary"));
    // Its hosts are excepted.
    builder(Brand::Beetexting).build().unwrap();
    // The caller's own settings may leave the environment alone.
    let own = builder(Brand::StratusTexting).configure_http(|http| http.no_proxy());
    own.build().unwrap();
}

/// Both cryptographies of rustls are in this program, so that rustls chooses none by itself. The
/// step `own-tls` of CI runs this without the crate's features for TLS.
#[tokio::test]
async fn tls_of_the_callers_own_is_used_with_and_without_that_of_the_crate() {
    let sandbox = Watched::start().await;
    let front = Front::of(&sandbox).await;
    let mut roots = RootCertStore::empty();
    roots.add(front.der.clone()).unwrap();
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let own = front
        .builder(&sandbox)
        .configure_http(|http| http.tls_backend_preconfigured(tls));
    let authority = front.certificate.clone();
    let crates = front
        .builder(&sandbox)
        .configure_http(|http| http.tls_certs_merge([authority]));

    for builder in [own, crates] {
        let client = builder.build().unwrap();
        assert_eq!(send(&sandbox, &client).await, SendOutcome::Accepted);
    }
    let unset = front.builder(&sandbox).build();
    if cfg!(any(feature = "rustls", feature = "native-tls")) {
        unset.unwrap();
    } else {
        let error = unset.unwrap_err();
        assert_eq!(error.field(), Some("api_base"), "{error}");
        assert!(error.to_string().contains("configure_http"), "{error}");
    }
}

/// A token endpoint in front of the sandbox's that compresses its responses, and remembers what
/// the requests accept.
async fn compressing(
    sandbox: &Watched,
    compress: Compress,
    encoding: &'static str,
) -> (String, Arc<Mutex<Vec<Option<String>>>>) {
    let target = sandbox.token_url().to_owned();
    let accepted = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&accepted);
    let forward = post(async move |headers: HeaderMap, form: Bytes| {
        let text = |name: HeaderName| Some(headers.get(name)?.to_str().unwrap().to_owned());
        seen.lock().unwrap().push(text(header::ACCEPT_ENCODING));
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut request = http.post(target).body(form);
        for name in [header::AUTHORIZATION, header::CONTENT_TYPE] {
            if let Some(value) = headers.get(&name) {
                request = request.header(name, value);
            }
        }
        let response = request.send().await.unwrap();
        let status = StatusCode::from_u16(response.status().as_u16()).unwrap();
        let body = compress(&response.bytes().await.unwrap());
        let headers = [
            (header::CONTENT_TYPE, "application/json"),
            (header::CONTENT_ENCODING, encoding),
        ];
        (status, headers, body)
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/token", listener.local_addr().unwrap());
    let app = Router::new().route("/token", forward);
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, accepted)
}

type Compress = fn(&[u8]) -> Vec<u8>;

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn zlib(body: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn deflate(body: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn a_compressed_response_of_the_token_endpoint_costs_no_login() {
    let compressions: [(Compress, _); 3] =
        [(gzip, "gzip"), (zlib, "deflate"), (deflate, "deflate")];
    for (compress, encoding) in compressions {
        let sandbox = Watched::strict().await;
        let store = Arc::new(MemoryTokenStore::new());
        logged_in_with(&sandbox, Arc::clone(&store)).await;
        let (token_url, accepted) = compressing(&sandbox, compress, encoding).await;
        let builder = sandbox.builder().token_url(token_url);
        let client = builder
            .credentials(sandbox.user())
            .token_store(store)
            .build()
            .unwrap();

        // Each renewal needs the refresh token of the one before.
        for _ in 0..3 {
            sandbox.expire_access_tokens();
            call(&client).await.unwrap();
        }

        let accepted = accepted.lock().unwrap();
        assert_eq!(*accepted, vec![Some("identity".to_owned()); 3]);
    }
}

/// Nobody can read it: the error says that there is no token, and has the response.
#[tokio::test]
async fn a_compressed_response_that_is_cut_gives_no_token() {
    let sandbox = Watched::start().await;
    let cut = |body: &[u8]| gzip(body)[..20].to_vec();
    let (token_url, _) = compressing(&sandbox, cut, "gzip").await;
    let machine = Credentials::client_credentials(sandbox.client_id(), sandbox.client_secret());
    let client = sandbox.builder().token_url(token_url).credentials(machine);

    let error = call(&client.build().unwrap()).await.unwrap_err();

    assert!(error.is_token_rejected(), "{error:?}");
    assert_eq!(error.status().map(|status| status.as_u16()), Some(200));
}
