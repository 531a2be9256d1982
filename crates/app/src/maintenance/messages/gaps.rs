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

    async fn watched(&self) -> Result<BTreeSet<Id<ChannelMarker>>, CommandError> {
        let channels = self.cursors().await?.channels;
        Ok(channels.iter().map(|line| line.channel_id).collect())
    }

    /// Has the channels of gaps read again, each from its oldest gap on: what Discord holds by now is told as
    /// new. A gap stays on record; channels that are gone are left out, unless one is asked for.
    ///
    /// # Errors
    /// When the channel that is asked for is not watched, or whoever holds the store does not do it.
    pub async fn retry_gaps(
        &self,
        channel_id: Option<Id<ChannelMarker>>,
    ) -> Result<Gaps, CommandError> {
        let watched = self.watched().await?;
        let mut gaps = self.gaps(channel_id).await?.gaps;
        if let Some(channel_id) = channel_id
            && !watched.contains(&channel_id)
        {
            return Err(CommandError::Usage(format!(
                "--channel {channel_id}: it is not watched any more, so nobody can read its gaps again; leave \
                 --channel out to read those of all watched channels"
            )));
        }
        gaps.retain(|gap| watched.contains(&gap.channel_id));
        let mut oldest: BTreeMap<Id<ChannelMarker>, Option<Id<MessageMarker>>> = BTreeMap::new();
        for gap in &gaps {
            let after = oldest.entry(gap.channel_id).or_insert(gap.after);
            *after = (*after).min(gap.after);
        }
        for (channel_id, after) in oldest {
            let channel_ids = BTreeSet::from([channel_id]);
            let instruction = Instruction::Reread {
                channel_ids,
                after,
                until: None,
            };
            self.instruct(&instruction).await?.end().await?;
        }
        Ok(Gaps { gaps })
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
