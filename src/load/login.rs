//! Why a login does not work: three causes, the likeliest first by what its exchanges show. Pure.

mod doubt;

pub use doubt::Doubt;
pub(super) use doubt::doubt;

use super::{
    Exchange,
    diagnosis::{asks_for_login, refused_cookie, set_cookies},
};

/// Names that say that a form's field, a cookie or a header carries a token against forged requests.
const TOKENS: [&str; 5] = ["csrf", "xsrf", "authenticity_token", "requestverificationtoken", "_token"];

/// A cause with what speaks for it: the larger, the likelier; below [`SEEN`] nothing in the exchanges does.
type Weighed = (u8, String);

const SEEN: u8 = 20;

const ANY: &str = "the likeliest causes: the CSRF token is missing or refused; the session's cookie is refused \
                   (Secure over http, another domain or path); the login page came back with 200 for a wrong user or \
                   password";

/// Three causes in the order of the evidence, each a sentence without its full stop that ends with the next step; empty
/// where the last exchange is no login that the app refused and no request that lacks its session.
pub(super) fn causes(exchanges: &[Exchange]) -> Vec<String> {
    let Some((failed, before)) = exchanges.split_last() else { return Vec::new() };
    let Some(status) = failed.status.filter(|status| failed.failure.is_some() && *status < 500) else {
        return Vec::new();
    };
    let page = failed.received.body.to_ascii_lowercase();
    let after_a_login = before.iter().any(|exchange| exchange.login);
    let session_missing = asks_for_login(failed, &page) || matches!(status, 401 | 403 | 419);
    let lacks_its_session = after_a_login && session_missing;
    if !failed.login && !lacks_its_session {
        return Vec::new();
    }
    weighed(failed, before, &page)
}

/// The three causes of what this exchange shows, whether it failed or not.
fn weighed(failed: &Exchange, before: &[Exchange], page: &str) -> Vec<String> {
    let mut causes = [token(failed, before, page), cookie(failed, before, page), page_again(failed, before, page)];
    // A stable sort: of equals, the one that is more often the cause comes first.
    causes.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    let word = if causes[0].0 < SEEN { "perhaps" } else { "less likely" };
    causes.into_iter().map(|(weight, text)| if weight < SEEN { format!("{word}: {text}") } else { text }).collect()
}

/// The likeliest cause in one sentence; where nothing speaks for any, all that it may be.
pub(super) fn likeliest(exchanges: &[Exchange]) -> Option<String> {
    first(causes(exchanges))
}

fn first(causes: Vec<String>) -> Option<String> {
    let first = causes.into_iter().next()?;
    Some(if first.starts_with("perhaps: ") { ANY.to_owned() } else { first })
}

/// The token against forged requests is missing, or was refused.
fn token(failed: &Exchange, before: &[Exchange], page: &str) -> Weighed {
    // Behind the login, the question is what the login itself sent.
    let posted = before.iter().rev().find(|exchange| exchange.login && is_unsafe(exchange));
    let asked = if failed.login { failed } else { posted.unwrap_or(failed) };
    let refused = failed.login && matches!(failed.status, Some(403 | 419));
    let speaks = TOKENS.iter().any(|name| page.contains(name)) && failed.status.is_some_and(|status| status >= 400);
    let offered = before.iter().rev().find_map(|exchange| offered(exchange));
    match offered {
        Some((what, name)) if !sends(asked, &name) => (
            if refused || speaks {
                100
            } else if failed.login {
                70
            } else {
                40
            },
            format!(
                "the CSRF token is missing or was refused: an answer before has the {what} {name}, and no field or header \
                 of the login's request carries it; `extract` it from there and send it in `form`, or as the header that the \
                 app wants"
            ),
        ),
        _ if is_unsafe(failed) && (refused || speaks) => (
            80,
            format!(
                "the CSRF token is missing or was refused: extract it from the page with the form, send it as the form's \
                 field or header, and keep its cookie{}",
                if failed.url.as_ref().is_some_and(|url| url.starts_with("https:")) {
                    "; over https many frameworks want a Referer header too"
                } else {
                    ""
                }
            ),
        ),
        Some((what, name)) => (
            10,
            format!("the CSRF token is refused, although the login's request carries that of the {what} {name}"),
        ),
        None => (
            10,
            "the CSRF token is missing or refused, although no answer mentions one; see whether a browser sends a field \
             or header that this request lacks"
                .to_owned(),
        ),
    }
}

/// The session's cookie does not come back.
fn cookie(failed: &Exchange, before: &[Exchange], page: &str) -> Weighed {
    if let Some(refused) = refused_cookie(failed, before) {
        return (95, refused);
    }
    let asks = !failed.login && asks_for_login(failed, page);
    let set =
        before.iter().filter(|exchange| exchange.login).any(|exchange| set_cookies(&exchange.received).count() > 0);
    match (asks, set) {
        (true, false) => (
            90,
            "the app asks for a login: no answer of the login set a cookie, so there is no session; see whether the app \
             gives a token instead, `extract` it and send it in a header"
                .to_owned(),
        ),
        (true, true) => (
            85,
            "the app asks for a login: the session was not accepted; see whether the login's answer sets a cookie and \
             whether this request sends it"
                .to_owned(),
        ),
        (false, _) => (
            15,
            "the session's cookie is refused (Secure over http, another domain or path), although every cookie that was \
             set came back"
                .to_owned(),
        ),
    }
}

/// The login page came back, whatever its status: the app did not take user and password.
fn page_again(failed: &Exchange, before: &[Exchange], page: &str) -> Weighed {
    let posted_to_it = failed.login && is_unsafe(failed);
    if posted_to_it && asks_for_login(failed, page) {
        let text = "the answer is the login page again: the user or the password is wrong, or the form's fields have \
                    other names; compare `form` with the page's <input> names";
        return (92, text.to_owned());
    }
    if posted_to_it && failed.status == Some(401) {
        return (
            90,
            "the user or the password is wrong: try them in a browser, and see whether the variable is set".to_owned(),
        );
    }
    let earlier = before
        .iter()
        .rev()
        .find(|exchange| exchange.login && exchange.method.as_ref().is_some_and(|method| !method.is_safe()));
    if let Some(login) = earlier.filter(|login| asks_for_login(login, &login.received.body.to_ascii_lowercase())) {
        let status = login.status.unwrap_or_default();
        return (
            93,
            format!(
                "{} answered {status} with the login page again, and its `expect` let that pass: the user or the password \
                 is wrong; expect what only a login that worked answers, as `status: 302`",
                login.step
            ),
        );
    }
    (
        12,
        "the login page came back with 200 for a wrong user or password, although no form of it is in the answer"
            .to_owned(),
    )
}

fn is_unsafe(exchange: &Exchange) -> bool {
    exchange.method.as_ref().is_some_and(|method| !method.is_safe())
}

/// The field, or the cookie, of an answer that carries a token: what it is, and its name.
fn offered(exchange: &Exchange) -> Option<(&'static str, String)> {
    let field = names(&exchange.received.body).find(|name| is_token(name)).map(|name| ("form field", name.to_owned()));
    let cookie = || {
        let cookies = set_cookies(&exchange.received).filter_map(|cookie| cookie.split_once('='));
        cookies.map(|(name, _)| name.trim()).find(|name| is_token(name)).map(|name| ("cookie", name.to_owned()))
    };
    field.or_else(cookie)
}

/// The values of `name=` attributes of a page.
fn names(body: &str) -> impl Iterator<Item = &str> {
    body.split("name=").skip(1).filter_map(|rest| {
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        rest[1..].split(quote).next()
    })
}

fn is_token(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    TOKENS.iter().any(|token| name.contains(token))
}

/// Whether a request carries a token in its body or in a header: by this name, or by any of a token.
fn sends(request: &Exchange, name: &str) -> bool {
    let body = request.sent.body.to_ascii_lowercase();
    let in_header = request.sent.head.iter().skip(1).filter_map(|line| line.split_once(':')).any(|(header, _)| {
        header != "cookie" && TOKENS.iter().any(|token| header.to_ascii_lowercase().contains(token))
    });
    in_header || body.contains(&name.to_ascii_lowercase()) || TOKENS.iter().any(|token| body.contains(token))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::Method;

    use super::{super::Quote, *};

    const FORM: &str = "<form method=post><input name=\"csrfmiddlewaretoken\" value=\"***\"><input type=\"password\" name='pw'></form>";

    /// An exchange of the login, with its method, status, and what it sent and received.
    fn exchange(
        method: Method,
        status: u16,
        (sent, body): (&[&str], &str),
        (received, page): (&[&str], &str),
    ) -> Exchange {
        let quote = |first: &str, lines: &[&str], body: &str| Quote {
            head: [first].iter().chain(lines).map(|line| (*line).to_owned()).collect(),
            body: body.to_owned(),
        };
        Exchange {
            step: "login".to_owned(),
            login: true,
            method: Some(method),
            url: Some("http://app.test/login".to_owned()),
            status: Some(status),
            duration: Duration::ZERO,
            failure: None,
            advice: None,
            causes: Vec::new(),
            sent: quote("", sent, body),
            received: quote("", received, page),
        }
    }

    fn page() -> Exchange {
        exchange(Method::GET, 200, (&[], ""), (&["set-cookie: csrftoken=***; Path=/"], FORM))
    }

    fn failed(exchange: Exchange) -> Exchange {
        Exchange { failure: Some("status".to_owned()), ..exchange }
    }

    #[track_caller]
    fn order(exchanges: &[Exchange], beginnings: [&str; 3]) {
        let causes = causes(exchanges);
        assert_eq!(causes.len(), 3, "{causes:#?}");
        for (cause, beginning) in causes.iter().zip(beginnings) {
            assert!(cause.starts_with(beginning), "{beginning}: {causes:#?}");
        }
    }

    const SENT: (&[&str], &str) = (&["cookie: csrftoken=***"], "user=a&pw=b&csrfmiddlewaretoken=***");
    const WITHOUT: (&[&str], &str) = (&["cookie: csrftoken=***"], "user=a&pw=b");

    #[test]
    fn a_token_that_no_extract_takes() {
        let refused = failed(exchange(Method::POST, 403, WITHOUT, (&[], "Forbidden")));
        order(
            &[page(), refused.clone()],
            ["the CSRF token is missing", "less likely: the session", "less likely: the login page"],
        );
        assert!(causes(&[page(), refused])[0].contains("the form field csrfmiddlewaretoken"));
        let by_cookie = exchange(Method::GET, 200, (&[], ""), (&["set-cookie: XSRF-TOKEN=***; Path=/"], "{}"));
        let causes = causes(&[by_cookie, failed(exchange(Method::POST, 419, (&[], "{}"), (&[], "")))]);
        assert!(causes[0].contains("the cookie XSRF-TOKEN"), "{causes:#?}");
    }

    #[test]
    fn a_token_that_was_sent_and_refused() {
        let refused = failed(exchange(Method::POST, 403, SENT, (&[], "Forbidden")));
        order(&[page(), refused], ["the CSRF token is missing or was refused: extract", "less likely", "less likely"]);
    }

    #[test]
    fn a_wrong_password_is_the_login_page_again() {
        let again = failed(exchange(Method::POST, 200, SENT, (&[], FORM)));
        order(
            &[page(), again],
            ["the answer is the login page again", "less likely: the session", "less likely: the CSRF"],
        );
        let redirected = failed(exchange(Method::POST, 302, SENT, (&["location: /login?error=1"], "")));
        order(&[page(), redirected], ["the answer is the login page again", "less likely", "less likely"]);
        let json = failed(exchange(Method::POST, 401, (&[], "{}"), (&[], "{\"error\": 1}")));
        order(&[json], ["the user or the password is wrong", "less likely", "less likely"]);
    }

    #[test]
    fn a_login_page_again_without_the_token_names_both() {
        let again = failed(exchange(Method::POST, 200, WITHOUT, (&[], FORM)));
        order(&[page(), again], ["the answer is the login page again", "the CSRF token is missing", "less likely"]);
    }

    #[test]
    fn a_secure_cookie_over_http() {
        let login = exchange(Method::POST, 302, SENT, (&["set-cookie: sid=***; Path=/; Secure"], ""));
        let home = Exchange {
            login: false,
            ..exchange(Method::GET, 302, (&["cookie: csrftoken=***"], ""), (&["location: /login"], ""))
        };
        let causes = causes(&[page(), login, failed(home)]);
        assert!(causes[0].starts_with("the cookie sid was not sent back, because it is Secure"), "{causes:#?}");
    }

    #[test]
    fn a_login_that_sets_no_cookie() {
        let login = exchange(Method::POST, 200, (&[], "{}"), (&[], "{\"token\": \"***\"}"));
        let home = Exchange { login: false, ..exchange(Method::GET, 302, (&[], ""), (&["location: /login"], "")) };
        order(&[login, failed(home)], ["the app asks for a login: no answer", "less likely", "less likely"]);
    }

    #[test]
    fn a_login_page_that_its_expectation_let_pass() {
        let passed = exchange(Method::POST, 200, SENT, (&[], FORM));
        let home = Exchange {
            login: false,
            ..exchange(Method::GET, 302, (&["cookie: csrftoken=***"], ""), (&["location: /login"], ""))
        };
        order(
            &[page(), passed, failed(home)],
            ["login answered 200 with the login page again", "the app asks", "less likely"],
        );
    }

    #[test]
    fn what_is_no_question_of_the_login_has_no_causes() {
        let down = failed(exchange(Method::POST, 500, SENT, (&[], "csrf")));
        assert_eq!(causes(&[page(), down]), Vec::<String>::new());
        let missing = Exchange { login: false, ..failed(exchange(Method::GET, 404, (&[], ""), (&[], ""))) };
        assert_eq!(causes(&[page(), missing.clone()]), Vec::<String>::new());
        assert_eq!(causes(&[Exchange { status: None, ..missing }]), Vec::<String>::new());
        assert_eq!(causes(&[]), Vec::<String>::new());
        assert_eq!(causes(&[page()]), Vec::<String>::new(), "nothing failed");
    }
}
