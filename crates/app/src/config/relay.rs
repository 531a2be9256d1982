//! `[relay]`: whose messages are recorded, and for how long.

use std::{collections::BTreeSet, time::Duration};

use cordboard_recovery::{Start, Watch};

use super::{
    file::{self, RelayChannels, RelayStart},
    problem::Problem,
};

const KEEP: Duration = Duration::from_hours(30 * 24);
const KEEP_BYTES: usize = 1 << 30;

/// What the relay records and tells.
#[derive(Clone, Debug)]
pub struct Relay {
    /// Whose messages.
    pub watch: Watch,
    /// Where the first run begins.
    pub start: Start,
    /// How long messages are kept (default 30 days).
    pub keep: Duration,
    /// How many bytes of messages are kept (default 1 GiB).
    pub keep_bytes: u64,
    /// Whether channels with traffic are read again now and then, because Discord may leave out events
    /// (default yes).
    pub verify: bool,
    /// Whether messages are kept as Discord gives them, or only who wrote what and when (default as
    /// Discord gives them).
    pub raw: bool,
}

/// `None` when no channel is named: then nothing is recorded.
pub(super) fn relay(file: &file::Relay, problems: &mut Vec<Problem>) -> Option<Relay> {
    let watch = match &file.channels {
        None => {
            let is_set = file.start.is_some() || file.keep.is_some() || file.keep_bytes.is_some();
            if is_set || file.verify.is_some() || file.raw.is_some() {
                problems.push(Problem::new(
                    "relay.channels",
                    "is missing, and other keys of [relay] are set",
                    "write \"all\", or a list of ids of channels and categories",
                ));
            }
            return None;
        }
        Some(RelayChannels::Word(word)) if word == "all" => Watch::All,
        Some(RelayChannels::Word(word)) => {
            problems.push(Problem::new(
                "relay.channels",
                format!("{word:?} is neither \"all\" nor a list"),
                "write \"all\", or a list of ids of channels and categories",
            ));
            return None;
        }
        Some(RelayChannels::Ids(ids)) if ids.is_empty() => {
            problems.push(Problem::new(
                "relay.channels",
                "is empty",
                "write \"all\", name a channel or a category, or leave [relay] out",
            ));
            return None;
        }
        Some(RelayChannels::Ids(ids)) => {
            let ids = ids.iter().map(|id| id.id());
            Watch::Some(ids.collect::<BTreeSet<_>>())
        }
    };
    let keep = file.keep.map_or(KEEP, |keep| keep.0);
    if keep.is_zero() {
        problems.push(Problem::new(
            "relay.keep",
            "is 0, so that nothing could be told",
            "write for example \"720h\"",
        ));
    }
    Some(Relay {
        watch,
        start: match file.start {
            None | Some(RelayStart::Now) => Start::Now,
            Some(RelayStart::Beginning) => Start::Beginning,
        },
        keep,
        keep_bytes: u64::try_from(file.keep_bytes.map_or(KEEP_BYTES, |bytes| bytes.0))
            .unwrap_or(u64::MAX),
        verify: file.verify.unwrap_or(true),
        raw: file.raw.unwrap_or(true),
    })
}
