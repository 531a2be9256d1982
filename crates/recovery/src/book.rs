//! What the driver knows, and what follows from what it hears and reads. No I/O.

mod hearing;
mod parting;
mod releasing;
mod survey;
mod turning;

use std::collections::{BTreeSet, HashMap, HashSet};

use tokio::time::Instant;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker},
};

use self::parting::Over;
pub(crate) use self::{
    survey::{Archives, Survey, Wish},
    turning::{Page, Probed, ReadFailure},
};
use crate::{
    Batch, Channel, Dirty, DirtyReason, Gap, GapReason, Head, Loaded, Message, SessionMark,
    Settings, Standing,
    agenda::Agenda,
    forecast::Forecast,
    limits::SETTLE,
    sabotage::Sabotage,
    snowflake::{DiscordTime, just_before, milliseconds},
    waiting::Waiting,
    walk::{Order, Purpose, Walk},
};

/// What the driver knows.
///
/// What is on record of a channel reaches up to the watermark, or, of a dirty one, up to its cursor.
/// The watermark moves only where a heartbeat proves that every event from before it has come, on a
/// session whose beginning is done with: no clock of ours knows what Discord still holds back.
#[derive(Debug)]
pub(crate) struct Book {
    settings: Settings,
    channels: HashMap<Id<ChannelMarker>, Channel>,
    /// How many of them are dirty, and how many of those Discord refuses to show.
    dirty: usize,
    refused: usize,
    /// The youngest message of each channel that was heard of, in a list or by an event.
    last: HashMap<Id<ChannelMarker>, Id<MessageMarker>>,
    /// Channels that are not watched, and since when that is known, or had to be asked.
    strangers: HashMap<Id<ChannelMarker>, Instant>,
    /// Threads that are archived: once they are read, nothing is to be known of them.
    archived: HashSet<Id<ChannelMarker>>,
    watermark_ms: u64,
    time: DiscordTime,
    session: Option<(String, Option<String>)>,
    sequence: u64,
    /// What of the session is on record, or on its way there.
    marked: Option<SessionMark>,
    /// Whether all that came before this session is in the record, or in dirty channels on record.
    is_covered: bool,
    /// Counts the gaps: what was begun before one comes to nothing after it.
    generation: u64,
    wish: Option<Wish>,
    /// Channels that events deleted or archived while the lists are on their way, which may not know it.
    meanwhile: Option<HashMap<Id<ChannelMarker>, Over>>,
    agenda: Agenda,
    forecast: Forecast,
    /// What has come of channels whose older messages are still being read.
    waiting: Waiting,
    /// Channels that are to be written down as they are, or as not watched any more.
    changed: BTreeSet<Id<ChannelMarker>>,
    closed: BTreeSet<Id<ChannelMarker>>,
    /// What else is to be written down.
    batch: Batch,
    pub(crate) sabotage: Option<Sabotage>,
}

// === impl Book ===

impl Book {
    pub(crate) fn new(settings: Settings, loaded: Loaded) -> Self {
        let Loaded {
            session,
            watermark_ms,
            channels,
        } = loaded;
        let batch = Batch {
            shard: settings.shard,
            ..Batch::default()
        };
        let mut book = Self {
            settings,
            dirty: channels.iter().filter(|it| it.dirty.is_some()).count(),
            refused: channels.iter().filter(|it| is_refused(it)).count(),
            channels: channels
                .into_iter()
                .map(|channel| (channel.id, channel))
                .collect(),
            last: HashMap::new(),
            strangers: HashMap::new(),
            archived: HashSet::new(),
            watermark_ms,
            time: DiscordTime::default(),
            // If it is resumed, what is not on record comes again.
            is_covered: session.is_some(),
            sequence: session.as_ref().map_or(0, |session| session.sequence),
            session: session
                .clone()
                .map(|session| (session.id, session.resume_url)),
            marked: session,
            generation: 0,
            wish: None,
            meanwhile: None,
            agenda: Agenda::default(),
            forecast: Forecast::default(),
            waiting: Waiting::default(),
            changed: BTreeSet::new(),
            closed: BTreeSet::new(),
            batch,
            sabotage: None,
        };
        book.unwatch_unwanted();
        book.resume_reading();
        book
    }

    /// What a former run has watched, and this one is not to.
    fn unwatch_unwanted(&mut self) {
        let is_wanted = |channel: &Channel| {
            let head = Head {
                id: channel.id,
                guild_id: channel.guild_id,
                parent_id: channel.parent_id,
                is_thread: channel.is_thread,
                is_forum: false,
                is_archived: false,
                last_message_id: None,
            };
            self.settings.guild_ids.contains(&channel.guild_id) && self.wants(&head)
        };
        let unwanted = self.channels.values().filter(|channel| !is_wanted(channel));
        for id in unwanted.map(|channel| channel.id).collect::<Vec<_>>() {
            self.unwatch(id);
        }
    }

    /// Whether a test has taken this safeguard away.
    fn lacks(&self, safeguard: Sabotage) -> bool {
        self.sabotage == Some(safeguard)
    }

    /// A walk that begins where a channel is dirty from.
    fn catch_up(&self, dirty: Dirty) -> Walk {
        let mut walk = Walk::new(Purpose::CatchUp, dirty.after);
        walk.sabotage = self.sabotage;
        walk
    }

    /// What there is to write, and from now on counts as written.
    pub(crate) fn take_batch(&mut self) -> Batch {
        let changed = std::mem::take(&mut self.changed);
        let changed = changed.iter().filter_map(|id| self.channels.get(id));
        self.batch.channels.extend(changed.cloned());
        self.batch.closed.extend(std::mem::take(&mut self.closed));
        if let Some(mark) = self.mark() {
            let is_news = self.marked.as_ref() != Some(&mark);
            // A sequence alone is worth no write: an older one is as good.
            let is_other = self
                .marked
                .as_ref()
                .is_none_or(|marked| marked.id != mark.id);
            if is_other || (is_news && !self.batch.is_empty()) {
                self.marked = Some(mark.clone());
                self.batch.session = Some(mark);
            }
        }
        if self.lacks(Sabotage::VolatileDirty) {
            for channel in &mut self.batch.channels {
                channel.dirty = None;
            }
        }
        let empty = Batch {
            shard: self.settings.shard,
            ..Batch::default()
        };
        std::mem::replace(&mut self.batch, empty)
    }

    /// How far the session has come; `None` while not all is known that it began behind.
    fn mark(&self) -> Option<SessionMark> {
        let (id, resume_url) = self.session.as_ref().filter(|_| self.is_covered)?;
        Some(SessionMark {
            id: id.clone(),
            resume_url: resume_url.clone(),
            sequence: self
                .waiting
                .before()
                .map_or(self.sequence, |before| before.min(self.sequence)),
        })
    }

    /// The next page to read, if one may be read now.
    pub(crate) fn next_order(&mut self, now: Instant) -> Option<Order> {
        if self.watermark_ms == 0 {
            // Where a first run begins is not known yet.
            return None;
        }
        let at_ms = self.time.at(now);
        let (channel_id, walk) = self.agenda.next(now)?;
        Some(Order {
            channel_id,
            number: walk.number,
            after: walk.after(),
            asks_expected: walk.expected.is_none(),
            at: now,
            at_ms,
        })
    }

    /// Discord's clock has passed this.
    pub(crate) fn hear_time(&mut self, ms: u64, now: Instant) {
        self.time.heard_ms(ms, now);
    }

    /// When something is due that nobody will tell of.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        let due = [self.agenda.next_due(), self.waiting.next_due()];
        due.into_iter().flatten().min()
    }

    /// Somebody waits for what is missing of this channel, or for what may turn out to be.
    pub(crate) fn prefer(&mut self, id: Id<ChannelMarker>) {
        if !self.is_covered || self.channels.get(&id).is_some_and(is_catching_up) {
            self.agenda.prefer(id);
        }
    }

    pub(crate) fn standing(&self, pages: u64) -> Standing {
        Standing {
            is_covered: self.is_covered,
            channels: self.channels.len(),
            catching_up: self.dirty - self.refused,
            catches_up_in: self.forecast.left().filter(|_| self.dirty > self.refused),
            refused: self.refused,
            pages,
            watermark_ms: self.watermark_ms,
            held: self.held(),
        }
    }

    fn held(&self) -> usize {
        let strangers = self.strangers.len() + self.archived.len();
        self.channels.len()
            + self.last.len()
            + strangers
            + self.meanwhile.as_ref().map_or(0, HashMap::len)
            + self.agenda.held()
            + self.waiting.count()
    }

    /// Begins to read what is dirty.
    fn resume_reading(&mut self) {
        let dirty = self.channels.values();
        let dirty = dirty.filter_map(|channel| Some((channel.id, channel.dirty?)));
        for (id, dirty) in dirty.collect::<Vec<_>>() {
            if !self.agenda.has(id) {
                self.agenda.begin(id, self.catch_up(dirty));
            }
        }
    }

    /// Everything up to `after`, and only that, is on record of this channel. It never says more than
    /// was said before, and begins to read.
    fn soil(&mut self, id: Id<ChannelMarker>, dirty: Dirty) {
        let Some(channel) = self.channels.get(&id).cloned() else {
            return;
        };
        let after = channel
            .dirty
            .map_or(dirty.after, |before| before.after.min(dirty.after));
        let dirty = Dirty { after, ..dirty };
        self.put(Channel {
            dirty: Some(dirty),
            ..channel
        });
        self.agenda.begin(id, self.catch_up(dirty));
    }

    /// All up to the watermark is on record of this channel, and no more is known.
    fn doubt(&mut self, id: Id<ChannelMarker>) {
        let dirty = Dirty {
            after: just_before(self.watermark_ms),
            reason: DirtyReason::Lapse,
        };
        self.soil(id, dirty);
    }

    /// A message as it is to be on record.
    fn recorded(&self, message: Message) -> Message {
        if self.settings.raw {
            message
        } else {
            message.into_core()
        }
    }

    /// Writes a channel down as it is now.
    fn put(&mut self, channel: Channel) {
        self.changed.insert(channel.id);
        self.closed.remove(&channel.id);
        self.count(&channel, usize::wrapping_add);
        if let Some(former) = self.channels.insert(channel.id, channel) {
            self.count(&former, usize::wrapping_sub);
        }
    }

    /// Counts a channel in or out.
    fn count(&mut self, channel: &Channel, by: fn(usize, usize) -> usize) {
        self.dirty = by(self.dirty, usize::from(channel.dirty.is_some()));
        self.refused = by(self.refused, usize::from(is_refused(channel)));
        if self.dirty == self.refused {
            // However the last one ended: the time until the next one is none in which pages were read.
            self.forecast = Forecast::default();
        }
    }

    fn miss(
        &mut self,
        channel_id: Id<ChannelMarker>,
        after: Option<Id<MessageMarker>>,
        to: Option<Id<MessageMarker>>,
        reason: GapReason,
    ) {
        tracing::warn!(channel.id = %channel_id, reason = reason.name(), "messages may be missing");
        self.batch.gaps.push(Gap {
            channel_id,
            after,
            to,
            reason,
            at_ms: self.time.at(Instant::now()).unwrap_or(self.watermark_ms),
        });
    }

    /// The watermark follows the clock, if a test has said so.
    pub(crate) fn sabotage_seal(&mut self, now: Instant) {
        if self.lacks(Sabotage::SealByWallClock)
            && self.is_covered
            && let Some(ms) = self.time.at(now)
        {
            self.seal(ms);
        }
    }

    /// How far the session has come, before that is on record, if a test has said so.
    pub(crate) fn sabotage_acknowledge(&mut self) -> Option<Batch> {
        let is_lacking = self.lacks(Sabotage::AckBeforeDurable) && !self.batch.is_empty();
        let mark = self.mark().filter(|_| is_lacking);
        mark.map(|session| Batch {
            shard: self.settings.shard,
            session: Some(session),
            ..Batch::default()
        })
    }

    /// Everything from before this is on record.
    fn seal(&mut self, ms: u64) {
        let sealed = ms.saturating_sub(milliseconds(SETTLE));
        if sealed > self.watermark_ms {
            self.watermark_ms = sealed;
            self.batch.watermark_ms = Some(sealed);
        }
    }
}

fn is_refused(channel: &Channel) -> bool {
    let dirty = channel.dirty;
    dirty.is_some_and(|dirty| dirty.reason == DirtyReason::Refused)
}

/// Whether something may be missing of a channel, and can be read.
fn is_catching_up(channel: &Channel) -> bool {
    channel.dirty.is_some() && !is_refused(channel)
}

#[cfg(test)]
mod tests;
