//! Certificates.

use std::{fs, io::Write, sync::Arc};

use rustls::{ServerConfig, pki_types::PrivatePkcs8KeyDer};
use url::Url;

use super::{failed, get, plan_target};
use crate::client::{
    Agent, Answer, Origin, Trouble,
    testing::{Server, app, text},
};
use crate::plan::{FailureKind, Tls};

/// A server with a certificate of an authority of its own, and that authority's file.
fn secure() -> (Server, tempfile::TempPath) {
    secure_as(&["localhost", "127.0.0.1"], 2100)
}

/// One whose certificate is for these names and ends with this year.
fn secure_as(names: &[&str], until: i32) -> (Server, tempfile::TempPath) {
    let (config, file) = certified(names, until);
    (Server::start(app(|_| text(200, "secret")), Some(config)), file)
}

/// What a server with such a certificate is configured with, and the file of its authority.
pub(super) fn certified(names: &[&str], until: i32) -> (Arc<ServerConfig>, tempfile::TempPath) {
    let authority_key = rcgen::KeyPair::generate().expect("a key");
    let mut params = rcgen::CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = params.self_signed(&authority_key).expect("a certificate");
    let issuer = rcgen::Issuer::new(params, authority_key);
    let key = rcgen::KeyPair::generate().expect("a key");
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = rcgen::CertificateParams::new(names).expect("parameters");
    params.not_after = rcgen::date_time_ymd(until, 12, 31);
    let certificate = params.signed_by(&key, &issuer).expect("a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring speaks TLS")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
        .expect("a certificate and its key");
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(authority.pem().as_bytes()).expect("room for a certificate");
    (Arc::new(config), file.into_temp_path())
}

async fn over_tls(url: &str, tls: Tls) -> Result<Answer, Trouble> {
    let target = plan_target(|target| target.tls = tls);
    let origin = Origin::new(&target, &Url::parse(url).expect("a URL")).expect("loopback is allowed");
    Agent::new().exchange(&origin, &get(&origin, "/")).await
}

#[tokio::test]
async fn certificates_are_verified_unless_switched_off() {
    let (server, authority) = secure();
    let known = Tls { ca: Some(authority.to_path_buf()), verify: true };
    for host in ["localhost", "127.0.0.1"] {
        let url = format!("https://{host}:{}/", server.port());
        assert_eq!(over_tls(&url, known.clone()).await.expect("a known authority").body, "secret");
        let failure = failed(over_tls(&url, Tls { ca: None, verify: true }).await);
        assert_eq!(failure.kind, FailureKind::Tls);
        assert!(failure.description.contains("UnknownIssuer"), "{}", failure.description);
        assert_eq!(over_tls(&url, Tls { ca: None, verify: false }).await.expect("not verified").body, "secret");
    }
    // A certificate for another name of the same machine.
    let failure = failed(over_tls(&format!("https://127.0.0.2:{}/", server.port()), known).await);
    assert!(matches!(failure.kind, FailureKind::Tls | FailureKind::Connect), "{failure:?}");
}

#[tokio::test]
async fn a_wrong_name_and_an_expired_certificate_are_tls_failures_that_say_so() {
    for (names, until, words) in
        [(&["other.example"][..], 2100, "not valid for name"), (&["localhost"][..], 2020, "expired")]
    {
        let (server, authority) = secure_as(names, until);
        let known = Tls { ca: Some(authority.to_path_buf()), verify: true };
        let failure = failed(over_tls(&format!("https://localhost:{}/", server.port()), known).await);
        assert_eq!(failure.kind, FailureKind::Tls);
        assert!(failure.description.contains(words), "{}", failure.description);
    }
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_a_tls_failure() {
    let server = Server::start(app(|_| text(200, "plain")), None);
    let url = format!("https://127.0.0.1:{}/", server.port());
    assert_eq!(failed(over_tls(&url, Tls { ca: None, verify: true }).await).kind, FailureKind::Tls);
}

#[test]
fn an_authority_that_cannot_be_read_is_an_error_with_its_path() {
    let tls = |path: &std::path::Path| crate::client::tls::config(&Tls { ca: Some(path.to_owned()), verify: true });
    let missing = tls("/no/such/ca.pem".as_ref()).expect_err("it is missing").to_string();
    assert!(missing.contains("/no/such/ca.pem"), "{missing}");
    let empty = tempfile::NamedTempFile::new().expect("a file");
    assert!(tls(empty.path()).expect_err("it is empty").to_string().contains("no certificate"));
    fs::write(empty.path(), "-----BEGIN CERTIFICATE-----\nZm9v\n-----END CERTIFICATE-----\n").expect("room");
    assert!(tls(empty.path()).is_err());
}
