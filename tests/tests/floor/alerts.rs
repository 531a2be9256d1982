//! Who is told when something is wrong: once when it begins, once when it ends, however unkind the receiver is.

mod bots;
mod conditions;
mod patrol;
mod receiver;

use std::{collections::BTreeSet, time::Duration};

use cordboard_simulator::{Config, Fault, GatewayCommand};
use cordboard_tests::{MODEL, Setup, World, sim_with};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use self::receiver::{Manner, Receiver};

const DELETE: &str = "DELETE /channels/{channel_id}";
const POST: &str = "POST /channels/{channel_id}/messages";

/// A world with these alerts. Whether the disk of the machine that tests it is full is not told.
fn with(alerts: String) -> Setup {
    let setup = Setup {
        toml: alerts,
        ..Setup::default()
    };
    setup.set("CORDBOARD__STORE__FREE_MIN_BYTES", "1")
}

/// A world whose alerts go to this receiver.
fn told_to(receiver: &Receiver) -> Setup {
    with(receiver.alert("ops", ""))
}

/// Leaves a channel that cannot be deleted.
async fn park(world: &World) {
    world
        .discord
        .fault(Fault::status(DELETE, 403).code(50013).always());
    world.client().ask(MODEL, "Hello").await.unwrap();
    sleep(Duration::from_mins(2)).await;
}

/// Lets it be deleted, and waits until that is told, or could have been.
async fn unpark(world: &World) {
    world.discord.clear_faults();
    // What it says of a channel that is being deleted by then is its own affair.
    let maintenance = world.maintenance("channels sweep");
    let plan = maintenance.plan_sweep().await.unwrap();
    maintenance.sweep(plan, &|_| ()).await.unwrap();
    sleep(Duration::from_mins(10)).await;
}

const BEGUN: &str = "debt_old parked begun";
const RESOLVED: &str = "debt_old parked resolved";

#[test]
fn a_parked_deletion_is_told_once_reminded_of_daily_and_resolved() {
    let receiver = Receiver::new();
    sim_with(told_to(&receiver), async |world| {
        let _serving = receiver.serve();
        park(world).await;
        assert_eq!(receiver.told(), [BEGUN]);
        let told = receiver.taken().remove(0);
        assert_eq!(told["installation"], world.discord.guild_id().to_string());
        assert!(
            told["fix"].as_str().unwrap().contains("Manage Channels"),
            "{told}"
        );
        assert!(told["at"].as_str().unwrap().ends_with('Z'), "{told}");
        assert_eq!((&told["count"], &told["untold"]), (&1.into(), &0.into()));

        sleep(Duration::from_hours(20)).await;
        assert_eq!(receiver.told(), [BEGUN]);
        sleep(Duration::from_hours(6)).await;
        assert_eq!(receiver.told(), [BEGUN, "debt_old parked reminder"]);
        let list = world.maintenance("alerts list").alerts().await.unwrap();
        assert_eq!((list.alarms[0].kind, list.alarms.len()), ("debt_old", 1));

        unpark(world).await;
        assert_eq!(receiver.told().last().unwrap(), RESOLVED);
        assert_eq!(receiver.told().len(), 3);
        let list = world.maintenance("alerts list").alerts().await.unwrap();
        assert!(list.alarms.is_empty(), "{list:?}");
        let metrics = world.metrics().await;
        let counted = "cordboard_alerts_total{outcome=\"delivered\"} 3";
        assert!(metrics.contains(counted), "{metrics}");
    });
}

#[test]
fn an_alert_is_tried_again_until_its_receiver_is_back_and_in_order() {
    let receiver = Receiver::new();
    sim_with(told_to(&receiver), async |world| {
        let _serving = receiver.serve();
        receiver.is(Manner::Refuse(503));
        park(world).await;
        unpark(world).await;
        assert_eq!(receiver.taken(), [] as [Value; 0]);
        let tried: BTreeSet<_> = receiver.tried().into_iter().collect();
        assert_eq!(tried.len(), 1, "the end waits for the beginning");
        assert!(receiver.tried().len() > 3);

        receiver.is(Manner::TakeAndHangUp);
        sleep(Duration::from_mins(30)).await;
        receiver.is(Manner::Take);
        sleep(Duration::from_mins(30)).await;
        let mut told = receiver.told();
        assert!(
            told.len() > 2,
            "what was not acknowledged came again: {told:?}"
        );
        let ids: BTreeSet<_> = receiver
            .taken()
            .iter()
            .map(|told| told["id"].to_string())
            .collect();
        assert_eq!(ids.len(), 2, "by the same ids");
        told.dedup();
        assert_eq!(told, [BEGUN, RESOLVED]);
    });
}

#[test]
fn an_alert_survives_a_kill_of_the_proxy_that_was_about_to_deliver_it() {
    let receiver = Receiver::new();
    sim_with(told_to(&receiver), async |world| {
        let _serving = receiver.serve();
        receiver.is(Manner::Hang);
        park(world).await;
        assert!(!receiver.tried().is_empty());
        world.kill_proxy().await;
        receiver.is(Manner::Take);
        world.start_proxy().await;
        sleep(Duration::from_mins(20)).await;
        assert_eq!(receiver.told(), [BEGUN]);
        let ids: BTreeSet<_> = receiver.tried().into_iter().collect();
        assert_eq!(ids.len(), 1, "it is the one that was tried before");
        unpark(world).await;
        assert_eq!(receiver.told(), [BEGUN, RESOLVED]);
    });
}

#[test]
fn what_several_processes_deliver_is_delivered_once() {
    // How: a proxy and three commands, all of which look for what is due at the same time.
    let receiver = Receiver::new();
    sim_with(told_to(&receiver), async |world| {
        let _serving = receiver.serve();
        let maintenances = [(); 3].map(|()| world.maintenance("alerts test"));
        let [a, b, c] = &maintenances;
        let ops = Some("ops");
        let (a, b, c) = tokio::join!(a.test_alerts(ops), b.test_alerts(None), c.test_alerts(ops));
        for test in [a, b, c] {
            let test = test.unwrap();
            assert!(test.is_well(), "{test:?}");
            assert_eq!(test.tested.len(), 1);
            assert!(test.tested[0].target.place.ends_with("/…"), "{test:?}");
        }
        sleep(Duration::from_mins(10)).await;
        let tried = receiver.tried();
        let ids: BTreeSet<_> = tried.iter().collect();
        assert_eq!((tried.len(), ids.len()), (3, 3));
        let nobody = maintenances[0]
            .test_alerts(Some("nobody"))
            .await
            .unwrap_err();
        assert!(nobody.to_string().contains("there are ops"), "{nobody}");
    });
}

#[test]
fn a_dead_receiver_is_given_up_after_a_day_and_keeps_nobody_waiting() {
    let (dead, well) = (Receiver::new(), Receiver::new());
    let setup = with(dead.alert("dead", "") + &well.alert("well", ""));
    sim_with(setup, async |world| {
        let (_dead, _well) = (dead.serve(), well.serve());
        dead.is(Manner::Hang);
        park(world).await;
        assert_eq!(well.told(), [BEGUN]);
        let began = Instant::now();
        let (status, _) = world.client().ask(MODEL, "Hello").await.unwrap();
        assert!(status == 200 && began.elapsed() < Duration::from_secs(30));
        unpark(world).await;
        assert_eq!(well.told(), [BEGUN, RESOLVED]);

        sleep(Duration::from_hours(26)).await;
        let tried = dead.tried().len();
        assert!((50..=250).contains(&tried), "{tried}");
        sleep(Duration::from_hours(2)).await;
        assert_eq!(dead.tried().len(), tried, "nothing is tried any more");
        let list = world.maintenance("alerts list").alerts().await.unwrap();
        let given_up = list.deliveries.iter().filter(|one| one.target == "dead");
        let given_up: Vec<_> = given_up.map(|one| one.outcome).collect();
        assert_eq!(given_up, ["given_up", "given_up"]);
        let metrics = world.metrics().await;
        let counted = "cordboard_alerts_total{outcome=\"given_up\"} 2";
        assert!(metrics.contains(counted), "{metrics}");
    });
}

#[test]
fn a_redirect_is_not_followed_and_says_so() {
    let (receiver, elsewhere) = (Receiver::new(), Receiver::new());
    sim_with(told_to(&receiver), async |world| {
        let (_receiver, _elsewhere) = (receiver.serve(), elsewhere.serve());
        receiver.is(Manner::Redirect(elsewhere.url()));
        let maintenance = world.maintenance("alerts test");
        let test = maintenance.test_alerts(None).await.unwrap();
        assert!(!test.is_well());
        let trouble = test.tested[0].trouble.as_deref().unwrap();
        assert!(trouble.contains("redirects are not followed"), "{trouble}");
        assert!(elsewhere.tried().is_empty());
        // The next one waits for it, and is told why.
        let test = maintenance.test_alerts(None).await.unwrap();
        let trouble = test.tested[0].trouble.as_deref().unwrap();
        assert!(trouble.contains("waits behind an older alert"), "{trouble}");
    });
}

#[test]
fn an_alert_in_a_channel_is_one_message_although_its_answer_was_lost() {
    sim_with(with(String::new()), async |world| {
        let channel_id = world.discord.create_channel("alerts");
        world.set("CORDBOARD__ALERTS__0__NAME", "people");
        world.set("CORDBOARD__ALERTS__0__CHANNEL_ID", &channel_id.to_string());
        world.stop_proxy().await;
        world.start_proxy().await;
        park(world).await;
        world.discord.clear_faults();
        world.discord.fault(Fault::act_then_hang_up(POST).times(2));
        unpark(world).await;
        let contents: Vec<_> = world
            .discord
            .messages(channel_id)
            .iter()
            .map(|message| message["content"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(contents.len(), 2, "{contents:?}");
        assert!(
            contents[0].starts_with("**debt_old** (parked) begun: "),
            "{contents:?}"
        );
        assert!(contents[0].contains("\nFix: "), "{contents:?}");
        assert_eq!(contents[1], "**debt_old** (parked) over");
        let test = world
            .maintenance("alerts test")
            .test_alerts(None)
            .await
            .unwrap();
        assert!(test.is_well(), "{test:?}");
        assert!(world.is_alive(channel_id));
    });
}

#[test]
fn why_a_proxy_cannot_go_on_is_told_by_itself_or_by_the_next() {
    // How: Discord closes the gateway for good; the first time nobody takes the alert, so that the next process
    // has to tell it.
    let receiver = Receiver::new();
    sim_with(told_to(&receiver), async |world| {
        let _serving = receiver.serve();
        receiver.is(Manner::Hang);
        world.discord.gateway(GatewayCommand::Close { code: 4014 });
        let ended = world.proxy_ended().await;
        assert_eq!(ended.exit_code(), 77, "{}", ended.chain());
        assert_eq!(receiver.taken(), [] as [Value; 0]);

        receiver.is(Manner::Take);
        sleep(Duration::from_hours(1)).await;
        world.start_proxy().await;
        sleep(Duration::from_mins(10)).await;
        let (begun, over) = (
            "gateway_fatal discord begun",
            "gateway_fatal discord resolved",
        );
        assert_eq!(receiver.told(), [begun, over]);
        assert!(
            receiver.taken()[0]["fix"]
                .as_str()
                .unwrap()
                .contains("switch them on")
        );

        world.discord.gateway(GatewayCommand::Close { code: 4014 });
        world.proxy_ended().await;
        assert_eq!(
            receiver.told(),
            [begun, over, begun],
            "it tells it before it ends"
        );
    });
}

#[test]
fn few_sessions_left_for_today_are_told_and_only_to_whom_it_concerns() {
    let (receiver, other) = (Receiver::new(), Receiver::new());
    let mut discord = Config::default();
    discord.gateway.identifies_per_day = 60;
    let to_one = receiver.alert("ops", "kinds = [\"identifies_low\", \"bot_silent\"]");
    let setup = Setup {
        discord,
        ..with(to_one + &other.alert("others", "kinds = [\"bot_silent\"]"))
    };
    sim_with(setup, async |_| {
        let (_receiver, _other) = (receiver.serve(), other.serve());
        sleep(Duration::from_mins(2)).await;
        assert_eq!(receiver.told(), ["identifies_low discord begun"]);
        assert_eq!(other.tried().len(), 0);
    });
}

#[test]
fn a_gateway_that_comes_and_goes_is_told_a_few_times_and_counted() {
    // How: it is away for six minutes, again and again; five are the least that is told.
    let receiver = Receiver::new();
    sim_with(told_to(&receiver), async |world| {
        let _serving = receiver.serve();
        sleep(Duration::from_mins(5)).await;
        for _ in 0..5 {
            world
                .discord
                .gateway(GatewayCommand::Refuse { seconds: 400.0 });
            world.discord.gateway(GatewayCommand::Drop);
            sleep(Duration::from_mins(11)).await;
        }
        let told = receiver.told();
        let of_gateway = told.iter().filter(|told| told.starts_with("gateway_down"));
        let of_gateway = of_gateway.count();
        assert!((2..=6).contains(&of_gateway), "{told:?}");
        sleep(Duration::from_hours(2)).await;
        assert!(receiver.told().last().unwrap().ends_with("resolved"));
    });
}
