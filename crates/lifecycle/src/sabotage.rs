//! Safeguards that a test may remove, to see that somebody notices.

/// One safeguard. A test build can take it away ([`crate::Driver::sabotage`], feature `sabotage`);
/// the storm has to find out that it is missing, or the storm is blind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[cfg_attr(
    not(feature = "sabotage"),
    expect(unreachable_pub, reason = "only test builds can name one")
)]
pub enum Sabotage {
    /// The row is written only after the creation was answered.
    NoIntent,
    /// The creation carries no mark.
    NoMark,
    /// A creation without an answer is taken for one that did not happen, and forgotten.
    ForgetUnknown,
    /// The second attempt sends the mark of the first.
    SameMarkRetry,
    /// A mark alone is taken for evidence.
    TagOnly,
    /// The audit log is never read.
    NoAuditSweep,
    /// A deletion without an answer, or with a 5xx, is taken for done.
    DeleteUnknownDone,
    /// A channel that is not in the guild's list is taken for gone.
    ListAbsenceIsGone,
    /// A channel that cannot be deleted is forgotten.
    ForgetParked,
    /// Protected and special channels are not looked at before a deletion.
    NoProtectedCheck,
    /// The rows of a former life are left alone.
    NoTakeover,
    /// A lease that is dropped releases nothing.
    LeaseWithoutRelease,
    /// A deletion is sent without being put on record first.
    NoJournal,
}

#[cfg(feature = "sabotage")]
mod dice {
    use std::cell::RefCell;

    thread_local! {
        static DICE: RefCell<Option<fastrand::Rng>> = const { RefCell::new(None) };
    }

    /// Draws the attempts of this thread from a seed, or from the system again: a storm that is to
    /// be the same twice can have nothing in it that nobody can guess.
    pub fn seed_attempts(seed: Option<u64>) {
        DICE.set(seed.map(fastrand::Rng::with_seed));
    }

    /// Fills in bits, if there are dice to draw them with.
    pub(crate) fn draw(bits: &mut [u8]) -> bool {
        DICE.with_borrow_mut(|dice| dice.as_mut().map(|dice| dice.fill(bits)).is_some())
    }
}

#[cfg(feature = "sabotage")]
pub(crate) use self::dice::draw;
#[cfg(feature = "sabotage")]
pub use self::dice::seed_attempts;
