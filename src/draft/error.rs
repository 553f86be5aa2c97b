//! Why nothing could be drafted.

/// Why a file gives no gates.yaml. The caller names the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Beyond [`LARGEST_SOURCE`](super::LARGEST_SOURCE).
    #[error("it is larger than {} MiB; take a part of it: fewer paths, or a shorter recording", super::LARGEST_SOURCE >> 20)]
    TooLarge,
    /// Not UTF-8.
    #[error("the byte {byte} of it is not UTF-8 text; name an OpenAPI description (YAML or JSON) or a HAR file")]
    NotText {
        /// Position of the first such byte.
        byte: usize,
    },
    /// Not JSON, or not the JSON that the format says.
    #[error("line {line}, column {column}: {cause}; export the file again")]
    Json {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
        /// What the reader says.
        cause: String,
    },
    /// Not YAML.
    #[error("it is not YAML: {0}; correct it there, or export the description as JSON")]
    Yaml(String),
    /// JSON or YAML, but something else.
    #[error(
        "it is neither an OpenAPI description (`openapi: 3...` or `swagger: \"2.0\"` with `paths`) nor a recorded session (HAR: \
         `log.entries`); export one of these from your framework, or from the network panel of a browser"
    )]
    Unknown,
    /// A recording with more passwords, tokens and cookies than can be kept out of a draft.
    #[error(
        "it holds {found} passwords, tokens and cookies, more than can be kept out of a draft; record a shorter session"
    )]
    TooManySecrets {
        /// Different ones.
        found: usize,
    },
    /// A description that no step follows from.
    #[error("no operation under `paths` can become a step{}", because(.left_out))]
    NoOperations {
        /// Why each was left out.
        left_out: Vec<String>,
    },
    /// A recording that no step follows from.
    #[error("none of its requests ({entries}) can become a step{}; record the pages of your app, with their answers", because(.left_out))]
    NoRequests {
        /// Requests in the recording.
        entries: usize,
        /// Why they were left out.
        left_out: Vec<String>,
    },
}

impl Error {
    pub(super) fn json(error: &serde_json::Error) -> Self {
        let said = error.to_string();
        let cause = said.split(" at line ").next().unwrap_or_default().to_owned();
        Self::Json { line: error.line(), column: error.column(), cause }
    }
}

/// The first reasons of several.
fn because(left_out: &[String]) -> String {
    const SHOWN: usize = 3;
    let mut text = String::new();
    for (index, reason) in left_out.iter().take(SHOWN).enumerate() {
        text.push_str(if index == 0 { ": " } else { "; " });
        text.push_str(reason);
    }
    text
}
