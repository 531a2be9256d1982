//! What a command leaves behind when it is interrupted.

/// What a command leaves behind when it is interrupted, and no order of it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remains {
    /// It only looks, or writes a file that is whole or not there.
    Nothing,
    /// The same command finds on record what it has done, and does the rest.
    Part,
    /// What it has adopted is on record, and would not be adopted once more: only its deletion is owed.
    Adopted,
    /// What it has said is to be read again is on record, and read by whoever holds the store.
    ToBeRead,
    /// An alert in the outbox.
    Alert,
    /// Questions that bots were asked: what it asked stands, and the next one asks anew.
    Questions,
}

// === impl Remains ===

impl Remains {
    /// What it leaves behind when it was interrupted before it gave an order.
    pub(crate) const fn without_an_order(self) -> Self {
        match self {
            Self::ToBeRead | Self::Adopted => Self::Nothing,
            other => other,
        }
    }

    /// What whoever interrupts it has to know.
    pub(crate) const fn message(self) -> &'static str {
        match self {
            Self::Nothing => {
                "interrupted; nothing was changed, and the same command begins from the start"
            }
            Self::Part => {
                "interrupted; what was done is on record, and the same command goes on with it"
            }
            Self::Adopted => {
                "interrupted; what was adopted is on record and is still to be deleted: channels sweep \
                 --apply, or the next proxy, goes on with it. What was not adopted, the same command adopts"
            }
            Self::ToBeRead => {
                "interrupted; what was read is on record, and whoever holds the store next reads on; so does \
                 the same command"
            }
            Self::Alert => {
                "interrupted; a test that was written down and has not arrived is delivered by whoever \
                 delivers alerts next; the same command sends another one"
            }
            Self::Questions => {
                "interrupted; bots that had not answered yet have no outcome on record, and the next run \
                 asks anew. What was posted stays in its channel; a temporary channel is deleted by the \
                 next run that opens one, by channels sweep --apply or by the next proxy"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_to_be_read_or_adopted_before_that_was_said() {
        assert_eq!(Remains::ToBeRead.without_an_order(), Remains::Nothing);
        assert_eq!(Remains::Adopted.without_an_order(), Remains::Nothing);
        assert_eq!(Remains::Part.without_an_order(), Remains::Part);
    }
}
