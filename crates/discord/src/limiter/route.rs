//! What Discord's rate limits are keyed by.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use twilight_model::id::{
    Id,
    marker::{ChannelMarker, GuildMarker},
};

use super::share::Share;

/// The top-level resource: each has its own count of a bucket
/// (topics/rate-limits#rate-limits).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Resource {
    None,
    Channel(Id<ChannelMarker>),
    Guild(Id<GuildMarker>),
}

/// Method and path template of a request, with its top-level resource and what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    /// As in `POST /channels/{channel_id}/messages`.
    pub(crate) name: &'static str,
    pub(crate) resource: Resource,
    pub(crate) share: Share,
}

/// A bucket without its resource: what `X-RateLimit-Bucket` named, or, until that is known, the
/// route itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct BucketId(u64);

impl BucketId {
    pub(crate) fn named(name: &str) -> Self {
        Self(BuildHasherDefault::<DefaultHasher>::default().hash_one((true, name)))
    }

    pub(crate) fn of_route(name: &str) -> Self {
        Self(BuildHasherDefault::<DefaultHasher>::default().hash_one((false, name)))
    }
}

/// A bucket of one top-level resource: the thing that has a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) bucket: BucketId,
    pub(crate) resource: Resource,
}
