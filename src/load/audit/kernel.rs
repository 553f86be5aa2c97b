//! What the kernel's files say of this process and its cores.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Where the kernel's files are; tests have their own.
#[derive(Debug)]
pub(super) struct Files {
    proc: PathBuf,
    cgroup: PathBuf,
}

/// The tightest CPU quota of the process's cgroups.
#[derive(Debug)]
pub(super) struct Quota {
    /// CPU time for each second.
    pub(super) cores: f64,
    /// The cgroup that has it.
    folder: PathBuf,
}

impl Files {
    pub(super) fn of_this_machine() -> Self {
        Self { proc: "/proc".into(), cgroup: "/sys/fs/cgroup".into() }
    }

    #[cfg(test)]
    pub(super) fn below(folder: &Path) -> Self {
        Self { proc: folder.join("proc"), cgroup: folder.join("cgroup") }
    }

    /// The cores that the process is bound to, by cpuset or affinity.
    pub(super) fn bound(&self) -> Option<Vec<u32>> {
        let status = fs::read_to_string(self.proc.join("self/status")).ok()?;
        let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
        let cores = list.trim().split(',').map(range).collect::<Option<Vec<_>>>()?.into_iter().flatten().collect();
        Some(cores).filter(|cores: &Vec<u32>| !cores.is_empty())
    }

    /// The tightest quota along the process's cgroups. In a container its own cgroup is often the root of what it sees, so
    /// that every part of the path counts, whichever there are.
    pub(super) fn quota(&self) -> Option<Quota> {
        let groups = fs::read_to_string(self.proc.join("self/cgroup")).ok()?;
        let quotas = groups.lines().filter_map(|line| line.split_once(':')?.1.split_once(':'));
        let quotas = quotas.flat_map(|(controllers, path)| self.along(controllers, path));
        quotas.min_by(|one, other| one.cores.total_cmp(&other.cores))
    }

    /// The quotas from a cgroup up to its root. `controllers` are empty for version 2.
    fn along(&self, controllers: &str, path: &str) -> Vec<Quota> {
        let roots = if controllers.is_empty() {
            [self.cgroup.clone(), self.cgroup.join("unified")]
        } else if controllers.split(',').any(|name| name == "cpu") {
            [self.cgroup.join(controllers), self.cgroup.join("cpu")]
        } else {
            return Vec::new();
        };
        let path = Path::new(path.trim_matches('/'));
        let folders = roots.iter().flat_map(|root| path.ancestors().map(|part| root.join(part)));
        let cores = |folder: &Path| if controllers.is_empty() { of_two(folder) } else { of_one(folder) };
        folders.filter_map(|folder| Some(Quota { cores: cores(&folder)?, folder })).collect()
    }

    /// Ticks of these cores since the machine started: all, and those that the hypervisor gave to others.
    pub(super) fn ticks(&self, cores: &[u32]) -> Option<[u64; 2]> {
        let stat = fs::read_to_string(self.proc.join("stat")).ok()?;
        let mut sum = None;
        for line in stat.lines() {
            let Some((core, counts)) = line.strip_prefix("cpu").and_then(|line| line.split_once(' ')) else { continue };
            if core.parse().is_ok_and(|core: u32| cores.contains(&core)) {
                // user nice system idle iowait irq softirq steal; guests are in user already.
                let counts: Vec<u64> = counts.split_whitespace().take(8).map_while(|word| word.parse().ok()).collect();
                let [all, stolen] = sum.unwrap_or([0, 0]);
                sum = Some([all + counts.iter().sum::<u64>(), stolen + counts.get(7)?]);
            }
        }
        sum
    }
}

impl Quota {
    /// Its periods so far, and those in which it ran out.
    pub(super) fn periods(&self) -> Option<[u64; 2]> {
        let stat = fs::read_to_string(self.folder.join("cpu.stat")).ok()?;
        let count = |name| stat.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
        Some([count("nr_periods ")?, count("nr_throttled ")?])
    }
}

/// `3` or `0-7`.
fn range(text: &str) -> Option<std::ops::RangeInclusive<u32>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Some(first.parse().ok()?..=last.parse().ok()?)
}

fn of_two(folder: &Path) -> Option<f64> {
    let text = fs::read_to_string(folder.join("cpu.max")).ok()?;
    let (quota, period) = text.trim().split_once(' ')?;
    Some(quota.parse::<f64>().ok()? / period.parse::<f64>().ok()?)
}

fn of_one(folder: &Path) -> Option<f64> {
    let number = |name| fs::read_to_string(folder.join(name)).ok()?.trim().parse::<f64>().ok();
    // -1 is none.
    Some(number("cpu.cfs_quota_us").filter(|quota| *quota > 0.0)? / number("cpu.cfs_period_us")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quota(files: &[(&str, &str)]) -> Option<f64> {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("below the folder")).expect("it can be made");
            fs::write(path, text).expect("it can be written");
        }
        Files::below(folder.path()).quota().map(|quota| quota.cores)
    }

    #[test]
    fn a_quota_is_found_in_both_versions_and_from_within_a_container() {
        let one = [("proc/self/cgroup", "4:memory:/\n3:cpu,cpuacct:/a/b\n0::/\n")];
        assert_eq!(quota(&one), None);
        let limit = |folder: &str, quota: &str| {
            let [quota_file, period] =
                ["cpu.cfs_quota_us", "cpu.cfs_period_us"].map(|name| format!("cgroup/{folder}/{name}"));
            [(quota_file, quota.to_owned()), (period, "100000".to_owned())]
        };
        let with = |limits: Vec<[(String, String); 2]>| {
            let limits: Vec<(String, String)> = limits.into_iter().flatten().collect();
            let limits = limits.iter().map(|(name, text)| (name.as_str(), text.as_str()));
            quota(&one.into_iter().chain(limits).collect::<Vec<_>>())
        };
        assert_eq!(with(vec![limit("cpu,cpuacct/a/b", "-1"), limit("cpu,cpuacct/a", "150000")]), Some(1.5));
        assert_eq!(with(vec![limit("cpu", "25000")]), Some(0.25), "its path is not there, and the root is its own");
        let two = ("proc/self/cgroup", "0::/pod/gate\n");
        assert_eq!(quota(&[two, ("cgroup/cpu.max", "200000 100000\n")]), Some(2.0));
        assert_eq!(quota(&[two, ("cgroup/pod/gate/cpu.max", "max 100000\n")]), None);
    }

    #[test]
    fn cores_are_ranges_and_single_ones() {
        let folder = tempfile::tempdir().expect("a folder");
        let proc = folder.path().join("proc/self");
        fs::create_dir_all(&proc).expect("it can be made");
        let bound = |list: &str| {
            fs::write(proc.join("status"), format!("Cpus_allowed_list:\t{list}\n")).expect("it can be written");
            Files::below(folder.path()).bound()
        };
        assert_eq!(bound("0-1,4"), Some(vec![0, 1, 4]));
        assert_eq!(bound(""), None);
        assert_eq!(bound("all"), None);
    }
}
