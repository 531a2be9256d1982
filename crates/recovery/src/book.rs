//! What the driver knows, and what follows from what it hears and reads. No I/O.

mod archives;
mod beginning;
mod forums;
mod grants;
mod hearing;
mod messages;
mod mishearing;
mod owing;
mod parting;
mod proof;
mod releasing;
mod sight;
mod survey;
mod turning;
mod writing;

use std::collections::{BTreeMap, BTreeSet};

use tokio::time::Instant;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker},
};

pub(crate) use self::{
    archives::Archives,
    survey::{Survey, Wish},
    turning::{Page, Probe, Probed, ReadFailure},
};
use self::{
    archives::Unseen, forums::Forums, grants::Grants, owing::Owing, parting::Over, proof::Proof,
};
use crate::{
    Batch, Channel, Dirty, DirtyReason, Head, Loaded, Message, Oddities, SessionMark, Settings,
    Standing,
    agenda::Agenda,
    forecast::Forecast,
    limits::SCRUB_EVERY,
    sabotage::Sabotage,
    snowflake::{DiscordTime, just_before, milliseconds},
    waiting::Waiting,
    walk::{Order, Purpose, Walk},
};

/// What the driver knows.
///
/// What is on record of a channel reaches up to the watermark, or, of a dirty one, up to its cursor.
/// The watermark moves only where it is proven that every event from before it has come, on a session whose
/// beginning is done with: no clock of ours knows what Discord still holds back ([`Proof`]).
#[derive(Debug)]
pub(crate) struct Book {
    settings: Settings,
    channels: BTreeMap<Id<ChannelMarker>, Channel>,
    /// How many of them are dirty, and how many of those Discord refuses to show.
    dirty: usize,
    refused: usize,
    /// The youngest message of each channel that was heard of, in a list or by an event.
    last: BTreeMap<Id<ChannelMarker>, Id<MessageMarker>>,
    /// Their posts are threads that are watched with their category.
    forums: Forums,
    /// Channels and forums that could not be seen, and whose archived threads have not been listed since.
    unseen: BTreeMap<Id<ChannelMarker>, Unseen>,
    /// Channels that are not watched, and since when that is known, or had to be asked.
    strangers: BTreeMap<Id<ChannelMarker>, Instant>,
    /// Threads that are archived: once they are read, nothing is to be known of them.
    archived: BTreeSet<Id<ChannelMarker>>,
    watermark_ms: u64,
    proof: Proof,
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
    owing: Owing,
    /// When the lists were last taken in, and when those were asked for that come next.
    looked_at: Option<Instant>,
    /// What the bot's roles let it see, as far as that is known.
    grants: Grants,
    /// When all that Discord refuses to show was asked for because a permission may have changed.
    refused_asked_at: Option<Instant>,
    looks_since: Option<Instant>,
    /// The watermark when they were asked for, and that of the lists before: what they named was seen then.
    looks_from_ms: u64,
    listed_ms: u64,
    /// Where in the session a guild went into an outage, in which its events do not come: the session on
    /// record stays before that, so that whoever goes on with it hears of the outage.
    outage_at: Option<u64>,
    /// Channels that events deleted or archived while the lists are on their way, which may not know it.
    meanwhile: Option<BTreeMap<Id<ChannelMarker>, Over>>,
    agenda: Agenda,
    forecast: Forecast,
    /// What has come of channels whose older messages are still being read.
    waiting: Waiting,
    /// Events that were not as Discord documents them.
    odd: Oddities,
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
        let (forums, channels): (Vec<_>, Vec<_>) =
            channels.into_iter().partition(|channel| channel.is_forum);
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
            last: BTreeMap::new(),
            forums: BTreeMap::new(),
            unseen: BTreeMap::new(),
            strangers: BTreeMap::new(),
            archived: BTreeSet::new(),
            watermark_ms,
            proof: Proof::default(),
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
            owing: Owing::default(),
            looked_at: None,
            grants: Grants::default(),
            refused_asked_at: None,
            looks_since: None,
            looks_from_ms: 0,
            // A former run has looked in that time, or is not known to have.
            listed_ms: watermark_ms.saturating_sub(milliseconds(SCRUB_EVERY)),
            outage_at: None,
            meanwhile: None,
            agenda: Agenda::default(),
            forecast: Forecast::default(),
            waiting: Waiting::default(),
            odd: Oddities::default(),
            changed: BTreeSet::new(),
            closed: BTreeSet::new(),
            batch,
            sabotage: None,
        };
        book.unwatch_unwanted();
        book.remember_forums(forums);
        book.remember_unseen();
        book.resume_reading();
        book
    }

    /// What a former run has watched, and this one is not to.
    fn unwatch_unwanted(&mut self) {
        let mut unwanted = Vec::new();
        for channel in self.channels.values() {
            let head = Head::of(channel);
            let is_here = self.settings.guild_ids.contains(&channel.guild_id);
            if is_here && self.wants(&head) {
                continue;
            }
            if is_here && self.is_unplaced(&head) {
                self.wish = Some(Wish::Look);
            } else {
                unwanted.push(channel.id);
            }
        }
        for id in unwanted {
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

    /// The next page to read, if one may be read now.
    pub(crate) fn next_order(&mut self, now: Instant) -> Option<Order> {
        if self.is_first_run() {
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
            watermark_ms: self.watermark_ms,
        })
    }

    /// Discord's clock has passed this.
    pub(crate) fn hear_time(&mut self, ms: u64, now: Instant) {
        self.time.told(ms, now);
    }

    /// When something is due that nobody will tell of.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        let due = [
            self.agenda.next_due(),
            self.waiting.next_due(),
            self.proof_due(),
        ];
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
            unheard: self.proof.unheard(),
            odd: self.odd,
            held: self.held(),
        }
    }

    fn held(&self) -> usize {
        let strangers = self.strangers.len() + self.archived.len();
        self.channels.len()
            + self.last.len()
            + self.forums.len()
            + self.unseen.len()
            + strangers
            + self.meanwhile.as_ref().map_or(0, BTreeMap::len)
            + self.agenda.held()
            + self.waiting.count()
            + self.proof.held()
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
        self.doubt_from(id, self.watermark_ms);
    }

    /// Of what is as old as this not all may be on record of this channel, and of nothing above the watermark.
    fn doubt_from(&mut self, id: Id<ChannelMarker>, ms: u64) {
        let dirty = Dirty {
            after: just_before(ms.min(self.watermark_ms)),
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

    /// The watermark follows the clock, if a test has said so.
    pub(crate) fn sabotage_seal(&mut self, now: Instant) {
        if self.lacks(Sabotage::SealByWallClock)
            && self.is_covered
            && let Some(ms) = self.time.at(now)
        {
            self.seal(ms);
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
