//! What a client asks of a channel: a new one, or changes to one.

use super::{CATEGORY, FORUM, MEDIA, name::normalised};
use crate::world::{ApiError, bounds, error::FormErrors, permission::Overwrite};

/// A channel to be. Everything but the name has Discord's default.
#[derive(Clone, Debug, Default)]
pub(crate) struct ChannelDraft {
    /// The name, before it is normalised.
    pub(crate) name: String,
    /// The type (0 text).
    pub(crate) kind: u64,
    /// The topic.
    pub(crate) topic: Option<String>,
    /// The category.
    pub(crate) parent_id: Option<u64>,
    /// The place in the list (the end).
    pub(crate) position: Option<u64>,
    /// Age-restricted.
    pub(crate) nsfw: bool,
    /// Slow mode in seconds.
    pub(crate) rate_limit_per_user: u64,
    /// What threads archive after, in minutes.
    pub(crate) default_auto_archive_duration: Option<u64>,
    /// Slow mode of threads, in seconds.
    pub(crate) default_thread_rate_limit_per_user: Option<u64>,
    /// Overwrites; `None` takes the category's.
    pub(crate) overwrites: Option<Vec<Overwrite>>,
}

/// Changes to a channel or thread; what is `None` stays.
#[derive(Clone, Debug, Default)]
#[expect(
    clippy::option_option,
    reason = "absent, null and a value are three things"
)]
pub(crate) struct ChannelPatch {
    /// The name, before it is normalised.
    pub(crate) name: Option<String>,
    /// The type (text and announcement only).
    pub(crate) kind: Option<u64>,
    /// The topic.
    pub(crate) topic: Option<Option<String>>,
    /// The category.
    pub(crate) parent_id: Option<Option<u64>>,
    /// The place in the list.
    pub(crate) position: Option<u64>,
    /// Age-restricted.
    pub(crate) nsfw: Option<bool>,
    /// Slow mode in seconds.
    pub(crate) rate_limit_per_user: Option<u64>,
    /// What threads archive after, in minutes.
    pub(crate) default_auto_archive_duration: Option<Option<u64>>,
    /// Overwrites, all of them.
    pub(crate) overwrites: Option<Vec<Overwrite>>,
    /// Flags.
    pub(crate) flags: Option<u64>,
    /// Threads: archived or not.
    pub(crate) archived: Option<bool>,
    /// Threads: minutes of silence until they archive themselves.
    pub(crate) auto_archive_duration: Option<u64>,
    /// Threads: locked or not.
    pub(crate) locked: Option<bool>,
    /// Private threads: whether members may invite others.
    pub(crate) invitable: Option<bool>,
}

impl ChannelDraft {
    /// A text channel.
    pub(crate) fn text(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// Refuses what is too long, too many or no choice (50035).
    pub(crate) fn check(&self) -> Result<(), ApiError> {
        let mut errors = FormErrors::default();
        check_name(&mut errors, &self.name);
        if !matches!(self.kind, 0 | 2 | 4 | 5 | 13 | 15 | 16) {
            let choices = "Value must be one of (0, 2, 4, 5, 13, 15, 16).";
            errors.push("type", "BASE_TYPE_CHOICES", choices);
        }
        check_topic(&mut errors, self.kind, self.topic.as_deref());
        check_slowmode(&mut errors, self.rate_limit_per_user);
        if let Some(minutes) = self.default_auto_archive_duration {
            check_archive(&mut errors, "default_auto_archive_duration", minutes);
        }
        check_overwrites(&mut errors, self.overwrites.as_deref());
        errors.done()
    }

    /// The name as it will be kept.
    pub(crate) fn kept_name(&self) -> String {
        normalised(self.kind, &self.name)
    }
}

impl ChannelPatch {
    /// Refuses what is too long, too many or no choice (50035).
    pub(crate) fn check(&self, kind: u64) -> Result<(), ApiError> {
        let mut errors = FormErrors::default();
        if let Some(name) = &self.name {
            check_name(&mut errors, name);
        }
        if let Some(Some(topic)) = &self.topic {
            check_topic(&mut errors, kind, Some(topic));
        }
        if let Some(seconds) = self.rate_limit_per_user {
            check_slowmode(&mut errors, seconds);
        }
        if let Some(minutes) = self.auto_archive_duration {
            check_archive(&mut errors, "auto_archive_duration", minutes);
        }
        if self.kind.is_some_and(|kind| !matches!(kind, 0 | 5)) {
            errors.push("type", "BASE_TYPE_CHOICES", "Value must be one of (0, 5).");
        }
        if kind == CATEGORY && self.parent_id.is_some_and(|parent| parent.is_some()) {
            let message = "Categories cannot have subcategories";
            errors.push("parent_id", "CHANNEL_PARENT_INVALID_TYPE", message);
        }
        check_overwrites(&mut errors, self.overwrites.as_deref());
        errors.done()
    }

    /// Whether anything but `archived` is to change.
    pub(crate) fn edits_more_than_the_archive(&self) -> bool {
        self.name.is_some()
            || self.rate_limit_per_user.is_some()
            || self.auto_archive_duration.is_some()
            || self.locked.is_some()
            || self.invitable.is_some()
            || self.flags.is_some()
    }
}

/// A name of 1 to 100 characters.
pub(crate) fn check_name(errors: &mut FormErrors, name: &str) {
    let length = name.trim().chars().count();
    if length == 0 || length > bounds::NAME_MAX {
        let message = format!("Must be between 1 and {} in length.", bounds::NAME_MAX);
        errors.push("name", "BASE_TYPE_BAD_LENGTH", message);
    }
}

/// One of the four durations that threads know.
pub(crate) fn check_archive(errors: &mut FormErrors, path: &str, minutes: u64) {
    if !matches!(minutes, 60 | 1_440 | 4_320 | 10_080) {
        let message = "Value must be one of (60, 1440, 4320, 10080).";
        errors.push(path, "BASE_TYPE_CHOICES", message);
    }
}

/// Slow mode of at most six hours.
pub(crate) fn check_slowmode(errors: &mut FormErrors, seconds: u64) {
    if seconds > bounds::SLOWMODE_MAX {
        let message = format!(
            "int value should be less than or equal to {}.",
            bounds::SLOWMODE_MAX
        );
        errors.push("rate_limit_per_user", "NUMBER_TYPE_MAX", message);
    }
}

fn check_topic(errors: &mut FormErrors, kind: u64, topic: Option<&str>) {
    let forum = matches!(kind, FORUM | MEDIA);
    let max = if forum {
        bounds::FORUM_TOPIC_MAX
    } else {
        bounds::TOPIC_MAX
    };
    errors.length(
        "topic",
        topic.map_or(0, |topic| topic.chars().count()),
        0,
        max,
    );
}

fn check_overwrites(errors: &mut FormErrors, overwrites: Option<&[Overwrite]>) {
    let count = overwrites.map_or(0, <[Overwrite]>::len);
    errors.length(
        "permission_overwrites",
        count,
        0,
        bounds::OVERWRITES_REQUEST_MAX,
    );
}
