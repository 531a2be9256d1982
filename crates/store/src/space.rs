//! How much room the disk has.

use std::{io, path::Path};

use crate::limits::{SPACE_LOW_BYTES, SPACE_LOW_PERCENT};

/// The room on the file system of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// What we may still fill, in bytes.
    pub free_bytes: u64,
    /// What there is in all, in bytes.
    pub total_bytes: u64,
}

// === impl Space ===

impl Space {
    /// Measures the file system of a file or folder. May block.
    pub(crate) fn of(place: &Path) -> io::Result<Self> {
        let measured = rustix::fs::statvfs(place)?;
        Ok(Self {
            free_bytes: measured.f_bavail.saturating_mul(measured.f_frsize),
            total_bytes: measured.f_blocks.saturating_mul(measured.f_frsize),
        })
    }

    /// What has to be free for new rows to be a good idea: what the operator says, or else
    /// [`SPACE_LOW_BYTES`] or [`SPACE_LOW_PERCENT`] of it all, whichever is more.
    #[must_use]
    pub fn free_min_bytes(&self, configured: Option<u64>) -> u64 {
        let part = self.total_bytes / 100 * SPACE_LOW_PERCENT;
        configured.unwrap_or(SPACE_LOW_BYTES.max(part))
    }

    /// Whether less is free than there has to be. Nothing new should be begun then. Deletions go
    /// on: they are what frees a guild, and their rows are on record already.
    #[must_use]
    pub fn is_low(&self, configured: Option<u64>) -> bool {
        self.free_bytes < self.free_min_bytes(configured)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    #[test]
    fn a_disk_is_low_below_the_larger_of_both_bounds_or_below_what_is_configured() {
        for (free_bytes, total_bytes, configured, expected) in [
            (SPACE_LOW_BYTES, GIB, None, false),
            (SPACE_LOW_BYTES - 1, GIB, None, true),
            (4 * GIB, 100 * GIB, None, true),
            (6 * GIB, 100 * GIB, None, false),
            (4 * GIB, 100 * GIB, Some(GIB), false),
            (6 * GIB, 100 * GIB, Some(u64::MAX), true),
            (0, GIB, Some(0), false),
        ] {
            let space = Space {
                free_bytes,
                total_bytes,
            };
            assert_eq!(space.is_low(configured), expected, "{space:?}");
        }
    }
}
