//! The store's thread: commits in order, retries what can be retried, and answers for stored days.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::clock::Mark;
use crate::pipeline::LoadedDays;
use crate::store::{Commit, Error, Store};
use crate::time::Day;

/// Batches that may be on their way to the disk at once.
pub const IN_FLIGHT_MAX: usize = 4;
/// A commit that fails for a passing reason is tried again this often, waiting twice as long each time.
const TRIES: u32 = 8;
const FIRST_WAIT: Duration = Duration::from_millis(50);

/// Work for the store's thread, done in order.
pub(super) enum Job {
    /// Write this.
    Commit(Box<Commit>),
    /// Read these days of an area, by its place among the registries.
    Days { area: usize, days: Vec<Day>, reply: oneshot::Sender<Result<LoadedDays, Error>> },
}

/// What became of a commit.
pub(super) struct Done {
    pub(super) result: Result<(), Error>,
    /// How long it took.
    pub(super) took: Duration,
}

/// The way to the store's thread.
pub(super) struct Writer {
    jobs: SyncSender<Job>,
    pub(super) done: mpsc::Receiver<Done>,
    thread: JoinHandle<()>,
}

impl Writer {
    /// Starts the thread; `store` knows the `registries` already.
    pub(super) fn start(
        store: Box<dyn Store>,
        registries: Vec<std::sync::Arc<crate::area::Registry>>,
    ) -> std::io::Result<Self> {
        // One more job than commits: a question for days may stand beside them.
        let (jobs, work) = sync_channel(IN_FLIGHT_MAX + 1);
        let (report, done) = mpsc::channel(IN_FLIGHT_MAX + 1);
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || run(store, &registries, &work, &report))?;
        Ok(Self { jobs, done, thread })
    }

    /// Hands a commit over. The caller keeps at most [`IN_FLIGHT_MAX`] unanswered, so it never waits.
    pub(super) fn commit(&self, commit: Commit) {
        // A gone thread shows in `done`, which then ends.
        let _ = self.jobs.send(Job::Commit(Box::new(commit)));
    }

    /// Reads stored days, after every commit handed over before.
    pub(super) async fn days(&self, area: usize, days: Vec<Day>) -> Result<LoadedDays, Error> {
        let (reply, answer) = oneshot::channel();
        let _ = self.jobs.send(Job::Days { area, days, reply });
        answer.await.unwrap_or_else(|_| Err(Error::Unknown("store thread any more".to_owned())))
    }

    /// Ends the thread after what it has been given.
    pub(super) fn stop(self) {
        drop(self.jobs);
        if self.thread.join().is_err() {
            tracing::error!("the store's thread panicked");
        }
    }
}

fn run(
    mut store: Box<dyn Store>,
    registries: &[std::sync::Arc<crate::area::Registry>],
    work: &Receiver<Job>,
    report: &mpsc::Sender<Done>,
) {
    while let Ok(job) = work.recv() {
        match job {
            Job::Commit(commit) => {
                let begun = Mark::now();
                let result = commit_with_patience(store.as_mut(), &commit);
                let failed = result.is_err();
                let _ = report.blocking_send(Done { result, took: begun.elapsed() });
                if failed {
                    return; // nothing commits past a failed batch
                }
            }
            Job::Days { area, days, reply } => {
                let _ = reply.send(store.days(&registries[area], &days));
            }
        }
    }
}

fn commit_with_patience(store: &mut dyn Store, commit: &Commit) -> Result<(), Error> {
    let mut wait = FIRST_WAIT;
    for _ in 1..TRIES {
        match store.commit(commit) {
            Err(e) if e.is_retryable() => {
                tracing::warn!(error = %e, wait_ms = wait.as_millis(), "commit failed; again");
                std::thread::sleep(wait);
                wait *= 2;
            }
            other => return other,
        }
    }
    store.commit(commit)
}
