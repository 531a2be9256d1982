//! What every record of removals does, as a suite that its author runs.

use twilight_model::id::{Id, marker::GuildMarker};

use super::{RoleEvent, RoleJournal, RoleRow, RoleStage};

const GUILD: Id<GuildMarker> = Id::new(7);

/// Panics with what the record does not do. `fresh` gives an empty one; `another` opens the same one
/// again, as another process does.
pub async fn suite<J: RoleJournal>(fresh: impl AsyncFn() -> J, another: impl AsyncFn(&J) -> J) {
    rows_outlive_the_process(&fresh, &another).await;
    what_is_open_stands_where_it_stood_by_the_plan_of_now(&fresh).await;
    what_is_settled_stays_until_it_is_planned_anew(&fresh).await;
    a_guild_has_one_holder(&fresh, &another).await;
    a_clock_that_was_put_back_keeps_nobody_out(&fresh, &another).await;
}

/// A row of the role with this id, in a plan.
fn row(role_id: u64) -> RoleRow {
    RoleRow {
        guild_id: GUILD,
        role_id: Id::new(role_id),
        plan: "0123456789abcdef".to_owned(),
        name: format!("role \"{role_id}\""),
        holders: Some(role_id),
        must_be_empty: role_id.is_multiple_of(2),
        audit_reason: "nobody needs it".to_owned(),
        stage: RoleStage::Planned,
        since_ms: 1_000,
        asked_ms: None,
        asks: 0,
        detail: None,
    }
}

fn after(row: &RoleRow, event: RoleEvent, now_ms: u64) -> RoleRow {
    row.after(event, now_ms).expect("the row is open")
}

async fn write<J: RoleJournal>(journal: &J, rows: &[RoleRow]) {
    let begun = journal.begin(rows.to_vec()).await;
    begun.expect("the record works");
}

async fn step<J: RoleJournal>(journal: &J, row: &RoleRow) {
    let written = journal.step(vec![row.clone()]).await;
    written.expect("the record works");
}

async fn rows<J: RoleJournal>(journal: &J, since_ms: u64) -> Vec<RoleRow> {
    let rows = journal.rows(GUILD, since_ms).await;
    rows.expect("the record works")
}

async fn rows_outlive_the_process<J: RoleJournal>(
    fresh: &impl AsyncFn() -> J,
    another: &impl AsyncFn(&J) -> J,
) {
    let journal = fresh().await;
    let elsewhere = RoleRow {
        guild_id: Id::new(8),
        ..row(5)
    };
    let unmeasured = RoleRow {
        holders: None,
        ..row(4)
    };
    write(&journal, &[unmeasured.clone(), row(3), row(2), elsewhere]).await;
    let asked = after(&row(3), RoleEvent::Asked, 2_000);
    step(&journal, &asked).await;
    let lost = after(
        &after(&row(2), RoleEvent::Asked, 2_000),
        RoleEvent::Lost,
        3_000,
    );
    step(&journal, &lost).await;
    drop(rows(&journal, 0).await);
    let reopened = another(&journal).await;
    assert_eq!(rows(&reopened, u64::MAX).await, [lost, asked, unmeasured]);
}

async fn what_is_open_stands_where_it_stood_by_the_plan_of_now<J: RoleJournal>(
    fresh: &impl AsyncFn() -> J,
) {
    let journal = fresh().await;
    write(&journal, &[row(2), row(3)]).await;
    let asked = after(&row(2), RoleEvent::Asked, 2_000);
    step(&journal, &asked).await;
    let anew = |role_id, must_be_empty| RoleRow {
        plan: "fedcba9876543210".to_owned(),
        name: "renamed".to_owned(),
        holders: None,
        must_be_empty,
        audit_reason: "another".to_owned(),
        since_ms: 5_000,
        ..row(role_id)
    };
    write(&journal, &[anew(2, false), anew(3, true), row(4)]).await;
    // What was to be empty, by either plan, is.
    let (asked, planned) = (
        RoleRow {
            must_be_empty: true,
            stage: RoleStage::Asked,
            since_ms: 2_000,
            asked_ms: asked.asked_ms,
            asks: 1,
            ..anew(2, false)
        },
        RoleRow {
            since_ms: 1_000,
            ..anew(3, true)
        },
    );
    assert_eq!(rows(&journal, u64::MAX).await, [asked, planned, row(4)]);
}

async fn what_is_settled_stays_until_it_is_planned_anew<J: RoleJournal>(
    fresh: &impl AsyncFn() -> J,
) {
    let journal = fresh().await;
    write(&journal, &[row(2), row(3), row(4)]).await;
    let asked = after(&row(2), RoleEvent::Asked, 2_000);
    step(&journal, &asked).await;
    let gone = after(&asked, RoleEvent::Gone("deleted".to_owned()), 3_000);
    step(&journal, &gone).await;
    let refused = after(&row(3), RoleEvent::Refused("no".to_owned()), 4_000);
    step(&journal, &refused).await;
    // Whoever comes late with what it knew before.
    step(&journal, &after(&asked, RoleEvent::Lost, 5_000)).await;
    let once_more = after(&asked, RoleEvent::Asked, 5_000);
    let settled = after(&row(4), RoleEvent::Gone("deleted".to_owned()), 5_000);
    let both = journal.step(vec![settled, once_more]).await;
    assert!(both.is_err(), "it is gone");
    assert_eq!(rows(&journal, u64::MAX).await, [row(4)], "all or none");
    let refused_too = after(&row(4), RoleEvent::Refused("no".to_owned()), 2_500);
    step(&journal, &refused_too).await;
    assert_eq!(rows(&journal, u64::MAX).await, []);
    assert_eq!(rows(&journal, 4_001).await, []);
    assert_eq!(rows(&journal, 4_000).await, std::slice::from_ref(&refused));
    assert_eq!(rows(&journal, 3_000).await, [gone.clone(), refused]);
    write(&journal, &[row(3)]).await;
    assert_eq!(rows(&journal, 3_000).await, [gone, row(3)]);
}

async fn a_guild_has_one_holder<J: RoleJournal>(
    fresh: &impl AsyncFn() -> J,
    another: &impl AsyncFn(&J) -> J,
) {
    let one = fresh().await;
    let other = another(&one).await;
    let hold = async |journal: &J, now_ms, until_ms| {
        let held = journal.hold(GUILD, now_ms, until_ms).await;
        held.expect("the record works")
    };
    assert!(hold(&one, 0, 10).await);
    assert!(hold(&one, 5, 20).await, "held for longer");
    assert!(!hold(&other, 15, 30).await, "somebody has it");
    let elsewhere = other.hold(Id::new(8), 15, 30).await;
    assert!(elsewhere.expect("the record works"), "another guild");
    assert!(hold(&other, 20, 40).await, "its time has passed");
    assert!(!hold(&one, 21, 50).await, "taken over");
    one.release(GUILD).await.expect("the record works");
    assert!(!hold(&one, 22, 50).await, "it was not ours to let go");
    other.release(GUILD).await.expect("the record works");
    assert!(hold(&one, 23, 50).await);
}

async fn a_clock_that_was_put_back_keeps_nobody_out<J: RoleJournal>(
    fresh: &impl AsyncFn() -> J,
    another: &impl AsyncFn(&J) -> J,
) {
    let one = fresh().await;
    let other = another(&one).await;
    let hold = async |journal: &J, now_ms, until_ms| {
        let held = journal.hold(GUILD, now_ms, until_ms).await;
        held.expect("the record works")
    };
    assert!(hold(&one, 10_000, 10_060).await);
    assert!(!hold(&other, 10, 70).await, "whoever has it may live");
    assert!(!hold(&other, 69, 129).await, "for as long as we would");
    assert!(hold(&other, 70, 130).await, "and has not said so");
    assert!(!hold(&one, 71, 131).await, "taken over");
    // One that lives holds it for longer, by the same clock.
    assert!(hold(&other, 20, 80).await);
    assert!(!hold(&one, 75, 135).await, "it lives");
}

#[cfg(test)]
mod tests {
    use crate::roles::MemoryRoleJournal;

    #[tokio::test]
    async fn the_record_in_memory_conforms() {
        super::suite(
            async || MemoryRoleJournal::default(),
            async |journal| journal.another(),
        )
        .await;
    }
}
