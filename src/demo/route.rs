//! Which page a path means, and the name under which the ledger keeps it.

use std::borrow::Cow;

/// What the app serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    Root,
    Healthz,
    Version,
    Metrics,
    Login,
    Dashboard,
    Project(u32),
    ChartData(u32),
    Details(u32),
    Detail(u32, u64),
    Integrity,
    Echo,
    Redirect,
    Raw(Raw),
    EndlessBody,
    Hang,
    Faults,
    Ledger,
    LedgerReset,
    Unknown,
}

/// Answers that are not HTTP, or not a whole answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Raw {
    /// Bytes that are no HTTP at all.
    Garbage,
    /// A head that never ends.
    EndlessHeaders,
    /// Less body than the head announced, then the end of the connection.
    ShortBody,
}

/// Who a request comes from, as far as its path tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Party {
    /// The load: counted in the ledger's totals, touched by every fault.
    Load,
    /// A monitor's scrape.
    Monitor,
    /// The switches and the ledger themselves; no fault touches them.
    Control,
}

impl Route {
    pub(super) fn of(path: &str) -> Self {
        let parts: Vec<&str> = path.trim_start_matches('/').splitn(6, '/').collect();
        match parts.as_slice() {
            [""] => Self::Root,
            ["healthz"] => Self::Healthz,
            ["version"] => Self::Version,
            ["metrics"] => Self::Metrics,
            ["accounts", "login", ""] => Self::Login,
            ["dashboard", ""] => Self::Dashboard,
            ["api", "integrity"] => Self::Integrity,
            ["api", "projects", id, rest @ ..] => Self::of_project(id, rest),
            ["demo", rest @ ..] => Self::of_demo(rest),
            _ => Self::Unknown,
        }
    }

    fn of_project(id: &str, rest: &[&str]) -> Self {
        let Ok(id) = id.parse() else {
            return Self::Unknown;
        };
        match rest {
            [""] => Self::Project(id),
            ["chart-data", ""] => Self::ChartData(id),
            ["details", ""] => Self::Details(id),
            ["details", detail, ""] => match detail.parse() {
                Ok(detail) => Self::Detail(id, detail),
                Err(_) => Self::Unknown,
            },
            _ => Self::Unknown,
        }
    }

    fn of_demo(rest: &[&str]) -> Self {
        match rest {
            ["echo", ..] => Self::Echo,
            ["redirect"] => Self::Redirect,
            ["garbage"] => Self::Raw(Raw::Garbage),
            ["endless-headers"] => Self::Raw(Raw::EndlessHeaders),
            ["short-body"] => Self::Raw(Raw::ShortBody),
            ["endless-body"] => Self::EndlessBody,
            ["hang"] => Self::Hang,
            ["faults"] => Self::Faults,
            ["ledger"] => Self::Ledger,
            ["ledger", "reset"] => Self::LedgerReset,
            _ => Self::Unknown,
        }
    }

    pub(super) fn party(self) -> Party {
        match self {
            Self::Metrics => Party::Monitor,
            Self::Faults | Self::Ledger | Self::LedgerReset => Party::Control,
            _ => Party::Load,
        }
    }

    /// The path with its numbers replaced, so that one endpoint is one line of the ledger.
    pub(super) fn normalised(self, path: &str) -> Cow<'_, str> {
        match self {
            Self::Project(_) => Cow::Borrowed("/api/projects/{id}/"),
            Self::ChartData(_) => Cow::Borrowed("/api/projects/{id}/chart-data/"),
            Self::Details(_) => Cow::Borrowed("/api/projects/{id}/details/"),
            Self::Detail(..) => Cow::Borrowed("/api/projects/{id}/details/{detail}/"),
            _ => Cow::Borrowed(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Party, Route};

    #[test]
    fn paths_mean_pages() {
        let cases = [
            ("/", Route::Root),
            ("/healthz", Route::Healthz),
            ("/accounts/login/", Route::Login),
            ("/accounts/login", Route::Unknown),
            ("/api/projects/162/", Route::Project(162)),
            ("/api/projects/162/chart-data/", Route::ChartData(162)),
            ("/api/projects/162/details/", Route::Details(162)),
            ("/api/projects/162/details/7/", Route::Detail(162, 7)),
            ("/api/projects/x/", Route::Unknown),
            ("/api/integrity", Route::Integrity),
            ("/demo/echo/a/b", Route::Echo),
            ("/demo/ledger/reset", Route::LedgerReset),
            ("/no-such-page", Route::Unknown),
        ];
        for (path, route) in cases {
            assert_eq!(Route::of(path), route, "{path}");
        }
    }

    #[test]
    fn only_scrapes_and_control_are_outside_the_load() {
        assert_eq!(Route::of("/metrics").party(), Party::Monitor);
        assert_eq!(Route::of("/demo/faults").party(), Party::Control);
        assert_eq!(Route::of("/demo/ledger").party(), Party::Control);
        assert_eq!(Route::of("/demo/echo").party(), Party::Load);
        assert_eq!(Route::of("/no-such-page").party(), Party::Load);
    }
}
