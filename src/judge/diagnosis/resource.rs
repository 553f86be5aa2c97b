//! What a gauge measures, by the words of its name.

use serde::{Deserialize, Serialize};

use crate::plan::Plan;

/// What a gauge measures. Names are the user's, so this table of words is the one place that reads them.
///
/// | resource | words (whole words, or their beginnings where marked `*`) |
/// | --- | --- |
/// | `workers` | `worker*`, `thread*`, `queue*`, `backlog*` |
/// | `connections` | `connection*`, `conn`, `conns`, `pool*` |
/// | `cpu` | `cpu*`, `processor*` |
/// | `memory` | `memory`, `mem`, `rss`, `heap*`, `swap*` |
/// | `disk` | `disk*`, `io`, `iops`, `iowait`, `storage` |
///
/// The gauge's own name decides before its monitor's, and a row before those below it: `pool.cpu` is CPU,
/// `app.thread_pool` workers, `database.used` no resource that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    /// Workers, threads, and the queues in front of them.
    Workers,
    /// Connections to a database, and the pools that they come from.
    Connections,
    /// CPU.
    Cpu,
    /// Memory.
    Memory,
    /// Disks.
    Disk,
    /// Anything else: it is called by its gauge.
    Other,
}

/// Words and, with a `*`, beginnings of words.
const WORDS: [(Resource, &[&str]); 5] = [
    (Resource::Workers, &["worker*", "thread*", "queue*", "backlog*"]),
    (Resource::Connections, &["connection*", "conn", "conns", "pool*"]),
    (Resource::Cpu, &["cpu*", "processor*"]),
    (Resource::Memory, &["memory", "mem", "rss", "heap*", "swap*"]),
    (Resource::Disk, &["disk*", "io", "iops", "iowait", "storage"]),
];

impl Resource {
    /// What the gauge `MONITOR.GAUGE` measures.
    pub fn of(name: &str) -> Self {
        let (monitor, gauge) = name.split_once('.').unwrap_or(("", name));
        let named = |part: &str| {
            let part = part.to_lowercase();
            let words: Vec<&str> = words(&part).collect();
            WORDS.iter().find(|(_, known)| known.iter().any(|known| words.iter().any(|word| is(word, known))))
        };
        named(gauge).or_else(|| named(monitor)).map_or(Self::Other, |(resource, _)| *resource)
    }

    /// What it is called in a sentence, with its gauge: `the connection pool (database.connections)`.
    pub fn words(self, gauge: &str) -> String {
        let thing = match self {
            Self::Workers => "workers",
            Self::Connections => "the connection pool",
            Self::Cpu => "CPU",
            Self::Memory => "memory",
            Self::Disk => "the disk",
            Self::Other => return format!("the gauge {gauge}"),
        };
        format!("{thing} ({gauge})")
    }
}

fn is(word: &str, known: &str) -> bool {
    known.strip_suffix('*').map_or(word == known, |beginning| word.starts_with(beginning))
}

/// Words of what is better the more there is of it.
const PLENTY: [&str; 8] = ["hit*", "free*", "idle", "avail*", "left", "remaining", "spare", "unused"];

/// Words of what is worse the more there is of it.
const USED: [&str; 5] = ["used", "usage", "util*", "busy", "full*"];

/// Whether a gauge is in percent of what there is: its name or what it reads says so (`pool_percent`, `cpu_percent`), or
/// what it reads is a hundredfold ratio (`100 * db_connections / db_pool_size`). A plain number has no end to come close
/// to. Which end is bad is known of the resources above, and where a word says it: 99 % of hits use nothing up.
pub(super) fn used_in_percent(plan: &Plan, gauge: &str) -> bool {
    let position = plan.gauges.iter().position(|known| known.name == gauge);
    let reads = plan.monitors.iter().flat_map(|monitor| &monitor.read);
    let expression = reads.filter(|(id, _)| Some(id.0 as usize) == position).map(|(_, text)| text.as_str());
    let texts: Vec<String> = expression.into_iter().chain([gauge]).map(str::to_lowercase).collect();
    let says_percent =
        |text: &String| text.contains("percent") || (text.contains('/') && text.trim().starts_with("100 *"));
    let says =
        |known: &[&str]| texts.iter().any(|text| words(text).any(|word| known.iter().any(|known| is(word, known))));
    let is_used = Resource::of(gauge) != Resource::Other || says(&USED);
    texts.iter().any(says_percent) && is_used && !says(&PLENTY)
}

/// The words of a name; an underscore divides them too.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_name_say_what_it_is() {
        for (name, resource) in [
            ("app.cpu", Resource::Cpu),
            ("database.connections", Resource::Connections),
            ("pool.in_use", Resource::Connections),
            ("pool.cpu", Resource::Cpu),
            ("app.thread_pool", Resource::Workers),
            ("queue.depth", Resource::Workers),
            ("host.memory_percent", Resource::Memory),
            ("app.disk_io", Resource::Disk),
            ("cache.hit_ratio", Resource::Other),
            ("database.used", Resource::Other),
            ("", Resource::Other),
        ] {
            assert_eq!(Resource::of(name), resource, "{name}");
        }
        assert_eq!(Resource::Other.words("cache.hit_ratio"), "the gauge cache.hit_ratio");
        assert_eq!(Resource::Connections.words("db.pool"), "the connection pool (db.pool)");
    }
}
