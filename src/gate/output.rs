//! What an app says that the gate started: kept in a file, masked and bounded, its last lines at hand.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, BufRead as _, BufReader, BufWriter, Read, Write as _},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use tokio::{sync::watch, time::timeout};

use crate::{
    config::{Secrets, hidden},
    units::text::shortened,
};

/// What is kept of a line, in bytes.
const LONGEST_LINE: u64 = 64 << 10;

/// What is kept in the file, in bytes: enough for an app that logs each request of a long run.
const LARGEST: u64 = 16 << 20;

/// The lines at hand, and how long each of them is at most, in characters.
const LAST_LINES: usize = 4;
const LONGEST_SHOWN: usize = 160;

/// So much of each is looked through before.
const LONGEST_HEARD: usize = 2_000;

/// An app that has ended may have left a process behind that holds its output open; it is not waited for.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// The output of a started app.
#[derive(Debug)]
pub(super) struct Output {
    heard: Arc<Mutex<Heard>>,
    /// Closed when the output has ended.
    end: watch::Receiver<()>,
}

#[derive(Debug, Default)]
struct Heard {
    last: VecDeque<String>,
    trouble: Option<String>,
}

impl Output {
    /// Keeps what comes `from` an app in a new file, or without one nothing but the last lines. A thread of its own reads, so
    /// that the app never waits for a gate that is busy.
    ///
    /// # Errors
    /// The file cannot be made, or there is no thread.
    pub(super) fn keep(
        from: impl Read + Send + 'static,
        path: Option<&Path>,
        secrets: Arc<Secrets>,
    ) -> io::Result<Self> {
        let file = path.map(File::create).transpose()?;
        let heard = Arc::new(Mutex::new(Heard::default()));
        let (ended, end) = watch::channel(());
        let shared = Arc::clone(&heard);
        thread::Builder::new().name("app output".to_owned()).spawn(move || {
            let kept = Kept { to: file.map(BufWriter::new), written: 0 };
            if let Err(error) = copy(BufReader::with_capacity(1 << 16, from), kept, &secrets, &shared) {
                lock(&shared).trouble = Some(error.to_string());
            }
            drop(ended);
        })?;
        Ok(Self { heard, end })
    }

    /// The last lines of an app that has ended, as one line; empty when it said nothing.
    pub(super) async fn last_words(&self) -> String {
        let mut end = self.end.clone();
        let _ = timeout(LAST_WORDS, end.changed()).await;
        let last = lock(&self.heard).last.clone();
        // Hidden before it is shortened: what is left of a secret that was cut is not found later.
        let shown: Vec<String> = last.iter().map(|line| shortened(&hidden(line), LONGEST_SHOWN).into_owned()).collect();
        shown.join(" / ")
    }

    /// Why the file does not hold all of it, if something stood in the way.
    pub(super) fn trouble(&self) -> Option<String> {
        lock(&self.heard).trouble.clone()
    }
}

fn lock(heard: &Mutex<Heard>) -> std::sync::MutexGuard<'_, Heard> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The file, which takes no more than [`LARGEST`].
struct Kept {
    /// `None` without a file, and when it is full.
    to: Option<BufWriter<File>>,
    written: u64,
}

impl Kept {
    fn add(&mut self, line: &str) -> io::Result<()> {
        let Some(to) = &mut self.to else { return Ok(()) };
        self.written += line.len() as u64 + 1;
        if self.written <= LARGEST {
            return writeln!(to, "{line}");
        }
        let size = LARGEST >> 20;
        writeln!(to, "[stagegate: cut here, after {size} MiB; the app said more]")?;
        to.flush()?;
        self.to = None;
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.as_mut().map_or(Ok(()), BufWriter::flush)
    }
}

/// Reads to the end, also when the file takes no more: an app must never wait for a reader.
fn copy(mut from: BufReader<impl Read>, mut kept: Kept, secrets: &Secrets, heard: &Mutex<Heard>) -> io::Result<()> {
    let mut outcome = Ok(());
    let mut line = Vec::new();
    loop {
        line.clear();
        match (&mut from).take(LONGEST_LINE).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
        let mut text = String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned();
        if line.len() as u64 == LONGEST_LINE && !line.ends_with(b"\n") {
            // Masking knows the first half of a secret by this sign.
            text.push('…');
            let _rest = from.skip_until(b'\n');
        }
        let masked = secrets.mask(&text);
        remember(&masked, heard);
        if outcome.is_ok() && kept.to.is_some() {
            outcome = kept.add(&hidden(&masked));
        }
        // As soon as the app pauses, the file holds all that it said.
        if outcome.is_ok() && from.buffer().is_empty() {
            outcome = kept.flush();
        }
    }
    outcome.and_then(|()| kept.flush())
}

fn remember(line: &str, heard: &Mutex<Heard>) {
    let line = line.trim();
    if line.is_empty() {
        return;
    }
    let last = &mut lock(heard).last;
    last.push_back(shortened(line, LONGEST_HEARD).into_owned());
    if last.len() > LAST_LINES {
        last.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Cursor};

    use super::*;

    async fn kept(text: Vec<u8>, secrets: Secrets) -> (String, String) {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let output = Output::keep(Cursor::new(text), Some(file.path()), Arc::new(secrets)).expect("it is kept");
        let mut end = output.end.clone();
        assert!(end.changed().await.is_err(), "it ends");
        assert_eq!(output.trouble(), None);
        (fs::read_to_string(file.path()).expect("it is there"), output.last_words().await)
    }

    #[tokio::test]
    async fn lines_are_kept_and_the_last_ones_are_at_hand() {
        let (file, last) = kept(b"one\n\ntwo\r\nthree\nfour\nfive".to_vec(), Secrets::default()).await;
        assert_eq!(file, "one\n\ntwo\nthree\nfour\nfive\n");
        assert_eq!(last, "two / three / four / five");
    }

    #[tokio::test]
    async fn secrets_are_masked_also_where_a_line_is_cut() {
        let secrets = Secrets::of([&"hunter2hunter2".to_owned()]);
        let long = "x".repeat(LONGEST_LINE as usize - 9);
        let text = format!("password hunter2hunter2\n{long}hunter2hunter2 and more\nend\n");
        let (file, last) = kept(text.into_bytes(), secrets).await;
        assert!(!file.contains("hunter2"), "the file holds none of it");
        assert!(last.starts_with("password *** / x") && last.ends_with("… / end"), "{last}");
        assert_eq!(file.lines().count(), 3);
    }

    #[tokio::test]
    async fn what_an_app_says_of_its_database_and_its_visitors_holds_no_secret() {
        let long = "x".repeat(LONGEST_SHOWN - 40);
        let text = format!("GET /reset?token=ab HTTP/1.1\n{long} no database at postgresql://shop:s3cret@db/shop\n");
        let (file, last) = kept(text.into_bytes(), Secrets::default()).await;
        assert!(file.starts_with("GET /reset?token=*** HTTP/1.1\n") && file.contains("//shop:***@db/shop"), "{file}");
        assert!(last.contains("token=***") && !last.contains("s3c"), "{last}");
    }

    #[tokio::test]
    async fn the_file_is_bounded_and_says_so() {
        let line = format!("{}\n", "y".repeat(999));
        let (file, last) =
            kept([line.repeat(20_000).as_str(), "last\n"].concat().into_bytes(), Secrets::default()).await;
        assert!(file.len() as u64 <= LARGEST + 100, "{}", file.len());
        assert!(file.ends_with("\n[stagegate: cut here, after 16 MiB; the app said more]\n"));
        assert!(last.ends_with("last"), "what comes after it is still heard");
    }
}
