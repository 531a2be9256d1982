//! Ctrl-C in the middle: a clear message, and the same command finishes it.

use cordboard_simulator::{Config, RoleConfig, Script, Simulator};

use crate::world::{DELETE, World, alive};

const ADOPT: &str = "channels adopt --legacy-prefix cdp-chat- --apply --count";

#[test]
fn an_adoption_and_sweeps_that_are_interrupted_are_finished_by_a_sweep() {
    // How: each deletion takes a while; SIGINT comes when all is adopted and the first channels are gone.
    let world = World::new();
    let leftovers = world.discord.create_leftovers("cdp-chat-", 200);
    world.slow(DELETE, 3_000);
    let mut left = leftovers.len();
    for command in [&format!("{ADOPT} 200"), "channels sweep --apply"] {
        let running = world.start(command, &[]);
        world.wait_until("the adoption", |_| an_order_is_done(&world));
        world.wait_until("a deletion", |discord| alive(discord, &leftovers) < left);
        running.signal("-INT");
        let (code, told) = running.end();
        assert_eq!(code, Some(130), "{command}: {told}");
        // By how far the order itself was.
        let says = [
            "or the next proxy, goes on with it",
            "the same command goes on with it",
            "the same command gives it again",
        ];
        assert!(says.iter().any(|words| told.contains(words)), "{told}");
        left = world.alive(&leftovers);
        assert!(left > 0, "{command} was not interrupted in the middle");
    }
    world.discord.clear_faults();
    let plan = world.expect(0, "channels sweep");
    assert!(
        plan.contains("channels on record would be deleted"),
        "{plan}"
    );
    world.expect(0, "channels sweep --apply");
    assert_eq!(world.alive(&leftovers), 0);
    assert_eq!(world.discord.check(), []);
}

#[test]
fn an_adoption_that_is_cut_off_in_its_order_is_finished_by_a_sweep_and_the_same_command() {
    // How: SIGINT comes when the first channel is gone, and others are not even on record.
    let world = World::new();
    let leftovers = world.discord.create_leftovers("cdp-chat-", 200);
    world.slow(DELETE, 500);
    let running = world.start(&format!("{ADOPT} 200"), &[]);
    world.wait_until("a deletion", |discord| alive(discord, &leftovers) < 200);
    running.signal("-INT");
    let (code, told) = running.end();
    assert_eq!(code, Some(130), "{told}");
    assert!(told.contains("channels sweep --apply"), "{told}");
    world.discord.clear_faults();
    world.expect(0, "channels sweep --apply");
    // Without a word of ours nothing else goes: whoever interrupts an order does not want the rest.
    let left = world.alive(&leftovers);
    if left > 0 {
        assert!(told.contains("the same command gives it again"), "{told}");
        world.expect(0, &format!("{ADOPT} {left}"));
    }
    assert_eq!(world.alive(&leftovers), 0);
    assert_eq!(world.discord.check(), []);
}

/// Whether an order has been carried out, by the record.
fn an_order_is_done(world: &World) -> bool {
    let done = "SELECT count(*) FROM standing_order WHERE done_ms IS NOT NULL";
    count(world, done).is_some_and(|done| done > 0)
}

/// What a query of the daybook counts, if there is one by now.
fn count(world: &World, query: &str) -> Option<i64> {
    // Reading must not make one.
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let path = world.folder.path().join("cordboard.db.daybook");
    let daybook = rusqlite::Connection::open_with_flags(path, flags);
    let counted = daybook.and_then(|daybook| daybook.query_row(query, [], |row| row.get(0)));
    counted.ok()
}

#[test]
fn an_adoption_that_is_interrupted_says_what_goes_on_with_it_and_so_does_the_next_one() {
    // How: SIGINT comes when all is adopted, and no deletion has been answered.
    let world = World::new();
    let leftovers = world.discord.create_leftovers("cdp-chat-", 3);
    world.slow(DELETE, 600_000);
    let running = world.start(&format!("{ADOPT} 3"), &[]);
    world.wait_until("the adoption", |_| an_order_is_done(&world));
    running.signal("-INT");
    let (code, told) = running.end();
    assert_eq!(code, Some(130), "{told}");
    assert!(
        told.contains("channels sweep --apply, or the next proxy"),
        "{told}"
    );
    world.discord.clear_faults();
    let owed = "3 adopted channels are still to be deleted: channels sweep --apply";
    let again = world.expect(1, &format!("{ADOPT} 3"));
    assert!(again.contains(owed), "{again}");
    let plan = world.expect(0, "channels adopt --legacy-prefix cdp-chat-");
    assert!(plan.contains(owed), "{plan}");
    world.expect(0, "channels sweep --apply");
    assert_eq!(world.alive(&leftovers), 0);
    let plan = world.expect(0, &format!("{ADOPT} 3"));
    assert!(!plan.contains("still to be deleted"), "{plan}");
}

#[test]
fn whoever_interrupts_what_has_only_looked_is_not_told_that_something_is_on_record() {
    // How: once without --apply, and once before the order is given.
    let plan = "channels adopt --legacy-prefix cdp-chat-".to_owned();
    for command in [plan, format!("{ADOPT} 3")] {
        let world = World::new();
        world.slow("GET /guilds/{guild_id}/channels", 600_000);
        let running = world.start(&command, &[]);
        world.wait_until("a question", |discord| {
            !discord
                .requests(Some("GET /guilds/{guild_id}/channels"))
                .is_empty()
        });
        running.signal("-INT");
        let (code, told) = running.end();
        assert_eq!(code, Some(130), "{told}");
        assert!(told.contains("nothing was changed"), "{told}");
        assert!(!told.contains("on record"), "{told}");
    }
}

#[test]
fn a_removal_of_roles_that_is_interrupted_is_finished_by_the_same_command() {
    let mut config = Config::default();
    config.guild.roles = (0..5)
        .map(|index| RoleConfig {
            name: format!("temp-{index}"),
            ..RoleConfig::numbered(index)
        })
        .collect();
    let world = World::with(config);
    // Told are those that somebody has asked to delete.
    let removed = |discord: &Simulator| {
        let roles = discord.truth().roles;
        roles.iter().filter(|role| !role.alive).count()
    };
    world.slow("DELETE /guilds/{guild_id}/roles/{role_id}", 500);
    let command = "roles remove --name temp-* --apply";
    let running = world.start(command, &[]);
    world.wait_until("a removal", |discord| removed(discord) > 0);
    running.signal("-INT");
    let (code, told) = running.end();
    assert_eq!(code, Some(130), "{told}");
    assert!(told.contains("the same command goes on with it"), "{told}");
    assert!(removed(&world.discord) < 5);
    let held = count(
        &world,
        "SELECT count(*) FROM lease WHERE name LIKE 'roles.remove%'",
    );
    assert_eq!(held, Some(0), "the next one need not wait");
    world.discord.clear_faults();
    world.expect(0, command);
    assert_eq!(removed(&world.discord), 5);
}

#[test]
fn a_question_to_a_bot_that_is_interrupted_says_that_the_next_one_is_asked_anew() {
    // How: the bot never answers.
    let world = World::with(Config::default().with_bots([Script::silent()]));
    let channel_id = world.discord.default_channel_id();
    for (asked, command) in [(1, "keepalive run"), (2, "doctor --probe")] {
        let running = world.start(command, &[]);
        world.wait_until("a question", |discord| {
            discord.messages(channel_id).len() == asked
        });
        running.signal("-INT");
        let (code, told) = running.end();
        assert_eq!(code, Some(130), "{command}: {told}");
        assert!(told.contains("the next run asks anew"), "{told}");
    }
    let list = world.expect(0, "keepalive list --json");
    assert!(
        list.contains(r#""last":[]"#),
        "nothing is half-recorded: {list}"
    );
}

/// Writes something into the store, which nobody holds.
fn write(world: &World, statement: &str) {
    let store = rusqlite::Connection::open(world.folder.path().join("cordboard.db")).unwrap();
    store.execute(statement, []).unwrap();
}

#[test]
fn a_backfill_that_is_interrupted_says_who_reads_on_and_so_does_the_same_command() {
    // How: SIGINT comes when the order is carried out, and no page has been answered.
    const HISTORY: &str = "GET /channels/{channel_id}/messages";
    let world = World::new();
    world.configure("[relay]\nchannels = \"all\"");
    world.expect(0, "store migrate");
    let (channel_id, guild_id) = (world.discord.default_channel_id(), world.discord.guild_id());
    let columns = "id, shard, guild_id, is_thread, scrubbed_ms";
    write(
        &world,
        &format!("INSERT INTO watched ({columns}) VALUES ({channel_id}, 0, {guild_id}, 0, 0)"),
    );
    write(
        &world,
        "INSERT INTO shard (shard, session_id, sequence, watermark_ms) VALUES (0, 'of a proxy', 1, 1)",
    );
    world.discord.say(channel_id, "hello");
    world.slow(HISTORY, 600_000);
    let command = "messages backfill --beginning";
    let running = world.start(command, &[]);
    world.wait_until("a page", |discord| {
        !discord.requests(Some(HISTORY)).is_empty() && an_order_is_done(&world)
    });
    running.signal("-INT");
    let (code, told) = running.end();
    assert_eq!(code, Some(130), "{told}");
    assert!(
        told.contains("whoever holds the store next reads on"),
        "{told}"
    );
    world.discord.clear_faults();
    let again = world.expect(0, command);
    assert!(again.contains("1 messages came on record"), "{again}");
}
