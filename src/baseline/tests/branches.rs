//! A branch of the repository, with real repositories.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
};

use tempfile::TempDir;

use super::stores::keeps_what_it_is_given;
use crate::baseline::{
    Store,
    testing::{recording, run},
};

/// A bare repository with one commit on `main`, and room for clones of it.
struct World {
    folder: TempDir,
}

impl World {
    fn new() -> Self {
        let folder = TempDir::new().expect("a temporary folder can be made");
        let world = Self { folder };
        git(world.folder.path(), &["init", "--quiet", "--bare", "--initial-branch=main", "origin.git"]);
        let first = world.clone_as("first", &[]);
        git(&first, &["checkout", "--quiet", "-b", "main"]);
        for number in 0..3 {
            fs::write(first.join("app.txt"), format!("{number}")).expect("a file can be written");
            git(&first, &["add", "app.txt"]);
            git(&first, &["commit", "--quiet", "-m", "work"]);
        }
        git(&first, &["push", "--quiet", "origin", "main"]);
        world
    }

    fn clone_as(&self, name: &str, flags: &[&str]) -> PathBuf {
        let origin = format!("file://{}", self.folder.path().join("origin.git").display());
        git(self.folder.path(), &[&["clone", "--quiet"], flags, &[&origin, name]].concat());
        self.folder.path().join(name)
    }
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "protocol.file.allow=always"]);
    let output = command.args(arguments).current_dir(folder).output().expect("git starts");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn store(folder: &Path) -> Store {
    Store::open("git:baselines", folder, &crate::config::Environment::new()).expect("it is a branch")
}

/// All that a user would notice: HEAD, index, work tree, local branches.
fn state(folder: &Path) -> [String; 5] {
    let index = fs::read(folder.join(".git/index")).expect("there is an index");
    [
        git(folder, &["status", "--porcelain=v2", "--branch"]),
        git(folder, &["for-each-ref", "refs/heads", "refs/tags"]),
        fs::read_to_string(folder.join(".git/HEAD")).expect("there is a HEAD"),
        crate::baseline::name::short_digest(&index),
        git(folder, &["rev-parse", "--is-shallow-repository"]),
    ]
}

#[test]
fn keeps_what_it_is_given_and_touches_nothing_else() {
    let world = World::new();
    let clone = world.clone_as("clone", &[]);
    fs::write(clone.join("app.txt"), "changed and staged").expect("a file can be written");
    git(&clone, &["add", "app.txt"]);
    fs::write(clone.join("new.txt"), "not staged").expect("a file can be written");
    // A hook of the user's that would refuse every push.
    let hook = clone.join(".git/hooks/pre-push");
    fs::write(&hook, "#!/bin/sh\nexit 1\n").expect("a file can be written");
    git(&clone, &["config", "core.hooksPath", ".git/hooks"]);
    let before = state(&clone);
    keeps_what_it_is_given(&store(&clone));
    assert_eq!(state(&clone), before);
    let log = git(&world.folder.path().join("origin.git"), &["log", "--format=%s%d", "baselines"]);
    assert_eq!(log.lines().count(), 15, "one commit for each run and decision, and one for what was pruned:\n{log}");
    assert!(log.lines().all(|line| line.contains("[skip ci]")), "{log}");
}

#[test]
fn works_from_a_shallow_checkout_with_a_detached_head() {
    let world = World::new();
    store(&world.clone_as("deep", &[])).save(&recording(run(1))).expect("it is saved");
    let shallow = world.clone_as("shallow", &["--depth=1"]);
    git(&shallow, &["checkout", "--quiet", "--detach"]);
    let before = state(&shallow);
    let store_of = store(&shallow);
    assert_eq!(store_of.contents().expect("it can be read").runs.len(), 1);
    store_of.save(&recording(run(2))).expect("it is saved");
    store_of.save(&recording(run(3))).expect("it is saved");
    assert_eq!(state(&shallow), before);
    let other = store(&world.clone_as("other", &[]));
    assert_eq!(other.contents().expect("it can be read").runs.len(), 3);
}

#[test]
fn works_in_a_repository_without_a_remote() {
    let folder = TempDir::new().expect("a temporary folder can be made");
    git(folder.path(), &["init", "--quiet", "--initial-branch=main"]);
    keeps_what_it_is_given(&store(folder.path()));
    git(folder.path(), &["checkout", "--quiet", "baselines"]);
    let error = store(folder.path()).save(&recording(run(50))).expect_err("it is checked out").to_string();
    assert!(error.contains("this branch is checked out"), "{error}");
}

#[test]
fn two_clones_that_save_at_once_lose_nothing() {
    let world = World::new();
    let clones = [world.clone_as("one", &[]), world.clone_as("two", &["--depth=1"])];
    let threads: Vec<_> = clones
        .into_iter()
        .enumerate()
        .map(|(number, clone)| {
            thread::spawn(move || {
                for at in 0..5 {
                    let at = i64::try_from(number).expect("two clones") * 100 + at;
                    store(&clone).save(&recording(run(at))).unwrap_or_else(|error| panic!("{error}"));
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("both save all of theirs");
    }
    let reader = store(&world.clone_as("reader", &[]));
    let contents = reader.contents().expect("it can be read");
    assert_eq!((contents.runs.len(), contents.damaged.len()), (10, 0));
}

#[test]
fn a_remote_out_of_reach_is_an_error_that_says_what_to_do() {
    let world = World::new();
    let clone = world.clone_as("clone", &[]);
    fs::rename(world.folder.path().join("origin.git"), world.folder.path().join("gone.git")).expect("it can be moved");
    let read = store(&clone).contents().expect_err("it is gone").to_string();
    assert!(read.starts_with("the baselines in git:baselines cannot be read: git ls-remote: fatal:"), "{read}");
    let saved = store(&clone).save(&recording(run(1))).expect_err("it is gone").to_string();
    assert!(saved.ends_with("allow this job to push (`contents: write`)"), "{saved}");
}

#[test]
fn a_push_that_is_not_allowed_is_an_error_and_leaves_the_branch() {
    let world = World::new();
    let clone = world.clone_as("clone", &[]);
    store(&clone).save(&recording(run(1))).expect("it is saved");
    let hook = world.folder.path().join("origin.git/hooks/pre-receive");
    fs::write(&hook, "#!/bin/sh\necho branch is protected >&2\nexit 1\n").expect("a file can be written");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("it can be made executable");
    }
    let error = store(&clone).save(&recording(run(2))).expect_err("it is protected").to_string();
    assert!(error.contains("branch is protected"), "{error}");
    assert_eq!(store(&clone).contents().expect("it can be read").runs.len(), 1);
}

#[test]
fn outside_of_a_repository_it_says_so() {
    let folder = TempDir::new().expect("a temporary folder can be made");
    let error = store(folder.path()).contents().expect_err("there is none").to_string();
    assert!(error.contains("not a git repository") && error.ends_with("or name another store"), "{error}");
}
