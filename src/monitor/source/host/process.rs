//! A process with all that it started.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::Path,
    time::{Duration, Instant},
};

use super::{Files, MOVED, because, cgroup, disk, machine, text, tick};
use crate::{
    monitor::{Exposition, Unread},
    plan,
};

/// So long a name stands for the processes that were found under it, or for none: to look for it is to read every process's arguments.
const FOUND_FOR: Duration = Duration::from_secs(1);

/// Programs that run another one, without the number of their version.
const INTERPRETERS: [&str; 13] =
    ["python", "pypy", "ruby", "node", "nodejs", "perl", "php", "java", "sh", "bash", "dash", "zsh", "env"];

/// The kernel counts each process in whole ticks, so that a sum over many may run ahead of the time by so many seconds.
const ROUNDING: f64 = 0.1;

/// What is remembered of the watched processes from one reading to the next.
#[derive(Debug, Default)]
pub(super) struct Tree {
    roots: Vec<(u32, u64)>,
    found: Option<Instant>,
    /// All processes at the reading before, and when it was made.
    before: Option<(HashMap<u32, Seen>, Instant)>,
    /// Seconds of CPU that the tree has used: it never falls, whoever leaves the tree.
    used: f64,
    /// What each process of the tree had moved from and to disks at the reading before, and all that the tree has moved.
    moved: (HashMap<u32, Seen>, f64),
}

/// One process.
#[derive(Debug, Clone)]
struct Seen {
    parent: u32,
    /// In ticks since the machine started; with the process's number it names a process for good.
    start: u64,
    /// Seconds of CPU that it used itself.
    own: f64,
    /// Those of its children that ended and that it waited for, with all that theirs were.
    waited: f64,
    resident: f64,
    name: String,
}

pub(super) fn read(files: &Files, watched: &plan::Process, known: &mut Tree) -> Result<Exposition, String> {
    let (all, at) = (processes(&files.proc), Instant::now());
    let roots = known.roots(files, watched, &all);
    let Some(first) = roots.first() else {
        return Err("it does not run".to_owned());
    };
    let tree = descendants(&all, &roots);
    let seen = || tree.iter().filter_map(|id| all.get(id));
    let resident: f64 = seen().map(|process| process.resident).sum();
    let mut given = Exposition::empty();
    given.give("cores", cgroup::cores_of_process(files, *first)?);
    given.give("memory_bytes", resident);
    given.give_or_lack(
        "memory_percent",
        because(machine::memory_of_machine(&files.proc).map(|all| 100.0 * resident / all)),
    );
    given.give_or_lack("open_files", because(open_files(&files.proc, tree.iter().copied())));
    let moved = disk::of_processes(&files.proc, tree.iter().copied());
    given.give_or_lack(MOVED, because(moved.map(|moved| known.move_on(&all, &moved))));
    let cores = machine::cores_of_machine(&files.proc)?;
    given.give_or_lack("cpu_seconds_total", known.add(all, &tree, at, cores));
    Ok(given)
}

impl Tree {
    /// The processes that the tree starts from.
    fn roots(&mut self, files: &Files, watched: &plan::Process, all: &HashMap<u32, Seen>) -> Vec<u32> {
        let name = match watched {
            plan::Process::Id(id) => return all.contains_key(id).then_some(*id).into_iter().collect(),
            plan::Process::Named(name) => name,
        };
        self.roots.retain(|(id, start)| all.get(id).is_some_and(|process| process.start == *start));
        let lately = self.found.is_some_and(|found| found.elapsed() < FOUND_FOR);
        if !lately {
            self.roots = named(files, all, name).into_iter().map(|id| (id, all[&id].start)).collect();
            self.found = Some(Instant::now());
        }
        self.roots.iter().map(|(id, _)| *id).collect()
    }

    /// Adds what the tree moved since the reading before, and gives it with all that it moved. Who waits for a process takes
    /// over what it moved as what it used, and the kernel does not keep the two apart.
    fn move_on(&mut self, all: &HashMap<u32, Seen>, bytes: &HashMap<u32, f64>) -> f64 {
        let process =
            |(id, bytes): (&u32, &f64)| Some((*id, Seen { own: 0.0, waited: *bytes, ..all.get(id)?.clone() }));
        let now: HashMap<u32, Seen> = bytes.iter().filter_map(process).collect();
        self.moved.1 += used_since(&self.moved.0, &now, &now.keys().copied().collect());
        self.moved.0 = now;
        self.moved.1
    }

    /// Adds what the tree used since the reading before. A reading that shows more than all cores can do meanwhile caught a
    /// process in the moment of its end, in its own time and in its parent's, and says nothing.
    fn add(&mut self, all: HashMap<u32, Seen>, tree: &HashSet<u32>, at: Instant, cores: f64) -> Result<f64, Unread> {
        let used = match &self.before {
            None => Some(tree.iter().filter_map(|id| all.get(id)).map(|process| process.own + process.waited).sum()),
            Some((before, then)) => {
                let most = cores * at.duration_since(*then).as_secs_f64() + ROUNDING;
                Some(used_since(before, &all, tree)).filter(|used| *used <= most)
            }
        };
        self.before = Some((all, at));
        self.used += used.ok_or(Unread::NotYet)?;
        Ok(self.used)
    }
}

/// What the processes of a tree used between two looks at them, as seconds of CPU: what each used itself, and what its
/// children used that ended meanwhile. What those had used before was counted then, and is taken off again.
fn used_since(before: &HashMap<u32, Seen>, now: &HashMap<u32, Seen>, tree: &HashSet<u32>) -> f64 {
    let same = |id: &u32| {
        let (was, is) = (before.get(id)?, now.get(id)?);
        (was.start == is.start).then_some((was, is))
    };
    let mut counted: HashMap<u32, f64> = HashMap::new();
    for (id, ended) in before.iter().filter(|(id, _)| same(id).is_none()) {
        let mut line = HashSet::from([*id]);
        let mut heir = ended.parent;
        // Whoever waited for a child took over what that child had taken over itself.
        while same(&heir).is_none() && line.insert(heir) {
            let Some(parent) = before.get(&heir) else { break };
            heir = parent.parent;
        }
        *counted.entry(heir).or_default() += ended.own + ended.waited;
    }
    let used = |id: &u32| match (same(id), now.get(id)) {
        (Some((was, is)), _) => {
            let waited = is.waited - was.waited - counted.get(id).copied().unwrap_or_default();
            (is.own - was.own).max(0.0) + waited.max(0.0)
        }
        // It was started meanwhile.
        (None, Some(is)) => is.own + is.waited,
        (None, None) => 0.0,
    };
    tree.iter().map(used).sum()
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
    // From the third field on: state parent .. utime stime cutime cstime (14 to 17) .. starttime (22) .. rss (24).
    Some(Seen {
        parent: words.get(1)?.parse().ok()?,
        start: words.get(19)?.parse().ok()?,
        own: (number(11)? + number(12)?) * tick(),
        waited: (number(13)? + number(14)?) * tick(),
        resident: number(21)? * rustix::param::page_size() as f64,
        name: stat.get(open + 1..close)?.to_owned(),
    })
}

/// Those with a name whose parent has another one: the name that the kernel keeps, or the last part of the program's path.
/// Where that is an interpreter it is what it runs, so that `gunicorn` is found in `python -m gunicorn` and
/// `/usr/bin/python3 /opt/app/bin/gunicorn`; `vim gunicorn` is none.
fn named(files: &Files, all: &HashMap<u32, Seen>, name: &str) -> Vec<u32> {
    let has = |id: &u32| {
        let arguments = text(&files.proc.join(format!("{id}/cmdline"))).unwrap_or_default();
        all.get(id).is_some_and(|process| process.name == name) || programs(&arguments).contains(&name)
    };
    let own = std::process::id();
    let having: HashSet<u32> = all.keys().copied().filter(|id| *id != own).filter(has).collect();
    let mut roots: Vec<u32> = having.iter().copied().filter(|id| !having.contains(&all[id].parent)).collect();
    roots.sort_unstable();
    roots
}

/// What a process runs by its arguments: the last part of the program's path, and of an interpreter's program or module,
/// which may come after one option.
fn programs(arguments: &str) -> Vec<&str> {
    let mut arguments = arguments.split('\0');
    let first = last_part(arguments.next().unwrap_or_default());
    if !INTERPRETERS.contains(&first.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.')) {
        return vec![first];
    }
    let second = arguments.next().unwrap_or_default();
    let run = if second.starts_with('-') { arguments.next().unwrap_or_default() } else { second };
    vec![first, last_part(run)]
}

fn last_part(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
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
        let ticks = [process.own / tick(), process.waited / tick()];
        assert!((ticks[0] - 70.0).abs() < 1e-9 && (ticks[1] - 10.0).abs() < 1e-9, "{ticks:?}");
        assert_eq!(process.start, 100);
        assert!((process.resident - 25.0 * rustix::param::page_size() as f64).abs() < 1e-9);
    }

    fn process(parent: u32, own: f64, waited: f64) -> Seen {
        Seen { parent, start: 7, own, waited, resident: 0.0, name: String::new() }
    }

    /// What a tree of the given processes used between two looks.
    fn used(before: &[(u32, Seen)], now: &[(u32, Seen)]) -> f64 {
        let map = |all: &[(u32, Seen)]| all.iter().cloned().collect::<HashMap<_, _>>();
        let used = used_since(&map(before), &map(now), &now.iter().map(|(id, _)| *id).collect());
        (used * 1000.0).round() / 1000.0
    }

    #[test]
    fn what_ended_processes_had_used_before_is_not_used_again() {
        let tree = [(2, process(1, 5.0, 20.0)), (3, process(2, 400.0, 10.0)), (4, process(3, 50.0, 0.0))];
        let own = [(2, process(1, 5.25, 20.0)), (3, process(2, 400.5, 10.0)), (4, process(3, 50.0, 0.0))];
        assert!((used(&tree, &own) - 0.75).abs() < 1e-9);
        let waited = [(2, process(1, 5.0, 430.5)), (4, process(1, 50.0, 0.0))];
        assert!((used(&tree, &waited) - 0.5).abs() < 1e-9, "a child ended and was waited for");
        let both = [(2, process(1, 5.0, 480.25))];
        assert!((used(&tree, &both) - 0.25).abs() < 1e-9, "with its own child, which it had waited for");
        let ignored = [(2, process(1, 5.0, 20.0))];
        assert!(used(&tree, &ignored).abs() < 1e-9, "nobody waited for it");
        let other_root = [(3, process(2, 400.0, 10.0)), (4, process(3, 50.125, 0.0))];
        assert!((used(&tree, &other_root) - 0.125).abs() < 1e-9, "the first root ended");
        let reused = [(2, process(1, 5.0, 20.0)), (3, Seen { start: 8, ..process(2, 0.25, 0.0) })];
        assert!((used(&tree, &reused) - 0.25).abs() < 1e-9, "another process under the same number");
    }

    /// Processes of which only the names and arguments are known; the second of a line is what the kernel calls it.
    fn of_names(folder: &Path, lines: &[(u32, &str, &str)]) -> (Files, HashMap<u32, Seen>) {
        let mut all = HashMap::new();
        for (id, name, arguments) in lines {
            fs::create_dir_all(folder.join(id.to_string())).expect("it can be made");
            fs::write(folder.join(format!("{id}/cmdline")), arguments.replace(' ', "\0")).expect("it can be written");
            all.insert(*id, Seen { name: (*name).to_owned(), ..process(1, 0.0, 0.0) });
        }
        (Files { proc: folder.to_owned(), cgroup: folder.join("none") }, all)
    }

    #[test]
    fn a_name_is_that_of_a_program_and_not_of_what_it_works_on() {
        let folder = tempfile::tempdir().expect("a folder");
        let (files, all) = of_names(
            folder.path(),
            &[
                (11, "gunicorn", "anything"),
                (12, "x", "/opt/bin/gunicorn app"),
                (13, "python3", "python3 -m gunicorn app"),
                (14, "python3", "/usr/bin/python3.11 /opt/app/bin/gunicorn app"),
                (15, "python3", "python3 -u /opt/app/bin/gunicorn app"),
                (21, "vim", "vim gunicorn"),
                (22, "tail", "tail -f /var/log/gunicorn"),
                (23, "python3", "python3 manage.py gunicorn"),
                (24, "python3", "python3 -u -v gunicorn"),
                (25, "python3", "python3"),
            ],
        );
        assert_eq!(named(&files, &all, "gunicorn"), [11, 12, 13, 14, 15]);
    }

    #[test]
    fn a_name_that_nobody_has_is_not_looked_for_at_each_reading() {
        let folder = tempfile::tempdir().expect("a folder");
        let watched = plan::Process::Named("app".to_owned());
        let (files, none) = of_names(folder.path(), &[(11, "other", "other")]);
        let mut tree = Tree::default();
        assert!(tree.roots(&files, &watched, &none).is_empty());
        let (files, some) = of_names(folder.path(), &[(11, "other", "other"), (12, "app", "app")]);
        assert!(tree.roots(&files, &watched, &some).is_empty(), "it was looked for just now");
        tree.found = Instant::now().checked_sub(FOUND_FOR);
        assert_eq!(tree.roots(&files, &watched, &some), [12]);
    }

    #[test]
    fn more_than_the_cores_can_do_is_no_reading() {
        let (mut tree, at) = (Tree::default(), Instant::now());
        let mut add = |own, seconds| {
            let at = at + Duration::from_secs(seconds);
            tree.add(HashMap::from([(2, process(1, own, 0.0))]), &HashSet::from([2]), at, 2.0)
        };
        assert_eq!(add(100.0, 0), Ok(100.0));
        assert_eq!(add(102.0, 1), Ok(102.0));
        assert_eq!(add(105.0, 2), Err(Unread::NotYet));
        assert_eq!(add(106.0, 3), Ok(103.0), "and the next one counts from there");
    }

    #[test]
    fn a_tree_is_followed_to_its_leaves() {
        let process = |parent| process(parent, 0.0, 0.0);
        let all = HashMap::from([(1, process(0)), (2, process(1)), (3, process(2)), (4, process(1)), (5, process(5))]);
        assert_eq!(descendants(&all, &[2]), HashSet::from([2, 3]));
        assert_eq!(descendants(&all, &[1]), HashSet::from([1, 2, 3, 4]));
        assert_eq!(descendants(&all, &[5]), HashSet::from([5]), "a circle ends");
    }
}
