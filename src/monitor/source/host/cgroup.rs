//! A cgroup, of version 2 or 1, and the cores that it may use.

use std::path::{Path, PathBuf};

use super::{Files, MOVED, because, disk, machine, number, process, text};
use crate::monitor::Exposition;

/// A limit of memory beyond this is none: version 1 writes the largest number of pages for it.
const NO_LIMIT: f64 = 1e18;

pub(super) fn read(files: &Files, path: &str) -> Result<Exposition, String> {
    let path = path.trim_matches('/');
    let two = [files.cgroup.clone(), files.cgroup.join("unified")];
    let of_two = two.iter().map(|root| root.join(path)).find(|folder| folder.join("cpu.stat").exists());
    let group = match of_two {
        Some(folder) if folder.join("memory.current").exists() => Group::two(&folder, path)?,
        _ => Group::one(files, path)?,
    };
    let mut given = Exposition::empty();
    given.give("cpu_seconds_total", group.cpu);
    given.give("cores", group.quota.unwrap_or(f64::INFINITY).min(machine::cores_of_machine(&files.proc)?));
    given.give("memory_bytes", group.memory);
    let all = machine::memory_of_machine(&files.proc);
    let of = all.map(|all| group.limit.unwrap_or(f64::INFINITY).min(all));
    given.give_or_lack("memory_percent", because(of.map(|of| 100.0 * group.memory / of)));
    given.give_or_lack(MOVED, because(group.moved));
    let members = members(&group.folder);
    given.give_or_lack("open_files", because(process::open_files(&files.proc, members.into_iter())));
    Ok(given)
}

/// What a cgroup says of itself.
struct Group {
    /// Seconds.
    cpu: f64,
    /// Cores that it and those above it leave; `None` without a limit.
    quota: Option<f64>,
    /// Without the pages of files that the kernel may drop at any time: they fill whatever is free and choke nobody.
    memory: f64,
    /// The tightest of its own and of those above it.
    limit: Option<f64>,
    /// Bytes from and to disks.
    moved: Result<f64, String>,
    /// Where its processes are listed.
    folder: PathBuf,
}

impl Group {
    fn two(folder: &Path, path: &str) -> Result<Self, String> {
        let stat = text(&folder.join("cpu.stat"))?;
        let usage = stat.lines().find_map(|line| line.strip_prefix("usage_usec ")?.trim().parse::<f64>().ok());
        Ok(Self {
            cpu: usage.ok_or_else(|| format!("{} has no usage_usec", folder.join("cpu.stat").display()))? / 1e6,
            quota: tightest(folder, path, quota_of_two),
            memory: in_use(number(&folder.join("memory.current"))?, folder, "inactive_file"),
            limit: tightest(folder, path, |above| machine::limit(&above.join("memory.max"))),
            moved: disk::of_two(folder),
            folder: folder.to_owned(),
        })
    }

    fn one(files: &Files, path: &str) -> Result<Self, String> {
        let cpu = controller(files, "cpuacct").join(path);
        if !cpu.exists() {
            return Err(format!("{} is not there", cpu.display()));
        }
        let memory = controller(files, "memory").join(path);
        Ok(Self {
            cpu: number(&cpu.join("cpuacct.usage"))? / 1e9,
            quota: tightest(&controller(files, "cpu").join(path), path, quota_of_one),
            memory: in_use(number(&memory.join("memory.usage_in_bytes"))?, &memory, "total_inactive_file"),
            limit: tightest(&memory, path, |above| {
                machine::limit(&above.join("memory.limit_in_bytes")).filter(|limit| *limit < NO_LIMIT)
            }),
            moved: disk::of_one(&controller(files, "blkio").join(path)),
            folder: cpu,
        })
    }
}

/// The tightest limit from a cgroup up to where its path begins.
fn tightest(folder: &Path, path: &str, limit: impl Fn(&Path) -> Option<f64>) -> Option<f64> {
    let depth = Path::new(path).components().count();
    folder.ancestors().take(depth + 1).filter_map(limit).reduce(f64::min)
}

/// Bytes without those that `memory.stat` has under this name.
fn in_use(bytes: f64, folder: &Path, dropped: &str) -> f64 {
    let stat = text(&folder.join("memory.stat")).unwrap_or_default();
    let mut lines = stat.lines().filter_map(|line| line.split_once(' '));
    let dropped = lines.find(|(name, _)| *name == dropped).and_then(|(_, bytes)| bytes.trim().parse::<f64>().ok());
    (bytes - dropped.unwrap_or_default()).max(0.0)
}

/// Where version 1 has a controller; some systems mount those of CPU together.
fn controller(files: &Files, name: &str) -> PathBuf {
    let together = ["cpu,cpuacct", "cpuacct,cpu"].map(|both| files.cgroup.join(both));
    let own = files.cgroup.join(name);
    let found = together.into_iter().find(|both| !own.exists() && both.exists() && name.starts_with("cpu"));
    found.unwrap_or(own)
}

fn quota_of_two(folder: &Path) -> Option<f64> {
    let text = text(&folder.join("cpu.max")).ok()?;
    let mut words = text.split_whitespace().map_while(|word| word.parse::<f64>().ok());
    Some(words.next()? / words.next()?)
}

fn quota_of_one(folder: &Path) -> Option<f64> {
    let quota = machine::limit(&folder.join("cpu.cfs_quota_us")).filter(|quota| *quota > 0.0)?;
    Some(quota / machine::limit(&folder.join("cpu.cfs_period_us"))?)
}

/// The processes of a cgroup and of those below it.
fn members(folder: &Path) -> Vec<u32> {
    let own = text(&folder.join("cgroup.procs")).unwrap_or_default();
    let mut members: Vec<u32> = own.lines().filter_map(|line| line.trim().parse().ok()).collect();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            members.extend(self::members(&entry.path()));
        }
    }
    members
}

/// The cores that a process may use: those that it is bound to, and what its cgroups leave of them.
pub(super) fn cores_of_process(files: &Files, id: u32) -> Result<f64, String> {
    let status = text(&files.proc.join(format!("{id}/status")))?;
    let mask = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed:")).unwrap_or_default();
    let bound: u32 = mask.chars().filter_map(|digit| digit.to_digit(16)).map(u32::count_ones).sum();
    let all = machine::cores_of_machine(&files.proc)?;
    let bound = if bound == 0 { all } else { f64::from(bound).min(all) };
    let groups = text(&files.proc.join(format!("{id}/cgroup"))).unwrap_or_default();
    Ok(groups.lines().filter_map(|line| quota_of_line(files, line)).fold(bound, f64::min))
}

/// The tightest quota along one line of `/proc/ID/cgroup`: `NUMBER:CONTROLLERS:PATH`.
fn quota_of_line(files: &Files, line: &str) -> Option<f64> {
    let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
    let path = Path::new(path.trim_matches('/'));
    let quota = |below: &Path| match controllers {
        "" => quota_of_two(&files.cgroup.join(below)),
        named if named.split(',').any(|name| name == "cpu") => quota_of_one(&controller(files, "cpu").join(below)),
        _ => None,
    };
    path.ancestors().filter_map(quota).reduce(f64::min)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn files(folder: &Path, given: &[(&str, &str)]) -> Files {
        let shared = [
            ("proc/stat", "cpu  1 1 1 1 1 1 1 1\ncpu0 1\ncpu1 1\ncpu2 1\ncpu3 1\n"),
            ("proc/meminfo", "MemTotal: 1000 kB\nMemAvailable: 500 kB\n"),
        ];
        for (name, text) in shared.iter().chain(given) {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
            fs::write(path, text).expect("it can be written");
        }
        Files { proc: folder.join("proc"), cgroup: folder.join("cgroup") }
    }

    fn values(given: &Exposition) -> [Option<f64>; 4] {
        ["cpu_seconds_total", "cores", "memory_bytes", "memory_percent"].map(|name| given.value(name))
    }

    #[test]
    fn both_versions_say_the_same() {
        let folder = tempfile::tempdir().expect("a folder");
        let two = files(
            folder.path(),
            &[
                ("cgroup/app/cpu.stat", "usage_usec 2500000\nuser_usec 1\n"),
                ("cgroup/app/cpu.max", "150000 100000\n"),
                ("cgroup/app/memory.current", "300\n"),
                ("cgroup/app/memory.max", "1200\n"),
            ],
        );
        assert_eq!(values(&read(&two, "/app").expect("version 2")), [2.5, 1.5, 300.0, 25.0].map(Some));
        let folder = tempfile::tempdir().expect("a folder");
        let one = files(
            folder.path(),
            &[
                ("cgroup/cpu,cpuacct/app/cpuacct.usage", "2500000000\n"),
                ("cgroup/cpu,cpuacct/app/cpu.cfs_quota_us", "-1\n"),
                ("cgroup/cpu,cpuacct/app/cpu.cfs_period_us", "100000\n"),
                ("cgroup/memory/app/memory.usage_in_bytes", "256000\n"),
                ("cgroup/memory/app/memory.limit_in_bytes", "9223372036854771712\n"),
            ],
        );
        assert_eq!(values(&read(&one, "app/").expect("version 1")), [2.5, 4.0, 256_000.0, 25.0].map(Some));
        let error = read(&one, "other").expect_err("it is not there");
        assert!(error.ends_with("cgroup/cpu,cpuacct/other is not there"), "{error}");
    }

    #[test]
    fn what_the_kernel_may_drop_is_not_in_use_and_the_limits_above_hold_too() {
        let folder = tempfile::tempdir().expect("a folder");
        let two = files(
            folder.path(),
            &[
                ("cgroup/a/b/cpu.stat", "usage_usec 0\n"),
                ("cgroup/a/b/cpu.max", "max 100000\n"),
                ("cgroup/a/cpu.max", "50000 100000\n"),
                ("cgroup/a/b/memory.current", "300\n"),
                ("cgroup/a/b/memory.stat", "anon 90\nfile 210\ninactive_file 200\nactive_file 10\n"),
                ("cgroup/a/b/memory.max", "max\n"),
                ("cgroup/a/memory.max", "400\n"),
            ],
        );
        assert_eq!(values(&read(&two, "/a/b").expect("version 2")), [0.0, 0.5, 100.0, 25.0].map(Some));
        let folder = tempfile::tempdir().expect("a folder");
        let one = files(
            folder.path(),
            &[
                ("cgroup/cpuacct/a/b/cpuacct.usage", "0\n"),
                ("cgroup/cpu/a/cpu.cfs_quota_us", "50000\n"),
                ("cgroup/cpu/a/cpu.cfs_period_us", "100000\n"),
                ("cgroup/memory/a/b/memory.usage_in_bytes", "300\n"),
                ("cgroup/memory/a/b/memory.stat", "inactive_file 1\ntotal_inactive_file 200\n"),
                ("cgroup/memory/a/memory.limit_in_bytes", "400\n"),
                ("cgroup/memory/a/b/memory.limit_in_bytes", "9223372036854771712\n"),
            ],
        );
        assert_eq!(values(&read(&one, "a/b").expect("version 1")), [0.0, 0.5, 100.0, 25.0].map(Some));
    }

    #[test]
    fn a_process_has_the_cores_that_its_cgroups_leave_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = files(
            folder.path(),
            &[
                ("proc/7/status", "Name:\tapp\nCpus_allowed:\t7\n"),
                ("proc/7/cgroup", "0::/a/b\n"),
                ("cgroup/a/cpu.max", "50000 100000\n"),
                ("cgroup/a/b/cpu.max", "max 100000\n"),
                ("proc/8/status", "Name:\tapp\nCpus_allowed:\t7\n"),
                ("proc/8/cgroup", "3:cpu,cpuacct:/\n"),
            ],
        );
        assert_eq!(cores_of_process(&files, 7), Ok(0.5));
        assert_eq!(cores_of_process(&files, 8), Ok(3.0));
    }
}
