//! Bots are kept alive on a schedule: each due time once, whatever happens to Discord, to the process, to
//! the configuration.

use std::{sync::Arc, time::Duration};

use cordboard_discord::{Discord, Settings};
use cordboard_simulator::{Fault, Script};
use cordboard_store::{Daybook, Location, Settings as StoreSettings};
use cordboard_tests::{Setup, World, sim_with};
use cordboard_upkeep::{
    Failure, Job, Judge, KeepAlive, KeepAliveJob, Keeper, Schedule, Timetable,
    alerts::{Alarm, Alarms, Kind},
};
use tokio::{sync::watch, time::sleep};
use twilight_model::id::Id;

use super::{FIRST, POST, READ, SECOND, channelless, setup};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
const LOOK: &str = "GET /channels/{channel_id}";

fn scheduled(setup: Setup, schedule: &str, jitter: &str) -> Setup {
    setup
        .set("CORDBOARD__UPKEEP__KEEPALIVE__SCHEDULE", schedule)
        .set("CORDBOARD__UPKEEP__KEEPALIVE__JITTER", jitter)
}

/// What came of keeping both bots alive.
async fn kept(world: &World) -> Vec<Vec<&'static str>> {
    let listed = world
        .maintenance("keepalive list")
        .keepalive_list()
        .await
        .unwrap();
    let of_each = listed
        .iter()
        .map(|bot| bot.last.iter().map(|last| last.outcome).collect());
    of_each.collect()
}

#[test]
fn a_week_of_two_daemons_keeps_two_bots_alive_through_outages_once_a_day() {
    // How: REST fails for three hours around when it is due on the second day, posts are lost after
    // they were made on the third, and reads fail now and then all the time.
    let setup = scheduled(
        setup([Script::friendly(), Script::instant()]),
        "0 9 * * *",
        "30m",
    );
    sim_with(setup, async |world| {
        // It looks for orders every second, which makes a long week.
        world.stop_proxy().await;
        let (one, other) = (world.serve().await, world.serve().await);
        world
            .discord
            .fault(Fault::status(READ, 502).with_probability(0.2).always());
        // It is half past one in the afternoon.
        sleep(DAY + 18 * HOUR).await;
        assert_eq!(world.ours_in(FIRST).len(), 1, "once on the first day");
        for route in [POST, READ, LOOK] {
            world.discord.fault(Fault::status(route, 503).always());
        }
        sleep(5 * HOUR).await;
        assert_eq!(world.ours_in(FIRST).len(), 1, "Discord is away");
        world.discord.clear_faults();
        sleep(3 * HOUR).await;
        assert_eq!(world.ours_in(FIRST).len(), 2, "made up for");
        world.discord.fault(Fault::status_after(POST, 502).times(3));
        sleep(DAY).await;
        one.stop().await;
        sleep(3 * DAY + 22 * HOUR).await;
        other.stop().await;
        assert_eq!(world.ours_in(FIRST).len(), 7);
        assert_eq!(world.ours_in(SECOND).len(), 7);
        assert_eq!(kept(world).await, [["answered"; 5], ["answered"; 5]]);
    });
}

#[test]
fn a_kill_at_any_moment_leaves_each_due_time_with_one_message() {
    // How: every hour the process is killed somewhere between the due time and the answer, and started
    // again; Discord is far away, so that there is a lot of in between.
    let mut setup = scheduled(setup([Script::friendly()]), "0 * * * *", "0s");
    setup.discord = setup.discord.with_latency_ms(60);
    sim_with(setup, async |world| {
        let dice = &mut fastrand::Rng::with_seed(7);
        let mut daemon = world.serve().await;
        // To a second before the next hour.
        sleep(Duration::from_secs(26 * 60 + 39)).await;
        let hours = 40;
        for hour in 1..=hours {
            sleep(Duration::from_secs(1) + Duration::from_millis(dice.u64(0..500))).await;
            daemon.kill().await;
            daemon = world.serve().await;
            if hour % 5 == 0 {
                sleep(Duration::from_millis(dice.u64(0..5_000))).await;
                daemon.kill().await;
                daemon = world.serve().await;
            }
            sleep(20 * Duration::from_mins(1)).await;
            assert_eq!(world.ours_in(FIRST).len(), hour, "after {hour} hours");
            // Back to a second before the hour, by the world's clock.
            let now_ms = world.now_ms();
            sleep(Duration::from_millis(3_599_000 - now_ms % 3_600_000)).await;
        }
        daemon.stop().await;
        assert_eq!(world.ours_in(FIRST).len(), hours);
        assert!(world.ours_in(SECOND).is_empty());
    });
}

#[test]
fn what_was_missed_while_nobody_ran_is_done_once() {
    let setup = scheduled(setup([Script::instant()]), "0 9 * * *", "30m");
    sim_with(setup, async |world| {
        world.stop_proxy().await;
        world.serve().await.stop().await;
        sleep(4 * DAY).await;
        assert!(world.ours_in(FIRST).is_empty());
        let daemon = world.serve().await;
        sleep(HOUR).await;
        assert_eq!(world.ours_in(FIRST).len(), 1);
        daemon.stop().await;
    });
}

#[test]
fn a_clock_that_was_ahead_at_the_beginning_keeps_no_bot_from_being_kept_alive() {
    // How: a machine without a clock of its own begins in a year that is not, and is set right before
    // anything was due.
    let setup = scheduled(setup([Script::instant()]), "0 * * * *", "0s");
    sim_with(setup, async |world| {
        world.stop_proxy().await;
        let year = 365 * 24 * 3_600_000;
        world.jump_clock(year);
        let daemon = world.serve().await;
        sleep(Duration::from_mins(1)).await;
        world.jump_clock(-year);
        sleep(3 * HOUR).await;
        daemon.stop().await;
        assert_eq!(world.ours_in(FIRST).len(), 3);
        world.serve().await.stop().await;
    });
}

#[test]
fn a_configuration_that_changes_is_picked_up_and_a_bad_one_is_not() {
    let setup = scheduled(setup([Script::instant()]), "0 9 1 1 *", "1m");
    sim_with(setup, async |world| {
        world.write_config("[profiles.a]\nparts_max = 1\n");
        let daemon = world.serve().await;
        sleep(DAY).await;
        assert!(world.ours_in(FIRST).is_empty());
        // The environment wins over the file, so the bot's own key is set.
        let base = std::fs::read_to_string(world.config_file()).unwrap();
        let often = base.replace(
            "[[keys]]",
            "[bots.keepalive]\nschedule = \"30 * * * *\"\n[[keys]]",
        );
        std::fs::write(world.config_file(), &often).unwrap();
        sleep(3 * HOUR).await;
        assert_eq!(world.ours_in(FIRST).len(), 3);
        std::fs::write(
            world.config_file(),
            often.replace("30 * * * *", "99 * * * *"),
        )
        .unwrap();
        sleep(2 * HOUR).await;
        assert_eq!(world.ours_in(FIRST).len(), 5, "the old one goes on");
        std::fs::remove_file(world.config_file()).unwrap();
        sleep(HOUR).await;
        assert_eq!(
            world.ours_in(FIRST).len(),
            6,
            "a file that is away is no change"
        );
        std::fs::write(
            world.config_file(),
            often.replace("schedule =", "enabled = false\nschedule ="),
        )
        .unwrap();
        sleep(3 * HOUR).await;
        assert_eq!(world.ours_in(FIRST).len(), 6, "switched off");
        daemon.stop().await;
    });
}

#[test]
fn a_proxy_that_is_told_to_does_it_too_and_never_twice() {
    // How: the second bot has no channel of its own, which only the proxy can open beside itself.
    let mut setup = scheduled(
        setup([Script::instant(), Script::instant()]),
        "0 9 * * *",
        "30m",
    );
    setup.toml = setup.toml.replace(&format!("\"{SECOND}\""), "");
    let setup = setup.set("CORDBOARD__UPKEEP__IN_PROXY", "true");
    sim_with(setup, async |world| {
        sleep(2 * DAY).await;
        assert_eq!(world.ours_in(FIRST).len(), 2);
        assert_eq!(kept(world).await, [["answered"; 2], ["answered"; 2]]);
        assert_eq!((world.channels_created(), world.channels_alive()), (2, 0));
        let daemon = world.serve().await;
        sleep(2 * DAY).await;
        daemon.stop().await;
        assert_eq!(world.ours_in(FIRST).len(), 4);
        assert_eq!(kept(world).await, [["answered"; 4], ["answered"; 4]]);
        assert_eq!((world.channels_created(), world.channels_alive()), (4, 0));
    });
}

#[test]
fn a_proxy_picks_up_a_change_as_the_daemon_beside_it_does() {
    // How: the proxy is told to do it, too, and later what is due at nine is put to ten, in the evening; two
    // processes that went by different schedules would do it twice a day.
    let setup = scheduled(setup([Script::instant()]), "0 9 * * *", "10m");
    sim_with(setup, async |world| {
        world.stop_proxy().await;
        world.write_config("");
        world.start_following_proxy().await;
        let daemon = world.serve().await;
        // It is half past one in the afternoon.
        sleep(DAY + 7 * HOUR).await;
        assert_eq!(world.ours_in(FIRST).len(), 1);
        let base = std::fs::read_to_string(world.config_file()).unwrap();
        let base = format!("{base}[upkeep]\nin_proxy = true\n");
        let changed =
            |keys: &str| base.replace("[[keys]]", &format!("[bots.keepalive]\n{keys}\n[[keys]]"));
        std::fs::write(world.config_file(), &base).unwrap();
        sleep(DAY).await;
        assert_eq!(world.ours_in(FIRST).len(), 2);
        std::fs::write(world.config_file(), changed("schedule = \"0 10 * * *\"")).unwrap();
        sleep(2 * DAY).await;
        assert_eq!(world.ours_in(FIRST).len(), 4, "once a day");
        daemon.stop().await;
        sleep(DAY).await;
        assert_eq!(world.ours_in(FIRST).len(), 5, "the proxy does it alone");
        std::fs::write(world.config_file(), changed("enabled = false")).unwrap();
        sleep(2 * DAY).await;
        assert_eq!(world.ours_in(FIRST).len(), 5, "switched off");
    });
}

#[test]
fn a_daemon_beside_a_proxy_leaves_temporary_channels_to_it() {
    // How: the daemon's jobs come first each day, since it begins with them; without the proxy it opens the
    // channels itself.
    let setup = scheduled(channelless(), "0 9 * * *", "0s");
    let setup = setup.set("CORDBOARD__UPKEEP__IN_PROXY", "true");
    sim_with(setup, async |world| {
        world.stop_proxy().await;
        let daemon = world.serve().await;
        sleep(HOUR).await;
        world.start_proxy().await;
        sleep(3 * DAY).await;
        assert_eq!(kept(world).await, [["answered"; 3]; 3]);
        world.stop_proxy().await;
        sleep(2 * DAY).await;
        daemon.stop().await;
        assert_eq!(kept(world).await, [["answered"; 5]; 3]);
        assert_eq!((world.channels_created(), world.channels_alive()), (10, 0));
    });
}

#[test]
fn a_daemon_tells_that_it_is_alive_and_nothing_else() {
    let setup = setup([Script::instant()]).set("CORDBOARD__UPKEEP__LISTEN", "127.0.0.1:0");
    sim_with(setup, async |world| {
        let daemon = world.serve().await;
        let client = cordboard_tests::Client::new(daemon.address.unwrap(), "sk-nobody");
        let answer = client
            .send(hyper::Method::GET, "/healthz", "")
            .await
            .unwrap();
        let (status, body) = answer.json().await.unwrap();
        assert_eq!(status, 200);
        assert_eq!((&body["status"], &body["jobs"]), (&"ok".into(), &1.into()));
        let answer = client
            .send(hyper::Method::GET, "/v1/models", "")
            .await
            .unwrap();
        assert_eq!(answer.status, 404);
        daemon.stop().await;
    });
}

#[test]
fn a_year_in_a_zone_that_changes_its_clocks_has_a_message_each_day() {
    // How: the parts of the daemon alone, since a file that is looked at every five seconds makes a long
    // year.
    sim_with(setup([Script::instant()]), async |world| {
        world.stop_proxy().await;
        let location = Location::Path(world.store());
        let daybook = Daybook::open(&location, StoreSettings::default())
            .await
            .unwrap();
        let me = world.discord.introduction();
        let discord = Discord::new(&Settings {
            rest_url: Some(me.rest_url),
            ..Settings::new(me.token.into())
        });
        let guild_id = Id::new(world.discord.guild_id());
        let ledger = daybook.keepalives(world.wall_clock(), guild_id, "a test");
        let keeper = Arc::new(Keeper::new(discord.unwrap(), ledger, guild_id, Deaf));
        let bot = KeepAlive {
            bot: "bot".to_owned(),
            bot_id: Id::new(world.discord.bot_ids()[0]),
            channel_ids: vec![Id::new(FIRST)],
            text: format!("<@{}> Hello", world.discord.bot_ids()[0]),
            answer_timeout: Duration::from_mins(1),
            judge: Judge::lenient(),
        };
        let jitter = Duration::from_mins(10);
        let schedule = Schedule::new("30 2 * * *", "America/New_York", jitter).unwrap();
        let job: Arc<dyn Job> = Arc::new(KeepAliveJob::new(keeper, bot, schedule));
        let (_jobs, listed) = watch::channel(vec![job]);
        let timetable = Timetable::new(daybook.clone(), world.wall_clock(), listed);
        timetable.run(sleep(365 * DAY)).await;
        assert_eq!(world.ours_in(FIRST).len(), 365);
        let kept = daybook.kept_alive("bot", 365).await.unwrap();
        assert!(kept.iter().all(|kept| kept.outcome.name() == "answered"));
        let mut dues: Vec<_> = kept.iter().map(|kept| kept.due_ms).collect();
        dues.dedup();
        assert_eq!(dues.len(), kept.len());
    });
}

/// Hears no alarms.
struct Deaf;

impl Alarms for Deaf {
    async fn raise(&self, _: Alarm) -> Result<(), Failure> {
        Ok(())
    }

    async fn clear(&self, _: Kind, _: &str) -> Result<(), Failure> {
        Ok(())
    }
}
