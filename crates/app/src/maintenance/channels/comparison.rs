//! The guild beside the record: which channels carry a mark of ours and are not on it.

use std::collections::{HashMap, HashSet};

use cordboard_discord::ChannelOverview;
use cordboard_lifecycle::{AttemptId, Mark, MarkKey, Marks, Row, Stage};
use cordboard_store::Peek;
use twilight_model::id::{Id, marker::ChannelMarker};

use crate::{
    error::chain,
    maintenance::{CommandError, Maintenance},
    mark_key, settings,
};

/// The guild and the record, read one after the other.
#[derive(Debug)]
pub(super) struct Comparison {
    /// The guild's channels, as far as the bot may see them.
    pub(super) channels: Vec<ChannelOverview>,
    /// What is on record, which was read after the guild: what is created meanwhile is on it.
    pub(super) rows: Vec<Row>,
    /// Whether an operator holds all deletions.
    pub(super) deletions_held: bool,
    /// Why nobody can say whose the marks are.
    pub(super) note: Option<String>,
    /// What tells our marks; `None`: there is no key, or it cannot be read.
    marks: Option<Marks>,
    /// What an operator or the configuration protects.
    protected: HashSet<Id<ChannelMarker>>,
}

/// A channel that carries a mark of ours, is not on record, and is not protected.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stray<'a> {
    pub(super) channel: &'a ChannelOverview,
    /// Where the row of the attempt stands that the mark names, if there is one.
    stage: Option<Stage>,
}

/// Whose mark a topic carries.
enum Whose {
    Ours(AttemptId),
    Another,
    Nobodys,
}

// === impl Comparison ===

impl Comparison {
    /// The rows whose channels are known, by those.
    pub(super) fn by_channel(&self) -> HashMap<Id<ChannelMarker>, &Row> {
        let rows = self.rows.iter();
        rows.filter_map(|row| Some((row.stage.channel_id()?, row)))
            .collect()
    }

    pub(super) fn protects(&self, channel_id: Id<ChannelMarker>) -> bool {
        self.protected.contains(&channel_id)
    }

    /// The channels with a mark of ours that are not on record, but for those that are protected.
    pub(super) fn strays(&self) -> impl Iterator<Item = Stray<'_>> {
        let by_channel = self.by_channel();
        let rows = self.rows.iter();
        let stages: HashMap<_, _> = rows.map(|row| (row.attempt, row.stage)).collect();
        self.channels.iter().filter_map(move |channel| {
            let Whose::Ours(attempt) = self.whose(channel) else {
                return None;
            };
            let is_known = by_channel.contains_key(&channel.id) || self.protects(channel.id);
            let stage = stages.get(&attempt).copied();
            (!is_known).then_some(Stray { channel, stage })
        })
    }

    /// How many channels carry a mark of another key.
    pub(super) fn foreign_marks(&self) -> usize {
        let channels = self.channels.iter();
        let foreign = channels.filter(|channel| matches!(self.whose(channel), Whose::Another));
        foreign.count()
    }

    /// As long as the key cannot be read, every mark may be ours.
    fn whose(&self, channel: &ChannelOverview) -> Whose {
        let topic = channel.topic.as_deref().unwrap_or_default();
        let ours = self.marks.as_ref().and_then(|marks| marks.recognise(topic));
        match (ours, Mark::find(topic)) {
            (Some(attempt), _) => Whose::Ours(attempt),
            (None, Some(mark)) if self.note.is_some() => Whose::Ours(mark.attempt()),
            (None, Some(_)) => Whose::Another,
            (None, None) => Whose::Nobodys,
        }
    }
}

// === impl Stray ===

impl Stray<'_> {
    /// Whether the attempt that its mark names has another channel: it is a copy, unless one creation has
    /// made two channels.
    pub(super) fn is_second(&self) -> bool {
        self.stage.is_some_and(|of| of.channel_id().is_some())
    }

    /// Whether it is deleted once the audit log proves it ours. Where channels are kept, one that somebody
    /// may have used stays all the same (docs/decisions/0009).
    pub(super) fn goes_if_proved(&self, keeps: bool) -> bool {
        let may_be_used = matches!(
            self.stage,
            None | Some(Stage::Planned | Stage::Unknown | Stage::Abandoned | Stage::Quarantined(_))
        );
        !(keeps && may_be_used)
    }
}

// === impl Maintenance ===

impl Maintenance {
    /// Reads the guild, and then the record.
    pub(super) async fn compare(&self) -> Result<Comparison, CommandError> {
        self.teller
            .tell("comparing the guild's channels with the record");
        let channels = self.overview().await?;
        let peek = self.peek_if_any().await?;
        let key = self.mark_key(peek.as_ref()).await?;
        let (key, note) = match key {
            Ok(key) => (key, None),
            Err(why) => (None, Some(why)),
        };
        let guild_id = self.config.discord.guild_id;
        let marks = key.map(|key| Marks::new(key, settings::NAMESPACE, guild_id));
        let mut protected = self.config.channels.protected.clone();
        let (mut rows, mut deletions_held) = (Vec::new(), false);
        if let Some(peek) = peek {
            rows = self.rows(&peek).await?;
            let held = peek.deletions_held().await;
            deletions_held = held.map_err(settings::store_failed)?;
            let by_word = peek.protected().await.map_err(settings::store_failed)?;
            protected.extend(by_word.into_iter().map(|channel| channel.channel_id));
        }
        Ok(Comparison {
            channels,
            rows,
            deletions_held,
            note,
            marks,
            protected,
        })
    }

    /// The key that signs marks, if there is one; or why it cannot be read.
    async fn mark_key(
        &self,
        peek: Option<&Peek>,
    ) -> Result<Result<Option<MarkKey>, String>, CommandError> {
        let known = match peek {
            Some(peek) => peek.key_fingerprint().await,
            None => Ok(None),
        };
        let known = known.map_err(settings::store_failed)?;
        let key = mark_key::find(&self.config, known.as_deref()).await;
        Ok(key.map_err(|failed| format!("whose the marks are cannot be told: {}", chain(&failed))))
    }
}
