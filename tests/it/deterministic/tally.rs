//! What was done in a world, so that a run can say what it is worth.

/// How often what happened.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) steps: u64,
    pub(super) messages: u64,
    pub(super) acks: u64,
    pub(super) duplicates: u64,
    pub(super) commits: u64,
    pub(super) revisions: u64,
    pub(super) lives: u64,
    pub(super) rebuilds: u64,
    pub(super) overflows: u64,
    pub(super) ended: u64,
    pub(super) audits: u64,
    /// Of persons on warnings.
    pub(super) acts: u64,
    /// Warnings and their ends that were issued, drills among them.
    pub(super) issued: u64,
    /// Papers that were signed.
    pub(super) signed: u64,
}

impl Tally {
    pub(super) fn add(&mut self, other: &Self) {
        self.steps += other.steps;
        self.messages += other.messages;
        self.acks += other.acks;
        self.duplicates += other.duplicates;
        self.commits += other.commits;
        self.revisions += other.revisions;
        self.lives += other.lives;
        self.rebuilds += other.rebuilds;
        self.overflows += other.overflows;
        self.ended += other.ended;
        self.audits += other.audits;
        self.acts += other.acts;
        self.issued += other.issued;
        self.signed += other.signed;
    }

    /// Everything that may go wrong did somewhere, or the run says nothing.
    pub(super) fn is_worth_something(&self) {
        let all = [self.duplicates, self.revisions, self.lives, self.rebuilds, self.overflows];
        let more = [self.ended, self.audits, self.acts, self.issued, self.signed];
        assert!(all.iter().chain(&more).all(|n| *n > 0), "{self:?}");
    }
}
