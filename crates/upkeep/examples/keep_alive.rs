//! Keeps a bot alive: speaks to it now, and then on a schedule, and says whether it answers.
//!
//! `cargo run -p cordboard-upkeep --example keep_alive` runs it against a simulated Discord in this
//! process, `... -- REST_URL TOKEN GUILD_ID CHANNEL_ID BOT_ID` against a running `cordboard-simulator`,
//! or against Discord itself (`https://discord.com`).
//!
//! What it remembers is in memory. With a `Diary` and a `Ledger` of your own, or those of
//! `cordboard-store`, several processes do it once, and one that is killed is gone on with.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::{error::Error, net::Ipv4Addr, sync::Arc, time::Duration, time::SystemTime};

use cordboard_discord::{Discord, Settings};
use cordboard_lifecycle::Clock;
use cordboard_simulator::{Config, Simulator};
use cordboard_upkeep::{
    Failure, Job, Judge, KeepAlive, KeepAliveJob, Keeper, MemoryDiary, MemoryLedger, Occasion,
    Says, Schedule, Timetable,
    alerts::{Alarm, Alarms, Kind},
};
use tokio::{
    net::TcpListener,
    sync::watch,
    time::{sleep, timeout},
};

/// Keeps one bot alive, for a minute.
async fn keep_alive(
    rest_url: &str,
    token: &str,
    guild_id: &str,
    channel_id: &str,
    bot_id: &str,
) -> Result<(), Box<dyn Error>> {
    let discord = Discord::new(&Settings {
        rest_url: Some(rest_url.to_owned()),
        ..Settings::new(token.into())
    })?;
    let bot = KeepAlive {
        bot: "friend".to_owned(),
        bot_id: bot_id.parse()?,
        // Several are tried in order: the next one when one is gone, closed, or the bot says nothing there.
        channel_ids: vec![channel_id.parse()?],
        text: format!("<@{bot_id}> What is 2 + 2?"),
        answer_timeout: Duration::from_secs(30),
        judge: Judge::new(|text| match text {
            "Thinking…" => Says::NotYet,
            text if text.contains('4') => Says::Answer,
            _ => Says::Wrong,
        }),
    };
    let keeper = Keeper::new(discord, MemoryLedger::default(), guild_id.parse()?, Printed);
    let keeper = Arc::new(keeper);

    let by_hand = Occasion {
        job: "by hand".to_owned(),
        due_ms: WallClock.now_ms(),
    };
    let report = keeper.keep(&bot, &by_hand, Duration::ZERO).await;
    println!("{}", report.expect("nobody else is there to leave it to"));

    // Every minute here; "0 9 * * *" is daily at nine. With a jitter it is up to so much later.
    let schedule = Schedule::new("* * * * *", "Europe/Berlin", Duration::ZERO)?;
    let job: Arc<dyn Job> = Arc::new(KeepAliveJob::new(keeper, bot, schedule));
    // Whatever is sent here is taken up while it runs.
    let (_jobs, listed) = watch::channel(vec![job]);
    let diary = MemoryDiary::default();
    let timetable = Timetable::new(diary.clone(), WallClock, listed);
    timetable.run(sleep(Duration::from_secs(75))).await;
    println!("on its schedule: {:?}", diary.outcomes("keepalive/friend"));
    Ok(())
}

/// Hears alarms.
struct Printed;

impl Alarms for Printed {
    async fn raise(&self, alarm: Alarm) -> Result<(), Failure> {
        println!("{}: {}. To do: {}", alarm.kind, alarm.text, alarm.fix);
        Ok(())
    }

    async fn clear(&self, _: Kind, _: &str) -> Result<(), Failure> {
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [rest_url, token, guild_id, channel_id, bot_id] => {
            keep_alive(rest_url, token, guild_id, channel_id, bot_id).await
        }
        [] => {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            let simulator = Simulator::new(Config::default());
            let served = simulator.serve(listener, std::future::pending());
            let me = simulator.introduction();
            let ids = [me.guild_id, me.default_channel_id, me.bots[0].user_id];
            let [guild_id, channel_id, bot_id] = ids.map(|id| id.to_string());
            let kept = keep_alive(&me.rest_url, &me.token, &guild_id, &channel_id, &bot_id);
            tokio::select! {
                () = served => unreachable!("it is served for ever"),
                kept = timeout(Duration::from_mins(3), kept) => kept?,
            }
        }
        _ => Err("usage: keep_alive [REST_URL TOKEN GUILD_ID CHANNEL_ID BOT_ID]".into()),
    }
}

/// The wall clock of this machine: schedules go by it.
struct WallClock;

impl Clock for WallClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "a program has one place that reads the clock"
    )]
    fn now_ms(&self) -> u64 {
        let since = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
}
