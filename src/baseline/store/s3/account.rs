//! Where requests go and who sends them, from the variables that AWS's own tools read.

use url::Url;

use crate::{config::Environment, plan::is_loopback};

/// Credentials, region and endpoint.
#[derive(Clone)]
pub(super) struct Account {
    pub(super) id: String,
    pub(super) secret: String,
    pub(super) token: Option<String>,
    pub(super) region: String,
    /// `None`: AWS itself.
    pub(super) endpoint: Option<Url>,
}

impl Account {
    /// # Errors
    /// What is missing or cannot be read.
    pub(super) fn of(variables: &Environment) -> Result<Self, String> {
        let first = |names: &[&str]| {
            let mut values = names.iter().filter_map(|name| variables.get(*name));
            values.find(|value| !value.is_empty()).cloned()
        };
        let needed = |name: &str| first(&[name]).ok_or_else(|| format!("{name} is not set"));
        let endpoint = first(&["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]);
        let parse = |text: String| {
            let url = Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
            url.ok_or_else(|| format!("AWS_ENDPOINT_URL is `{text}`, which is not http://HOST[:PORT]"))
        };
        Ok(Self {
            id: needed("AWS_ACCESS_KEY_ID")?,
            secret: needed("AWS_SECRET_ACCESS_KEY")?,
            token: first(&["AWS_SESSION_TOKEN"]),
            region: first(&["AWS_REGION", "AWS_DEFAULT_REGION"]).unwrap_or_else(|| "us-east-1".to_owned()),
            endpoint: endpoint.map(parse).transpose()?,
        })
    }

    pub(super) fn is_loopback(&self) -> bool {
        self.endpoint.as_ref().and_then(Url::host).is_some_and(|host| is_loopback(&host))
    }

    /// Scheme and host of a bucket, and the path that leads to it. At AWS the bucket is part of the host, but for names
    /// with a dot, which its certificate does not cover; elsewhere it is part of the path, which every server knows.
    pub(super) fn place(&self, bucket: &str) -> Place {
        match &self.endpoint {
            Some(url) => Place {
                origin: url.origin().ascii_serialization(),
                path: format!("{}/{bucket}", url.path().trim_end_matches('/')),
            },
            None if bucket.contains('.') => {
                Place { origin: format!("https://s3.{}.amazonaws.com", self.region), path: format!("/{bucket}") }
            }
            None => Place { origin: format!("https://{bucket}.s3.{}.amazonaws.com", self.region), path: String::new() },
        }
    }
}

/// Where a bucket is.
pub(super) struct Place {
    /// `https://HOST[:PORT]`.
    pub(super) origin: String,
    /// Empty, or with a slash at its start and none at its end.
    pub(super) path: String,
}
