//! Alerts: the outbox in the daybook, the ways to those who are told, and what a process notices by itself.

mod alert_box;
mod bot_limits;
mod fix;
mod former_bots;
mod last_word;
mod lookout;
mod patrol;
mod post;
mod webhook;

pub(crate) use self::{
    alert_box::AlertBox, former_bots::KnownBots, lookout::Lookout, patrol::Patrol, post::Post,
    webhook::rfc3339,
};
