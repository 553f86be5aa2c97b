//! The output directory.

use std::{
    fs, io,
    path::{Component, Path, PathBuf},
    process,
};

use super::PublishError;

/// An output directory that exists and can be written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Makes the directory where it is missing, and proves that files can be written into it.
    ///
    /// # Errors
    /// When it cannot be made or written to.
    pub fn prepare(path: &Path) -> Result<Self, PublishError> {
        let proof = path.join(temporary("proof"));
        let proven =
            fs::create_dir_all(path).and_then(|()| fs::write(&proof, [])).and_then(|()| fs::remove_file(&proof));
        proven.map_err(|cause| PublishError::Folder { path: path.to_owned(), cause })?;
        Ok(Self { path: path.to_owned() })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of a file in it.
    ///
    /// # Errors
    /// When the name leads out of the directory.
    pub fn file(&self, name: &str) -> Result<PathBuf, PublishError> {
        let inside = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
        let named = Path::new(name).file_name().is_some() && !name.ends_with('/');
        if inside && named { Ok(self.path.join(name)) } else { Err(PublishError::Name { name: name.to_owned() }) }
    }

    /// Writes a file under a temporary name beside it and renames it, so that no reader ever sees half of it.
    ///
    /// # Errors
    /// When the name leads out of the directory, or the file cannot be written; an older file of that name stays then.
    pub fn write(&self, name: &str, text: &str) -> Result<(), PublishError> {
        let path = self.file(name)?;
        let parent = path.parent().unwrap_or(&self.path);
        let beside = parent.join(temporary(&path.file_name().unwrap_or_default().to_string_lossy()));
        let written = fs::create_dir_all(parent)
            .and_then(|()| fs::write(&beside, text))
            .and_then(|()| fs::rename(&beside, &path));
        written.map_err(|cause| {
            // The file that was begun may not exist; there is nothing more to do about it either way.
            let _gone = fs::remove_file(&beside);
            PublishError::File { path, cause }
        })
    }

    /// Removes a file of an earlier run, so that a run that never ends leaves no verdict that is not its own.
    ///
    /// # Errors
    /// When it is there and cannot be removed.
    pub fn clear(&self, name: &str) -> Result<(), PublishError> {
        let path = self.file(name)?;
        match fs::remove_file(&path) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(PublishError::File { path, cause }),
            _ => Ok(()),
        }
    }
}

/// A name that no report has, and no other process uses.
fn temporary(name: &str) -> String {
    format!(".{name}.{}.tmp", process::id())
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn folder() -> (TempDir, Folder) {
        let outside = TempDir::new().expect("a temporary folder can be made");
        let folder = Folder::prepare(&outside.path().join("deep/out")).expect("it can be made");
        (outside, folder)
    }

    fn names(folder: &Folder) -> Vec<String> {
        let entries = fs::read_dir(folder.path()).expect("it is there");
        let mut names: Vec<_> =
            entries.map(|entry| entry.expect("it can be read").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn is_made_and_left_empty() {
        let (_outside, folder) = folder();
        assert_eq!(names(&folder), Vec::<String>::new());
    }

    #[test]
    fn writes_a_file_in_the_place_of_an_older_one_and_leaves_nothing_else() {
        let (_outside, folder) = folder();
        folder.write("verdict.json", "old").expect("it can be written");
        folder.write("verdict.json", "new").expect("it can be written again");
        folder.write("deeper/junit.xml", "<x/>").expect("a folder inside is made");
        assert_eq!(fs::read_to_string(folder.path().join("verdict.json")).expect("it is there"), "new");
        assert_eq!(names(&folder), ["deeper", "verdict.json"]);
        folder.clear("verdict.json").expect("it can be removed");
        folder.clear("verdict.json").expect("what is not there need not be removed");
        assert_eq!(names(&folder), ["deeper"]);
    }

    #[test]
    fn a_file_that_cannot_be_written_leaves_nothing_behind() {
        let (_outside, folder) = folder();
        fs::create_dir(folder.path().join("junit.xml")).expect("it can be made");
        let error = folder.write("junit.xml", "<x/>").expect_err("a directory stands in its place").to_string();
        assert!(error.contains("junit.xml cannot be written"), "{error}");
        assert_eq!(names(&folder), ["junit.xml"]);
    }

    #[test]
    fn nothing_is_written_outside_of_it() {
        let (outside, folder) = folder();
        for name in ["../junit.xml", "/tmp/junit.xml", "a/../../junit.xml", "", ".", "..", "a/"] {
            let error = folder.write(name, "").expect_err(name).to_string();
            assert_eq!(
                error,
                format!("`{name}` is not a name inside the output directory; change it under `publish` in gates.yaml")
            );
        }
        assert!(!outside.path().join("deep/junit.xml").exists());
    }

    #[test]
    fn a_file_in_its_place_is_a_sentence() {
        let outside = TempDir::new().expect("a temporary folder can be made");
        let path = outside.path().join("out");
        fs::write(&path, "a file").expect("it can be written");
        let error = Folder::prepare(&path).expect_err("it is a file").to_string();
        assert!(error.starts_with("the output directory ") && error.contains("choose another with --out"), "{error}");
    }
}
