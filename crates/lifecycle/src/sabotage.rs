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
    /// A deletion is taken for done when Discord has answered it once, with a 404 too.
    NoVerify,
    /// A mark is good in every guild.
    WrongGuildMac,
    /// A mark is good whoever made it.
    NoMac,
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
mod panics {
    use std::{cell::Cell, panic::resume_unwind};

    thread_local! {
        static PASSAGES: Cell<Option<u64>> = const { Cell::new(None) };
        static PANICKED: Cell<Option<&'static str>> = const { Cell::new(None) };
    }

    /// Whatever runs on this thread panics at the so-manieth kill point from now on, once; `None`: at
    /// none any more.
    pub fn panic_at(passage: Option<u64>) {
        PASSAGES.set(passage);
    }

    /// Where something panicked since this was last asked.
    #[must_use]
    pub fn panicked() -> Option<&'static str> {
        PANICKED.take()
    }

    pub(crate) fn pass(name: &'static str) {
        let Some(left) = PASSAGES.get() else { return };
        PASSAGES.set(left.checked_sub(1));
        if left == 0 {
            PANICKED.set(Some(name));
            // No message: this one is expected.
            resume_unwind(Box::new(name));
        }
    }
}

/// A mark that another installation makes, in this guild or another, with this key or another.
#[cfg(feature = "sabotage")]
#[must_use]
pub fn foreign_mark(
    key: crate::MarkKey,
    namespace: &str,
    guild_id: twilight_model::id::Id<twilight_model::id::marker::GuildMarker>,
    sabotage: Option<Sabotage>,
) -> crate::Mark {
    let mut marks = crate::mark::Marks::new(key, namespace, guild_id);
    marks.sabotage = sabotage;
    marks.mark(crate::AttemptId::fresh())
}

#[cfg(feature = "sabotage")]
pub(crate) use self::{dice::draw, panics::pass};
#[cfg(feature = "sabotage")]
pub use self::{
    dice::seed_attempts,
    panics::{panic_at, panicked},
};
