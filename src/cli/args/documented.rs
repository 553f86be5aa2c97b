//! Every command line that the documentation shows is one that is taken.

use std::{fs, path::PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser as Markdown, Tag, TagEnd};

use super::*;
use crate::config;

/// README.md, docs and the examples' page, with their names.
fn pages() -> Vec<(String, String)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec![root.join("README.md"), root.join("examples/README.md")];
    for folder in ["docs", "docs/guide"] {
        let files = fs::read_dir(root.join(folder)).expect("there is documentation");
        pages.extend(files.map(|file| file.expect("it can be read").path()));
    }
    pages.retain(|page| page.extension().is_some_and(|extension| extension == "md"));
    let read = |page: PathBuf| (page.display().to_string(), fs::read_to_string(&page).expect("the page can be read"));
    pages.into_iter().map(read).collect()
}

/// The words of a command line, as a shell would take them apart, up to a comment or to what comes after the command.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ' | '\t') => words.extend(word.take()),
            (None, '#') if word.is_none() => break,
            (None, '|' | ';' | '&') => break,
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// The command that a line calls stagegate with: by its name, or by `cargo run --`.
fn call(line: &str) -> Option<Vec<String>> {
    let line = line.trim().trim_start_matches("- ").trim_start_matches("run: ");
    let words = words(line);
    let assigned = |word: &&String| {
        word.split_once('=').is_some_and(|(name, _)| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
    };
    let start = words.iter().take_while(|word| assigned(word) || *word == "exec").count();
    let words = words.get(start..)?;
    match words.first()?.as_str() {
        "stagegate" => Some(words.to_vec()),
        "cargo" if words.get(1).is_some_and(|word| word == "run") => {
            let at = words.iter().position(|word| word == "--")?;
            Some([&["stagegate".to_owned()], &words[at + 1..]].concat())
        }
        _ => None,
    }
}

/// The calls of a page: of its shell blocks, its workflows, and in the text.
fn calls(page: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut block = None;
    for event in Markdown::new_ext(page, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => block = Some(language.into_string()),
            Event::End(TagEnd::CodeBlock) => block = None,
            Event::Text(text) if block.as_deref().is_some_and(|language| ["sh", "yaml"].contains(&language)) => {
                found.extend(text.lines().filter_map(call));
            }
            // `stagegate baseline list|show` names several, `stagegate / GATE` is a check on GitHub.
            Event::Code(text) if !text.contains('|') && !text.contains(" / ") && !text.contains("...") => {
                found.extend(call(&text));
            }
            _ => {}
        }
    }
    found
}

#[test]
fn every_command_of_the_documentation_is_taken() {
    let mut count = 0;
    for (name, page) in pages() {
        for call in calls(&page).iter().filter(|call| call.len() > 1) {
            let refused = Cli::try_parse_from(call).err().filter(clap::Error::use_stderr);
            assert!(refused.is_none(), "{name}: {call:?}\n{}", refused.expect("it is there"));
            count += 1;
        }
    }
    assert!(count > 60, "{count} commands are not all");
}

/// Who follows the documentation has the gates.yaml that `init` wrote: profiles of another file would end with exit code 2.
#[test]
fn every_profile_of_the_documentation_is_one_that_init_writes() {
    let environment = config::Environment::default();
    let (config, problems) = config::read("gates.yaml", include_bytes!("../init/gates.yaml"), &environment);
    let config = config.unwrap_or_else(|| panic!("{problems}"));
    let known: Vec<&str> = config.profiles.names().collect();
    let mut found: Vec<(String, Vec<String>)> =
        pages().iter().flat_map(|(name, page)| calls(page).into_iter().map(|call| (name.clone(), call))).collect();
    found.extend(super::tests::examples().iter().map(|line| ("the examples of --help".to_owned(), words(line))));
    let mut count = 0;
    for (place, call) in &found {
        let names_a_file = call.iter().any(|word| word == "-c" || word == "--config");
        let Some(at) = call.iter().position(|word| word == "--profile").filter(|_| !names_a_file) else { continue };
        assert!(known.contains(&call[at + 1].as_str()), "{place}: {call:?}, and init writes {known:?}");
        count += 1;
    }
    assert!(count >= 9, "{count} are not all");
}

#[test]
fn commands_are_found_as_a_shell_would() {
    let page = "```sh\nA=1 exec stagegate run --out 'a b' | tee x  # why\ncargo run --release -- check\nstagegate init # x\n```\n\
                ```yaml\n- run: stagegate run --no-such-flag || true\n```\n`stagegate check`, `stagegate a|b`";
    let lines: Vec<String> = calls(page).iter().map(|call| call.join(",")).collect();
    let expected = [
        "stagegate,run,--out,a b",
        "stagegate,check",
        "stagegate,init",
        "stagegate,run,--no-such-flag",
        "stagegate,check",
    ];
    assert_eq!(lines, expected);
    let wrong = calls(page).into_iter().filter(|call| Cli::try_parse_from(call).is_err()).count();
    assert_eq!(wrong, 1);
}
