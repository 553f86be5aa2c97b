//! Room on a disk.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{task::spawn_blocking, time::timeout};

/// A network file system that hangs must not hang the gate.
const PATIENCE: Duration = Duration::from_secs(5);

/// Looks whether the file system that holds `path`, or its nearest existing parent, has at least `free` bytes for
/// ordinary users.
pub(super) async fn look(path: &str, free: u64) -> Result<String, String> {
    let place = nearest_existing(Path::new(path));
    let asked = place.clone();
    let answer = timeout(PATIENCE, spawn_blocking(move || rustix::fs::statvfs(&asked))).await;
    let place = place.display();
    let stat = match answer {
        Ok(Ok(Ok(stat))) => stat,
        Ok(Ok(Err(error))) => return Err(format!("{place}: {error}; correct the `path` of this item")),
        Ok(Err(_)) | Err(_) => {
            return Err(format!("{place} did not answer within {PATIENCE:?}; is its file system reachable?"));
        }
    };
    let there = stat.f_bavail.saturating_mul(stat.f_frsize);
    if there >= free {
        Ok(format!("{} free at {place}, at least {} expected", bytes(there), bytes(free)))
    } else {
        Err(format!(
            "{} free at {place}, at least {} expected; make room or choose another `path`",
            bytes(there),
            bytes(free)
        ))
    }
}

/// The results directory often does not exist yet.
fn nearest_existing(path: &Path) -> PathBuf {
    let existing = path.ancestors().find(|ancestor| ancestor.exists());
    existing.filter(|ancestor| !ancestor.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}

fn bytes(number: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let unit = UNITS.iter().find(|(size, _)| number >= *size);
    unit.map_or_else(|| format!("{number} B"), |(size, name)| format!("{:.1} {name}", number as f64 / *size as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn room_is_compared_with_what_is_asked_for() {
        let held = look("no/such/folder/yet", 1).await.expect("there is a byte");
        assert!(held.ends_with("free at ., at least 1 B expected"), "{held}");
        let missed = look("/", u64::MAX).await.expect_err("no disk is that large");
        assert!(missed.contains("make room"), "{missed}");
    }

    #[test]
    fn bytes_are_readable() {
        assert_eq!(bytes(1 << 30), "1.0 GiB");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(1023), "1023 B");
    }
}
