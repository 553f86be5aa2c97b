//! The machine that the gate runs on, or a part of it: read from `/proc` and the file system of cgroups.

mod cgroup;
mod disk;
mod machine;
mod process;

use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use super::{Exposition, increase, rate};
use crate::{monitor::Unread, plan};

/// Bytes that a part of the machine read from disks and wrote to them.
const MOVED: &str = "disk_bytes_total";

/// What is watched.
#[derive(Debug)]
pub(in crate::monitor) struct Host {
    watched: plan::Host,
    name: String,
    files: Arc<Files>,
    /// Of a process: what is remembered from one reading to the next.
    tree: Arc<Mutex<process::Tree>>,
}

/// Where the kernel's files are; tests have their own.
#[derive(Debug)]
struct Files {
    proc: std::path::PathBuf,
    cgroup: std::path::PathBuf,
}

impl Host {
    pub(super) fn new(watched: &plan::Host) -> Self {
        Self::among(watched, Files { proc: "/proc".into(), cgroup: "/sys/fs/cgroup".into() })
    }

    fn among(watched: &plan::Host, files: Files) -> Self {
        let name = match watched {
            plan::Host::Local => "this machine".to_owned(),
            plan::Host::Process(plan::Process::Id(id)) => format!("the process {id}"),
            plan::Host::Process(plan::Process::Named(name)) => format!("the process {name}"),
            plan::Host::Cgroup(path) => format!("the cgroup {path}"),
        };
        Self { watched: watched.clone(), name, files: Arc::new(files), tree: Arc::default() }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) async fn read(&self) -> Result<Exposition, String> {
        let (watched, files, tree) = (self.watched.clone(), Arc::clone(&self.files), Arc::clone(&self.tree));
        let read = tokio::task::spawn_blocking(move || {
            files.read(&watched, &mut tree.lock().unwrap_or_else(PoisonError::into_inner))
        });
        let read = read.await.map_err(|error| format!("{} could not be looked at: {error}", self.name))?;
        read.map_err(|why| format!("{}: {why}", self.name))
    }
}

impl Files {
    fn read(&self, watched: &plan::Host, tree: &mut process::Tree) -> Result<Exposition, String> {
        if !self.proc.join("stat").exists() {
            return Err(
                "it is read from /proc, which only Linux has; give a node exporter or a command instead".to_owned()
            );
        }
        match watched {
            plan::Host::Local => machine::read(&self.proc),
            plan::Host::Process(process) => process::read(self, process, tree),
            plan::Host::Cgroup(path) => cgroup::read(self, path),
        }
    }
}

/// CPU time becomes a share of what the cores could do meanwhile.
pub(super) fn derive(now: &mut Exposition, before: Option<&Exposition>) {
    let share = cpu_percent(now, before);
    now.give_or_lack("cpu_percent", share);
    let moved = disk_bytes_per_second(now, before);
    now.give_or_lack("disk_bytes_per_second", moved);
    if now.has("disk_busy_milliseconds_total") {
        let busiest = now.highest_rate("disk_busy_milliseconds_total", before).map(|rate| (rate / 10.0).min(100.0));
        now.give_or_lack("disk_busy_percent", busiest);
    }
}

/// What a part of the machine moves.
fn disk_bytes_per_second(now: &Exposition, before: Option<&Exposition>) -> Result<f64, Unread> {
    now.bare(MOVED)?;
    rate(MOVED, now, before)
}

fn cpu_percent(now: &Exposition, before: Option<&Exposition>) -> Result<f64, Unread> {
    let used = increase("cpu_seconds_total", now, before)?;
    let (Some(before), Some(cores)) = (before, now.value("cores")) else { return Err(Unread::NotYet) };
    Ok(100.0 * used / (cores * now.seconds_since(before)?))
}

/// A file of the kernel's.
fn text(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
}

/// A file of the kernel's that holds one number.
fn number(path: &Path) -> Result<f64, String> {
    let text = text(path)?;
    text.trim().parse().map_err(|_| format!("{} holds no number", path.display()))
}

/// Seconds of one tick, in which the kernel counts a process's time.
fn tick() -> f64 {
    1.0 / rustix::param::clock_ticks_per_second() as f64
}

/// A reading that is missing for one name only.
fn because<T>(read: Result<T, String>) -> Result<T, Unread> {
    read.map_err(Unread::Because)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::{
        process::{Command, Stdio},
        time::{Duration, Instant},
    };

    use super::*;

    async fn twice(host: &Host) -> Exposition {
        let first = host.read().await.expect("it is there");
        tokio::time::sleep(Duration::from_millis(500)).await;
        let mut second = host.read().await.expect("it is still there");
        derive(&mut second, Some(&first));
        second
    }

    #[tokio::test]
    async fn a_busy_child_is_in_the_tree_of_its_parent() {
        let begun = Instant::now();
        let script = "(while :; do :; done) & echo $!; read line; kill $!";
        let mut parent = Command::new("sh");
        let parent = parent.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::null());
        let mut parent = parent.spawn().expect("sh is there");
        let tree = Host::new(&plan::Host::Process(plan::Process::Id(parent.id())));
        let read = twice(&tree).await;
        let (cpu, cores) = (read.value("cpu_percent"), read.value("cores"));
        let used = read.value("cpu_seconds_total").expect("it used some");
        drop(parent.stdin.take());
        parent.wait().expect("it ends");
        assert!(used > 0.0 && used <= begun.elapsed().as_secs_f64(), "{used}");
        assert!(cpu > Some(0.0) && cpu <= cores.map(|cores| 130.0 / cores), "{cpu:?} of {cores:?}");
        assert!(read.value("memory_bytes") > Some(100_000.0) && read.value("open_files") >= Some(3.0), "{read:?}");
        let gone = tree.read().await.expect_err("it has ended");
        assert!(gone.ends_with("it does not run"), "{gone}");
    }

    /// Writes what the kernel says of two processes named `app`; the second may have ended.
    fn two_roots(folder: &Path, first_ticks: u32, second_ticks: Option<u32>) {
        let stat = |ticks: u32| format!("0 (app) S 1 0 0 0 0 0 0 0 0 0 {ticks} 0 0 0 0 0 0 0 50 0 10");
        let shared = [
            ("stat", "cpu  1 1 1 1 1 1 1 1\ncpu0 1\ncpu1 1\n"),
            ("meminfo", "MemTotal: 1000 kB\nMemAvailable: 1 kB\n"),
        ];
        for (name, text) in shared {
            fs::write(folder.join(name), text).expect("it can be written");
        }
        for (id, ticks) in [("7", Some(first_ticks)), ("8", second_ticks)] {
            let Some(ticks) = ticks else {
                fs::remove_dir_all(folder.join(id)).expect("it was there");
                continue;
            };
            fs::create_dir_all(folder.join(id).join("fd")).expect("it can be made");
            fs::write(folder.join(id).join("stat"), stat(ticks)).expect("it can be written");
            fs::write(folder.join(id).join("status"), "Cpus_allowed:\t3\n").expect("it can be written");
            let io = format!("read_bytes: {ticks}\nwrite_bytes: 0\n");
            fs::write(folder.join(id).join("io"), io).expect("it can be written");
        }
    }

    #[tokio::test]
    async fn a_root_that_ends_takes_its_time_along_and_nothing_is_started_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        two_roots(folder.path(), 90_000, Some(50_000));
        let files = Files { proc: folder.path().to_owned(), cgroup: folder.path().join("none") };
        let host = Host::among(&plan::Host::Process(plan::Process::Named("app".to_owned())), files);
        let first = host.read().await.expect("both are there");
        tokio::time::sleep(Duration::from_millis(100)).await;
        two_roots(folder.path(), 90_000, None);
        let mut second = host.read().await.expect("one is still there");
        derive(&mut second, Some(&first));
        assert_eq!(second.value("cpu_percent"), Some(0.0), "{second:?}");
        assert_eq!(second.value("disk_bytes_per_second"), Some(0.0), "{second:?}");
        two_roots(folder.path(), 90_004, Some(1));
        tokio::time::sleep(Duration::from_millis(100)).await;
        let mut third = host.read().await.expect("one was started again");
        derive(&mut third, Some(&second));
        assert!(third.value("cpu_percent").is_some_and(|cpu| cpu > 0.0 && cpu <= 25.0), "{third:?}");
        let moved = third.value(MOVED).zip(second.value(MOVED)).map(|(now, before)| now - before);
        // The one that was started is looked for once a second.
        assert!(moved.is_some_and(|moved| (4.0..=5.0).contains(&moved)), "{moved:?}");
    }

    #[tokio::test]
    async fn the_machine_is_no_more_than_all_of_it() {
        let read = twice(&Host::new(&plan::Host::Local)).await;
        for name in ["cpu_percent", "memory_percent"] {
            assert!(read.value(name).is_some_and(|value| (0.0..=101.0).contains(&value)), "{name}: {read:?}");
        }
        assert!(read.value("open_files") > Some(0.0), "{read:?}");
    }

    #[tokio::test]
    async fn without_proc_it_says_so() {
        let files = Files { proc: "/no/such/folder".into(), cgroup: "/no/such/folder".into() };
        let why = Host::among(&plan::Host::Local, files).read().await.expect_err("there is nothing to read");
        assert!(why.starts_with("this machine: it is read from /proc, which only Linux has"), "{why}");
    }
}
