//! The channels that the configuration names.

use cordboard_discord::{ChannelOverview, Code, Discord, DiscordError};
use cordboard_lifecycle::Isolation;
use cordboard_recovery::Watch;
use cordboard_upkeep::checkup::{ChannelFacts, Place, Purpose, Sight};
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, GuildMarker},
};

use crate::{Config, config::AlertPlace, error::chain};

/// All of them. One that serves a purpose twice is one place with both keys.
pub(super) fn named(config: &Config) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    let all_bots: Vec<usize> = (0..config.bots.len()).collect();
    for (index, id) in config.channels.category_ids.iter().enumerate() {
        let key = format!("channels.category_ids[{index}]");
        add(&mut places, key, *id, Purpose::Category, &all_bots);
    }
    match config.channels.isolation {
        Isolation::Channel => {}
        Isolation::Thread(id) | Isolation::ChannelThenThread(id) => {
            let key = "channels.thread_parent_id".to_owned();
            add(&mut places, key, id, Purpose::ThreadParent, &all_bots);
        }
    }
    for (index, bot) in config.bots.iter().enumerate() {
        let key = |field: &str| format!("bots[{index}].{field}");
        if let Some(id) = bot.default_channel_id {
            let key = key("default_channel_id");
            add(&mut places, key, id, Purpose::Default, &[index]);
        }
        for (number, id) in bot.default_channel_ids.iter().enumerate() {
            let key = key(&format!("default_channel_ids[{number}]"));
            add(&mut places, key, *id, Purpose::Default, &[index]);
        }
    }
    if let Some(Watch::Some(ids)) = config.relay.as_ref().map(|relay| &relay.watch) {
        let mut ids: Vec<_> = ids.iter().copied().collect();
        ids.sort_unstable();
        for id in ids {
            let key = "relay.channels".to_owned();
            add(&mut places, key, id, Purpose::Relay, &[]);
        }
    }
    for alert in &config.alerts {
        if let AlertPlace::Channel(id) = alert.place {
            let key = format!("{}.channel_id", alert.key);
            add(&mut places, key, id, Purpose::Alerts, &[]);
        }
    }
    places
}

fn add(
    places: &mut Vec<Place>,
    key: String,
    channel_id: Id<ChannelMarker>,
    purpose: Purpose,
    bots: &[usize],
) {
    let same = |place: &&mut Place| place.channel_id == channel_id && place.purpose == purpose;
    if let Some(place) = places.iter_mut().find(same) {
        place.key = format!("{}, {key}", place.key);
        let is_new = |bot: &&usize| !place.bots.contains(bot);
        let new: Vec<usize> = bots.iter().filter(is_new).copied().collect();
        place.bots.extend(new);
    } else {
        places.push(Place {
            key,
            channel_id,
            purpose,
            bots: bots.to_vec(),
        });
    }
}

/// Finds a channel: in the guild's list, or else by asking for it.
pub(super) async fn find(
    discord: &Discord,
    guild_id: Id<GuildMarker>,
    listed: &[ChannelOverview],
    channel_id: Id<ChannelMarker>,
) -> Sight {
    if let Some(channel) = listed.iter().find(|channel| channel.id == channel_id) {
        return Sight::Listed(ChannelFacts {
            name: channel.name.clone(),
            kind: channel.kind,
            overwrites: channel.permission_overwrites.clone(),
        });
    }
    match discord.probe_channel(channel_id).await {
        // Threads, and what is younger than the list.
        Ok(channel) if channel.guild_id == Some(guild_id) => Sight::Listed(ChannelFacts {
            name: channel_id.to_string(),
            kind: channel.kind,
            overwrites: Vec::new(),
        }),
        Ok(_) => Sight::Elsewhere,
        Err(error) => unseen(&error),
    }
}

fn unseen(error: &DiscordError) -> Sight {
    let refusal = match error {
        DiscordError::Never { source } => source.refusal(),
        _ => None,
    };
    match refusal.map(|refusal| refusal.code) {
        Some(Code::UnknownChannel) => Sight::Gone,
        Some(Code::MissingAccess) => Sight::Hidden,
        _ => Sight::Unknown(chain(error)),
    }
}
