//! The app from outside, over loopback: what it serves, what each fault does, what the ledger says.

mod client;
mod faults;
mod hostility;
mod ledger;
mod site;

use super::{Demo, Faults, Options, spawn};
use client::Client;

/// A healthy app.
fn demo() -> Demo {
    spawn(Options::default()).expect("loopback has a free port")
}

/// An app with these faults, written as JSON.
fn demo_with(faults: &str) -> Demo {
    let faults: Faults = serde_json::from_str(faults).expect("faults");
    spawn(Options { faults, ..Options::default() }).expect("loopback has a free port")
}

/// Logs a user in; gives the client and the status of the login.
fn login(demo: &Demo, password: &str) -> (Client, u16) {
    let mut client = Client::of(demo);
    let page = client.get("/accounts/login/");
    let token = page.between("name=\"csrfmiddlewaretoken\" value=\"", "\"").to_owned();
    let form = format!("username=user7&password={password}&csrfmiddlewaretoken={token}");
    let answer = client.send("POST", "/accounts/login/", &form);
    (client, answer.status)
}
