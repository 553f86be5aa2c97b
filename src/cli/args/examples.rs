//! Examples, below the help of each command: lines to copy. A test reads each of them as the command line does.

/// Of the whole.
pub(in crate::cli) const ALL: &str = "Examples:
  stagegate init                     a gates.yaml and a GitHub workflow to begin with
  stagegate check                    what is wrong with gates.yaml, and what a run will do
  stagegate run --dry-run            one user through every scenario, no load
  stagegate run --profile ci         the gate
  stagegate help run                 every flag, with examples";

/// Of `run`.
pub(in crate::cli) const RUN: &str = "Examples:
  stagegate run
  stagegate run --dry-run -v                          every exchange of one user, as curl shows it
  stagegate run --profile ci --target https://staging.example.com
  stagegate run --phase light --time-scale 0.2        one phase, for trying it out
  stagegate run --against https://main.example.com    with a second deployment, in one sitting
  stagegate run --baseline .stagegate/baselines --save-baseline
  stagegate run --deadline 30m --seed 7";

/// Of `check`.
pub(in crate::cli) const CHECK: &str = "Examples:
  stagegate check
  stagegate check -c ci/gates.yaml --profile nightly
  stagegate check --deadline 30m           does the longest run fit?";

/// Of `init`.
pub(in crate::cli) const INIT: &str = "Examples:
  stagegate init                        then: stagegate check, stagegate run --dry-run, stagegate run
  stagegate init --from openapi.yaml    a draft from an API description
  stagegate init --from session.har     a draft from a session that a browser recorded";

/// Of `demo`.
pub(in crate::cli) const DEMO: &str = "Examples:
  stagegate demo --port 8080
  stagegate demo --port 0 --delay /api/projects/160/chart-data/=60ms     a slow endpoint
  stagegate demo --delay '*=5ms'";

/// Of `compare`.
pub(in crate::cli) const COMPARE: &str = "Examples:
  stagegate compare numbers.json --strict
  stagegate compare base-out head-out          two finished runs side by side
  stagegate compare - --json                   numbers from standard input";

/// Of `judge`.
pub(in crate::cli) const JUDGE: &str = "Examples:
  stagegate judge --from k6 results.json
  stagegate judge --from jmeter light.jtl heavy.jtl          a file for each phase
  stagegate judge --from locust light_stats.csv
  stagegate judge --from ndjson --phase light=0s..60s samples.ndjson";

/// Of `report`.
pub(in crate::cli) const REPORT: &str = "Example:
  stagegate report stagegate-out";

/// Of `comment`.
pub(in crate::cli) const COMMENT: &str = "Examples:
  stagegate comment stagegate-out
  stagegate comment --close          in a step that always runs, after the gate";

/// Of `baseline`.
pub(in crate::cli) const BASELINE: &str = "Examples:
  stagegate baseline list
  stagegate baseline show 0123
  stagegate baseline save stagegate-out --branch main
  stagegate baseline pin v1.8
  stagegate baseline accept --reason 'the new index is worth it'
  stagegate baseline prune --keep 100 --yes";

/// Of `baseline list`.
pub(in crate::cli) const LIST: &str = "Examples:
  stagegate baseline list
  stagegate baseline list --baseline git:stagegate-baselines     a store by its name";

/// Of `baseline show`.
pub(in crate::cli) const SHOW: &str = "Example:
  stagegate baseline show 9f86d0          as `stagegate baseline list` names it, or how that begins";

/// Of `baseline save`.
pub(in crate::cli) const SAVE: &str = "Examples:
  stagegate baseline save                                 the run in stagegate-out, on the machine that made it
  stagegate baseline save nightly-out --branch main";

/// Of `baseline pin`.
pub(in crate::cli) const PIN: &str = "Example:
  stagegate baseline pin v1.8          after a release, once it has ten runs";

/// Of `baseline accept`.
pub(in crate::cli) const ACCEPT: &str = "Examples:
  stagegate baseline accept --reason 'charts are computed on the server now'
  stagegate baseline accept --reason 'until the index is rebuilt' --author ada --expires 2127-01-31";

/// Of `baseline prune`.
pub(in crate::cli) const PRUNE: &str = "Examples:
  stagegate baseline prune --keep 100                     what would be removed
  stagegate baseline prune --keep 100 --yes";

/// Of `schema`.
pub(in crate::cli) const SCHEMA: &str = "Examples:
  stagegate schema                    > gates.schema.json
  stagegate schema --markdown         > gates.md

In gates.yaml an editor's YAML language server then completes and checks by this first line:
  # yaml-language-server: $schema=gates.schema.json";

/// Of `completions`.
pub(in crate::cli) const COMPLETIONS: &str = "Examples:
  stagegate completions bash          > ~/.local/share/bash-completion/completions/stagegate
  stagegate completions zsh           > ~/.zfunc/_stagegate
  stagegate completions fish          > ~/.config/fish/completions/stagegate.fish";

/// Of `man`.
pub(in crate::cli) const MAN: &str = "Examples:
  stagegate man                       | man -l -
  stagegate man run                   | man -l -
  stagegate man baseline list         | man -l -
  stagegate man --out man1            a file for each command";
