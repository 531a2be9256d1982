//! When to stop waiting. Pure: instants in, instants out.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    Profile,
    limits::{BLIND_FOR, BLIND_FOR_MAX, DURATION_MAX, LAST_LOOK},
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
    /// What could not be seen may be to be seen by now.
    Again,
    /// The deadline is near: look once more.
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
    looked_last: bool,
    /// Since when nothing can be seen, and when to look again.
    blind_since: Option<Instant>,
    look_at: Option<Instant>,
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
            looked_last: false,
            blind_since: None,
            look_at: None,
        }
    }

    /// A look that began then showed nothing: what seems to be over may not be.
    pub(crate) fn blind(&mut self, began: Instant, now: Instant) {
        self.blind_since.get_or_insert(began);
        self.look_at = Some(now + BLIND_FOR);
    }

    /// When the first look began that showed nothing, if the bot has done nothing since.
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

    pub(crate) const fn looked_last(&mut self) {
        self.looked_last = true;
    }

    /// What is due next, and when; `deaf`: while nothing of what the bot does is heard.
    pub(crate) fn next(&self, profile: &Profile, deaf: bool) -> (Instant, Due) {
        let mut next = (self.deadline, Due::Deadline);
        let mut consider = |at: Instant, due| {
            if at < next.0 {
                next = (at, due);
            }
        };
        if self.heard {
            // Until a heartbeat tells whether there is a gateway, nobody knows whether the bot is idle.
            let told = self.blind_since.map(|since| since + BLIND_FOR_MAX);
            let idle = later(self.last_sign, profile.idle_timeout);
            consider(told.map_or(idle, |told| told.max(idle)), Due::Stalled);
        } else {
            let first = later(self.asked, profile.first_answer_timeout);
            let idle = self
                .typing
                .map(|typing| later(typing, profile.idle_timeout));
            consider(idle.map_or(first, |idle| idle.max(first)), Due::Silent);
        }
        if let Some((first, last)) = self.text {
            let completion = &profile.completion;
            consider(later(first, completion.bound), Due::Bound);
            if let Some(quiet) = completion.quiet {
                // Nobody hears whether it types: it may have begun with its last word.
                let typing = self.typing.max(deaf.then_some(last));
                let typing = typing.map(|typing| later(typing, completion.typing));
                let not_before = [typing, self.look_at].into_iter().flatten();
                consider(
                    not_before.fold(later(last, quiet), Instant::max),
                    Due::Quiet,
                );
            }
        }
        if let Some(at) = self.look_at {
            consider(at, Due::Again);
        }
        if !self.looked_last
            && let Some(look) = self.deadline.checked_sub(LAST_LOOK)
            && look >= later(self.asked, LAST_LOOK)
        {
            consider(look, Due::LastLook);
        }
        next
    }
}

/// Durations come from configurations; an instant that is too far away is as good as never.
fn later(instant: Instant, wait: Duration) -> Instant {
    instant + wait.min(DURATION_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    struct Scene {
        start: Instant,
        pulse: Pulse,
        profile: Profile,
    }

    impl Scene {
        fn new(deadline: u64) -> Self {
            let start = Instant::now();
            Self {
                start,
                pulse: Pulse::new(start, start + s(deadline)),
                profile: Profile::default(),
            }
        }

        fn beat(&mut self, at: u64, text_changed: bool, answers: bool) {
            self.pulse.beat(self.start + s(at), text_changed, answers);
        }

        #[track_caller]
        fn expect(&self, at: u64, due: Due) {
            self.expect_while(false, at, due);
        }

        #[track_caller]
        fn expect_while(&self, deaf: bool, at: u64, due: Due) {
            let (instant, next) = self.pulse.next(&self.profile, deaf);
            assert_eq!((instant - self.start, next), (s(at), due));
        }
    }

    #[test]
    fn a_bot_has_a_minute_to_begin_and_longer_while_it_types() {
        let mut scene = Scene::new(600);
        scene.expect(60, Due::Silent);
        scene.pulse.typed(scene.start + s(50));
        scene.expect(110, Due::Silent);
    }

    #[test]
    fn a_placeholder_is_life_but_no_answer() {
        let mut scene = Scene::new(600);
        scene.beat(10, false, false);
        scene.expect(70, Due::Stalled);
    }

    #[test]
    fn three_seconds_of_quiet_end_a_reply() {
        let mut scene = Scene::new(600);
        scene.beat(10, true, true);
        scene.expect(13, Due::Quiet);
        scene.beat(12, true, true);
        scene.expect(15, Due::Quiet);
        scene.beat(14, false, true);
        scene.expect(15, Due::Quiet);
    }

    #[test]
    fn typing_puts_the_end_off_until_the_message_comes() {
        let mut scene = Scene::new(600);
        scene.beat(10, true, true);
        scene.pulse.typed(scene.start + s(11));
        scene.expect(21, Due::Quiet);
        scene.pulse.wrote();
        scene.beat(15, true, true);
        scene.expect(18, Due::Quiet);
    }

    #[test]
    fn what_cannot_be_heard_may_be_typing() {
        let mut scene = Scene::new(600);
        scene.beat(10, true, true);
        scene.expect_while(true, 20, Due::Quiet);
        scene.expect_while(false, 13, Due::Quiet);
        scene.pulse.unheard(scene.start + s(12));
        scene.expect_while(false, 22, Due::Quiet);
        scene.pulse.wrote();
        scene.expect_while(false, 13, Due::Quiet);
    }

    #[test]
    fn a_bot_that_cannot_be_seen_has_not_stalled_before_a_heartbeat_tells() {
        let mut scene = Scene::new(600);
        scene.profile.idle_timeout = s(9);
        scene.profile.completion.quiet = None;
        scene.beat(10, true, true);
        scene.pulse.blind(scene.start + s(13), scene.start + s(20));
        scene.expect(25, Due::Again);
        scene.pulse.looks_again();
        scene.expect(73, Due::Stalled);
        scene.beat(30, true, true);
        scene.expect(39, Due::Stalled);
    }

    #[test]
    fn without_a_quiet_rule_a_reply_that_stops_has_stalled() {
        let mut scene = Scene::new(600);
        scene.profile.completion.quiet = None;
        scene.beat(10, true, true);
        scene.expect(70, Due::Stalled);
    }

    #[test]
    fn a_reply_that_never_ends_is_cut_at_its_bound() {
        let mut scene = Scene::new(6_000);
        scene.profile.completion.quiet = None;
        scene.beat(10, true, true);
        scene.beat(600, true, true);
        scene.expect(610, Due::Bound);
    }

    #[test]
    fn shortly_before_the_deadline_there_is_a_last_look() {
        let mut scene = Scene::new(30);
        scene.expect(27, Due::LastLook);
        scene.pulse.looked_last();
        scene.expect(30, Due::Deadline);
        Scene::new(5).expect(5, Due::Deadline);
    }

    #[test]
    fn a_length_of_time_without_end_is_no_panic() {
        let mut scene = Scene::new(30);
        scene.profile.first_answer_timeout = Duration::MAX;
        scene.profile.completion.bound = Duration::MAX;
        scene.beat(1, true, true);
        scene.expect(4, Due::Quiet);
    }
}
