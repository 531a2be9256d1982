//! Room in the guild: when it runs out, what makes room goes first.

use cordboard_discord::Discord;
use tokio::sync::watch;

/// Lets deletions go before everything else while the guild is nearly full, until the lifecycle has
/// ended.
pub(crate) async fn watch(discord: Discord, mut is_nearly_full: watch::Receiver<bool>) {
    loop {
        let prefers = *is_nearly_full.borrow_and_update();
        discord.prefer_deletions(prefers);
        if is_nearly_full.changed().await.is_err() {
            return;
        }
    }
}
