//! What is not of the guild: files, clocks, budgets, and what came of a probe.

use std::time::Duration;

use super::{super::*, amiss};

fn sound() -> StoreFacts {
    StoreFacts {
        file: FileFacts::Sound(3),
        daybook: FileFacts::Creatable("/srv/cordboard".to_owned()),
        key: KeyFacts::Fits,
        disk: Some(DiskFacts { free: 2, needed: 2 }),
        holder: HolderFacts::Process(Some(7)),
        are_deletions_held: Some(false),
    }
}

#[test]
fn each_thing_that_is_wrong_with_the_files_is_named_once() {
    let (matter, fix) = ("m".to_owned(), "f".to_owned());
    let refused = FileFacts::Refused {
        matter: matter.clone(),
        fix: fix.clone(),
    };
    let no_key = KeyFacts::Refused { matter, fix };
    for (facts, expected) in [
        (sound(), None),
        (
            StoreFacts {
                file: refused.clone(),
                ..sound()
            },
            Some("store.file"),
        ),
        (
            StoreFacts {
                daybook: refused,
                ..sound()
            },
            Some("store.daybook"),
        ),
        (
            StoreFacts {
                key: no_key,
                ..sound()
            },
            Some("store.key"),
        ),
        (
            StoreFacts {
                disk: Some(DiskFacts { free: 1, needed: 2 }),
                ..sound()
            },
            Some("store.disk"),
        ),
        (
            StoreFacts {
                are_deletions_held: Some(true),
                ..sound()
            },
            Some("store.deletions"),
        ),
        (
            StoreFacts {
                disk: None,
                are_deletions_held: None,
                holder: HolderFacts::Unknown,
                ..sound()
            },
            None,
        ),
    ] {
        let findings = store(&facts);
        assert_eq!(amiss(&findings), Vec::from_iter(expected), "{facts:?}");
    }
}

#[test]
fn clocks_may_be_half_a_minute_apart() {
    let now = 1_000_000;
    for (ours, discord, expected) in [
        (now, Some(now), State::Ok),
        (now + 30_000, Some(now), State::Ok),
        (now + 30_001, Some(now), State::Wrong),
        (now - 30_001, Some(now), State::Wrong),
        (now, None, State::Skipped),
    ] {
        let finding = clock(ours, discord);
        assert_eq!(finding.state, expected, "{ours} {discord:?}");
        amiss(&[finding]);
    }
}

#[test]
fn what_is_nearly_used_up_is_named() {
    let reset = Duration::from_mins(1);
    let with = |facts: Headroom| amiss(&headroom(&facts));
    assert!(with(Headroom::default()).is_empty());
    for (used, expected) in [
        (450, None),
        (451, Some("headroom.channels")),
        (520, Some("headroom.channels")),
    ] {
        let facts = Headroom {
            channels: Some((used, 500)),
            ..Headroom::default()
        };
        assert_eq!(with(facts), Vec::from_iter(expected), "{used}");
    }
    for (categories, expected) in [
        (vec![50], Some("headroom.categories")),
        (vec![50, 0], None),
        (vec![50, 41], Some("headroom.categories")),
    ] {
        let facts = Headroom {
            categories: categories.clone(),
            ..Headroom::default()
        };
        assert_eq!(with(facts), Vec::from_iter(expected), "{categories:?}");
    }
    for (left, total, expected) in [
        (1_000, 1_000, None),
        (100, 1_000, None),
        (99, 1_000, Some("headroom.identifies")),
        (49, 50, Some("headroom.identifies")),
    ] {
        let facts = Headroom {
            identifies: Some((left, total, reset)),
            ..Headroom::default()
        };
        assert_eq!(with(facts), Vec::from_iter(expected), "{left} of {total}");
    }
    let roles = Headroom {
        roles: Some(226),
        creations: Some(9_999),
        ..Headroom::default()
    };
    assert_eq!(with(roles), ["headroom.roles"]);
}

#[test]
fn a_session_and_an_answer_are_judged_by_what_came_of_them() {
    let second = Duration::from_secs(1);
    let (matter, fix) = ("m".to_owned(), "f".to_owned());
    for (facts, expected) in [
        (SessionFacts::Ready(second), State::Ok),
        (
            SessionFacts::Refused {
                matter: matter.clone(),
                fix: fix.clone(),
            },
            State::Wrong,
        ),
        (SessionFacts::NotReady(matter.clone()), State::Unknown),
        (SessionFacts::NotBegun(matter.clone()), State::Skipped),
    ] {
        let finding = session(&facts);
        assert_eq!(finding.state, expected, "{facts:?}");
        amiss(&[finding]);
    }
    let answered = |has_content, mentions_us| AnswerFacts::Answered {
        after: second,
        has_content,
        mentions_us,
    };
    for (facts, expected) in [
        (answered(true, false), None),
        (answered(true, true), None),
        (answered(false, false), Some("upstream.content")),
        (AnswerFacts::Silent(second), Some("upstream.answers")),
        (
            AnswerFacts::Failed {
                matter: matter.clone(),
                fix,
            },
            Some("upstream.answers"),
        ),
        (AnswerFacts::NotAsked(matter), None),
    ] {
        let findings = answer(0, "f", &facts);
        assert_eq!(amiss(&findings), Vec::from_iter(expected), "{facts:?}");
    }
}
