//! Who is told when a bot falls silent, whoever speaks to it: a daemon, a command, the proxy.

use std::time::Duration;

use cordboard_simulator::{Config, Script};
use cordboard_tests::{MODEL, Setup, World, sim_with};
use tokio::time::sleep;

use super::{receiver::Receiver, with};

const BEGUN: &str = "bot_silent bot begun";
const RESOLVED: &str = "bot_silent bot resolved";

/// A bot that says nothing by itself, spoken to every hour.
fn silent(alerts: String) -> Setup {
    Setup {
        discord: Config::default().with_bots([Script::silent()]),
        ..with(alerts)
    }
    .set("CORDBOARD__UPKEEP__KEEPALIVE__SCHEDULE", "0 * * * *")
    .set("CORDBOARD__UPKEEP__KEEPALIVE__JITTER", "0s")
}

/// Lets the next full hour come, in which the bot answers our message a minute later.
async fn answers_next_hour(world: &World) {
    let to_next_ms = 3_600_000 - world.now_ms() % 3_600_000;
    sleep(Duration::from_millis(to_next_ms) + Duration::from_mins(1)).await;
    let channel_id = world.discord.default_channel_id();
    let bot_id = world.discord.bot_ids()[0];
    world.discord.say_as(bot_id, channel_id, "I am here.");
    sleep(Duration::from_mins(10)).await;
}

#[test]
fn a_bot_that_falls_silent_is_told_once_and_that_it_answers_again_once() {
    // How: no proxy runs, so that the daemon alone raises and delivers; it is killed and started again
    // while the bot is silent.
    let receiver = Receiver::new();
    sim_with(silent(receiver.alert("ops", "")), async |world| {
        let _serving = receiver.serve();
        world.stop_proxy().await;
        let people = world.discord.create_channel("people");
        world.write_config(&format!(
            "[[alerts]]\nname = \"people\"\nchannel_id = \"{people}\"\n"
        ));
        let daemon = world.serve().await;
        sleep(Duration::from_hours(2)).await;
        assert_eq!(receiver.told(), [BEGUN]);
        let told = receiver.taken().remove(0);
        assert!(told["text"].as_str().unwrap().contains("did not answer"));
        daemon.kill().await;
        let daemon = world.serve().await;
        sleep(Duration::from_hours(2)).await;
        assert_eq!(receiver.told(), [BEGUN]);
        assert_eq!(world.ours_in(people).len(), 1);

        answers_next_hour(world).await;
        daemon.stop().await;
        assert_eq!(receiver.told(), [BEGUN, RESOLVED]);
        let ours = world.ours_in(people);
        assert_eq!(ours.len(), 2);
        assert_eq!(ours[1]["content"], "**bot_silent** (bot) over");
        assert!(world.is_alive(people));
    });
}

#[test]
fn a_command_tells_of_a_silent_bot_by_itself_and_a_proxy_that_it_answers_again() {
    let receiver = Receiver::new();
    sim_with(silent(receiver.alert("ops", "")), async |world| {
        let _serving = receiver.serve();
        world.stop_proxy().await;
        for _ in 0..2 {
            let maintenance = world.maintenance("keepalive run");
            let kept = maintenance.keepalive_run(&[], &|_| {}).await;
            assert_eq!(kept.unwrap().unwrap()[0].outcome, "silent");
            assert_eq!(receiver.told(), [BEGUN]);
        }
        world.set("CORDBOARD__UPKEEP__IN_PROXY", "true");
        world.start_proxy().await;
        answers_next_hour(world).await;
        assert_eq!(receiver.told(), [BEGUN, RESOLVED]);
    });
}

#[test]
fn a_daemon_tells_whom_its_configuration_names_as_it_is_now() {
    let (first, second) = (Receiver::new(), Receiver::new());
    sim_with(silent(first.alert("first", "")), async |world| {
        let _serving = (first.serve(), second.serve());
        world.stop_proxy().await;
        let daemon = world.serve().await;
        sleep(Duration::from_hours(1)).await;
        assert_eq!(
            (first.told(), second.told()),
            (vec![BEGUN.to_owned()], vec![])
        );
        world.write_config(&second.alert("second", ""));
        sleep(Duration::from_mins(2)).await;
        assert_eq!(
            second.told(),
            [BEGUN],
            "it stands, and a new one has not been told"
        );
        answers_next_hour(world).await;
        daemon.stop().await;
        assert_eq!(first.told(), [BEGUN, RESOLVED]);
        assert_eq!(second.told(), [BEGUN, RESOLVED]);
    });
}

/// Asks the bot, which says this in the conversation's channel, and gives the status of the answer.
async fn ask(world: &World, says: &str) -> u16 {
    let client = world.client();
    let answers = async {
        sleep(Duration::from_secs(3)).await;
        let channels = world.channels();
        let mut alive = channels.iter().filter(|channel| channel.alive);
        let channel_id = alive.next().expect("a conversation has one").id;
        let bot_id = world.discord.bot_ids()[0];
        world.discord.say_as(bot_id, channel_id, says);
    };
    let (asked, ()) = tokio::join!(client.ask(MODEL, "Hello"), answers);
    sleep(Duration::from_mins(10)).await;
    asked.unwrap().0.as_u16()
}

#[test]
fn a_limit_met_in_conversations_is_told_once_and_that_the_bot_answers_again() {
    // How: the bot's words are put into its mouth; the proxy does not keep bots alive.
    let receiver = Receiver::new();
    sim_with(silent(receiver.alert("ops", "")), async |world| {
        let _serving = receiver.serve();
        let (begun, resolved) = ("bot_limit bot begun", "bot_limit bot resolved");
        assert_eq!(ask(world, "Hello yourself.").await, 200);
        assert_eq!(receiver.told(), [""; 0]);
        for _ in 0..3 {
            let limit = "You have reached your daily limit. Come back tomorrow!";
            assert_eq!(ask(world, limit).await, 429);
            assert_eq!(receiver.told(), [begun]);
        }
        assert_eq!(ask(world, "Hello again.").await, 200);
        assert_eq!(receiver.told(), [begun, resolved]);
    });
}

/// Gives the bot another name in the configuration file: the old one is nobody's then.
fn rename(world: &World, from: &str, to: &str) {
    let path = world.config_file();
    let text = std::fs::read_to_string(&path).unwrap();
    let name = |name: &str| format!("name = \"{name}\"");
    assert!(text.contains(&name(from)), "{text}");
    std::fs::write(path, text.replace(&name(from), &name(to))).unwrap();
}

/// A command that speaks to all bots.
async fn keep_alive(world: &World) {
    let maintenance = world.maintenance("keepalive run");
    let kept = maintenance.keepalive_run(&[], &|_| {}).await;
    assert_eq!(kept.unwrap().unwrap()[0].outcome, "silent");
}

/// The ends of alarms that were told.
fn ends(receiver: &Receiver) -> Vec<String> {
    let mut told = receiver.told();
    told.retain(|told| told.ends_with("resolved"));
    told
}

#[test]
fn a_command_ends_the_alarm_of_a_bot_that_was_taken_out() {
    let receiver = Receiver::new();
    sim_with(silent(receiver.alert("ops", "")), async |world| {
        let _serving = receiver.serve();
        world.stop_proxy().await;
        keep_alive(world).await;
        assert_eq!(receiver.told(), [BEGUN]);
        world.set("CORDBOARD__BOTS__0__NAME", "second");
        keep_alive(world).await;
        assert_eq!(ends(&receiver), [RESOLVED]);
    });
}

#[test]
fn a_daemon_ends_the_alarm_of_a_bot_that_was_taken_out_before_or_while_it_runs() {
    let receiver = Receiver::new();
    sim_with(silent(receiver.alert("ops", "")), async |world| {
        let _serving = receiver.serve();
        world.stop_proxy().await;
        keep_alive(world).await;
        world.write_config("");
        rename(world, "bot", "second");
        let daemon = world.serve().await;
        sleep(Duration::from_mins(2)).await;
        assert_eq!(ends(&receiver), [RESOLVED]);

        world.set("CORDBOARD__BOTS__0__NAME", "second");
        keep_alive(world).await;
        sleep(Duration::from_mins(2)).await;
        assert_eq!(ends(&receiver), [RESOLVED], "that one is there");
        rename(world, "second", "third");
        sleep(Duration::from_mins(2)).await;
        daemon.stop().await;
        assert_eq!(ends(&receiver), [RESOLVED, "bot_silent second resolved"]);
    });
}

#[test]
fn a_proxy_ends_the_alarm_of_a_bot_that_was_taken_out_before_or_while_it_runs() {
    // How: it keeps no bots alive, but follows its configuration.
    let receiver = Receiver::new();
    sim_with(silent(receiver.alert("ops", "")), async |world| {
        let _serving = receiver.serve();
        world.stop_proxy().await;
        keep_alive(world).await;
        world.write_config("");
        world.start_following_proxy().await;
        sleep(Duration::from_mins(10)).await;
        assert_eq!(receiver.told(), [BEGUN], "it is there");
        rename(world, "bot", "second");
        sleep(Duration::from_mins(2)).await;
        assert_eq!(receiver.told(), [BEGUN, RESOLVED]);

        world.stop_proxy().await;
        keep_alive(world).await;
        world.start_following_proxy().await;
        sleep(Duration::from_mins(10)).await;
        assert_eq!(receiver.told(), [BEGUN, RESOLVED, BEGUN, RESOLVED]);
    });
}

/// Takes the bot out, in the configuration file, while it is waited for its answer, and lets a while pass.
async fn rename_under_way(world: &World) {
    let to_next_ms = 3_600_000 - world.now_ms() % 3_600_000;
    sleep(Duration::from_millis(to_next_ms) + Duration::from_secs(10)).await;
    rename(world, "bot", "second");
    sleep(Duration::from_mins(20)).await;
}

#[test]
fn a_daemon_ends_the_alarm_that_comes_after_its_bot_was_taken_out() {
    let receiver = Receiver::new();
    sim_with(silent(receiver.alert("ops", "")), async |world| {
        let _serving = receiver.serve();
        world.stop_proxy().await;
        world.write_config("");
        let daemon = world.serve().await;
        rename_under_way(world).await;
        daemon.stop().await;
        assert_eq!(receiver.told(), [BEGUN, RESOLVED]);
    });
}

#[test]
fn a_proxy_ends_the_alarm_that_comes_after_its_bot_was_taken_out() {
    let receiver = Receiver::new();
    sim_with(silent(receiver.alert("ops", "")), async |world| {
        let _serving = receiver.serve();
        world.stop_proxy().await;
        world.set("CORDBOARD__UPKEEP__IN_PROXY", "true");
        world.write_config("");
        world.start_following_proxy().await;
        rename_under_way(world).await;
        assert_eq!(receiver.told(), [BEGUN, RESOLVED]);
    });
}
