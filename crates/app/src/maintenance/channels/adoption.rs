//! Leftovers of another program: which are there, and having them deleted.

use std::collections::{BTreeSet, HashSet};

use cordboard_lifecycle::{Clock as _, Evidence, PlanHash, Row, limits::SWEEP_GRACE};
use serde::Serialize;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, UserMarker},
};

use super::{
    debts::Awaited,
    guild::{TEXT, created_ms},
};
use crate::{
    maintenance::{CommandError, Maintenance, Progress, Watcher, errand::Patience},
    orders::{Instruction, Told},
};

/// Which channels are to be adopted.
#[derive(Clone, Debug, Default)]
pub struct AdoptionQuery {
    /// What their names begin with, such as `cdp-chat-`.
    pub prefix: String,
    /// These not, whatever they are called.
    pub exclude: BTreeSet<Id<ChannelMarker>>,
    /// Who may have created them, besides our own bot and the configured ones.
    pub creators: BTreeSet<Id<UserMarker>>,
    /// Also those of which the audit log no longer says who created them.
    pub unknown_creators: bool,
}

/// What would be adopted, and what not.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AdoptionPlan {
    /// The channels whose names fit, the oldest first.
    pub candidates: Vec<Candidate>,
    /// What was to be excluded and is none of them: mistyped, or gone.
    pub not_excluded: Vec<Id<ChannelMarker>>,
    /// How many of them are adopted.
    pub count: usize,
    /// How many channels were adopted before and are still to be deleted, whatever they are called: a sweep
    /// does it, or whoever holds the store.
    pub owed: usize,
    /// What ties the plan to exactly those.
    pub hash: String,
}

/// A channel whose name fits.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Candidate {
    /// The channel.
    pub channel_id: Id<ChannelMarker>,
    /// Its name.
    pub name: String,
    /// Who created it, as far as the audit log tells.
    pub creator_id: Option<Id<UserMarker>>,
    /// How long ago it was created.
    pub age_seconds: u64,
    /// How long ago its last message was written; `None` when there is none.
    pub last_message_seconds: Option<u64>,
    /// Why it is left alone; `None`: it is adopted, and deleted.
    pub excluded: Option<String>,
}

/// What came of an adoption.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Adopted {
    /// The plan that was applied.
    pub plan: AdoptionPlan,
    /// How many of its channels are gone.
    pub gone: u64,
    /// Channels that were not adopted after all, and why.
    pub left: Vec<(Id<ChannelMarker>, String)>,
    /// Channels that are on record and not gone yet, and why, if that is known.
    pub open: Vec<(Id<ChannelMarker>, String)>,
}

// === impl Maintenance ===

impl Maintenance {
    /// Looks for leftovers of another program, and says of each whether it would be adopted. Changes
    /// nothing.
    ///
    /// # Errors
    /// When Discord or the store does not answer.
    pub async fn plan_adoption(&self, query: &AdoptionQuery) -> Result<AdoptionPlan, CommandError> {
        if query.prefix.len() < PREFIX_MIN {
            let why = format!(
                "a prefix has at least {PREFIX_MIN} characters: shorter ones fit by chance"
            );
            return Err(CommandError::Usage(why));
        }
        self.teller
            .tell("looking at the guild's channels and at who created them");
        // First, because whoever is in another guild is told so by this.
        let mut channels = self.overview().await?;
        channels.retain(|channel| channel.name.starts_with(&query.prefix));
        channels.sort_unstable_by_key(|channel| channel.id);
        let ids = channels.iter().map(|channel| channel.id).collect();
        let (untouchable, creators) = (self.untouchable().await?, self.creators(ids).await?);
        let mut known = self.bots().await?;
        known.extend(&query.creators);
        let (on_record, owed) = (self.on_record().await?, self.adopted_and_owed().await?);
        let now_ms = self.clock.now_ms();
        let since = |at_ms| now_ms.saturating_sub(at_ms) / 1_000;
        let candidates = channels.into_iter().map(|channel| {
            let creator_id = creators.known.get(&channel.id).copied();
            let age_seconds = since(created_ms(channel.id));
            let excluded = if query.exclude.contains(&channel.id) {
                Some("excluded by --exclude".to_owned())
            } else if let Some(why) = untouchable.get(&channel.id) {
                Some((*why).to_owned())
            } else if channel.kind != TEXT {
                Some("it is no text channel".to_owned())
            } else if let Some(stage) = on_record.get(&channel.id) {
                Some(format!("it is on record already, as {stage}"))
            } else if creators.unread.contains(&channel.id) {
                Some("too much was created beside it to find out who created it".to_owned())
            } else if creator_id.is_none() && age_seconds < SWEEP_GRACE.as_secs() {
                Some("it is so young that the audit log may not tell yet who created it".to_owned())
            } else {
                whose(creator_id, &known, query.unknown_creators)
            };
            Candidate {
                channel_id: channel.id,
                creator_id,
                age_seconds,
                last_message_seconds: channel.last_message_id.map(|id| since(created_ms(id))),
                name: channel.name,
                excluded,
            }
        });
        let candidates: Vec<Candidate> = candidates.collect();
        let ids: BTreeSet<_> = adopted(&candidates).map(|one| one.channel_id).collect();
        let is_there = |id: &&Id<ChannelMarker>| candidates.iter().any(|it| it.channel_id == **id);
        let not_excluded = query.exclude.iter().filter(|id| !is_there(id));
        Ok(AdoptionPlan {
            not_excluded: not_excluded.copied().collect(),
            count: ids.len(),
            owed,
            hash: PlanHash::of(self.config.discord.guild_id, &ids).to_string(),
            candidates,
        })
    }

    /// How many channels were adopted before and are still to be deleted.
    async fn adopted_and_owed(&self) -> Result<usize, CommandError> {
        let Some(peek) = self.peek_if_any().await? else {
            return Ok(0);
        };
        let rows = self.open_rows(&peek).await?;
        let is_adopted = |row: &&Row| {
            let owned = row.stage.owned();
            owned.is_some_and(|owned| matches!(owned.evidence, Evidence::Operator(_)))
        };
        Ok(rows.iter().filter(is_adopted).count())
    }

    /// Has exactly the channels of this plan deleted, and waits until they are gone or parked, or until for
    /// minutes none of them has gone: with what is on record by then the proxy goes on, or the next sweep.
    ///
    /// # Errors
    /// When nothing was adopted, or what deletes cannot go on.
    pub async fn adopt(
        &self,
        plan: AdoptionPlan,
        watcher: Watcher<'_>,
    ) -> Result<Adopted, CommandError> {
        let instruction = Instruction::Adopt {
            channels: adopted(&plan.candidates)
                .map(|one| (one.channel_id, one.name.clone()))
                .collect(),
            plan: plan.hash.clone(),
            request_id: "adopted".to_owned(),
        };
        let mut errand = self.instruct(&instruction).await?;
        let mut left = match &errand.told {
            Told::Adopted { left } => left.clone(),
            _ => Vec::new(),
        };
        let hash = plan.hash.parse();
        let evidence = hash
            .map(Evidence::Operator)
            .map_err(|_| CommandError::Usage("the plan's hash is none".to_owned()))?;
        let of_plan = |row: &&Row| {
            let owned = row.stage.owned();
            owned.is_some_and(|owned| owned.evidence == evidence)
        };
        let rows = self.rows(&self.peek().await?).await?;
        let rows: Vec<_> = rows.iter().filter(of_plan).collect();
        // An order like ours may have been carried out before: what is on record by this plan was
        // adopted, whoever's order did it, and may be gone from the guild by now.
        let adopted = rows.iter().filter_map(|row| row.stage.channel_id());
        let adopted: HashSet<_> = adopted.collect();
        left.retain(|(channel_id, _)| !adopted.contains(channel_id));
        let mut awaited = Awaited::new(rows);
        let mut patience = Patience::new();
        let (gone, open) = loop {
            let standing = self.standing(&mut awaited).await?;
            watcher(Progress {
                done: standing.gone,
                total: Some(awaited.len()),
                message: format!("channels gone; {} parked", standing.parked),
            });
            if standing.waiting == 0 || patience.is_over(standing.gone) {
                break (standing.gone, standing.open);
            }
            errand.wait().await?;
        };
        errand.end().await?;
        Ok(Adopted {
            plan,
            gone,
            left,
            open,
        })
    }
}

/// A shorter prefix would fit names by chance.
const PREFIX_MIN: usize = 3;

fn adopted(candidates: &[Candidate]) -> impl Iterator<Item = &Candidate> {
    candidates.iter().filter(|one| one.excluded.is_none())
}

/// Why a channel is somebody's, by who created it.
fn whose(
    creator_id: Option<Id<UserMarker>>,
    known: &HashSet<Id<UserMarker>>,
    unknown_creators: bool,
) -> Option<String> {
    match creator_id {
        Some(creator_id) if known.contains(&creator_id) => None,
        Some(creator_id) => Some(format!(
            "{creator_id} created it, who is none of our bots; --creator {creator_id} takes it in"
        )),
        None if unknown_creators => None,
        None => Some(
            "the audit log does not tell who created it (it goes back 45 days); --unknown-creators takes \
             it in"
                .to_owned(),
        ),
    }
}
