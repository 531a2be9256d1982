#![doc = include_str!("../README.md")]

mod attachments;
mod audit_log;
mod backfill;
mod call;
mod channels;
mod clock;
mod code;
mod directory;
mod discord;
mod error;
mod guild;
mod headroom;
mod limiter;
mod limits;
mod messages;
mod notices;
mod overview;
mod permission;
mod roles;
mod send;
mod settings;
mod standing;
mod talk;
mod threads;
mod token;
mod transport;
mod verdict;
mod wish;

pub use self::{
    audit_log::AuditLogEntry,
    backfill::Backfill,
    code::{Code, Refusal},
    directory::{ChannelReport, GuildReport, Identity},
    discord::Discord,
    error::DiscordError,
    headroom::Identifies,
    overview::ChannelOverview,
    settings::Settings,
    standing::{GuildStanding, MemberStanding},
    threads::NewThread,
    transport::{BodyLoss, Silence},
    verdict::Trouble,
};
