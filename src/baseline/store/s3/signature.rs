//! AWS Signature Version 4: who sends a request, and that nobody changed it on its way.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>

use std::fmt::Write as _;

use http::{HeaderName, Method};
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ring::{
    digest::{SHA256, digest},
    hmac,
};

use super::{Request, account::Account};

/// What stays as it is in a query.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A request that can be sent.
pub(super) struct Signed {
    pub(super) url: String,
    pub(super) headers: Vec<(HeaderName, String)>,
}

/// Signs a request. A PUT is made conditional: it is refused when there is a file of that name.
pub(super) fn sign(account: &Account, bucket: &str, request: &Request, now: Timestamp) -> Signed {
    let place = account.place(bucket);
    let path = format!("{}/{}", place.path, request.key);
    let pairs = request.query.iter().map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, UNRESERVED)));
    let query = pairs.collect::<Vec<_>>().join("&");
    let time = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    let content = hex(digest(&SHA256, &request.body).as_ref());
    let host = place.origin.split_once("://").map_or("", |(_, host)| host).to_owned();
    let mut headers = vec![("host", host), ("x-amz-content-sha256", content.clone()), ("x-amz-date", time.clone())];
    if request.method == Method::PUT {
        headers.push(("if-none-match", "*".to_owned()));
        headers.push(("content-type", "application/json".to_owned()));
    }
    headers.extend(account.token.clone().map(|token| ("x-amz-security-token", token)));
    headers.sort_unstable();
    let authorization = authorization(
        account,
        &Canonical {
            method: &request.method,
            path: &path,
            query: &query,
            headers: &headers,
            content: &content,
            time: &time,
        },
    );
    headers.retain(|(name, _)| *name != "host");
    headers.push(("authorization", authorization));
    let headers = headers.into_iter().map(|(name, value)| (HeaderName::from_static(name), value)).collect();
    let query = if query.is_empty() { query } else { format!("?{query}") };
    Signed { url: format!("{}{path}{query}", place.origin), headers }
}

/// What is signed. Headers are in the order of their names, queries too.
struct Canonical<'a> {
    method: &'a Method,
    path: &'a str,
    query: &'a str,
    headers: &'a [(&'static str, String)],
    content: &'a str,
    /// `20130524T000000Z`.
    time: &'a str,
}

fn authorization(account: &Account, request: &Canonical<'_>) -> String {
    let Canonical { method, path, query, headers, content, time } = request;
    let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let mut lines = String::new();
    for (name, value) in *headers {
        writeln!(lines, "{name}:{}", value.trim()).expect("a string takes what is written to it");
    }
    let canonical = format!("{method}\n{path}\n{query}\n{lines}\n{names}\n{content}");
    let day = time.split('T').next().unwrap_or_default();
    let region = &account.region;
    let scope = format!("{day}/{region}/s3/aws4_request");
    let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(digest(&SHA256, canonical.as_bytes()).as_ref()));
    let mut key = format!("AWS4{}", account.secret).into_bytes();
    for part in [day, region, "s3", "aws4_request"] {
        key = mac(&key, part);
    }
    let signature = hex(&mac(&key, &to_sign));
    format!("AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}", account.id)
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes what is written to it");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The account of AWS's documented examples.
    fn example() -> Account {
        Account {
            id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
            token: None,
            region: "us-east-1".to_owned(),
            endpoint: None,
        }
    }

    fn signature(query: &str, path: &str, headers: &[(&'static str, &str)]) -> String {
        let empty = hex(digest(&SHA256, b"").as_ref());
        let mut all = vec![
            ("host", "examplebucket.s3.amazonaws.com".to_owned()),
            ("x-amz-content-sha256", empty.clone()),
            ("x-amz-date", "20130524T000000Z".to_owned()),
        ];
        all.extend(headers.iter().map(|(name, value)| (*name, (*value).to_owned())));
        all.sort_unstable();
        let request =
            Canonical { method: &Method::GET, path, query, headers: &all, content: &empty, time: "20130524T000000Z" };
        let text = authorization(&example(), &request);
        text.rsplit_once('=').map(|(_, signature)| signature.to_owned()).expect("it ends with the signature")
    }

    #[test]
    fn signs_as_the_documented_examples_do() {
        assert_eq!(
            signature("", "/test.txt", &[("range", "bytes=0-9")]),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        );
        assert_eq!(
            signature("max-keys=2&prefix=J", "/", &[]),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
        );
        assert_eq!(
            signature("lifecycle=", "/", &[]),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
        );
    }

    #[test]
    fn a_write_is_conditional_and_a_token_is_signed() {
        let mut account = example();
        account.token = Some("token".to_owned());
        let request = Request::new(Method::PUT, "runs/a.json".to_owned());
        let signed = sign(&account, "bucket", &request, Timestamp::UNIX_EPOCH);
        assert_eq!(signed.url, "https://bucket.s3.us-east-1.amazonaws.com/runs/a.json");
        let header =
            |wanted: &str| signed.headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        assert_eq!(header("if-none-match"), Some("*"));
        assert!(header("authorization").is_some_and(|value| value.contains("if-none-match;x-amz-content-sha256")));
        assert!(header("authorization").is_some_and(|value| value.contains("x-amz-security-token,")));
        assert_eq!(header("host"), None, "the client sets it");
    }

    #[test]
    fn elsewhere_the_bucket_is_part_of_the_path() {
        let mut account = example();
        account.endpoint = Some("http://127.0.0.1:9000/".parse().expect("a URL"));
        let mut request = Request::new(Method::GET, String::new());
        request.query.insert("prefix", "a/b".to_owned());
        let signed = sign(&account, "bucket", &request, Timestamp::UNIX_EPOCH);
        assert_eq!(signed.url, "http://127.0.0.1:9000/bucket/?prefix=a%2Fb");
        account.endpoint = None;
        let signed = sign(&account, "my.bucket", &request, Timestamp::UNIX_EPOCH);
        assert_eq!(signed.url, "https://s3.us-east-1.amazonaws.com/my.bucket/?prefix=a%2Fb");
    }
}
