//! `stagegate demo`: serves the built-in staging app.

use std::future::Future;
use std::io::{self, Write as _};
use std::num::NonZeroUsize;

use clap::Args;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use super::args::examples;
use crate::demo::{self, Delay, ErrorAnswer, Faults, NoRecovery, Options, Refusal, Reset, Share, SlowBody, Stall};

/// Ended by a signal, or because the process that started it went away.
const ENDED: u8 = 0;

/// The port is taken, or the system gives no runtime: the contract's code for usage.
const UNUSABLE: u8 = 2;

/// Serves the built-in staging app on 127.0.0.1.
///
/// A fault switch may be given more than once where a list makes sense, or with commas; each is also an environment
/// variable, and can be changed while the app runs: POST /demo/faults. What the app did: GET /demo/ledger.
#[derive(Args, Clone, Debug)]
#[command(after_help = examples::DEMO)]
pub struct DemoArgs {
    /// The port; 0 takes a free one, which the first line of the output names.
    #[arg(long, env = "STAGEGATE_DEMO_PORT", default_value_t = 8080)]
    pub port: u16,

    /// What /version says.
    #[arg(long, env = "STAGEGATE_COMMIT", default_value = "dev")]
    pub commit: String,

    /// The password of the users user1, user2, and so on.
    #[arg(long, env = "STAGEGATE_DEMO_PASSWORD", default_value = "demo", hide_env_values = true)]
    pub password: String,

    /// The connections of the database pool.
    #[arg(long, env = "STAGEGATE_DEMO_POOL", default_value = "100")]
    pub pool: NonZeroUsize,

    /// Where tokens and the places of faults come from.
    #[arg(long, env = "STAGEGATE_DEMO_SEED", default_value_t = 1)]
    pub seed: u64,

    /// Ends when standard input does, so that the app does not outlive the process that holds the pipe.
    #[arg(long, hide = true)]
    pub until_stdin_closes: bool,

    /// The fault switches.
    #[command(flatten)]
    pub faults: FaultArgs,
}

/// The fault switches of `stagegate demo`.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Faults")]
pub struct FaultArgs {
    /// Adds time to a path, a prefix or all: /path=20ms, /api/*=20ms@10%, *=5ms; those that match add up.
    #[arg(long, value_name = "PATH=TIME[@SHARE]", env = "STAGEGATE_DEMO_DELAY", value_delimiter = ',')]
    pub delay: Vec<Delay>,

    /// Answers with an error status: /path=500@5%.
    #[arg(long, value_name = "PATH=STATUS[@SHARE]", env = "STAGEGATE_DEMO_ERRORS", value_delimiter = ',')]
    pub errors: Vec<ErrorAnswer>,

    /// Freezes the whole app at the end of every period, counted from the first request: 1s/5s.
    #[arg(long, value_name = "TIME/PERIOD", env = "STAGEGATE_DEMO_STALL")]
    pub stall: Option<Stall>,

    /// Resets the connection in the place of an answer: /path@5%.
    #[arg(long, value_name = "PATH[@SHARE]", env = "STAGEGATE_DEMO_RESET", value_delimiter = ',')]
    pub reset: Vec<Reset>,

    /// Closes the listener and all connections after a number of requests, for good or for a time: 100, 100/2s.
    #[arg(long, value_name = "REQUESTS[/TIME]", env = "STAGEGATE_DEMO_REFUSE")]
    pub refuse: Option<Refusal>,

    /// Lets the body dribble over a time: /path=2s@10%.
    #[arg(long, value_name = "PATH=TIME[@SHARE]", env = "STAGEGATE_DEMO_SLOW_BODY", value_delimiter = ',')]
    pub slow_body: Vec<SlowBody>,

    /// Answers good logins with 200 and the login page.
    #[arg(long, value_name = "SHARE", env = "STAGEGATE_DEMO_BROKEN_LOGIN", num_args = 0..=1, default_missing_value = "100%")]
    pub broken_login: Option<Share>,

    /// Acknowledges saved details and does not store them.
    #[arg(long, value_name = "SHARE", env = "STAGEGATE_DEMO_LOSE_WRITES", num_args = 0..=1, default_missing_value = "100%")]
    pub lose_writes: Option<Share>,

    /// Stores saved details wrong.
    #[arg(long, value_name = "SHARE", env = "STAGEGATE_DEMO_CORRUPT_WRITES", num_args = 0..=1, default_missing_value = "100%")]
    pub corrupt_writes: Option<Share>,

    /// Stays slow, or failing, for good once more requests than this were in the app at one time: 50, 50=500ms, 50=503.
    #[arg(long, value_name = "REQUESTS[=TIME|=STATUS]", env = "STAGEGATE_DEMO_NO_RECOVERY")]
    pub no_recovery: Option<NoRecovery>,
}

/// Serves until SIGINT, SIGTERM or, when asked to, the end of standard input; gives the exit code.
pub fn run(args: DemoArgs) -> u8 {
    match serve(args) {
        Ok(()) => ENDED,
        Err(sentence) => {
            eprintln!("error: {sentence}");
            UNUSABLE
        }
    }
}

fn serve(args: DemoArgs) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("the system gives no event loop ({error}); raise the limit of open files"))?;
    runtime.block_on(async {
        let stdin = args.until_stdin_closes.then(stdin_closed);
        // Before the first line goes out, so that a signal right after it finds its handler.
        let stop = stopped(stdin).map_err(|error| format!("signals cannot be watched ({error})"))?;
        let listener = demo::bind(args.port).map_err(|error| taken(args.port, &error))?;
        announce(&listener).map_err(|error| format!("the port cannot be announced ({error})"))?;
        demo::serve(listener, options(args), stop).await;
        Ok(())
    })
}

fn taken(port: u16, error: &io::Error) -> String {
    format!(
        "port {port} of 127.0.0.1 cannot be taken: {error}; stop the program that has it, or choose another port with \
         --port (0 takes a free one)"
    )
}

/// The first line of the output; the gate reads the port from it.
fn announce(listener: &TcpListener) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "listening on http://{}", listener.local_addr()?)?;
    out.flush()
}

/// Completes at SIGINT, SIGTERM or the end of standard input.
fn stopped(stdin: Option<oneshot::Receiver<()>>) -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let stdin_closed = async {
        match stdin {
            Some(closed) => drop(closed.await),
            None => std::future::pending().await,
        }
    };
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            () = stdin_closed => {}
        }
    })
}

/// Reads standard input to its end on a thread of its own: a read cannot be taken back, so the thread is left to the end of
/// the process.
fn stdin_closed() -> oneshot::Receiver<()> {
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        // An input that cannot be read is as closed as one that ended; the receiver may have gone by then.
        let _ended = io::copy(&mut io::stdin().lock(), &mut io::sink());
        let _gone = sender.send(());
    });
    receiver
}

fn options(args: DemoArgs) -> Options {
    let faults = args.faults;
    Options {
        commit: args.commit,
        password: args.password,
        pool: args.pool.get(),
        seed: args.seed,
        faults: Faults {
            delay: faults.delay,
            errors: faults.errors,
            stall: faults.stall,
            reset: faults.reset,
            refuse: faults.refuse,
            slow_body: faults.slow_body,
            broken_login: faults.broken_login.unwrap_or_default(),
            lose_writes: faults.lose_writes.unwrap_or_default(),
            corrupt_writes: faults.corrupt_writes.unwrap_or_default(),
            no_recovery: faults.no_recovery,
            pool: None,
        },
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::{DemoArgs, options};
    use crate::demo::{Faults, Options, Share};

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        demo: DemoArgs,
    }

    fn read(line: &[&str]) -> Result<Options, clap::Error> {
        Line::try_parse_from([&["demo"], line].concat()).map(|line| options(line.demo))
    }

    #[test]
    fn without_switches_it_is_the_default_app() {
        let read = read(&[]).expect("no switch is needed");
        assert_eq!((read.password.as_str(), read.pool, read.faults), ("demo", 100, Faults::default()));
    }

    #[test]
    fn every_switch_reaches_the_app() {
        let line = [
            "--delay=/a=20ms",
            "--delay",
            "/b=1s@10%,*=5ms",
            "--errors=/a=500@5%",
            "--stall=1s/5s",
            "--reset=/c@1%",
            "--refuse=100/2s",
            "--slow-body=/d=2s",
            "--broken-login",
            "--lose-writes=5%",
            "--corrupt-writes",
            "7%",
            "--no-recovery=50=503",
            "--pool=7",
            "--commit=abc",
            "--password=x",
        ];
        let read = read(&line).expect("the grammar's own examples");
        let json = serde_json::json!({
            "delay": ["/a=20ms", "/b=1s@10%", "*=5ms"], "errors": ["/a=500@5%"], "stall": "1s/5s", "reset": ["/c@1%"],
            "refuse": "100/2s", "slow_body": ["/d=2s"], "broken_login": "100%", "lose_writes": "5%",
            "corrupt_writes": "7%", "no_recovery": "50=503", "pool": null,
        });
        assert_eq!(serde_json::to_value(&read.faults).expect("JSON"), json);
        assert_eq!(read.faults.broken_login, Share::ALL);
        assert_eq!((read.pool, read.commit.as_str(), read.password.as_str()), (7, "abc", "x"));
    }

    #[test]
    fn a_switch_that_cannot_be_read_says_what_is_wanted() {
        let error = read(&["--delay", "/a"]).expect_err("no time").to_string();
        assert!(error.contains("`/a` is not a delay") && error.contains("/api/*=20ms@10%"), "{error}");
        assert!(read(&["--pool", "0"]).is_err());
    }
}
