//! Whether a pass in which nothing failed was that of a user who is logged in.

use url::Url;

use super::{
    super::{
        Exchange,
        diagnosis::{LOGIN_WORDS, passwords},
    },
    first, is_unsafe, weighed,
};

/// Words of a step that ends a session, or that is about a password: a login page is what it should see.
const MEANT: [&str; 8] = ["logout", "log-out", "log_out", "log out", "signout", "sign-out", "sign_out", "password"];

/// What speaks against a login although nothing failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// The position of the exchange that shows it.
    pub exchange: usize,
    /// The likeliest cause and the next step, in a sentence without its full stop.
    pub cause: String,
    /// What to expect, so that it fails; a whole sentence.
    pub expect: &'static str,
}

/// The first exchange that was a success and is a login page: the answer to the login's last form, or what a later step
/// got. `None` where none is, and where nobody logs in.
pub(in crate::load) fn doubt(exchanges: &[Exchange]) -> Option<Doubt> {
    let posted = exchanges.iter().rposition(|exchange| exchange.login && is_unsafe(exchange));
    let at = (0..exchanges.len()).find(|at| {
        let exchange = &exchanges[*at];
        if exchange.login {
            // The answer to the form, and where a redirect led that was followed.
            return posted.is_some_and(|posted| *at >= posted && exchange.step == exchanges[posted].step)
                && (leads_to_login(exchange) || passwords(&page(exchange)) > 0);
        }
        let after_a_login = exchanges[..*at].iter().any(|before| before.login);
        // More than one field is a form to change a password.
        after_a_login && !is_meant(exchange) && (leads_to_login(exchange) || passwords(&page(exchange)) == 1)
    })?;
    let shown = &exchanges[at];
    let expect = if shown.login {
        "Say in `expect` what only a login that worked answers (`status: 302`, or `body_has`), so that this fails."
    } else {
        "Say in `expect` what only a user who is logged in gets (`status: 200`, `body_has`), so that this fails."
    };
    Some(Doubt { exchange: at, cause: first(weighed(shown, &exchanges[..at], &page(shown)))?, expect })
}

fn page(exchange: &Exchange) -> String {
    exchange.received.body.to_ascii_lowercase()
}

/// A redirect to a path whose last part is that of a login: `/accounts/login/?next=/`, and not `/login/done`, which is
/// where a login leads that worked.
fn leads_to_login(exchange: &Exchange) -> bool {
    let from = exchange.url.as_deref().and_then(|url| Url::parse(url).ok());
    exchange.received.header("location").filter_map(|to| from.as_ref()?.join(to).ok()).any(|to| {
        let last = to.path_segments().and_then(|parts| parts.rev().find(|part| !part.is_empty()));
        // `login.php`, and not `login-success`.
        let stem = last.and_then(|last| last.split('.').next()).unwrap_or_default().to_ascii_lowercase();
        LOGIN_WORDS.contains(&&*stem)
    })
}

/// Whether a step asks for a login page itself, or leads to one rightly.
fn is_meant(exchange: &Exchange) -> bool {
    let path = exchange.url.as_deref().and_then(|url| Url::parse(url).ok()).map(|url| url.path().to_owned());
    [path.as_deref().unwrap_or_default(), &exchange.step]
        .iter()
        .any(|text| has(text, &LOGIN_WORDS) || has(text, &MEANT))
}

fn has(text: &str, words: &[&str]) -> bool {
    let text = text.to_ascii_lowercase();
    words.iter().any(|word| text.contains(word))
}
