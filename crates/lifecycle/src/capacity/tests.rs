use std::collections::HashSet;

use futures_util::{FutureExt as _, StreamExt as _, stream::FuturesUnordered};
use proptest::{collection::vec, prelude::*};
use tokio::time::advance;

use super::*;
use crate::{Isolation, Lease, Quota, limits::FULL_PAUSE};

fn capacity(room: usize) -> Arc<Capacity> {
    Capacity::new(&Settings {
        guild_id: Id::new(7),
        category_ids: Vec::new(),
        isolation: Isolation::Channel,
        quota: Quota {
            channels_max: room,
            reserve: 0,
            category_channels_max: 50,
        },
        bot_id: Id::new(8),
        name_prefix: String::new(),
        delete_after: None,
        protected: HashSet::new(),
        namespace: String::new(),
    })
}

fn opening(patience: Duration) -> Opening {
    Opening {
        request_id: String::new(),
        label: String::new(),
        tenant: String::new(),
        deadline: Instant::now() + patience,
        lifetime: Duration::ZERO,
    }
}

type Asked = oneshot::Receiver<Result<Lease, OpenError>>;

fn asked() -> (Answer, Asked) {
    let (sender, receiver) = oneshot::channel();
    (Answer::new(sender, Instant::now()), receiver)
}

async fn berth(capacity: &Arc<Capacity>, patience: Duration) -> Result<Berth, OpenError> {
    let (answer, _asked) = asked();
    capacity
        .berth(&opening(patience), capacity.ticket(), &answer)
        .await
}

#[tokio::test(start_paused = true)]
async fn even_the_impatient_are_served_when_there_is_room() {
    let capacity = capacity(1);
    let held = berth(&capacity, Duration::ZERO).await.unwrap();
    let refused = berth(&capacity, Duration::ZERO).await;
    assert!(
        matches!(refused, Err(OpenError::Full { .. })),
        "{refused:?}"
    );
    drop(held);
    berth(&capacity, Duration::ZERO).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn whoever_finds_no_room_hears_it_just_before_the_deadline() {
    let capacity = capacity(0);
    let began = Instant::now();
    let refused = berth(&capacity, Duration::from_secs(10)).await;
    assert!(
        matches!(refused, Err(OpenError::Full { .. })),
        "{refused:?}"
    );
    assert_eq!(began.elapsed() + CREATE_LEAST, Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_rate_limit_that_opens_too_late() {
    let capacity = capacity(9);
    assert!(!capacity.closed(Place::Guild, None));
    assert!(!capacity.closed(Place::Guild, Some(Duration::from_secs(3))));
    let wait = Duration::from_mins(5);
    assert!(capacity.closed(Place::Guild, Some(wait)));
    let refused = berth(&capacity, Duration::from_mins(1)).now_or_never();
    match refused {
        Some(Err(OpenError::NotDone { wait: told, .. })) => assert_eq!(told, Some(wait)),
        other => panic!("{other:?}"),
    }
    let patient = berth(&capacity, Duration::from_mins(6));
    tokio::pin!(patient);
    assert!(patient.as_mut().now_or_never().is_none());
    advance(wait).await;
    capacity.serve(Instant::now());
    patient.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn whoever_leaves_gives_up_the_place_and_the_berth() {
    let capacity = capacity(1);
    let held = berth(&capacity, Duration::ZERO).await.unwrap();
    let (answer, asked) = asked();
    let opening = opening(Duration::from_mins(1));
    let waiting = capacity.berth(&opening, capacity.ticket(), &answer);
    tokio::pin!(waiting);
    assert!(waiting.as_mut().now_or_never().is_none());
    drop(asked);
    let left = waiting.await;
    assert!(matches!(left, Err(OpenError::Deadline)), "{left:?}");
    assert!(capacity.state.lock().line.is_empty());

    // How: it is granted, and nobody is there to take it.
    let mut gone = Box::pin(berth(&capacity, Duration::from_mins(1)));
    assert!(gone.as_mut().now_or_never().is_none());
    drop(held);
    capacity.serve(Instant::now());
    drop(gone);
    berth(&capacity, Duration::ZERO).await.unwrap();
}

proptest! {
    #[test]
    fn nobody_waits_beside_an_empty_place(steps in vec((0u8..6, 0usize..8), 1..80)) {
        // How: openings that come and leave, berths that are given back, doors that shut and time
        // that passes; after each step the driver has its turn.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let capacity = capacity(3);
            let mut waiting: FuturesUnordered<_> = FuturesUnordered::new();
            let mut held: Vec<Berth> = Vec::new();
            for (step, which) in steps {
                match step {
                    0 | 1 => {
                        let patience = Duration::from_secs(20 * which as u64);
                        let capacity = Arc::clone(&capacity);
                        waiting.push(Box::pin(async move { berth(&capacity, patience).await }));
                    }
                    2 if !held.is_empty() => drop(held.swap_remove(which % held.len())),
                    3 if which == 0 => {
                        waiting = FuturesUnordered::new();
                    }
                    4 if which < 2 => capacity.full(Place::Guild, Room::Guild),
                    4 if which == 2 => {
                        let wait = Duration::from_secs(90);
                        prop_assert!(capacity.closed(Place::Guild, Some(wait)));
                    }
                    _ => advance(FULL_PAUSE / 4).await,
                }
                // What `run` does when it is woken, by a change or by the clock.
                capacity.serve(Instant::now());
                while let Some(Some(ended)) = waiting.next().now_or_never() {
                    held.extend(ended);
                }
                capacity.serve(Instant::now());
                let state = capacity.state.lock();
                prop_assert!(state.line.is_empty() || state.space.offer(Instant::now()).is_none());
                prop_assert_eq!(state.space.census.count(), held.len());
                prop_assert_eq!(state.line.len(), waiting.len());
                prop_assert!(held.len() <= 3);
            }
            Ok(())
        })?;
    }
}
