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
fn a_bot_that_cannot_be_seen_is_looked_for_again_before_it_has_stalled() {
    let mut scene = Scene::new(600);
    scene.profile.idle_timeout = s(9);
    scene.profile.completion.quiet = None;
    scene.beat(10, true, true);
    scene.pulse.blind(scene.start + s(13), scene.start + s(20));
    scene.expect(25, Due::Stalled);
    scene.beat(30, true, true);
    scene.pulse.looks_again();
    scene.expect(39, Due::Stalled);
}

#[test]
fn a_bot_that_could_not_be_heard_is_not_silent_before_it_could_type_again() {
    let mut scene = Scene::new(600);
    scene.pulse.deaf(scene.start + s(55));
    scene.expect(65, Due::Silent);
    scene.pulse.put_off(scene.start + s(65));
    scene.expect(70, Due::Silent);
    let is_long = |at| {
        let now = scene.start + s(at);
        scene.pulse.is_silent_for_long(&scene.profile, now)
    };
    assert!(!is_long(119) && is_long(120));
    // What it types is heard again: it ends as it would have.
    scene.pulse.looks_again();
    scene.beat(56, true, true);
    scene.expect(59, Due::Quiet);
}

#[test]
fn nothing_is_over_while_events_are_missing() {
    let mut scene = Scene::new(600);
    scene.beat(10, true, true);
    scene.pulse.missing(scene.start + s(11));
    scene.expect(11, Due::Again);
    scene.pulse.blind(scene.start + s(11), scene.start + s(20));
    scene.expect(25, Due::Again);
    scene.pulse.looks_again();
    scene.pulse.saw();
    scene.expect(13, Due::Quiet);
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
    // What it finds needs three seconds of quiet to be complete, and longer while nobody hears.
    let mut scene = Scene::new(30);
    scene.expect(24, Due::LastLook);
    scene.expect_while(true, 17, Due::LastLook);
    scene.pulse.looked_last(scene.start + s(24));
    scene.expect(27, Due::LastLook);
    scene.pulse.looked_last(scene.start + s(27));
    scene.expect(30, Due::Deadline);
    Scene::new(7).expect(3, Due::LastLook);
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
