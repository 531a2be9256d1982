//! What is done on a schedule, put together: by the proxy or by `cordboard-maintenance serve`.

mod rooms;

use std::sync::Arc;

use cordboard_discord::Discord;
use cordboard_store::{Daybook, KeepAlives, Location};
use cordboard_upkeep::{Job, Jobs, KeepAliveJob, Keeper, Rooms, Timetable};
use tokio::sync::watch;
use twilight_model::id::{Id, marker::GuildMarker};

pub(crate) use self::rooms::{OwnedRooms, VisitingRooms, Visits};
use crate::{
    Config, WallClock,
    alerts::AlertBox,
    config::{Follower, KeptBot},
};

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

/// What a proxy does on a schedule, as far as it can change while it runs.
pub(crate) struct Kept {
    keeper: Arc<BotKeeper>,
    store: Location,
    guild_id: Id<GuildMarker>,
    pub(crate) jobs: watch::Sender<Jobs>,
}

// === impl Kept ===

impl Kept {
    /// What a proxy of this configuration does, and whoever changes it.
    pub(crate) fn new(config: &Config, keeper: BotKeeper) -> (Self, watch::Receiver<Jobs>) {
        let keeper = Arc::new(keeper);
        let (sender, listed) = watch::channel(jobs(config, &keeper));
        let kept = Self {
            keeper,
            store: config.store.clone(),
            guild_id: config.discord.guild_id,
            jobs: sender,
        };
        (kept, listed)
    }

    /// Goes over to another configuration. The diary is beside the store, and the channels are in the guild.
    fn change(&self, config: &Config) {
        if config.store != self.store || config.discord.guild_id != self.guild_id {
            tracing::error!(
                "store.url and discord.guild_id cannot change while it runs: start again"
            );
            return;
        }
        let mut listed = jobs(config, &self.keeper);
        if !config.upkeep.in_proxy {
            listed.clear();
        }
        self.jobs.send_replace(listed);
        tracing::info!(
            "the configuration was read again for what is done on a schedule; the rest is taken at a start"
        );
    }
}

/// Follows the configuration of a proxy, for ever; `None`: it does nothing on a schedule.
pub(crate) async fn follow(mut follower: Follower, kept: Option<Kept>) {
    loop {
        match (follower.changed().await, &kept) {
            (Ok(config), Some(kept)) => kept.change(&config),
            (Ok(_), None) => {
                tracing::info!("the configuration has changed; it is taken at the next start");
            }
            (Err(failed), _) => tracing::error!(
                why = failed.chain(),
                "the configuration cannot be used as it is now; the old one goes on"
            ),
        }
    }
}

/// The timetable of these jobs, whatever they change to.
pub(crate) fn timetable(
    daybook: &Daybook,
    clock: WallClock,
    jobs: watch::Receiver<Jobs>,
) -> Timetable<Daybook, WallClock> {
    Timetable::new(daybook.clone(), clock, jobs)
}
