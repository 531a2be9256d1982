//! Roles of the guild that nobody needs any more.

use std::{sync::Arc, time::Duration};

use cordboard_discord::Discord;
use cordboard_lifecycle::Clock as _;
use cordboard_recovery::ChannelDirectory as _;
use cordboard_store::DaybookRoles;
pub use cordboard_upkeep::roles::{
    CREATIONS_REPORTED_MAX, Pattern, PatternError, RoleBudget, RoleOutcome, RolePlan, RoleStage,
    Selection, Verdict,
};
use cordboard_upkeep::roles::{Removal, RemovalError, RemovalReport};
use serde::Serialize;

use super::{CommandError, Maintenance, Progress, Watcher};
use crate::{
    Failed, WallClock,
    error::chain,
    limits::{AUDIT_REASON_CHARS_MAX, ROLES_VERIFIED_WITHIN_MAX},
};

/// What removes roles.
pub(crate) type RoleRemoval = Removal<Discord, DaybookRoles, WallClock>;

/// What is to be done about roles.
#[derive(Clone, Debug, Default)]
pub struct RolesRequest {
    /// Which roles are to go.
    pub selection: Selection,
    /// Instead: go on with what an earlier run had begun.
    pub resumes: bool,
    /// Afterwards, look for so long until no member holds what was removed.
    pub verify: Option<Duration>,
    /// Why, for Discord's audit log.
    pub reason: Option<String>,
}

/// What is about to be removed.
#[derive(Clone, Debug, Serialize)]
pub struct RolesPlanned {
    /// The plan, the lowest role first.
    #[serde(flatten)]
    pub plan: RolePlan,
    /// Roles that an earlier run had begun to remove and that are not settled.
    pub open: Vec<RoleOutcome>,
    /// The guild's room for roles, as far as it is known.
    pub budget: RoleBudget,
}

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct RolesRemoved {
    /// What was planned; `None` when an earlier run was gone on with.
    pub planned: Option<RolesPlanned>,
    /// Each role that was to go.
    pub roles: Vec<RoleOutcome>,
    /// Why it stopped before its end, if it did.
    pub stopped: Option<Stop>,
    /// Whether members hold what was removed, if that was looked for.
    pub members: Option<Verdict>,
}

/// Why a removal stopped before its end.
#[derive(Clone, Debug, Serialize)]
pub struct Stop {
    /// Whether it may go on by itself later: Discord was out of reach.
    pub is_upstream: bool,
    /// Why, for people.
    pub message: String,
}

/// What somebody has to do after a removal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RolesEnd {
    /// Nothing. Of members a sample may have been looked at.
    Done,
    /// Some roles are left, or members still hold some, or that cannot be told.
    Left,
    /// No role may go at all.
    Refused,
    /// Try again later.
    Upstream,
}

// === impl Maintenance ===

impl Maintenance {
    /// Looks which roles would go, and which of those cannot. Changes nothing.
    ///
    /// # Errors
    /// When nothing was asked for, or Discord does not tell.
    pub async fn plan_roles(&self, request: &RolesRequest) -> Result<RolesPlanned, CommandError> {
        request.check()?;
        if request.selection.is_empty() {
            let why = "say which roles: --id, --name or --without-members; or --resume";
            return Err(CommandError::Usage(why.to_owned()));
        }
        self.teller
            .tell("looking at the guild's roles and at who holds them");
        let removal = self.removal().await?;
        let planned = removal.plan(&request.selection).await;
        let (plan, view) = planned.map_err(|error| self.cannot(error))?;
        let open = removal.open().await.map_err(|error| self.cannot(error))?;
        let guild_id = self.config.discord.guild_id;
        // Ids and entries of the audit log follow Discord's clock, which ours may not agree with.
        let discord_ms = self.discord.backfill().now_ms();
        let now_ms = discord_ms.unwrap_or_else(|| self.clock.now_ms());
        let budget = RoleBudget::look(&self.discord, guild_id, view.roles.len(), now_ms).await;
        Ok(RolesPlanned { plan, open, budget })
    }

    /// Removes what was planned, or without a plan goes on with what an earlier run had begun. Can be stopped
    /// at any moment.
    ///
    /// # Errors
    /// When the request makes no sense, or there is no record. Whatever happens after that is in the
    /// report.
    pub async fn remove_roles(
        &self,
        planned: Option<RolesPlanned>,
        request: &RolesRequest,
        watcher: Watcher<'_>,
    ) -> Result<RolesRemoved, CommandError> {
        request.check()?;
        if request.resumes {
            self.teller
                .tell("going on with what an earlier run has begun");
        } else if planned.is_none() {
            self.teller
                .tell("looking whether members hold roles that were removed");
        }
        let removal = self.removal().await?;
        let watch = |progress: cordboard_upkeep::roles::Progress| {
            watcher(Progress {
                done: progress.done,
                total: progress.total,
                message: progress.message,
            });
        };
        let report = match &planned {
            Some(planned) => {
                let reason = request.reason.as_deref().unwrap_or(&self.actor);
                removal.apply(&planned.plan, reason, &watch).await
            }
            None if request.resumes => removal.resume(&watch).await,
            None => RemovalReport {
                roles: Vec::new(),
                stopped: None,
            },
        };
        let stopped = report.stopped.map(|error| self.stop(&error));
        let members = match request.verify {
            Some(time) if stopped.is_none() => {
                Some(match removal.gone_by_now().await {
                    Ok(gone) => removal.verify(&gone, time, &watch).await,
                    Err(error @ RemovalError::Journal(_)) => return Err(self.cannot(error)),
                    // What was removed is told all the same.
                    Err(error) => Verdict::CannotTell {
                        why: self.stop(&error).message,
                        members: 0,
                    },
                })
            }
            _ => None,
        };
        Ok(RolesRemoved {
            planned,
            roles: report.roles,
            stopped,
            members,
        })
    }

    async fn removal(&self) -> Result<Arc<RoleRemoval>, Failed> {
        let journal = self.daybook().await?.roles(&self.actor);
        let guild_id = self.config.discord.guild_id;
        let (discord, clock) = (self.discord.clone(), self.clock.clone());
        let removal = Arc::new(Removal::new(discord, journal, clock, guild_id));
        *self.removing.lock() = Some(Arc::clone(&removal));
        Ok(removal)
    }

    fn cannot(&self, error: RemovalError) -> CommandError {
        match error {
            RemovalError::Journal(source) => CommandError::Failed(Failed::Store {
                source: source.into(),
            }),
            error => {
                let Stop {
                    is_upstream,
                    message,
                } = self.stop(&error);
                if is_upstream {
                    CommandError::Upstream(message)
                } else {
                    CommandError::Refused(message)
                }
            }
        }
    }

    fn stop(&self, error: &RemovalError) -> Stop {
        let mut message = chain(error);
        if matches!(error, RemovalError::Refused { .. }) {
            let guild_id = self.config.discord.guild_id;
            message = format!(
                "{message}; check that discord.token and discord.guild_id ({guild_id}) are right and that the \
                 bot is in that guild"
            );
        }
        if matches!(error, RemovalError::MissingPermission) {
            message.push_str("; --resume goes on");
        }
        Stop {
            is_upstream: matches!(error, RemovalError::Unreachable { .. }),
            message,
        }
    }
}

// === impl RolesRequest ===

impl RolesRequest {
    fn check(&self) -> Result<(), CommandError> {
        let usage = |why: String| Err(CommandError::Usage(why));
        if self.resumes && !self.selection.is_empty() {
            let why = "--resume goes on with the roles of an earlier run; it takes no --id, --name \
                       or --without-members";
            return usage(why.to_owned());
        }
        let too_long = |reason: &String| reason.chars().count() > AUDIT_REASON_CHARS_MAX;
        if self
            .reason
            .as_ref()
            .is_some_and(|reason| reason.trim().is_empty() || too_long(reason))
        {
            return usage(format!(
                "--reason takes 1 to {AUDIT_REASON_CHARS_MAX} characters: Discord's audit log has no \
                 room for more"
            ));
        }
        if self
            .verify
            .is_some_and(|time| time.is_zero() || time > ROLES_VERIFIED_WITHIN_MAX)
        {
            return usage("--verify-timeout takes 1 second to 7 days".to_owned());
        }
        Ok(())
    }
}

// === impl RolesPlanned ===

impl RolesPlanned {
    /// What it says to a script when nothing is done about it.
    #[must_use]
    pub fn end(&self) -> RolesEnd {
        if self.plan.roles.is_empty() && !self.plan.refused.is_empty() {
            RolesEnd::Refused
        } else {
            RolesEnd::Done
        }
    }
}

// === impl RolesRemoved ===

impl RolesRemoved {
    /// What somebody has to do about it.
    #[must_use]
    pub fn end(&self) -> RolesEnd {
        if let Some(stop) = &self.stopped {
            return if stop.is_upstream {
                RolesEnd::Upstream
            } else {
                RolesEnd::Refused
            };
        }
        let refused_first = self.planned.as_ref();
        let refused_first = refused_first.map_or(0, |planned| planned.plan.refused.len());
        let refused_then = self.count(RoleStage::Refused);
        let refused = refused_first + refused_then;
        if refused > 0 && refused_then == self.roles.len() {
            return RolesEnd::Refused;
        }
        let is_open = self.roles.iter().any(|role| role.stage.is_open());
        let is_clean = match self.members {
            None | Some(Verdict::Clean { .. } | Verdict::Sampled { .. }) => true,
            Some(Verdict::Dirty { .. } | Verdict::CannotTell { .. }) => false,
        };
        if refused > 0 || is_open || !is_clean {
            RolesEnd::Left
        } else {
            RolesEnd::Done
        }
    }

    /// How many roles stand there.
    #[must_use]
    pub fn count(&self, stage: RoleStage) -> usize {
        self.roles.iter().filter(|role| role.stage == stage).count()
    }
}
