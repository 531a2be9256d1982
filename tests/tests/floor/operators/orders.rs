//! Orders: what is withdrawn, what is too old, what nobody carries out, and what kills whoever does.

use cordboard_app::maintenance::Interrupted;

use super::*;

#[test]
fn an_order_that_nobody_carries_out_is_withdrawn_and_says_who_holds_the_store() {
    // How: somebody holds the store who knows no orders, such as a proxy of an older version.
    sim(async |world| {
        world.stop_proxy().await;
        let room = world.discord.create_channel("room");
        let location = cordboard_store::Location::Path(world.store());
        let holder = cordboard_store::Store::open(&location).await.unwrap();
        let maintenance = world.maintenance("channels protect");
        let refused = maintenance.protect(Id::new(room), "why".to_owned()).await;
        let Err(CommandError::Refused(why)) = refused else {
            panic!("{refused:?}");
        };
        assert!(why.contains("does not take orders"), "{why}");
        drop(holder);
        world.start_proxy().await;
        sleep(Duration::from_secs(10)).await;
        let maintenance = world.maintenance("channels unprotect");
        let protected = maintenance.unprotect(Id::new(room)).await;
        assert!(
            matches!(protected, Err(CommandError::Refused(_))),
            "it was withdrawn: {protected:?}"
        );
        world.discord.delete_channel(room);
    });
}

#[test]
fn an_order_whose_command_is_interrupted_is_withdrawn_as_long_as_nobody_has_taken_it() {
    sim(async |world| {
        let leftovers = world.discord.create_leftovers("cdp-chat-", 3);
        let maintenance = world.maintenance("channels adopt");
        assert_eq!(maintenance.interrupted().await, None, "it has given none");
        let plan = maintenance.plan_adoption(&query()).await.unwrap();
        let adopting = maintenance.adopt(plan.clone(), &|_| ());
        let cut = timeout(Duration::from_millis(100), adopting).await;
        assert!(cut.is_err(), "orders are looked for once in a second");
        let order = maintenance.interrupted().await;
        assert_eq!(order, Some(Interrupted::Withdrawn));
        sleep(Duration::from_mins(5)).await;
        assert!(leftovers.iter().all(|id| world.is_alive(*id)));

        world.discord.fault(Fault::hang(LIST));
        let adopting = maintenance.adopt(plan, &|_| ());
        let cut = timeout(Duration::from_secs(2), adopting).await;
        assert!(cut.is_err(), "the guild is not shown");
        let order = maintenance.interrupted().await;
        assert_eq!(order, Some(Interrupted::Begun));
        for id in leftovers {
            world.discord.delete_channel(id);
        }
    });
}

#[test]
fn an_order_of_last_week_is_not_carried_out() {
    // How: a command was killed a week ago, and nobody has held the store since.
    sim(async |world| {
        world.stop_proxy().await;
        let location = cordboard_store::Location::Path(world.store());
        let settings = cordboard_store::Settings::default();
        let daybook = cordboard_store::Daybook::open(&location, settings)
            .await
            .unwrap();
        let order = cordboard_store::Order {
            at_ms: 1,
            actor: "a test".to_owned(),
            body: r#"{"order":"protect","channel_id":"7","reason":"why"}"#.to_owned(),
        };
        let id = daybook.give_order(order).await.unwrap().unwrap();
        world.start_proxy().await;
        sleep(Duration::from_secs(10)).await;
        let state = daybook.order_state(id).await.unwrap();
        let Some(cordboard_store::OrderState::Done(outcome)) = state else {
            panic!("{state:?}");
        };
        assert!(outcome.contains("give it again"), "{outcome}");
    });
}

#[test]
fn an_order_that_its_holders_have_died_over_is_given_up() {
    // How: three holders of the store take an order and are not heard of again.
    sim(async |world| {
        world.stop_proxy().await;
        let location = cordboard_store::Location::Path(world.store());
        let settings = cordboard_store::Settings::default();
        let daybook = cordboard_store::Daybook::open(&location, settings)
            .await
            .unwrap();
        let order = cordboard_store::Order {
            at_ms: 1,
            actor: "a test".to_owned(),
            body: r#"{"order":"sweep"}"#.to_owned(),
        };
        let id = daybook.give_order(order).await.unwrap().unwrap();
        for takes in 1..=3 {
            let taken = daybook.take_order(cordboard_store::OrderId::FIRST, takes);
            assert_eq!(taken.await.unwrap().unwrap().id, id);
        }
        world.start_proxy().await;
        sleep(Duration::from_secs(10)).await;
        let state = daybook.order_state(id).await.unwrap();
        let Some(cordboard_store::OrderState::Done(outcome)) = state else {
            panic!("{state:?}");
        };
        assert!(outcome.contains("died over it 3 times"), "{outcome}");
    });
}
