//! Passwords, which no message repeats.

use url::Url;

/// A password in the forms that it may be repeated in.
#[derive(Clone, Default)]
pub(super) struct Hidden(Vec<String>);

impl Hidden {
    /// The password of an address: as it is written there, and as it is sent.
    pub(super) fn of(url: &Url) -> Self {
        let Some(written) = url.password().filter(|password| !password.is_empty()) else { return Self::default() };
        let sent = decoded(written);
        let mut forms = vec![written.to_owned(), sent];
        forms.dedup();
        Self(forms)
    }

    /// The text without it.
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
        let hidden = Hidden::of(&Url::parse("redis://u:p%40ss@h").expect("a URL"));
        assert_eq!(hidden.mask("AUTH p@ss as p%40ss"), "AUTH *** as ***");
        let none = Hidden::of(&Url::parse("redis://:@h").expect("a URL"));
        assert_eq!(none.mask("nothing to hide"), "nothing to hide");
    }
}
