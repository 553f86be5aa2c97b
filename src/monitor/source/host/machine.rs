//! The whole machine.

use std::path::Path;

use super::{because, number, text, tick};
use crate::monitor::Exposition;

pub(super) fn read(proc: &Path) -> Result<Exposition, String> {
    let mut given = Exposition::empty();
    let (busy, cores) = cpu(&text(&proc.join("stat"))?).ok_or("/proc/stat has no line `cpu`")?;
    given.give("cpu_seconds_total", busy);
    given.give("cores", cores);
    let (used, all) = memory(&text(&proc.join("meminfo"))?).ok_or("/proc/meminfo says not what is available")?;
    given.give("memory_bytes", used);
    given.give("memory_percent", 100.0 * used / all);
    for (disk, busy) in disks(&text(&proc.join("diskstats")).unwrap_or_default()) {
        given.give_labelled("disk_busy_milliseconds_total", ("disk", disk), busy);
    }
    given.give_or_lack("open_files", because(open_files(proc)));
    if !given.has("disk_busy_milliseconds_total") {
        given.lack("disk_busy_percent", crate::monitor::Unread::Because("this machine has no disk".to_owned()));
    }
    Ok(given)
}

/// Seconds in which cores were busy, and how many cores there are. Waiting for a disk is no work of a core.
fn cpu(stat: &str) -> Option<(f64, f64)> {
    let all = stat.lines().find(|line| line.starts_with("cpu "))?;
    let ticks: Vec<f64> = all.split_whitespace().skip(1).map_while(|word| word.parse().ok()).collect();
    // user nice system idle iowait irq softirq steal; guests are in user already.
    let busy: f64 =
        ticks.iter().take(8).enumerate().filter(|(at, _)| ![3, 4].contains(at)).map(|(_, ticks)| ticks).sum();
    let cores = stat.lines().filter(|line| line.starts_with("cpu") && !line.starts_with("cpu ")).count();
    (cores > 0 && ticks.len() > 4).then(|| (busy * tick(), cores as f64))
}

/// Bytes that are not available, and all.
pub(super) fn memory(meminfo: &str) -> Option<(f64, f64)> {
    let bytes = |name: &str| {
        let line = meminfo.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.split_whitespace().next()?.parse::<f64>().ok().map(|kibibytes| kibibytes * 1024.0)
    };
    let all = bytes("MemTotal")?;
    Some((all - bytes("MemAvailable")?, all)).filter(|_| all > 0.0)
}

/// Disks with the milliseconds in which they had something to do.
fn disks(diskstats: &str) -> Vec<(String, f64)> {
    let disk = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let name = words.get(2)?;
        let counts = !["loop", "ram", "zram"].iter().any(|kind| name.starts_with(kind));
        Some(((*name).to_owned(), words.get(12)?.parse().ok()?)).filter(|_| counts)
    };
    diskstats.lines().filter_map(disk).collect()
}

/// Descriptors that are open in all processes.
fn open_files(proc: &Path) -> Result<f64, String> {
    let path = proc.join("sys/fs/file-nr");
    let text = text(&path)?;
    let first = text.split_whitespace().next().and_then(|word| word.parse().ok());
    first.ok_or_else(|| format!("{} holds no number", path.display()))
}

/// Bytes of memory that the machine has.
pub(super) fn memory_of_machine(proc: &Path) -> Result<f64, String> {
    let (_, all) = memory(&text(&proc.join("meminfo"))?).ok_or("/proc/meminfo says not how much memory there is")?;
    Ok(all)
}

/// The cores of the machine.
pub(super) fn cores_of_machine(proc: &Path) -> Result<f64, String> {
    cpu(&text(&proc.join("stat"))?).map(|(_, cores)| cores).ok_or_else(|| "/proc/stat has no line `cpu`".to_owned())
}

/// A limit in a file, or `None` where there is none.
pub(super) fn limit(path: &Path) -> Option<f64> {
    number(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores_are_busy_with_everything_but_waiting() {
        let stat = "cpu  100 0 50 1000 500 0 30 20 7 0\ncpu0 1 2 3\ncpu1 1 2 3\nintr 5\n";
        let (busy, cores) = cpu(stat).expect("the line is there");
        assert!((busy / tick() - 200.0).abs() < 1e-9, "{busy}");
        assert!((cores - 2.0).abs() < 1e-9);
        assert_eq!(cpu("intr 5\n"), None);
    }

    #[test]
    fn memory_is_what_is_not_available() {
        assert_eq!(memory("MemTotal: 100 kB\nMemFree: 10 kB\nMemAvailable: 75 kB\n"), Some((25.0 * 1024.0, 102_400.0)));
        assert_eq!(memory("MemTotal: 100 kB\n"), None);
    }

    #[test]
    fn disks_without_those_in_memory() {
        let diskstats =
            "   7       0 loop0 1 2 3 4 5 6 7 8 9 10 11\n 254       0 vda 1 2 3 4 5 6 7 8 9 777 11\n 254 1 vda1 1\n";
        assert_eq!(disks(diskstats), [("vda".to_owned(), 777.0)]);
    }
}
