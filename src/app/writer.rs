//! The store's thread: commits in order, retries what can be retried, and answers for stored days.
//!
//! A commit that fails for a reason that can pass (a full or read-only disk, a lock) is tried again
//! unchanged until it goes through: nothing else commits meanwhile, so nothing more is acknowledged, the
//! queues before it fill up and the broker keeps the rest. What keeps it is told in `trouble`.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::batcher::IN_FLIGHT_MAX;
use super::kept::AllKept;
use crate::area::Registry;
use crate::clock::Mark;
use crate::pipeline::LoadedDays;
use crate::store::{Commit, Error, Store};
use crate::time::Day;

/// A commit that fails for a reason that can pass is tried again after this, twice as long each time, ...
const FIRST_WAIT: Duration = Duration::from_millis(50);
/// ... but at most this: readiness comes back soon after a disk does, and a full one is not worn out.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// Work for the store's thread, done in order.
pub(super) enum Job {
    /// Write this.
    Commit(Box<Commit>),
    /// Read these days of an area, by its place among the registries.
    Days { area: usize, days: Vec<Day>, reply: SyncSender<Result<LoadedDays, Error>> },
}

/// What became of a commit.
pub(super) struct Done {
    pub(super) result: Result<(), Error>,
    /// How long it took.
    pub(super) took: Duration,
}

/// Where a commit that has to wait says so.
pub(super) struct Trouble {
    /// The store's file, for people.
    pub(super) path: PathBuf,
    /// Why nothing commits now; `None` while all is well.
    pub(super) reason: watch::Sender<Option<String>>,
}

impl Trouble {
    fn begins(&self, e: &Error) {
        let told = e.told(&self.path);
        if self.reason.borrow().as_ref() != Some(&told) {
            tracing::error!(
                reason = told,
                "nothing is committed or acknowledged until this passes"
            );
            self.reason.send_replace(Some(told));
        }
    }

    fn ends(&self) {
        if self.reason.borrow().is_some() {
            tracing::info!("the store commits again");
            self.reason.send_replace(None);
        }
    }
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
        registries: Vec<Arc<Registry>>,
        (trouble, kept): (Trouble, Arc<AllKept>),
    ) -> std::io::Result<Self> {
        // One more job than commits: a question for days may stand beside them.
        let (jobs, work) = sync_channel(IN_FLIGHT_MAX + 1);
        let (report, done) = mpsc::channel(IN_FLIGHT_MAX + 1);
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || run(store, &registries, &work, (&report, &trouble, &kept)))?;
        Ok(Self { jobs, done, thread })
    }

    /// Hands a commit over. The caller keeps at most [`IN_FLIGHT_MAX`] unanswered, so it never waits.
    pub(super) fn commit(&self, commit: Commit) {
        // A gone thread shows in `done`, which then ends.
        let _ = self.jobs.send(Job::Commit(Box::new(commit)));
    }

    /// Reads stored days, after every commit handed over before; waits for both.
    pub(super) fn days(&self, area: usize, days: Vec<Day>) -> Result<LoadedDays, Error> {
        let (reply, answer) = sync_channel(1);
        let _ = self.jobs.send(Job::Days { area, days, reply });
        let gone = |_| Err(Error::Unknown("store thread any more".to_owned()));
        answer.recv().unwrap_or_else(gone)
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
    registries: &[Arc<Registry>],
    work: &Receiver<Job>,
    (report, trouble, kept): (&mpsc::Sender<Done>, &Trouble, &AllKept),
) {
    while let Ok(job) = work.recv() {
        match job {
            Job::Commit(commit) => {
                let begun = Mark::now();
                let result = commit_with_patience(store.as_mut(), &commit, trouble);
                let failed = result.is_err();
                kept.written(&commit);
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

fn commit_with_patience(
    store: &mut dyn Store,
    commit: &Commit,
    trouble: &Trouble,
) -> Result<(), Error> {
    let mut attempts = Attempts::default();
    loop {
        match attempts.attempt(store, commit) {
            Ok(()) => {
                trouble.ends();
                return Ok(());
            }
            Err(Refused::ForNow { error, wait }) => {
                trouble.begins(&error);
                std::thread::sleep(wait);
            }
            Err(Refused::ForGood(error)) => return Err(error),
        }
    }
}

/// The attempts to make one commit durable, which stays as it is.
#[derive(Debug)]
pub struct Attempts {
    wait: Duration,
}

impl Default for Attempts {
    fn default() -> Self {
        Self { wait: FIRST_WAIT }
    }
}

/// Why a commit is not durable.
#[derive(Debug)]
pub enum Refused {
    /// The reason can pass: the same commit is to be tried again after `wait`, and none before it.
    ForNow {
        /// What the store said.
        error: Error,
        /// How long to wait.
        wait: Duration,
    },
    /// Trying again cannot help: nothing is committed any more.
    ForGood(Error),
}

impl Attempts {
    /// Tries once.
    ///
    /// # Errors
    /// [`Refused`], which says whether to try again.
    pub fn attempt(&mut self, store: &mut dyn Store, commit: &Commit) -> Result<(), Refused> {
        match store.commit(commit) {
            Ok(()) => Ok(()),
            Err(error) if error.is_retryable() => {
                let wait = self.wait;
                self.wait = (wait * 2).min(LONGEST_WAIT);
                Err(Refused::ForNow { error, wait })
            }
            Err(error) => Err(Refused::ForGood(error)),
        }
    }
}
