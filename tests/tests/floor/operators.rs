//! What operators say about channels, beside a running proxy and without one.

mod adopting;
mod alone;
mod audit;
mod orders;
mod protecting;
mod sweeping;

use std::time::Duration;

use cordboard_app::maintenance::{
    CommandError,
    channels::{Adopted, AdoptionPlan, AdoptionQuery},
};
use cordboard_simulator::Fault;
use cordboard_tests::{MODEL, Setup, World, sim, sim_with};
use tokio::time::{sleep, timeout};
use twilight_model::id::Id;

const DELETE: &str = "DELETE /channels/{channel_id}";

/// The list of channels.
const LIST: &str = "GET /guilds/{guild_id}/channels";

fn query() -> AdoptionQuery {
    AdoptionQuery {
        prefix: "cdp-chat-".to_owned(),
        ..AdoptionQuery::default()
    }
}

/// Three hundred leftovers of the old proxy, and a person's channel with the same prefix.
fn old_proxy(world: &World) -> (Vec<u64>, u64) {
    let leftovers = world.discord.create_leftovers("cdp-chat-", 300);
    let person = world.discord.create_channel("cdp-chat-notes");
    (leftovers, person)
}

fn adopted(plan: &AdoptionPlan) -> Vec<u64> {
    let candidates = plan.candidates.iter();
    let adopted = candidates.filter(|candidate| candidate.excluded.is_none());
    adopted
        .map(|candidate| candidate.channel_id.get())
        .collect()
}

async fn adopts_all_but_the_persons(world: &World) {
    let (leftovers, person) = old_proxy(world);
    let maintenance = world.maintenance("channels adopt");
    let plan = maintenance.plan_adoption(&query()).await.unwrap();
    assert_eq!((plan.count, adopted(&plan)), (300, leftovers.clone()));
    let of_person = plan.candidates.last().unwrap();
    assert_eq!(of_person.channel_id.get(), person);
    let why = of_person.excluded.as_deref().unwrap();
    assert!(why.contains("none of our bots"), "{why}");
    let adopted = maintenance.adopt(plan, &|_| ()).await.unwrap();
    assert_eq!(
        (adopted.gone, adopted.left.len(), adopted.open.len()),
        (300, 0, 0)
    );
    assert!(leftovers.iter().all(|id| !world.is_alive(*id)));
    assert!(world.is_alive(person));
}

#[test]
fn leftovers_of_the_old_proxy_are_adopted_through_a_running_proxy_and_a_persons_channel_stays() {
    sim(adopts_all_but_the_persons);
}

#[test]
fn leftovers_of_the_old_proxy_are_adopted_without_a_proxy_and_a_persons_channel_stays() {
    sim(async |world| {
        world.stop_proxy().await;
        adopts_all_but_the_persons(world).await;
        world.start_proxy().await;
    });
}

#[test]
fn a_channel_that_is_excluded_and_mistyped_is_told_before_anything_is_deleted() {
    sim(async |world| {
        world.stop_proxy().await;
        let (leftovers, _) = old_proxy(world);
        let (kept, mistyped) = (Id::new(leftovers[0]), Id::new(leftovers[1] + 1));
        let request = AdoptionQuery {
            exclude: [kept, mistyped].into(),
            ..query()
        };
        let maintenance = world.maintenance("channels adopt");
        let plan = maintenance.plan_adoption(&request).await.unwrap();
        assert_eq!(plan.not_excluded, [mistyped]);
        assert_eq!(adopted(&plan), leftovers[1..]);
        // No world ends with leftovers.
        let plan = maintenance.plan_adoption(&query()).await.unwrap();
        maintenance.adopt(plan, &|_| ()).await.unwrap();
    });
}

#[test]
fn an_adoption_that_is_interrupted_is_finished_by_whoever_comes_next() {
    sim(async |world| {
        world.stop_proxy().await;
        let (leftovers, person) = old_proxy(world);
        let maintenance = world.maintenance("channels adopt");
        let plan = maintenance.plan_adoption(&query()).await.unwrap();
        let adopting = maintenance.adopt(plan, &|_| ());
        let cut = timeout(Duration::from_secs(2), adopting).await;
        assert!(cut.is_err(), "300 deletions take longer than that");
        assert!(leftovers.iter().any(|id| world.is_alive(*id)));
        world.start_proxy().await;
        sleep(Duration::from_hours(1)).await;
        assert!(leftovers.iter().all(|id| !world.is_alive(*id)));
        assert!(world.is_alive(person));
    });
}

#[test]
fn an_adoption_that_is_given_twice_tells_what_its_plan_has_come_to() {
    // How: a command is killed before the proxy has taken its order, and given again, so that two equal
    // orders stand; one of the channels cannot be deleted.
    sim(async |world| {
        world.discord.create_leftovers("cdp-chat-", 3);
        let maintenance = world.maintenance("channels adopt");
        let plan = maintenance.plan_adoption(&query()).await.unwrap();
        let killed = maintenance.adopt(plan.clone(), &|_| ());
        let killed = timeout(Duration::from_millis(100), killed).await;
        assert!(killed.is_err(), "orders are looked for once in a second");
        world
            .discord
            .fault(Fault::status(DELETE, 403).code(50013).always());
        let adopted = maintenance.adopt(plan.clone(), &|_| ()).await.unwrap();
        let told = |of: &Adopted| (of.gone, of.left.len(), of.open.len());
        assert_eq!(told(&adopted), (0, 0, 3), "{adopted:?}");
        world.discord.clear_faults();
        sleep(Duration::from_hours(1)).await;
        let adopted = maintenance.adopt(plan, &|_| ()).await.unwrap();
        assert_eq!(told(&adopted), (3, 0, 0), "{adopted:?}");
    });
}

#[test]
fn nothing_is_adopted_by_a_bot_that_may_not_read_who_created_it() {
    const VIEW_AUDIT_LOG: u64 = 1 << 7;
    sim(async |world| {
        let person = world.discord.create_channel("cdp-chat-notes");
        let all = world.discord.config().proxy.permissions;
        world.discord.set_permissions(all & !VIEW_AUDIT_LOG);
        let maintenance = world.maintenance("channels adopt");
        let query = AdoptionQuery {
            unknown_creators: true,
            ..query()
        };
        let refused = maintenance.plan_adoption(&query).await.unwrap_err();
        let CommandError::Failed(failed) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(failed.exit_code(), 77, "{}", failed.chain());
        assert!(failed.chain().contains("View Audit Log"));
        assert!(world.is_alive(person));
        world.discord.set_permissions(all);
        world.discord.delete_channel(person);
    });
}

#[test]
fn an_adoption_in_a_guild_that_is_not_the_bots_names_the_setting() {
    sim(async |world| {
        world.set("CORDBOARD__DISCORD__GUILD_ID", "1499999999999999999");
        let maintenance = world.maintenance("channels adopt");
        let refused = maintenance.plan_adoption(&query()).await.unwrap_err();
        let CommandError::Failed(failed) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(failed.exit_code(), 77, "{}", failed.chain());
        assert!(failed.chain().contains("discord.guild_id"));
        let guild_id = world.discord.guild_id().to_string();
        world.set("CORDBOARD__DISCORD__GUILD_ID", &guild_id);
    });
}

#[test]
fn a_plan_that_has_changed_adopts_nothing() {
    sim(async |world| {
        let leftovers = world.discord.create_leftovers("cdp-chat-", 2);
        let maintenance = world.maintenance("channels adopt");
        let mut plan = maintenance.plan_adoption(&query()).await.unwrap();
        plan.candidates.pop();
        let refused = maintenance.adopt(plan, &|_| ()).await;
        assert!(
            matches!(refused, Err(CommandError::Refused(_))),
            "{refused:?}"
        );
        assert!(leftovers.iter().all(|id| world.is_alive(*id)));
        let default = world.discord.introduction().default_channel_id;
        let unprotected = maintenance.unprotect(Id::new(default)).await;
        assert!(
            matches!(unprotected, Err(CommandError::Refused(_))),
            "{unprotected:?}"
        );
        for id in leftovers {
            world.discord.delete_channel(id);
        }
    });
}

#[test]
fn a_sweep_without_a_proxy_deletes_what_a_dead_one_has_left() {
    // How: a proxy is killed with channels in use, and none is started again.
    sim(async |world| {
        let client = world.client();
        world.discord.fault(Fault::status(DELETE, 500).always());
        for _ in 0..3 {
            client.ask(MODEL, "hello").await.unwrap();
        }
        world.kill_proxy().await;
        world.discord.clear_faults();
        assert_eq!(world.channels_alive(), 3);
        let maintenance = world.maintenance("channels sweep");
        let plan = maintenance.plan_sweep().await.unwrap();
        assert_eq!(plan.owed.len(), 3, "{plan:?}");
        assert_eq!(world.channels_alive(), 3, "a plan changes nothing");
        let swept = maintenance.sweep(plan, &|_| ()).await.unwrap();
        assert_eq!((swept.gone, swept.open.len()), (3, 0));
        assert_eq!(world.channels_alive(), 0);
        world.start_proxy().await;
    });
}

#[test]
fn a_sweep_waits_until_what_was_parked_before_is_tried_again() {
    // How: Discord refuses twenty deletions, which is put right; no proxy runs that would go on by itself.
    sim(async |world| {
        world.stop_proxy().await;
        let leftovers = world.discord.create_leftovers("cdp-chat-", 20);
        let refused = Fault::status(DELETE, 403).code(50013);
        world.discord.fault(refused.always());
        let maintenance = world.maintenance("channels adopt");
        let plan = maintenance.plan_adoption(&query()).await.unwrap();
        let adopted = maintenance.adopt(plan, &|_| ()).await.unwrap();
        assert_eq!((adopted.gone, adopted.open.len()), (0, 20));
        world.discord.clear_faults();
        let plan = maintenance.plan_sweep().await.unwrap();
        let swept = maintenance.sweep(plan, &|_| ()).await.unwrap();
        assert_eq!((swept.gone, swept.open.len()), (20, 0));
        assert!(leftovers.iter().all(|id| !world.is_alive(*id)));
    });
}

#[test]
fn a_sweep_beside_a_busy_proxy_ends_and_counts_what_was_owed_when_it_began() {
    // How: each channel stays for half a minute, and every second a conversation comes to its end.
    let setup = Setup::default().set("CORDBOARD__CHANNELS__DELETE_AFTER", "30s");
    sim_with(setup, async |world| {
        let client = world.client();
        for _ in 0..3 {
            client.ask(MODEL, "Hello").await.unwrap();
        }
        let maintenance = world.maintenance("channels sweep");
        let plan = maintenance.plan_sweep().await.unwrap();
        let sweeping = timeout(Duration::from_mins(5), maintenance.sweep(plan, &|_| ()));
        let asking = async {
            loop {
                client.ask(MODEL, "Hello").await.unwrap();
                sleep(Duration::from_secs(1)).await;
            }
        };
        let swept = tokio::select! {
            swept = sweeping => swept.expect("others' channels are not waited for").unwrap(),
            () = asking => unreachable!("it does not end"),
        };
        assert!(swept.open.is_empty(), "{swept:?}");
        assert!((3..10).contains(&swept.gone), "{swept:?}");
        assert!(world.channels_created() > 10);
    });
}

#[test]
fn a_sweep_looks_at_once_although_the_list_was_refused_a_moment_ago() {
    // How: Discord refuses the list while nobody waits for it, which is tried again in a quarter of an hour;
    // an operator puts the permission right, and sweeps.
    sim(async |world| {
        world.stop_proxy().await;
        let refused = Fault::status(LIST, 403).code(50001);
        world.discord.fault(refused.always());
        world.start_proxy().await;
        sleep(Duration::from_mins(1)).await;
        let lists = world.discord.requests(Some(LIST));
        assert!(lists.iter().any(|list| list.status == Some(403)));
        world.discord.clear_faults();
        let maintenance = world.maintenance("channels sweep");
        let plan = maintenance.plan_sweep().await.unwrap();
        let swept = maintenance.sweep(plan, &|_| ()).await.unwrap();
        assert_eq!((swept.gone, swept.open.len()), (0, 0));
    });
}

#[test]
fn a_parked_channel_is_forgotten_through_a_running_proxy() {
    sim(async |world| {
        let refused = Fault::status(DELETE, 403).code(50013);
        world.discord.fault(refused.always());
        world.client().ask(MODEL, "hello").await.unwrap();
        sleep(Duration::from_mins(1)).await;
        let maintenance = world.maintenance("channels forget");
        let list = maintenance.channels(false).await.unwrap();
        assert_eq!(list.channels[0].stage, "parked");
        let audit = maintenance.audit_channels().await.unwrap();
        let kinds: Vec<_> = audit.findings.iter().map(|finding| finding.kind).collect();
        assert_eq!(kinds, ["parked"]);
        let channel_id = list.channels[0].channel_id.unwrap();
        let plan = maintenance.plan_forget(&channel_id.to_string()).await;
        let plan = plan.unwrap();
        assert_eq!(plan.debt.channel_id, Some(channel_id));
        let list = maintenance.channels(false).await.unwrap();
        assert_eq!(list.channels[0].stage, "parked", "a plan changes nothing");
        let forgotten = maintenance.forget(plan).await.unwrap();
        assert_eq!(forgotten.now, "kept");
        let again = maintenance.plan_forget(&channel_id.to_string()).await;
        assert!(matches!(again, Err(CommandError::Refused(_))), "{again:?}");
        assert!(
            maintenance
                .channels(false)
                .await
                .unwrap()
                .channels
                .is_empty()
        );
        assert!(
            maintenance
                .audit_channels()
                .await
                .unwrap()
                .findings
                .is_empty()
        );
        let nobody = maintenance.plan_forget("77").await;
        assert!(matches!(nobody, Err(CommandError::Usage(_))), "{nobody:?}");
        world.discord.clear_faults();
        world.discord.delete_channel(channel_id.get());
    });
}

#[test]
fn an_audit_names_what_looks_like_ours_and_how_full_the_guild_is() {
    let mut discord = cordboard_simulator::Config::default();
    discord.guild.channels_max = 20;
    let setup = Setup::with_discord(discord).set("CORDBOARD__CHANNELS__GUILD_MAX", "20");
    let setup = setup.set("CORDBOARD__CHANNELS__RESERVE", "1");
    sim_with(setup, async |world| {
        let maintenance = world.maintenance("channels audit");
        let audit = maintenance.audit_channels().await.unwrap();
        assert!(audit.findings.is_empty(), "{audit:?}");
        let alike = world.discord.create_channel("cord-hello");
        let mut others: Vec<u64> = (0..17)
            .map(|index| world.discord.create_channel(&format!("room-{index}")))
            .collect();
        let audit = maintenance.audit_channels().await.unwrap();
        let kinds: Vec<_> = audit.findings.iter().map(|finding| finding.kind).collect();
        assert_eq!(kinds, ["full", "look_alike"]);
        assert_eq!((audit.channels, audit.foreign), (19, 19));
        others.push(alike);
        for id in others {
            world.discord.delete_channel(id);
        }
    });
}

#[test]
fn an_adoption_that_does_not_get_on_says_what_is_left_and_goes_on_by_itself() {
    sim(async |world| {
        let leftovers = world.discord.create_leftovers("cdp-chat-", 3);
        let maintenance = world.maintenance("channels adopt");
        let plan = maintenance.plan_adoption(&query()).await.unwrap();
        world.discord.fault(Fault::status(DELETE, 500).always());
        let adopted = maintenance.adopt(plan, &|_| ()).await.unwrap();
        assert_eq!((adopted.gone, adopted.open.len()), (0, 3));
        world.discord.clear_faults();
        sleep(Duration::from_hours(1)).await;
        assert!(leftovers.iter().all(|id| !world.is_alive(*id)));
    });
}
