//! The stagegate binary.

fn main() -> std::process::ExitCode {
    stagegate::cli::main()
}
