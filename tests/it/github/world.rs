//! What the fake keeps.

use serde_json::{Value, json};

/// The newest commit of pull request 7.
pub(crate) const HEAD: &str = "6dcb09b5b57875f334f61aebed695e2e4193db5e";
/// A commit before it.
pub(crate) const OLDER: &str = "0123456789abcdef0123456789abcdef01234567";

pub(crate) struct World {
    pub comments: Vec<Comment>,
    pub checks: Vec<Value>,
    pub statuses: Vec<Value>,
    pub pulls: Vec<Value>,
    /// Whom the token speaks for: a person, by name; else the job's own token.
    pub person: Option<&'static str>,
    /// The app, where it is another than GitHub Actions.
    pub app: Option<&'static str>,
    next: u64,
}

#[derive(Debug, Clone)]
pub(crate) struct Comment {
    pub id: u64,
    pub body: String,
    pub login: String,
    pub kind: &'static str,
}

impl Default for World {
    fn default() -> Self {
        Self {
            comments: Vec::new(),
            checks: Vec::new(),
            statuses: Vec::new(),
            pulls: vec![pull(7, "acme", "topic", HEAD)],
            person: None,
            app: None,
            next: 1_000,
        }
    }
}

/// A pull request.
pub(crate) fn pull(number: u64, owner: &str, branch: &str, sha: &str) -> Value {
    json!({
        "number": number, "state": "open", "locked": false,
        "head": {"label": format!("{owner}:{branch}"), "ref": branch, "sha": sha, "user": {"login": owner, "type": "User"}},
    })
}

impl World {
    /// The next number; later things have larger ones.
    pub(crate) fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Somebody comments; gives its number.
    pub(crate) fn comment(&mut self, login: &str, kind: &'static str, body: &str) -> u64 {
        let id = self.number();
        self.comments.push(Comment { id, body: body.to_owned(), login: login.to_owned(), kind });
        id
    }

    /// A comment of the gate `shop` by the job's own token, about a commit.
    pub(crate) fn gate_comment(&mut self, head: &str, text: &str) -> u64 {
        let body = format!("<!-- stagegate gate=shop schema=1 head={head} -->\n{text}");
        self.comment("github-actions[bot]", "Bot", &body)
    }

    /// Numbers and texts of the comments that begin with the hidden line of the gate `shop`.
    pub(crate) fn of_gate(&self) -> Vec<(u64, String)> {
        let own = self.comments.iter().filter(|comment| comment.body.starts_with("<!-- stagegate gate=shop "));
        own.map(|comment| (comment.id, comment.body.lines().skip(1).collect())).collect()
    }
}

impl Comment {
    pub(crate) fn json(&self) -> Value {
        json!({
            "id": self.id, "body": self.body, "html_url": format!("https://github.com/acme/shop/pull/7#issuecomment-{}", self.id),
            "user": {"login": self.login, "type": self.kind},
        })
    }
}
