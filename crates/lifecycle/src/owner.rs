//! Who works on a row.

/// One life of one process, as the registry told it apart from all others. Each row names the life
/// that works on it; a life that the registry has closed can write nothing any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Owner {
    /// The process: a number drawn at its start.
    pub instance: u64,
    /// The life's number: a later life has a larger one.
    pub epoch: u64,
}
