//! Everything around the daemon under one virtual time: publishers, broker, network, disk, clock; what goes
//! wrong with each; and what must hold at every step.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use lantian::app::Moment;
use lantian::ingest::{Delivery, Receipt, Taken};
use lantian::pipeline::View;
use lantian::store::Error;
use lantian::time::Instant;
use tokio::sync::oneshot;

use super::broker::{Broker, Letter, Packet};
use super::disk::Disk;
use super::plan::{Plan, Post};
use super::process::{Ended, Process, Setup, Turn};
use super::room::Room;
use super::tally::Tally;
use super::trace::{Step, Trace};
use crate::month::Dice;

pub(super) struct World {
    pub(super) dice: Dice,
    pub(super) plan: Plan,
    pub(super) setup: Setup,
    pub(super) trace: Trace,
    /// Since the beginning of the world; never goes back.
    pub(super) now: Duration,
    /// The wall clock's error, in milliseconds.
    pub(super) clock_ms: i64,
    letters: Vec<Post>,
    /// Not yet published, by time; the last comes first.
    schedule: Vec<(Duration, Letter)>,
    /// Publishers are cut off, or the broker is down, until then.
    pub(super) publish_at: Duration,
    broker: Broker,
    pub(super) broker_up_at: Duration,
    to_daemon: VecDeque<Packet>,
    to_broker: VecDeque<u16>,
    /// What the connection that stands has brought, by packet id.
    brought: BTreeMap<u16, Letter>,
    /// For which a publisher has its acknowledgement.
    pub(super) accepted: Vec<Letter>,
    pub(super) disk: Disk,
    pub(super) process: Option<Process>,
    pub(super) start_at: Duration,
    /// Steps until the process is killed.
    pub(super) kill_in: Option<u32>,
    /// Digests of the live state, by the batch after which they were taken.
    digests: BTreeMap<u64, [u8; 32]>,
    pub(super) tally: Tally,
    /// Of persons who acted, each with the batch that was stored then: none before its own is durable.
    pub(super) answers: Vec<(u64, oneshot::Receiver<Result<(), String>>)>,
    pub(super) room: Room,
    /// What people see.
    pub(super) shown: Option<Arc<View>>,
}

impl World {
    pub(super) fn new(plan: Plan, dice: Dice, disk: Disk, posts: Vec<(Duration, Post)>) -> Self {
        let (mut letters, mut schedule) = (Vec::new(), Vec::new());
        for (at, post) in posts {
            schedule.push((at, letters.len()));
            letters.push(post);
        }
        schedule.sort_by_key(|(at, letter)| std::cmp::Reverse((*at, *letter)));
        Self {
            dice,
            setup: plan.setup(),
            trace: Trace::new(plan.seed),
            now: Duration::ZERO,
            clock_ms: 0,
            letters,
            schedule,
            publish_at: Duration::ZERO,
            broker: Broker::new(plan.broker_window),
            broker_up_at: Duration::ZERO,
            to_daemon: VecDeque::new(),
            to_broker: VecDeque::new(),
            brought: BTreeMap::new(),
            accepted: Vec::new(),
            disk,
            process: None,
            start_at: Duration::ZERO,
            kill_in: None,
            digests: BTreeMap::new(),
            tally: Tally::default(),
            answers: Vec::new(),
            room: Room::default(),
            shown: None,
            plan,
        }
    }

    /// What was done in the end.
    pub(super) fn sums(&self) -> Tally {
        let stored = &self.disk.stored;
        Tally {
            steps: self.trace.steps,
            messages: self.accepted.len() as u64,
            commits: stored.sequence(),
            revisions: stored.revisions as u64,
            ..self.tally
        }
    }

    /// Sets to look at: the two with more than one station, and one of the others.
    pub(super) fn some_sets(&mut self) -> [usize; 3] {
        let others = self.setup.registry.sets.len() as u64 - 2;
        [0, 1, 2 + usize::try_from(self.dice.below(others)).expect("few")]
    }

    /// Acknowledgements are on the wire.
    pub(super) fn is_owed(&self) -> bool {
        !self.to_broker.is_empty()
    }

    pub(super) fn post(&self, letter: Letter) -> &Post {
        &self.letters[letter]
    }

    pub(super) fn moment(&self) -> Moment {
        let ms = i64::try_from(self.now.as_millis()).expect("a few years");
        let wall = self.plan.begins().millis() + ms + self.clock_ms;
        Moment { wall: Instant::from_millis(wall), monotonic: self.now }
    }

    /// Runs until everything is published, and all of it has come through; then time goes on a little.
    pub(super) fn run(&mut self) {
        let mut rest: Option<u32> = None;
        for count in 0.. {
            assert!(count < 400_000, "no end: the broker or the daemon keeps something for ever");
            let calm = self.schedule.is_empty();
            if calm && rest.is_none() {
                rest = Some(50);
                self.heal();
            }
            if calm && self.is_through() {
                match rest.as_mut().filter(|left| **left > 0) {
                    // Hours that wait for somebody are published while time goes on.
                    Some(left) => *left -= 1,
                    None => return,
                }
                self.now += Duration::from_secs(180);
            }
            if !calm && self.disk.stored.sequence() > 0 && self.dice.below(1000) < self.plan.faults
            {
                self.go_wrong();
            }
            if self.plan.warns && self.dice.below(1000) < 8 {
                self.act();
            }
            self.step();
        }
    }

    /// Nothing is on its way anywhere.
    fn is_through(&self) -> bool {
        let Some(process) = &self.process else { return false };
        let idle = process.core.is_idle() && process.channel.is_empty();
        let wire = self.to_daemon.is_empty() && self.to_broker.is_empty();
        idle && wire && process.queue.is_empty() && self.broker.is_drained() && process.connected
    }

    /// One of the things that can happen now; when nothing can, time goes on to when something does.
    fn step(&mut self) {
        match self.kill_in {
            Some(0) => self.kill(Step::Kill),
            Some(left) => self.kill_in = Some(left - 1),
            None => {}
        }
        let mut can = Vec::with_capacity(12);
        let mut next = Vec::with_capacity(8);
        self.around(&mut can, &mut next);
        self.inside(&mut can, &mut next);
        if can.is_empty() {
            let least = self.now + Duration::from_millis(1);
            self.now = next.into_iter().min().unwrap_or(least).max(least);
            return;
        }
        let at = self.dice.below(can.len() as u64);
        let step = can[usize::try_from(at).expect("small")];
        if let Err(Ended(error)) = self.perform(step) {
            self.end_by_itself(&error);
        }
        self.now += Duration::from_micros(self.dice.below(1500));
    }

    /// The daemon cannot go on: what it held as not written was.
    pub(super) fn end_by_itself(&mut self, error: &Error) {
        let twice = matches!(error, Error::OutOfSequence { .. });
        assert!(twice, "ended, though only a commit was written and failed: {error}");
        self.tally.ended += 1;
        self.kill(Step::EndedByItself);
    }

    /// What can happen outside the daemon, and when something else can.
    fn around(&self, can: &mut Vec<Step>, next: &mut Vec<Duration>) {
        if let Some((at, _)) = self.schedule.last() {
            let at = (*at).max(self.publish_at).max(self.broker_up_at);
            if at <= self.now {
                can.extend([Step::Publish; 2]);
            } else {
                next.push(at);
            }
        }
        if self.broker.may_send() && self.to_daemon.len() < 64 {
            can.extend([Step::Send; 2]);
        }
        if !self.to_broker.is_empty() {
            can.push(Step::Acknowledged);
        }
        if self.process.is_none() {
            if self.start_at <= self.now {
                can.push(Step::Start);
            } else {
                next.push(self.start_at);
            }
        }
    }

    /// What can happen inside, and when something else can.
    fn inside(&mut self, can: &mut Vec<Step>, next: &mut Vec<Duration>) {
        let (now, moment) = (self.now, self.moment());
        let Some(process) = &mut self.process else { return };
        if process.may_connect() {
            if process.connect_at > now {
                next.push(process.connect_at);
            } else {
                can.push(if self.broker_up_at <= now { Step::Connect } else { Step::Refused });
            }
        }
        if !self.to_daemon.is_empty() {
            can.extend([Step::Receive; 2]);
        }
        if process.ledger.waiting() > 0 {
            can.push(Step::HandOver);
        }
        if process.acknowledges && process.ledger.unacked() > 0 {
            can.push(Step::Acknowledge);
        }
        if process.connected && !process.ledger.is_open() && process.ledger.is_drained() {
            can.push(Step::Leave);
        }
        let wake = process.core.wake_at(moment);
        let takes = process.core.has_room() && !process.channel.is_empty();
        if !process.awake || takes || process.queue.done > 0 || wake.is_some_and(|at| at <= now) {
            can.push(Step::Turn);
        }
        next.extend(wake);
        if !process.queue.is_empty() {
            if process.queue.again_at <= now {
                can.push(Step::Commit);
            } else {
                next.push(process.queue.again_at);
            }
        }
    }

    fn perform(&mut self, step: Step) -> Result<(), Ended> {
        match step {
            Step::Publish => self.publish(),
            Step::Send => {
                let packet = self.broker.send().expect("something to send");
                self.note(step, packet.letter);
                self.tally.duplicates += u64::from(packet.duplicate);
                self.to_daemon.push_back(packet);
            }
            Step::Receive => self.receive(),
            Step::Acknowledge => self.acknowledge(),
            Step::Acknowledged => self.acknowledged(),
            Step::Leave => self.leave(),
            Step::Start => self.start()?,
            Step::Turn => self.turn()?,
            Step::Commit => {
                let now = self.now;
                let Some(process) = &mut self.process else { return Ok(()) };
                let worked = process.queue.work(&mut self.disk, now);
                self.note(step, self.disk.stored.sequence());
                worked?;
            }
            Step::HandOver => {
                self.note(step, 0_u64);
                let Some(process) = &mut self.process else { return Ok(()) };
                process.hand_over();
            }
            Step::Connect => {
                self.note(step, 0_u64);
                self.broker.connect();
                self.brought.clear();
                let Some(process) = &mut self.process else { return Ok(()) };
                process.connect(self.now);
            }
            Step::Refused => {
                self.note(step, 0_u64);
                let Some(process) = &mut self.process else { return Ok(()) };
                process.connect_at = self.now + process.backoff.after_failure();
            }
            other => panic!("{other:?} is no step of its own"),
        }
        Ok(())
    }

    pub(super) fn note(&mut self, step: Step, number: impl TryInto<i64>) {
        self.trace.note(self.now, step, number.try_into().unwrap_or(i64::MAX));
    }

    /// One of the messages that are due, and not always the first.
    fn publish(&mut self) {
        let due = self.schedule.iter().rev().take_while(|(at, _)| *at <= self.now).count();
        let back = usize::try_from(self.dice.below(due.min(5) as u64)).expect("small");
        let (_, letter) = self.schedule.remove(self.schedule.len() - 1 - back);
        if self.dice.below(1000) < self.plan.lost {
            return self.note(Step::Lost, letter);
        }
        self.note(Step::Publish, letter);
        self.broker.publish(letter);
        self.accepted.push(letter);
        if self.dice.below(1000) < self.plan.repeated {
            // The publisher's acknowledgement is lost: it publishes again.
            let again = self.now + Duration::from_millis(self.dice.below(2 * 3_600_000));
            let at = self.schedule.partition_point(|(at, _)| *at > again);
            self.schedule.insert(at, (again, letter));
        }
    }

    fn receive(&mut self) {
        let Some(packet) = self.to_daemon.pop_front() else { return };
        self.note(Step::Receive, packet.letter);
        let Some(process) = &mut self.process else { return };
        self.brought.insert(packet.id, packet.letter);
        let post = &self.letters[packet.letter];
        let delivery = Delivery {
            topic: post.topic.clone().into(),
            payload: post.payload.clone().into(),
            retained: false,
            duplicate: packet.duplicate,
            receipt: Some(Receipt { packet_id: packet.id, exactly_once: false }),
        };
        let taken = process.ledger.deliver(delivery, process.mark);
        self.tally.overflows += u64::from(taken == Taken::Overflow);
    }

    /// The feed acknowledges; here stands what an acknowledgement promises.
    pub(super) fn acknowledge(&mut self) {
        let Some(process) = &mut self.process else { return };
        let (mark, mut room) = (process.mark, 1 + self.dice.below(20));
        let mut given = Vec::new();
        process.acknowledge(|receipt| {
            room -= 1;
            given.extend((room > 0).then_some(receipt.packet_id));
            room > 0
        });
        process.acknowledges = room == 0; // the queue of requests was full
        self.note(Step::Acknowledge, mark);
        for id in given {
            let letter = self.brought.get(&id).copied();
            let letter =
                letter.expect("an acknowledgement of what this connection has not brought");
            let stored = self.disk.stored.holds(self.letters[letter].kept());
            assert!(stored, "letter {letter} is acknowledged and not in the store");
            self.to_broker.push_back(id);
            self.tally.acks += 1;
        }
    }

    pub(super) fn acknowledged(&mut self) {
        let Some(id) = self.to_broker.pop_front() else { return };
        self.note(Step::Acknowledged, id);
        self.broker.acknowledged(id);
    }

    /// The feed says goodbye, after all acknowledgements.
    fn leave(&mut self) {
        self.note(Step::Leave, 0_u64);
        while !self.to_broker.is_empty() {
            self.acknowledged();
        }
        self.part(self.setup.feed.backoff_min);
    }

    /// Both sides know that the connection is over.
    pub(super) fn part(&mut self, wait: Duration) {
        self.broker.disconnect();
        self.to_daemon.clear();
        self.to_broker.clear();
        let now = self.now;
        if let Some(process) = self.process.as_mut().filter(|p| p.connected) {
            process.disconnect(now, wait);
        }
    }

    /// The network goes: of what is on the wire, the first part arrives.
    pub(super) fn cut(&mut self) {
        self.arrive_in_part();
        let steady = Duration::from_secs(10);
        let Some(process) = self.process.as_mut().filter(|p| p.connected) else {
            return self.part(Duration::ZERO);
        };
        if self.now - process.connect_at >= steady {
            process.backoff.restart();
        }
        let wait = process.backoff.after_failure();
        self.part(wait);
    }

    pub(super) fn arrive_in_part(&mut self) {
        for _ in 0..self.dice.below(self.to_daemon.len() as u64 + 1) {
            self.receive();
        }
        for _ in 0..self.dice.below(self.to_broker.len() as u64 + 1) {
            self.acknowledged();
        }
    }

    fn start(&mut self) -> Result<(), Ended> {
        self.tally.lives += 1;
        self.note(Step::Start, self.tally.lives);
        let (moment, seed) = (self.moment(), self.dice.next());
        let process = Process::start(&self.setup, &mut self.disk, moment, seed)?;
        assert_eq!(process.began, self.disk.stored.sequence(), "begins with the last commit");
        if let Some(live) = self.digests.get(&process.began) {
            assert!(
                process.rebuilt == *live,
                "rebuilt from batch {}: another state",
                process.began
            );
            self.tally.rebuilds += 1;
        }
        self.digests.clear();
        self.process = Some(process);
        Ok(())
    }

    fn turn(&mut self) -> Result<(), Ended> {
        let (moment, take) = (self.moment(), 1 + self.dice.below(3));
        let take = usize::try_from(take).expect("small");
        let Some(process) = &mut self.process else { return Ok(()) };
        let turned = process.turn(&mut self.disk, moment, (take, false));
        self.note(Step::Turn, self.disk.stored.sequence());
        self.look(&turned?);
        Ok(())
    }

    /// What is shown must be committed, all of it; and a state is remembered for the next start.
    pub(super) fn look(&mut self, turned: &Turn) {
        turned.shown.iter().for_each(|view| self.look_at(view));
        self.shown = turned.shown.last().cloned().or(self.shown.take());
        self.hear();
        self.hear_room();
        if turned.cut && (self.kill_in.is_some() || self.dice.below(60) == 0) {
            self.remember();
        }
    }

    /// The digest of the live state, which stands as of its last batch.
    pub(super) fn remember(&mut self) {
        let Some(pipeline) = self.process.as_ref().and_then(|p| p.core.pipeline(0)) else { return };
        self.digests.insert(pipeline.sequence(), pipeline.digest());
    }

    fn look_at(&self, view: &View) {
        let (Some(process), area) = (&self.process, &view.areas[0]) else { return };
        let stored = self.disk.stored.sequence();
        assert!(area.sequence <= stored, "shows batch {}, stored are {stored}", area.sequence);
        let shown = area.counts;
        let shown = shown.accepted + shown.repeated + shown.rejected.iter().sum::<u64>();
        let counts = self.disk.stored.counts.range(process.began + 1..=area.sequence);
        let committed: u64 = counts.map(|(_, count)| count).sum();
        assert_eq!(shown, committed, "messages shown, and committed up to batch {}", area.sequence);
    }
}
