//! The guild beside the record: which channels carry a mark of ours and are not on it.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use cordboard_discord::ChannelOverview;
use cordboard_lifecycle::{
    AttemptId, Clock as _, Mark, MarkKey, Marks, Row, Stage, limits::SWEEP_GRACE,
};
use cordboard_store::{Peek, Store};
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
    /// Whether somebody works at the record, such as a proxy.
    pub(super) is_held: bool,
    /// Whether an operator holds all deletions.
    pub(super) deletions_held: bool,
    /// Why nobody can say whose the marks are.
    pub(super) note: Option<String>,
    /// What tells our marks; `None`: there is no key, or it cannot be read.
    marks: Option<Marks>,
    /// What an operator or the configuration protects.
    protected: HashSet<Id<ChannelMarker>>,
    /// When the guild was about to be read, by our clock.
    pub(super) began_ms: u64,
}

/// A channel that carries a mark of ours, is not on record, and is not protected.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stray<'a> {
    pub(super) channel: &'a ChannelOverview,
    /// The row of the attempt that the mark names, if there is one.
    row: Option<&'a Row>,
}

/// There are marks and nothing to tell them by: the key may be somewhere else, or lost.
const NO_KEY: &str = "there is no key that could tell whose the marks are (channels.key_file)";

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

    /// The channels with a mark of ours that are not on record, but for those that are protected, and those
    /// that somebody is just making.
    pub(super) fn strays(&self) -> impl Iterator<Item = Stray<'_>> {
        let by_channel = self.by_channel();
        let rows = self.rows.iter();
        let by_attempt: HashMap<_, _> = rows.map(|row| (row.attempt, row)).collect();
        self.channels.iter().filter_map(move |channel| {
            let Whose::Ours(attempt) = self.whose(channel) else {
                return None;
            };
            let is_known = by_channel.contains_key(&channel.id) || self.protects(channel.id);
            let row = by_attempt.get(&attempt).copied();
            let is_theirs = is_known || row.is_some_and(|row| self.is_being_made(row));
            (!is_theirs).then_some(Stray { channel, row })
        })
    }

    /// Whether whoever works at the record is about to hear what came of an attempt.
    pub(super) fn is_being_made(&self, row: &Row) -> bool {
        let age = Duration::from_millis(self.began_ms.saturating_sub(row.since_ms));
        let is_awaited = matches!(row.stage, Stage::Planned | Stage::Unknown);
        self.is_held && is_awaited && age < SWEEP_GRACE
    }

    /// Whether the guild shows the channel of this row.
    pub(super) fn shows(&self, row: &Row) -> bool {
        let channel_id = row.stage.channel_id();
        channel_id.is_some_and(|id| self.channels.iter().any(|channel| channel.id == id))
    }

    /// How many channels carry a mark of another key.
    pub(super) fn foreign_marks(&self) -> usize {
        let channels = self.channels.iter();
        let foreign = channels.filter(|channel| matches!(self.whose(channel), Whose::Another));
        foreign.count()
    }

    /// As long as there is no key, or it cannot be read, every mark may be ours.
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
        self.row.is_some_and(|row| row.stage.channel_id().is_some())
    }

    /// The attempt that its mark names, if that is on record.
    pub(super) fn attempt(&self) -> Option<AttemptId> {
        Some(self.row?.attempt)
    }

    /// Whether it is deleted once the audit log proves it ours. Where channels are kept, one that somebody
    /// may have used stays all the same (docs/decisions/0009).
    pub(super) fn goes_if_proved(&self, keeps: bool) -> bool {
        let may_be_used = matches!(
            self.row.map(|row| row.stage),
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
        let began_ms = self.clock.now_ms();
        let channels = self.overview().await?;
        let peek = self.peek_if_any().await?;
        let key = self.mark_key(peek.as_ref()).await?;
        let is_marked = |channel: &ChannelOverview| {
            let topic = channel.topic.as_deref();
            topic.is_some_and(|topic| Mark::find(topic).is_some())
        };
        let (key, note) = match key {
            Ok(None) if channels.iter().any(is_marked) => (None, Some(NO_KEY.to_owned())),
            Ok(key) => (key, None),
            Err(why) => (None, Some(why)),
        };
        let guild_id = self.config.discord.guild_id;
        let marks = key.map(|key| Marks::new(key, settings::NAMESPACE, guild_id));
        let mut protected = self.config.channels.protected.clone();
        let is_held = Store::is_held(&self.config.store).await;
        let is_held = is_held.map_err(settings::store_failed)?;
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
            is_held,
            deletions_held,
            note,
            marks,
            protected,
            began_ms,
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
