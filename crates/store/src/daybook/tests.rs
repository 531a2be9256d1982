mod keepalive;

use twilight_model::id::Id;

use super::*;

async fn open(folder: &tempfile::TempDir) -> Daybook {
    let location = Location::Path(folder.path().join("store.db"));
    Daybook::open(&location, Settings::default()).await.unwrap()
}

fn act(at_ms: u64) -> Act {
    Act {
        at_ms,
        actor: "a test".to_owned(),
        action: "role.delete".to_owned(),
        guild_id: Id::new(7),
        subject: "8".to_owned(),
        reason: "nobody needs it".to_owned(),
    }
}

#[tokio::test]
async fn two_processes_share_one_daybook() {
    // How: two handles, each with a connection of its own, as two processes have.
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = tokio::join!(open(&folder), open(&folder));
    let id = one.intend(act(5)).await.unwrap();
    assert_eq!(other.acts().await.unwrap()[0].outcome, None);
    other.acted(id, "gone".to_owned()).await.unwrap();
    let acts = one.acts().await.unwrap();
    assert_eq!(acts.len(), 1);
    assert_eq!(acts[0].act, act(5));
    assert_eq!(acts[0].outcome.as_deref(), Some("gone"));
}

#[tokio::test]
async fn what_is_old_enough_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let daybook = open(&folder).await;
    daybook.intend(act(1)).await.unwrap();
    let later = crate::limits::ACTS_KEPT_MS + 2;
    daybook.intend(act(later)).await.unwrap();
    let acts = daybook.acts().await.unwrap();
    assert_eq!(
        acts.iter().map(|acted| acted.act.at_ms).collect::<Vec<_>>(),
        [later]
    );
}

#[tokio::test]
async fn a_lease_has_one_holder_until_it_is_given_back_or_its_time_has_passed() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (open(&folder).await, open(&folder).await);
    let lease = one.lease("work", 0, 10).await.unwrap().unwrap();
    assert!(other.lease("work", 9, 20).await.unwrap().is_none());
    assert!(other.lease("other work", 9, 20).await.unwrap().is_some());
    assert!(lease.renew(15).await.unwrap());
    assert!(other.lease("work", 12, 20).await.unwrap().is_none());

    let taken = other.lease("work", 15, 30).await.unwrap().unwrap();
    assert!(!lease.renew(40).await.unwrap(), "its time had passed");
    lease.give_back().await.unwrap();
    assert!(one.lease("work", 16, 20).await.unwrap().is_none());

    taken.give_back().await.unwrap();
    assert!(one.lease("work", 16, 20).await.unwrap().is_some());
}

#[tokio::test]
async fn a_daybook_of_a_newer_program_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(&folder).await);
    let location = Location::Path(folder.path().join("store.db"));
    let path = Daybook::path(&location).unwrap();
    let newer = DAYBOOK.version() + 1;
    let raw = Connection::open(&path).unwrap();
    raw.pragma_update(None, "user_version", newer).unwrap();
    drop(raw);
    let refused = Daybook::open(&location, Settings::default()).await;
    assert!(matches!(refused, Err(StoreError::Newer { found, .. }) if found == newer));
}

fn order(body: &str) -> Order {
    Order {
        at_ms: 5,
        actor: "a test".to_owned(),
        body: body.to_owned(),
    }
}

#[tokio::test]
async fn an_order_is_carried_out_by_whoever_takes_it_and_again_if_he_dies_over_it() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (open(&folder).await, open(&folder).await);
    assert!(!other.has_orders(OrderId::FIRST).await.unwrap());
    let id = one.give_order(order("sweep")).await.unwrap().unwrap();
    assert!(other.has_orders(OrderId::FIRST).await.unwrap());
    assert_eq!(
        one.order_state(id).await.unwrap(),
        Some(OrderState::Waiting)
    );
    for takes in 1..=2 {
        // The second time after the death of the first holder.
        let taken = other.take_order(OrderId::FIRST, 6).await.unwrap();
        let order = order("sweep");
        assert_eq!(taken, Some(TakenOrder { id, order, takes }));
        assert_eq!(one.order_state(id).await.unwrap(), Some(OrderState::Taken));
        assert!(!one.withdraw_order(id).await.unwrap());
    }
    other.order_done(id, 7, "swept".to_owned()).await.unwrap();
    let done = OrderState::Done("swept".to_owned());
    assert_eq!(one.order_state(id).await.unwrap(), Some(done));
    assert_eq!(other.take_order(OrderId::FIRST, 8).await.unwrap(), None);
}

#[tokio::test]
async fn whoever_takes_orders_from_one_on_leaves_the_older_ones() {
    let folder = tempfile::tempdir().unwrap();
    let daybook = open(&folder).await;
    let older = daybook.give_order(order("sweep")).await.unwrap().unwrap();
    let next = daybook.next_order().await.unwrap();
    assert!(!daybook.has_orders(next).await.unwrap());
    assert_eq!(daybook.take_order(next, 6).await.unwrap(), None);
    let id = daybook.give_order(order("forget")).await.unwrap().unwrap();
    assert!(daybook.has_orders(next).await.unwrap());
    let taken = daybook.take_order(next, 6).await.unwrap().unwrap();
    assert_eq!(taken.id, id);
    assert!(daybook.drop_order(id).await.unwrap());
    assert_eq!(daybook.take_order(next, 6).await.unwrap(), None);
    let state = daybook.order_state(older).await.unwrap();
    assert_eq!(state, Some(OrderState::Waiting));
}

#[tokio::test]
async fn an_order_that_nobody_has_taken_can_be_withdrawn_and_there_are_not_too_many() {
    let folder = tempfile::tempdir().unwrap();
    let daybook = open(&folder).await;
    let id = daybook.give_order(order("sweep")).await.unwrap().unwrap();
    assert!(daybook.withdraw_order(id).await.unwrap());
    assert_eq!(daybook.order_state(id).await.unwrap(), None);
    for _ in 0..crate::limits::ORDERS_OPEN_MAX {
        assert!(daybook.give_order(order("sweep")).await.unwrap().is_some());
    }
    assert_eq!(daybook.give_order(order("sweep")).await.unwrap(), None);
    // An hour later nobody would carry those out any more.
    let mut later = order("sweep");
    later.at_ms += crate::limits::ORDERS_COUNTED_MS + 1;
    assert!(daybook.give_order(later).await.unwrap().is_some());
}

#[tokio::test]
async fn the_outbox_in_a_daybook_conforms() {
    // How: two handles on one file, each with a connection of its own, as two processes have.
    use cordboard_upkeep::alerts::conformance;

    let folders: std::cell::RefCell<Vec<tempfile::TempDir>> = std::cell::RefCell::default();
    let fresh = async || {
        let folder = tempfile::tempdir().unwrap();
        let daybook = open(&folder).await;
        folders.borrow_mut().push(folder);
        daybook
    };
    let shared = async |_: &Daybook| {
        let location = Location::Path(folders.borrow().last().unwrap().path().join("store.db"));
        Daybook::open(&location, Settings::default()).await.unwrap()
    };
    conformance::suite(fresh, shared).await;
}
