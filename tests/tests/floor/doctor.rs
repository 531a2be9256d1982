//! `doctor` in worlds where all is well, where one thing is wrong, where everything is, and beside a proxy.

mod checks;
mod faults;

use std::{collections::HashSet, fs, os::unix::fs::PermissionsExt as _, time::Duration};

use self::faults::set;
use cordboard_app::maintenance::doctor::{CHECKS, Diagnosis, State};
use cordboard_simulator::{BotConfig, Config as Discord, Fault, Script};
use cordboard_tests::{BEGINS_MS, MODEL, Setup, World, sim_with};
use hyper::Method;
use rusqlite::Connection;
use tokio::time::sleep;

const ALL_PRIVILEGED: u64 = 1 << 1 | 1 << 8 | 1 << 15;
const SEND_MESSAGES: u64 = 1 << 11;
const VIEW_AUDIT_LOG: u64 = 1 << 7;

/// A Discord whose clock agrees with the machine's, and some bots more than the proxy asks.
fn setup() -> Setup {
    let scripts = [
        Script::friendly(),
        Script::friendly(),
        Script::silent(),
        Script::friendly(),
    ];
    let discord = Discord {
        start_ms: BEGINS_MS,
        ..Discord::default().with_bots(scripts)
    };
    Setup::with_discord(discord)
}

/// Runs a body in such a world.
fn sim(body: impl AsyncFnOnce(&World)) {
    sim_with(setup(), body);
}

/// What is not well, by check. Each has something to do, and no line shows a secret.
fn amiss(world: &World, diagnosis: &Diagnosis) -> Vec<&'static str> {
    let shown = serde_json::to_string(diagnosis).unwrap();
    assert!(!shown.contains(&world.discord.token()), "{shown}");
    assert!(!shown.contains("sk-world"), "{shown}");
    let mut amiss = Vec::new();
    for finding in &diagnosis.findings {
        assert!(
            CHECKS.iter().any(|(id, _)| *id == finding.check),
            "{finding:?}"
        );
        if matches!(finding.state, State::Wrong | State::Unknown) {
            assert!(
                finding.fix.is_some() && finding.matter.is_some(),
                "{finding:?}"
            );
            amiss.push(finding.check);
        }
    }
    assert_eq!(diagnosis.is_well(), amiss.is_empty());
    amiss.sort_unstable();
    amiss
}

/// The variables of one more bot that answers.
fn bot(world: &World, number: usize, more: &[(&str, &str)]) -> Vec<(String, String)> {
    let user_id = world.discord.bot_ids()[number].to_string();
    let key = |key: &str| format!("CORDBOARD__BOTS__{number}__{key}");
    let mut variables = vec![
        (key("NAME"), format!("bot-{number}")),
        (key("USER_ID"), user_id),
        (key("MODELS"), format!("[\"model-{number}\"]")),
    ];
    variables.extend(
        more.iter()
            .map(|(name, value)| (key(name), (*value).to_owned())),
    );
    variables
}

async fn diagnosed(world: &World, variables: &[(String, String)], probes: bool) -> Diagnosis {
    let variables: Vec<_> = variables
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    world.doctor(&variables, probes).await
}

/// A channel that was there.
fn deleted_channel(world: &World) -> String {
    let channel_id = world.discord.create_channel("gone");
    world.discord.delete_channel(channel_id);
    channel_id.to_string()
}

fn set_version(world: &World, version: i64) -> i64 {
    let database = Connection::open(world.store()).unwrap();
    let before = database.query_row("PRAGMA user_version", [], |row| row.get(0));
    database
        .pragma_update(None, "user_version", version)
        .unwrap();
    before.unwrap()
}

async fn hold_deletions(world: &World, is_held: bool) {
    let body = format!("{{\"enabled\": {}}}", !is_held);
    let client = world.client();
    let told = client.send(Method::POST, "/admin/v1/deletions", body);
    assert_eq!(told.await.unwrap().status, 200);
}

fn lose_key(world: &World) -> Vec<u8> {
    let key = fs::read(world.key()).unwrap();
    fs::remove_file(world.key()).unwrap();
    key
}

fn restore_key(world: &World, key: &[u8]) {
    fs::write(world.key(), key).unwrap();
    fs::set_permissions(world.key(), fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn where_all_is_well_doctor_says_so_and_only_reads() {
    // How: beside a proxy at work, with every purpose of a channel configured.
    sim(async |world| {
        world.client().ask(MODEL, "Hello").await.unwrap();
        let category = world.discord.create_category("cords").to_string();
        let parent = world.discord.create_channel("threads").to_string();
        let (asked, identifies) = (
            world.discord.requests(None).len(),
            world.discord.counters().identifies,
        );
        let variables = [
            ("CORDBOARD__DISCORD__CATEGORY_ID", &*category),
            ("CORDBOARD__CHANNELS__ISOLATION", "channel-then-thread"),
            ("CORDBOARD__CHANNELS__THREAD_PARENT_ID", &*parent),
        ];
        let diagnosis = world.doctor(&variables, false).await;
        assert!(amiss(world, &diagnosis).is_empty(), "{diagnosis:#?}");
        let is_skipped = |one: &&_| matches!(one, State::Skipped);
        let states = diagnosis.findings.iter().map(|one| &one.state);
        assert_eq!(states.filter(is_skipped).count(), 0, "{diagnosis:#?}");
        assert!(!diagnosis.is_config_unusable && !diagnosis.is_discord_unreachable);
        let requests = &world.discord.requests(None)[asked..];
        assert!(!requests.is_empty());
        for request in requests {
            assert!(request.route.starts_with("GET "), "{}", request.route);
        }
        assert_eq!(world.discord.counters().identifies, identifies);
        let files = fs::read_dir(world.store().parent().unwrap()).unwrap();
        let names: HashSet<_> = files.map(|file| file.unwrap().file_name()).collect();
        assert!(names.contains(world.store().file_name().unwrap()));
        assert_eq!(world.client().ask(MODEL, "Hello").await.unwrap().0, 200);
    });
}

#[test]
fn a_probe_begins_one_session_and_asks_each_bot_beside_a_proxy() {
    sim(async |world| {
        // Discord lets a bot begin one session in five seconds.
        sleep(Duration::from_secs(10)).await;
        let identifies = world.discord.counters().identifies;
        let said = world
            .discord
            .messages(world.discord.default_channel_id())
            .len();
        let asked = world.discord.requests(None).len();
        let with_no_channel = bot(world, 1, &[]);
        let diagnosis = diagnosed(world, &with_no_channel, true).await;
        assert!(amiss(world, &diagnosis).is_empty(), "{diagnosis:#?}");
        let state = |check: &str, subject: &str| {
            let mut of = diagnosis.findings.iter();
            of.find(|one| one.check == check && one.subject.contains(subject))
                .map(|one| one.state)
        };
        assert_eq!(state("gateway.session", ""), Some(State::Ok));
        assert_eq!(state("upstream.answers", "bots[0]"), Some(State::Ok));
        assert_eq!(state("upstream.content", "bots[0]"), Some(State::Ok));
        // The proxy holds the store, and makes all channels.
        assert_eq!(state("upstream.answers", "bots[1]"), Some(State::Skipped));
        assert_eq!(world.discord.counters().identifies, identifies + 1);
        let said_now = world
            .discord
            .messages(world.discord.default_channel_id())
            .len();
        assert_eq!(said_now, said + 2);
        for request in &world.discord.requests(None)[asked..] {
            let is_post = request.route == "POST /channels/{channel_id}/messages";
            assert!(
                is_post || request.route.starts_with("GET "),
                "{}",
                request.route
            );
        }
        assert_eq!(world.client().ask(MODEL, "Hello").await.unwrap().0, 200);
    });
}

#[test]
fn a_bot_without_a_default_channel_is_asked_in_one_that_is_deleted() {
    sim(async |world| {
        world.stop_proxy().await;
        let before = world.channels_created();
        let with_no_channel = bot(world, 1, &[]);
        let diagnosis = diagnosed(world, &with_no_channel, true).await;
        assert!(amiss(world, &diagnosis).is_empty(), "{diagnosis:#?}");
        let answers = diagnosis.findings.iter();
        let answers = answers.filter(|one| one.check == "upstream.answers");
        let states: Vec<_> = answers.map(|one| one.state).collect();
        assert_eq!(states, [State::Ok, State::Ok], "{diagnosis:#?}");
        assert_eq!(world.channels_created(), before + 1);
        assert_eq!(world.channels_alive(), 0);
    });
}

#[test]
fn each_fault_alone_is_named_once() {
    // How: one after the other in one world, and each is ended before the next.
    sim(async |world| {
        world.stop_proxy().await;
        let version = set_version(world, 1);
        set_version(world, version);
        for fault in faults::all() {
            let variables = (fault.begin)(world);
            let diagnosis = diagnosed(world, &variables, fault.probes).await;
            let found = amiss(world, &diagnosis);
            assert_eq!(found, fault.expected, "{}: {diagnosis:#?}", fault.name);
            (fault.end)(world);
            set_version(world, version);
        }
        let diagnosis = world.doctor(&[], true).await;
        assert!(amiss(world, &diagnosis).is_empty(), "{diagnosis:#?}");
    });
}

#[test]
fn a_lost_key_and_few_sessions_are_named_once() {
    let mut few = setup();
    few.discord.gateway.identifies_per_day = 45;
    sim_with(few, async |world| {
        let diagnosis = world.doctor(&[], true).await;
        assert_eq!(
            amiss(world, &diagnosis),
            ["headroom.identifies"],
            "{diagnosis:#?}"
        );
        assert_eq!(world.discord.counters().identifies, 1, "none is spent");
        world.stop_proxy().await;
        let key = lose_key(world);
        let diagnosis = world.doctor(&[], false).await;
        let expected = ["headroom.identifies", "store.key"];
        assert_eq!(amiss(world, &diagnosis), expected, "{diagnosis:#?}");
        assert!(!world.key().exists(), "none was made");
        restore_key(world, &key);
    });
}

#[test]
fn everything_that_is_wrong_at_once_is_named_once() {
    // How: one world has every fault that can be had together, and bots are asked as well.
    let mut setup = setup();
    let scripts = [
        Script::friendly(),
        Script::friendly(),
        Script::friendly(),
        Script::silent(),
        Script::friendly(),
    ];
    setup.discord = setup.discord.with_bots(scripts);
    setup.discord.bots[4] = BotConfig {
        online: false,
        ..setup.discord.bots[4].clone()
    };
    setup.discord.gateway.identifies_per_day = 45;
    sim_with(setup, async |world| {
        let open = world.discord.create_channel("open").to_string();
        world.stop_proxy().await;
        world.discord.set_privileged_intents(0);
        let granted = world.discord.config().proxy.permissions;
        world.discord.set_permissions(granted & !VIEW_AUDIT_LOG);
        let default = world.discord.default_channel_id();
        world.discord.set_overwrite(default, 0, SEND_MESSAGES);
        world.discord.kick(world.discord.bot_ids()[2]);
        world.jump_clock(-3_600_000);
        let (version, key) = (set_version(world, 999), lose_key(world));
        let mut variables = set("DISCORD__CATEGORY_ID", &&open);
        variables.extend(set("CHANNELS__GUILD_MAX", &2));
        variables.extend(set("CHANNELS__RESERVE", &1));
        variables.extend(set("LISTEN", &"nowhere"));
        let gone = deleted_channel(world);
        variables.extend(bot(world, 1, &[("DEFAULT_CHANNEL_ID", &gone)]));
        for number in 2..5 {
            variables.extend(bot(world, number, &[("DEFAULT_CHANNEL_ID", &open)]));
        }
        let diagnosis = diagnosed(world, &variables, true).await;
        let expected = [
            "bot.intent",
            "channel.exists",
            "channel.permission",
            "channel.type",
            "clock.skew",
            "config.key",
            "guild.permission",
            "headroom.channels",
            "headroom.identifies",
            "store.file",
            "store.key",
            "upstream.answers", // silent
            "upstream.answers", // offline, which Discord does not tell without the intent
            "upstream.member",
        ];
        assert_eq!(amiss(world, &diagnosis), expected, "{diagnosis:#?}");
        assert!(diagnosis.is_config_unusable && !diagnosis.is_discord_unreachable);
        world.discord.set_privileged_intents(1 << 15);
        world.discord.set_permissions(granted);
        world.discord.clear_overwrite(default);
        world.jump_clock(3_600_000);
        set_version(world, version);
        restore_key(world, &key);
    });
}

#[test]
fn without_discord_the_configuration_and_the_store_are_judged_all_the_same() {
    sim(async |world| {
        hold_deletions(world, true).await;
        world.stop_proxy().await;
        world
            .discord
            .fault(Fault::hang_up("GET /users/@me").always());
        let variables = set("LISTEN", &"nowhere");
        let diagnosis = diagnosed(world, &variables, true).await;
        let expected = ["config.key", "discord.reach", "store.deletions"];
        assert_eq!(amiss(world, &diagnosis), expected, "{diagnosis:#?}");
        assert!(diagnosis.is_discord_unreachable);
        world.discord.clear_faults();
        world.start_proxy().await;
        hold_deletions(world, false).await;
    });
}

#[test]
fn without_a_token_every_wrong_key_is_named_and_nobody_is_asked() {
    sim(async |world| {
        let asked = world.discord.counters().identifies;
        let mut variables = set("DISCORD__TOKEN", &"");
        variables.extend(set("LISTEN", &"nowhere"));
        let diagnosis = diagnosed(world, &variables, true).await;
        let keys: HashSet<_> = diagnosis.findings.iter().map(|one| &*one.subject).collect();
        assert!(
            keys.contains("discord.token") && keys.contains("listen"),
            "{keys:?}"
        );
        assert!(diagnosis.is_config_unusable);
        assert_eq!(world.discord.counters().identifies, asked);
    });
}

#[test]
fn every_check_is_in_the_operators_manual() {
    let manual = include_str!("../../../docs/OPERATIONS.md");
    for (id, _) in CHECKS {
        assert!(manual.contains(&format!("| `{id}` |")), "{id}");
    }
}
