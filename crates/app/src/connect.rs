//! The first contact with Discord: who we are, what we may do, and that events arrive.

use cordboard_discord::{Discord, DiscordError, Identity};
use cordboard_gateway::{Fatal, Hub, Status};
use cordboard_upkeep::{may_read_content, missing_permissions};
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;
use twilight_model::guild::Permissions;

use crate::{
    Config, Failed,
    limits::{START_RETRY_MAX, START_RETRY_MIN},
};

/// Asks Discord who we are and what we may do in the guild, until it answers or the start has
/// taken too long. What is missing and needed stops the start; what weakens a promise is logged.
pub(crate) async fn introduce(
    discord: &Discord,
    config: &Config,
    deadline: Instant,
) -> Result<Identity, Failed> {
    let identity = insist(deadline, "the token", || discord.identity()).await?;
    if identity.flags.is_some_and(|flags| !may_read_content(flags)) {
        return Err(refused(
            "switch on the Message Content intent of the bot in Discord's developer portal; \
             without it every reply arrives empty",
            "the application lacks the message content intent",
        ));
    }
    let guild_id = config.discord.guild_id;
    let guild = insist(deadline, "the guild (discord.guild_id)", || {
        discord.probe_guild(guild_id, identity.user_id)
    })
    .await?;
    let mut needed = Vec::new();
    for need in missing_permissions(guild.permissions, config.channels.uses_threads()) {
        if need.permission == Permissions::VIEW_AUDIT_LOG && !config.channels.degraded_ownership {
            needed.push(format!(
                "{} ({}; channels.degraded_ownership = true runs without it, and such channels stay)",
                need.name, need.consequence
            ));
        } else if need.required {
            needed.push(format!("{} ({})", need.name, need.consequence));
        } else {
            tracing::warn!(
                permission = need.name,
                "missing: without it, {}",
                need.consequence
            );
        }
    }
    if needed.is_empty() {
        return Ok(identity);
    }
    let hint = format!(
        "grant the bot in the guild {:?}: {}",
        guild.name,
        needed.join("; ")
    );
    Err(refused(&hint, "the bot lacks permissions"))
}

fn refused(hint: &str, matter: &str) -> Failed {
    Failed::Refused {
        hint: hint.to_owned(),
        source: matter.into(),
    }
}

/// Repeats a question until Discord answers, with growing waits, or as long as it says itself.
async fn insist<T, F>(
    deadline: Instant,
    what: &'static str,
    mut question: impl FnMut() -> F,
) -> Result<T, Failed>
where
    F: Future<Output = Result<T, DiscordError>>,
{
    let mut pause = START_RETRY_MIN;
    loop {
        let error = match timeout_at(deadline, question()).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error @ DiscordError::NotDone { .. })) => error,
            Ok(Err(error)) => {
                let hint = format!("check {what}");
                return Err(Failed::Refused {
                    hint,
                    source: error.into(),
                });
            }
            Err(elapsed) => {
                return Err(Failed::Unreachable {
                    source: elapsed.into(),
                });
            }
        };
        let told = match &error {
            DiscordError::NotDone { wait, .. } => *wait,
            _ => None,
        };
        let wait = told.unwrap_or_else(|| pause.mul_f64(0.5 + fastrand::f64() / 2.0));
        if Instant::now() + wait >= deadline {
            return Err(Failed::Unreachable {
                source: error.into(),
            });
        }
        tracing::warn!(error = %error, wait_ms = wait.as_millis(), "discord is out of reach");
        sleep(wait).await;
        pause = (pause * 2).min(START_RETRY_MAX);
    }
}

/// Waits until events arrive.
pub(crate) async fn gateway_ready(hub: &Hub, deadline: Instant) -> Result<(), Failed> {
    let mut status = hub.status();
    match timeout_at(deadline, status.wait_for(Status::is_ready)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(closed)) => Err(Failed::Task {
            task: "gateway",
            source: closed.into(),
        }),
        Err(elapsed) => Err(Failed::Unreachable {
            source: elapsed.into(),
        }),
    }
}

/// Watches over the token: a refusal for a moment is Discord's hiccup, one that stays ends the
/// process, because each further request counts against this address.
pub(crate) async fn token_is_good(discord: Discord, stop: CancellationToken) -> Result<(), Fatal> {
    tokio::select! {
        () = stop.cancelled() => Ok(()),
        () = discord.token_refused() => Err(Fatal::TokenRefused),
    }
}
