//! What a part of the machine reads from disks and writes to them. How long a disk was busy for it no kernel counts.

use std::{collections::HashMap, fs, io::ErrorKind, path::Path};

use super::text;

/// Bytes by process; one that ends meanwhile is left out.
///
/// # Errors
/// One of them is another user's.
pub(super) fn of_processes(proc: &Path, ids: impl Iterator<Item = u32>) -> Result<HashMap<u32, f64>, String> {
    let mut bytes = HashMap::new();
    for id in ids {
        let path = proc.join(format!("{id}/io"));
        match fs::read_to_string(&path) {
            Ok(text) => {
                let moved = sum(&text, |line| line.strip_prefix("read_bytes: ").or(line.strip_prefix("write_bytes: ")));
                bytes.insert(id, moved);
            }
            Err(error) if error.kind() != ErrorKind::PermissionDenied => {}
            Err(error) => {
                return Err(format!("{} cannot be read: {error}; run the gate as the same user", path.display()));
            }
        }
    }
    Ok(bytes)
}

/// Bytes of a cgroup of version 2, on all disks.
pub(super) fn of_two(folder: &Path) -> Result<f64, String> {
    let counted = |word: &str| word.strip_prefix("rbytes=").or(word.strip_prefix("wbytes=")).map(str::to_owned);
    let text = text(&folder.join("io.stat"))?;
    Ok(text.split_whitespace().filter_map(counted).filter_map(|bytes| bytes.parse::<f64>().ok()).sum())
}

/// The same of version 1, with the cgroups below it.
pub(super) fn of_one(folder: &Path) -> Result<f64, String> {
    let text = text(&folder.join("blkio.throttle.io_service_bytes_recursive"))
        .or_else(|_| text(&folder.join("blkio.throttle.io_service_bytes")))?;
    let total = text.lines().find_map(|line| line.strip_prefix("Total ")?.trim().parse().ok());
    total.ok_or_else(|| format!("{} gives no total of bytes moved", folder.display()))
}

/// The sum of the numbers that are given of some lines.
fn sum(text: &str, counted: impl Fn(&str) -> Option<&str>) -> f64 {
    text.lines().filter_map(counted).filter_map(|bytes| bytes.trim().parse::<f64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_through_the_cache_alone_is_none_of_the_disk() {
        let proc = tempfile::tempdir().expect("a folder");
        fs::create_dir(proc.path().join("7")).expect("it can be made");
        let io = "rchar: 9000\nwchar: 9000\nsyscr: 1\nsyscw: 1\nread_bytes: 4096\nwrite_bytes: 8192\ncancelled_write_bytes: 1\n";
        fs::write(proc.path().join("7/io"), io).expect("it can be written");
        assert_eq!(of_processes(proc.path(), [7, 8].into_iter()), Ok(HashMap::from([(7, 12288.0)])));
    }

    #[test]
    fn a_cgroup_counts_all_its_disks() {
        let folder = tempfile::tempdir().expect("a folder");
        let why = of_two(folder.path()).expect_err("the controller is not there");
        assert!(why.contains("io.stat cannot be read"), "{why}");
        let two = "254:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=512 dios=1\n254:16 rbytes=1 wbytes=2\n";
        fs::write(folder.path().join("io.stat"), two).expect("it can be written");
        assert_eq!(of_two(folder.path()), Ok(12291.0));
        let one = "254:0 Read 4096\n254:0 Write 8192\n254:0 Total 12288\nTotal 12288\n";
        fs::write(folder.path().join("blkio.throttle.io_service_bytes"), "").expect("it can be written");
        assert!(of_one(folder.path()).is_err_and(|why| why.ends_with("gives no total of bytes moved")));
        fs::write(folder.path().join("blkio.throttle.io_service_bytes"), one).expect("it can be written");
        assert_eq!(of_one(folder.path()), Ok(12288.0));
    }
}
