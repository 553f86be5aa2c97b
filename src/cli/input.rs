//! Files that the user names: bounded, and never waited for.

use std::{
    fs::{self, File, Metadata},
    io::{self, Read as _},
    path::Path,
};

/// Reads at most one byte more than `most`, so that a huge file is refused rather than kept in memory.
///
/// # Errors
/// When it cannot be opened or read, or is no regular file: a named pipe that nobody writes to would be waited for, and
/// a device need not end.
pub(super) fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(io::Error::other(kind(&metadata)));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What stands where a file should.
fn kind(metadata: &Metadata) -> &'static str {
    if metadata.is_dir() { "it is a directory" } else { "it is a pipe, a socket or a device, not a regular file" }
}
