//! `stagegate report DIR`: renders a finished run again.

use std::path::Path;

use super::{DONE, USAGE, args::ReportArgs, input, output};
use crate::{
    publish::Folder,
    report::{
        LARGEST_MEASUREMENTS, LARGEST_VERDICT, MEASUREMENTS, Publishable, Recording, VERDICT, clean, documents,
        read_recording, read_verdict,
    },
};

/// Renders every report of the folder's verdict, byte for byte as the run did.
pub(super) fn run(args: &ReportArgs) -> u8 {
    match render_again(&args.folder) {
        Ok(line) => {
            output::print(&line);
            DONE
        }
        Err(sentence) => {
            output::complain(&format!("error: {sentence}"));
            USAGE
        }
    }
}

fn render_again(folder: &Path) -> Result<String, String> {
    let publishable = read(&folder.join(VERDICT))?;
    let folder = Folder::prepare(folder).map_err(|error| error.to_string())?;
    let mut names = Vec::new();
    let (recording, remark) = recording(folder.path());
    for document in documents(&publishable, recording.as_ref()).iter().filter(|document| document.name != VERDICT) {
        folder.write(&document.name, &document.text).map_err(|error| error.to_string())?;
        names.push(clean(&document.name).into_owned());
    }
    Ok(format!("rendered {} in {}\n{remark}", names.join(", "), clean(&folder.path().to_string_lossy())))
}

/// What was measured, for the page that draws it. Without it the page has its tables only, and a remark says so.
fn recording(folder: &Path) -> (Option<Recording<'static>>, String) {
    let read = || {
        let text = input::read(&folder.join(MEASUREMENTS), LARGEST_MEASUREMENTS).map_err(|cause| cause.to_string())?;
        if text.len() as u64 > LARGEST_MEASUREMENTS {
            return Err(format!("it is larger than {LARGEST_MEASUREMENTS} bytes"));
        }
        read_recording(&String::from_utf8_lossy(&text)).map_err(|cause| cause.to_string())
    };
    match read() {
        Ok(recording) => (Some(recording), String::new()),
        Err(cause) => {
            let cause = clean(&cause).into_owned();
            (None, format!("without pictures, because {MEASUREMENTS} cannot be used: {cause}\n"))
        }
    }
}

/// The verdict of a finished run; an error is one sentence.
pub(super) fn read(path: &Path) -> Result<Publishable, String> {
    let shown = path.to_string_lossy();
    let shown = clean(&shown);
    let bytes = input::read(path, LARGEST_VERDICT)
        .map_err(|cause| format!("{shown} cannot be read ({cause}); name the output directory of a finished run"))?;
    if bytes.len() as u64 > LARGEST_VERDICT {
        return Err(format!(
            "{shown} is larger than any verdict ({LARGEST_VERDICT} bytes) and is not read; name the output directory of \
             a finished run"
        ));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        format!("{shown} cannot be used: it is not UTF-8 text from byte {at} on; name the output directory of a finished run")
    })?;
    read_verdict(&text).map_err(|error| format!("{shown} cannot be used: {error}"))
}
