//! Which permission a request needs: Discord says that one is missing, and not which.

/// What Discord demands for a route, by the page of its endpoint; `None`: nothing that helps to name.
pub(crate) fn needed(route: &str) -> Option<&'static str> {
    Some(match route {
        "POST /guilds/{guild_id}/channels" => {
            "Manage Channels, in the guild or in the category where the channel is made"
        }
        "DELETE /channels/{channel_id}" => "Manage Channels, or Manage Threads for a thread",
        "POST /channels/{channel_id}/threads" => {
            "Create Public Threads, or Create Private Threads for a private one"
        }
        "POST /channels/{channel_id}/messages" => {
            "Send Messages, or Send Messages in Threads in a thread; Attach Files for a file"
        }
        "DELETE /guilds/{guild_id}/roles/{role_id}" => {
            "Manage Roles, and a role above the one that goes"
        }
        "GET /guilds/{guild_id}/audit-logs" => "View Audit Log",
        "GET /channels/{channel_id}/messages" => "View Channel and Read Message History",
        _ => return None,
    })
}
