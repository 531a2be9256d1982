//! How Discord says no.

use std::fmt;

use serde_json::{Map, Value, json};

/// An error answer: HTTP status, JSON code, message, and for forms the tree of what is wrong.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ApiError {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The JSON error code (Discord: topics/opcodes-and-status-codes#json).
    pub(crate) code: u64,
    /// What a person reads.
    pub(crate) message: String,
    /// The nested tree of a 50035.
    pub(crate) errors: Option<Value>,
}

macro_rules! refusals {
    ($($(#[doc = $doc:literal])+ $name:ident = $status:literal, $code:literal, $message:literal;)+) => {
        impl ApiError {
            $($(#[doc = $doc])+ pub(crate) fn $name() -> Self { Self::new($status, $code, $message) })+
        }
    };
}

refusals! {
    /// No or a wrong token.
    unauthorized = 401, 0, "401: Unauthorized";
    /// Discord cannot reach the guild.
    unavailable = 503, 0, "503: Service Unavailable";
    /// No such path.
    not_found = 404, 0, "404: Not Found";
    /// The path exists, the method does not.
    method_not_allowed = 405, 0, "405: Method Not Allowed";
    /// No such channel (or one that is gone).
    unknown_channel = 404, 10003, "Unknown Channel";
    /// No such guild, or the bot is not in it.
    unknown_guild = 404, 10004, "Unknown Guild";
    /// No such member.
    unknown_member = 404, 10007, "Unknown Member";
    /// No such message.
    unknown_message = 404, 10008, "Unknown Message";
    /// No such overwrite.
    unknown_overwrite = 404, 10009, "Unknown Overwrite";
    /// No such role.
    unknown_role = 404, 10011, "Unknown Role";
    /// No such user.
    unknown_user = 404, 10013, "Unknown User";
    /// No such webhook.
    unknown_webhook = 404, 10015, "Unknown Webhook";
    /// A word in a name that Discord does not allow.
    name_refused = 400, 20031, "This name contains words that are not allowed";
    /// 250 pins.
    too_many_pins = 400, 30003, "Maximum number of pins reached for the channel (250)";
    /// 250 roles.
    too_many_roles = 400, 30005, "Maximum number of guild roles reached (250)";
    /// 15 webhooks in a channel.
    too_many_webhooks = 400, 30007, "Maximum number of webhooks reached (15)";
    /// More than ten files.
    too_many_attachments = 400, 30015, "Maximum number of attachments in a message reached (10)";
    /// 1000 people in a thread.
    too_many_thread_members = 400, 30033, "Maximum number of thread participants has been reached (1000)";
    /// 1000 webhooks in a guild.
    too_many_guild_webhooks = 400, 30058, "Maximum number of webhooks per guild reached (1000)";
    /// More overwrites than a channel may carry.
    too_many_overwrites = 400, 30060, "Maximum number of channel permission overwrites reached (1000)";
    /// The request is larger than Discord takes.
    too_large = 413, 40005, "Request entity too large";
    /// Two channels change their category in one call.
    two_parents = 400, 40009, "Only one channel can change parent_id at a time";
    /// The bot cannot see it.
    missing_access = 403, 50001, "Missing Access";
    /// Another author's message.
    not_the_author = 403, 50005, "Cannot edit a message authored by another user";
    /// Nothing in it.
    empty_message = 400, 50006, "Cannot send an empty message";
    /// A category, say.
    not_text = 400, 50008, "Cannot send messages in a non-text channel";
    /// Some permission is missing; Discord does not say which.
    missing_permissions = 403, 50013, "Missing Permissions";
    /// Not 2 to 100 messages.
    bulk_count = 400, 50016, "Provided too few or too many messages to delete. Must provide at least 2 and fewer than 100 messages to delete";
    /// Not on a system message.
    system_message = 403, 50021, "Cannot execute action on a system message";
    /// Not on this type of channel.
    wrong_channel_type = 400, 50024, "Cannot execute action on this channel type";
    /// A webhook's token that does not fit.
    invalid_webhook_token = 401, 50027, "Invalid Webhook Token";
    /// `@everyone` or a managed role.
    invalid_role = 400, 50028, "Invalid Role";
    /// More than 14 days old.
    bulk_too_old = 400, 50034, "You can only bulk delete messages that are under 14 days old.";
    /// A single file that is too large.
    file_too_large = 413, 50045, "File uploaded exceeds the maximum size";
    /// The guild's rules or updates channel.
    community_channel = 400, 50074, "Cannot delete a channel required for Community guilds";
    /// The thread is archived.
    thread_archived = 400, 50083, "Thread is archived";
    /// The body is not JSON.
    invalid_json = 400, 50109, "The request body contains invalid JSON.";
    /// A reply without `READ_MESSAGE_HISTORY`.
    reply_without_history = 400, 160_002, "Cannot reply without permission to read message history";
    /// One thread per message.
    thread_exists = 400, 160_004, "A thread has already been created for this message";
    /// The thread is locked.
    thread_locked = 403, 160_005, "Thread is locked";
    /// The guild's active threads are used up.
    too_many_threads = 400, 160_006, "Maximum number of active threads reached";
}

impl ApiError {
    /// An error with neither form nor tree.
    pub(crate) fn new(status: u16, code: u64, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            errors: None,
        }
    }

    /// The guild is full.
    pub(crate) fn too_many_channels(max: usize) -> Self {
        Self::new(
            400,
            30013,
            format!("Maximum number of server channels reached ({max})"),
        )
    }

    /// A form with one wrong field, at a path such as `embeds.0.title` (`""`: the whole form).
    pub(crate) fn form(path: &str, code: &str, message: impl Into<String>) -> Self {
        let mut faults = FormErrors::default();
        faults.push(path, code, message);
        faults.into_error()
    }

    /// The body of the answer.
    pub(crate) fn body(&self) -> Value {
        let mut body = json!({ "message": self.message, "code": self.code });
        if let Some(errors) = &self.errors {
            body["errors"] = errors.clone();
        }
        body
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}: {}", self.status, self.code, self.message)
    }
}

impl std::error::Error for ApiError {}

/// What is wrong with a form, field by field (Discord: reference#error-messages).
#[derive(Debug, Default)]
pub(crate) struct FormErrors {
    tree: Map<String, Value>,
}

impl FormErrors {
    /// Notes one fault at a dotted path.
    pub(crate) fn push(&mut self, path: &str, code: &str, message: impl Into<String>) {
        let mut node = &mut self.tree;
        for step in path.split('.').filter(|step| !step.is_empty()) {
            node = object_at(node, step);
        }
        let faults = node.entry("_errors").or_insert_with(|| json!([]));
        if let Value::Array(faults) = faults {
            faults.push(json!({ "code": code, "message": message.into() }));
        }
    }

    /// Notes that `length` is outside `min..=max` characters or items.
    pub(crate) fn length(&mut self, path: &str, length: usize, min: usize, max: usize) {
        if length > max {
            let message = format!("Must be {max} or fewer in length.");
            self.push(path, "BASE_TYPE_MAX_LENGTH", message);
        } else if length < min && length == 0 {
            self.push(path, "BASE_TYPE_REQUIRED", "This field is required");
        } else if length < min {
            let message = format!("Must be between {min} and {max} in length.");
            self.push(path, "BASE_TYPE_BAD_LENGTH", message);
        }
    }

    /// `Err` when anything was noted.
    pub(crate) fn done(self) -> Result<(), ApiError> {
        if self.tree.is_empty() {
            Ok(())
        } else {
            Err(self.into_error())
        }
    }

    fn into_error(self) -> ApiError {
        ApiError {
            errors: Some(Value::Object(self.tree)),
            ..ApiError::new(400, 50035, "Invalid Form Body")
        }
    }
}

/// The object under `key`, made when missing.
fn object_at<'a>(node: &'a mut Map<String, Value>, key: &str) -> &'a mut Map<String, Value> {
    let child = node.entry(key).or_insert_with(|| Value::Object(Map::new()));
    child
        .as_object_mut()
        .expect("only `_errors` is no object, and no field is called that")
}
