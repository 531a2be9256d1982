use proptest::prelude::*;

use super::*;
use crate::limiter::route::BucketId;

fn told(limit: u32, remaining: u32, reset_after_ms: u64, window_ms: u64) -> Told {
    Told {
        bucket: BucketId::named("b"),
        limit,
        remaining,
        reset_after: Duration::from_millis(reset_after_ms),
        window_ms,
    }
}

impl Bucket {
    fn admit(&mut self, now: Instant) -> Result<(), Closed> {
        self.check(Share::Conversation, now)?;
        self.take();
        Ok(())
    }
}

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

#[tokio::test(start_paused = true)]
async fn before_a_bucket_is_known_requests_flow() {
    let now = Instant::now();
    let mut bucket = Bucket::new(None);
    for _ in 0..1000 {
        assert_eq!(bucket.admit(now), Ok(()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_known_limit_holds_for_a_channel_that_was_never_asked_about() {
    let now = Instant::now();
    let mut bucket = Bucket::new(Some(5));
    for _ in 0..5 {
        assert_eq!(bucket.admit(now), Ok(()));
    }
    assert_eq!(bucket.admit(now), Err(Closed::UntilAnswer));
}

#[tokio::test(start_paused = true)]
async fn as_many_are_in_flight_as_remain() {
    let now = Instant::now();
    let mut bucket = Bucket::new(None);
    bucket.admit(now).unwrap();
    bucket.leave(false);
    bucket.learn(&told(5, 4, 5000, 1000), now);
    for _ in 0..4 {
        assert_eq!(bucket.admit(now), Ok(()));
    }
    let end = now + ms(5000) + WAIT_MARGIN;
    assert_eq!(bucket.admit(now), Err(Closed::Until(end)));
    // Answers that overtake each other never add to what is left.
    for remaining in [1, 3, 0, 2] {
        bucket.leave(false);
        bucket.learn(&told(5, remaining, 4000, 1000), now + ms(1000));
        assert_eq!(bucket.admit(now + ms(1000)), Err(Closed::Until(end)));
    }
    for _ in 0..5 {
        assert_eq!(bucket.admit(end), Ok(()));
    }
    assert_eq!(bucket.admit(end), Err(Closed::UntilAnswer));
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_the_next_window_opens_and_one_of_the_last_does_not_close() {
    let now = Instant::now();
    let mut bucket = Bucket::new(Some(5));
    bucket.learn(&told(5, 0, 1000, 1000), now);
    assert!(bucket.admit(now).is_err());
    bucket.learn(&told(5, 3, 5000, 6000), now);
    assert_eq!(bucket.admit(now), Ok(()));
    bucket.learn(&told(5, 0, 10, 1000), now);
    assert_eq!(bucket.admit(now), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_429_closes_whatever_the_headers_say() {
    // How: the dump of discord-api-docs #1900: Remaining 4 beside a 429 for ten minutes.
    let now = Instant::now();
    let mut bucket = Bucket::new(None);
    bucket.admit(now).unwrap();
    bucket.leave(false);
    bucket.learn(&told(5, 4, 15_000, 15_000), now);
    bucket.close(ms(600_000), now);
    let until = now + ms(600_000) + WAIT_MARGIN;
    assert_eq!(bucket.admit(now + ms(20_000)), Err(Closed::Until(until)));
    assert_eq!(bucket.admit(until), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn lost_requests_count_in_their_window_and_never_lock_it() {
    let now = Instant::now();
    let mut bucket = Bucket::new(Some(2));
    for _ in 0..100 {
        bucket.admit(now).unwrap();
        bucket.leave(true);
    }
    bucket.learn(&told(2, 1, 1000, 1000), now);
    bucket.admit(now).unwrap();
    bucket.leave(true);
    assert_eq!(
        bucket.admit(now),
        Err(Closed::Until(now + ms(1000) + WAIT_MARGIN))
    );
    assert!(!bucket.is_fresh(now));
    assert!(bucket.is_fresh(now + ms(2000)));
    assert_eq!(bucket.admit(now + ms(2000)), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_window_with_an_absurd_name_blinds_the_bucket_for_that_window_only() {
    let now = Instant::now();
    let mut bucket = Bucket::new(Some(5));
    bucket.learn(&told(5, 4, 1000, u64::MAX), now);
    let later = now + ms(2000);
    bucket.learn(&told(5, 0, 1000, 3000), later);
    let end = later + ms(1000) + WAIT_MARGIN;
    assert_eq!(bucket.admit(later), Err(Closed::Until(end)));
}

proptest! {
    /// A server with a fixed window, answers that take any time and overtake each other: once the
    /// limit is known, no request arrives against a closed window.
    #[test]
    fn a_known_bucket_is_never_overrun(
        limit in 1_u32..8,
        window in 50_u64..3000,
        steps in prop::collection::vec((0_u64..400, 1_u64..300), 1..200),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let start = Instant::now();
            let mut bucket = Bucket::new(Some(limit));
            let (mut opened, mut used) = (None, 0);
            // (arrives back at, what it says)
            let mut answers: Vec<(u64, Told)> = Vec::new();
            let mut now = 0;
            for (pause, delay) in steps {
                now += pause;
                answers.sort_by_key(|(at, _)| *at);
                while let Some((at, _)) = answers.first().copied() {
                    if at > now { break }
                    let (at, told) = answers.remove(0);
                    // Reset-After was true when the answer left; it is read on arrival.
                    bucket.leave(false);
                    bucket.learn(&told, start + ms(at));
                }
                if bucket.admit(start + ms(now)).is_err() { continue }
                // It is counted on arrival, at once.
                if opened.is_none_or(|opened| now >= opened + window) {
                    opened = Some(now);
                    used = 0;
                }
                used += 1;
                assert!(used <= limit, "overrun at {now}");
                let end = opened.unwrap() + window;
                let told = told(limit, limit - used, end - now, 1_000_000 + end);
                answers.push((now + delay, told));
            }
        });
    }
}
