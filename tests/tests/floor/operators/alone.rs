//! What is done without a proxy touches no debts that it has not shown.

use cordboard_simulator::{Config, Script};

use super::*;

/// What no plan shows: three channels whose deletion Discord refused, and one whose deletion failed. The
/// proxy that made them is killed, and all could be deleted now.
async fn debts(world: &World) -> Vec<u64> {
    let client = world.client();
    let refused = Fault::status(DELETE, 403).code(50013);
    world.discord.fault(refused.always());
    for _ in 0..3 {
        client.ask(MODEL, "hello").await.unwrap();
    }
    sleep(Duration::from_mins(1)).await;
    world.discord.clear_faults();
    world.discord.fault(Fault::status(DELETE, 500).always());
    client.ask(MODEL, "hello").await.unwrap();
    sleep(Duration::from_secs(1)).await;
    world.kill_proxy().await;
    world.discord.clear_faults();
    let alive = world.channels().into_iter().filter(|channel| channel.alive);
    alive.map(|channel| channel.id).collect()
}

/// A command was killed that nobody has carried out the order of.
async fn order_to_sweep(world: &World) {
    let location = cordboard_store::Location::Path(world.store());
    let settings = cordboard_store::Settings::default();
    let daybook = cordboard_store::Daybook::open(&location, settings).await;
    let order = cordboard_store::Order {
        at_ms: u64::from(u32::MAX) * 1_000,
        actor: "a test".to_owned(),
        body: r#"{"order":"sweep"}"#.to_owned(),
    };
    daybook.unwrap().give_order(order).await.unwrap().unwrap();
}

async fn stages(world: &World) -> Vec<&'static str> {
    let list = world.maintenance("channels list").channels(false).await;
    let lines = list.unwrap().channels.into_iter();
    let mut stages: Vec<_> = lines.map(|line| line.stage).collect();
    stages.sort_unstable();
    stages
}

/// Discord takes its time, as it does.
fn far_away(discord: Config) -> Setup {
    Setup::with_discord(discord.with_latency_ms(80))
}

#[test]
fn what_deletes_nothing_by_its_plan_deletes_nothing_and_a_sweep_deletes_all() {
    sim_with(far_away(Config::default()), async |world| {
        let owed = debts(world).await;
        assert_eq!(owed.len(), 4);
        order_to_sweep(world).await;
        let room = Id::new(world.discord.create_channel("room"));
        let all_stay = |after: &str| {
            let alive = owed.iter().filter(|id| world.is_alive(**id));
            assert_eq!(alive.count(), 4, "after {after}");
        };
        let maintenance = world.maintenance("channels protect");
        let protect = maintenance.protect(room, "why".to_owned());
        protect.await.unwrap();
        all_stay("channels protect");
        maintenance.unprotect(room).await.unwrap();
        all_stay("channels unprotect");
        assert_eq!(
            stages(world).await,
            ["condemned", "parked", "parked", "parked"]
        );
        let plan = maintenance.plan_forget(&owed[0].to_string()).await;
        let forgotten = maintenance.forget(plan.unwrap()).await.unwrap();
        assert_eq!(forgotten.now, "kept");
        all_stay("channels forget");
        assert_eq!(stages(world).await, ["condemned", "parked", "parked"]);

        let plan = maintenance.plan_sweep().await.unwrap();
        assert_eq!(plan.owed.len(), 3, "{plan:?}");
        let swept = maintenance.sweep(plan, &|_| ()).await.unwrap();
        assert_eq!((swept.gone, swept.open.len()), (3, 0), "{swept:?}");
        let alive: Vec<_> = owed.iter().filter(|id| world.is_alive(**id)).collect();
        assert_eq!(alive, [&owed[0]]);
        world.discord.delete_channel(owed[0]);
        world.discord.delete_channel(room.get());
    });
}

#[test]
fn what_discord_still_refuses_is_forgotten_without_a_proxy() {
    sim_with(far_away(Config::default()), async |world| {
        let owed = debts(world).await;
        let refused = Fault::status(DELETE, 403).code(50013);
        world.discord.fault(refused.always());
        let asked = world.discord.requests(Some(DELETE)).len();
        let maintenance = world.maintenance("channels forget");
        for id in &owed[..3] {
            let plan = maintenance.plan_forget(&id.to_string()).await.unwrap();
            let forgotten = maintenance.forget(plan).await.unwrap();
            assert_eq!(forgotten.now, "kept");
        }
        assert_eq!(world.discord.requests(Some(DELETE)).len(), asked);
        world.discord.clear_faults();
        for id in &owed[..3] {
            world.discord.delete_channel(*id);
        }
    });
}

#[test]
fn an_adoption_deletes_what_its_plan_shows_and_nothing_else() {
    sim_with(far_away(Config::default()), async |world| {
        let owed = debts(world).await;
        let leftovers = world.discord.create_leftovers("cdp-chat-", 3);
        let maintenance = world.maintenance("channels adopt");
        let plan = maintenance.plan_adoption(&query()).await.unwrap();
        let adopted = maintenance.adopt(plan, &|_| ()).await.unwrap();
        assert_eq!((adopted.gone, adopted.open.len()), (3, 0), "{adopted:?}");
        assert!(leftovers.iter().all(|id| !world.is_alive(*id)));
        assert!(owed.iter().all(|id| world.is_alive(*id)));
    });
}

#[test]
fn an_adoption_that_a_killed_proxy_had_begun_is_brought_to_its_end_by_the_same_plan() {
    // How: the proxy is killed when all is on record and nothing is deleted; the plan is applied once more.
    sim_with(far_away(Config::default()), async |world| {
        let leftovers = world.discord.create_leftovers("cdp-chat-", 3);
        world.discord.fault(Fault::status(DELETE, 500).always());
        let maintenance = world.maintenance("channels adopt");
        let plan = maintenance.plan_adoption(&query()).await.unwrap();
        let adopting = maintenance.adopt(plan.clone(), &|_| ());
        let cut = timeout(Duration::from_secs(9), adopting).await;
        assert!(cut.is_err(), "nothing is deleted");
        assert_eq!(stages(world).await, ["condemned"; 3]);
        world.kill_proxy().await;
        world.discord.clear_faults();
        let adopted = maintenance.adopt(plan, &|_| ()).await.unwrap();
        assert_eq!((adopted.gone, adopted.open.len()), (3, 0), "{adopted:?}");
        assert!(leftovers.iter().all(|id| !world.is_alive(*id)));
    });
}

#[test]
fn a_temporary_channel_is_deleted_and_nothing_else_is() {
    // How: a bot without a channel is kept alive twice, and probed. The first time Discord deletes nothing, so
    // that the second run finds what the first has left.
    let discord = Config::default().with_bots([Script::instant(), Script::instant()]);
    let mut setup = far_away(discord);
    setup.toml = format!(
        "[[bots]]\nname = \"other\"\nuser_id = \"{}\"\nmodels = [\"other\"]\n",
        1_400_000_000_000_000_101_u64
    );
    sim_with(setup, async |world| {
        let owed = debts(world).await;
        let stages_before = stages(world).await;
        let others = || {
            let alive = world.channels().into_iter().filter(|channel| channel.alive);
            let ids = alive.map(|channel| channel.id);
            ids.filter(|id| !owed.contains(id)).count()
        };
        let maintenance = world.maintenance("keepalive run");
        order_to_sweep(world).await;
        world.discord.fault(Fault::status(DELETE, 500).always());
        let kept = maintenance.keepalive_run(&[], &|_| {}).await;
        assert!(
            kept.unwrap()
                .unwrap()
                .iter()
                .all(|bot| bot.outcome == "answered")
        );
        assert_eq!(others(), 1, "Discord deletes none");
        world.discord.clear_faults();
        let kept = maintenance.keepalive_run(&[], &|_| {}).await;
        assert!(
            kept.unwrap()
                .unwrap()
                .iter()
                .all(|bot| bot.outcome == "answered")
        );
        assert_eq!(others(), 0, "of the first run neither");
        assert_eq!(
            stages(world).await,
            stages_before,
            "nothing is left to prove"
        );
        let created = world.channels_created();
        world.doctor(&[], true).await;
        assert_eq!((world.channels_created(), others()), (created + 1, 0));
        assert_eq!(stages(world).await, stages_before, "nor after a probe");
        assert!(owed.iter().all(|id| world.is_alive(*id)));
    });
}
