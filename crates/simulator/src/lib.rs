#![doc = include_str!("../README.md")]

mod bots;
mod checks;
mod clock;
mod config;
mod control;
mod dispatch;
mod fault;
mod gateway;
mod limits;
mod record;
mod rest;
mod server;
mod shared;
mod simulator;
mod world;

pub use self::{
    bots::{Answers, ReplyEnd, ReplyTruth, Says, Script},
    checks::Violation,
    config::{
        BotConfig, ChannelConfig, Config, ConfigError, GatewayConfig, GuildConfig, HumanConfig,
        LimitsConfig, ProxyConfig, RoleConfig, RoleDeletion, WindowLimit,
    },
    fault::{Fault, FaultKind, Scope},
    gateway::GatewayCommand,
    record::{Counters, RequestTruth, Truth},
    simulator::{
        BotIntroduction, Introduction, Simulator,
        act::{HumanAct, Refused, SpecialChannel},
    },
    world::{ChannelTruth, OutageAnswer, RoleTruth},
};
