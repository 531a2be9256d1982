//! When to stop waiting. Pure: instants in, instants out.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    Completion, Profile,
    limits::{BLIND_FOR, DURATION_MAX, LAST_LOOK},
};

/// What is due when nothing is heard until then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Nothing has changed for so long that the reply is taken for complete.
    Quiet,
    /// The bot should have begun to answer.
    Silent,
    /// The bot should have shown life again.
    Stalled,
    /// The reply has gone on for longer than its profile allows.
    Bound,
    /// What could not be seen may be to be seen by now, and what is owed is looked for again.
    Again,
    /// The deadline is near: look for what may have been missed.
    LastLook,
    /// The deadline.
    Deadline,
}

/// The signs of life of one reply.
#[derive(Clone, Debug)]
pub(crate) struct Pulse {
    asked: Instant,
    deadline: Instant,
    /// The last thing that the bot did.
    last_sign: Instant,
    heard: bool,
    /// The first and the last change of the answer's text.
    text: Option<(Instant, Instant)>,
    /// The last sign of typing since the last new message.
    typing: Option<Instant>,
    /// When it was looked because the deadline is near.
    looked_last: Option<Instant>,
    /// Since when nothing can be seen, and when to look again.
    blind_since: Option<Instant>,
    look_at: Option<Instant>,
    /// Since when events may be missing that no look has made up for.
    missing_since: Option<Instant>,
    /// When the bot could not be heard for the last time.
    deaf: Option<Instant>,
}

// === impl Pulse ===

impl Pulse {
    pub(crate) const fn new(asked: Instant, deadline: Instant) -> Self {
        Self {
            asked,
            deadline,
            last_sign: asked,
            heard: false,
            text: None,
            typing: None,
            looked_last: None,
            blind_since: None,
            look_at: None,
            missing_since: None,
            deaf: None,
        }
    }

    /// A look that began then could not see: what seems to be over may not be.
    pub(crate) fn blind(&mut self, began: Instant, now: Instant) {
        self.blind_since.get_or_insert(began);
        self.put_off(now);
    }

    /// Nothing is over yet, whatever the look has shown that ended now.
    pub(crate) fn put_off(&mut self, now: Instant) {
        self.look_at = Some(now + BLIND_FOR);
    }

    /// Events may be missing: until a look has made up for them, nothing is over.
    pub(crate) fn missing(&mut self, now: Instant) {
        self.missing_since.get_or_insert(now);
    }

    pub(crate) const fn is_missing(&self) -> bool {
        self.missing_since.is_some()
    }

    /// A look has shown all that there is.
    pub(crate) const fn saw(&mut self) {
        self.missing_since = None;
        self.blind_since = None;
    }

    /// The bot cannot be heard.
    pub(crate) const fn deaf(&mut self, now: Instant) {
        self.deaf = Some(now);
    }

    /// When the first look began that could not see, if the bot has done nothing since.
    pub(crate) const fn blind_since(&self) -> Option<Instant> {
        self.blind_since
    }

    /// What could not be seen is looked at again.
    pub(crate) const fn looks_again(&mut self) {
        self.look_at = None;
    }

    /// The bot did something with its messages; `answers`: there is text of an answer.
    pub(crate) fn beat(&mut self, now: Instant, text_changed: bool, answers: bool) {
        self.sign(now);
        self.heard = true;
        if !answers {
            self.text = None;
        } else if text_changed {
            let first = self.text.map_or(now, |(first, _)| first);
            self.text = Some((first, now));
        }
    }

    /// A new message: what was being typed is here.
    pub(crate) const fn wrote(&mut self) {
        self.typing = None;
    }

    pub(crate) const fn typed(&mut self, now: Instant) {
        self.sign(now);
        self.typing = Some(now);
    }

    const fn sign(&mut self, now: Instant) {
        self.last_sign = now;
        self.blind_since = None;
    }

    /// Whatever the bot did until now may not have been heard: it may be typing.
    pub(crate) const fn unheard(&mut self, now: Instant) {
        self.typing = Some(now);
    }

    pub(crate) const fn looked_last(&mut self, now: Instant) {
        self.looked_last = Some(now);
    }

    /// What is due next, and when; `deaf`: while nothing of what the bot does is heard.
    pub(crate) fn next(&self, profile: &Profile, deaf: bool) -> (Instant, Due) {
        let mut next = (self.deadline, Due::Deadline);
        let mut consider = |at: Instant, due| {
            if at < next.0 {
                next = (at, due);
            }
        };
        if !self.is_missing() {
            // The end comes first: a reply that may be complete has not stalled.
            let (end, silence) = (self.end(profile, deaf), self.silence(profile));
            let all = [end, Some(silence), self.bound(profile)];
            for (at, due) in all.into_iter().flatten() {
                consider(at, due);
            }
        }
        if let Some(at) = self.look_at.or(self.missing_since) {
            consider(at, Due::Again);
        }
        for at in self.last_looks(profile, deaf) {
            consider(at, Due::LastLook);
        }
        next
    }

    /// When the bot should have shown life.
    fn silence(&self, profile: &Profile) -> (Instant, Due) {
        let (at, due) = self.silence_heard(profile);
        // It may have typed while it could not be heard, and would be heard typing on.
        let typing = profile.completion.typing.min(profile.idle_timeout);
        let typed = self.typing.max(self.deaf).map(|it| later(it, typing));
        let not_before = [typed, self.look_at].into_iter().flatten();
        (not_before.fold(at, Instant::max), due)
    }

    /// The same, as if the bot could be heard all the time.
    fn silence_heard(&self, profile: &Profile) -> (Instant, Due) {
        if self.heard {
            return (later(self.last_sign, profile.idle_timeout), Due::Stalled);
        }
        let first = later(self.asked, profile.first_answer_timeout);
        let idle = self.typing.map(|it| later(it, profile.idle_timeout));
        (idle.map_or(first, |idle| idle.max(first)), Due::Silent)
    }

    /// Whether it has been silent for so long that it does not matter any more whether it could be heard.
    pub(crate) fn is_silent_for_long(&self, profile: &Profile, now: Instant) -> bool {
        let (at, _) = self.silence_heard(profile);
        now >= later(at, profile.idle_timeout)
    }

    /// When the reply is taken for complete.
    fn end(&self, profile: &Profile, deaf: bool) -> Option<(Instant, Due)> {
        let ((_, last), quiet) = (self.text?, profile.completion.quiet?);
        // Nobody hears whether it types: it may have begun with its last word.
        let typing = self.typing.max(deaf.then_some(last));
        let typing = typing.map(|it| later(it, profile.completion.typing));
        let not_before = [typing, self.look_at].into_iter().flatten();
        let at = not_before.fold(later(last, quiet), Instant::max);
        Some((at, Due::Quiet))
    }

    fn bound(&self, profile: &Profile) -> Option<(Instant, Due)> {
        let (first, _) = self.text?;
        Some((later(first, profile.completion.bound), Due::Bound))
    }

    /// When to look before the deadline, as far as there is time for it: so early that what it finds can come to
    /// its end by quiet, and once more for what ends otherwise.
    fn last_looks(&self, profile: &Profile, deaf: bool) -> impl Iterator<Item = Instant> {
        let Completion { quiet, typing, .. } = profile.completion;
        let typing = if deaf { typing } else { Duration::ZERO };
        let end = quiet.map_or(Duration::ZERO, |quiet| quiet.max(typing));
        let first = later(self.asked, LAST_LOOK);
        let latest = self.deadline.checked_sub(LAST_LOOK);
        let latest = latest.filter(|latest| *latest >= first);
        let early = latest.and_then(|latest| latest.checked_sub(end));
        let looks = [early.map(|early| early.max(first)), latest];
        let looked = self.looked_last;
        let is_left = move |look: &Instant| looked.is_none_or(|looked| looked < *look);
        looks.into_iter().flatten().filter(is_left)
    }
}

/// Durations come from configurations; an instant that is too far away is as good as never.
fn later(instant: Instant, wait: Duration) -> Instant {
    instant + wait.min(DURATION_MAX)
}

#[cfg(test)]
mod tests;
