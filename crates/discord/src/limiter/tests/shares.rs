//! Who goes first when there is not enough for everybody.

use futures_util::future::join_all;
use proptest::prelude::*;
use tokio::time::{sleep, timeout};

use super::*;

fn of(share: Share, channel: u64) -> Route {
    Route {
        share,
        ..post(channel)
    }
}

/// Lets a crowd of `each` requests of every share through, each before a bucket of its own, and
/// tells in which order they passed, and when.
async fn crowd(limiter: &Limiter, each: u64) -> Vec<(Share, u64, Instant)> {
    let passed = Mutex::new(Vec::new());
    let all = (0..each).flat_map(|number| Share::ALL.map(|share| (share, number)));
    join_all(all.map(|(share, number)| {
        let passed = &passed;
        async move {
            let channel = 1 + number * 3 + share as u64;
            let permit = limiter
                .acquire(of(share, channel), Instant::now() + LONG)
                .await;
            passed.lock().push((share, number, Instant::now()));
            permit.unwrap().not_sent();
        }
    }))
    .await;
    passed.into_inner()
}

#[tokio::test(start_paused = true)]
async fn a_contended_second_is_shared_50_40_10() {
    let limiter = Limiter::new(50);
    let began = Instant::now();
    let passed = crowd(&limiter, 100).await;
    // The first fifty met an open gate. The next 150, three seconds' worth, had to queue.
    for second in 1..4 {
        let second = passed
            .iter()
            .filter(|(_, _, at)| (at.duration_since(began).as_millis() + 5) / 1010 == second);
        let mut counts = [0_i32; 3];
        second.for_each(|(share, ..)| counts[*share as usize] += 1);
        for (count, due) in counts.into_iter().zip([25, 20, 5]) {
            assert!((count - due).abs() <= 1, "{counts:?}");
        }
    }
    // Nothing of the limit is lost to it.
    assert_eq!(began.elapsed().as_millis(), 5 * 1010);
    for share in Share::ALL {
        let order = passed
            .iter()
            .filter(|(of, ..)| *of == share)
            .map(|(_, number, _)| number);
        assert!(order.is_sorted(), "{share:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn deletions_go_first_when_preferred() {
    let limiter = Limiter::new(10);
    limiter.prefer_deletions(true);
    let passed = crowd(&limiter, 30).await;
    // The first ten met an open gate, and one more had its turn before a deletion came.
    let later = &passed[11..];
    let deletions = later
        .iter()
        .filter(|(share, ..)| *share == Share::Deletion)
        .count();
    assert!(deletions >= 25, "{deletions}");
    assert!(
        later[..deletions]
            .iter()
            .all(|(share, ..)| *share == Share::Deletion)
    );
}

/// Spends requests of one window of channel 1's bucket of `limit`, as if answered.
async fn answered(limiter: &Limiter, share: Share, limit: u32, remaining: u32, window: u32) {
    let permit = limiter
        .acquire(of(share, 1), Instant::now() + LONG)
        .await
        .unwrap();
    let told = headers(&[
        ("x-ratelimit-bucket", "b".into()),
        ("x-ratelimit-limit", limit.to_string()),
        ("x-ratelimit-remaining", remaining.to_string()),
        ("x-ratelimit-reset-after", "5".into()),
        ("x-ratelimit-reset", format!("{window}00")),
    ]);
    permit.answered(StatusCode::OK, &told, b"");
}

#[tokio::test(start_paused = true)]
async fn upkeep_leaves_half_of_a_bucket_to_others_who_use_it() {
    let limiter = Limiter::new(1000);
    let began = Instant::now();
    answered(&limiter, Share::Conversation, 6, 5, 1).await;
    let upkeep = || limiter.acquire(of(Share::Upkeep, 1), began + LONG);
    for remaining in [4, 3] {
        answered(&limiter, Share::Upkeep, 6, remaining, 1).await;
    }
    // Three are left, and they are not for upkeep; a conversation that comes later has them now.
    let third = async { upkeep().await.map(|_| began.elapsed()) };
    let talk = async {
        sleep(Duration::from_secs(1)).await;
        for remaining in [2, 1, 0] {
            answered(&limiter, Share::Conversation, 6, remaining, 1).await;
        }
        began.elapsed()
    };
    let (third, talked) = tokio::join!(third, talk);
    assert_eq!(talked, Duration::from_secs(1));
    assert!(third.unwrap() >= Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn a_bucket_that_only_upkeep_uses_is_upkeeps() {
    let limiter = Limiter::new(1000);
    let began = Instant::now();
    for remaining in (0..6).rev() {
        answered(&limiter, Share::Upkeep, 6, remaining, 1).await;
    }
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn upkeep_does_not_starve_in_a_busy_bucket() {
    // How: more conversations than a bucket holds, always; one upkeep request among them.
    for limit in 1..=8 {
        let limiter = Limiter::new(1000);
        let began = Instant::now();
        let sent = Mutex::new(0_u32);
        let served = |share| {
            let (limiter, sent) = (&limiter, &sent);
            async move {
                let permit = limiter.acquire(of(share, 1), began + LONG).await.unwrap();
                let nth = {
                    let mut sent = sent.lock();
                    *sent += 1;
                    *sent - 1
                };
                let told = headers(&[
                    ("x-ratelimit-bucket", "b".into()),
                    ("x-ratelimit-limit", limit.to_string()),
                    (
                        "x-ratelimit-remaining",
                        (limit - 1 - nth % limit).to_string(),
                    ),
                    ("x-ratelimit-reset-after", "5".into()),
                    ("x-ratelimit-reset", format!("{}00", nth / limit + 1)),
                ]);
                permit.answered(StatusCode::OK, &told, b"");
                nth
            }
        };
        served(Share::Conversation).await;
        let talk = join_all((0..limit * 20).map(|_| served(Share::Conversation)));
        let (_, upkeep) = tokio::join!(talk, served(Share::Upkeep));
        assert!(
            upkeep <= limit * 2 + 1,
            "limit {limit}: served as number {upkeep}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Requests come and give up at random; every other one is served, in order within its share
    /// as far as the gate is concerned, and the gate ends up free.
    #[test]
    fn those_who_give_up_hold_nobody_up_and_lose_nobodys_turn(
        crowd in prop::collection::vec((0_usize..3, 0_u64..3000, prop::option::of(0_u64..2000)), 1..120)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let limiter = Limiter::new(10);
            let began = Instant::now();
            let total = crowd.len() as u64;
            let served = join_all((1..).zip(&crowd).map(|(channel, (share, at, patience))| {
                let limiter = &limiter;
                async move {
                    sleep(Duration::from_millis(*at)).await;
                    let permit = limiter.acquire(of(Share::ALL[*share], channel), began + LONG);
                    match patience {
                        None => Some(permit.await.map(Permit::not_sent)),
                        Some(patience) => timeout(Duration::from_millis(*patience), permit)
                            .await
                            .ok()
                            .map(|permit| permit.map(Permit::not_sent)),
                    }
                }
            }))
            .await;
            for (served, (.., patience)) in served.into_iter().zip(&crowd) {
                assert!(matches!(served, Some(Ok(()))) || patience.is_some());
            }
            // Ten a second, no matter who went away.
            let bound = Duration::from_millis(3000 + (total / 10 + 1) * 1010);
            assert!(began.elapsed() <= bound, "{:?}", began.elapsed());
            assert!(!limiter.global_line.is_busy());
        });
    }
}
