//! A log of messages and its consumers, in vectors.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use cordboard_frontend::{
    Change, Consumer, Consumers, ConsumersError, DeadLetter, DeadLetterPage, DeadLetterQuery,
    DeadLetters, Event, EventPage, EventQuery, Failure, Gap, GapPage, GapQuery, LoggedMessage,
    MessageLog, MessageLogError, MessagePage, MessageQuery, Verdict,
};
use parking_lot::Mutex;
use serde_json::value::RawValue;
use tokio::{sync::watch, time::sleep};

use crate::owed::Mood;

/// After so many failures an event is dead.
pub(crate) const ATTEMPTS: u32 = 3;

/// There can be so many consumers.
pub(crate) const CONSUMERS: usize = 4;

#[derive(Clone, Debug)]
pub(crate) struct Log(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    newest: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    events: Vec<Event>,
    messages: Vec<LoggedMessage>,
    gaps: Vec<Gap>,
    positions: BTreeMap<String, Position>,
    mood: Mood,
    calls: usize,
    /// A page of large events for whoever asks.
    flood: Option<Box<RawValue>>,
}

#[derive(Debug, Default)]
struct Position {
    sequence: u64,
    attempts: BTreeMap<u64, u32>,
    /// Why, by sequence.
    dead: BTreeMap<u64, String>,
}

impl Log {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Shared {
            state: Mutex::default(),
            newest: watch::Sender::new(0),
        }))
    }

    /// A message is written in a channel. Its id is its sequence.
    pub(crate) fn say(&self, channel_id: u64, text: &str) {
        let mut state = self.0.state.lock();
        let id = state.events.len() as u64 + 1;
        let json = json(id, channel_id, text);
        state.messages.push(LoggedMessage {
            id,
            channel_id,
            json: Some(json.clone()),
        });
        self.push(&mut state, channel_id, Change::Create(json));
    }

    pub(crate) fn edit(&self, id: u64, text: &str) {
        let mut state = self.0.state.lock();
        let message = state.messages.iter_mut().find(|message| message.id == id);
        let message = message.unwrap();
        let json = json(id, message.channel_id, text);
        message.json = Some(json.clone());
        let channel_id = message.channel_id;
        self.push(&mut state, channel_id, Change::Update(json));
    }

    pub(crate) fn delete(&self, id: u64) {
        let mut state = self.0.state.lock();
        let message = state.messages.iter_mut().find(|message| message.id == id);
        let message = message.unwrap();
        message.json = None;
        let channel_id = message.channel_id;
        self.push(
            &mut state,
            channel_id,
            Change::Delete {
                id,
                is_inferred: false,
            },
        );
    }

    /// Something was lost.
    pub(crate) fn lose(&self, channel_id: u64, reason: &str) {
        let mut state = self.0.state.lock();
        let (from, to) = (Some(5), None);
        let gap = Gap {
            id: state.gaps.len() as u64 + 1,
            channel_id,
            from,
            to,
            reason: reason.into(),
            at: 1_700_000_000,
        };
        state.gaps.push(gap);
        let reason = reason.into();
        self.push(&mut state, channel_id, Change::Gap { from, to, reason });
    }

    /// There is news, and nothing to read.
    pub(crate) fn announce(&self) {
        self.0.newest.send_modify(|newest| *newest += 1);
    }

    pub(crate) fn flood(&self, text: &str) {
        self.0.state.lock().flood = Some(json(1, 1, text));
        self.0.newest.send_replace(1_000_000_000);
    }

    pub(crate) fn set_mood(&self, mood: Mood) {
        self.0.state.lock().mood = mood;
    }

    /// How often anything was asked of it.
    pub(crate) fn calls(&self) -> usize {
        self.0.state.lock().calls
    }

    pub(crate) fn position(&self, name: &str) -> Option<u64> {
        let state = self.0.state.lock();
        Some(state.positions.get(name)?.sequence)
    }

    fn push(&self, state: &mut State, channel_id: u64, change: Change) {
        let sequence = state.events.len() as u64 + 1;
        state.events.push(Event {
            sequence,
            channel_id,
            change,
        });
        self.0.newest.send_replace(sequence);
    }

    /// As a store would: a moment later, so that others come in between.
    async fn answer<T, E>(
        &self,
        broken: impl FnOnce() -> E,
        answer: impl FnOnce(&mut State) -> Result<T, E>,
    ) -> Result<T, E> {
        let mood = {
            let mut state = self.0.state.lock();
            state.calls += 1;
            state.mood
        };
        sleep(Duration::from_millis(1)).await;
        match mood {
            Mood::Well => answer(&mut self.0.state.lock()),
            Mood::Broken => Err(broken()),
            Mood::Hung => std::future::pending().await,
        }
    }

    async fn read<T>(&self, read: impl FnOnce(&State) -> T) -> Result<T, MessageLogError> {
        let broken = || MessageLogError::Unavailable {
            source: "disk I/O error in /secret/path".into(),
        };
        self.answer(broken, |state| Ok(read(state))).await
    }

    async fn change<T>(
        &self,
        change: impl FnOnce(&mut State) -> Result<T, ConsumersError>,
    ) -> Result<T, ConsumersError> {
        let broken = || ConsumersError::Unavailable {
            source: "disk I/O error in /secret/path".into(),
        };
        self.answer(broken, change).await
    }
}

fn json(id: u64, channel_id: u64, text: &str) -> Box<RawValue> {
    let text = serde_json::to_string(text).unwrap();
    // An order of keys and a space that no serializer of ours would write.
    let json = format!(r#"{{"id":"{id}", "content":{text},"channel_id":"{channel_id}"}}"#);
    RawValue::from_string(json).unwrap()
}

/// The first so many, and whether there are more.
fn page<T>(limit: usize, mut all: impl Iterator<Item = T>) -> (Vec<T>, bool) {
    let page = all.by_ref().take(limit).collect();
    (page, all.next().is_some())
}

impl MessageLog for Log {
    async fn messages(&self, query: MessageQuery) -> Result<MessagePage, MessageLogError> {
        self.read(|state| {
            let wanted = |message: &&LoggedMessage| {
                query.channel_id.is_none_or(|id| id == message.channel_id)
                    && message.id > query.after
                    && query.before.is_none_or(|before| message.id < before)
                    && (query.deleted || message.json.is_some())
            };
            let wanted = state.messages.iter().filter(wanted).cloned();
            let (messages, has_more) = page(query.limit, wanted);
            MessagePage { messages, has_more }
        })
        .await
    }

    async fn gaps(&self, query: GapQuery) -> Result<GapPage, MessageLogError> {
        self.read(|state| {
            let wanted = |gap: &&Gap| {
                query.channel_id.is_none_or(|id| id == gap.channel_id) && gap.id > query.after
            };
            let (gaps, has_more) = page(query.limit, state.gaps.iter().filter(wanted).cloned());
            GapPage { gaps, has_more }
        })
        .await
    }

    /// Looks at as many events as are asked for, whether they are wanted or not.
    async fn events(&self, query: EventQuery) -> Result<EventPage, MessageLogError> {
        self.read(|state| {
            if let Some(json) = &state.flood {
                let event = |sequence| Event {
                    sequence,
                    channel_id: 1,
                    change: Change::Create(json.clone()),
                };
                let last = query.after + query.limit as u64;
                let events = (query.after + 1..=last).map(event).collect();
                return EventPage { events, last };
            }
            let wanted = |event: &&Event| {
                query.channels.is_empty() || query.channels.contains(&event.channel_id)
            };
            let behind = |event: &&Event| event.sequence > query.after;
            let seen = state.events.iter().filter(behind).take(query.limit);
            EventPage {
                last: seen
                    .clone()
                    .last()
                    .map_or(query.after, |event| event.sequence),
                events: seen.filter(wanted).cloned().collect(),
            }
        })
        .await
    }

    async fn newest(&self) -> Result<u64, MessageLogError> {
        self.read(|state| state.events.len() as u64).await
    }

    async fn news(&self, after: u64) {
        let mut newest = self.0.newest.subscribe();
        newest.wait_for(|newest| *newest > after).await.unwrap();
    }
}

impl Consumers for Log {
    async fn open(&self, name: &str, after: Option<u64>) -> Result<u64, ConsumersError> {
        self.change(|state| {
            if let Some(position) = state.positions.get(name) {
                return Ok(position.sequence);
            }
            if state.positions.len() == CONSUMERS {
                return Err(ConsumersError::Full { max: CONSUMERS });
            }
            let sequence = after.unwrap_or(state.events.len() as u64);
            let position = Position {
                sequence,
                ..Position::default()
            };
            state.positions.insert(name.into(), position);
            Ok(sequence)
        })
        .await
    }

    async fn acknowledge(&self, name: &str, sequence: u64) -> Result<u64, ConsumersError> {
        self.change(|state| {
            let newest = state.events.len() as u64;
            let position = state.positions.get_mut(name);
            let position = position.ok_or(ConsumersError::Unknown)?;
            if sequence > newest {
                return Err(ConsumersError::Future { newest });
            }
            position.sequence = position.sequence.max(sequence);
            Ok(position.sequence)
        })
        .await
    }

    async fn fail(&self, name: &str, failure: Failure) -> Result<Verdict, ConsumersError> {
        self.change(|state| {
            let newest = state.events.len() as u64;
            let position = state.positions.get_mut(name);
            let position = position.ok_or(ConsumersError::Unknown)?;
            let sequence = failure.sequence;
            if sequence > newest {
                return Err(ConsumersError::Future { newest });
            }
            let attempts = position.attempts.entry(sequence).or_default();
            if sequence > position.sequence {
                *attempts += 1;
                if *attempts == ATTEMPTS {
                    position.dead.insert(sequence, failure.reason);
                    position.sequence = sequence;
                }
            }
            Ok(Verdict {
                acknowledged: position.sequence,
                attempts: *attempts,
                dead: position.dead.contains_key(&sequence),
            })
        })
        .await
    }

    async fn list(&self) -> Result<Vec<Consumer>, ConsumersError> {
        self.change(|state| {
            let newest = state.events.len() as u64;
            let consumer = |(name, position): (&String, &Position)| Consumer {
                name: name.clone(),
                acknowledged: position.sequence,
                lag: newest - position.sequence,
                dead_letters: position.dead.len() as u64,
            };
            Ok(state.positions.iter().map(consumer).collect())
        })
        .await
    }

    async fn forget(&self, name: &str) -> Result<(), ConsumersError> {
        self.change(|state| {
            let forgotten = state.positions.remove(name);
            forgotten.map(drop).ok_or(ConsumersError::Unknown)
        })
        .await
    }
}

impl DeadLetters for Log {
    async fn dead_letters(
        &self,
        name: &str,
        query: DeadLetterQuery,
    ) -> Result<DeadLetterPage, ConsumersError> {
        self.change(|state| {
            let position = state.positions.get(name);
            let dead = &position.ok_or(ConsumersError::Unknown)?.dead;
            let letters = dead.range(query.after + 1..).map(|(sequence, reason)| {
                let at = usize::try_from(*sequence).unwrap() - 1;
                DeadLetter {
                    event: state.events[at].clone(),
                    attempts: ATTEMPTS,
                    reason: reason.clone(),
                    at: Some(1_700_000_000),
                }
            });
            let (letters, has_more) = page(query.limit, letters);
            Ok(DeadLetterPage { letters, has_more })
        })
        .await
    }

    async fn discard(&self, name: &str, sequence: u64) -> Result<bool, ConsumersError> {
        self.change(|state| {
            let position = state.positions.get_mut(name);
            let position = position.ok_or(ConsumersError::Unknown)?;
            Ok(position.dead.remove(&sequence).is_some())
        })
        .await
    }
}
