//! What goes wrong, and what ends a life of the daemon.

use std::time::Duration;

use lantian::http::Act;
use lantian::store::Store;
use tokio::sync::oneshot;

use super::disk::Fault;
use super::process::{Ended, Process};
use super::trace::Step;
use super::world::World;

const MINUTE_MS: u64 = 60_000;
/// How far the clock may go astray: behind less than what is tolerated of a station whose clock is fast, and
/// ahead by half a day.
const BEHIND_MS: i64 = -4 * 60_000;
const AHEAD_MS: i64 = 12 * 3_600_000;

impl World {
    pub(super) fn go_wrong(&mut self) {
        match self.dice.below(12) {
            0..=2 => {
                self.note(Step::Cut, 0_u64);
                self.cut();
            }
            3 => {
                self.note(Step::BrokerRestarts, 0_u64);
                self.cut();
                self.broker_up_at = self.now + self.up_to(10 * MINUTE_MS);
            }
            4 | 5 if self.process.is_some() && self.kill_in.is_none() => {
                self.kill_in = Some(u32::try_from(self.dice.below(40)).expect("small"));
            }
            6 => self.stop(),
            7 => {
                let times = if self.dice.chance(20) { 40 } else { 1 + self.dice.below(6) };
                self.note(Step::DiskRefuses, times);
                self.disk.fault = Some(Fault::Refuses(u32::try_from(times).expect("small")));
            }
            8 => {
                self.note(Step::WrittenButFailed, 0_u64);
                self.disk.fault = Some(Fault::WrittenButFailed);
            }
            9 => self.step_clock(),
            10 => self.confirm_clock(),
            11 => {
                // Nobody publishes; afterwards all at once.
                self.note(Step::Silence, 0_u64);
                self.publish_at = self.now + self.up_to(6 * 60 * MINUTE_MS);
            }
            _ => {}
        }
    }

    fn up_to(&mut self, ms: u64) -> Duration {
        Duration::from_millis(self.dice.below(ms))
    }

    fn step_clock(&mut self) {
        let far = if self.dice.chance(30) { AHEAD_MS } else { 20 * 60_000 };
        let span = u64::try_from(far - BEHIND_MS).expect("positive");
        self.clock_ms = BEHIND_MS + i64::try_from(self.dice.below(span)).expect("small");
        self.note(Step::ClockSteps, self.clock_ms / 1000);
    }

    /// A person believes the clock, whatever it says.
    fn confirm_clock(&mut self) {
        self.note(Step::ClockConfirmed, 0_u64);
        let moment = self.moment();
        let Some(process) = &mut self.process else { return };
        let jumped = process.core.health().clock_jumped_ms.is_some();
        let (reply, mut answer) = oneshot::channel();
        let act = Act::ConfirmClock { person: "张三".to_owned(), reply };
        let acted =
            process.with_days(&mut self.disk, moment, |core, load| core.act(act, moment, load));
        acted.expect("needs no days");
        let told = answer.try_recv();
        assert_eq!(told.is_err(), jumped, "an answer before it is durable: {told:?}");
        let stored = self.disk.stored.sequence();
        self.answers.extend(jumped.then_some((stored, answer)));
    }

    /// An answer tells of what is durable, and not of what will be.
    pub(super) fn hear(&mut self) {
        let stored = self.disk.stored.sequence();
        self.answers.retain_mut(|(before, answer)| match answer.try_recv() {
            Err(oneshot::error::TryRecvError::Empty) => true,
            Err(oneshot::error::TryRecvError::Closed) => panic!("an answer was dropped"),
            Ok(told) => {
                assert_eq!(told, Ok(()));
                assert!(*before < stored, "an answer before its batch: {stored} are stored");
                false
            }
        });
    }

    /// The process is gone, whatever it was about; what is on the wire arrives in part.
    pub(super) fn kill(&mut self, how: Step) {
        self.note(how, self.disk.stored.sequence());
        self.kill_in = None;
        self.arrive_in_part();
        self.end();
        let hours = if self.dice.chance(30) { 3 } else { 0 };
        self.start_at = self.now + self.up_to(hours * 60 * MINUTE_MS + 20_000);
    }

    fn end(&mut self) {
        self.process = None;
        self.disk.close();
        self.answers.clear();
        self.leave_room();
        self.shown = None;
        self.part(Duration::ZERO);
    }

    /// An orderly stop: nothing more is taken; what has come is committed and acknowledged.
    pub(super) fn stop(&mut self) {
        if self.process.is_none() {
            return;
        }
        self.note(Step::Stop, self.disk.stored.sequence());
        match self.drain() {
            Ok(()) => {
                self.acknowledge_all();
                self.remember();
                self.end();
                self.start_at = self.now + self.up_to(60_000);
            }
            Err(Ended(_)) => self.kill(Step::EndedByItself),
        }
    }

    /// Commits everything that the daemon has taken.
    fn drain(&mut self) -> Result<(), Ended> {
        loop {
            let moment = self.moment();
            let Some(process) = &mut self.process else { return Ok(()) };
            process.ledger.close();
            process.hand_over();
            if process.core.is_idle() && process.channel.is_empty() {
                return Ok(());
            }
            let ending = process.channel.is_empty();
            let turned = process.turn(&mut self.disk, moment, (64, ending))?;
            self.look(&turned);
            let Some(process) = &mut self.process else { return Ok(()) };
            self.now = self.now.max(process.queue.again_at);
            process.queue.work(&mut self.disk, self.now)?;
            self.now += Duration::from_millis(1);
        }
    }

    fn acknowledge_all(&mut self) {
        while self.process.as_ref().is_some_and(|p| p.ledger.unacked() > 0) {
            self.acknowledge();
        }
        while self.is_owed() {
            self.acknowledged();
        }
    }

    /// Everything works again, and the clock is right.
    pub(super) fn heal(&mut self) {
        self.note(Step::Heal, 0_u64);
        (self.publish_at, self.broker_up_at) = (self.now, self.now);
        (self.clock_ms, self.kill_in, self.disk.fault) = (0, None, None);
        self.start_at = self.start_at.min(self.now);
    }

    /// Holds the live state against one rebuilt from the tables; the daemon must be idle.
    pub(super) fn check_rebuild(&mut self) {
        let Some(process) = &mut self.process else { return };
        let live = process.core.pipeline(0).expect("the area");
        assert!(process.core.is_idle(), "a batch is open");
        let tables = self.disk.tables(live.registry()).expect("readable");
        let again = Process::rebuild(&self.setup, &tables);
        assert!(again.digest() == live.digest(), "rebuilt, another state");
        assert_eq!(again.next_deadline(), live.next_deadline());
        self.tally.rebuilds += 1;
    }
}
