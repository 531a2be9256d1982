//! `[upkeep]` and `[bots.keepalive]`: what is done on a schedule.

use std::{net::SocketAddr, time::Duration};

use cordboard_conversation::{Bot, Profile};
use cordboard_upkeep::{
    Judge, KeepAlive, Says, Schedule, ScheduleError, limits::TEXT_CHARACTERS_MAX,
};

use super::{file, problem::Problem};

const SCHEDULE: &str = "0 9 * * *";
const TIME_ZONE: &str = "UTC";
const JITTER: Duration = Duration::from_mins(30);
const TEXT: &str = "Are you there? One word will do.";
const ANSWER_TIMEOUT: Duration = Duration::from_mins(2);
/// Whoever is to answer within less has no time to; more than an hour is a slip.
const ANSWER_TIMEOUTS: std::ops::RangeInclusive<Duration> =
    Duration::from_secs(5)..=Duration::from_hours(1);

/// What is done on a schedule, by `cordboard-maintenance serve` or by the proxy.
#[derive(Clone, Debug)]
pub struct Upkeep {
    /// Whether the proxy does it (default no). Several that do it do each thing once.
    pub in_proxy: bool,
    /// Where `serve` tells that it is alive (`GET /healthz`); a loopback address (default nowhere).
    pub listen: Option<SocketAddr>,
    /// How each bot is kept alive, in the order of `[[bots]]`.
    pub bots: Vec<KeptBot>,
}

/// How one bot is kept alive.
#[derive(Clone, Debug)]
pub struct KeptBot {
    /// Whether it is, on its schedule (default yes).
    pub enabled: bool,
    /// When (default daily at nine, UTC, and up to half an hour later).
    pub schedule: Schedule,
    /// Where, and what is said.
    pub bot: KeepAlive,
}

/// `bots` are those of `files`, checked, in the same order.
pub(super) fn upkeep(
    upkeep: &file::Upkeep,
    files: &[file::Bot],
    bots: &[Bot],
    problems: &mut Vec<Problem>,
) -> Upkeep {
    let listen = upkeep.listen.as_deref().and_then(|text| {
        let address: Option<SocketAddr> = text.parse().ok();
        let usable = address.filter(|address| address.ip().is_loopback());
        if usable.is_none() {
            problems.push(Problem::new(
                "upkeep.listen",
                format!("{text:?} is not a loopback address with a port"),
                "write for example \"127.0.0.1:7078\", or leave it out",
            ));
        }
        usable
    });
    let kept = files.iter().zip(bots).enumerate();
    Upkeep {
        in_proxy: upkeep.in_proxy,
        listen,
        bots: kept
            .filter_map(|(index, (file, bot))| {
                let defaults = &upkeep.keepalive;
                kept_bot(defaults, file, bot, index, problems)
            })
            .collect(),
    }
}

/// `None` when there is a problem.
fn kept_bot(
    defaults: &file::KeepAlive,
    file: &file::Bot,
    bot: &Bot,
    index: usize,
    problems: &mut Vec<Problem>,
) -> Option<KeptBot> {
    let own = &file.keepalive;
    // The key that a value came from: of several bots with one mistake, each names it.
    let key = |field: &str, is_own: bool| {
        if is_own {
            format!("bots[{index}].keepalive.{field}")
        } else {
            format!("upkeep.keepalive.{field}")
        }
    };
    let timeout = own.answer_timeout.or(defaults.answer_timeout);
    let answer_timeout = timeout.map_or(ANSWER_TIMEOUT, |span| span.0);
    let mut is_well = true;
    let mut tell = |problem: Problem| {
        is_well = false;
        // A mistake that is in one place is told once.
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    };
    if !ANSWER_TIMEOUTS.contains(&answer_timeout) {
        tell(Problem::new(
            key("answer_timeout", own.answer_timeout.is_some()),
            "is less than 5 s or more than an hour",
            "write for example \"2m\"",
        ));
    }
    let text = own.text.as_ref().or(defaults.text.as_ref());
    let text = said(text.map_or(TEXT, String::as_str), bot);
    if text.is_none() {
        tell(Problem::new(
            key("text", own.text.is_some()),
            "is empty, or too long for one message",
            format!("write a sentence, at most {TEXT_CHARACTERS_MAX} characters with the mention"),
        ));
    }
    let schedule = schedule(own, defaults, key).map_err(tell).ok();
    let expect = own.expect.clone().or_else(|| defaults.expect.clone());
    let bot = KeepAlive {
        bot: bot.name.clone(),
        bot_id: bot.user_id,
        channel_ids: bot.default_channels(),
        text: text?,
        answer_timeout,
        judge: judge(bot.profile.clone(), move |text| {
            expect.as_ref().is_none_or(|pattern| pattern.matches(text))
        }),
    };
    is_well.then_some(())?;
    Some(KeptBot {
        enabled: own.enabled.or(defaults.enabled).unwrap_or(true),
        schedule: schedule?,
        bot,
    })
}

fn schedule(
    own: &file::KeepAlive,
    defaults: &file::KeepAlive,
    key: impl Fn(&str, bool) -> String,
) -> Result<Schedule, Problem> {
    let expression = own.schedule.as_deref().or(defaults.schedule.as_deref());
    let zone = own.time_zone.as_deref().or(defaults.time_zone.as_deref());
    let jitter = own.jitter.or(defaults.jitter).map(|span| span.0);
    let schedule = Schedule::new(
        expression.unwrap_or(SCHEDULE),
        zone.unwrap_or(TIME_ZONE),
        jitter.unwrap_or(JITTER),
    );
    schedule.map_err(|error| {
        let (key, fix) = match error {
            ScheduleError::Zone { .. } => (
                key("time_zone", own.time_zone.is_some()),
                "write \"UTC\", or a name such as \"America/New_York\"",
            ),
            ScheduleError::Jitter { .. } => (
                key("jitter", own.jitter.is_some()),
                "write a shorter one, such as \"5m\"",
            ),
            _ => (
                key("schedule", own.schedule.is_some()),
                "write minute, hour, day of month, month and day of week, or \"@daily\"",
            ),
        };
        Problem::new(key, error.to_string(), fix)
    })
}

/// What is posted: with a mention if the bot wants one, and none if it does not fit.
fn said(text: &str, bot: &Bot) -> Option<String> {
    let text = text.trim();
    let said = if bot.profile.mention {
        format!("<@{}> {text}", bot.user_id)
    } else {
        text.to_owned()
    };
    let fits = !text.is_empty() && said.chars().count() <= TEXT_CHARACTERS_MAX;
    fits.then_some(said)
}

/// Tells what a text of a bot is by its profile.
fn judge(profile: Profile, is_expected: impl Fn(&str) -> bool + Send + Sync + 'static) -> Judge {
    Judge::new(move |text| {
        if profile.is_placeholder(text) {
            Says::NotYet
        } else if profile.is_limit_message(text) {
            Says::Limit
        } else if is_expected(text) {
            Says::Answer
        } else {
            Says::Wrong
        }
    })
}
