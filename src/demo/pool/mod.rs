//! The pool of database connections: bounded, first come first served.

mod occupancy;

use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit};

use super::lock::lock;
use occupancy::Occupancy;

/// A pool of connections. A query takes one, holds it for its time and gives it back; when none is free it waits in line.
#[derive(Debug)]
pub(super) struct Pool {
    free: Semaphore,
    started: Instant,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    size: usize,
    waiting: usize,
    occupancy: Occupancy,
}

/// How full the pool is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PoolUse {
    pub(super) size: usize,
    pub(super) in_use: usize,
    /// Connections in use in the fullest quarter of the last second, on average.
    pub(super) fullest_quarter: f64,
    /// The most connections in use at one time within the last second.
    pub(super) peak: usize,
    pub(super) waiting: usize,
}

impl Pool {
    pub(super) fn new(size: usize) -> Self {
        let state = State { size, waiting: 0, occupancy: Occupancy::new() };
        Self { free: Semaphore::new(size), started: Instant::now(), state: Mutex::new(state) }
    }

    /// Runs a query of this length. The time is slept, not burnt: a database is another machine.
    pub(super) async fn query(&self, time: Duration) {
        let connection = self.connection().await;
        tokio::time::sleep(time).await;
        drop(connection);
    }

    /// Makes the pool larger or smaller. Connections in use beyond the new size are closed when they come back.
    pub(super) fn resize(&self, size: usize) {
        let mut state = self.lock();
        state.size = size;
        self.settle(&state);
    }

    pub(super) fn usage(&self) -> PoolUse {
        let (mut state, now) = (self.lock(), self.started.elapsed());
        PoolUse {
            size: state.size,
            in_use: state.occupancy.in_use(),
            fullest_quarter: state.occupancy.fullest_quarter(now),
            peak: state.occupancy.peak(now),
            waiting: state.waiting,
        }
    }

    async fn connection(&self) -> Connection<'_> {
        self.lock().waiting += 1;
        let in_line = InLine(self);
        let permit = self.free.acquire().await.expect("the pool is never closed");
        drop(in_line);
        self.lock().occupancy.taken(self.started.elapsed());
        Connection { pool: self, permit: Some(permit) }
    }

    /// Brings the number of connections to the pool's size, as far as those in use allow.
    fn settle(&self, state: &State) {
        let connections = self.free.available_permits() + state.occupancy.in_use();
        if connections < state.size {
            self.free.add_permits(state.size - connections);
        } else {
            self.free.forget_permits(connections - state.size);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

/// A place in the line; leaving it, served or not, is counted.
struct InLine<'a>(&'a Pool);

impl Drop for InLine<'_> {
    fn drop(&mut self) {
        self.0.lock().waiting -= 1;
    }
}

/// A connection in use; it goes back when the query ends or the user leaves.
struct Connection<'a> {
    pool: &'a Pool,
    permit: Option<SemaphorePermit<'a>>,
}

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        let mut state = self.pool.lock();
        state.occupancy.given_back(self.pool.started.elapsed());
        let Some(permit) = self.permit.take() else {
            return;
        };
        if self.pool.free.available_permits() + state.occupancy.in_use() >= state.size {
            permit.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::Pool;

    const QUERY: Duration = Duration::from_millis(100);

    #[tokio::test(start_paused = true)]
    async fn queries_beyond_the_pool_wait_in_line_in_order() {
        let pool = Arc::new(Pool::new(2));
        let begin = tokio::time::Instant::now();
        let mut tasks = Vec::new();
        for _ in 0..5 {
            let pool = Arc::clone(&pool);
            tasks.push(tokio::spawn(async move {
                pool.query(QUERY).await;
                begin.elapsed().as_millis() / 100
            }));
            tokio::task::yield_now().await;
        }
        let usage = pool.usage();
        assert_eq!((usage.size, usage.in_use, usage.peak, usage.waiting), (2, 2, 2, 3));
        let mut ends = Vec::new();
        for task in tasks {
            ends.push(task.await.expect("no panic"));
        }
        assert_eq!(ends, [1, 1, 2, 2, 3]);
        let usage = pool.usage();
        assert_eq!((usage.in_use, usage.waiting, usage.peak), (0, 0, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_user_who_leaves_gives_the_place_and_the_connection_back() {
        let pool = Pool::new(1);
        let left = tokio::time::timeout(Duration::from_millis(10), pool.query(QUERY)).await;
        assert!(left.is_err());
        assert_eq!((pool.usage().in_use, pool.free.available_permits()), (0, 1));
        let holder = pool.connection().await;
        let left = tokio::time::timeout(Duration::from_millis(10), pool.query(QUERY)).await;
        assert!(left.is_err());
        assert_eq!((pool.usage().in_use, pool.usage().waiting), (1, 0));
        drop(holder);
        assert_eq!(pool.free.available_permits(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pool_in_use_shrinks_and_grows() {
        let pool = Pool::new(3);
        let held = [pool.connection().await, pool.connection().await, pool.connection().await];
        pool.resize(1);
        drop(held);
        assert_eq!((pool.free.available_permits(), pool.usage().size), (1, 1));
        let held = pool.connection().await;
        pool.resize(4);
        assert_eq!(pool.free.available_permits(), 3);
        drop(held);
        assert_eq!(pool.free.available_permits(), 4);
    }
}
