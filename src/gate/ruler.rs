//! The ruler: how fast this machine is at the moment, by a fixed piece of work.
//!
//! Runs are compared across days and machines of one class, and a shared runner may be slower today than it was. The
//! ruler is read while no load is sent: before the first phase and after each. It never corrects a number; it only tells
//! whether a comparison that would fail says something about the app (docs/decisions.md section 4). It speaks of the
//! machine of the gate, not of a remote target's.

use std::{
    hint::black_box,
    io::{self, Read as _, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    time::{Duration, Instant},
};

use tokio::task;

use super::Stop;
use crate::judge::Interruption;

/// How long a reading takes.
const LENGTH: Duration = Duration::from_secs(1);

/// Numbers that are mixed in one round: about a millisecond of work.
const NUMBERS: u64 = 400_000;

/// Exchanges over loopback in one round.
const EXCHANGES: usize = 20;

/// Bytes of one exchange: about a small request.
const BYTES: usize = 512;

/// Reads the ruler: the median time of one round of work, in seconds; larger is slower. `None` where this machine has no
/// socket for it.
pub(super) async fn read(stop: &Stop) -> Result<Option<f64>, Interruption> {
    let reading = task::spawn_blocking(|| measure(LENGTH, NUMBERS));
    let reading = stop.or(reading).await?;
    Ok(reading.ok().and_then(Result::ok))
}

fn measure(length: Duration, numbers: u64) -> io::Result<f64> {
    let mut wire = Wire::new()?;
    let begun = Instant::now();
    let mut rounds = Vec::new();
    while rounds.is_empty() || begun.elapsed() < length {
        let started = Instant::now();
        black_box(mix(black_box(numbers)));
        for _ in 0..EXCHANGES {
            wire.exchange()?;
        }
        rounds.push(started.elapsed());
    }
    rounds.sort_unstable();
    Ok(rounds[rounds.len() / 2].as_secs_f64())
}

/// Mixes so many numbers into one; the work of a processor and nothing else (xorshift, Marsaglia 2003).
fn mix(numbers: u64) -> u64 {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for number in 0..numbers {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state = state.wrapping_add(number);
    }
    state
}

/// Both ends of a connection on loopback.
struct Wire {
    near: TcpStream,
    far: TcpStream,
}

impl Wire {
    fn new() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let near = TcpStream::connect(listener.local_addr()?)?;
        let (far, _) = listener.accept()?;
        for end in [&near, &far] {
            end.set_nodelay(true)?;
            end.set_read_timeout(Some(LENGTH))?;
        }
        Ok(Self { near, far })
    }

    /// There and back. A message is smaller than a socket's buffer, so that one thread can write and then read it.
    fn exchange(&mut self) -> io::Result<()> {
        let mut message = [7; BYTES];
        self.near.write_all(&message)?;
        self.far.read_exact(&mut message)?;
        self.far.write_all(&message)?;
        self.near.read_exact(&mut message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_work_reads_longer() {
        let read = |numbers| measure(Duration::from_millis(100), numbers).expect("there is a loopback");
        let (short, long) = (read(NUMBERS), read(NUMBERS * 20));
        assert!(short > 0.0 && long > 5.0 * short, "{short} and {long}");
    }

    #[tokio::test]
    async fn a_stop_ends_the_reading() {
        let (switch, stop) = Stop::new();
        switch.stop(Interruption::Interrupt);
        assert_eq!(read(&stop).await, Err(Interruption::Interrupt));
    }
}
