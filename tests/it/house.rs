//! The house keeps its order: imports point up the flow only, the pure rooms name no clock, no file and no runtime, and
//! each big crate is named in one place.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The rooms in flow order; a room may use those before it.
const FLOW: [&[&str]; 15] = [
    &["units"],
    &["config"],
    &["plan"],
    &["draft"],
    &["measure"],
    &["foreign"],
    &["client"],
    &["monitor", "load"],
    &["preflight"],
    &["baseline"],
    &["judge"],
    &["gate"],
    &["report"],
    &["publish"],
    &["cli"],
];

/// Rooms that decide or describe.
const PURE: [&str; 7] = ["units", "plan", "draft", "measure", "foreign", "judge", "report"];
/// What they must not name of the standard library.
const IMPURE: [&str; 9] = [
    "fs",
    "net::Tcp",
    "net::Udp",
    "net::ToSocketAddrs",
    "process",
    "thread",
    "env::var",
    "time::Instant",
    "time::SystemTime",
];
/// Crates that they must not name.
const IMPURE_CRATES: [&str; 6] = ["tokio", "hyper", "reqwest", "rustix", "fastrand", "tempfile"];

/// The one place of each big crate, as the beginnings of paths below src.
const PLACES: [(&str, &[&str]); 15] = [
    ("clap", &["cli/"]),
    ("cookie_store", &["client/"]),
    ("h2", &["client/"]),
    ("hdrhistogram", &["measure/"]),
    ("hyper", &["client/", "demo/"]),
    ("hyper_util", &["client/", "demo/"]),
    ("indicatif", &["cli/live"]),
    ("octocrab", &["publish/github"]),
    ("plotters", &["report/html/picture/"]),
    ("quick_junit", &["report/junit/"]),
    ("reqwest", &["client/"]),
    ("serde_saphyr", &["config/"]),
    ("statrs", &["judge/statistics/"]),
    ("tokio_postgres", &["monitor/source/postgres/"]),
    ("tokio_rustls", &["client/"]),
];

fn source_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the entry can be read").path();
        if path.is_dir() {
            files.extend(source_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The room of a source file: the first folder or file below src.
fn room(file: &Path) -> String {
    let relative = file.strip_prefix(source()).expect("the file lies below src");
    let first = relative.components().next().expect("a file has a name").as_os_str().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

fn position(room: &str) -> Option<usize> {
    FLOW.iter().position(|level| level.contains(&room))
}

/// A text without its comments.
fn code(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// Code without the items that only tests have: `#[cfg(test)] mod tests { .. }`.
fn without_tests(code: &str) -> String {
    let mut kept = String::new();
    let mut rest = code;
    while let Some(at) = rest.find("#[cfg(test)]") {
        kept.push_str(&rest[..at]);
        rest = &rest[at + "#[cfg(test)]".len()..];
        let mut depth = 0;
        let end = rest.char_indices().find(|(_, c)| {
            depth += i32::from(*c == '{') - i32::from(*c == '}');
            (*c == ';' || *c == '}') && depth == 0
        });
        rest = end.map_or("", |(at, _)| &rest[at + 1..]);
    }
    kept + rest
}

/// The paths below `root::` that a code names, groups written out: `root::{a::{b, c}, d}` names `a::b`, `a::c` and `d`.
fn paths(code: &str, root: &str) -> Vec<String> {
    let start = format!("{root}::");
    let mut found = Vec::new();
    for (at, _) in code.match_indices(&start) {
        let alone = !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
        if alone {
            write_out("", &code[at + start.len()..], &mut found);
        }
    }
    found
}

/// Writes out the path, or the group of paths, that a text begins with; gives what follows.
fn write_out<'a>(before: &str, text: &'a str, found: &mut Vec<String>) -> &'a str {
    let text = text.trim_start();
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = write_out(before, rest, found).trim_start();
            match rest.strip_prefix(',') {
                Some(more) if !more.trim_start().starts_with('}') => rest = more,
                Some(more) => rest = more.trim_start(),
                None => {}
            }
            if let Some(after) = rest.strip_prefix('}') {
                return after;
            }
            if rest.is_empty() {
                return rest;
            }
        }
    }
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    if let Some(deeper) = rest.strip_prefix("::") {
        return write_out(&format!("{before}{name}::"), deeper, found);
    }
    found.push(format!("{before}{name}"));
    // A new name (`as`), or a piece of an expression: up to where the next path of a group may begin.
    let next = rest.find([',', '}', '{', ';']).unwrap_or(rest.len());
    &rest[next..]
}

/// How many modules a source file lies below the root.
fn depth(file: &Path) -> usize {
    let relative = file.strip_prefix(source()).expect("the file lies below src");
    relative.components().count() - usize::from(relative.file_name().is_some_and(|name| name == "mod.rs"))
}

/// Rooms that a file names by `crate::ROOM`, or by as many `super::` as lead there.
fn rooms_used(file: &Path, text: &str) -> Vec<String> {
    let code = code(text);
    let up = vec!["super"; depth(file)].join("::");
    let first = |path: String| path.split("::").next().unwrap_or_default().to_owned();
    let mut rooms: Vec<String> =
        ["crate", "stagegate", &up].into_iter().flat_map(|root| paths(&code, root)).map(first).collect();
    rooms.sort();
    rooms.dedup();
    rooms
}

/// The edges that point down the flow: `file uses room`.
fn edges_down(file: &Path, text: &str) -> Vec<String> {
    let own = room(file);
    rooms_used(file, text)
        .into_iter()
        .filter(|used| *used != own)
        .filter(|used| match (own.as_str(), position(&own), position(used)) {
            ("demo", _, _) => used != "units",
            ("cli", _, _) => false,
            (_, Some(own), Some(used)) => used >= own,
            (_, Some(_), None) => used == "demo",
            _ => false,
        })
        .map(|used| format!("{} uses {used}", file.strip_prefix(source()).expect("below src").display()))
        .collect()
}

#[test]
fn imports_point_up_the_flow_only() {
    let edges: Vec<String> = source_files(&source())
        .iter()
        .flat_map(|file| edges_down(file, &fs::read_to_string(file).expect("the source can be read")))
        .collect();
    assert!(edges.is_empty(), "edges that point down the flow:\n{}", edges.join("\n"));
}

#[test]
fn an_edge_that_points_down_is_seen() {
    let file = source().join("measure/anything.rs");
    assert_eq!(edges_down(&file, "use crate::{plan::Phase, judge::Verdict};"), ["measure/anything.rs uses judge"]);
    assert_eq!(edges_down(&file, "let _ = crate::demo::Options::default();"), ["measure/anything.rs uses demo"]);
    assert_eq!(edges_down(&file, "use crate::plan::Phase; // crate::cli"), Vec::<String>::new());
    let nested =
        "use crate::{\n    plan::{Phase, Plan as Meant},\n    units::{self},\n    judge::{Verdict, Finding},\n};";
    assert_eq!(edges_down(&file, nested), ["measure/anything.rs uses judge"]);
    assert_eq!(edges_down(&file, "use super::super::gate::Event;"), ["measure/anything.rs uses gate"]);
    assert_eq!(edges_down(&file, "use super::gate::Event;"), Vec::<String>::new());
}

#[test]
fn groups_are_written_out() {
    let nested =
        "use std::{fmt, time::{Duration, Instant as Now}, io::{self, Read as _,},};\nlet x = std::fs::read(a)?;";
    let expected = ["fmt", "time::Duration", "time::Instant", "io::self", "io::Read", "fs::read"];
    assert_eq!(paths(nested, "std"), expected);
    assert_eq!(paths("use nostd::a; use a::std::b;", "std"), Vec::<String>::new());
    assert_eq!(
        without_tests("a\n#[cfg(test)]\nmod tests;\nb #[cfg(test)] mod tests { fn f() { x; } }\nc").replace('\n', ""),
        "ab c"
    );
}

#[test]
fn every_room_stands_in_the_flow() {
    let strangers: Vec<String> = source_files(&source())
        .iter()
        .map(|file| room(file))
        .filter(|room| !["main", "lib", "demo"].contains(&room.as_str()) && position(room).is_none())
        .collect();
    assert!(strangers.is_empty(), "rooms without a place in the flow: {strangers:?}");
}

/// What a pure room names and must not: a clock, a file, a runtime.
fn impure(code: &str) -> Vec<String> {
    let std = paths(code, "std").into_iter().map(|path| format!("std::{path}"));
    let forbidden = |path: &String| IMPURE.iter().any(|word| path.starts_with(&format!("std::{word}")));
    let crates = IMPURE_CRATES.iter().filter(|name| !paths(code, name).is_empty()).map(|name| (*name).to_owned());
    let now = ["Timestamp::now", "Zoned::now"].into_iter().filter(|now| code.contains(now)).map(str::to_owned);
    std.filter(forbidden).chain(crates).chain(now).collect()
}

/// Whether a source file is compiled for tests only.
fn is_for_tests(file: &Path) -> bool {
    let below = file.strip_prefix(source()).expect("the file lies below src");
    below
        .components()
        .any(|part| ["tests", "tests.rs", "fixtures", "testing.rs"].iter().any(|name| part.as_os_str() == *name))
}

#[test]
fn pure_rooms_name_no_clock_no_file_and_no_runtime() {
    let pure = |file: &&PathBuf| PURE.contains(&room(file).as_str()) && !is_for_tests(file);
    let mut named = Vec::new();
    for file in source_files(&source()).iter().filter(pure) {
        let text = fs::read_to_string(file).expect("the source can be read");
        named.extend(
            impure(&without_tests(&code(&text))).into_iter().map(|name| format!("{} names {name}", file.display())),
        );
    }
    assert!(named.is_empty(), "{}", named.join("\n"));
    let hidden = "use std::{collections::BTreeMap, fs, time::{Duration, Instant}};\nuse tokio::{net::TcpStream};";
    assert_eq!(impure(hidden), ["std::fs", "std::time::Instant", "tokio"]);
}

/// The crates that a file names outside their place.
fn out_of_place(file: &Path, code: &str) -> Vec<String> {
    let below = file.strip_prefix(source()).expect("the file lies below src").to_string_lossy().into_owned();
    let elsewhere = |(_, places): &&(&str, &[&str])| !places.iter().any(|place| below.starts_with(place));
    let named = PLACES.iter().filter(elsewhere).filter(|(name, _)| !paths(code, name).is_empty());
    named.map(|(name, places)| format!("{below} names {name}, whose place is {}", places.join(" and "))).collect()
}

#[test]
fn each_big_crate_is_named_in_one_place() {
    let mut named = Vec::new();
    let mut seen = Vec::new();
    for file in source_files(&source()).iter().filter(|file| !is_for_tests(file)) {
        let code = without_tests(&code(&fs::read_to_string(file).expect("the source can be read")));
        named.extend(out_of_place(file, &code));
        seen.extend(PLACES.iter().map(|(name, _)| *name).filter(|name| !paths(&code, name).is_empty()));
    }
    assert!(named.is_empty(), "{}", named.join("\n"));
    assert!(["clap", "hyper", "quick_junit", "serde_saphyr"].iter().all(|name| seen.contains(name)), "{seen:?}");
    let file = source().join("judge/anything.rs");
    assert_eq!(
        out_of_place(&file, "use hyper::{body::Bytes};"),
        ["judge/anything.rs names hyper, whose place is client/ and demo/"]
    );
}

/// A file that is longer has two jobs.
const LONGEST: usize = 400;

#[test]
fn no_file_has_more_than_400_lines() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files: Vec<PathBuf> = ["src", "tests"].iter().flat_map(|folder| source_files(&root.join(folder))).collect();
    assert!(files.len() > 300, "{} files are not all", files.len());
    let lines = |file: &PathBuf| fs::read_to_string(file).expect("the source can be read").lines().count();
    let long = files.iter().map(|file| (lines(file), file)).filter(|(lines, _)| *lines > LONGEST);
    let long: Vec<String> = long.map(|(lines, file)| format!("{} has {lines} lines", file.display())).collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}
