//! A process of the maintenance binary, and how it ends.

use std::{
    future::poll_fn,
    pin::pin,
    sync::{Arc, OnceLock},
    task::Poll,
};

use cordboard_app::maintenance::CommandError;
use tokio::{
    sync::oneshot,
    task::{JoinError, JoinHandle},
};

use super::errand::{Command, exit_code};
use crate::storm::{
    field::Field,
    strikes::{BUSY, STORE_FAILED, Strike},
    weather::LOOK,
};

/// What a command says of a channel that Discord says there is not.
const NO_CHANNEL: &str = "there is none with this id";

/// What a command says of a store that nobody has made yet, or not again.
const NO_STORE: &str = "has schema version 0";

/// How a command ended, as it is counted.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum End {
    Done,
    Killed,
    /// It says why it did not do it: Discord, a safeguard, or a proxy that does not answer.
    Refused,
    /// Somebody else has the store.
    Busy,
}

/// The life of one process, by Discord's clock.
#[derive(Debug)]
pub(super) struct Life {
    pub(super) client: String,
    pub(super) from_ms: u64,
    /// Whether there was a store when it began.
    pub(super) had_store: bool,
    pub(super) until_ms: Option<u64>,
}

/// A process of the maintenance binary.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) command: Command,
    pub(super) client: String,
    /// How often something had panicked in this storm when it began.
    pub(super) panics: u64,
    /// What came of it; `None`: it was killed at a poll that was drawn.
    pub(super) task: JoinHandle<Option<Result<(), CommandError>>>,
    pub(super) stop: Option<oneshot::Sender<()>>,
    pub(super) is_ready: Arc<OnceLock<()>>,
}

// === impl Life ===

impl Life {
    /// Whether it had begun by then, and not ended.
    pub(super) fn is_at(&self, at_ms: u64) -> bool {
        self.from_ms <= at_ms && self.until_ms.is_none_or(|until_ms| at_ms < until_ms)
    }

    /// Whether it may have found none: nobody had made one, or it was lost or exchanged meanwhile.
    pub(super) fn may_lack_store(&self, record_since_ms: u64) -> bool {
        !self.had_store || record_since_ms >= self.from_ms
    }
}

/// Goes on until it has been polled so often: dropped then, it is dead between two of its instructions.
pub(super) async fn until_killed<T>(
    work: impl Future<Output = T>,
    polls: Option<u64>,
) -> Option<T> {
    let (mut work, mut left) = (pin!(work), polls);
    poll_fn(|context| {
        match &mut left {
            Some(0) => return Poll::Ready(None),
            Some(left) => *left -= 1,
            None => {}
        }
        work.as_mut().poll(context).map(Some)
    })
    .await
}

/// How often something has panicked in this storm.
pub(super) fn panics_of(field: &Field) -> u64 {
    let panics = field.strikes.struck.get(&Strike::Panic);
    panics.copied().unwrap_or_default()
}

/// Whether Discord has told this process that there is no such channel: because there is none any more, or
/// because a replica does not know it. What a process says without having asked is nobody's word.
fn was_told_so(client: &str, why: &str, field: &Field) -> bool {
    let looks = field.discord.requests(Some(LOOK));
    let told = looks
        .iter()
        .filter(|look| look.client.as_deref() == Some(client) && look.status == Some(404));
    names_one_of(why, told.map(|look| look.path.as_str()))
}

/// Whether it is one of these channels that is spoken of.
fn names_one_of<'a>(why: &str, paths: impl IntoIterator<Item = &'a str>) -> bool {
    let named = why.split(' ').next().filter(|id| !id.is_empty());
    let mut paths = paths.into_iter();
    named.is_some_and(|id| paths.any(|path| path.rsplit('/').next() == Some(id)))
}

/// How a process ended, and what it said. Whatever it was not to end like is wrong.
pub(super) fn judge(
    command: Command,
    life: &Life,
    ended: Result<Option<Result<(), CommandError>>, JoinError>,
    panics: u64,
    field: &mut Field,
) -> (End, String) {
    field.note_panic();
    // A proxy that was started since has nothing to do with it any more; this process has.
    let has_panicked = field.has_panicked || panics_of(field) > panics;
    let error = match ended {
        Ok(Some(Ok(()))) => return (End::Done, String::new()),
        Ok(None) => return (End::Killed, String::new()),
        Err(error) if error.is_cancelled() => return (End::Killed, String::new()),
        Err(panic) => {
            let words = format!("it panicked: {panic}");
            if !has_panicked {
                field.wrong.push(format!("C29: {command:?}: {words}"));
            }
            return (End::Killed, words);
        }
        Ok(Some(Err(error))) => error,
    };
    let words = match &error {
        CommandError::Failed(failed) => failed.chain(),
        error => error.to_string(),
    };
    let is_expected = match (&error, exit_code(&error)) {
        // Discord refuses, or cannot be reached, or there is no proxy; the storm goes on.
        (CommandError::Refused(_) | CommandError::Upstream(_), _) | (_, Some(69 | 77 | BUSY)) => {
            true
        }
        (CommandError::Usage(why), _) if why.contains(NO_CHANNEL) => {
            was_told_so(&life.client, why, field)
        }
        // There is none yet: it was lost, and no proxy has made another one.
        (_, Some(STORE_FAILED)) if words.contains(NO_STORE) => {
            life.may_lack_store(field.record_since_ms)
        }
        // The disk does not answer, or a life that another one has followed wrote last.
        (_, Some(STORE_FAILED)) => field.is_stalled() || has_panicked || field.process.has_former(),
        (_, Some(70)) => has_panicked,
        _ => false,
    };
    if !is_expected {
        field.wrong.push(format!("C29: {command:?}: {words}"));
    }
    let is_busy = exit_code(&error) == Some(BUSY);
    let end = if is_busy { End::Busy } else { End::Refused };
    (end, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_of_a_channel_that_discord_was_asked_for_may_be_said_that_there_is_none() {
        let why = |id: &str| format!("{id} is no channel of the guild: {NO_CHANNEL}");
        let paths = ["/api/v10/channels/17", "/api/v10/channels/18"];
        assert!(names_one_of(&why("17"), paths));
        assert!(!names_one_of(&why("7"), paths));
        assert!(!names_one_of(&why("17"), []));
        assert!(!names_one_of("", ["/api/v10/channels/"]));
    }

    #[test]
    fn only_where_there_was_no_store_may_one_be_missing() {
        let life = |had_store| Life {
            client: String::new(),
            from_ms: 7,
            had_store,
            until_ms: None,
        };
        assert!(life(false).may_lack_store(0), "nobody had made one");
        assert!(life(true).may_lack_store(7), "it was lost meanwhile");
        assert!(!life(true).may_lack_store(0), "it was never lost");
        assert!(!life(true).may_lack_store(6), "it was made again");
    }
}
