//! The machine that measured.

use std::{fs, thread};

use serde::{Deserialize, Serialize};

use super::Runner;
use crate::config;

/// What a system does not tell.
const UNKNOWN: &str = "unknown";

/// Where a region is looked for, the first that is set counts: an own word, then those of the large clouds.
const REGIONS: [&str; 7] = [
    "STAGEGATE_REGION",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "GOOGLE_CLOUD_REGION",
    "CLOUDSDK_COMPUTE_REGION",
    "AZURE_REGION",
    "FLY_REGION",
];

/// The machine that measured, as far as the system tells: `unknown` and `None` are what it does not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// The model of its processor.
    pub cpu_model: String,
    /// Cores that this process may use: affinity and whole cores of the quota are taken into account.
    pub cores: u32,
    /// CPU time per time that the control group allows: 1.5 is one and a half cores. `None`: no limit.
    pub cpu_quota: Option<f64>,
    /// Its memory in bytes.
    pub memory: Option<u64>,
    /// `ImageOS` of GitHub's runners, else `ID-VERSION_ID` of /etc/os-release.
    pub os_image: String,
    /// `ImageVersion` of GitHub's runners. It changes weekly and is not part of the runner class.
    pub os_image_version: Option<String>,
    /// The kernel's release.
    pub kernel: String,
    /// The first that is set of `STAGEGATE_REGION`, `AWS_REGION`, `AWS_DEFAULT_REGION`, `GOOGLE_CLOUD_REGION`,
    /// `CLOUDSDK_COMPUTE_REGION`, `AZURE_REGION`, `FLY_REGION`.
    pub region: Option<String>,
}

impl Environment {
    /// Looks at this machine; `variables` as the process has them.
    pub fn look(variables: &config::Environment) -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let variable = |name: &&str| variables.get(*name).map(|value| value.trim()).filter(|value| !value.is_empty());
        let image = variable(&"ImageOS").map(str::to_owned);
        Self {
            cpu_model: cpu_model(&read("/proc/cpuinfo")).unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            cores: thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(u32::MAX)),
            cpu_quota: cpu_quota(&read("/proc/self/cgroup"), read),
            memory: memory(&read("/proc/meminfo")),
            os_image: image.or_else(|| os_image(&read("/etc/os-release"))).unwrap_or_else(|| UNKNOWN.to_owned()),
            os_image_version: variable(&"ImageVersion").map(str::to_owned),
            kernel: Some(read("/proc/sys/kernel/osrelease").trim())
                .filter(|release| !release.is_empty())
                .unwrap_or(UNKNOWN)
                .to_owned(),
            region: REGIONS.iter().find_map(variable).map(str::to_owned),
        }
    }

    /// The class that it belongs to.
    pub fn runner(&self) -> Runner {
        Runner { cpu_model: self.cpu_model.clone(), cores: self.cores, os_image: self.os_image.clone() }
    }
}

/// The model of the first processor; x86 calls it `model name`, some ARM kernels `Hardware`, and on the others the
/// part's number tells cores apart.
fn cpu_model(cpuinfo: &str) -> Option<String> {
    let value = |key: &str| {
        let lines = cpuinfo.lines().filter_map(|line| line.split_once(':'));
        lines.map(|(name, value)| (name.trim(), value.trim())).find(|(name, _)| *name == key).map(|(_, value)| value)
    };
    let part = || Some(format!("ARM implementer {} part {}", value("CPU implementer")?, value("CPU part")?));
    value("model name").or_else(|| value("Hardware")).filter(|name| !name.is_empty()).map(str::to_owned).or_else(part)
}

fn memory(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

fn os_image(os_release: &str) -> Option<String> {
    let value = |key: &str| {
        let pairs = os_release.lines().filter_map(|line| line.split_once('='));
        pairs.filter(|(name, _)| *name == key).map(|(_, value)| value.trim().trim_matches(['"', '\''])).next()
    };
    let id = value("ID")?;
    Some(value("VERSION_ID").map_or_else(|| id.to_owned(), |version| format!("{id}-{version}")))
}

/// The tightest quota from this process's control group up to the root, of version 2 (`cpu.max`) or version 1
/// (`cpu.cfs_quota_us` and `cpu.cfs_period_us`).
fn cpu_quota(groups: &str, read: impl Fn(&str) -> String) -> Option<f64> {
    let mut tightest: Option<f64> = None;
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        let first_version = controllers.split(',').any(|name| name == "cpu");
        if !first_version && !controllers.is_empty() {
            continue;
        }
        for group in std::path::Path::new(path).ancestors() {
            let group = group.to_string_lossy();
            let group = group.trim_end_matches('/');
            let quota = if first_version {
                let folder = format!("/sys/fs/cgroup/cpu{group}");
                quota_of(&read(&format!("{folder}/cpu.cfs_quota_us")), &read(&format!("{folder}/cpu.cfs_period_us")))
            } else {
                let text = read(&format!("/sys/fs/cgroup{group}/cpu.max"));
                text.split_once(' ').and_then(|(quota, period)| quota_of(quota, period))
            };
            tightest = [tightest, quota].into_iter().flatten().reduce(f64::min);
        }
    }
    tightest
}

/// Version 2 writes `max` for no limit, version 1 a negative number.
fn quota_of(quota: &str, period: &str) -> Option<f64> {
    let [quota, period] = [quota, period].map(|text| text.trim().parse::<f64>().ok().filter(|number| *number > 0.0));
    Some(quota? / period?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_linux_says() {
        assert_eq!(
            cpu_model("processor\t: 0\nmodel name\t: AMD EPYC 7763\n\nmodel name: other"),
            Some("AMD EPYC 7763".into())
        );
        assert_eq!(
            cpu_model("processor: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n"),
            Some("ARM implementer 0x41 part 0xd0c".into())
        );
        assert_eq!(cpu_model(""), None);
        assert_eq!(memory("MemTotal:       16384256 kB\nMemFree: 1 kB"), Some(16_384_256 * 1024));
        assert_eq!(memory("MemTotal: many"), None);
        assert_eq!(os_image("NAME=\"Debian\"\nVERSION_ID=\"12\"\nID=debian\n"), Some("debian-12".into()));
        assert_eq!(os_image("ID=arch\n"), Some("arch".into()));
        assert_eq!(os_image(""), None);
    }

    #[test]
    fn the_tightest_quota_of_either_version_counts() {
        let second = |path: &str| match path {
            "/sys/fs/cgroup/a/b/cpu.max" => "max 100000\n".to_owned(),
            "/sys/fs/cgroup/a/cpu.max" => "150000 100000\n".to_owned(),
            _ => String::new(),
        };
        assert_eq!(cpu_quota("0::/a/b\n", second), Some(1.5));
        assert_eq!(cpu_quota("0::/\n", second), None);
        let first = |path: &str| match path {
            "/sys/fs/cgroup/cpu/docker/x/cpu.cfs_quota_us" => "50000\n".to_owned(),
            "/sys/fs/cgroup/cpu/cpu.cfs_quota_us" => "-1\n".to_owned(),
            path if path.ends_with("period_us") => "100000\n".to_owned(),
            _ => String::new(),
        };
        assert_eq!(cpu_quota("4:memory:/docker/x\n3:cpu,cpuacct:/docker/x\n", first), Some(0.5));
        assert_eq!(cpu_quota("", first), None);
    }

    #[test]
    fn looks_at_this_machine_and_at_variables() {
        let variables = [("ImageOS", "ubuntu24"), ("ImageVersion", "20261101.1"), ("AWS_REGION", "eu-west-1")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let seen = Environment::look(&variables);
        assert_eq!((seen.os_image.as_str(), seen.region.as_deref()), ("ubuntu24", Some("eu-west-1")));
        assert_eq!(seen.os_image_version.as_deref(), Some("20261101.1"));
        assert!(seen.cores >= 1 && !seen.cpu_model.is_empty());
        assert_eq!(seen.runner().os_image, "ubuntu24", "the weekly version is no part of the class");
    }
}
