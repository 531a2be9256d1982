use proptest::prelude::*;

use super::*;

use Share::{Conversation, Deletion, Upkeep};

/// A line whose wakers are the numbers of arrivals; the turn is known by its place.
#[derive(Default)]
struct Gate {
    fair: Fair<u64>,
    places: Vec<Place>,
    turn: Option<usize>,
    /// Who passed, in order.
    passed: Vec<Place>,
}

impl Gate {
    fn enter(&mut self, share: Share) {
        let number = self.places.len();
        let (place, alone) = self.fair.enter(share, number as u64);
        self.places.push(place);
        if alone {
            self.turn = Some(number);
        }
    }

    fn called(&mut self, called: Option<u64>) {
        if let Some(number) = called {
            self.turn = Some(usize::try_from(number).unwrap());
        }
    }

    fn pass(&mut self) -> Option<Share> {
        let place = self.places[self.turn.take()?];
        self.passed.push(place);
        let called = self.fair.leave(place, true);
        self.called(called);
        Some(place.share)
    }

    fn leave(&mut self, number: usize) {
        let place = self.places[number];
        if self.turn == Some(number) {
            self.turn = None;
        }
        let called = self.fair.leave(place, false);
        self.called(called);
    }
}

/// How many more or fewer than its part each share has in `run`, in hundredths, while `waiting`.
fn worst_deviation(run: &[Share], waiting: &[Share]) -> i64 {
    let total: u64 = waiting.iter().map(|share| share.percent()).sum();
    let mut worst = 0;
    for share in waiting {
        let had = run.iter().filter(|served| *served == share).count() as u64;
        let due = run.len() as u64 * share.percent() * 100 / total;
        worst = worst.max((had.cast_signed() * 100 - due.cast_signed()).abs());
    }
    worst
}

#[test]
fn any_run_of_a_contended_gate_holds_the_shares_within_one_request() {
    for waiting in [
        &[Conversation, Deletion, Upkeep][..],
        &[Conversation, Deletion],
        &[Conversation, Upkeep],
        &[Deletion, Upkeep],
    ] {
        let mut gate = Gate::default();
        for share in waiting {
            (0..200).for_each(|_| gate.enter(*share));
        }
        // The very first arrival is served whoever it is: the gate was open to it.
        gate.pass();
        let served: Vec<Share> = (0..150).filter_map(|_| gate.pass()).collect();
        for from in 0..served.len() {
            for to in from..=served.len() {
                let worst = worst_deviation(&served[from..to], waiting);
                assert!(worst <= 100, "{waiting:?} {from}..{to}: {worst}");
            }
        }
    }
}

#[test]
fn an_unused_share_goes_to_the_others_and_is_not_saved_up() {
    let mut gate = Gate::default();
    (0..300).for_each(|_| gate.enter(Upkeep));
    for _ in 0..100 {
        assert_eq!(gate.pass(), Some(Upkeep));
    }
    // Who had a hundred passes owes nothing for them, and who had none is not owed a hundred.
    (0..300).for_each(|_| gate.enter(Conversation));
    gate.pass();
    let served: Vec<Share> = (0..60).filter_map(|_| gate.pass()).collect();
    assert!(worst_deviation(&served, &[Conversation, Upkeep]) <= 100);
}

#[test]
fn deletions_that_are_preferred_go_first_and_are_not_charged_for_it() {
    let mut gate = Gate::default();
    for share in Share::ALL {
        (0..100).for_each(|_| gate.enter(share));
    }
    gate.pass();
    gate.fair.prefer_deletions(true);
    gate.pass(); // had its turn already
    for _ in 0..50 {
        assert_eq!(gate.pass(), Some(Deletion));
    }
    gate.fair.prefer_deletions(false);
    gate.pass();
    let served: Vec<Share> = (0..20).filter_map(|_| gate.pass()).collect();
    assert!(worst_deviation(&served, &Share::ALL) <= 100, "{served:?}");
}

#[test]
fn who_steps_aside_keeps_the_first_place_of_its_share() {
    let mut gate = Gate::default();
    gate.enter(Upkeep);
    gate.enter(Upkeep);
    let first = gate.places[0];
    assert_eq!(gate.fair.step_aside(first, 0), None, "nobody else waits");
    assert_eq!(gate.turn, Some(0));
    gate.enter(Conversation);
    let called = gate.fair.step_aside(first, 0);
    assert_eq!(called, Some(2));
    gate.called(called);
    assert_eq!(gate.pass(), Some(Conversation));
    assert_eq!(gate.turn, Some(0));
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Enter(Share),
    Pass,
    /// One of those who wait or have the turn goes away.
    Leave(prop::sample::Index),
    Aside,
    Prefer(bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => prop::sample::select(&Share::ALL[..]).prop_map(Step::Enter),
        5 => Just(Step::Pass),
        2 => any::<prop::sample::Index>().prop_map(Step::Leave),
        1 => Just(Step::Aside),
        1 => any::<bool>().prop_map(Step::Prefer),
    ]
}

proptest! {
    /// Whoever comes, goes and steps aside: one at a time has the turn, nobody waits without
    /// somebody having it, each share is served in order of arrival, and nobody starves.
    #[test]
    fn a_line_is_fair_whatever_happens(steps in prop::collection::vec(step(), 1..300)) {
        let mut gate = Gate::default();
        let mut here: Vec<usize> = Vec::new();
        for step in steps {
            match step {
                Step::Enter(share) => {
                    here.push(gate.places.len());
                    gate.enter(share);
                }
                Step::Pass => {
                    here.retain(|number| Some(*number) != gate.turn);
                    gate.pass();
                }
                Step::Leave(index) if !here.is_empty() => {
                    gate.leave(here.remove(index.index(here.len())));
                }
                Step::Aside => if let Some(number) = gate.turn {
                    let called = gate.fair.step_aside(gate.places[number], number as u64);
                    gate.called(called);
                },
                Step::Prefer(first) => gate.fair.prefer_deletions(first),
                Step::Leave(_) => {}
            }
            prop_assert_eq!(gate.turn.is_some(), !here.is_empty());
            prop_assert!(gate.turn.is_none_or(|number| here.contains(&number)));
            prop_assert_eq!(gate.fair.turn(), gate.turn.map(|number| gate.places[number].share));
        }
        for share in Share::ALL {
            let served: Vec<u64> = gate
                .passed.iter().filter(|place| place.share == share).map(|place| place.number).collect();
            prop_assert!(served.is_sorted());
        }
        // From here on everybody keeps coming: the rarest share is served once in a round.
        gate.fair.prefer_deletions(false);
        for share in Share::ALL {
            (0..100).for_each(|_| gate.enter(share));
        }
        gate.pass();
        let served: Vec<Share> = (0..100).filter_map(|_| gate.pass()).collect();
        for round in served.windows(13) {
            for share in Share::ALL {
                prop_assert!(round.contains(&share), "{:?} in {:?}", share, served);
            }
        }
        for second in served.windows(50) {
            prop_assert!(worst_deviation(second, &Share::ALL) <= 100, "{:?}", served);
        }
    }
}
