//! What every [`Diary`] does, as a suite that its author runs.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! use cordboard_upkeep::{MemoryDiary, conformance};
//!
//! // A fresh diary, and how another process sees it.
//! conformance::suite(async || MemoryDiary::default(), async |diary: &MemoryDiary| diary.clone()).await;
//! # }
//! ```

use crate::{Claim, Diary, Open, Standing, limits::DIARY_KEPT_MS};

/// Panics with what the diary does not do. `fresh` gives an empty one; `shared` gives what another
/// process has of the same.
pub async fn suite<D: Diary>(fresh: impl AsyncFn() -> D, shared: impl AsyncFn(&D) -> D) {
    a_job_begins_when_it_is_asked_for_first(&fresh, &shared).await;
    a_schedule_changes_for_all(&fresh, &shared).await;
    a_change_that_was_ahead_is_put_right(&fresh().await).await;
    a_due_time_is_claimed_once(&fresh, &shared).await;
    a_claim_that_was_not_renewed_is_open_to_others(&fresh, &shared).await;
    a_claim_from_before_the_clock_was_put_back_ends_as_one_of_now_would(&fresh().await).await;
    a_clock_that_was_ahead_keeps_no_job_from_running(&fresh().await).await;
    jobs_do_not_know_of_each_other(&fresh().await).await;
    what_is_old_is_forgotten_and_the_latest_is_not(&fresh().await).await;
}

async fn standing(diary: &impl Diary, job: &str, now_ms: u64) -> Standing {
    diary.standing(job, now_ms).await.expect("it can be read")
}

async fn claim(diary: &impl Diary, due_ms: u64, now_ms: u64, until_ms: u64) -> Claim {
    let claimed = diary.claim("job", due_ms, now_ms, until_ms).await;
    claimed.expect("it can be claimed")
}

/// Claims a due time and gives the holder's number.
async fn ours(diary: &impl Diary, due_ms: u64, now_ms: u64, again: bool) -> u64 {
    match claim(diary, due_ms, now_ms, now_ms + 10).await {
        Claim::Ours {
            holder,
            again: found,
        } => {
            assert_eq!(found, again, "{due_ms}");
            holder
        }
        other => panic!("{due_ms} is free, and the claim came to {other:?}"),
    }
}

async fn finish(diary: &impl Diary, due_ms: u64, holder: u64, now_ms: u64) -> bool {
    let finished = diary.finish("job", due_ms, holder, "done", now_ms).await;
    finished.expect("it can be written")
}

async fn a_job_begins_when_it_is_asked_for_first<D: Diary>(
    fresh: &impl AsyncFn() -> D,
    shared: &impl AsyncFn(&D) -> D,
) {
    let diary = fresh().await;
    let begun = Standing {
        since_ms: 1_000,
        open: None,
    };
    assert_eq!(standing(&diary, "job", 1_000).await, begun);
    let other = shared(&diary).await;
    assert_eq!(standing(&other, "job", 5_000).await, begun);
    // Set back before its beginning: that is when it began, or it would begin anew with each look.
    assert_eq!(standing(&other, "job", 500).await.since_ms, 500);
    assert_eq!(standing(&diary, "job", 600).await.since_ms, 500);
}

async fn keep_to(diary: &impl Diary, schedule: &str, now_ms: u64) {
    let kept = diary.keep_to("job", schedule, now_ms).await;
    kept.expect("it can be written");
}

async fn a_schedule_changes_for_all<D: Diary>(
    fresh: &impl AsyncFn() -> D,
    shared: &impl AsyncFn(&D) -> D,
) {
    let diary = fresh().await;
    let other = shared(&diary).await;
    assert_eq!(standing(&diary, "job", 100).await.since_ms, 100);
    // It had begun before anybody told its schedule.
    keep_to(&diary, "at nine", 150).await;
    assert_eq!(standing(&diary, "job", 150).await.since_ms, 100);
    let holder = ours(&diary, 200, 200, false).await;
    assert!(finish(&diary, 200, holder, 200).await);
    keep_to(&other, "at nine", 300).await;
    assert_eq!(standing(&diary, "job", 300).await.since_ms, 200);
    keep_to(&other, "at ten", 400).await;
    keep_to(&diary, "at ten", 500).await;
    assert_eq!(standing(&diary, "job", 600).await.since_ms, 400);
    ours(&diary, 700, 700, false).await;
    assert_eq!(standing(&other, "job", 800).await.since_ms, 700);
    // The first that is told of a job.
    assert!(diary.keep_to("new", "at nine", 900).await.is_ok());
    assert_eq!(standing(&other, "new", 1_000).await.since_ms, 900);
}

async fn a_change_that_was_ahead_is_put_right(diary: &impl Diary) {
    keep_to(diary, "at nine", 50).await;
    keep_to(diary, "at ten", 9_000_000).await;
    assert_eq!(standing(diary, "job", 100).await.since_ms, 100);
    assert_eq!(standing(diary, "job", 200).await.since_ms, 100);
}

async fn a_due_time_is_claimed_once<D: Diary>(
    fresh: &impl AsyncFn() -> D,
    shared: &impl AsyncFn(&D) -> D,
) {
    let diary = fresh().await;
    let other = shared(&diary).await;
    let holder = ours(&diary, 100, 101, false).await;
    assert_eq!(
        claim(&other, 100, 105, 120).await,
        Claim::Held { until_ms: 111 }
    );
    // Our own second try is no better: nobody knows what the first one did.
    assert_eq!(
        claim(&diary, 100, 105, 120).await,
        Claim::Held { until_ms: 111 }
    );
    let renewed = diary.renew("job", 100, holder, 130).await;
    assert!(renewed.expect("it can be written"));
    assert_eq!(
        claim(&other, 100, 120, 140).await,
        Claim::Held { until_ms: 130 }
    );
    let open = Some(Open {
        due_ms: 100,
        until_ms: 130,
    });
    assert_eq!(
        standing(&other, "job", 120).await,
        Standing {
            since_ms: 100,
            open
        }
    );
    assert!(finish(&diary, 100, holder, 121).await);
    assert!(!finish(&diary, 100, holder, 122).await, "it is done");
    assert_eq!(claim(&other, 100, 500, 510).await, Claim::Done);
    assert_eq!(claim(&diary, 100, 500, 510).await, Claim::Done);
    let done = Standing {
        since_ms: 100,
        open: None,
    };
    assert_eq!(standing(&other, "job", 600).await, done);
}

async fn a_claim_that_was_not_renewed_is_open_to_others<D: Diary>(
    fresh: &impl AsyncFn() -> D,
    shared: &impl AsyncFn(&D) -> D,
) {
    let diary = fresh().await;
    let other = shared(&diary).await;
    let dead = ours(&diary, 100, 100, false).await;
    let alive = ours(&other, 100, 110, true).await;
    assert_ne!(dead, alive);
    let renewed = diary.renew("job", 100, dead, 200).await;
    assert!(!renewed.expect("it can be read"), "somebody else has it");
    assert!(
        !finish(&diary, 100, dead, 115).await,
        "somebody else has it"
    );
    assert!(finish(&other, 100, alive, 116).await);
}

async fn a_clock_that_was_ahead_keeps_no_job_from_running(diary: &impl Diary) {
    standing(diary, "job", 100).await;
    let holder = ours(diary, 9_000_000, 9_000_000, false).await;
    assert!(finish(diary, 9_000_000, holder, 9_000_000).await);
    let now = Standing {
        since_ms: 100,
        open: None,
    };
    assert_eq!(standing(diary, "job", 200).await, now);
    ours(diary, 150, 200, false).await;
}

async fn a_claim_from_before_the_clock_was_put_back_ends_as_one_of_now_would(diary: &impl Diary) {
    let dead = ours(diary, 100, 9_000_000, false).await;
    // Whoever finds it in its way lets it end.
    let held = Claim::Held { until_ms: 160 };
    assert_eq!(claim(diary, 100, 150, 160).await, held);
    let open = standing(diary, "job", 155).await.open;
    assert_eq!(open.map(|open| open.until_ms), Some(160));
    let alive = ours(diary, 100, 160, true).await;
    assert!(!finish(diary, 100, dead, 161).await);
    assert!(finish(diary, 100, alive, 161).await);
}

async fn jobs_do_not_know_of_each_other(diary: &impl Diary) {
    ours(diary, 100, 100, false).await;
    let other = diary.claim("other job", 100, 100, 110).await;
    assert!(
        matches!(other, Ok(Claim::Ours { again: false, .. })),
        "{other:?}"
    );
    assert_eq!(standing(diary, "third job", 300).await.since_ms, 300);
}

async fn what_is_old_is_forgotten_and_the_latest_is_not(diary: &impl Diary) {
    let first = ours(diary, 100, 100, false).await;
    assert!(finish(diary, 100, first, 100).await);
    let later = DIARY_KEPT_MS + 1_000;
    assert_eq!(standing(diary, "job", later).await.since_ms, 100);
    ours(diary, later, later, false).await;
    assert_eq!(standing(diary, "job", later).await.since_ms, later);
}

#[cfg(test)]
mod tests {
    use crate::MemoryDiary;

    #[tokio::test]
    async fn the_memory_diary_conforms() {
        let shared = async |diary: &MemoryDiary| diary.clone();
        super::suite(async || MemoryDiary::default(), shared).await;
    }
}
