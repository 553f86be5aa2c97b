//! The pages that people would see.

use std::fmt::Write as _;

use http::StatusCode;

use super::answer::Answer;
use super::projects;

/// The login page with its CSRF token; `message` says why it is shown again.
pub(super) fn login(token: &str, message: &str) -> Answer {
    let page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><title>Log in</title></head><body>\n<h1>Log in</h1>\n<p>{message}</p>\n\
         <form method=\"post\" action=\"/accounts/login/\">\n\
         <input type=\"hidden\" name=\"csrfmiddlewaretoken\" value=\"{token}\">\n\
         <label>Username <input type=\"text\" name=\"username\" autocomplete=\"username\"></label>\n\
         <label>Password <input type=\"password\" name=\"password\" autocomplete=\"current-password\"></label>\n\
         <button type=\"submit\">Log in</button>\n</form>\n</body></html>\n"
    );
    Answer::html(StatusCode::OK, page)
}

/// The dashboard: the list of projects.
pub(super) fn dashboard(user: u32) -> Answer {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><title>Dashboard</title></head><body>\n<h1>Dashboard</h1>\n\
         <p>Signed in as user{user}.</p>\n<ul>\n"
    );
    for project in projects::ALL {
        let (id, name, rows) = (project.id, project.name, project.rows);
        writeln!(page, "<li><a href=\"/api/projects/{id}/\">{name}</a>, {rows} work items</li>")
            .expect("writing to a string cannot fail");
    }
    page.push_str("</ul>\n</body></html>\n");
    Answer::html(StatusCode::OK, page)
}

/// A page that says what went wrong and nothing about how the app is made.
pub(super) fn error(status: StatusCode) -> Answer {
    let reason = status.canonical_reason().unwrap_or("Error");
    let code = status.as_u16();
    Answer::html(
        status,
        format!(
            "<!doctype html>\n<html lang=\"en\"><head><title>{reason}</title></head><body><h1>{reason} ({code})</h1></body></html>\n"
        ),
    )
}
