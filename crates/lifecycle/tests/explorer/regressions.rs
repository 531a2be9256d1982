//! Cases that failed once, by the mistake that they found.

use super::{case::Case, run::run};

fn passes(text: &str) {
    if let Err(wrong) = run(Case::parse(text)).verdict {
        panic!("{text}: {wrong}");
    }
}

/// How: it is hidden, its deletion fails, it is shown again and deleted. The looks went on for an
/// hour because it had been hidden, although Discord had said that it deleted the channel.
#[test]
fn a_channel_that_was_hidden_is_not_looked_at_for_an_hour_once_discord_has_deleted_it() {
    passes("post=fine delete=5xx act=hide@answering");
    passes("post=fine delete=hang_up act=hide@deleted");
}
