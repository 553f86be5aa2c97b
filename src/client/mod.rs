//! STAND-IN.
pub mod control;
pub use expect::verify;
mod expect {
    //! STAND-IN.
    use crate::plan::Expect;
    /// STAND-IN
    pub fn verify(expect: &Expect, status: u16, _: &http::HeaderMap, body: &[u8], _: u64) -> Result<(), String> {
        if !expect.accepts(status) {
            return Err(format!("status {status} in the place of {:?}", expect.status));
        }
        for (pointer, wanted) in &expect.json {
            let value: serde_json::Value = serde_json::from_slice(body).map_err(|e| e.to_string())?;
            if let crate::plan::JsonExpectation::Equals(wanted) = wanted
                && value.pointer(pointer) != Some(wanted)
            {
                return Err(format!("{pointer} is {:?} in the place of {wanted}", value.pointer(pointer)));
            }
        }
        Ok(())
    }
}
pub mod tls {
    //! STAND-IN.
    use std::sync::Arc;
    /// STAND-IN
    pub fn config(_: &crate::plan::Tls) -> Result<Arc<rustls::ClientConfig>, super::ClientError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring")
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        Ok(Arc::new(config))
    }
}
/// STAND-IN
#[derive(Debug, thiserror::Error)]
#[error("stand-in")]
pub struct ClientError;
/// STAND-IN
pub fn allowed(url: &url::Url, allow: &[String]) -> bool {
    let host = url.host_str().unwrap_or_default();
    host == "127.0.0.1" || host == "localhost" || allow.iter().any(|a| a == host)
}
/// STAND-IN
#[derive(Debug)]
pub struct Origin;
impl Origin {
    /// STAND-IN
    pub fn new(_: &crate::plan::Target, _: &url::Url) -> Result<Self, ClientError> {
        Ok(Self)
    }
}
