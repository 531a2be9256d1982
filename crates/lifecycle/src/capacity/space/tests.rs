use std::collections::HashSet;

use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{
    Evidence, Owned, Owner,
    limits::{CAREFUL_FOR, FULL_PAUSE, SWEEP_GRACE},
};

const HOUR: Duration = Duration::from_hours(1);

fn settings(isolation: Isolation, categories: u64) -> Settings {
    Settings {
        guild_id: Id::new(7),
        category_ids: (1..=categories).map(Id::new).collect(),
        isolation,
        quota: Quota {
            channels_max: 10,
            reserve: 2,
            category_channels_max: 3,
        },
        bot_id: Id::new(8),
        name_prefix: String::new(),
        delete_after: Some(Duration::ZERO),
        protected: HashSet::new(),
        namespace: String::new(),
    }
}

fn space(isolation: Isolation, categories: u64) -> Space {
    Space::new(&settings(isolation, categories))
}

fn row(attempt: AttemptId, kind: Kind, stage: Stage) -> Row {
    Row {
        attempt,
        request_id: String::new(),
        guild_id: Id::new(7),
        kind,
        owner: Owner {
            instance: 1,
            epoch: 1,
        },
        stage,
        since_ms: 1_000,
        not_before_ms: 0,
        deadline_at_ms: 0,
        next_at_ms: 6_000,
        tries: 0,
        reason: None,
    }
}

fn owned(channel_id: u64) -> Owned {
    Owned {
        channel_id: Id::new(channel_id),
        evidence: Evidence::Answer,
    }
}

fn listed(channel_ids: impl IntoIterator<Item = u64>) -> Vec<Listed> {
    let listed = |channel_id| Listed {
        channel_id: Id::new(channel_id),
        name: None,
        parent_id: None,
        topic: None,
        is_text: true,
    };
    channel_ids.into_iter().map(listed).collect()
}

fn shown(channel_id: u64, is_hidden: bool) -> Shown {
    Shown {
        channel_id: Id::new(channel_id),
        parent_id: None,
        topic: None,
        is_hidden,
    }
}

/// Begins what is offered; where it is.
fn take(space: &mut Space, now: Instant) -> Option<(AttemptId, Place)> {
    let place = space.offer(now)?;
    let attempt = AttemptId::fresh();
    space.begin(attempt, place);
    Some((attempt, place))
}

fn places(space: &mut Space, now: Instant) -> Vec<Place> {
    std::iter::from_fn(|| take(space, now))
        .map(|(_, place)| place)
        .collect()
}

#[test]
fn the_reserve_is_left_to_people() {
    let now = Instant::now();
    let mut space = space(Isolation::Channel, 0);
    space.listed(&listed([101, 102, 103]), now);
    assert_eq!(places(&mut space, now), [Place::Guild; 5]);
    assert_eq!(space.shut(now), Some(Shut::Full));
    space.deleted(Id::new(101), now);
    assert_eq!(places(&mut space, now), [Place::Guild]);
}

#[test]
fn a_lost_creation_counts_as_a_channel_until_its_row_says_more() {
    let now = Instant::now();
    let mut space = space(Isolation::Channel, 0);
    let (attempt, _) = take(&mut space, now).unwrap();
    let planned = row(attempt, Kind::Text, Stage::Planned);
    space.moved(None, &planned, now);
    assert_eq!(space.census.count(), 1, "once, berth and row together");
    let lost = row(attempt, Kind::Text, Stage::Unknown);
    space.moved(Some(Stage::Planned), &lost, now);
    space.census.end(attempt);
    assert_eq!(
        (space.census.count(), space.census.under_way(|_| true)),
        (1, 0)
    );
    let found = row(attempt, Kind::Text, Stage::Live(owned(500)));
    space.moved(Some(Stage::Unknown), &found, now);
    assert_eq!(space.census.count(), 1);
    let gone = row(attempt, Kind::Text, Stage::Gone(owned(500)));
    space.moved(Some(Stage::Condemned(owned(500))), &gone, now);
    assert_eq!(space.census.count(), 0);
    let abandoned = row(attempt, Kind::Text, Stage::Abandoned);
    space.moved(Some(Stage::Unknown), &abandoned, now);
    assert_eq!(space.census.count(), 0);
}

#[test]
fn a_list_counts_with_what_is_younger_and_with_what_it_hides() {
    let began = Instant::now();
    let mut space = space(Isolation::Channel, 0);
    let census = &mut space.census;
    let arrived = [1, 2, 3, 4].map(|id| shown(id, false));
    let hidden = [8, 7].map(|id| shown(id, true));
    assert_eq!(census.hidden(), None);
    census.arrived(&[&arrived[..], &hidden].concat(), began);
    assert_eq!(census.count(), 6);
    census.listed(&listed(1..=4), began);
    assert_eq!(census.count(), 6, "two are hidden from us");
    assert_eq!(ids(&census.hidden().unwrap().channels), [7, 8]);
    census.shown(&shown(50, false), began);
    census.shown(&shown(50, false), began);
    census.deleted(Id::new(1), began);
    census.shown(&shown(1, false), began);
    census.listed(&listed(1..=4), began + Duration::from_secs(1));
    assert_eq!(census.count(), 6, "the list was a little late for both");
    census.listed(&listed(2..=3), began + 2 * SWEEP_GRACE);
    assert_eq!(census.count(), 4, "deletions that nobody told of");
    census.shown(&shown(9, true), began);
    census.shown(&shown(3, true), began);
    census.listed(&listed([2, 7]), began + 4 * SWEEP_GRACE);
    assert_eq!(census.count(), 5, "one more, and one that was seen before");
    let hidden = census.hidden().unwrap().channels;
    assert_eq!(ids(&hidden), [3, 8, 9], "one can be seen now");
    census.arrived(&arrived[1..], began + 5 * SWEEP_GRACE);
    assert_eq!(census.count(), 3, "nothing is hidden any more");
}

fn ids(channels: &[Shown]) -> Vec<u64> {
    channels.iter().map(|it| it.channel_id.get()).collect()
}

#[test]
fn what_a_former_process_knew_to_be_hidden_counts_until_the_guild_comes() {
    let began = Instant::now();
    let mut space = space(Isolation::Channel, 1);
    let parent_id = Some(Id::new(1));
    let hidden = [7, 8].map(|id| Shown {
        parent_id,
        ..shown(id, true)
    });
    space.census.resumed(&hidden, began);
    space.listed(&listed(20..=21), began);
    assert_eq!(space.census.count(), 4);
    assert_eq!(space.census.count_in(Id::new(1)), 2);
    assert_eq!(*space.census.hidden().unwrap().channels, hidden);
    space.deleted(Id::new(8), began);
    assert_eq!(space.census.count(), 3);
    // The session could not be gone on with, and the guild knows better.
    let soon = began + Duration::from_secs(5);
    space.arrived(&[20, 21].map(|id| shown(id, false)), soon);
    let told = space.census.hidden().unwrap();
    assert_eq!((told.channels.len(), told.arrivals), (0, 1));
    space.listed(&listed(20..=21), soon + SWEEP_GRACE);
    assert_eq!(space.census.count(), 2);
}

#[test]
fn a_list_from_before_a_channel_was_hidden_does_not_show_it() {
    let began = Instant::now();
    let mut space = space(Isolation::Channel, 0);
    space.listed(&listed(1..=2), began);
    let (asked, answered) = (2 * SWEEP_GRACE, 2 * SWEEP_GRACE + Duration::from_secs(1));
    space.census.shown(&shown(2, true), began + answered);
    space.listed(&listed(1..=2), began + asked);
    space.listed(&listed([1]), began + 4 * SWEEP_GRACE);
    assert_eq!(space.census.count(), 2);
}

#[test]
fn categories_are_filled_evenly_and_full_ones_are_passed_over() {
    let now = Instant::now();
    let mut space = space(Isolation::Channel, 2);
    let [one, two] = [1, 2].map(|id| Place::Category(Id::new(id)));
    let parent_id = Some(Id::new(1));
    space.census.shown(
        &Shown {
            parent_id,
            ..shown(100, false)
        },
        now,
    );
    assert_eq!(take(&mut space, now).unwrap().1, two);
    space.full(one, Room::Category, now);
    assert_eq!(places(&mut space, now), [two, two]);
    assert_eq!(space.shut(now), Some(Shut::Full));
    // How: a channel goes there, or a while passes.
    let mut later = Instant::now() + FULL_PAUSE;
    assert_eq!(take(&mut space, later).unwrap().1, one);
    assert_eq!(space.offer(later), None, "one at a time");
    space.full(one, Room::Category, later);
    space.deleted(Id::new(100), later);
    later += CAREFUL_FOR;
    assert_eq!(space.offer(later), Some(one));
}

#[test]
fn threads_are_taken_while_channels_cannot_be_had() {
    let now = Instant::now();
    let parent_id = Id::new(77);
    let mut space = space(Isolation::ChannelThenThread(parent_id), 0);
    assert_eq!(space.offer(now), Some(Place::Guild));
    space.closed(Place::Guild, now, HOUR);
    assert_eq!(space.offer(now), Some(Place::Thread(parent_id)));
    assert_eq!(space.shut(now), None);
    space.full(Place::Thread(parent_id), Room::Threads, now);
    assert_eq!(space.shut(now), Some(Shut::Full));
    let gone = row(AttemptId::fresh(), Kind::Thread, Stage::Gone(owned(5)));
    space.moved(Some(Stage::Verifying(owned(5))), &gone, now);
    assert_eq!(space.offer(now), Some(Place::Thread(parent_id)));
    space.closed(Place::Thread(parent_id), now, Duration::from_mins(4));
    let earlier = now + Duration::from_mins(4);
    assert_eq!(space.shut(now), Some(Shut::Closed(earlier)));
    assert_eq!(space.offer(now + HOUR), Some(Place::Guild));
}

#[test]
fn threads_do_not_count() {
    let now = Instant::now();
    let mut space = space(Isolation::Thread(Id::new(77)), 0);
    for _ in 0..30 {
        let (attempt, _) = take(&mut space, now).unwrap();
        let planned = row(attempt, Kind::Thread, Stage::Planned);
        space.moved(None, &planned, now);
        assert!(space.census.under_way(|_| true) > 0);
    }
    assert_eq!(space.census.count(), 0);
}

#[test]
fn the_wait_is_that_of_the_deletions_that_are_due() {
    let now = Instant::now();
    let mut space = space(Isolation::Channel, 0);
    assert_eq!(space.wait(0, now), FULL_RETRY);
    for channel_id in 1..=9 {
        let attempt = AttemptId::fresh();
        let live = row(attempt, Kind::Text, Stage::Live(owned(channel_id)));
        space.moved(Some(Stage::Planned), &live, now);
        let mut condemned = row(attempt, Kind::Text, Stage::Condemned(owned(channel_id)));
        condemned.next_at_ms = 1_000 + channel_id * 10_000;
        space.moved(Some(live.stage), &condemned, now);
    }
    // How: nine of eight that are ours; the second deletion makes room for one.
    let seconds = Duration::from_secs;
    assert_eq!(space.wait(0, now), seconds(22));
    assert_eq!(space.wait(3, now), seconds(52));
    assert_eq!(space.wait(40, now), FULL_RETRY);
}

#[test]
fn a_guild_is_nearly_full_at_ninety_in_a_hundred() {
    let now = Instant::now();
    let mut space = space(Isolation::Channel, 0);
    space.listed(&listed(1..=8), now);
    assert!(!space.is_nearly_full());
    space.listed(&listed(1..=9), now);
    assert!(space.is_nearly_full());
}

proptest! {
    #[test]
    fn no_order_of_events_fills_the_guild_or_a_category_beyond_what_is_ours(
        steps in vec((0u8..6, 0usize..40), 1..120),
    ) {
        // How: a guild that obeys; what it holds is compared with what may be held.
        let mut now = Instant::now();
        let mut space = space(Isolation::Channel, 3);
        let mut under_way: Vec<(AttemptId, Place)> = Vec::new();
        let mut there: Vec<(u64, AttemptId, Place)> = Vec::new();
        let mut next_id = 1_000;
        for (step, which) in steps {
            match step {
                0 | 1 => under_way.extend(take(&mut space, now)),
                2 if !under_way.is_empty() => {
                    let (attempt, place) = under_way.swap_remove(which % under_way.len());
                    next_id += 1;
                    let live = row(attempt, Kind::Text, Stage::Live(owned(next_id)));
                    space.moved(Some(Stage::Planned), &live, now);
                    space.census.end(attempt);
                    there.push((next_id, attempt, place));
                }
                3 if !under_way.is_empty() => {
                    // The answer is lost, and the channel is there.
                    let (attempt, place) = under_way.swap_remove(which % under_way.len());
                    space.moved(Some(Stage::Planned), &row(attempt, Kind::Text, Stage::Unknown), now);
                    space.census.end(attempt);
                    next_id += 1;
                    there.push((next_id, attempt, place));
                }
                4 if !there.is_empty() => {
                    let (id, attempt, _) = there.swap_remove(which % there.len());
                    let gone = row(attempt, Kind::Text, Stage::Gone(owned(id)));
                    space.moved(Some(Stage::Verifying(owned(id))), &gone, now);
                }
                _ => now += Duration::from_secs(20),
            }
            let all = there.iter().map(|one| one.2).chain(under_way.iter().map(|one| one.1));
            let all: Vec<Place> = all.collect();
            prop_assert!(all.len() <= 8);
            for id in 1..=3 {
                let place = Place::Category(Id::new(id));
                prop_assert!(all.iter().filter(|one| **one == place).count() <= 3);
            }
            // And it is used: nobody is turned away from a guild with room.
            prop_assert_eq!(space.offer(now).is_some(), all.len() < 8);
        }
    }
}
