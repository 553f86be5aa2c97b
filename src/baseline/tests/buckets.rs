//! A bucket, on moto's S3 server (`tests/bucket/bucket`).

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
};

use super::stores::keeps_what_it_is_given;
use crate::{
    baseline::{
        Store,
        testing::{recording, run},
    },
    config::Environment,
};

/// An empty bucket; it ends when its standard input closes.
struct Bucket {
    child: Child,
    url: String,
}

impl Bucket {
    fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bucket/bucket");
        let mut command = Command::new(script);
        let mut child = command.arg("serve").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
        let mut line = String::new();
        let output = child.stdout.take().expect("stdout is piped");
        BufReader::new(output).read_line(&mut line).expect("the first line can be read");
        let url = line.trim().strip_prefix("listening on ");
        let url = url.expect("it is installed: run tests/bucket/bucket install").to_owned();
        Self { child, url }
    }

    fn store(&self, prefix: &str) -> Store {
        let variables: Environment =
            [("AWS_ENDPOINT_URL", self.url.as_str()), ("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "secret")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into();
        Store::open(&format!("s3://baselines/{prefix}"), Path::new(""), &variables).expect("it is a bucket")
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ended = self.child.wait();
    }
}

#[test]
fn a_bucket_keeps_what_it_is_given() {
    let bucket = Bucket::start();
    keeps_what_it_is_given(&bucket.store("shop/main"));
    keeps_what_it_is_given(&bucket.store(""));
}

#[test]
fn two_that_save_at_once_lose_nothing() {
    let bucket = Bucket::start();
    let threads: Vec<_> = (0..2)
        .map(|number| {
            let store = bucket.store("shop");
            thread::spawn(move || {
                for at in 0..20 {
                    // Every other run is the same for both: it is stored once.
                    let own = if at % 2 == 0 { 0 } else { number * 100 };
                    store.save(&recording(run(own + at))).unwrap_or_else(|error| panic!("{error}"));
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("both save all of theirs");
    }
    let contents = bucket.store("shop").contents().expect("it can be read");
    assert_eq!((contents.runs.len(), contents.damaged.len()), (30, 0));
}

#[test]
fn a_listing_of_more_than_a_page_is_read_to_its_end() {
    let bucket = Bucket::start();
    let store = bucket.store("many");
    // A page of S3 has a thousand names; those that are not runs are named as such.
    let threads: Vec<_> = (0..4)
        .map(|quarter| {
            let store = bucket.store("many");
            thread::spawn(move || {
                for at in 0..260 {
                    store.save(&recording(run(quarter * 1000 + at))).unwrap_or_else(|error| panic!("{error}"));
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("all are saved");
    }
    assert_eq!(store.contents().expect("it can be read").runs.len(), 1040);
}

#[test]
fn a_bucket_that_is_not_there_or_does_not_answer_says_so() {
    let bucket = Bucket::start();
    let variables: Environment =
        [("AWS_ENDPOINT_URL", bucket.url.as_str()), ("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "secret")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
    let missing = Store::open("s3://nothere/x", Path::new(""), &variables).expect("it is an address");
    let error = missing.contents().expect_err("there is no such bucket").to_string();
    assert!(error.contains("status 404 (NoSuchBucket: ") && error.contains("look at AWS_ENDPOINT_URL"), "{error}");
    assert!(missing.save(&recording(run(1))).is_err());

    let gone = bucket.store("x");
    drop(bucket);
    let error = gone.save(&recording(run(1))).expect_err("nobody answers").to_string();
    assert!(error.starts_with("the baselines in s3://baselines/x cannot be written: PUT http://127.0.0.1:"), "{error}");
}
