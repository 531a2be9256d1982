//! The record of messages, in an operator's hands: filled in, written down, looked at, read again.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use cordboard_app::maintenance::{
    CommandError,
    messages::{From, Span},
};
use hyper::Method;
use serde_json::Value;
use tokio::time::timeout;
use twilight_model::id::Id;

use super::{
    errand::Errand,
    house::{READER_KEY, RECORDED},
};
use crate::Client;

/// The first millisecond of Discord's ids.
const EPOCH_MS: u64 = 1_420_070_400_000;

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
        let began_ms = self.discord.now_ms();
        let maintenance = &self.maintenance;
        let filled = maintenance
            .backfill(channel_ids, from, None, &|_| ())
            .await?;
        if filled.left.is_empty() && filled.refused.is_empty() {
            if self.all {
                self.agreed.lock().filled_until = Some(first_id_at(began_ms));
            }
            return Ok(());
        }
        Err(CommandError::Upstream(format!("not read: {filled:?}")))
    }

    /// Writes down what is on record, all of it or what is between two messages.
    pub(super) async fn export(&mut self) -> Result<(), CommandError> {
        self.export_between(None, None).await?;
        let ids: Vec<u64> = self.there().into_keys().collect();
        let (after, before) = (self.dice.choice(&ids), self.dice.choice(&ids));
        self.export_between(after.copied(), before.copied()).await
    }

    async fn export_between(
        &self,
        after: Option<u64>,
        before: Option<u64>,
    ) -> Result<(), CommandError> {
        let span = Span {
            channel_ids: vec![Id::new(RECORDED)],
            after: after.map(Id::new),
            before: before.map(Id::new),
            ..Span::default()
        };
        let mut exported = self.maintenance.export(span).await?;
        let mut lines = Vec::new();
        while let Some(page) = exported.page().await? {
            let page = page.iter();
            lines.extend(page.map(|line| (line.id.get(), line.author_id.map(Id::get))));
        }
        let there = self.there();
        let filled_until = self.agreed.lock().filled_until;
        self.found(written_down(&lines, &there, (after, before), filled_until));
        Ok(())
    }

    /// Who has written what is in the channel that is recorded. Nobody deletes anything there.
    fn there(&self) -> BTreeMap<u64, u64> {
        let messages = self.discord.messages(RECORDED).into_iter();
        let read = |id: &Value| id.as_str()?.parse().ok();
        let there = messages.filter_map(|it| Some((read(&it["id"])?, read(&it["author"]["id"])?)));
        there.collect()
    }

    /// Looks how far channels are on record, or has one read again from somewhere.
    pub(super) async fn cursors(&mut self) -> Result<(), CommandError> {
        if self.dice.bool() {
            let cursors = self.maintenance.cursors().await?.channels;
            let named = cursors.iter().map(|line| line.channel_id.get());
            self.found(self.known().strangers("cursors", named));
            return Ok(());
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
            let gaps = self.maintenance.gaps(None).await?.gaps;
            let named = gaps.iter().map(|gap| gap.channel_id.get());
            self.found(self.known().strangers("gaps", named));
            return Ok(());
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
        self.agreed.lock().resets[usize::from(to.is_none())] += 1;
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

/// The least id that Discord gives at this time.
fn first_id_at(at_ms: u64) -> u64 {
    at_ms.saturating_sub(EPOCH_MS) << 22
}

/// C31: what is exported is in order, is what Discord has between those two, and all of it that was written
/// before the record was filled in. What is written later comes to be on record a moment after that.
fn written_down(
    lines: &[(u64, Option<u64>)],
    there: &BTreeMap<u64, u64>,
    (after, before): (Option<u64>, Option<u64>),
    filled_until: Option<u64>,
) -> Vec<String> {
    let mut wrong = Vec::new();
    if !lines.is_sorted_by(|(one, _), (next, _)| one < next) {
        wrong.push(format!("C31: it is not in order: {lines:?}"));
    }
    let is_meant =
        |id: u64| after.is_none_or(|after| id > after) && before.is_none_or(|before| id < before);
    for (id, author_id) in lines {
        if there.get(id) != author_id.as_ref() {
            let truth = there.get(id);
            wrong.push(format!(
                "C31: message {id} by {author_id:?} is in it, and Discord has {truth:?}"
            ));
        } else if !is_meant(*id) {
            wrong.push(format!(
                "C31: message {id} is in it, of {after:?} to {before:?}"
            ));
        }
    }
    let is_owed = |id: u64| is_meant(id) && filled_until.is_some_and(|until| id < until);
    let mut there = there.keys().filter(|id| is_owed(**id));
    let is_missing = |id: &&u64| !lines.iter().any(|(line, _)| line == *id);
    if let Some(id) = there.find(is_missing) {
        wrong.push(format!(
            "C31: message {id} is missing, of {after:?} to {before:?}"
        ));
    }
    wrong
}

fn wrong(what: &str) -> CommandError {
    CommandError::Usage(format!("C31: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_that_is_not_what_discord_has_is_noticed() {
        let there = BTreeMap::from([(1, 7), (2, 8), (3, 7)]);
        let all = [(1, Some(7)), (2, Some(8)), (3, Some(7))];
        let wrong = |lines: &[(u64, Option<u64>)], span, filled_until| {
            written_down(lines, &there, span, filled_until).len()
        };
        let (never, now) = (None, Some(4));
        assert_eq!(wrong(&all, (None, None), now), 0);
        assert_eq!(wrong(&all[1..2], (Some(1), Some(3)), now), 0);
        assert_eq!(
            wrong(&all[..2], (None, None), never),
            0,
            "it may not be on record yet"
        );
        assert_eq!(wrong(&all[..2], (None, None), now), 1, "one is missing");
        assert_eq!(
            wrong(&all[..2], (None, None), Some(3)),
            0,
            "it was written since"
        );
        assert_eq!(
            wrong(&all[..0], (Some(1), Some(3)), now),
            1,
            "one is missing there"
        );
        assert_eq!(wrong(&all, (Some(1), Some(3)), now), 2, "two are out of it");
        assert_eq!(
            wrong(&[(9, Some(7))], (None, None), never),
            1,
            "it never was"
        );
        assert_eq!(
            wrong(&[(1, Some(8))], (None, None), never),
            1,
            "somebody else wrote it"
        );
        assert_eq!(
            wrong(&[all[1], all[0]], (None, None), never),
            1,
            "it is not in order"
        );
    }
}
