//! `stagegate report DIR`: renders a finished run again.

use std::{fs::File, io::Read as _, path::Path};

use super::{DONE, USAGE, args::ReportArgs, output};
use crate::{
    publish::Folder,
    report::{LARGEST_VERDICT, Publishable, VERDICT, clean, documents, read_verdict},
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
    for document in documents(&publishable).iter().filter(|document| document.name != VERDICT) {
        folder.write(&document.name, &document.text).map_err(|error| error.to_string())?;
        names.push(clean(&document.name).into_owned());
    }
    Ok(format!("rendered {} in {}\n", names.join(", "), clean(&folder.path().to_string_lossy())))
}

fn read(path: &Path) -> Result<Publishable, String> {
    let shown = path.to_string_lossy();
    let shown = clean(&shown);
    let mut text = String::new();
    let file = File::open(path).and_then(|file| file.take(LARGEST_VERDICT + 1).read_to_string(&mut text));
    file.map_err(|cause| format!("{shown} cannot be read ({cause}); name the output directory of a finished run"))?;
    if text.len() as u64 > LARGEST_VERDICT {
        return Err(format!("{shown} is larger than any verdict ({LARGEST_VERDICT} bytes); it is not read"));
    }
    read_verdict(&text).map_err(|error| format!("{shown} cannot be used: {error}"))
}
