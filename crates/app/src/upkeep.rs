//! What is done on a schedule, put together: by the proxy or by `cordboard-maintenance serve`.

mod proxied;
mod rooms;

use std::sync::Arc;

use cordboard_discord::Discord;
use cordboard_store::{Daybook, KeepAlives};
use cordboard_upkeep::{Job, Jobs, KeepAliveJob, Keeper, Rooms, Timetable};
use tokio::sync::watch;

pub(crate) use self::{
    proxied::ProxiedUpkeep,
    rooms::{OwnedRooms, VisitingRooms, Visits},
};
use crate::{Config, WallClock, alerts::AlertBox, config::KeptBot};

/// What speaks to bots, as this application puts it together.
pub(crate) type BotKeeper = Keeper<Discord, KeepAlives<WallClock>, AlertBox>;

/// What speaks to the bots of `config`, on behalf of `actor`.
pub(crate) fn keeper(
    config: &Config,
    discord: Discord,
    daybook: &Daybook,
    clock: WallClock,
    actor: &str,
    rooms: Arc<dyn Rooms>,
    alarms: AlertBox,
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

fn keep_alive(kept: &KeptBot, keeper: &Arc<BotKeeper>) -> Arc<dyn Job> {
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
