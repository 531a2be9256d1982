//! Whether a command does what it shows.

use clap::Args;

use crate::remains::Remains;

/// Whether a command does what it shows. Whatever deletes takes this.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Apply {
    /// Do it, and wait until it is done.
    #[arg(long)]
    apply: bool,
    /// Only show what would be done: what happens without --apply.
    #[arg(long, conflicts_with = "apply")]
    dry_run: bool,
}

// === impl Apply ===

impl Apply {
    /// What is left when it is interrupted by a command that goes on when it is given once more.
    pub(crate) const fn remains(self) -> Remains {
        if self.is_given() {
            Remains::Part
        } else {
            Remains::Nothing
        }
    }

    /// Whether it is to be done, and not only shown.
    pub(crate) const fn is_given(self) -> bool {
        self.apply && !self.dry_run
    }
}
