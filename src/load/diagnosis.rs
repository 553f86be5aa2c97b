//! Why a step of a rehearsal failed, as far as its exchanges tell: the likeliest cause and the next step.

use url::Url;

use super::{Exchange, Quote, login};

const TOKEN: &str = "the CSRF token is missing or was refused: extract it from the page with the form, send it as the \
                     form's field or header, and keep its cookie; over https many frameworks want a Referer header too";
const NO_SESSION: &str = "the app asks for a login: the session was not accepted; see whether the login's answer sets a \
                          cookie and whether this request sends it";

/// The likeliest cause of the last exchange's failure, in one sentence that ends with the next step; `None` when it
/// did not fail, or when its failure says all there is.
pub(super) fn of(exchanges: &[Exchange]) -> Option<String> {
    let (failed, before) = exchanges.split_last()?;
    failed.failure.as_ref()?;
    let status = failed.status?;
    let page = failed.received.body.to_ascii_lowercase();
    let unsafe_method = failed.method.as_ref().is_some_and(|method| !method.is_safe());
    if let Some(cause) = login::likeliest(exchanges) {
        return Some(cause);
    }
    let session_missing = asks_for_login(failed, &page) || matches!(status, 401 | 403 | 419);
    if session_missing && let Some(refused) = refused_cookie(failed, before) {
        return Some(refused);
    }
    let mentions_token = page.contains("csrf") || page.contains("xsrf") || page.contains("authenticity");
    if unsafe_method && (matches!(status, 403 | 419) || (status >= 400 && mentions_token)) {
        return Some(TOKEN.to_owned());
    }
    if asks_for_login(failed, &page) {
        return Some(NO_SESSION.to_owned());
    }
    by_status(failed, status)
}

/// What a path to a login page has in it.
pub(super) const LOGIN_WORDS: [&str; 4] = ["login", "signin", "sign_in", "sign-in"];

/// A redirect to a login page, or a page that asks for a password where another answer was expected.
pub(super) fn asks_for_login(failed: &Exchange, page: &str) -> bool {
    let leads_there = failed.received.header("location").any(|to| {
        let to = to.to_ascii_lowercase();
        LOGIN_WORDS.iter().any(|word| to.contains(word))
    });
    let unsafe_method = failed.method.as_ref().is_some_and(|method| !method.is_safe());
    leads_there || (passwords(page) > 0 && (!failed.login || unsafe_method))
}

/// How many fields for a password a page has; `page` is in lower case.
pub(super) fn passwords(page: &str) -> usize {
    page.match_indices("type=")
        .filter(|(at, found)| page[at + found.len()..].trim_start_matches(['"', '\'']).starts_with("password"))
        .count()
}

fn by_status(failed: &Exchange, status: u16) -> Option<String> {
    let text = match status {
        300..=399 => {
            let to = failed.received.header("location").next().unwrap_or("nowhere");
            return Some(format!(
                "the app redirects to {to}: correct the path, expect this status, or write `redirects: follow`"
            ));
        }
        401 | 403 => "the user may not do this: see what rights the test user has",
        404 | 410 => "there is nothing at this path: correct it, or see whether the data's row exists in the app",
        405 => "the path knows no such method: correct one of them",
        400 | 415 | 422 => "the app does not accept the request: its answer says why; correct body or headers",
        429 => "the app limits the rate of requests: lift the limit for the test's users and addresses",
        500..=599 => "the app failed: look into its log at this request",
        _ => return None,
    };
    Some(text.to_owned())
}

/// A cookie that an answer before set and that this request lacks, with the reason.
pub(super) fn refused_cookie(failed: &Exchange, before: &[Exchange]) -> Option<String> {
    let url = Url::parse(failed.url.as_ref()?).ok()?;
    let sent: Vec<&str> = failed.sent.header("cookie").flat_map(|line| line.split(';')).map(name).collect();
    let answers = before.iter().rev().flat_map(|exchange| {
        let from = exchange.url.as_deref().and_then(|url| Url::parse(url).ok());
        set_cookies(&exchange.received).map(move |cookie| (cookie, from.clone()))
    });
    answers.filter(|(cookie, _)| !sent.contains(&name(cookie))).find_map(|(cookie, from)| {
        let why = reason(cookie, &url, from.as_ref()?)?;
        Some(format!("the cookie {} was not sent back, because {why}", name(cookie)))
    })
}

pub(super) fn set_cookies(received: &Quote) -> impl Iterator<Item = &str> {
    received.header("set-cookie")
}

fn name(pair: &str) -> &str {
    pair.split(['=', ';']).next().unwrap_or_default().trim()
}

/// Why a cookie of an answer from `from` does not go to `url`; `None` when it should, or was deleted.
fn reason(cookie: &str, url: &Url, from: &Url) -> Option<String> {
    let attributes = || cookie.split(';').skip(1).map(|attribute| attribute.split_once('=').unwrap_or((attribute, "")));
    let attribute = |wanted: &str| {
        attributes().find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
    };
    if attribute("secure").is_some() && url.scheme() == "http" {
        return Some(
            "it is Secure and the target speaks http: test over https, or let the staging app set it without Secure"
                .to_owned(),
        );
    }
    let host = from.host_str().unwrap_or_default();
    if let Some(domain) = attribute("domain").map(|domain| domain.trim_start_matches('.').to_ascii_lowercase())
        && !domain.is_empty()
        && host != domain
        && !host.ends_with(&format!(".{domain}"))
    {
        return Some(format!(
            "it is for the domain {domain} and came from {host}: correct the app's cookie domain, or test it under that name"
        ));
    }
    if let Some(path) = attribute("path").filter(|path| path.starts_with('/'))
        && !url.path().starts_with(path)
    {
        return Some(format!(
            "it is for the path {path} and this step asks for {}: correct the app's cookie path or the step",
            url.path()
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::Method;

    use super::*;

    fn exchange(url: &str, status: u16, sent: &[&str], received: &[&str]) -> Exchange {
        let quote = |first: &str, lines: &[&str]| Quote {
            head: [first].iter().chain(lines).map(|line| (*line).to_owned()).collect(),
            body: String::new(),
        };
        Exchange {
            step: "step".to_owned(),
            login: false,
            method: Some(Method::GET),
            url: Some(url.to_owned()),
            status: Some(status),
            duration: Duration::ZERO,
            failure: None,
            advice: None,
            causes: Vec::new(),
            sent: quote("GET / HTTP/1.1", sent),
            received: quote("HTTP/1.1 200 OK", received),
        }
    }

    fn after(cookie: &str, sent: &[&str]) -> Option<String> {
        let login = exchange("http://app.test/login", 302, &[], &[&format!("set-cookie: {cookie}")]);
        let mut page = exchange("http://app.test/home", 302, sent, &["location: /accounts/login/?next=/home"]);
        page.failure = Some("status 302, expected 200".to_owned());
        of(&[login, page])
    }

    #[test]
    fn a_secure_cookie_over_http_is_the_cause() {
        let advice = after("sid=***; Path=/; Secure; HttpOnly", &[]).expect("there is a cause");
        assert!(
            advice.starts_with("the cookie sid was not sent back, because it is Secure and the target speaks http")
        );
    }

    #[test]
    fn a_cookie_that_was_sent_back_is_not() {
        let advice = after("sid=***; Path=/; Secure", &["cookie: other=***; sid=***"]).expect("there is a cause");
        assert!(advice.starts_with("the app asks for a login"), "{advice}");
    }

    #[test]
    fn what_did_not_fail_has_no_cause() {
        assert_eq!(of(&[exchange("http://app.test/", 200, &[], &[])]), None);
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn a_redirect_names_where_it_leads() {
        let mut page = exchange("http://app.test/home", 301, &[], &["location: /home/"]);
        page.failure = Some("status 301, expected 200".to_owned());
        assert!(of(&[page]).expect("there is a cause").starts_with("the app redirects to /home/"));
    }
}
