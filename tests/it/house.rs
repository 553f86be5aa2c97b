//! The house keeps its order: imports point up the flow only, and the pure rooms name no clock, no file and no runtime.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The rooms in flow order; a room may use those before it.
const FLOW: [&[&str]; 13] = [
    &["units"],
    &["config"],
    &["plan"],
    &["measure"],
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

/// Rooms that decide or describe, and what they must not name.
const PURE: [&str; 5] = ["units", "plan", "measure", "judge", "report"];
const IMPURE: [&str; 7] =
    ["tokio::", "std::fs", "TcpStream", "TcpListener", "ToSocketAddrs", "Instant::now", "SystemTime::now"];

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

/// Rooms named by `crate::ROOM` in a text, comments left out.
fn rooms_used(text: &str) -> Vec<String> {
    let code = text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    code.split("crate::")
        .skip(1)
        .flat_map(|rest| {
            let rest = rest.trim_start();
            if let Some(group) = rest.strip_prefix('{') {
                group
                    .split('}')
                    .next()
                    .unwrap_or_default()
                    .split(',')
                    .map(|item| item.trim().split("::").next().unwrap_or_default().to_owned())
                    .collect::<Vec<_>>()
            } else {
                vec![rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()]
            }
        })
        .collect()
}

/// The edges that point down the flow: `file uses room`.
fn edges_down(file: &Path, text: &str) -> Vec<String> {
    let own = room(file);
    rooms_used(text)
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

#[test]
fn pure_rooms_name_no_clock_no_file_and_no_runtime() {
    let mut named = Vec::new();
    for file in source_files(&source()).iter().filter(|file| PURE.contains(&room(file).as_str())) {
        let text = fs::read_to_string(file).expect("the source can be read");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let outside_tests = !file.ends_with("tests.rs");
        for word in IMPURE.iter().filter(|word| outside_tests && code.contains(**word)) {
            named.push(format!("{} names {word}", file.display()));
        }
    }
    assert!(named.is_empty(), "{}", named.join("\n"));
}
