//! The driver: whatever recovery does on its own, it does in here.

mod look;
mod reads;

use std::{
    collections::BTreeSet,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use futures_util::future::BoxFuture;
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{Instant, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker},
};

use self::{
    look::{Look, Looks, Overlooked, Patience},
    reads::{Arrived, Reads},
};
use crate::{
    ChannelDirectory, Failure, History, Inbox, InboxError, Observed, SessionMark, Settings,
    Standing,
    book::{Book, Page, Probe, Probed, ReadFailure, Survey, Wish},
    limits::{BATCH_EVENTS_MAX, HOLDS_MAX, PAGE_TIMEOUT, RESCAN_MESSAGES, SCRUB_EVERY},
    walk::Order,
};

/// What the driver is told.
#[derive(Debug)]
pub(crate) enum Told {
    Observed(Observed),
    /// Somebody waits for what is missing of this channel.
    Preferred(Id<ChannelMarker>),
    /// These channels are to be read again from there to there, and somebody waits for that to be on record,
    /// or to hear which of them are not watched.
    Reread(
        BTreeSet<Id<ChannelMarker>>,
        (Option<Id<MessageMarker>>, Option<Id<MessageMarker>>),
        oneshot::Sender<Vec<Id<ChannelMarker>>>,
    ),
}

/// Takes in what the gateway delivers, and reads what it has not. It is one future, and starts no task
/// of its own.
pub struct Driver<D, I> {
    discord: Arc<D>,
    inbox: I,
    book: Book,
    settings: Settings,
    told: mpsc::Receiver<Told>,
    standing: watch::Sender<Standing>,
    /// Who waits for what is to be written next.
    waiting: Vec<oneshot::Sender<Vec<Id<ChannelMarker>>>>,
    pages: u64,
    turns: Arc<AtomicU64>,
}

type Surveyed = BoxFuture<'static, Result<Survey, Overlooked>>;

// === impl Driver ===

impl<D: History + ChannelDirectory, I: Inbox> Driver<D, I> {
    pub(crate) async fn load(
        discord: D,
        inbox: I,
        settings: Settings,
        told: mpsc::Receiver<Told>,
        standing: watch::Sender<Standing>,
    ) -> Result<(Self, Option<SessionMark>), InboxError> {
        let loaded = inbox.load(settings.shard).await?;
        let session = loaded.session.clone();
        let driver = Self {
            discord: Arc::new(discord),
            inbox,
            book: Book::new(settings.clone(), loaded),
            settings,
            told,
            standing,
            waiting: Vec::new(),
            pages: 0,
            turns: Arc::default(),
        };
        driver.tell_standing();
        Ok((driver, session))
    }

    /// How often it has taken in what it was told.
    pub(crate) fn turns(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.turns)
    }

    /// Takes a safeguard away, to see that a test notices.
    #[cfg(feature = "sabotage")]
    pub fn sabotage(&mut self, safeguard: crate::Sabotage) {
        self.book.sabotage = Some(safeguard);
    }

    /// Does the work until `stop`, or until nobody can tell it anything any more. What was told before
    /// is on record then, but for what waits for older messages of its channel: the session on record
    /// has not come so far, and its channel is one of those that are read again.
    ///
    /// # Errors
    /// When the record fails. The process should end then, because nothing more can be promised.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), InboxError> {
        let mut reads = Reads::default();
        let mut surveying: Option<Surveyed> = None;
        let mut looks = Looks::new();
        let mut scrub_at = Instant::now() + SCRUB_EVERY;
        let mut told = Vec::new();
        loop {
            let now = Instant::now();
            self.hear_time();
            self.book.wish_for_proof(now);
            while let Some(order) = self.book.next_order(now) {
                reads.push(self.read(order));
            }
            if !self.book.is_current(looks.generation) {
                // There was a gap since: it would come to nothing.
                surveying = None;
            }
            if surveying.is_none()
                && now >= looks.at
                && let Some((wish, generation)) = self.book.take_wish(now)
            {
                let patience = looks.begin(generation);
                surveying = Some(self.look_around(wish, generation, patience));
            }
            let due = self.book.next_due().into_iter().chain([scrub_at]);
            let due = due.chain((looks.at > now).then_some(looks.at));
            let due = due.chain(self.book.look_due(now)).min();
            tokio::select! {
                biased;
                () = stop.cancelled() => return self.write_down_the_rest().await,
                count = self.told.recv_many(&mut told, BATCH_EVENTS_MAX) => {
                    if count == 0 {
                        return Ok(());
                    }
                    self.turns.fetch_add(1, Ordering::Relaxed);
                    self.take_in(&mut told);
                }
                surveyed = maybe(&mut surveying) => {
                    surveying = None;
                    match surveyed {
                        Ok(survey) => {
                            looks.succeeded();
                            reads.beside(self.survey(&survey)).await?;
                        }
                        Err(failed) => {
                            looks.failed(&failed);
                            // A gap since then has a wish of its own.
                            if self.book.is_current(failed.generation) {
                                self.book.wish(failed.wish);
                            }
                        }
                    }
                }
                arrived = reads.next() => {
                    let others = std::iter::from_fn(|| reads.arrived());
                    std::iter::once(arrived).chain(others).try_for_each(|it| self.take_page(it))?;
                }
                () = until(due) => {
                    let now = Instant::now();
                    if now >= scrub_at {
                        scrub_at = now + SCRUB_EVERY;
                        if self.settings.scrub {
                            self.book.wish(Wish::Scrub);
                        } else {
                            self.book.forget_strangers(now);
                        }
                    }
                }
            }
            // What comes in this time is written down together, next.
            reads.beside(self.write()).await?;
        }
    }

    fn take_in(&mut self, told: &mut Vec<Told>) {
        // Somebody else may have heard of it since: what comes is judged by it.
        self.hear_time();
        let now = Instant::now();
        for told in told.drain(..) {
            match told {
                Told::Observed(observed) => self.book.observe(&observed, now),
                Told::Preferred(channel_id) => self.book.prefer(channel_id),
                Told::Reread(channel_ids, (after, until), answer) => {
                    let strangers = self.book.strangers(&channel_ids);
                    if strangers.is_empty() {
                        for channel_id in channel_ids {
                            self.book.reread(channel_id, after, until);
                        }
                        self.waiting.push(answer);
                    } else {
                        // Who has asked may have left.
                        let _ = answer.send(strangers);
                    }
                }
            }
        }
        self.book.sabotage_seal(now);
    }

    fn hear_time(&mut self) {
        if let Some(ms) = self.discord.now_ms() {
            self.book.hear_time(ms, Instant::now());
        }
    }

    /// Writes down what there is, and says so.
    async fn write(&mut self) -> Result<(), InboxError> {
        if let Some(batch) = self.book.sabotage_acknowledge() {
            self.inbox.commit(batch).await?;
        }
        self.book.release_overdue(Instant::now());
        let batch = self.book.take_batch();
        if !batch.is_empty() {
            self.inbox.commit(batch).await?;
        }
        for answer in self.waiting.drain(..) {
            let _ = answer.send(Vec::new());
        }
        self.tell_standing();
        Ok(())
    }

    fn tell_standing(&self) {
        let standing = self.book.standing(self.pages);
        self.standing.send_if_modified(|before| {
            let is_news = *before != standing;
            *before = standing;
            is_news
        });
    }

    async fn write_down_the_rest(&mut self) -> Result<(), InboxError> {
        let mut told = Vec::new();
        while let Ok(next) = self.told.try_recv() {
            told.push(next);
        }
        self.take_in(&mut told);
        self.write().await
    }

    async fn survey(&mut self, survey: &Survey) -> Result<(), InboxError> {
        self.hear_time();
        let asks = self.book.asks(survey);
        let mut held = BTreeSet::new();
        for part in asks.chunks(HOLDS_MAX) {
            let holds = self.inbox.holds(part.to_vec()).await?;
            held.extend(
                part.iter()
                    .zip(holds)
                    .filter(|(_, holds)| *holds)
                    .map(|(id, _)| *id),
            );
        }
        self.book.survey(survey, &held);
        Ok(())
    }

    fn take_page(&mut self, (order, read): Arrived) -> Result<(), InboxError> {
        match read? {
            Ok(page) => {
                if page.expected.is_none() {
                    self.pages += 1;
                }
                self.hear_time();
                self.book.turn(&order, page);
            }
            Err(failure) => self.book.fail(&order, failure, Instant::now()),
        }
        Ok(())
    }

    /// Asks what is on record and should be found; then reads a page, and looks whether an empty one is blind.
    fn read(&self, order: Order) -> BoxFuture<'static, Arrived> {
        if order.asks_expected {
            let inbox = self.inbox.clone();
            return Box::pin(async move {
                let recent = inbox.recent(order.channel_id, RESCAN_MESSAGES).await;
                let expected = recent.map(|recent| Page {
                    expected: Some(recent.into_iter().collect::<BTreeSet<_>>()),
                    ..Page::default()
                });
                (order, expected.map(Ok))
            });
        }
        let discord = Arc::clone(&self.discord);
        let probe = self.book.probe_for(&order);
        Box::pin(async move {
            let read = timeout(PAGE_TIMEOUT, read(&*discord, &order, probe)).await;
            let read = read.unwrap_or(Err(ReadFailure::NotDone { wait: None }));
            (order, Ok(read))
        })
    }

    /// Reads the lists of channels.
    fn look_around(&self, wish: Wish, generation: u64, patience: Patience) -> Surveyed {
        let look = Look {
            discord: Arc::clone(&self.discord),
            wish,
            generation,
            is_first: self.book.is_first_run(),
            guild_ids: self.settings.guild_ids.clone(),
            archives: self.book.archives(wish),
            patience,
        };
        Box::pin(look.around())
    }
}

async fn read<D: History + ChannelDirectory>(
    discord: &D,
    order: &Order,
    probe: Probe,
) -> Result<Page, ReadFailure> {
    let mut messages = page(discord, order).await?;
    let mut probed = None;
    if messages.is_empty() {
        let (Probe::Last(id) | Probe::Any(id)) = probe;
        probed = match (discord.message(order.channel_id, id).await, probe) {
            (Ok(None), Probe::Last(last)) => Some(Probed::Explained(last)),
            (Ok(_), Probe::Any(_)) => Some(Probed::Allowed),
            (Ok(Some(_)), Probe::Last(_)) | (Err(Failure::Never { .. }), _) => Some(Probed::Blind),
            (Err(failure), _) => return Err(failure.into()),
        };
        // It may have become readable in between: the probe tells of a page that is asked for after it.
        messages = page(discord, order).await?;
        probed = probed.filter(|_| messages.is_empty());
    }
    Ok(Page {
        messages,
        probed,
        ..Page::default()
    })
}

async fn page<D: History>(discord: &D, order: &Order) -> Result<Vec<crate::Message>, ReadFailure> {
    Ok(discord.after(order.channel_id, order.after).await?)
}

impl From<Failure> for ReadFailure {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NotDone { wait, .. } => Self::NotDone { wait },
            Failure::Gone { .. } => Self::Gone,
            Failure::Never { .. } => Self::Refused,
        }
    }
}

async fn maybe<T>(future: &mut Option<BoxFuture<'static, T>>) -> T {
    match future {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

impl<D, I> fmt::Debug for Driver<D, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
