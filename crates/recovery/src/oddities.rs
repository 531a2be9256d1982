//! Events that are not as Discord documents them.

/// How many events were not as Discord documents them, since the start. What they told is read over
/// REST.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Oddities {
    /// Events of messages that could not be read, or name an id that Discord cannot have made yet.
    pub messages: u64,
    /// The same of channels, threads and guilds.
    pub channels: u64,
    /// Sessions whose beginning could not be read: nothing else goes on with them.
    pub sessions: u64,
    /// Updates of messages that do not name their author. They could be read, and are taken for the
    /// fields that they have.
    pub partial_updates: u64,
}
