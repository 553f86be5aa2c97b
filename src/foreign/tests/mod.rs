//! The room from its front door: the text of a file, and the requests in it.

mod formats;
mod statistics;
mod windows;

use std::time::Duration;

use super::{Facts, ForeignError, Request, Tool, read};

/// Everything that a file holds.
fn requests(tool: Tool, text: &str) -> Result<(Vec<Request>, Facts), ForeignError> {
    let mut requests = Vec::new();
    let facts = read(tool, ("file", &mut text.as_bytes()), &mut |request| {
        requests.push(request);
        Ok(())
    })?;
    Ok((requests, facts))
}

/// The only request of a file.
#[track_caller]
fn only(tool: Tool, text: &str) -> Request {
    let (mut requests, _) = requests(tool, text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(requests.len(), 1, "{text}");
    requests.remove(0)
}

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}
