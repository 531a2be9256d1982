//! What somebody reads at once, however long Discord takes to answer.

use cordboard_simulator::{Fault, FaultKind};

use crate::world::World;

/// Each command that asks Discord or reads all of the store before it has anything to report, and a part of its
/// first line.
const COMMANDS: [(&str, &str); 20] = [
    ("doctor", "looking"),
    ("budget show", "asking Discord"),
    ("support-bundle", "looking"),
    ("channels audit", "the guild's channels"),
    ("channels sweep", "the guild's channels"),
    (
        "channels adopt --legacy-prefix cdp-chat-",
        "the guild's channels",
    ),
    ("channels protect CHANNEL", "CHANNEL"),
    ("channels unprotect CHANNEL", "nobody holds the store"),
    (
        "messages backfill --channel CHANNEL --beginning",
        "reading 1 channel again",
    ),
    ("messages cursors reset CHANNEL", "nobody holds the store"),
    ("messages export --channel CHANNEL", "CHANNEL"),
    ("messages export", "writing down"),
    ("store check", "looking"),
    ("store backup --to backup", "copying"),
    ("roles remove --name temp-*", "the guild's roles"),
    ("roles remove --resume", "an earlier run"),
    ("roles remove --verify", "members"),
    ("keepalive run", "speaking to friend"),
    ("alerts test", "ops"),
    ("doctor --probe", "looking"),
];

#[test]
fn each_command_says_what_it_does_before_discord_answers() {
    // How: Discord holds back every answer for as long as the test takes.
    let world = World::new();
    let channel = world.discord.default_channel_id().to_string();
    let ops = world.discord.create_channel("ops");
    world.configure(&format!(
        "[[alerts]]\nname = \"ops\"\nchannel_id = \"{ops}\""
    ));
    world.expect(0, "store migrate");
    let held = FaultKind::SlowAnswer { delay_ms: 600_000 };
    world.discord.fault(Fault::new("*", held).always());
    for (command, says) in COMMANDS {
        let (command, says) = (
            command.replace("CHANNEL", &channel),
            says.replace("CHANNEL", &channel),
        );
        let running = world.start_together(&command);
        let line = running.first_line();
        assert!(line.contains(&says), "{command}: {line}");
    }
    let requests = world.discord.requests(None);
    assert!(requests.iter().all(|request| request.answered_ms.is_none()));
}

#[test]
fn a_script_gets_one_object_and_nothing_before_it() {
    let world = World::new();
    let output = world.run("channels audit --json");
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(stdout.lines().count(), 1, "{stdout}");
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}
