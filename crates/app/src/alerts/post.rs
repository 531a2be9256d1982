//! The ways to those who are told.

use std::{collections::HashMap, sync::Arc};

use cordboard_discord::Discord;
use cordboard_upkeep::{
    Failure,
    alerts::{Delivery, Messenger, Notice, NoticeBoard as _},
};
use twilight_model::id::{Id, marker::ChannelMarker};

use super::webhook::Webhooks;
use crate::{
    WallClock,
    config::{Alert, AlertPlace},
    limits::NOTICE_TIMEOUT,
};

/// The ways to those who are told.
#[derive(Debug)]
pub(crate) struct Post {
    places: HashMap<String, AlertPlace>,
    webhooks: Webhooks,
    /// `None`: this process has not got as far as Discord.
    discord: Option<Discord>,
    installation: Arc<str>,
    clock: WallClock,
}

// === impl Post ===

impl Post {
    pub(crate) fn new(
        alerts: &[Alert],
        discord: Option<Discord>,
        installation: Arc<str>,
        clock: WallClock,
    ) -> Self {
        let places = alerts.iter();
        let places = places.map(|alert| (alert.target.name.clone(), alert.place.clone()));
        Self {
            places: places.collect(),
            webhooks: Webhooks::new(),
            discord,
            installation,
            clock,
        }
    }

    async fn put_up(
        &self,
        channel_id: Id<ChannelMarker>,
        delivery: &Delivery,
    ) -> Result<(), Failure> {
        let Some(discord) = &self.discord else {
            let source = "this process has not got as far as Discord".into();
            return Err(Failure::NotDone { wait: None, source });
        };
        let notice = Notice {
            channel_id,
            text: delivery.for_people(),
            // The same for each attempt: Discord keeps one message of them.
            nonce: delivery.id.clone(),
            timeout: NOTICE_TIMEOUT,
        };
        discord.put_up(&notice).await
    }
}

impl Messenger for Post {
    async fn bring(&self, delivery: &Delivery) -> Result<(), Failure> {
        match self.places.get(&delivery.target) {
            Some(AlertPlace::Webhook { url, secret }) => {
                let (of, now) = (&self.installation, self.clock.now());
                self.webhooks.send(url, secret, delivery, of, now).await
            }
            Some(AlertPlace::Channel(id)) => self.put_up(*id, delivery).await,
            None => Err(Failure::Never {
                source: "the configuration does not name it any more".into(),
            }),
        }
    }
}
