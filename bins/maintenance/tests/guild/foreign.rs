//! A guild that the bot is not in.

use crate::world::World;

/// Each command that asks for something of the guild, and how it ends when the bot is not in it. Those that tell the
/// rest all the same have found something; the others are refused.
const COMMANDS: [(&str, i32); 7] = [
    ("channels audit", 3),
    ("channels sweep", 3),
    ("channels adopt --legacy-prefix cdp-chat-", 3),
    ("budget show", 1),
    ("keepalive run", 1),
    ("messages backfill --beginning", 3),
    ("roles remove --name temp-*", 3),
];

#[test]
fn each_command_says_that_the_guild_is_not_one_of_the_bots() {
    let world = World::new();
    world.configure("[relay]\nchannels = \"all\"");
    world.expect(0, "store migrate");
    let guild_id = world.discord.guild_id().to_string();
    world.reconfigure(
        &format!("guild_id = \"{guild_id}\""),
        "guild_id = \"1499999999999999999\"",
    );
    for (command, code) in COMMANDS {
        let told = world.expect(code, command);
        assert!(told.contains("discord.guild_id"), "{command}: {told}");
    }
}
