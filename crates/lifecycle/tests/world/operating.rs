//! What operators say: channels to adopt, debts to forget, channels to protect, a sweep now.

use std::{collections::BTreeSet, time::Duration};

use cordboard_lifecycle::{
    Adoption, AdoptionError, AttemptId, ForgetError, PlanHash, Registry as _, Stage,
};
use cordboard_simulator::{Fault, HumanAct, Simulator, SpecialChannel};
use tokio::time::{sleep, timeout};
use twilight_model::id::{Id, marker::ChannelMarker};

use super::floor::{AUDIT_LOG, CREATE, DELETE, LIST, World};

/// The plan to adopt these channels, as it is applied.
fn adoption(world: &World, channel_ids: &[u64]) -> Adoption {
    let channel_ids: BTreeSet<Id<ChannelMarker>> =
        channel_ids.iter().copied().map(Id::new).collect();
    let truth = world.discord.truth().channels;
    let name = |id: &Id<ChannelMarker>| {
        let channel = truth.iter().find(|channel| channel.id == id.get());
        channel.map_or_else(String::new, |channel| channel.name.clone())
    };
    Adoption {
        plan: PlanHash::of(Id::new(world.discord.guild_id()), &channel_ids),
        channels: channel_ids.iter().map(|id| (*id, name(id))).collect(),
        request_id: "a plan".to_owned(),
    }
}

/// A channel that another program has made with our bot.
fn as_bot(name: &str) -> HumanAct {
    HumanAct::CreateAsBot {
        user_id: None,
        name: name.to_owned(),
        topic: None,
        reason: None,
    }
}

/// A channel that people have made.
fn made(discord: &Simulator, name: &str, kind: u64) -> u64 {
    let act = HumanAct::CreateChannel {
        name: name.to_owned(),
        kind,
        topic: None,
        parent_id: None,
    };
    let made = discord.try_act(act).expect("discord allows it");
    made.expect("it has an id")
}

fn is_alive(world: &World, channel_id: u64) -> bool {
    let channels = world.discord.truth().channels;
    let mut of = channels.iter().filter(|channel| channel.id == channel_id);
    of.any(|channel| channel.alive)
}

#[tokio::test(start_paused = true)]
async fn exactly_the_channels_of_an_applied_plan_are_deleted() {
    let world = World::new().await;
    let leftovers: Vec<u64> = (0..5)
        .map(|index| {
            world
                .discord
                .try_act(as_bot(&format!("cdp-chat-{index}")))
                .unwrap()
                .unwrap()
        })
        .collect();
    let other = world
        .discord
        .try_act(as_bot("cdp-chat-5"))
        .unwrap()
        .unwrap();
    let adoption = adoption(&world, &leftovers);
    assert_eq!(world.channels().adopt(adoption).await.unwrap(), []);
    world.channels().settled().await;
    assert!(leftovers.iter().all(|id| !is_alive(&world, *id)));
    assert!(is_alive(&world, other), "it was in no plan");
    world.discord.delete_channel(other);
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn an_adoption_that_a_life_did_not_finish_is_finished_by_the_next() {
    let mut world = World::new().await;
    let leftover = world
        .discord
        .try_act(as_bot("cdp-chat-1"))
        .unwrap()
        .unwrap();
    world
        .discord
        .fault(Fault::slow_answer(DELETE, Duration::from_secs(10)).always());
    let adoption = adoption(&world, &[leftover]);
    assert_eq!(world.channels().adopt(adoption).await.unwrap(), []);
    world.kill().await;
    world.discord.clear_faults();
    world.start().await;
    world.channels().settled().await;
    assert!(!is_alive(&world, leftover));
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn nothing_is_adopted_by_another_plan_or_without_a_look_at_the_guild() {
    let world = World::new().await;
    let leftover = world
        .discord
        .try_act(as_bot("cdp-chat-1"))
        .unwrap()
        .unwrap();
    let mut changed = adoption(&world, &[leftover]);
    changed.channels.insert(Id::new(7), String::new());
    let refused = world.channels().adopt(changed).await;
    assert!(matches!(refused, Err(AdoptionError::OtherPlan)));

    world.discord.fault(Fault::status(LIST, 500).always());
    let refused = world.channels().adopt(adoption(&world, &[leftover])).await;
    assert!(matches!(refused, Err(AdoptionError::NotDone { .. })));
    sleep(Duration::from_hours(1)).await;
    assert!(is_alive(&world, leftover));
    world.discord.clear_faults();
    world.discord.delete_channel(leftover);
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn what_a_plan_must_not_hold_is_left_alone_whatever_it_says() {
    let world = World::new().await;
    let discord = &world.discord;
    let [leftover, rules, protected, renamed] =
        ["a", "b", "c", "d"].map(|name| discord.try_act(as_bot(name)).unwrap().unwrap());
    let (voice, category) = (made(discord, "v", 2), made(discord, "k", 4));
    discord.set_special(SpecialChannel::Rules, Some(rules));
    let channels = world.channels();
    channels.protect(Id::new(protected), true);
    let lease = world.open().await.unwrap();
    let in_use = lease.channel_id().get();
    let (guild, nowhere) = (discord.guild_id(), 77);
    let plan = [
        leftover, rules, protected, renamed, voice, category, in_use, guild, nowhere,
    ];
    let adoption = adoption(&world, &plan);
    discord.rename_channel(renamed, "team-archive-keep");
    let left = channels.adopt(adoption).await.unwrap();
    let mut why: Vec<(u64, &str)> = left
        .iter()
        .map(|one| (one.channel_id.get(), one.why))
        .collect();
    why.sort_unstable();
    let mut expected = vec![
        (
            rules,
            "is one that the guild uses for itself (rules, updates, system and such)",
        ),
        (protected, "is protected"),
        (renamed, "has another name than in the plan"),
        (voice, "is no text channel"),
        (category, "is no text channel"),
        (in_use, "is on record already"),
        (guild, "is protected"),
        (
            nowhere,
            "is not in the guild any more, or not shown to the bot",
        ),
    ];
    expected.sort_unstable();
    assert_eq!(why, expected);
    sleep(Duration::from_mins(2)).await;
    assert!(!is_alive(&world, leftover));
    assert!(
        [rules, protected, renamed, voice, category, in_use]
            .iter()
            .all(|id| is_alive(&world, *id))
    );
    drop(lease);
    world.discord.set_special(SpecialChannel::Rules, None);
    for id in [rules, protected, renamed] {
        world.discord.delete_channel(id);
    }
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_is_protected_while_it_waits_for_its_deletion_stays_until_it_no_longer_is() {
    let world = World::new().await;
    let lease = world.open().await.unwrap();
    let channel_id = lease.channel_id();
    drop(lease);
    sleep(Duration::from_secs(1)).await;
    world.channels().protect(channel_id, true);
    sleep(Duration::from_hours(2)).await;
    assert!(is_alive(&world, channel_id.get()));
    assert_eq!(world.counts().parked, 1);
    world.channels().protect(channel_id, false);
    world.channels().sweep().await;
    sleep(Duration::from_mins(2)).await;
    assert!(!is_alive(&world, channel_id.get()));
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_parked_debt_that_is_forgotten_is_kept_and_tried_no_more() {
    let mut world = World::new().await;
    let refused = Fault::status(DELETE, 403).code(50013);
    world.discord.fault(refused.always());
    drop(world.open().await.unwrap());
    sleep(Duration::from_mins(1)).await;
    let rows = world.registry.open(None, 9).await.unwrap();
    let attempt = rows[0].attempt;
    let forgotten = world.channels().forget(attempt).await.unwrap();
    assert!(matches!(forgotten, Stage::Kept(_)), "{forgotten:?}");
    world.discord.clear_faults();
    let asked = world.requests(DELETE);
    sleep(Duration::from_hours(24)).await;
    world.kill().await;
    world.start().await;
    sleep(Duration::from_hours(24)).await;
    assert_eq!((world.alive(), world.requests(DELETE)), (1, asked));
    assert!(world.channels().conditions().is_empty());
    let again = world.channels().forget(attempt).await;
    assert!(
        matches!(again, Err(ForgetError::NoDebt { stage: "kept" })),
        "{again:?}"
    );
    let channel_id = forgotten.channel_id().unwrap().get();
    world.discord.delete_channel(channel_id);
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_quarantine_that_is_forgotten_is_over_unless_there_is_proof() {
    // How: the log cannot be read, so that a channel of ours goes into quarantine; it is forgotten, and
    // then the log can be read again.
    let mut world = World::new().await;
    let refused = Fault::status(AUDIT_LOG, 403).code(50013);
    world.discord.fault(refused.always());
    world.discord.fault(Fault::act_then_hang(CREATE));
    drop(timeout(Duration::from_secs(1), world.open()).await);
    sleep(Duration::from_hours(1)).await;
    assert_eq!(world.counts().quarantined, 1);
    let rows = world.registry.open(None, 9).await.unwrap();
    let forgotten = world.channels().forget(rows[0].attempt).await.unwrap();
    assert!(matches!(forgotten, Stage::Disowned(_)), "{forgotten:?}");
    world.kill().await;
    world.start().await;
    sleep(Duration::from_hours(24)).await;
    assert_eq!(
        (world.counts().quarantined, world.alive()),
        (0, 1),
        "not sighted again"
    );
    world.discord.clear_faults();
    sleep(Duration::from_hours(1)).await;
    assert_eq!(world.alive(), 0, "it was ours after all");
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_dealt_with_or_unknown_cannot_be_forgotten() {
    let world = World::new().await;
    let lease = world.open().await.unwrap();
    let rows = world.registry.open(None, 9).await.unwrap();
    let refused = world.channels().forget(rows[0].attempt).await;
    assert!(
        matches!(refused, Err(ForgetError::NoDebt { stage: "live" })),
        "{refused:?}"
    );
    let nobody = AttemptId::from_bytes([1; 16]);
    let refused = world.channels().forget(nobody).await;
    assert!(
        matches!(refused, Err(ForgetError::Missing { .. })),
        "{refused:?}"
    );
    drop(lease);
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_sweep_that_is_asked_for_looks_at_the_guild_now() {
    let world = World::new().await;
    let looks = world.requests(LIST);
    let began = tokio::time::Instant::now();
    world.channels().sweep().await;
    assert_eq!(world.requests(LIST), looks + 1);
    assert!(began.elapsed() < Duration::from_secs(10));
    world.settle().await;
}
