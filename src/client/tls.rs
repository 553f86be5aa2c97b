//! TLS: one configuration a run, shared by the load path and the control traffic.

use std::{
    io,
    sync::{Arc, OnceLock},
};

pub use rustls::ClientConfig;
use rustls::{
    DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        Resumption,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};

use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::ClientError;
use crate::plan::{Http, Tls};

/// HTTP/2 in the words of ALPN.
pub(super) const HTTP2: &[u8] = b"h2";
/// HTTP/1.1 in the words of ALPN.
const HTTP1: &[u8] = b"http/1.1";

/// The configuration that `target.tls` describes: the machine's own authorities and those of `ca`, verified unless
/// `verify: false`.
///
/// ring is given explicitly and also installed as the process default, because the control client asks for one.
/// The machine's authorities are read once a process: reading them for each connection costs milliseconds.
///
/// # Errors
///
/// When the file of `ca` is missing or holds no certificate.
pub fn config(tls: &Tls) -> Result<Arc<ClientConfig>, ClientError> {
    let provider = Arc::new(ring::default_provider());
    // An error only says that a provider is installed already, and only ring is linked.
    let _ = ring::default_provider().install_default();
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let config = if tls.verify {
        builder.with_root_certificates(authorities(tls)?).with_no_client_auth()
    } else {
        let verifier = Arc::new(Unverified(provider));
        builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()
    };
    Ok(Arc::new(config))
}

/// The configuration for a target: [`config()`], with the versions of HTTP that the server may choose from. With `h1` none are
/// named, as a client of HTTP/1.1 does. No session is resumed: one store of them would serve all users, so that a new visitor
/// would come with the ticket of another one and cost the server a fraction of what it will pay.
///
/// # Errors
///
/// As [`config()`].
pub(super) fn offering(tls: &Tls, http: Http) -> Result<Arc<ClientConfig>, ClientError> {
    let offered: &[&[u8]] = match http {
        Http::H1 => &[],
        Http::H2 => &[HTTP2],
        Http::Auto => &[HTTP2, HTTP1],
    };
    let mut config = ClientConfig::clone(&*config(tls)?);
    config.resumption = Resumption::disabled();
    config.alpn_protocols = offered.iter().map(|protocol| protocol.to_vec()).collect();
    Ok(Arc::new(config))
}

/// TLS that accepts every certificate: for a protocol in which a server offers encryption and nobody asked who it is.
///
/// # Panics
/// Never: ring speaks the versions that rustls holds safe.
pub fn unverified() -> Arc<ClientConfig> {
    let tls = Tls { ca: None, verify: false };
    config(&tls).expect("without a file of authorities there is nothing that could be missing")
}

/// A connection of another protocol than HTTP, secured.
pub type Secured = TlsStream<TcpStream>;

/// Speaks TLS over a connection of another protocol than HTTP: a monitor's.
///
/// # Errors
/// The name is none that a certificate could hold, or the handshake fails.
pub async fn secure(config: Arc<ClientConfig>, host: &str, tcp: TcpStream) -> io::Result<Secured> {
    let name = ServerName::try_from(host.trim_start_matches('[').trim_end_matches([']', '.']).to_owned());
    let name = name.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    TlsConnector::from(config).connect(name, tcp).await
}

fn authorities(tls: &Tls) -> Result<RootCertStore, ClientError> {
    let mut roots = native().clone();
    let Some(path) = &tls.ca else { return Ok(roots) };
    let unreadable = |cause: String| ClientError::Authorities { path: path.clone(), cause };
    let mut found = false;
    for certificate in CertificateDer::pem_file_iter(path).map_err(|cause| unreadable(cause.to_string()))? {
        let certificate = certificate.map_err(|cause| unreadable(cause.to_string()))?;
        roots.add(certificate).map_err(|cause| unreadable(cause.to_string()))?;
        found = true;
    }
    if found { Ok(roots) } else { Err(unreadable("it holds no certificate".to_owned())) }
}

fn native() -> &'static RootCertStore {
    static NATIVE: OnceLock<RootCertStore> = OnceLock::new();
    NATIVE.get_or_init(|| {
        let mut roots = RootCertStore::empty();
        // A machine without authorities is no error here: connections that need one fail with their own sentence.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        roots
    })
}

/// Accepts every certificate, for `verify: false`; signatures of the handshake are still checked.
#[derive(Debug)]
struct Unverified(Arc<CryptoProvider>);

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
