//! Passwords, which no message repeats.

use url::Url;

/// Parameters of an address with one of these words in their name hold a secret.
const SECRET: [&str; 7] = ["pass", "pwd", "token", "key", "secret", "auth", "sig"];

/// The secrets of an address in the forms that they may be repeated in.
#[derive(Clone, Default)]
pub(super) struct Hidden(Vec<String>);

impl Hidden {
    /// The password of an address and what it says after `?`: as it is written there, and as it is sent. A path alone has
    /// the latter too.
    pub(super) fn of(address: &str) -> Self {
        let mut forms = Vec::new();
        let mut hide = |written: &str| {
            if !written.is_empty() {
                forms.extend([written.to_owned(), decoded(written)]);
            }
        };
        if let Some((_, query)) = address.split_once('?') {
            let query = query.split('#').next().unwrap_or_default();
            hide(query);
            for (name, value) in query.split('&').filter_map(|parameter| parameter.split_once('=')) {
                let name = name.to_ascii_lowercase();
                if SECRET.iter().any(|word| name.contains(word)) {
                    hide(value);
                }
            }
        }
        if let Ok(url) = Url::parse(address) {
            hide(url.password().unwrap_or_default());
        }
        // The longest first, so that none is left in parts.
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        forms.dedup();
        Self(forms)
    }

    /// The text without them.
    pub(super) fn mask(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, form| text.replace(form.as_str(), "***"))
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
