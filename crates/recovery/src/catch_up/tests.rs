//! Walks over a channel that orders the messages of one millisecond anew for each request.

use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;

use super::*;
use crate::PAGE_MESSAGES;

/// A channel's history in memory.
struct Channel {
    ids: Vec<u64>,
    requests: AtomicU64,
    /// The request that fails, if one does.
    fails: Option<u64>,
}

impl Channel {
    fn new(ids: impl IntoIterator<Item = u64>) -> Self {
        let mut ids: Vec<_> = ids.into_iter().collect();
        ids.sort_unstable();
        ids.dedup();
        Self {
            ids,
            requests: AtomicU64::new(0),
            fails: None,
        }
    }
}

impl History for Channel {
    async fn after(
        &self,
        _: Id<ChannelMarker>,
        after: Option<Id<MessageMarker>>,
    ) -> Result<Vec<Message>, Failure> {
        let request = self.requests.fetch_add(1, Ordering::Relaxed);
        if self.fails == Some(request) {
            return Err(Failure::NotDone {
                wait: None,
                source: "no answer".into(),
            });
        }
        let after = after.map_or(0, Id::get);
        let mut ids: Vec<u64> = self.ids.iter().copied().filter(|id| *id > after).collect();
        // What Discord does (discord-api-docs #2816): another order in each millisecond each time.
        ids.sort_by_key(|id| (id >> 22, id.wrapping_mul(request * 2 + 0x9E37_79B9) % 8_191));
        ids.truncate(PAGE_MESSAGES);
        ids.reverse();
        Ok(ids
            .into_iter()
            .map(|id| Message {
                id: Id::new(id),
                edited_ms: 0,
                json: Box::default(),
            })
            .collect())
    }
}

const CHANNEL: Id<ChannelMarker> = Id::new(5);

fn ids(messages: &[Message]) -> Vec<u64> {
    messages.iter().map(|message| message.id.get()).collect()
}

#[tokio::test]
async fn an_empty_channel_is_read_with_one_request() {
    let channel = Channel::new([]);
    let reading = catch_up(&channel, CHANNEL, None).await.unwrap();
    assert!(reading.complete && reading.messages.is_empty());
    assert_eq!(channel.requests.into_inner(), 1);
}

#[tokio::test]
async fn a_walk_is_bounded_and_says_so() {
    let channel = Channel::new((1..=5_000).map(|ms| ms << 22));
    let reading = catch_up(&channel, CHANNEL, None).await.unwrap();
    assert!(!reading.complete);
    assert_eq!(channel.requests.into_inner(), u64::from(CATCH_UP_PAGES_MAX));
}

#[tokio::test]
async fn a_failed_page_can_be_asked_for_again() {
    let mut channel = Channel::new((1..=150).map(|ms| ms << 22));
    channel.fails = Some(1);
    assert!(catch_up(&channel, CHANNEL, None).await.is_err());

    channel.requests = AtomicU64::new(0);
    let mut pages = Pages::new(CHANNEL, None);
    let mut found = pages.next(&channel).await.unwrap().unwrap();
    assert!(pages.next(&channel).await.is_err());
    found.extend(pages.next(&channel).await.unwrap().unwrap());
    assert!(pages.is_complete());
    assert_eq!(
        pages.next(&channel).await.unwrap().map(|page| page.len()),
        None
    );
    assert_eq!(ids(&found), channel.ids);
}

proptest! {
    /// Bursts of up to 90 messages in a millisecond, whatever their order on each page: all are
    /// found, once, in order.
    #[test]
    fn every_message_above_the_start_is_found_once(
        bursts in prop::collection::vec((1_u64..40, 1_u64..90), 0..20),
        start in any::<prop::sample::Index>(),
    ) {
        let mut ms = 0;
        let mut all = Vec::new();
        for (gap, size) in bursts {
            ms += gap;
            all.extend((0..size).map(|low| ms << 22 | low));
        }
        // What ten pages hold in the worst case, each re-reading half of the one before.
        all.truncate(400);
        let channel = Channel::new(all);
        let after = (!channel.ids.is_empty()).then(|| *start.get(&channel.ids)).filter(|id| *id != 0);
        let reading = finished(catch_up(&channel, CHANNEL, after.map(Id::new)));
        let expected: Vec<_> =
            channel.ids.iter().copied().filter(|id| Some(*id) > after).collect();
        prop_assert!(reading.complete);
        prop_assert_eq!(ids(&reading.messages), expected);
    }
}

fn finished(walk: impl Future<Output = Result<Reading, Failure>>) -> Reading {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(walk)
        .unwrap()
}
