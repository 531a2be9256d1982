//! What is run each time: three faces of the product, which together pair every two kinds of
//! trouble with each other; and on demand the whole.

use tokio::time::Instant;

use super::{
    case::{Case, Recovery},
    enumerate::{Crashes, explore},
    human::{Act, Human, Point},
    outcome::{DELETIONS, POSTS},
    run::run,
};

/// Every human act at every point.
pub(super) fn humans() -> impl Iterator<Item = Human> {
    Act::ALL.into_iter().flat_map(|act| {
        Point::ALL
            .into_iter()
            .map(move |point| Human { act, point })
    })
}

/// Every human act at every point, while nothing else goes wrong.
pub(super) fn acts() -> impl Iterator<Item = Case> {
    with_humans(Case::calm())
}

/// Every pair of what the requests come to.
pub(super) fn answers() -> impl Iterator<Item = Case> {
    POSTS.iter().flat_map(|post| {
        DELETIONS.iter().map(move |delete| Case {
            post,
            delete,
            ..Case::calm()
        })
    })
}

/// Every pair of kinds of what the requests come to.
fn kinds() -> impl Iterator<Item = Case> {
    answers().filter(|case| case.post.is_kind && case.delete.is_kind)
}

/// The pairs that are not among the [`kinds`], of which one is nothing special.
fn singles() -> impl Iterator<Item = Case> {
    let is_fine = |case: &Case| case.post.name == "fine" || case.delete.name == "fine";
    let is_kind = |case: &Case| case.post.is_kind && case.delete.is_kind;
    answers().filter(move |case| is_fine(case) && !is_kind(case))
}

fn with_humans(case: Case) -> impl Iterator<Item = Case> {
    humans().map(move |human| Case {
        human: Some(human),
        ..case
    })
}

fn is_in_life(case: &Case) -> bool {
    case.human.is_none_or(|human| human.point != Point::Down)
}

pub(super) fn with_recoveries(case: Case) -> impl Iterator<Item = Case> {
    Case::RECOVERIES
        .into_iter()
        .map(move |recovery| Case { recovery, ..case })
}

/// How much of the product is explored: `EXPLORE=pairs` takes minutes, `EXPLORE=all` hours.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Width {
    /// Each kind of answer to the creation with each kind of answer to the deletion, and each answer
    /// with one that is fine.
    Kinds,
    /// Each answer with each answer.
    Pairs,
    /// And with everything that people do, in every crash.
    All,
}

fn width() -> Width {
    match setting("EXPLORE").as_str() {
        "" => Width::Kinds,
        "pairs" => Width::Pairs,
        "all" => Width::All,
        other => panic!("EXPLORE={other}: it is pairs or all"),
    }
}

fn setting(name: &str) -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the explorer reads the environment: to run more, or one again"
    )]
    let setting = std::env::var(name);
    setting.unwrap_or_default()
}

fn cases() -> Vec<Case> {
    match width() {
        Width::Kinds => kinds().chain(singles()).collect(),
        Width::Pairs | Width::All => answers().collect(),
    }
}

#[test]
fn a_crash_at_any_effect_whatever_discord_answers_leaves_no_channel() {
    let began = Instant::now();
    let cases: Vec<_> = cases().into_iter().flat_map(with_recoveries).collect();
    explore(&cases, Crashes::All).report("crash x (POST x DELETE) x recovery", began, 2_000);
}

#[test]
fn a_crash_at_any_effect_whatever_people_do_leaves_no_channel() {
    let began = Instant::now();
    let cases: Vec<_> = match width() {
        Width::Kinds | Width::Pairs => acts().flat_map(with_recoveries).collect(),
        Width::All => answers()
            .flat_map(with_humans)
            .flat_map(with_recoveries)
            .collect(),
    };
    explore(&cases, Crashes::All).report("crash x human act x point x recovery", began, 1_200);
}

#[test]
fn whatever_discord_answers_and_people_do_no_channel_is_left() {
    let began = Instant::now();
    let cases: Vec<_> = cases()
        .into_iter()
        .flat_map(with_humans)
        .filter(is_in_life)
        .collect();
    explore(&cases, Crashes::None).report("(POST x DELETE) x human act x point", began, 3_000);
}

/// The case in `EXPLORE_CASE`, or the one in which nothing goes wrong.
#[test]
fn one_case() {
    let case = Case::parse(&setting("EXPLORE_CASE"));
    let ran = run(case);
    println!("{case}: {} effects", ran.effects);
    if let Err(wrong) = ran.verdict {
        panic!("{wrong}");
    }
}

#[test]
fn a_case_is_read_as_it_is_written() {
    let human = Some(Human {
        act: Act::Hide,
        point: Point::InUse,
    });
    let case = Case {
        post: &POSTS[2],
        delete: &DELETIONS[3],
        recovery: Recovery::Lost,
        human,
        crash: Some(7),
        ..Case::calm()
    };
    let text = case.to_string();
    assert_eq!(Case::parse(&text).to_string(), text);
    assert!(text.contains("recovery=lost crash=7"), "{text}");
}
