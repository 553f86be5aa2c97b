//! A process with all that it started.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::Path,
};

use super::{Files, because, cgroup, machine, text, tick};
use crate::{monitor::Exposition, plan};

/// One process.
#[derive(Debug)]
struct Seen {
    parent: u32,
    /// Its own time and that of its children that ended, in seconds: so the sum over a tree keeps what ended processes
    /// took.
    cpu: f64,
    resident: f64,
    name: String,
}

pub(super) fn read(files: &Files, watched: &plan::Process) -> Result<Exposition, String> {
    let all = processes(&files.proc);
    let roots: Vec<u32> = match watched {
        plan::Process::Id(id) => all.contains_key(id).then_some(*id).into_iter().collect(),
        plan::Process::Named(name) => named(files, &all, name),
    };
    let Some(first) = roots.first() else {
        return Err("it does not run".to_owned());
    };
    let tree = descendants(&all, &roots);
    let seen = || tree.iter().filter_map(|id| all.get(id));
    let mut given = Exposition::empty();
    given.give("cpu_seconds_total", seen().map(|process| process.cpu).sum());
    given.give("cores", cgroup::cores_of_process(files, *first)?);
    let resident: f64 = seen().map(|process| process.resident).sum();
    given.give("memory_bytes", resident);
    given.give_or_lack(
        "memory_percent",
        because(machine::memory_of_machine(&files.proc).map(|all| 100.0 * resident / all)),
    );
    given.give_or_lack("open_files", because(open_files(&files.proc, tree.iter().copied())));
    Ok(given)
}

/// All processes; one that ends meanwhile is left out.
fn processes(proc: &Path) -> HashMap<u32, Seen> {
    let entries = fs::read_dir(proc).into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter_map(|id: u32| Some((id, seen(&text(&proc.join(format!("{id}/stat"))).ok()?)?))).collect()
}

/// Reads `/proc/ID/stat`; the name in it may hold spaces and brackets.
fn seen(stat: &str) -> Option<Seen> {
    let (open, close) = (stat.find('(')?, stat.rfind(')')?);
    let words: Vec<&str> = stat.get(close + 1..)?.split_whitespace().collect();
    let number = |at: usize| words.get(at)?.parse::<f64>().ok();
    // From the third field on: state parent .. utime stime cutime cstime (14 to 17) .. rss (24).
    let ticks = number(11)? + number(12)? + number(13)? + number(14)?;
    Some(Seen {
        parent: words.get(1)?.parse().ok()?,
        cpu: ticks * tick(),
        resident: number(21)? * rustix::param::page_size() as f64,
        name: stat.get(open + 1..close)?.to_owned(),
    })
}

/// Those with a name whose parent has another one: the name that the kernel keeps, or the last part of one of the first
/// three arguments, so that `gunicorn` is found in `python -m gunicorn` and `/usr/bin/python3 /opt/app/bin/gunicorn`.
fn named(files: &Files, all: &HashMap<u32, Seen>, name: &str) -> Vec<u32> {
    let has = |id: &u32| {
        let arguments = text(&files.proc.join(format!("{id}/cmdline"))).unwrap_or_default();
        let last_part = |argument: &str| argument.rsplit('/').next() == Some(name);
        all.get(id).is_some_and(|process| process.name == name) || arguments.split('\0').take(3).any(last_part)
    };
    let own = std::process::id();
    let having: HashSet<u32> = all.keys().copied().filter(|id| *id != own).filter(has).collect();
    let mut roots: Vec<u32> = having.iter().copied().filter(|id| !having.contains(&all[id].parent)).collect();
    roots.sort_unstable();
    roots
}

fn descendants(all: &HashMap<u32, Seen>, roots: &[u32]) -> HashSet<u32> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for (id, process) in all {
        children.entry(process.parent).or_default().push(*id);
    }
    let mut tree = HashSet::new();
    let mut open = roots.to_vec();
    while let Some(id) = open.pop() {
        if tree.insert(id) {
            open.extend(children.get(&id).into_iter().flatten());
        }
    }
    tree
}

/// Descriptors that these processes have open.
pub(super) fn open_files(proc: &Path, ids: impl Iterator<Item = u32>) -> Result<f64, String> {
    let mut open = 0;
    for id in ids {
        let path = proc.join(format!("{id}/fd"));
        match fs::read_dir(&path) {
            Ok(entries) => open += entries.count(),
            // It has ended meanwhile.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                return Err(format!("{} cannot be read: {error}; run the gate as the same user", path.display()));
            }
        }
    }
    Ok(open as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_anything() {
        let stat = "12 (a) b (c) S 7 12 12 0 -1 4194304 1 2 3 4 50 20 7 3 20 0 1 0 100 1000 25 18446744073709551615";
        let process = seen(stat).expect("a process");
        assert_eq!((process.parent, process.name.as_str()), (7, "a) b (c"));
        assert!((process.cpu / tick() - 80.0).abs() < 1e-9, "{}", process.cpu);
        assert!((process.resident - 25.0 * rustix::param::page_size() as f64).abs() < 1e-9);
    }

    #[test]
    fn a_tree_is_followed_to_its_leaves() {
        let process = |parent| Seen { parent, cpu: 0.0, resident: 0.0, name: String::new() };
        let all = HashMap::from([(1, process(0)), (2, process(1)), (3, process(2)), (4, process(1)), (5, process(5))]);
        assert_eq!(descendants(&all, &[2]), HashSet::from([2, 3]));
        assert_eq!(descendants(&all, &[1]), HashSet::from([1, 2, 3, 4]));
        assert_eq!(descendants(&all, &[5]), HashSet::from([5]), "a circle ends");
    }
}
