//! What this life knows of the rows, so that it need not ask the registry.

use std::collections::{BTreeMap, BTreeSet};

use twilight_model::id::{Id, marker::ChannelMarker};

use crate::{AttemptId, Row, Stage, limits::BURIED_MAX};

/// What this life knows of the open rows, so that it need not ask the registry.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// The channels of open rows, quarantine included.
    pub(crate) channels: BTreeMap<Id<ChannelMarker>, AttemptId>,
    pub(crate) quarantined: BTreeMap<Id<ChannelMarker>, AttemptId>,
    pub(crate) in_flight: BTreeSet<AttemptId>,
    /// The channels that were proved gone in this life, the youngest of them: should one be seen
    /// again, the proof was wrong.
    pub(crate) buried: BTreeMap<Id<ChannelMarker>, AttemptId>,
}

// === impl Index ===

impl Index {
    /// Says how many channels are ours and not gone.
    pub(crate) fn moved(&mut self, before: Option<Stage>, row: &Row) -> usize {
        if let Some(former) = before.and_then(|stage| stage.channel_id()) {
            self.channels.remove(&former);
            self.quarantined.remove(&former);
        }
        self.in_flight.remove(&row.attempt);
        match row.stage {
            Stage::Planned => drop(self.in_flight.insert(row.attempt)),
            Stage::Quarantined(channel_id) => {
                self.quarantined.insert(channel_id, row.attempt);
            }
            _ => {}
        }
        if let Some(channel_id) = row.stage.channel_id().filter(|_| row.stage.is_open()) {
            self.channels.insert(channel_id, row.attempt);
            self.buried.remove(&channel_id);
        }
        if let Stage::Gone(owned) = row.stage {
            self.buried.insert(owned.channel_id, row.attempt);
            if self.buried.len() > BURIED_MAX {
                self.buried.pop_first();
            }
        }
        self.channels.len() - self.quarantined.len()
    }
}
