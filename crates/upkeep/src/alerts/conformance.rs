//! What every [`Outbox`] does, as a suite that its author runs.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! use cordboard_upkeep::alerts::{MemoryOutbox, conformance};
//!
//! // A fresh outbox, and how another process sees it.
//! let shared = async |outbox: &MemoryOutbox| outbox.clone();
//! conformance::suite(async || MemoryOutbox::default(), shared).await;
//! # }
//! ```

use super::{
    Alarm, Delivery, Kind, Noted, Outbox, Outcome, Settlement, State, Target,
    limits::{
        ALARMS_KEPT_MS, ALARMS_MAX, CLAIM_HOLDS_MS, DAMPED_WITHIN_MS, DELIVERIES_KEPT_MS,
        DELIVERY_AGE_MAX_MS, TELLINGS_MAX,
    },
};
use crate::Failure;

/// When the suite begins, so that a clock can be set back.
const T: u64 = 1_700_000_000_000;

const A_DAY_MS: u64 = 24 * 3_600_000;

/// Panics with what the outbox does not do. `fresh` gives an empty one; `shared` gives what another process
/// has of the same.
pub async fn suite<O: Outbox>(fresh: impl AsyncFn() -> O, shared: impl AsyncFn(&O) -> O) {
    an_alarm_is_told_once_when_it_begins_and_once_when_it_ends(&fresh, &shared).await;
    what_still_stands_is_told_again(&fresh().await).await;
    what_flaps_is_damped_and_counted(&fresh().await).await;
    a_target_hears_what_it_wants(&fresh().await).await;
    one_delivery_at_a_time_and_in_order(&fresh, &shared).await;
    a_claim_is_open_to_others_when_its_time_has_passed(&fresh, &shared).await;
    what_is_too_old_is_given_up(&fresh().await).await;
    a_clock_that_was_ahead_keeps_nothing_from_being_delivered(&fresh().await).await;
    a_test_is_told_once_and_has_no_end(&fresh().await).await;
    what_is_old_is_forgotten(&fresh().await).await;
    there_are_not_too_many_alarms(&fresh().await).await;
}

fn alarm(kind: Kind, subject: &str) -> Alarm {
    Alarm::new(kind, subject, "it is so", "do this")
}

fn ops() -> [Target; 1] {
    [Target::new("ops")]
}

async fn raise(outbox: &impl Outbox, now_ms: u64) -> Noted {
    let (alarm, targets) = (alarm(Kind::BotSilent, "echo"), ops());
    let raised = outbox.raise(&alarm, &targets, now_ms).await;
    raised.expect("it can be raised")
}

async fn clear(outbox: &impl Outbox, now_ms: u64) -> Noted {
    let targets = ops();
    let cleared = outbox.clear(Kind::BotSilent, "echo", &targets, now_ms);
    cleared.await.expect("it can be cleared")
}

async fn claim(outbox: &impl Outbox, now_ms: u64) -> Option<Delivery> {
    let claimed = outbox.claim(&ops(), now_ms).await;
    let mut claimed = claimed.expect("it can be claimed").deliveries;
    assert!(claimed.len() <= 1, "one for each target: {claimed:?}");
    claimed.pop()
}

async fn settle(outbox: &impl Outbox, delivery: &Delivery, outcome: Outcome, now_ms: u64) {
    let settled = outbox.settle(delivery, &outcome, now_ms).await;
    settled.expect("it can be settled");
}

/// Delivers all that is due and gives what it was.
async fn delivered(outbox: &impl Outbox, now_ms: u64) -> Vec<Delivery> {
    let mut all = Vec::new();
    while let Some(delivery) = claim(outbox, now_ms).await {
        settle(outbox, &delivery, Outcome::Delivered, now_ms).await;
        all.push(delivery);
    }
    all
}

async fn states(outbox: &impl Outbox, now_ms: u64) -> Vec<State> {
    let delivered = delivered(outbox, now_ms).await;
    delivered.iter().map(|delivery| delivery.state).collect()
}

fn failed(next_at_ms: u64) -> Outcome {
    Outcome::Failed {
        next_at_ms,
        why: "away".to_owned(),
    }
}

async fn an_alarm_is_told_once_when_it_begins_and_once_when_it_ends<O: Outbox>(
    fresh: &impl AsyncFn() -> O,
    shared: &impl AsyncFn(&O) -> O,
) {
    let outbox = fresh().await;
    assert_eq!(clear(&outbox, T).await, Noted::default(), "there is none");
    let noted = raise(&outbox, T).await;
    assert!(noted.is_new && noted.deliveries.len() == 1, "{noted:?}");
    let other = shared(&outbox).await;
    assert_eq!(raise(&other, T + 1).await, Noted::default());
    let changed = Alarm::new(Kind::BotSilent, "echo", "for two hours", "do that");
    let said = other.raise(&changed, &ops(), T + 2).await;
    assert_eq!(said.expect("it can be raised"), Noted::default());

    let told = delivered(&other, T + 3).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].id, noted.deliveries[0]);
    assert_eq!((told[0].state, told[0].at_ms), (State::Begun, T));
    assert_eq!((told[0].text.as_str(), told[0].count), ("it is so", 1));
    let alarms = outbox.overview().await.expect("it can be read").alarms;
    assert_eq!(alarms.len(), 1, "{alarms:?}");
    assert_eq!((alarms[0].begun_ms, alarms[0].said_ms), (T, T + 2));
    assert_eq!(
        (alarms[0].text.as_str(), alarms[0].count),
        ("for two hours", 3)
    );

    assert!(clear(&outbox, T + 4).await.is_new);
    assert_eq!(clear(&outbox, T + 5).await, Noted::default());
    assert_eq!(states(&other, T + 6).await, [State::Resolved]);
    let overview = outbox.overview().await.expect("it can be read");
    assert!(overview.alarms.is_empty(), "{overview:?}");
    let settled: Vec<_> = overview.deliveries.iter().map(|one| one.settled).collect();
    assert_eq!(settled, [Some(Settlement::Delivered); 2]);
    assert_eq!(
        overview.deliveries[0].state,
        State::Resolved,
        "the newest first"
    );

    assert!(raise(&outbox, T + 7).await.is_new);
    let told = delivered(&outbox, T + 8).await;
    assert_eq!((told[0].state, told[0].count), (State::Begun, 1));
}

async fn what_still_stands_is_told_again(outbox: &impl Outbox) {
    raise(outbox, T).await;
    assert_eq!(states(outbox, T).await, [State::Begun]);
    // Nobody has said it again.
    assert_eq!(states(outbox, T + A_DAY_MS).await, []);
    raise(outbox, T + A_DAY_MS - 1).await;
    assert_eq!(states(outbox, T + A_DAY_MS - 1).await, []);
    assert_eq!(states(outbox, T + A_DAY_MS).await, [State::Reminder]);
    assert_eq!(states(outbox, T + A_DAY_MS).await, []);
    clear(outbox, T + A_DAY_MS + 1).await;
    assert_eq!(states(outbox, T + A_DAY_MS + 1).await, [State::Resolved]);
}

async fn what_flaps_is_damped_and_counted(outbox: &impl Outbox) {
    let mut told = Vec::new();
    for number in 0..10 {
        raise(outbox, T + 10 * number).await;
        clear(outbox, T + 10 * number + 5).await;
        told.extend(states(outbox, T + 10 * number + 6).await);
    }
    let pair = [State::Begun, State::Resolved];
    assert_eq!(told, pair.repeat(TELLINGS_MAX as usize / 2));
    raise(outbox, T + 200).await;
    assert_eq!(states(outbox, T + 200).await, []);
    // It is told when it has calmed down, as it is then.
    let later = T + DAMPED_WITHIN_MS + 100;
    let told = delivered(outbox, later).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].state, State::Begun);
    let rest = 10 - u64::from(TELLINGS_MAX) / 2;
    assert_eq!(told[0].untold, rest + 1, "each beginning that was not told");
}

async fn a_target_hears_what_it_wants(outbox: &impl Outbox) {
    let targets = [
        Target {
            kinds: Some([Kind::GuildFull].into()),
            ..Target::new("some")
        },
        Target::new("all"),
    ];
    for (kind, names) in [
        (Kind::BotSilent, &["all"][..]),
        (Kind::GuildFull, &["some", "all"]),
    ] {
        let raised = outbox.raise(&alarm(kind, "one"), &targets, T).await;
        let raised = raised.expect("it can be raised").deliveries;
        assert_eq!(raised.len(), names.len());
        let claimed = outbox.claim(&targets, T).await.expect("it can be claimed");
        let told: Vec<_> = claimed.deliveries.iter().map(|one| &one.target).collect();
        assert_eq!(told, names, "{kind}");
        for delivery in &claimed.deliveries {
            settle(outbox, delivery, Outcome::Delivered, T).await;
        }
    }
    // Who comes later hears of what stands.
    let claimed = outbox
        .claim(&ops(), T + 1)
        .await
        .expect("it can be claimed");
    assert_eq!(claimed.deliveries.len(), 1);
}

async fn one_delivery_at_a_time_and_in_order<O: Outbox>(
    fresh: &impl AsyncFn() -> O,
    shared: &impl AsyncFn(&O) -> O,
) {
    let outbox = fresh().await;
    let other = shared(&outbox).await;
    raise(&outbox, T).await;
    clear(&outbox, T + 1).await;
    let first = claim(&outbox, T + 2).await.expect("one is due");
    assert_eq!((first.state, first.attempt), (State::Begun, 1));
    assert_eq!(claim(&other, T + 2).await, None, "it is claimed");
    assert_eq!(
        claim(&outbox, T + 2).await,
        None,
        "our second try is no better"
    );
    settle(&outbox, &first, failed(T + 100), T + 3).await;
    assert_eq!(
        claim(&other, T + 99).await,
        None,
        "what follows waits for it"
    );
    let again = claim(&other, T + 100).await.expect("one is due");
    assert_eq!((&again.id, again.attempt), (&first.id, 2));
    let waiting = outbox.overview().await.expect("it can be read").deliveries;
    assert_eq!(
        waiting.iter().filter(|one| one.settled.is_none()).count(),
        2
    );
    assert_eq!(waiting[1].trouble.as_deref(), Some("away"));
    settle(&other, &again, Outcome::Delivered, T + 101).await;
    assert_eq!(states(&outbox, T + 102).await, [State::Resolved]);
}

async fn a_claim_is_open_to_others_when_its_time_has_passed<O: Outbox>(
    fresh: &impl AsyncFn() -> O,
    shared: &impl AsyncFn(&O) -> O,
) {
    let outbox = fresh().await;
    let other = shared(&outbox).await;
    raise(&outbox, T).await;
    let dead = claim(&outbox, T).await.expect("one is due");
    assert_eq!(claim(&other, T + CLAIM_HOLDS_MS - 1).await, None);
    let alive = claim(&other, T + CLAIM_HOLDS_MS).await.expect("it is open");
    assert_eq!(alive.id, dead.id);
    // What the first one says of its failure comes too late.
    settle(&outbox, &dead, failed(T + 1), T + CLAIM_HOLDS_MS + 1).await;
    let given_up = Outcome::GivenUp {
        why: "away".to_owned(),
    };
    settle(&outbox, &dead, given_up, T + CLAIM_HOLDS_MS + 1).await;
    assert_eq!(claim(&outbox, T + CLAIM_HOLDS_MS + 1).await, None);
    // And that it was delivered does not.
    settle(&outbox, &dead, Outcome::Delivered, T + CLAIM_HOLDS_MS + 2).await;
    settle(&other, &alive, failed(0), T + CLAIM_HOLDS_MS + 3).await;
    assert_eq!(claim(&other, T + 3 * CLAIM_HOLDS_MS).await, None);
}

async fn what_is_too_old_is_given_up(outbox: &impl Outbox) {
    raise(outbox, T).await;
    let late = T + DELIVERY_AGE_MAX_MS;
    let tried = claim(outbox, late).await.expect("it is due");
    let given_up =
        |claimed: Result<super::Claimed, Failure>| claimed.expect("it can be claimed").given_up;
    assert_eq!(
        given_up(outbox.claim(&ops(), late + 1).await),
        0,
        "it is tried"
    );
    settle(outbox, &tried, failed(late + 2), late + 1).await;
    // Nobody is there any more whom it is for.
    assert_eq!(given_up(outbox.claim(&[], late + 2).await), 1);
    assert_eq!(given_up(outbox.claim(&[], late + 2).await), 0);
    let overview = outbox.overview().await.expect("it can be read");
    assert_eq!(overview.deliveries[0].settled, Some(Settlement::GivenUp));
    assert_eq!(overview.deliveries[0].trouble.as_deref(), Some("away"));
    assert_eq!(overview.alarms.len(), 1, "it stands all the same");
}

async fn a_clock_that_was_ahead_keeps_nothing_from_being_delivered(outbox: &impl Outbox) {
    raise(outbox, T + A_DAY_MS).await;
    let ahead = claim(outbox, T + A_DAY_MS).await.expect("one is due");
    assert!(
        claim(outbox, T).await.is_some(),
        "its claim is of another time"
    );
    let again = claim(outbox, T + A_DAY_MS).await.expect("and so is this");
    assert_eq!(again.id, ahead.id);
    settle(outbox, &again, failed(T + A_DAY_MS), T + A_DAY_MS).await;
    assert_eq!(states(outbox, T).await, [State::Begun]);
}

async fn a_test_is_told_once_and_has_no_end(outbox: &impl Outbox) {
    let targets = [Target::new("other"), Target::new("ops")];
    let test = alarm(Kind::Test, "ops 7");
    let noted = outbox.raise(&test, &targets, T).await;
    assert_eq!(noted.expect("it can be raised").deliveries.len(), 1);
    assert_eq!(states(outbox, T).await, [State::Begun]);
    let cleared = outbox.clear(Kind::Test, "ops 7", &targets, T + 1).await;
    assert_eq!(cleared.expect("it can be cleared").deliveries.len(), 0);
    assert_eq!(states(outbox, T + 2 * A_DAY_MS).await, []);
    let overview = outbox.overview().await.expect("it can be read");
    assert!(overview.alarms.is_empty(), "{overview:?}");
}

async fn what_is_old_is_forgotten(outbox: &impl Outbox) {
    raise(outbox, T).await;
    assert_eq!(states(outbox, T).await, [State::Begun]);
    let later = T + ALARMS_KEPT_MS.max(DELIVERIES_KEPT_MS) + 1;
    let other = outbox
        .raise(&alarm(Kind::GuildFull, "7"), &ops(), later)
        .await;
    assert_eq!(other.expect("it can be raised").deliveries.len(), 1);
    let overview = outbox.overview().await.expect("it can be read");
    assert_eq!(overview.deliveries.len(), 1, "{overview:?}");
    assert_eq!(overview.alarms.len(), 1, "{overview:?}");
    assert!(raise(outbox, later).await.is_new);
}

async fn there_are_not_too_many_alarms(outbox: &impl Outbox) {
    for number in 0..ALARMS_MAX {
        let alarm = alarm(Kind::BotSilent, &number.to_string());
        outbox.raise(&alarm, &[], T).await.expect("there is room");
    }
    let more = outbox.raise(&alarm(Kind::BotLimit, "echo"), &[], T).await;
    assert!(matches!(more, Err(Failure::NotDone { .. })), "{more:?}");
    // What is there can still be said again, and end.
    let again = outbox.raise(&alarm(Kind::BotSilent, "1"), &[], T + 1).await;
    assert!(!again.expect("it is there").is_new);
    let cleared = outbox.clear(Kind::BotSilent, "1", &[], T + 2).await;
    assert!(cleared.expect("it is there").is_new);
    let after = T + ALARMS_KEPT_MS + 3;
    let room = outbox
        .raise(&alarm(Kind::BotLimit, "echo"), &[], after)
        .await;
    assert!(room.expect("those are old").is_new);
}

#[cfg(test)]
mod tests {
    use crate::alerts::MemoryOutbox;

    #[tokio::test]
    async fn the_outbox_in_memory_conforms() {
        let shared = async |outbox: &MemoryOutbox| outbox.clone();
        super::suite(async || MemoryOutbox::default(), shared).await;
    }
}
