//! Who wants which event.

use std::{collections::HashMap, sync::Arc};

use twilight_model::id::{Id, marker::ChannelMarker};

use crate::queue::Queue;

/// What one subscription is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Topic {
    /// Everything in one channel.
    Channel(Id<ChannelMarker>),
    /// Some events, wherever they happen.
    Names(&'static [&'static str]),
    /// The same, and what Discord has acknowledged.
    Tap(&'static [&'static str]),
}

/// All subscriptions, by what an event is looked up with.
#[derive(Debug, Default)]
pub(crate) struct Table {
    channels: HashMap<Id<ChannelMarker>, Vec<Arc<Queue>>>,
    names: HashMap<&'static str, Vec<Arc<Queue>>>,
    taps: Vec<Arc<Queue>>,
    /// The gateway is over; whoever comes now finds a closed queue.
    closed: bool,
}

impl Table {
    pub(crate) fn add(&mut self, topic: Topic, queue: &Arc<Queue>) {
        if self.closed {
            queue.close();
            return;
        }
        if let Topic::Tap(_) = topic {
            self.taps.push(Arc::clone(queue));
        }
        match topic {
            Topic::Channel(id) => self.channels.entry(id).or_default().push(Arc::clone(queue)),
            Topic::Names(names) | Topic::Tap(names) => {
                for name in names {
                    let queues = self.names.entry(name).or_default();
                    if !queues.iter().any(|known| Arc::ptr_eq(known, queue)) {
                        queues.push(Arc::clone(queue));
                    }
                }
            }
        }
    }

    pub(crate) fn remove(&mut self, topic: Topic, queue: &Arc<Queue>) {
        self.taps.retain(|known| !Arc::ptr_eq(known, queue));
        match topic {
            Topic::Channel(id) => {
                if let Some(queues) = self.channels.get_mut(&id) {
                    queues.retain(|known| !Arc::ptr_eq(known, queue));
                    if queues.is_empty() {
                        self.channels.remove(&id);
                    }
                }
            }
            Topic::Names(names) | Topic::Tap(names) => {
                for name in names {
                    if let Some(queues) = self.names.get_mut(name) {
                        queues.retain(|known| !Arc::ptr_eq(known, queue));
                        if queues.is_empty() {
                            self.names.remove(name);
                        }
                    }
                }
            }
        }
    }

    /// The queues for one event. Allocates nothing when there is none.
    pub(crate) fn takers(&self, channel: Option<Id<ChannelMarker>>, name: &str) -> Vec<Arc<Queue>> {
        let by_channel = channel.and_then(|id| self.channels.get(&id));
        let by_name = self.names.get(name);
        by_channel
            .into_iter()
            .chain(by_name)
            .flatten()
            .cloned()
            .collect()
    }

    /// Those who are told what was acknowledged.
    pub(crate) fn taps(&self) -> Vec<Arc<Queue>> {
        self.taps.clone()
    }

    /// Every queue once.
    pub(crate) fn everybody(&self) -> Vec<Arc<Queue>> {
        let mut all: Vec<Arc<Queue>> = Vec::new();
        all.extend(self.channels.values().flatten().cloned());
        for queue in self.names.values().flatten().chain(&self.taps) {
            // A watch stands in the table once per name; there are few watches.
            if !all.iter().any(|known| Arc::ptr_eq(known, queue)) {
                all.push(Arc::clone(queue));
            }
        }
        all
    }

    /// Ends every subscription, and those that are yet to come.
    pub(crate) fn close(&mut self) {
        self.closed = true;
        for queue in self.everybody() {
            queue.close();
        }
        self.channels.clear();
        self.names.clear();
        self.taps.clear();
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.channels.is_empty() && self.names.is_empty() && self.taps.is_empty()
    }
}
