//! Channels that an operator says are ours to delete, although no record and no log proves it.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    time::Duration,
};

use tokio::time::{Instant, timeout};
use twilight_model::id::{Id, marker::ChannelMarker};

use crate::{
    ChannelApi, Clock, Event, Evidence, Failure, GuildApi, Kind, Listed, Owned, PlanHash, Registry,
    RegistryError, Row, Source, Stage,
    core::Core,
    discord_time::created_ms,
    limits::{ADOPTED_MAX, CALL_TIMEOUT},
    reaper::Debt,
};

/// Channels that an operator was shown in a plan, and applied it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adoption {
    /// Exactly these, and as what they were shown: one that has another name by now is left alone.
    pub channels: BTreeMap<Id<ChannelMarker>, String>,
    /// The hash of the plan that was shown: of another plan nothing is adopted.
    pub plan: PlanHash,
    /// Goes into the registry, for people who search.
    pub request_id: String,
}

/// Why nothing was adopted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdoptionError {
    /// The plan that was applied is not about these channels, or about another guild.
    #[error("these are not the channels of the plan that was applied; make a new plan")]
    OtherPlan,
    /// More than a guild can hold.
    #[error("a plan has {ADOPTED_MAX} channels at most")]
    TooMany,
    /// The guild could not be looked at. Try again.
    #[error("the guild could not be looked at")]
    NotDone {
        /// What Discord said.
        source: Source,
    },
    /// Channels are kept in this installation: nothing is deleted, so nothing is adopted.
    #[error("channels.delete_after is 0: channels stay, so that none is adopted to be deleted")]
    Kept,
    /// The driver has ended.
    #[error("the lifecycle has ended")]
    Closed,
}

/// A channel of a plan that was not adopted, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAdopted {
    /// The channel.
    pub channel_id: Id<ChannelMarker>,
    /// Why not, as the end of a sentence that begins with the channel.
    pub why: &'static str,
}

/// Puts the channels on record as condemned by an operator's word. Each has to be again what
/// it was when the plan was made, by name too, and has to pass the one gate in front of every deletion afterwards.
pub(super) async fn adopt<A: ChannelApi + GuildApi, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    adoption: &Adoption,
) -> Result<Result<Vec<NotAdopted>, AdoptionError>, RegistryError> {
    let guild_id = core.settings.guild_id;
    let channel_ids: BTreeSet<_> = adoption.channels.keys().copied().collect();
    if adoption.plan != PlanHash::of(guild_id, &channel_ids) {
        return Ok(Err(AdoptionError::OtherPlan));
    }
    if channel_ids.len() > ADOPTED_MAX {
        return Ok(Err(AdoptionError::TooMany));
    }
    if core.settings.delete_after.is_none() {
        return Ok(Err(AdoptionError::Kept));
    }
    let (listed, special) = match guild(core).await {
        Ok(guild) => guild,
        Err(failure) => {
            let source = failure.into();
            return Ok(Err(AdoptionError::NotDone { source }));
        }
    };
    let mut left = Vec::new();
    for (channel_id, name) in &adoption.channels {
        let channel_id = *channel_id;
        // Also one that is gone from the list by now: somebody has to see that it is.
        known_by_plan(core, adoption, channel_id).await?;
        let why = if core.protects(channel_id) || channel_id.cast() == guild_id {
            Some("is protected")
        } else if special.contains(&channel_id) {
            Some("is one that the guild uses for itself (rules, updates, system and such)")
        } else {
            match listed.get(&channel_id) {
                None => Some("is not in the guild any more, or not shown to the bot"),
                Some(listed) if !listed.is_text => Some("is no text channel"),
                Some(_) if core.known(channel_id).is_some() => Some("is on record already"),
                // Whoever renames one has plans for it, and has seen no plan of ours.
                Some(listed) if listed.name.as_ref() != Some(name) => {
                    Some("has another name than in the plan")
                }
                Some(_) => take_on(core, adoption, channel_id).await?,
            }
        };
        left.extend(why.map(|why| NotAdopted { channel_id, why }));
    }
    let adopted = channel_ids.len() - left.len();
    tracing::warn!(adopted, plan = %adoption.plan, "an operator has given us channels to delete");
    Ok(Ok(left))
}

/// What an earlier life has put on record by the same plan, and not deleted, is deleted by this one.
async fn known_by_plan<A, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    adoption: &Adoption,
    channel_id: Id<ChannelMarker>,
) -> Result<(), RegistryError> {
    let Some(attempt) = core.known(channel_id) else {
        return Ok(());
    };
    let claimed = core.step(attempt, Event::Claimed, Duration::ZERO).await?;
    let owned = claimed.row.stage.owned();
    let is_by_plan = owned.is_some_and(|owned| owned.evidence == Evidence::Operator(adoption.plan));
    if is_by_plan && !core.switches.reach.includes(attempt) {
        core.switches.reach.add(attempt);
        let (counts, stage) = (&core.signals.counts, claimed.row.stage);
        counts.send_modify(|tally| tally.own.moved(None, stage));
    }
    Ok(())
}

/// Puts one channel on record; or says why it is not ours to put there.
async fn take_on<A, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    adoption: &Adoption,
    channel_id: Id<ChannelMarker>,
) -> Result<Option<&'static str>, RegistryError> {
    let owned = Owned {
        channel_id,
        evidence: Evidence::Operator(adoption.plan),
    };
    let row = Row {
        request_id: adoption.request_id.clone(),
        kind: Kind::Text,
        not_before_ms: created_ms(channel_id),
        reason: Some("an operator has applied a plan to adopt it".to_owned()),
        ..core.fresh_row(Stage::Condemned(owned))
    };
    if !core.insert(&row).await? {
        return Ok(Some(
            "is on record already, as one that is to stay or is gone",
        ));
    }
    core.condemned.put(Debt::new(row, Instant::now()));
    Ok(None)
}

type Guild = (
    HashMap<Id<ChannelMarker>, Listed>,
    HashSet<Id<ChannelMarker>>,
);

/// The guild's channels and its special ones, now.
async fn guild<A: GuildApi, R, C>(core: &Core<A, R, C>) -> Result<Guild, Failure> {
    let guild_id = core.settings.guild_id;
    let listed = timeout(CALL_TIMEOUT, core.api.channels(guild_id)).await;
    let listed = listed.unwrap_or_else(|elapsed| {
        let source = elapsed.into();
        Err(Failure::NotDone { wait: None, source })
    })?;
    let special = core.special.channels(&core.api, guild_id).await?;
    let listed = listed
        .into_iter()
        .map(|channel| (channel.channel_id, channel));
    Ok((listed.collect(), special.ids.clone()))
}
