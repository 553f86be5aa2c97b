//! A request as a command for a shell: what was confidential in it is a variable there.

use super::{Mask, clean};
use crate::{config::HIDDEN, load::Exchange};

/// Headers that curl writes itself, or that have an option of their own.
const OWN: [&str; 3] = ["host", "content-length", "cookie"];

/// The beginning of each variable's name: a shell has a `USER` and a `PATH` already.
const PREFIX: &str = "STAGEGATE_";

/// The lines of a command that sends an exchange's request again, to be copied; empty where no request was made. A secret
/// is a variable of the shell by the name of its field, header or cookie.
pub(super) fn command(exchange: &Exchange, mask: &Mask<'_>) -> Vec<String> {
    let (Some(method), Some(url)) = (&exchange.method, &exchange.url) else { return Vec::new() };
    let safe = |text: &str| clean(&mask(text)).into_owned();
    let mut parts = vec![format!("curl -i -X {method} {}", quoted(&safe(url)))];
    for line in exchange.sent.head.iter().skip(1) {
        let Some((name, value)) = line.split_once(": ") else { continue };
        if name == "cookie" {
            parts.push(format!("-b {}", quoted(&safe(value))));
        } else if !OWN.contains(&name) {
            parts.push(format!("-H {}", quoted(&safe(line))));
        }
    }
    parts.extend(body(&mask(&exchange.sent.body)));
    let last = parts.len() - 1;
    let line = |(at, part): (usize, &String)| {
        let (margin, end) = (if at == 0 { "    " } else { "      " }, if at == last { "" } else { " \\" });
        format!("{margin}{part}{end}")
    };
    ["    by hand:".to_owned()].into_iter().chain(parts.iter().enumerate().map(line)).collect()
}

/// `--data-raw TEXT`. A body of several lines, or one that was cut, does not fit into a command.
fn body(body: &str) -> Option<String> {
    if body.is_empty() {
        return None;
    }
    let whole = clean(body) == body && !body.ends_with('…');
    Some(if whole { format!("--data-raw {}", quoted(body)) } else { "--data-binary @the-body-above.txt".to_owned() })
}

/// A text for a shell: in single quotes, which nothing opens, but for variables, which stand in double ones.
fn quoted(text: &str) -> String {
    let mut pieces = text.split(HIDDEN);
    let first = pieces.next().unwrap_or_default();
    let mut shown = single(first);
    let mut before = first;
    for piece in pieces {
        shown.extend(["\"$", &variable(before), "\""]);
        if !piece.is_empty() {
            shown += &single(piece);
        }
        before = piece;
    }
    shown
}

fn single(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// A variable's name, by the last word before the secret: of `a=b&password=` it is `STAGEGATE_PASSWORD`, of
/// `authorization: Bearer ` `STAGEGATE_AUTHORIZATION`.
fn variable(before: &str) -> String {
    let schemes = ["bearer ", "basic ", "token ", "digest "];
    let lower = before.to_ascii_lowercase();
    let scheme = schemes.iter().find(|scheme| lower.ends_with(**scheme)).map_or(0, |scheme| scheme.len());
    let before = &before[..before.len() - scheme];
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let before = before.trim_end_matches(|c: char| !is_word(c));
    let start =
        before.rfind(|c: char| !is_word(c)).map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    let name: String = before[start..].chars().map(|c| if c == '-' { '_' } else { c.to_ascii_uppercase() }).collect();
    let name = if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) { "SECRET" } else { &name };
    format!("{PREFIX}{name}")
}

#[cfg(test)]
mod tests {
    use std::{borrow::Cow, process::Command};

    use http::Method;

    use super::*;
    use crate::load::Quote;

    fn exchange(body: &str) -> Exchange {
        Exchange {
            step: "login".to_owned(),
            login: true,
            method: Some(Method::POST),
            url: Some("http://127.0.0.1:1/log-in?it's=$HOME".to_owned()),
            status: Some(403),
            duration: std::time::Duration::ZERO,
            failure: Some("status".to_owned()),
            advice: None,
            causes: Vec::new(),
            sent: Quote {
                head: [
                    "POST /log-in HTTP/1.1",
                    "host: 127.0.0.1:1",
                    "authorization: Bearer ***",
                    "cookie: csrftoken=***; theme=***",
                    "x-csrf-token: ***",
                    "content-length: 3",
                ]
                .map(str::to_owned)
                .to_vec(),
                body: body.to_owned(),
            },
            received: Quote::default(),
        }
    }

    fn shown(body: &str) -> Vec<String> {
        command(&exchange(body), &|text| Cow::Owned(text.replace("hunter2", "***")))
    }

    #[test]
    fn a_secret_is_a_variable_by_the_name_of_its_field() {
        assert_eq!(
            shown("user=ann&password=hunter2&next=/"),
            [
                "    by hand:",
                "    curl -i -X POST 'http://127.0.0.1:1/log-in?it'\\''s=$HOME' \\",
                "      -H 'authorization: Bearer '\"$STAGEGATE_AUTHORIZATION\" \\",
                "      -b 'csrftoken='\"$STAGEGATE_CSRFTOKEN\"'; theme='\"$STAGEGATE_THEME\" \\",
                "      -H 'x-csrf-token: '\"$STAGEGATE_X_CSRF_TOKEN\" \\",
                "      --data-raw 'user=ann&password='\"$STAGEGATE_PASSWORD\"'&next=/'",
            ]
        );
        assert_eq!(quoted("{\"pass\": \"***\"}"), "'{\"pass\": \"'\"$STAGEGATE_PASS\"'\"}'");
        assert_eq!(quoted("*** and 9=***"), "''\"$STAGEGATE_SECRET\"' and 9='\"$STAGEGATE_SECRET\"");
    }

    #[test]
    fn no_variable_has_a_name_that_the_shell_has_already() {
        assert_eq!(quoted("user=***&path=***"), "'user='\"$STAGEGATE_USER\"'&path='\"$STAGEGATE_PATH\"");
    }

    #[test]
    fn a_body_that_does_not_fit_is_a_file() {
        let last = |body: &str| shown(body).pop().expect("there are lines");
        assert_eq!(last("a\nb"), "      --data-binary @the-body-above.txt");
        assert_eq!(last("begin…"), "      --data-binary @the-body-above.txt");
        assert!(last("").ends_with("-H 'x-csrf-token: '\"$STAGEGATE_X_CSRF_TOKEN\""), "no body");
    }

    #[test]
    fn no_request_has_no_command() {
        assert_eq!(command(&Exchange { url: None, ..exchange("") }, &|text| Cow::Borrowed(text)), Vec::<String>::new());
    }

    #[test]
    fn a_shell_reads_it_as_it_is_meant() {
        let script = shown("a='$(id)`id`\"\\&password=hunter2")[1..].join("\n");
        let script = format!("curl() {{ printf '%s\\n' \"$@\"; }}\n{script}\n");
        let values =
            [("PASSWORD", "p w"), ("AUTHORIZATION", "key"), ("CSRFTOKEN", "t"), ("THEME", "d"), ("X_CSRF_TOKEN", "x")];
        let variables = values.map(|(name, value)| (format!("{PREFIX}{name}"), value));
        let output = Command::new("sh").arg("-c").arg(script).envs(variables).output().expect("there is a shell");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(
            said.lines().collect::<Vec<_>>(),
            [
                "-i",
                "-X",
                "POST",
                "http://127.0.0.1:1/log-in?it's=$HOME",
                "-H",
                "authorization: Bearer key",
                "-b",
                "csrftoken=t; theme=d",
                "-H",
                "x-csrf-token: x",
                "--data-raw",
                "a='$(id)`id`\"\\&password=p w",
            ],
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
