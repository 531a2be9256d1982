//! A gateway session, begun to see whether one can be.

use std::{future::pending, time::Duration};

use cordboard_discord::Identity;
use cordboard_gateway::{Delivery, Dispatch, Gateway, Hub, Intents, Subscription};
use cordboard_upkeep::checkup::SessionFacts;
use serde::Deserialize;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use twilight_model::id::{
    Id,
    marker::{GuildMarker, UserMarker},
};

use super::{guild::Online, is_told_presences};
use crate::{
    limits::{PRESENCES_MEMBERS_MAX, PROBE_SESSION_TIMEOUT, PROBE_SESSIONS_MIN},
    maintenance::{Maintenance, Progress, Watcher},
    settings,
};

/// How long the guild may take to be told once the session is ready, by when it should have been.
const GUILD_TIMEOUT: Duration = Duration::from_secs(5);

impl Maintenance {
    /// Begins a session as the proxy would, and ends it. It costs one IDENTIFY; none is sent when few are
    /// left. Also tells who is online, if the application may know.
    pub(super) async fn probe_session(
        &self,
        identity: &Identity,
        watcher: Watcher<'_>,
    ) -> (SessionFacts, Option<Online>) {
        let left = match self.discord.identifies().await {
            Ok(identifies) => identifies.remaining,
            Err(error) => {
                let why = format!("how many may be begun is not known: {error}");
                return (SessionFacts::NotBegun(why), None);
            }
        };
        if left < PROBE_SESSIONS_MIN {
            let why = format!("only {left} may be begun today, and the proxy needs them");
            return (SessionFacts::NotBegun(why), None);
        }
        watcher(Progress {
            done: 0,
            total: None,
            message: "begins a gateway session, which costs one IDENTIFY".to_owned(),
        });
        let knows_presences = is_told_presences(identity);
        let mut settings = settings::gateway(&self.config);
        settings.leaves_session = false;
        if knows_presences {
            settings.intents |= Intents::GUILD_PRESENCES;
        }
        let (hub, gateway) = Gateway::new(settings, self.discord.clone());
        let created = hub.watch(&["GUILD_CREATE"]);
        let stop = CancellationToken::new();
        let guild_id = self.config.discord.guild_id;
        let watching = async {
            let seen = look(&hub, created, guild_id).await;
            stop.cancel();
            seen
        };
        let (ended, (facts, online)) = tokio::join!(gateway.run(stop.clone()), watching);
        let facts = match ended {
            Err(fatal) => SessionFacts::Refused {
                matter: format!("is refused: {fatal}"),
                fix: fatal.hint().to_owned(),
            },
            Ok(_) => facts,
        };
        (facts, online.filter(|_| knows_presences))
    }
}

/// Waits until the session is ready, or there is none.
async fn look(
    hub: &Hub,
    created: Subscription,
    guild_id: Id<GuildMarker>,
) -> (SessionFacts, Option<Online>) {
    let began = Instant::now();
    let mut status = hub.status();
    let settled = status.wait_for(|status| status.is_ready() || status.is_over());
    let is_ready = match timeout(PROBE_SESSION_TIMEOUT, settled).await {
        Ok(Ok(status)) => status.is_ready(),
        Ok(Err(_)) | Err(_) => false,
    };
    if !is_ready {
        let stood = hub.health().state.to_string();
        return (SessionFacts::NotReady(stood), None);
    }
    let facts = SessionFacts::Ready(began.elapsed());
    let online = timeout(GUILD_TIMEOUT, online(created, guild_id)).await;
    (facts, online.ok().flatten())
}

/// Who is online, by the guild's own account of itself.
async fn online(mut created: Subscription, guild_id: Id<GuildMarker>) -> Option<Online> {
    while let Some(delivery) = created.next().await {
        match delivery {
            Delivery::Dispatch(dispatch) if dispatch.guild_id == Some(guild_id) => {
                return read(&dispatch);
            }
            _ => {}
        }
    }
    pending().await
}

fn read(dispatch: &Dispatch) -> Option<Online> {
    let guild: Created = serde_json::from_str(dispatch.data.get()).ok()?;
    let is_online = |presence: &Presence| presence.status != "offline";
    let online = guild.presences.iter().filter(|one| is_online(one));
    (guild.member_count <= PRESENCES_MEMBERS_MAX)
        .then(|| online.map(|presence| presence.user.id).collect())
}

#[derive(Deserialize)]
struct Created {
    #[serde(default)]
    member_count: u64,
    #[serde(default)]
    presences: Vec<Presence>,
}

#[derive(Deserialize)]
struct Presence {
    user: User,
    #[serde(default)]
    status: String,
}

#[derive(Deserialize)]
struct User {
    id: Id<UserMarker>,
}
