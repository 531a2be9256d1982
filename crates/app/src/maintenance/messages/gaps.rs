//! What could not be had of watched channels, and trying again.

use std::collections::{BTreeMap, BTreeSet};

use cordboard_recovery::{GapQuery, NumberedGap};
use serde::Serialize;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker},
};

use crate::{
    limits::PEEK_ROWS,
    maintenance::{CommandError, Maintenance},
    orders::Instruction,
    settings,
};

/// What could not be had.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Gaps {
    /// In the order in which it was found.
    pub gaps: Vec<GapLine>,
}

/// What came of trying again.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Retried {
    /// The gaps whose channels are read again.
    pub gaps: Vec<GapLine>,
    /// Channels of other gaps, which are not watched any more.
    pub unwatched: BTreeSet<Id<ChannelMarker>>,
}

/// One gap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GapLine {
    /// Its place in the record.
    pub sequence: u64,
    /// The channel.
    pub channel_id: Id<ChannelMarker>,
    /// Ids above this are missing; `null`: from the channel's beginning.
    pub after: Option<Id<MessageMarker>>,
    /// Ids up to this are missing; `null`: to its end, as it was then.
    pub to: Option<Id<MessageMarker>>,
    /// Why, by the reason's name.
    pub reason: &'static str,
    /// When it was found, in milliseconds since 1970.
    pub at_ms: u64,
}

// === impl Maintenance ===

impl Maintenance {
    /// What could not be had of watched channels, of one or of all. Works beside a running proxy.
    ///
    /// # Errors
    /// When a channel is neither watched nor has a gap on record, or the store cannot be read.
    pub async fn gaps(&self, channel_id: Option<Id<ChannelMarker>>) -> Result<Gaps, CommandError> {
        let peek = self.peek().await?;
        let (mut gaps, mut after) = (Vec::new(), 0);
        loop {
            let query = GapQuery {
                channel_id,
                after,
                limit: PEEK_ROWS,
            };
            let page = peek.gaps(query).await.map_err(settings::store_failed)?;
            let Some(last) = page.last() else {
                break;
            };
            after = last.sequence;
            gaps.extend(page.iter().map(GapLine::new));
        }
        if let Some(channel_id) = channel_id
            && gaps.is_empty()
            && !self.watched().await?.contains(&channel_id)
        {
            return Err(CommandError::Usage(format!(
                "--channel {channel_id}: it is not watched, and no gap of it is on record; messages cursors list \
                 shows the channels that are watched (relay.channels)"
            )));
        }
        Ok(Gaps { gaps })
    }

    /// The channels that are on record as watched.
    pub(super) async fn watched(&self) -> Result<BTreeSet<Id<ChannelMarker>>, CommandError> {
        let channels = self.cursors().await?.channels;
        Ok(channels.iter().map(|line| line.channel_id).collect())
    }

    /// Has the channels of gaps read again, each from its oldest gap on: what Discord holds by now is told as
    /// new. A gap stays on record; channels that are not watched any more are left out, unless one is asked for.
    ///
    /// # Errors
    /// When the channel that is asked for is not watched, or whoever holds the store does not do it.
    pub async fn retry_gaps(
        &self,
        named: Option<Id<ChannelMarker>>,
    ) -> Result<Retried, CommandError> {
        let watched = self.watched().await?;
        let mut gaps = self.gaps(named).await?.gaps;
        if let Some(channel_id) = named
            && !watched.contains(&channel_id)
        {
            return Err(CommandError::Usage(format!(
                "--channel {channel_id}: it is not watched any more, so nobody can read its gaps again; leave \
                 --channel out to read those of all watched channels"
            )));
        }
        let mut unwatched: BTreeSet<_> = gaps.iter().map(|gap| gap.channel_id).collect();
        unwatched.retain(|id| !watched.contains(id));
        gaps.retain(|gap| watched.contains(&gap.channel_id));
        let mut oldest: BTreeMap<Id<ChannelMarker>, Option<Id<MessageMarker>>> = BTreeMap::new();
        for gap in &gaps {
            let after = oldest.entry(gap.channel_id).or_insert(gap.after);
            *after = (*after).min(gap.after);
        }
        for (channel_id, after) in oldest {
            let instruction = Instruction::Reread {
                channel_ids: BTreeSet::from([channel_id]),
                after,
                until: None,
                // It may have gone since we looked.
                watched_only: named.is_none(),
            };
            let errand = self.instruct(&instruction).await?;
            unwatched.extend(errand.told.unwatched());
            errand.end().await?;
        }
        gaps.retain(|gap| !unwatched.contains(&gap.channel_id));
        Ok(Retried { gaps, unwatched })
    }
}

// === impl GapLine ===

impl GapLine {
    fn new(numbered: &NumberedGap) -> Self {
        let gap = &numbered.gap;
        Self {
            sequence: numbered.sequence,
            channel_id: gap.channel_id,
            after: gap.after,
            to: gap.to,
            reason: gap.reason.name(),
            at_ms: gap.at_ms,
        }
    }
}
