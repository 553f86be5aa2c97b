//! Logins: CSRF tokens and sessions.

use std::collections::{HashMap, VecDeque};

use http::HeaderMap;
use http::header::COOKIE;

/// The most sessions kept; beyond it the oldest is forgotten, as a session store would expire it.
const MOST_SESSIONS: usize = 100_000;

/// The length of a session id and of a CSRF token, Django's.
const TOKEN_LENGTH: usize = 32;

/// Who is logged in.
#[derive(Debug)]
pub(super) struct Sessions {
    random: fastrand::Rng,
    users: HashMap<String, u32>,
    oldest_first: VecDeque<String>,
}

impl Sessions {
    pub(super) fn new(seed: u64) -> Self {
        Self { random: fastrand::Rng::with_seed(seed), users: HashMap::new(), oldest_first: VecDeque::new() }
    }

    /// A fresh token of letters and digits.
    pub(super) fn token(&mut self) -> String {
        (0..TOKEN_LENGTH).map(|_| self.random.alphanumeric()).collect()
    }

    /// Opens a session for a user and gives its id.
    pub(super) fn open(&mut self, user: u32) -> String {
        if self.oldest_first.len() == MOST_SESSIONS
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.users.remove(&oldest);
        }
        let id = self.token();
        self.users.insert(id.clone(), user);
        self.oldest_first.push_back(id.clone());
        id
    }

    /// The user of the request's `sessionid` cookie.
    pub(super) fn user(&self, headers: &HeaderMap) -> Option<u32> {
        self.users.get(cookie(headers, "sessionid")?).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.users.len()
    }
}

/// The value of a cookie of the request.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

/// What a login form says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct LoginForm {
    pub(super) username: String,
    pub(super) password: String,
    pub(super) token: String,
}

impl LoginForm {
    /// Reads an urlencoded body; fields that it lacks are empty.
    pub(super) fn read(body: &[u8]) -> Self {
        let mut form = Self::default();
        for (key, value) in url::form_urlencoded::parse(body) {
            match &*key {
                "username" => form.username = value.into_owned(),
                "password" => form.password = value.into_owned(),
                "csrfmiddlewaretoken" => form.token = value.into_owned(),
                _ => {}
            }
        }
        form
    }

    /// The N of `userN`, from 1; absent for a name that is no test user's.
    pub(super) fn user(&self) -> Option<u32> {
        self.username.strip_prefix("user")?.parse().ok().filter(|number| *number > 0)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use http::header::{COOKIE, HeaderValue};

    use super::{LoginForm, MOST_SESSIONS, Sessions, cookie};

    #[test]
    fn a_cookie_is_found_among_others_and_in_a_second_line() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=1; csrftoken=xyz"));
        headers.append(COOKIE, HeaderValue::from_static("sessionid=s"));
        assert_eq!(cookie(&headers, "csrftoken"), Some("xyz"));
        assert_eq!(cookie(&headers, "sessionid"), Some("s"));
        assert_eq!(cookie(&headers, "token"), None);
    }

    #[test]
    fn a_form_is_decoded() {
        let form = LoginForm::read(b"username=user17&password=p%26+x&csrfmiddlewaretoken=t");
        assert_eq!((form.user(), form.password.as_str(), form.token.as_str()), (Some(17), "p& x", "t"));
        assert_eq!(LoginForm::read(b"username=user0").user(), None);
        assert_eq!(LoginForm::read(b"username=admin").user(), None);
    }

    #[test]
    fn sessions_are_bounded_and_the_oldest_goes_first() {
        let mut sessions = Sessions::new(1);
        let first = sessions.open(1);
        let second = sessions.open(2);
        for user in 3..=u32::try_from(MOST_SESSIONS).expect("fits") + 1 {
            sessions.open(user);
        }
        let user = |id: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE, HeaderValue::from_str(&format!("sessionid={id}")).expect("letters"));
            sessions.user(&headers)
        };
        assert_eq!((sessions.len(), user(&first), user(&second)), (MOST_SESSIONS, None, Some(2)));
    }
}
