//! What is asked of a registry, one case each.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use twilight_model::id::Id;

use super::{
    CHANNEL, OTHER, events,
    life::{DAY_MS, GUILD, Life, NOW_MS, attempt, enter},
    stages,
};
use crate::{
    Entry, Event, Evidence, Horizon, Owned, Owner, PlanHash, Registry, RegistryError, Row, Stage,
    Step, Stepped,
};

/// A fresh registry with one row at the given end of events.
async fn at<R: Registry>(fresh: impl AsyncFn() -> R, path: &[Event]) -> Life<R> {
    let life = Life::of(fresh().await).await;
    assert!(life.insert(life.planned(1)).await);
    for event in path {
        life.take(1, *event).await;
    }
    life
}

/// What a step makes of a row whose stage it changes.
fn stepped(row: Row, stage: Stage, owner: Owner) -> Row {
    Row {
        stage,
        owner,
        since_ms: NOW_MS + 10,
        next_at_ms: NOW_MS + 4,
        tries: 5,
        reason: Some("why, äöü '\"".to_owned()),
        ..row
    }
}

pub(super) async fn rows_come_back_as_they_were_written<R: Registry>(
    fresh: impl AsyncFn() -> R,
    reopened: impl AsyncFn(R) -> R,
) {
    for (stage, path) in stages() {
        let life = at(&fresh, &path).await.reopened(&reopened).await;
        let mut row = life.planned(1);
        if !path.is_empty() {
            row = stepped(row, stage, life.owner);
        }
        assert_eq!(life.read(1).await, Some(row), "a row after {path:?}");
    }
    let found = Owned {
        channel_id: CHANNEL,
        evidence: Evidence::AuditLog,
    };
    let adopted = Owned {
        channel_id: CHANNEL,
        evidence: Evidence::Operator(PlanHash::of(GUILD, &BTreeSet::from([CHANNEL, OTHER]))),
    };
    for stage in [
        Stage::Condemned(found),
        Stage::Condemned(adopted),
        Stage::Quarantined(CHANNEL),
    ] {
        let life = Life::of(fresh().await).await;
        let row = Row {
            stage,
            ..life.planned(2)
        };
        assert!(life.insert(row.clone()).await);
        let life = life.reopened(&reopened).await;
        let owner = life.owner;
        assert_eq!(life.read(2).await, Some(Row { owner, ..row }), "{stage:?}");
    }
}

pub(super) async fn steps_are_those_of_the_state_machine<R: Registry>(fresh: impl AsyncFn() -> R) {
    for (stage, path) in stages() {
        for event in events() {
            let life = at(&fresh, &path).await;
            let row = life.read(1).await.expect("the row is there");
            let taken = life.registry.step(life.step(1, event)).await;
            let expected = match stage.after(event) {
                Ok(after) if after == stage => row.clone(),
                Ok(after) => stepped(row.clone(), after, life.owner),
                Err(illegal) => {
                    let refused = matches!(&taken, Err(RegistryError::Illegal { row: told, source })
                        if *source == illegal && **told == row);
                    assert!(refused, "{event:?} at {stage:?} is illegal: {taken:?}");
                    assert_eq!(life.read(1).await, Some(row), "nothing was written");
                    continue;
                }
            };
            let taken = taken.expect("a legal step is taken");
            let told = Stepped {
                before: stage,
                row: expected.clone(),
            };
            assert_eq!(taken, told);
            assert_eq!(life.read(1).await, Some(expected), "{event:?} at {stage:?}");
        }
    }
}

pub(super) async fn an_attempt_and_a_channel_have_one_row(registry: impl Registry) {
    let life = Life::of(registry).await;
    assert!(life.insert(life.planned(1)).await);
    life.take(1, Event::Named(CHANNEL)).await;
    let before = life.read(1).await;
    assert!(
        !life.insert(life.planned(1)).await,
        "the attempt is on record already"
    );
    let owned = Owned {
        channel_id: CHANNEL,
        evidence: Evidence::AuditLog,
    };
    let second = Row {
        stage: Stage::Condemned(owned),
        ..life.planned(2)
    };
    assert!(
        !life.insert(second).await,
        "the channel is on record already"
    );
    assert_eq!(life.read(1).await, before);
    assert_eq!(life.read(2).await, None);

    assert!(life.insert(life.planned(3)).await);
    let stolen = life
        .registry
        .step(life.step(3, Event::Named(CHANNEL)))
        .await;
    assert!(
        matches!(stolen, Err(RegistryError::Illegal { .. })),
        "the channel belongs to another row"
    );
    assert_eq!(life.read(3).await, Some(life.planned(3)));
}

pub(super) async fn open_rows_are_listed_in_pages<R: Registry>(
    fresh: impl AsyncFn() -> R,
    reopened: impl AsyncFn(R) -> R,
) {
    let life = Life::of(fresh().await).await;
    for number in (1..=9).rev() {
        assert!(life.insert(life.planned(number)).await);
    }
    life.take(3, Event::Refused).await;
    for event in [Event::Named(CHANNEL), Event::Released, Event::Absent] {
        life.take(5, event).await;
    }
    life.take(7, Event::Lost).await;
    life.take(7, Event::GivenUp).await;
    for event in [Event::Named(OTHER), Event::Spared] {
        life.take(8, event).await;
    }
    let registry = reopened(life.registry).await;
    let mut seen = Vec::new();
    let mut last = None;
    loop {
        let page = registry.open(last, 3).await.expect("open rows can be read");
        assert!(page.len() <= 3);
        let Some(row) = page.last() else { break };
        last = Some(row.attempt);
        seen.extend(page.into_iter().map(|row| row.attempt));
    }
    assert_eq!(
        seen,
        [1, 2, 4, 6, 7, 9].map(attempt),
        "open rows, each once, in order"
    );
}

pub(super) async fn the_log_is_only_read_forward<R: Registry>(
    fresh: impl AsyncFn() -> R,
    reopened: impl AsyncFn(R) -> R,
) {
    let registry = fresh().await;
    let mut entered = enter(&registry, NOW_MS).await;
    assert_eq!(entered.horizon, Horizon::default(), "nothing is known");
    for (to, expected) in [(20, 20), (10, 20), (30, 30)] {
        let moved = registry.read_to(entered.owner, GUILD, Id::new(to)).await;
        moved.expect("it can be moved");
        let former = entered.owner;
        entered = enter(&registry, NOW_MS).await;
        assert_eq!(entered.horizon.read_to, Some(Id::new(expected)));
        let late = registry.read_to(former, GUILD, Id::new(99)).await;
        assert!(matches!(late, Err(RegistryError::Fenced)), "{late:?}");
    }
    let life = Life::of(registry).await;
    for (number, channel_id) in [(1, OTHER), (2, CHANNEL)] {
        assert!(life.insert(life.planned(number)).await);
        life.take(number, Event::Named(channel_id)).await;
    }
    let registry = reopened(life.registry).await;
    let horizon = enter(&registry, NOW_MS).await.horizon;
    assert_eq!(horizon.read_to, Some(Id::new(30)));
    assert_eq!(horizon.youngest, Some(OTHER));
    let elsewhere = Entry {
        instance: 1,
        guild_id: Id::new(8),
        at_ms: NOW_MS,
    };
    let elsewhere = registry.enter(elsewhere).await.expect("a life can begin");
    assert_eq!(
        elsewhere.horizon,
        Horizon::default(),
        "another guild has another horizon"
    );
}

pub(super) async fn a_day_is_counted_over_restarts<R: Registry>(
    fresh: impl AsyncFn() -> R,
    reopened: impl AsyncFn(R) -> R,
) {
    let life = Life::of(fresh().await).await;
    for number in 1..=3u64 {
        let attempt = u128::from(number);
        assert!(life.insert(life.planned(attempt)).await);
        life.take(attempt, Event::Named(Id::new(2_000 + number)))
            .await;
    }
    // Asked for twice, counted once.
    for event in [Event::Released, Event::Asked, Event::Asked] {
        life.take(1, event).await;
    }
    let registry = reopened(life.registry).await;
    for (at_ms, expected) in [(NOW_MS + DAY_MS / 2, (3, 1)), (NOW_MS + 2 * DAY_MS, (0, 0))] {
        let horizon = enter(&registry, at_ms).await.horizon;
        assert_eq!((horizon.inserted, horizon.asked), expected);
    }
}

pub(super) async fn a_life_that_is_over_writes_nothing<R: Registry>(
    fresh: impl AsyncFn() -> R,
    reopened: impl AsyncFn(R) -> R,
) {
    let life = Life::of(fresh().await).await;
    assert!(life.insert(life.planned(1)).await);
    let (former, life) = (life.owner, life.reopened(reopened).await);
    assert!(former.epoch < life.owner.epoch, "epochs grow");
    let late = Row {
        owner: former,
        ..life.planned(2)
    };
    let late = life.registry.insert(late).await;
    assert!(matches!(late, Err(RegistryError::Fenced)), "{late:?}");
    let late = Step {
        owner: former,
        ..life.step(1, Event::Lost)
    };
    let late = life.registry.step(late).await;
    assert!(matches!(late, Err(RegistryError::Fenced)), "{late:?}");
    let row = life.read(1).await.expect("the row is there");
    assert_eq!(
        (row.stage, row.owner),
        (Stage::Planned, life.owner),
        "nothing was written, and the new life has taken over"
    );
    assert_eq!(life.read(2).await, None);
}

pub(super) async fn rows_that_are_missing_are_said_to_be(registry: impl Registry) {
    let life = Life::of(registry).await;
    assert_eq!(life.read(1).await, None);
    let stepped = life.registry.step(life.step(1, Event::Lost)).await;
    let missing = matches!(
        stepped,
        Err(RegistryError::Missing { attempt: named }) if named == attempt(1)
    );
    assert!(missing, "a step of a missing row says so: {stepped:?}");
}

pub(super) async fn many_callers_at_once_all_get_through(registry: impl Registry) {
    let life = &Life::of(registry).await;
    let calls = (1..=256u64).map(async |number| {
        let attempt = u128::from(number);
        assert!(life.insert(life.planned(attempt)).await);
        // One bad neighbour in each batch must not spoil it for the others.
        let bad = life.registry.step(life.step(attempt, Event::Absent)).await;
        assert!(matches!(bad, Err(RegistryError::Illegal { .. })));
        life.take(attempt, Event::Named(Id::new(10_000 + number)))
            .await;
        life.take(attempt, Event::Released).await;
    });
    join_all(calls).await;
    for number in 1..=256 {
        let row = life.read(number).await.expect("the row is there");
        assert_eq!(row.stage.name(), "condemned");
    }
}
