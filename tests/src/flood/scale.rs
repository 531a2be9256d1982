//! How large a flood is, and how long it takes.

/// How large a flood is, and how long it takes. It follows from the seed's number and not from its dice,
/// so that all else stays as it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    /// Channels beside those that are drawn.
    pub(super) rooms: usize,
    /// The longest burst of messages in one channel.
    pub(super) burst_max: usize,
    /// By what all pauses and outages are longer.
    pub(super) slowness: u32,
    /// How often something is said in all channels at once.
    pub(super) gatherings: u32,
    /// Whether there is a forum, in some of those with a veil and in some without.
    pub(super) has_forum: bool,
}

// === impl Scale ===

impl Scale {
    pub(super) const fn of(seed: u64) -> Self {
        Self {
            rooms: if seed % 200 == 99 || seed % 200 == 197 {
                2_000
            } else {
                0
            },
            burst_max: if seed % 10 == 3 { 1_100 } else { 300 },
            // Pauses of minutes, outages of an hour and a half, fifteen hours in all.
            slowness: if seed % 40 == 7 || seed % 40 == 25 {
                60
            } else {
                1
            },
            gatherings: if seed % 200 == 99 || seed % 200 == 197 {
                1
            } else {
                0
            },
            has_forum: seed % 8 == 2 || seed % 8 == 3,
        }
    }
}
