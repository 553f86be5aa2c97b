//! What every store keeps: a directory here, a branch in `branches`, a bucket in the tests from outside.

use std::{fs, path::Path, process::Command};

use tempfile::TempDir;

use crate::baseline::{
    Accept, Act, Event, Outcome, Store, StoreError, Wanted,
    testing::{environment, key, minute, recording, run},
};

fn directory(folder: &Path) -> Store {
    Store::open("store", folder, &crate::config::Environment::new()).expect("it is a directory")
}

fn temporary() -> TempDir {
    TempDir::new().expect("a temporary folder can be made")
}

/// What is true of any store, empty at first.
pub(super) fn keeps_what_it_is_given(store: &Store) {
    let key = key();
    let wanted = Wanted { key: &key, branch: "main", now: minute(100) };
    let empty = store.history(&wanted).expect("a store that does not exist yet is empty");
    assert!(empty.runs.is_empty() && empty.damaged.is_empty() && empty.not_comparable.is_empty());

    let saved: Vec<_> = (1..=12).map(|at| store.save(&recording(run(at))).expect("it is saved")).collect();
    let again = store.save(&recording(run(3))).expect("it is there");
    assert_eq!(again, saved[2], "the same run is stored once");
    let mut elsewhere = run(20);
    elsewhere.key.runner.cores = 4;
    elsewhere.outcome = Outcome::Warned;
    store.save(&recording(elsewhere)).expect("it is saved");

    let history = store.history(&wanted).expect("it can be read");
    let ids: Vec<_> = saved.iter().map(|saved| saved.id.as_str()).collect();
    assert_eq!(history.runs.iter().map(|run| run.id.as_str()).collect::<Vec<_>>(), ids);
    assert_eq!(history.runs[4].values["light/p95"].to_bits(), 5.0_f64.to_bits());
    assert_eq!(history.runs[4].environment, environment());
    assert_eq!(history.anchor().len(), 10);
    assert_eq!(history.not_comparable.len(), 1);
    assert_eq!(history.not_comparable[0].because, ["other runner class: 2 cores, was 4 cores"]);
    assert_eq!(history.not_comparable[0].runs, 1);

    let mut newest = Vec::new();
    let same = store.history_with_recordings(&wanted, 3, &mut |one| newest.push(one.expect("it can be read")));
    assert_eq!(same.expect("it can be read"), history);
    newest.sort_by_key(|one| one.run.finished_at);
    assert_eq!(newest.iter().map(|one| one.run.finished_at).collect::<Vec<_>>(), [10, 11, 12].map(minute));
    assert!(newest.iter().all(|one| one.histograms == recording(run(1)).histograms), "{newest:?}");

    let (found, damaged) = store.recordings(&saved[0].id[..8]).expect("it can be read");
    assert!(damaged.is_empty());
    let mut first = recording(run(1));
    first.run.id.clone_from(&saved[0].id);
    assert_eq!(found, [first]);

    let accept = Accept { reason: "worth it".to_owned(), author: "ada".to_owned(), expires: None };
    let event = Event { gate: "shop".to_owned(), at: minute(6), act: Act::Accept(accept) };
    store.decide(&event).expect("it is written");
    assert_eq!(store.history(&wanted).expect("it can be read").runs.len(), 7);
    let contents = store.contents().expect("it can be read");
    assert_eq!((contents.runs.len(), contents.events), (13, vec![event]));

    let beyond = store.beyond(5, minute(100)).expect("it can be read");
    let removed: Vec<_> = beyond.runs.iter().map(|run| run.finished_at).collect();
    assert_eq!(removed, (1..=5).map(minute).collect::<Vec<_>>(), "the first of the regime are its anchor to be");
    assert_eq!(store.contents().expect("it can be read").runs.len(), 13, "looking removes nothing");
    store.remove(&beyond).expect("they can be removed");
    let left = store.contents().expect("it can be read");
    assert_eq!((left.runs.len(), left.events.len()), (8, 1));
}

#[test]
fn a_directory_keeps_what_it_is_given() {
    keeps_what_it_is_given(&directory(temporary().path()));
}

#[test]
fn a_damaged_file_is_named_and_left_out_and_never_deleted() {
    let folder = temporary();
    let store = directory(folder.path());
    let paths: Vec<_> = (1..=6)
        .map(|at| folder.path().join("store").join(store.save(&recording(run(at))).expect("saved").path))
        .collect();
    let whole = fs::read_to_string(&paths[0]).expect("it is there");
    fs::write(&paths[0], &whole[..whole.len() / 2]).expect("it can be cut off");
    fs::write(&paths[1], whole.replace("\"light/p95\":1.0", "\"light/p95\":9.0")).expect("it can be changed");
    fs::remove_file(&paths[2]).expect("it can be removed");
    let pipe = Command::new("mkfifo").arg(&paths[2]).status().expect("mkfifo starts");
    assert!(pipe.success(), "a pipe that nobody writes to");
    let other_key = paths[3].parent().expect("a folder").with_file_name("0123456789abcdef");
    fs::create_dir(&other_key).expect("a folder can be made");
    fs::rename(&paths[3], other_key.join(paths[3].file_name().expect("a name"))).expect("it can be moved");
    fs::write(folder.path().join("store/runs/notes.json"), "{}").expect("a file can be written");
    fs::write(folder.path().join("store/README.md"), "what this is").expect("a file can be written");

    let key = key();
    let wanted = Wanted { key: &key, branch: "main", now: minute(100) };
    let history = store.history(&wanted).expect("it can be read");
    assert_eq!(history.runs.iter().map(|run| run.finished_at).collect::<Vec<_>>(), [minute(5), minute(6)]);
    let because: Vec<_> = history.damaged.iter().map(|damaged| damaged.because.as_str()).collect();
    let changed = "its content does not match its name: it was cut off or changed";
    assert_eq!(
        because,
        [
            "its name is not one that stagegate gives",
            changed,
            changed,
            changed,
            "it lies under a key that is not its own"
        ]
    );
    assert!(history.not_comparable.is_empty(), "of the other key there is nothing whole");

    let accept = Accept { reason: "new".to_owned(), author: "ada".to_owned(), expires: None };
    let event = Event { gate: "shop".to_owned(), at: minute(50), act: Act::Accept(accept) };
    store.decide(&event).expect("it is written");
    store.remove(&store.beyond(0, minute(100)).expect("it can be read")).expect("they can be removed");
    let left = store.contents().expect("it can be read");
    assert_eq!((left.runs.len(), left.damaged.len()), (0, 5), "damaged files stay");
}

#[test]
fn a_newer_format_is_named_and_not_guessed_at() {
    let folder = temporary();
    let store = directory(folder.path());
    store.save(&recording(run(1))).expect("saved");
    let text = r#"{"schema": "stagegate/baseline/2"}"#;
    let path = crate::baseline::name::of_run(&key().hash(), minute(2), text.as_bytes());
    fs::write(folder.path().join("store").join(path), text).expect("a file can be written");
    let contents = store.contents().expect("it can be read");
    assert_eq!(contents.runs.len(), 1);
    assert_eq!(
        contents.damaged[0].because,
        "its schema is `stagegate/baseline/2`, and this version of stagegate reads `stagegate/baseline/1`"
    );
}

#[test]
fn reads_the_file_of_the_first_version() {
    let text = include_str!("first.json");
    let id = crate::baseline::name::short_digest(text.as_bytes());
    let folder = temporary();
    let store = directory(folder.path());
    let path = crate::baseline::name::of_run(&key().hash(), minute(1), text.as_bytes());
    let path = folder.path().join("store").join(path);
    fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
    fs::write(&path, text).expect("it can be written");
    let (found, damaged) = store.recordings(&id).expect("it can be read");
    assert_eq!(damaged, []);
    let mut first = recording(run(1));
    first.run.id = id;
    assert_eq!(found, [first]);
}

#[test]
fn a_save_that_was_killed_leaves_the_store_readable() {
    let folder = temporary();
    let store = directory(folder.path());
    let saved = store.save(&recording(run(1))).expect("saved");
    let path = folder.path().join("store").join(&saved.path);
    let half = path.with_file_name(".4711-0.tmp");
    fs::write(half, "{\"schema\":").expect("a file can be written");
    let contents = store.contents().expect("it can be read");
    assert_eq!((contents.runs.len(), contents.damaged.len()), (1, 0));
}

#[test]
fn values_that_are_no_numbers_are_left_out() {
    let folder = temporary();
    let store = directory(folder.path());
    let mut odd = run(1);
    odd.values.insert("light/p99".to_owned(), f64::NAN);
    odd.values.insert("light/mean".to_owned(), f64::INFINITY);
    odd.ruler_s = Some(f64::NAN);
    store.save(&recording(odd)).expect("saved");
    let contents = store.contents().expect("it can be read");
    assert_eq!(contents.damaged, []);
    assert_eq!(contents.runs[0].values.keys().collect::<Vec<_>>(), ["light/p95"]);
    assert_eq!(contents.runs[0].ruler_s, None);
}

#[test]
fn what_is_no_store_says_what_is_one() {
    let open = |address: &str| {
        let error = Store::open(address, Path::new("."), &crate::config::Environment::new()).err();
        error.unwrap_or_else(|| panic!("{address} is a store")).to_string()
    };
    for (address, says) in [
        ("", "it is empty"),
        ("https://example.com/x", "only s3:// is known"),
        ("git:", "`` is not the name of a branch"),
        ("git:--upload-pack=x", "is not the name of a branch"),
        ("git:a..b", "is not the name of a branch"),
        ("s3://b", "`b` is not the name of a bucket"),
        (
            "s3://u:s3cret@bucket",
            "`s3://u:***@bucket` is not a store of baselines: `u:***@bucket` is not the name of a bucket",
        ),
        ("s3://bucket/a?b", "other characters"),
        ("s3://bucket/a", "AWS_ACCESS_KEY_ID is not set"),
    ] {
        let error = open(address);
        assert!(error.contains(says), "{error}");
        assert!(error.ends_with("write a directory, git:BRANCH or s3://BUCKET/PREFIX"), "{error}");
    }
}

#[test]
fn a_file_where_the_directory_should_be_is_out_of_reach() {
    let folder = temporary();
    fs::write(folder.path().join("store"), "").expect("a file can be written");
    let store = directory(folder.path());
    let error = store.contents().expect_err("it is a file");
    assert!(matches!(&error, StoreError::Unreadable { place, .. } if place.ends_with("store")), "{error}");
    let error = store.save(&recording(run(1))).expect_err("it is a file").to_string();
    assert!(error.contains("cannot be written") && error.contains("name another store"), "{error}");
}

#[test]
fn the_anchor_of_a_regime_that_will_count_again_is_not_pruned() {
    let folder = temporary();
    let store = directory(folder.path());
    for at in 1..=30 {
        store.save(&recording(run(at))).expect("it is saved");
    }
    let accept = Accept { reason: "until fixed".to_owned(), author: "ada".to_owned(), expires: Some(minute(1_000)) };
    store.decide(&Event { gate: "shop".to_owned(), at: minute(15), act: Act::Accept(accept) }).expect("it is written");
    let pruned = |now: i64| -> Vec<_> {
        store.beyond(0, minute(now)).expect("it can be read").runs.iter().map(|run| run.finished_at).collect()
    };
    let beside = |kept: &[i64]| (1..=30).filter(|at| !kept.contains(at)).map(minute).collect::<Vec<_>>();
    let anchors: Vec<i64> = (1..=10).chain(15..=24).collect();
    assert_eq!(pruned(100), beside(&anchors), "both while the acceptance holds");
    assert_eq!(pruned(1_000), beside(&anchors[..10]), "the first once it has expired");
}
