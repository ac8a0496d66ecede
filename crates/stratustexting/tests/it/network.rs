//! Networks that are hard on a client: machines without certificates, and proxies for some URLs
//! and not for others.

use std::sync::atomic::Ordering::SeqCst;

use stratustexting::{Client, Outcome, SendOutcome, reqwest};

use crate::{
    support::{TEXT, Watched, in_own_process},
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
