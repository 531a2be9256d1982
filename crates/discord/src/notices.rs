//! Notices to people over REST: `cordboard_upkeep::alerts::NoticeBoard`.

use cordboard_upkeep::{
    Failure,
    alerts::{Notice, NoticeBoard},
};
use tokio::time::Instant;

use crate::{
    Discord,
    call::Call,
    limiter::{Resource, Share},
    messages::{Payload, Posted},
    send::json,
    verdict::Failed,
};

impl NoticeBoard for Discord {
    async fn put_up(&self, notice: &Notice) -> Result<(), Failure> {
        // twilight knows neither `enforce_nonce` nor nonces that are strings.
        let payload = Payload::of_text(&notice.text, &notice.nonce);
        let payload = serde_json::to_vec(&payload).expect("strings and numbers");
        let request = self
            .builders
            .create_message(notice.channel_id)
            .payload_json(&payload);
        let call = Call::new(
            "POST /channels/{channel_id}/messages",
            Share::Upkeep,
            Resource::Channel(notice.channel_id),
            request,
        );
        let call = call.map_err(Failed::from)?;
        let call = call.until(Instant::now() + notice.timeout).repeatable();
        self.sender.send(&call, json::<Posted>).await?;
        Ok(())
    }
}
