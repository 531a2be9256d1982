//! The exit codes, as they are documented.

use cordboard_simulator::{Config, Fault, RoleConfig, Script};

use crate::world::World;

/// Where nothing ever listens.
const NOWHERE: &str = "http://127.0.0.1:1";

/// Leads the configuration to where no Discord is.
fn lose_discord(world: &World) {
    world.reconfigure(&world.discord.rest_url(), NOWHERE);
}

#[test]
fn commands_about_channels_end_with_the_code_that_says_how() {
    const VIEW_AUDIT_LOG: u64 = 1 << 7;
    let world = World::new();
    world.expect(0, "channels audit");
    world.discord.create_channel("cord-hello");
    world.expect(1, "channels audit");
    world.expect(2, "channels protect 77");
    let all = world.discord.config().proxy.permissions;
    world.discord.set_permissions(all & !VIEW_AUDIT_LOG);
    let refused = world.expect(3, "channels adopt --legacy-prefix cdp-chat-");
    assert!(refused.contains("View Audit Log"), "{refused}");
    world.discord.set_permissions(all);
    lose_discord(&world);
    world.expect(4, "channels audit");
}

#[test]
fn commands_about_roles_end_with_the_code_that_says_how() {
    let mut config = Config::default();
    let role = |index, name: &str, above_bots| RoleConfig {
        name: name.to_owned(),
        above_bots,
        ..RoleConfig::numbered(index)
    };
    config.guild.roles = vec![
        role(0, "one", false),
        role(1, "two", false),
        role(2, "two-high", true),
        role(3, "high", true),
    ];
    let world = World::with(config);
    world.expect(0, "roles remove --name one --apply");
    world.expect(1, "roles remove --name two* --apply");
    world.expect(2, "roles remove --id nonsense");
    let refused = world.expect(3, "roles remove --name high --apply");
    assert!(refused.contains("highest role"), "{refused}");
    lose_discord(&world);
    world.expect(4, "roles remove --name high");
}

#[test]
fn a_doctor_ends_with_the_code_that_says_how() {
    let world = World::new();
    world.expect(0, "doctor");
    let channel = world.discord.default_channel_id();
    world.reconfigure(
        &format!("default_channel_id = \"{channel}\""),
        "default_channel_id = \"77\"",
    );
    let wrong = world.expect(1, "doctor");
    assert!(wrong.contains("[channel.exists]"), "{wrong}");
    world.configure("nonsense = 1");
    world.expect(2, "doctor");
    world.configure("");
    lose_discord(&world);
    world.expect(4, "doctor");
}

#[test]
fn a_run_of_the_keep_alive_ends_with_the_code_that_says_how() {
    let world = World::with(Config::default().with_bots([Script::instant()]));
    let told = world.expect(0, "keepalive run");
    assert!(told.contains("speaking to friend"), "{told}");
    world.expect(2, "keepalive run --bot nobody");
    let channel = world.discord.default_channel_id();
    world.reconfigure(
        &format!("default_channel_id = \"{channel}\""),
        "default_channel_id = \"77\"",
    );
    let wrong = world.expect(1, "keepalive run");
    assert!(wrong.contains("WRONG"), "{wrong}");
    world.configure("");
    let discord = world.discord.rest_url();
    lose_discord(&world);
    let away = world.expect(4, "keepalive run");
    assert!(away.contains("could not be asked"), "{away}");
    world.reconfigure(NOWHERE, &discord);
    // A file in the way of the daybook.
    world.reconfigure("sqlite:cordboard.db", "sqlite:cordboard.toml/x.db");
    world.expect(3, "keepalive run");
}

#[test]
fn a_token_that_discord_refuses_is_no_outage() {
    let world = World::with(Config::default().with_bots([Script::instant()]));
    let token = world.discord.introduction().token;
    world.reconfigure(&token, "no-token-of-any-bot");
    for command in [
        "channels audit",
        "channels sweep",
        "channels adopt --legacy-prefix cdp-chat-",
        "budget show",
        "roles remove --name one",
        "keepalive run",
    ] {
        let refused = world.expect(3, command);
        assert!(refused.contains("discord.token"), "{command}: {refused}");
        assert!(
            refused.contains("refuses the token"),
            "{command}: {refused}"
        );
    }
    world.reconfigure("no-token-of-any-bot", &token);
    // Once is a hiccup.
    world
        .discord
        .fault(Fault::status("GET /guilds/{guild_id}/channels", 401));
    world.expect(4, "channels audit");
}
