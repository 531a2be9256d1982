//! What to do about what is wrong, in words for people.

pub(super) const PARKED: &str = "give the bot the permission Manage Channels where they are, or run \
    `cordboard-maintenance channels list` to see why, and `channels forget` to leave one standing";
pub(super) const QUARANTINED: &str = "look at them with `cordboard-maintenance channels list`; delete them by hand, or \
    leave them with `channels forget`. If the bot lacks View Audit Log, grant it: then the proof is looked for";
pub(super) const RUNAWAY: &str = "see in the log what was about to be deleted; if all of it is right, start the proxy \
    again, and what is open then is deleted; otherwise it goes on when the day has passed";
pub(super) const HELD: &str =
    "allow deletions again when the reason has passed (POST /admin/v1/deletions)";
pub(super) const FULL: &str = "delete channels that nobody needs, or lower limits.conversations";
pub(super) const AWAY: &str = "is the bot still in the guild? Otherwise wait: Discord has outages";
pub(super) const CLOSED: &str =
    "wait; if it comes often, ask for fewer channels, or set channels.isolation";
pub(super) const REFUSED: &str =
    "give the bot what is missing; `cordboard-maintenance doctor` names it";
pub(super) const UNREADABLE: &str = "give the bot the permission View Audit Log";
pub(super) const DISK: &str = "make room on the disk of the store";
pub(super) const DISK_STUCK: &str = "look at the disk of the store";
pub(super) const UNREAD: &str =
    "look at the disk of the store; `cordboard-maintenance store check` says more";
pub(super) const LATE: &str =
    "see with `cordboard-maintenance channels list` which, and in the log why";
pub(super) const LEFT: &str =
    "start the proxy, or run `cordboard-maintenance channels sweep --apply`";
pub(super) const DOWN: &str = "see https://discordstatus.com, whether this machine reaches discord.com, and, if it says that the token is \
     refused, discord.token";
pub(super) const IDENTIFIES: &str = "find out what starts sessions all the time: a crash loop, or another program with \
    the same token. Discord resets the token when none is left";
