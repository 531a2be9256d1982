//! Safeguards that a test can take away, to see that it notices.

/// One safeguard that is missing. Each was paid for with a bug in a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "sabotage"),
    expect(unreachable_pub, reason = "only test builds can name one")
)]
pub enum Sabotage {
    /// A session is on record as having come as far as what is written after that.
    AckBeforeDurable,
    /// What is new does not wait for what is older.
    TellAtOnce,
    /// A gap's cursor is the youngest message on record, not the watermark.
    MaxIdCursor,
    /// A session is on record before what it began behind is.
    VolatileDirty,
    /// A channel whose last message is on record is taken for unchanged, however young that is.
    SkipLeMax,
    /// A page begins behind the last message of the one before, not before its millisecond.
    NoTieMargin,
    /// A full page says what is missing in its last millisecond.
    WholeLastMillisecond,
    /// The watermark follows the clock.
    SealByWallClock,
    /// A heartbeat that is acknowledged proves all from before it.
    AckIsProof,
    /// A channel that turns up is watched from then on only.
    NewChanFromNow,
    /// A cursor follows its pages however young they are.
    NoClamp,
    /// What was read before a gap counts after it.
    NoReseed,
    /// What is said now is listened to once the lists have come, and not before they are asked for.
    BackfillBeforeLive,
    /// Nothing is verified of a channel whose last message is on record.
    LmidOnlySweep,
}

// === impl Sabotage ===

#[cfg(feature = "sabotage")]
impl Sabotage {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::TellAtOnce,
        Self::AckBeforeDurable,
        Self::MaxIdCursor,
        Self::VolatileDirty,
        Self::SkipLeMax,
        Self::NoTieMargin,
        Self::WholeLastMillisecond,
        Self::SealByWallClock,
        Self::AckIsProof,
        Self::NewChanFromNow,
        Self::NoClamp,
        Self::NoReseed,
        Self::BackfillBeforeLive,
        Self::LmidOnlySweep,
    ];
}
