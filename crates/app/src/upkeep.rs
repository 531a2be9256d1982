//! What is done on a schedule, put together: by the proxy or by `cordboard-maintenance serve`.

mod rooms;

use std::sync::Arc;

use cordboard_discord::Discord;
use cordboard_store::{Daybook, KeepAlives};
use cordboard_upkeep::{Alarms, Job, Jobs, KeepAliveJob, Keeper, Ledger, Rooms, Talk, Timetable};
use futures_util::{FutureExt as _, future::BoxFuture};
use parking_lot::Mutex;
use tokio::sync::watch;

pub(crate) use self::rooms::{OwnedRooms, VisitingRooms};
use crate::{Config, WallClock, config::KeptBot};

/// What speaks to bots, as this application puts it together.
pub(crate) type BotKeeper = Keeper<Discord, KeepAlives<WallClock>>;

/// Alarms as warnings in the log: each once, until it is cleared.
#[derive(Debug, Default)]
pub(crate) struct LogAlarms(Mutex<Vec<(String, String)>>);

/// What speaks to the bots of `config`, on behalf of `actor`. Alarms go to the log, until there is somebody
/// better to tell.
pub(crate) fn keeper(
    config: &Config,
    discord: Discord,
    daybook: &Daybook,
    clock: WallClock,
    actor: &str,
    rooms: Arc<dyn Rooms>,
    alarms: Arc<dyn Alarms>,
) -> BotKeeper {
    let guild_id = config.discord.guild_id;
    let ledger = daybook.keepalives(clock, guild_id, actor);
    Keeper::new(discord, ledger, guild_id, alarms).with_rooms(rooms)
}

/// All that is done on a schedule. Whatever else is due now and then is added here.
pub(crate) fn jobs(config: &Config, keeper: &Arc<BotKeeper>) -> Jobs {
    let bots = config.upkeep.bots.iter().filter(|kept| kept.enabled);
    bots.map(|kept| keep_alive(kept, keeper)).collect()
}

/// The name in the diary of the job that keeps this bot alive.
pub(crate) fn job_name(bot: &str) -> String {
    KeepAliveJob::<Discord, KeepAlives<WallClock>>::name_of(bot)
}

fn keep_alive<T: Talk, L: Ledger>(kept: &KeptBot, keeper: &Arc<Keeper<T, L>>) -> Arc<dyn Job> {
    let KeptBot { bot, schedule, .. } = kept.clone();
    Arc::new(KeepAliveJob::new(Arc::clone(keeper), bot, schedule))
}

/// The timetable of these jobs, whatever they change to.
pub(crate) fn timetable(
    daybook: &Daybook,
    clock: WallClock,
    jobs: watch::Receiver<Jobs>,
) -> Timetable<Daybook, WallClock> {
    Timetable::new(daybook.clone(), clock, jobs)
}

// === impl LogAlarms ===

impl Alarms for LogAlarms {
    fn raise<'a>(&'a self, kind: &'a str, subject: &'a str, text: &'a str) -> BoxFuture<'a, ()> {
        let raised = (kind.to_owned(), subject.to_owned());
        let mut all = self.0.lock();
        if !all.contains(&raised) {
            all.push(raised);
            tracing::warn!(kind, subject, "{text}");
        }
        async {}.boxed()
    }

    fn clear<'a>(&'a self, kind: &'a str, subject: &'a str) -> BoxFuture<'a, ()> {
        let cleared = (kind.to_owned(), subject.to_owned());
        let mut all = self.0.lock();
        if let Some(at) = all.iter().position(|raised| *raised == cleared) {
            all.swap_remove(at);
            tracing::info!(kind, subject, "no longer");
        }
        async {}.boxed()
    }
}
