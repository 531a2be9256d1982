use std::{collections::BTreeMap, time::Duration};

use parking_lot::Mutex;
use tokio::time::Instant;

use super::*;
use crate::alerts::{Alarm, Kind, MemoryOutbox, Settlement, State};

/// A clock that moves with tokio's.
#[derive(Clone, Debug)]
struct Moving(Instant);

impl Clock for Moving {
    fn now_ms(&self) -> u64 {
        let passed = u64::try_from(self.0.elapsed().as_millis()).unwrap();
        1_700_000_000_000 + passed
    }
}

/// Brings everything, but for what it was told to fail; keeps what it brought.
#[derive(Clone, Debug, Default)]
struct Porter(Arc<Mutex<Bag>>);

#[derive(Debug, Default)]
struct Bag {
    brought: Vec<(String, State)>,
    tries: BTreeMap<String, u32>,
    dead: Option<&'static str>,
    hangs: Option<&'static str>,
}

impl Porter {
    fn heal(&self) {
        let mut bag = self.0.lock();
        (bag.dead, bag.hangs) = (None, None);
    }
}

impl Messenger for Porter {
    async fn bring(&self, delivery: &Delivery) -> Result<(), Failure> {
        let (is_dead, hangs) = {
            let mut bag = self.0.lock();
            *bag.tries.entry(delivery.target.clone()).or_default() += 1;
            let is = |name: Option<&str>| name == Some(&*delivery.target);
            (is(bag.dead), is(bag.hangs))
        };
        if hangs {
            std::future::pending::<()>().await;
        }
        if is_dead {
            return Err(Failure::NotDone {
                wait: None,
                source: "nobody is there".into(),
            });
        }
        let brought = (delivery.target.clone(), delivery.state);
        self.0.lock().brought.push(brought);
        Ok(())
    }
}

struct Scene {
    outbox: MemoryOutbox,
    porter: Porter,
    clock: Moving,
    targets: Arc<[Target]>,
}

impl Scene {
    fn new() -> Self {
        Self {
            outbox: MemoryOutbox::default(),
            porter: Porter::default(),
            clock: Moving(Instant::now()),
            targets: [Target::new("one"), Target::new("two")].into(),
        }
    }

    fn courier(&self) -> Courier<MemoryOutbox, Porter, Moving> {
        Courier::new(
            self.outbox.clone(),
            self.porter.clone(),
            self.clock.clone(),
            Arc::clone(&self.targets),
        )
    }

    async fn raise(&self) {
        let alarm = Alarm::new(Kind::BotSilent, "echo", "it is silent", "wake it");
        let raised = self
            .outbox
            .raise(&alarm, &self.targets, self.clock.now_ms());
        raised.await.unwrap();
    }

    async fn clear(&self) {
        let (targets, now_ms) = (&self.targets, self.clock.now_ms());
        let cleared = self.outbox.clear(Kind::BotSilent, "echo", targets, now_ms);
        cleared.await.unwrap();
    }

    fn brought_to(&self, target: &str) -> Vec<State> {
        let bag = self.porter.0.lock();
        let to = bag.brought.iter().filter(|(name, _)| name == target);
        to.map(|(_, state)| *state).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn a_target_that_is_dead_or_hangs_keeps_no_other_waiting() {
    // How: one target fails at first, then hangs; the other one has to hear of all at once.
    let scene = Scene::new();
    let nudge = Notify::new();
    let courier = scene.courier();
    let tally = courier.tally();
    let test = async {
        scene.porter.0.lock().dead = Some("one");
        scene.raise().await;
        nudge.notify_one();
        sleep(Duration::from_secs(1)).await;
        assert_eq!(scene.brought_to("two"), [State::Begun]);
        assert_eq!(scene.brought_to("one"), []);

        // However the dice draw its pauses, it is tried again by then.
        scene.porter.0.lock().hangs = Some("one");
        sleep(Duration::from_mins(2)).await;
        scene.clear().await;
        nudge.notify_one();
        sleep(Duration::from_secs(1)).await;
        assert_eq!(scene.brought_to("two"), [State::Begun, State::Resolved]);

        scene.porter.heal();
        sleep(Duration::from_hours(1)).await;
        assert_eq!(scene.brought_to("one"), [State::Begun, State::Resolved]);
        let [delivered, failed, given_up] = tally.counts();
        assert_eq!((delivered.1, given_up.1), (4, 0));
        assert!(failed.1 >= 2, "{failed:?}");
    };
    tokio::select! {
        () = test => {}
        never = courier.run(&nudge, || ()) => match never {},
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_target_is_given_up_after_a_day_and_some_dozen_tries() {
    let scene = Scene::new();
    let nudge = Notify::new();
    scene.porter.0.lock().dead = Some("one");
    let courier = scene.courier();
    let tally = courier.tally();
    let test = async {
        scene.raise().await;
        sleep(Duration::from_hours(25)).await;
        let overview = scene.outbox.overview().await.unwrap();
        let to_one: Vec<_> = overview
            .deliveries
            .iter()
            .filter(|one| one.target == "one")
            .collect();
        assert_eq!(to_one.len(), 1);
        assert_eq!(to_one[0].settled, Some(Settlement::GivenUp));
        let tries = scene.porter.0.lock().tries["one"];
        assert!((50..=120).contains(&tries), "{tries}");
        assert_eq!(tally.counts()[2].1, 1);
    };
    tokio::select! {
        () = test => {}
        never = courier.run(&nudge, || ()) => match never {},
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_due_is_delivered_at_once_and_what_fails_waits() {
    let scene = Scene::new();
    scene.porter.0.lock().dead = Some("two");
    scene.raise().await;
    scene.clear().await;
    scene.courier().deliver_due().await.unwrap();
    assert_eq!(scene.brought_to("one"), [State::Begun, State::Resolved]);
    assert_eq!(scene.brought_to("two"), []);
}
