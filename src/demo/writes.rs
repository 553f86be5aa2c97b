//! The details that users save, and the proof that none was lost or corrupted.

use serde::Serialize;

/// The most details kept: room for an hour at 500 a second, about 40 MB. Beyond it the app says 507 and acknowledges nothing.
const MOST_DETAILS: usize = 1_800_000;

/// One stored detail with a seal over what was acknowledged.
#[derive(Clone, Copy, Debug)]
struct Detail {
    project: u32,
    volume: f64,
    seal: u32,
}

/// What becomes of a write: what a healthy app does, or one of its faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Stored,
    Lost,
    Corrupt,
}

/// The table of details. An id is a place in it; a lost detail leaves its place empty.
#[derive(Debug, Default)]
pub(super) struct Details {
    places: Vec<Option<Detail>>,
}

/// What `/api/integrity` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Integrity {
    /// Acknowledged and not there.
    pub(super) lost: usize,
    /// There, but not what was acknowledged.
    pub(super) corrupt: usize,
    /// There, corrupt ones included.
    pub(super) stored: usize,
}

impl Details {
    /// Saves a detail and gives its id, from 1; absent when the table is full.
    pub(super) fn save(&mut self, project: u32, volume: f64, fate: Fate) -> Option<u64> {
        if self.places.len() == MOST_DETAILS {
            return None;
        }
        let id = self.places.len() as u64 + 1;
        let seal = seal(id, project, volume);
        let kept = if fate == Fate::Corrupt { -volume - 1.0 } else { volume };
        self.places.push((fate != Fate::Lost).then_some(Detail { project, volume: kept, seal }));
        Some(id)
    }

    /// The volume of a stored detail of a project.
    pub(super) fn volume(&self, project: u32, id: u64) -> Option<f64> {
        let place = usize::try_from(id.checked_sub(1)?).ok()?;
        self.places.get(place).copied().flatten().filter(|detail| detail.project == project).map(|detail| detail.volume)
    }

    /// Verifies every detail.
    pub(super) fn integrity(&self) -> Integrity {
        let mut integrity = Integrity { lost: 0, corrupt: 0, stored: 0 };
        for (place, detail) in self.places.iter().enumerate() {
            match detail {
                None => integrity.lost += 1,
                Some(detail) => {
                    integrity.stored += 1;
                    let true_seal = seal(place as u64 + 1, detail.project, detail.volume);
                    integrity.corrupt += usize::from(detail.seal != true_seal);
                }
            }
        }
        integrity
    }

    pub(super) fn acknowledged(&self) -> usize {
        self.places.len()
    }
}

/// FNV-1a over what was acknowledged: cheap, and any changed bit changes it.
fn seal(id: u64, project: u32, volume: f64) -> u32 {
    let bytes = id.to_le_bytes().into_iter().chain(project.to_le_bytes()).chain(volume.to_bits().to_le_bytes());
    bytes.fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::{Details, Fate, Integrity};

    #[test]
    fn lost_and_corrupt_writes_are_found() {
        let mut details = Details::default();
        let fates = [Fate::Stored, Fate::Lost, Fate::Corrupt, Fate::Stored];
        let ids: Vec<_> = fates.into_iter().map(|fate| details.save(162, 40.5, fate)).collect();
        assert_eq!(ids, [Some(1), Some(2), Some(3), Some(4)]);
        assert_eq!(details.integrity(), Integrity { lost: 1, corrupt: 1, stored: 3 });
        assert_eq!((details.volume(162, 1), details.volume(162, 2), details.volume(160, 1)), (Some(40.5), None, None));
        assert_eq!((details.volume(162, 0), details.volume(162, 5)), (None, None));
    }
}
