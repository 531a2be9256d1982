//! Every route there is. Literal paths stand before those with a placeholder in the same place.

use super::{Outcome, Visit, channel, guild, member, message, role, thread, user, webhook};
use crate::world::World;

/// One route.
#[derive(Debug)]
pub(super) struct Spec {
    /// Method and path template.
    pub(super) template: &'static str,
    /// What it does.
    pub(super) act: fn(&Visit<'_>, &mut World) -> Outcome,
}

macro_rules! routes {
    ($($template:literal => $act:path,)+) => {
        &[$(Spec { template: $template, act: $act }),+]
    };
}

/// The table.
pub(super) const ROUTES: &[Spec] = routes! {
    "POST /channels/{channel_id}/messages" => message::create,
    "PATCH /channels/{channel_id}/messages/{message_id}" => message::edit,
    "GET /channels/{channel_id}/messages" => message::list,
    "POST /channels/{channel_id}/typing" => message::typing,
    "POST /guilds/{guild_id}/channels" => channel::create,
    "DELETE /channels/{channel_id}" => channel::delete,
    "GET /channels/{channel_id}" => channel::get,
    "PATCH /channels/{channel_id}" => channel::modify,
    "GET /channels/{channel_id}/messages/pins" => message::pins,
    "PUT /channels/{channel_id}/messages/pins/{message_id}" => message::pin,
    "DELETE /channels/{channel_id}/messages/pins/{message_id}" => message::unpin,
    "GET /channels/{channel_id}/pins" => message::older_pins,
    "PUT /channels/{channel_id}/pins/{message_id}" => message::pin,
    "DELETE /channels/{channel_id}/pins/{message_id}" => message::unpin,
    "POST /channels/{channel_id}/messages/bulk-delete" => message::bulk_delete,
    "GET /channels/{channel_id}/messages/{message_id}" => message::get,
    "DELETE /channels/{channel_id}/messages/{message_id}" => message::delete,
    "POST /channels/{channel_id}/messages/{message_id}/threads" => thread::start_from_message,
    "POST /channels/{channel_id}/threads" => thread::start,
    "GET /channels/{channel_id}/threads/archived/public" => thread::archived_public,
    "GET /channels/{channel_id}/threads/archived/private" => thread::archived_private,
    "GET /channels/{channel_id}/thread-members" => thread::members,
    "PUT /channels/{channel_id}/thread-members/@me" => thread::join,
    "DELETE /channels/{channel_id}/thread-members/@me" => thread::leave,
    "PUT /channels/{channel_id}/thread-members/{user_id}" => thread::join,
    "DELETE /channels/{channel_id}/thread-members/{user_id}" => thread::leave,
    "PUT /channels/{channel_id}/permissions/{overwrite_id}" => channel::set_overwrite,
    "DELETE /channels/{channel_id}/permissions/{overwrite_id}" => channel::delete_overwrite,
    "GET /channels/{channel_id}/webhooks" => webhook::list_in_channel,
    "POST /channels/{channel_id}/webhooks" => webhook::create,
    "GET /guilds/{guild_id}" => guild::get,
    "PATCH /guilds/{guild_id}" => guild::modify,
    "GET /guilds/{guild_id}/channels" => channel::list,
    "PATCH /guilds/{guild_id}/channels" => channel::move_all,
    "GET /guilds/{guild_id}/threads/active" => thread::active,
    "GET /guilds/{guild_id}/messages/search" => message::search,
    "GET /guilds/{guild_id}/audit-logs" => guild::audit_log,
    "GET /guilds/{guild_id}/onboarding" => guild::onboarding,
    "GET /guilds/{guild_id}/webhooks" => webhook::list_in_guild,
    "GET /guilds/{guild_id}/roles" => role::list,
    "POST /guilds/{guild_id}/roles" => role::create,
    "PATCH /guilds/{guild_id}/roles" => role::move_all,
    "GET /guilds/{guild_id}/roles/member-counts" => role::member_counts,
    "GET /guilds/{guild_id}/roles/{role_id}" => role::get,
    "PATCH /guilds/{guild_id}/roles/{role_id}" => role::modify,
    "DELETE /guilds/{guild_id}/roles/{role_id}" => role::delete,
    "GET /guilds/{guild_id}/members" => member::list,
    "GET /guilds/{guild_id}/members/search" => member::search,
    "PATCH /guilds/{guild_id}/members/@me" => member::modify,
    "GET /guilds/{guild_id}/members/{user_id}" => member::get,
    "PATCH /guilds/{guild_id}/members/{user_id}" => member::modify,
    "DELETE /guilds/{guild_id}/members/{user_id}" => member::remove,
    "PUT /guilds/{guild_id}/members/{user_id}/roles/{role_id}" => member::add_role,
    "DELETE /guilds/{guild_id}/members/{user_id}/roles/{role_id}" => member::remove_role,
    "GET /gateway" => user::gateway,
    "GET /gateway/bot" => user::gateway_bot,
    "GET /applications/@me" => user::application,
    "GET /oauth2/applications/@me" => user::application,
    "GET /users/@me" => user::me,
    "GET /users/@me/guilds" => user::guilds,
    "DELETE /users/@me/guilds/{guild_id}" => user::leave,
    "GET /users/{user_id}" => user::get,
    "GET /webhooks/{webhook_id}" => webhook::get,
    "PATCH /webhooks/{webhook_id}" => webhook::modify,
    "DELETE /webhooks/{webhook_id}" => webhook::delete,
    "GET /webhooks/{webhook_id}/{webhook_token}" => webhook::get,
    "PATCH /webhooks/{webhook_id}/{webhook_token}" => webhook::modify,
    "DELETE /webhooks/{webhook_id}/{webhook_token}" => webhook::delete,
    "POST /webhooks/{webhook_id}/{webhook_token}" => webhook::execute,
    "GET /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}" => webhook::message,
    "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}" => webhook::edit_message,
    "DELETE /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}" => webhook::delete_message,
};
