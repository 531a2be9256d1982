#![doc = include_str!("../README.md")]

mod admin;
mod answer;
mod attachment;
mod body;
mod chat;
mod connection;
mod consumers;
mod cors;
mod dead_letters;
mod debts;
mod desk;
mod entrance;
mod event;
mod frontend;
mod health;
mod key;
mod limits;
mod message_log;
mod metrics;
mod models;
mod order;
mod query;
mod readiness;
mod relay;
mod routes;
mod server;
mod settings;
mod starting;
mod transport;
mod trouble;
mod visit;

pub use self::{
    consumers::{Consumer, Consumers, ConsumersError, Failure, Verdict},
    dead_letters::{DeadLetter, DeadLetterPage, DeadLetterQuery, DeadLetters},
    debts::{Debt, DebtPage, DebtQuery, DebtStage, Debts, DebtsError},
    desk::Desk,
    entrance::Entrance,
    event::{Change, Event},
    frontend::Frontend,
    health::Details,
    key::{Key, Scope},
    message_log::{
        EventPage, EventQuery, Gap, GapPage, GapQuery, LoggedMessage, MessageLog, MessageLogError,
        MessagePage, MessageQuery,
    },
    metrics::{Metric, MetricKind, Sample},
    readiness::Cause,
    relay::Streams,
    settings::Settings,
};
