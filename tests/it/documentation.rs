//! What the documentation shows is right: its YAML passes `check`, its links lead somewhere, and each example is whole.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use tempfile::TempDir;

use crate::gate_test::{BINARY, clean_environment};

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// README.md, docs and the examples' page.
fn pages() -> Vec<PathBuf> {
    let mut pages = vec![repository().join("README.md"), repository().join("examples/README.md")];
    let mut folders = vec![repository().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the folder can be read") {
            let path = entry.expect("the entry can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    assert!(pages.len() > 14, "{} pages are not all", pages.len());
    pages
}

/// A fenced block, with the mark in the comment before it: `<!-- yaml: phase -->`.
#[derive(Debug, Default)]
struct Block {
    language: String,
    mark: Option<String>,
    text: String,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let (mut inside, mut mark) = (false, None);
    for event in Parser::new(page) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => {
                blocks.push(Block { language: language.into_string(), mark: mark.take(), text: String::new() });
                inside = true;
            }
            Event::End(TagEnd::CodeBlock) => inside = false,
            Event::Text(text) if inside => blocks.last_mut().expect("one is open").text.push_str(&text),
            Event::Html(text) => {
                mark = text
                    .trim()
                    .strip_prefix("<!-- yaml: ")
                    .and_then(|mark| mark.strip_suffix(" -->"))
                    .map(str::to_owned);
            }
            _ => {}
        }
    }
    blocks
}

/// A small gates.yaml whose parts give way to those that a page shows.
const FRAME: &str = "version: 1
gate: shop
target: {url: 'http://127.0.0.1:8000'}
datasets: {small: {rows: [{project: 160}]}, large: {rows: [{project: 163}]}}
scenarios:
  visitor:
    login: [{post: /login, name: login, tags: auth}]
    steps:
      - {get: /dashboard/, name: dashboard}
      - {get: /chart-data/, name: chart data}
      - {post: /details/, name: save detail, tags: write}
    think: 1s..3s
  core: {steps: [{get: /core/, name: heart}], think: 1s..3s}
monitors:
  app: {prometheus: /metrics, read: {cpu: app_cpu_percent}}
  database: {prometheus: /metrics, read: {connections: db_connections}}
phases:
  - {name: light, users: 30, duration: 180s, criteria: [success_rate > 99%]}
  - {name: heavy, users: 100, duration: 180s, criteria: [success_rate > 95%]}
";

/// The top-level parts of a YAML text: each key with its lines.
fn parts(yaml: &str) -> Vec<(String, String)> {
    let mut parts: Vec<(String, String)> = Vec::new();
    for line in yaml.lines() {
        match line.split_once(':') {
            Some((key, _)) if !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase()) => {
                parts.push((key.to_owned(), format!("{line}\n")));
            }
            _ => {
                if let Some((_, text)) = parts.last_mut() {
                    text.push_str(line);
                    text.push('\n');
                }
            }
        }
    }
    parts
}

/// The file that a block is, or stands in; `None` where it is no gates.yaml.
fn whole(block: &Block) -> Option<String> {
    let indented = || block.text.lines().flat_map(|line| ["    ", line, "\n"]).collect::<String>();
    match block.mark.as_deref() {
        Some("ci") => None,
        Some("phase") => {
            let phase = format!("phases:\n  - name: light\n    users: 30\n    duration: 180s\n{}", indented());
            Some(replaced(&phase))
        }
        Some(other) => panic!("no block is marked {other}"),
        None if block.text.starts_with("version: 1\n") => Some(block.text.clone()),
        None => Some(replaced(&block.text)),
    }
}

/// The frame with these parts in the place of its own.
fn replaced(shown: &str) -> String {
    let shown = parts(shown);
    let kept = parts(FRAME).into_iter().filter(|(key, _)| shown.iter().all(|(other, _)| other != key));
    kept.chain(shown.iter().cloned()).map(|(_, text)| text).collect()
}

/// `check` on a file in a folder, with every variable that pages and examples name; gives exit code and output.
fn check(folder: &Path, file: &Path) -> (Option<i32>, String) {
    let mut command = Command::new(BINARY);
    command.args(["check", "-c"]).arg(file).current_dir(folder);
    clean_environment(&mut command);
    for (name, value) in [
        ("DATABASE_URL", "postgresql://shop@127.0.0.1:5432/shop"),
        ("REDIS_URL", "redis://127.0.0.1:6379"),
        ("STAGING_PASSWORD", "only-for-tests"),
        ("STAGING_URL", "http://127.0.0.1:8000"),
        ("API_TOKEN", "only-for-tests"),
    ] {
        command.env(name, value);
    }
    let output = command.output().expect("the binary starts");
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}

/// A folder with the files that pages name beside gates.yaml.
fn folder() -> TempDir {
    let folder = TempDir::new().expect("a temporary folder can be made");
    fs::create_dir(folder.path().join("data")).expect("it can be made");
    fs::write(folder.path().join("data/projects.csv"), "project,name\n170,old\n").expect("it can be written");
    folder
}

#[test]
fn every_yaml_block_passes_check() {
    let folder = folder();
    let mut counts = [0; 3];
    for page in pages() {
        let text = fs::read_to_string(&page).expect("the page can be read");
        for block in blocks(&text).iter().filter(|block| block.language == "yaml") {
            let Some(yaml) = whole(block) else {
                let read: Result<serde_json::Value, _> = serde_saphyr::from_str(&block.text);
                assert!(read.is_ok(), "{}: {read:?}\n{}", page.display(), block.text);
                counts[0] += 1;
                continue;
            };
            counts[1 + usize::from(yaml == block.text)] += 1;
            fs::write(folder.path().join("gates.yaml"), &yaml).expect("it can be written");
            let (code, said) = check(folder.path(), Path::new("gates.yaml"));
            assert_eq!(code, Some(0), "{}: {said}\n{yaml}", page.display());
        }
    }
    assert!(counts[0] > 4 && counts[1] > 15 && counts[2] > 2, "for CI, parts, whole: {counts:?} are not all");
}

#[test]
fn a_wrong_block_is_found() {
    let folder = folder();
    for wrong in [
        "phases:\n  - {name: a, users: 1, duration: 5s, criteria: [p95(nowhere) < 1s]}\n",
        "polices: {no_data: fail}\n",
    ] {
        let block = Block { text: wrong.to_owned(), ..Block::default() };
        let yaml = whole(&block).expect("it is a part of a gates.yaml");
        fs::write(folder.path().join("gates.yaml"), yaml).expect("it can be written");
        assert_eq!(check(folder.path(), Path::new("gates.yaml")).0, Some(2), "{wrong}");
    }
    fs::write(folder.path().join("gates.yaml"), FRAME).expect("it can be written");
    assert_eq!(check(folder.path(), Path::new("gates.yaml")).0, Some(0), "the frame itself is right");
    let page = "<!-- yaml: phase -->\n```yaml\ncriteria: [p95 < 1s]\n```\n\n- a\n\n  ```yaml\n  a: 1\n  ```\n";
    let found: Vec<_> = blocks(page).into_iter().map(|block| (block.mark, block.text)).collect();
    assert_eq!(found, [(Some("phase".to_owned()), "criteria: [p95 < 1s]\n".to_owned()), (None, "a: 1\n".to_owned())]);
}

#[test]
fn every_example_passes_check_and_stands_in_the_list() {
    let examples = repository().join("examples");
    let list = fs::read_to_string(examples.join("README.md")).expect("there is a list");
    let mut seen = BTreeSet::new();
    for entry in fs::read_dir(&examples).expect("there are examples") {
        let folder = entry.expect("the entry can be read").path();
        if !folder.is_dir() {
            continue;
        }
        let (code, said) = check(&folder, Path::new("gates.yaml"));
        assert_eq!(code, Some(0), "{}: {said}", folder.display());
        // Nothing is left to remark on but what a store without runs cannot say.
        let notes: Vec<&str> =
            said.lines().filter(|line| line.starts_with("note:") || line.starts_with("warning:")).collect();
        assert!(notes.iter().all(|note| note.contains("holds no comparable run")), "{}: {notes:?}", folder.display());
        let name = folder.file_name().expect("it has a name").to_string_lossy().into_owned();
        assert!(list.contains(&format!("]({name}/gates.yaml)")), "examples/README.md does not list {name}");
        seen.insert(name);
    }
    let wanted = ["api", "django", "express", "locust", "rails", "spring"].map(str::to_owned);
    assert_eq!(seen, BTreeSet::from(wanted));
}

#[test]
fn the_translated_locustfile_is_the_one_among_the_examples() {
    let page = fs::read_to_string(repository().join("docs/from-other-tools.md")).expect("there is a page");
    let blocks = blocks(&page);
    for (language, file) in [("python", "locustfile.py"), ("yaml", "gates.yaml")] {
        let example = fs::read_to_string(repository().join("examples/locust").join(file)).expect("there is an example");
        let shown: Vec<&str> =
            blocks.iter().filter(|block| block.language == language).map(|block| block.text.as_str()).collect();
        assert_eq!(shown, [example.as_str()], "{file} and the page differ");
    }
}

/// The name that GitHub gives a heading.
fn anchor(heading: &str) -> String {
    let kept =
        heading.trim().to_lowercase().chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).collect::<String>();
    kept.replace(' ', "-")
}

/// The links of a page, and the anchors of its headings.
fn links_and_anchors(page: &str) -> (Vec<String>, BTreeSet<String>) {
    let (mut links, mut anchors, mut heading) = (Vec::new(), BTreeSet::new(), None);
    for event in Parser::new_ext(page, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                links.push(dest_url.into_string());
            }
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => anchors.extend(heading.take().map(|text| anchor(&text))),
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&text);
                }
            }
            _ => {}
        }
    }
    (links, anchors)
}

#[test]
fn every_link_leads_somewhere() {
    let mut count = 0;
    for page in pages() {
        let (links, _) = links_and_anchors(&fs::read_to_string(&page).expect("the page can be read"));
        for link in links.iter().filter(|link| !link.contains("://")) {
            let (path, wanted) =
                link.split_once('#').map_or((link.as_str(), None), |(path, anchor)| (path, Some(anchor)));
            let to = if path.is_empty() { page.clone() } else { page.parent().expect("it is in a folder").join(path) };
            assert!(to.exists(), "{} links to {link}, which is not there", page.display());
            if let Some(wanted) = wanted {
                let (_, anchors) = links_and_anchors(&fs::read_to_string(&to).expect("the page can be read"));
                assert!(anchors.contains(wanted), "{} links to {link}; its headings are {anchors:?}", page.display());
            }
            count += 1;
        }
    }
    assert!(count > 60, "{count} links are not all");
}
