//! The record of messages, in an operator's hands: filled in, written down, looked at, read again.

use std::{collections::BTreeSet, time::Duration};

use cordboard_app::maintenance::{
    CommandError,
    messages::{From, Span},
};
use hyper::Method;
use tokio::time::timeout;
use twilight_model::id::Id;

use super::{
    errand::Errand,
    house::{READER_KEY, RECORDED},
};
use crate::Client;

/// A consumer that reads for a moment, and acknowledges nothing.
const CONSUMER: &str = "somebody";

/// How long a proxy has to begin a stream: it may be about to be killed.
const READS_FOR: Duration = Duration::from_secs(10);

// === impl Errand ===

impl Errand {
    /// Has what is missing read, and says what could not be had.
    pub(super) async fn backfill(&mut self) -> Result<(), CommandError> {
        let channel_ids = if self.dice.bool() {
            BTreeSet::from([Id::new(RECORDED)])
        } else {
            BTreeSet::new()
        };
        let from = self.draw_from();
        let maintenance = &self.maintenance;
        let filled = maintenance
            .backfill(channel_ids, from, None, &|_| ())
            .await?;
        if filled.left.is_empty() && filled.refused.is_empty() {
            return Ok(());
        }
        Err(CommandError::Upstream(format!("not read: {filled:?}")))
    }

    /// Writes down what is on record: in order, and once the rest is well all that Discord has.
    pub(super) async fn export(&mut self) -> Result<(), CommandError> {
        let span = Span {
            channel_ids: vec![Id::new(RECORDED)],
            ..Span::default()
        };
        let mut exported = self.maintenance.export(span).await?;
        let mut ids = Vec::new();
        while let Some(page) = exported.page().await? {
            ids.extend(page.iter().map(|line| line.id.get()));
        }
        if !ids.is_sorted_by(|one, next| one < next) {
            return Err(wrong(&format!("it is not in order: {ids:?}")));
        }
        if self.all {
            let there = self.discord.messages(RECORDED).into_iter();
            let there: Vec<u64> = there
                .filter_map(|message| message["id"].as_str()?.parse().ok())
                .collect();
            if let Some(id) = there.iter().find(|id| !ids.contains(id)) {
                return Err(wrong(&format!("message {id} is missing")));
            }
        }
        Ok(())
    }

    /// Looks how far channels are on record, or has one read again from somewhere.
    pub(super) async fn cursors(&mut self) -> Result<(), CommandError> {
        if self.dice.bool() {
            return self.maintenance.cursors().await.map(drop);
        }
        let (channel_ids, from) = (BTreeSet::from([Id::new(RECORDED)]), self.draw_from());
        self.maintenance
            .set_cursors(channel_ids, from)
            .await
            .map(drop)
    }

    /// Looks what could not be had, or has it tried again.
    pub(super) async fn gaps(&mut self) -> Result<(), CommandError> {
        if self.dice.bool() {
            return self.maintenance.gaps(None).await.map(drop);
        }
        self.maintenance.retry_gaps(None).await.map(drop)
    }

    /// Looks who reads the record, moves somebody, or forgets them.
    pub(super) async fn consumers(&mut self) -> Result<(), CommandError> {
        let to = match self.dice.u32(0..3) {
            0 => return self.maintenance.consumers().await.map(drop),
            1 => Some(self.dice.u64(0..10)),
            _ => None,
        };
        self.read_on().await;
        let plan = match self.maintenance.plan_reset(CONSUMER, to).await {
            // The record was lost, or there is no proxy that it could be read from.
            Err(CommandError::Usage(why)) if why.contains("no consumer is named") => {
                return Err(CommandError::Refused(why));
            }
            plan => plan?,
        };
        let reset = self.maintenance.reset_consumer(plan).await?;
        let mut consumers = reset.consumers.iter();
        let now = consumers.find(|line| line.name == CONSUMER);
        match (to, now.map(|line| line.acknowledged)) {
            (None, None) => Ok(()),
            (Some(to), Some(now)) if now <= to => Ok(()),
            (to, now) => Err(wrong(&format!("a reset to {to:?} came to {now:?}"))),
        }
    }

    /// Begins to read the relay under a name, and leaves; if there is a proxy that has one.
    async fn read_on(&self) {
        if let Some(address) = self.proxy {
            let client = Client::new(address, READER_KEY);
            let path = format!("/relay/v1/stream?consumer={CONSUMER}");
            let stream = client.send(Method::GET, &path, "");
            drop(timeout(READS_FOR, stream).await);
        }
    }

    /// The beginning, or a time within the last minutes.
    fn draw_from(&mut self) -> From {
        if self.all || self.dice.bool() {
            return From::Beginning;
        }
        let ago_ms = self.dice.u64(0..300_000);
        From::Time(self.discord.now_ms().saturating_sub(ago_ms))
    }
}

fn wrong(what: &str) -> CommandError {
    CommandError::Usage(format!("C31: {what}"))
}
