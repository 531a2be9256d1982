//! What has come of commands, as it is counted, and what has to come of them in many storms.

use super::{
    Operator,
    errand::{BY_HAND, Command},
    life::End,
};

/// What becomes of a consumer that is reset, as [`Agreed::resets`](super::errand::Agreed) counts it.
const RESETS: [&str; 2] = [
    "operator: consumer moved back",
    "operator: consumer forgotten",
];

/// What has to happen in a run of many seeds, as [`Operator::counted`] names it.
pub(in crate::storm) fn kinds() -> impl Iterator<Item = String> {
    let of = |command: Command, end: End| told(command, end);
    let each = BY_HAND.into_iter().chain([Command::Serve]);
    let ended = each.flat_map(move |command| [of(command, End::Done), of(command, End::Killed)]);
    let refused = [
        Command::Forget,
        Command::Unprotect,
        Command::Backfill,
        Command::RemoveRoles,
        Command::Adopt,
        Command::Sweep,
        Command::Audit,
        Command::Status,
    ];
    let refused = refused.map(|command| told(command, End::Refused));
    ended
        .chain(refused)
        .chain([told(Command::Migrate, End::Busy)])
        .chain(RESETS.map(ToOwned::to_owned))
}

fn told(command: Command, end: End) -> String {
    format!("operator: {command:?} {end:?}")
}

// === impl Operator ===

impl Operator {
    /// How often each command ended how, and what was done besides.
    pub(in crate::storm) fn counted(&self) -> impl Iterator<Item = (String, u64)> {
        let acted = self.acted.iter();
        let acted = acted.map(|((command, end), count)| (told(*command, *end), *count));
        let resets = RESETS.into_iter().zip(self.agreed.lock().resets);
        let resets = resets.filter(|(_, count)| *count > 0);
        acted.chain(resets.map(|(name, count)| (name.to_owned(), count)))
    }
}
