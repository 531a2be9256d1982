//! What every record of messages does, as a suite that its author runs.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! use cordboard_recovery::{MemoryInbox, conformance};
//!
//! // A fresh record, and how it comes back after the process died.
//! conformance::suite(async || MemoryInbox::default(), async |record| record).await;
//! # }
//! ```

mod batch;
mod consumers;
mod dead_letters;
mod log;
mod retention;
mod scene;
mod verdict;

use crate::{Consumers, DeadLetters, Inbox, MessageLog};

/// Panics with what the record does not do. `fresh` gives an empty one; `reopened` gives what a new
/// process finds of it.
pub async fn suite<S: Inbox + MessageLog + Consumers + DeadLetters>(
    fresh: impl AsyncFn() -> S,
    reopened: impl AsyncFn(S) -> S,
) {
    batch::all_of_a_batch_is_there_after_the_process_died(&fresh, &reopened).await;
    batch::channels_are_as_they_were_written_last(&fresh, &reopened).await;
    batch::a_session_stays_and_a_watermark_grows(&fresh, &reopened).await;
    batch::what_was_seen_is_held_deleted_or_not(&fresh).await;
    batch::the_youngest_messages_that_are_there_are_recent(&fresh).await;
    batch::a_gap_is_told_once(&fresh, &reopened).await;
    verdict::what_is_told_follows_from_what_is_known(&fresh, &reopened).await;
    log::entries_are_walked_in_order_each_once(&fresh, &reopened).await;
    log::a_rare_channel_is_found_among_many_others(&fresh).await;
    log::whoever_waits_is_told_by_whom_ever_it_is_recorded(&fresh, &reopened).await;
    log::messages_are_found_by_channel_and_id(&fresh).await;
    log::gaps_are_found_by_channel_and_sequence(&fresh).await;
    consumers::a_position_outlives_the_process(&fresh, &reopened).await;
    consumers::a_position_only_moves_forward_and_not_into_the_future(&fresh).await;
    consumers::an_entry_that_fails_too_often_is_a_dead_letter(&fresh, &reopened).await;
    consumers::what_is_forgotten_begins_anew(&fresh).await;
    dead_letters::they_tell_what_failed_how_often_why_and_when(&fresh, &reopened).await;
    dead_letters::one_that_is_discarded_is_gone_and_still_counted(&fresh, &reopened).await;
    dead_letters::they_stay_as_long_as_their_entries(&fresh).await;
    retention::what_was_told_long_ago_goes(&fresh, &reopened).await;
    retention::what_names_a_time_that_has_not_come_ages_nothing(&fresh).await;
    retention::the_oldest_go_when_it_is_too_much(&fresh, &reopened).await;
    retention::a_message_stays_as_long_as_the_last_entry_about_it(&fresh).await;
    retention::the_youngest_message_of_a_watched_channel_stays_held(&fresh, &reopened).await;
    retention::nothing_below_what_was_dropped_is_recent(&fresh).await;
    retention::a_consumer_that_loses_entries_is_told_a_gap_in_their_place(&fresh).await;
    retention::gaps_stay_until_they_are_old_and_passed(&fresh).await;
    retention::sequences_are_not_used_twice(&fresh, &reopened).await;
}

#[cfg(test)]
mod tests {
    use crate::MemoryInbox;

    #[tokio::test]
    async fn the_record_in_memory_conforms() {
        super::suite(async || MemoryInbox::default(), async |record| record).await;
    }
}
