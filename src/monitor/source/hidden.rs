//! Passwords, which no message repeats.

use url::{Position, Url};

use crate::config::HIDDEN;

/// Parameters of an address with one of these words in their name hold a secret.
const SECRET: [&str; 7] = ["pass", "pwd", "token", "key", "secret", "auth", "sig"];

/// A secret of fewer characters is left in what others say: it is in half of all words, and hides nothing.
const SHORTEST: usize = 4;

/// The secrets of an address in the forms that they may be repeated in, each with what takes its place.
#[derive(Clone, Default)]
pub(super) struct Hidden(Vec<(String, &'static str)>);

impl Hidden {
    /// The password of an address and what it says after `?`: as it is written there, and as it is sent. A path alone has
    /// the latter too. A user without a password is a token where HTTP is spoken. Where the address itself is repeated they
    /// are hidden whatever their length.
    pub(super) fn of(address: &str) -> Self {
        let mut forms: Vec<(String, &str)> = Vec::new();
        let url = Url::parse(address).ok();
        if let Some(url) = &url {
            let user = &url[Position::BeforeUsername..Position::BeforeHost];
            if !user.is_empty() {
                forms.push((format!("://{user}"), "://"));
            }
        }
        let written = address.split_once('?').map(|(_, query)| query.split('#').next().unwrap_or_default());
        let parsed = url.as_ref().and_then(Url::query);
        let queries = written.into_iter().chain(parsed).filter(|query| !query.is_empty());
        forms.extend(queries.map(|query| (format!("?{query}"), "?***")));
        let mut hide = |written: &str| {
            let both = [written.to_owned(), decoded(written)];
            forms.extend(both.into_iter().filter(|form| form.chars().count() >= SHORTEST).map(|form| (form, HIDDEN)));
        };
        if let Some(query) = written {
            hide(query);
            for (name, value) in query.split('&').filter_map(|parameter| parameter.split_once('=')) {
                let name = name.to_ascii_lowercase();
                if SECRET.iter().any(|word| name.contains(word)) {
                    hide(value);
                }
            }
        }
        if let Some(url) = &url {
            let is_token = url.scheme().starts_with("http");
            hide(url.password().unwrap_or(if is_token { url.username() } else { "" }));
        }
        // The longest first, so that none is left in parts.
        forms.sort_by_key(|(form, _)| std::cmp::Reverse(form.len()));
        forms.dedup();
        Self(forms)
    }

    /// The text without them.
    pub(super) fn mask(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (form, shown)| text.replace(form.as_str(), shown))
    }
}

/// Debug output is an output.
impl std::fmt::Debug for Hidden {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Hidden({})", self.0.len())
    }
}

/// A part of an address as it is meant.
pub(super) fn decoded(part: &str) -> String {
    percent_encoding::percent_decode_str(part).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_repeated_in_no_form() {
        let hidden = Hidden::of("redis://u:p%40ss@h");
        assert_eq!(hidden.mask("AUTH p@ss as p%40ss"), "AUTH *** as ***");
        let none = Hidden::of("redis://:@h");
        assert_eq!(none.mask("nothing to hide"), "nothing to hide");
    }

    #[test]
    fn a_token_in_the_place_of_a_user_is_a_secret_too() {
        assert_eq!(Hidden::of("https://s3cret@h/metrics").mask("for s3cret: no"), "for ***: no");
        assert_eq!(Hidden::of("postgresql://shop@h/n").mask("role shop is unknown"), "role shop is unknown");
    }

    #[test]
    fn a_secret_of_few_characters_does_not_spoil_what_others_say() {
        for address in ["redis://:a@h", "http://h/metrics?key=1", "/metrics?k=1", "https://tok@h/"] {
            let text = "1 of 12 takes a while, toks";
            assert_eq!(Hidden::of(address).mask(text), text, "{address}");
        }
        assert_eq!(Hidden::of("redis://:abcd@h").mask("abcde"), "***e", "four are enough");
        assert_eq!(Hidden::of("redis://:abc@h").mask("abcde"), "abcde");
    }

    #[test]
    fn where_the_address_is_repeated_even_a_short_one_is_hidden() {
        let text = "GET http://u:a@h/m?k=1 had no answer, which http://h/m?k=12 has";
        let masked = "GET http://h/m?*** had no answer, which http://h/m?***2 has";
        assert_eq!(Hidden::of("http://u:a@h/m?k=1").mask(text), masked);
    }

    #[test]
    fn nor_is_one_among_the_parameters() {
        for address in ["http://h/metrics?Token=s3%21cret&collect=cpu", "/metrics?Token=s3%21cret&collect=cpu#top"] {
            let hidden = Hidden::of(address);
            let path = address.split(['?', '#']).next().expect("a path");
            assert_eq!(hidden.mask(address), address.replace("Token=s3%21cret&collect=cpu", "***"));
            assert_eq!(hidden.mask("the token s3!cret (s3%21cret) of cpu"), "the token *** (***) of cpu", "{path}");
        }
        let database = Hidden::of("postgresql://u@h/n?password=s3cret&sslmode=require");
        assert_eq!(database.mask("s3cret failed, TLS is what we require"), "*** failed, TLS is what we require");
    }
}
