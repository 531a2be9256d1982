//! Scripted bots: they listen to the same events as everybody, and act through the same world.
//!
//! ```text
//!   World ──Dispatch──► Bots::notice ──inbox──► run: gathers a prompt ──► reply, one task each
//! ```

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::{
    config::BotConfig, dispatch::Dispatch, limits::BOT_INBOX_MAX, server::Tasks, shared::Shared,
};

mod gather;
mod heard;
mod reply;
mod script;
mod speech;
mod truth;

use self::{
    gather::{Gathering, Prompt},
    heard::Heard,
};
pub use self::{
    script::{Answers, Says, Script},
    truth::{ReplyEnd, ReplyTruth},
};

/// The scripted bots and their common inbox.
#[derive(Debug)]
pub(crate) struct Bots {
    roster: Vec<Arc<Bot>>,
    inbox: mpsc::Sender<Heard>,
    /// Taken by [`run`], and given back when it ends.
    unread: Mutex<Option<mpsc::Receiver<Heard>>>,
    replies: AtomicU64,
}

/// One scripted bot.
#[derive(Debug)]
struct Bot {
    user_id: u64,
    script: Script,
    /// How many prompts it has answered, for its daily limit.
    answered: AtomicU64,
}

impl Bots {
    /// The bots of the configuration.
    pub(crate) fn new(bots: &[BotConfig]) -> Self {
        let roster = bots
            .iter()
            .map(|bot| {
                let script = bot.script.clone();
                Arc::new(Bot {
                    user_id: bot.user_id,
                    script,
                    answered: AtomicU64::new(0),
                })
            })
            .collect();
        let (inbox, unread) = mpsc::channel(BOT_INBOX_MAX);
        Self {
            roster,
            inbox,
            unread: Mutex::new(Some(unread)),
            replies: AtomicU64::new(0),
        }
    }

    /// Listens to one event. The world is locked: nothing but a note is taken here.
    pub(crate) fn notice(&self, dispatch: &Dispatch) {
        if dispatch.name != "MESSAGE_CREATE" || self.roster.is_empty() {
            return;
        }
        let Some(heard) = Heard::of(&dispatch.data) else {
            return;
        };
        // Bots that answered bots would talk until the end of time.
        if self.roster.iter().any(|bot| bot.user_id == heard.author_id) {
            return;
        }
        if self.inbox.try_send(heard).is_err() {
            tracing::warn!("the bots' inbox is full or closed: a message goes unanswered");
        }
    }

    fn next_reply(&self) -> u64 {
        self.replies.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// Answers whatever is heard until the server stops; each reply is a task among `tasks`.
pub(crate) async fn run(shared: Arc<Shared>, tasks: Tasks) {
    let Some(mut unread) = shared.bots.unread.lock().take() else {
        return;
    };
    let mut gathering = Gathering::default();
    loop {
        let heard = tokio::select! {
            biased;
            () = tasks.stopped() => break,
            heard = unread.recv() => heard,
            () = gathering.next_deadline() => None,
        };
        let prompts = match heard {
            Some(heard) => listen(&shared, &mut gathering, &heard),
            None => gathering.take_due(),
        };
        for (bot, prompt) in prompts {
            tasks.start(reply::reply(Arc::clone(&shared), bot, prompt));
        }
    }
    *shared.bots.unread.lock() = Some(unread);
}

/// The prompts that are complete with this message.
fn listen(shared: &Shared, gathering: &mut Gathering, heard: &Heard) -> Vec<(Arc<Bot>, Prompt)> {
    let mut prompts = Vec::new();
    for bot in &shared.bots.roster {
        let meant = gathering.waits_for(bot, heard)
            || match bot.script.answers {
                Answers::Mention => heard.mentions(bot.user_id),
                Answers::EveryMessage => true,
            };
        if meant && shared.world.lock().can_view(bot.user_id, heard.channel_id) {
            let text = heard.text_for(bot.user_id, shared);
            prompts.extend(
                gathering
                    .add(bot, heard, &text)
                    .map(|prompt| (Arc::clone(bot), prompt)),
            );
        }
    }
    prompts
}

/// An id in a payload.
fn id_of(value: &Value) -> Option<u64> {
    value.as_str()?.parse().ok()
}
