//! What the proxy notices by itself is told once when it begins and once when it is over.

use std::time::Duration;

use cordboard_simulator::{ChannelConfig, Config, Fault};
use cordboard_store::sabotage;
use cordboard_tests::{MODEL, Setup, World, sim_with};
use rusqlite::Connection;
use tokio::time::{Instant, sleep};

use super::{DELETE, receiver::Receiver, told_to, with};

/// A channel in which people are told.
const PEOPLE: u64 = 1_400_000_000_000_000_002;

/// A guild that holds ten channels and has two, in one of which people are told, as the receiver is.
pub(super) fn small(receiver: &Receiver) -> Setup {
    let mut discord = Config::default();
    discord.guild.channels.push(ChannelConfig {
        id: PEOPLE,
        name: "people".to_owned(),
        kind: 0,
    });
    discord.guild.channels_max = 10;
    let people = format!("[[alerts]]\nname = \"people\"\nchannel_id = \"{PEOPLE}\"\n");
    let setup = Setup {
        discord,
        ..with(receiver.alert("ops", "") + &people)
    };
    setup
        .set("CORDBOARD__CHANNELS__GUILD_MAX", "10")
        .set("CORDBOARD__CHANNELS__RESERVE", "1")
}

/// People create seven channels, so that one more would be the last.
pub(super) fn fill(world: &World) -> Vec<u64> {
    assert_eq!(world.discord.truth().channels.len(), 2);
    (0..7)
        .map(|number| world.discord.create_channel(&format!("talk-{number}")))
        .collect()
}

/// What people read in their channel.
pub(super) fn read(world: &World) -> Vec<String> {
    let messages = world.discord.messages(PEOPLE);
    let contents = messages.iter().map(|message| &message["content"]);
    contents
        .map(|content| content.as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_guild_that_is_nearly_full_is_told_once_and_when_there_is_room_again() {
    let receiver = Receiver::new();
    sim_with(small(&receiver), async |world| {
        let _serving = receiver.serve();
        sleep(Duration::from_mins(10)).await;
        assert!(receiver.told().is_empty(), "{:?}", receiver.told());
        let channels = fill(world);
        sleep(Duration::from_hours(6)).await;
        let guild = world.discord.guild_id();
        let begun = format!("guild_nearly_full {guild} begun");
        assert_eq!(receiver.told(), [&*begun]);
        let told = read(world);
        let expected = format!("**guild_nearly_full** ({guild}) begun: ");
        assert!(told[0].starts_with(&expected), "{told:?}");

        world.discord.delete_channel(channels[0]);
        sleep(Duration::from_mins(10)).await;
        let resolved = format!("guild_nearly_full {guild} resolved");
        assert_eq!(receiver.told(), [begun, resolved]);
        let over = format!("**guild_nearly_full** ({guild}) over");
        assert_eq!(read(world)[1..], [over]);
    });
}

#[test]
fn deletions_that_are_late_are_told_once_and_when_they_are_done() {
    // How: Discord fails every deletion for two hours, as it does in an outage.
    let receiver = Receiver::new();
    sim_with(told_to(&receiver), async |world| {
        let _serving = receiver.serve();
        world.discord.fault(Fault::status(DELETE, 503).always());
        for _ in 0..3 {
            world.client().ask(MODEL, "Hello").await.unwrap();
        }
        sleep(Duration::from_mins(4)).await;
        assert!(receiver.told().is_empty(), "not late yet");
        sleep(Duration::from_hours(2)).await;
        let begun = "debt_old deletions_late begun";
        assert_eq!(receiver.told(), [begun], "one for all that are late");
        let told = receiver.taken().remove(0);
        let text = told["text"].as_str().unwrap();
        assert!(text.contains("still there after"), "{told}");

        world.discord.clear_faults();
        sleep(Duration::from_mins(40)).await;
        assert_eq!(world.channels_alive(), 0);
        let resolved = "debt_old deletions_late resolved";
        assert_eq!(receiver.told(), [begun, resolved]);
    });
}

const BEGUN: &str = "store_failing store begun";
const RESOLVED: &str = "store_failing store resolved";

#[test]
fn a_store_that_does_not_answer_is_told_once_it_can_be_and_when_it_does_again() {
    // How: the disk stands still for 28 s, which a proxy survives, until a look meets it. What is to be told is
    // on the same disk, so that it is told when that moves again.
    sabotage::work_at_once(true);
    let receiver = Receiver::new();
    sim_with(told_to(&receiver), async |_| {
        let _serving = receiver.serve();
        for _ in 0..10 {
            let answers_at = Instant::now() + Duration::from_secs(28);
            sabotage::stall_until(Some(answers_at));
            sleep(Duration::from_secs(37)).await;
            if !receiver.told().is_empty() {
                break;
            }
        }
        sleep(Duration::from_mins(10)).await;
        assert_eq!(receiver.told(), [BEGUN, RESOLVED]);
    });
    sabotage::work_at_once(false);
}

#[test]
fn a_store_that_ends_the_proxy_is_told_once_and_over_when_the_next_one_is_well() {
    // How: a table is taken away between two rounds of the lifecycle, and somebody asks for it.
    let receiver = Receiver::new();
    sim_with(told_to(&receiver), async |world| {
        let _serving = receiver.serve();
        sleep(Duration::from_secs(450)).await;
        let database = Connection::open(world.store()).unwrap();
        let rename = |from: &str, to: &str| {
            let rename = format!("ALTER TABLE {from} RENAME TO {to}");
            database.execute_batch(&rename).unwrap();
        };
        rename("state", "taken_away");
        let failed = world.proxy_ended().await;
        assert_eq!(failed.exit_code(), 74, "{}", failed.chain());
        // It has a moment to tell it before it ends; what that was too short for, the next one tells.
        assert!(receiver.told().len() <= 1, "{:?}", receiver.told());
        rename("taken_away", "state");

        world.start_proxy().await;
        sleep(Duration::from_mins(3)).await;
        assert_eq!(receiver.told(), [BEGUN], "nothing is known yet");
        sleep(Duration::from_mins(10)).await;
        assert_eq!(receiver.told(), [BEGUN, RESOLVED]);
    });
}
