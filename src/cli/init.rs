//! `stagegate init`: a commented gates.yaml and a GitHub workflow to begin with.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::Path,
};

use super::{DONE, USAGE, args::InitArgs, output};

/// What is written: path and content, in which `STAGEGATE_VERSION` stands for the version of this binary.
const FILES: [(&str, &str); 2] = [
    ("gates.yaml", include_str!("init/gates.yaml")),
    (".github/workflows/stagegate.yml", include_str!("init/workflow.yml")),
];

/// What to do next.
const NEXT: &str = "next, on the demo app that is built in:
  stagegate check            what a run will do
  stagegate run --dry-run    one user through every scenario, no load
  stagegate run              the gate, in half a minute
then on yours: set STAGING_URL and STAGING_PASSWORD, and write its paths into gates.yaml
";

/// Writes what is not there yet, and says what to do next.
pub(super) fn run(args: &InitArgs) -> u8 {
    if args.from.is_some() {
        output::complain(
            "error: `init --from` is not there yet; run `stagegate init` and write the steps into the gates.yaml that it \
             makes",
        );
        return USAGE;
    }
    let mut code = DONE;
    for (path, text) in FILES {
        match write_new(Path::new(path), &text.replace("STAGEGATE_VERSION", env!("CARGO_PKG_VERSION"))) {
            Ok(()) => output::print(&format!("wrote {path}\n")),
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {
                output::print(&format!("{path} is there already, and stays as it is\n"));
            }
            Err(cause) => {
                output::complain(&format!(
                    "error: {path} cannot be written ({cause}); run it in a folder that you own"
                ));
                code = USAGE;
            }
        }
    }
    if code == DONE {
        output::print(NEXT);
    }
    code
}

/// Fails if the file exists, also when it was made a moment ago by another process.
fn write_new(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
}
