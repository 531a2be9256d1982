//! The example of a bot as a process that is killed again and again, over SQLite and against a
//! simulated Discord in this one. On the real clock, because a killed process has no other.

#![expect(clippy::unwrap_used, reason = "what cannot go on fails its test here")]

use std::{
    net::Ipv4Addr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use cordboard_simulator::{ChannelConfig, ChannelTruth, Config, Simulator, Violation};
use tokio::{net::TcpListener, task::JoinSet, time::sleep};

const KILLS: usize = 20;

/// So many requests the bot makes in a life without trouble, give or take a few.
const REQUESTS: u64 = 60;

/// Ends the bot even when the test fails before it does.
struct Bot(Child);

impl Bot {
    fn start(discord: &Simulator, store_file: &Path) -> Self {
        let bot = Command::new(example())
            .args([discord.rest_url(), discord.token()])
            .arg(discord.guild_id().to_string())
            .arg(store_file)
            .stdout(Stdio::null())
            .spawn();
        Self(bot.unwrap())
    }

    fn has_ended(&mut self) -> bool {
        self.0.try_wait().unwrap().is_some()
    }
}

impl Drop for Bot {
    fn drop(&mut self) {
        // SIGKILL: not a line of its own runs after this.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `cargo test` builds the examples beside the tests.
fn example() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let target = test.parent().and_then(Path::parent).unwrap();
    let example = target.join("examples/temp_channel");
    let shown = example.display();
    assert!(
        example.exists(),
        "{shown} is missing: cargo build -p cordboard-lifecycle --example temp_channel"
    );
    example
}

/// The channels of others.
fn foreign(discord: &Simulator) -> Vec<ChannelTruth> {
    let mut channels = discord.truth().channels;
    channels.retain(|channel| channel.creator_id != discord.user_id());
    channels
}

#[tokio::test]
async fn a_bot_that_is_killed_at_any_line_leaves_no_channel_and_touches_no_other() {
    // How: each life is killed a moment after some request of it, by a seed; the last one is not.
    let mut config = Config {
        latency_ms: 5,
        jitter_ms: 10,
        ..Config::default()
    };
    config.guild.channels.push(ChannelConfig {
        id: 1_400_000_000_000_000_002,
        name: "task-number-1".to_owned(),
        kind: 0,
    });
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let discord = Simulator::new(config);
    let mut server = JoinSet::new();
    server.spawn(discord.serve(listener, std::future::pending()));
    let folder = tempfile::tempdir().unwrap();
    let store_file = folder.path().join("bot.db");
    let others = foreign(&discord);

    let mut dice = fastrand::Rng::with_seed(3);
    let mut killed = 0;
    for _ in 0..KILLS {
        let fatal = discord.counters().requests + dice.u64(0..REQUESTS);
        let moment = Duration::from_millis(dice.u64(0..20));
        let mut bot = Bot::start(&discord, &store_file);
        while !bot.has_ended() && discord.counters().requests < fatal {
            sleep(Duration::from_millis(1)).await;
        }
        sleep(moment).await;
        killed += usize::from(!bot.has_ended());
    }
    let mut bot = Bot::start(&discord, &store_file);
    while !bot.has_ended() {
        sleep(Duration::from_millis(10)).await;
    }
    assert!(bot.0.wait().unwrap().success());

    let mut ours = discord.truth().channels;
    ours.retain(|channel| channel.creator_id == discord.user_id());
    let left: Vec<_> = ours.iter().filter(|channel| channel.alive).collect();
    assert!(left.is_empty(), "{left:?} of {}", ours.len());
    assert_eq!(foreign(&discord), others);
    let mut violations = discord.check();
    // A life cannot know that the one before it had already seen a channel gone.
    violations.retain(|seen| !matches!(seen, Violation::GoneChannel { .. }));
    assert_eq!(violations, []);
    assert!(killed > KILLS / 2, "only {killed} lives were cut short");
    assert!(ours.len() > 20, "only {} channels were made", ours.len());
}
