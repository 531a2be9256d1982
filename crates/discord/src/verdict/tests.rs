use bytes::Bytes;
use cordboard_lifecycle::Failure;
use http::HeaderMap;

use super::*;
use crate::Code;

fn reply(status: u16, body: &'static str) -> Reply {
    Reply {
        status: StatusCode::from_u16(status).unwrap(),
        headers: HeaderMap::new(),
        body: Ok(Bytes::from_static(body.as_bytes())),
    }
}

#[derive(Debug, PartialEq)]
enum Kind {
    NotDone,
    Unknown,
    Never,
    NoRoom,
}

fn kind(failure: &Failure) -> Kind {
    match failure {
        Failure::NotDone { .. } => Kind::NotDone,
        Failure::Unknown { .. } => Kind::Unknown,
        Failure::Never { .. } => Kind::Never,
        Failure::NoRoom { .. } => Kind::NoRoom,
        other => unreachable!("{other:?}"),
    }
}

const HTML: &str = "<html>502 Bad Gateway</html>";

/// Status, body, verdict on a call that acts, verdict on a read.
#[rustfmt::skip]
const REPLIES: [(u16, &str, Kind, Kind); 18] = [
    (400, r#"{"code":50035,"message":"Invalid Form Body"}"#, Kind::Never, Kind::Never),
    (400, r#"{"code":50035,"errors":{"parent_id":{"_errors":[{"code":"CHANNEL_PARENT_MAX_CHANNELS"}]}}}"#,
     Kind::NoRoom, Kind::NoRoom),
    (400, r#"{"code":30013,"message":"Maximum number of server channels reached (500)"}"#, Kind::NoRoom, Kind::NoRoom),
    (400, r#"{"code":160006,"message":"Maximum number of active threads reached"}"#, Kind::NoRoom, Kind::NoRoom),
    (400, r#"{"code":50074,"message":"Cannot delete"}"#, Kind::Never, Kind::Never),
    (401, r#"{"code":0,"message":"401: Unauthorized"}"#, Kind::Never, Kind::Never),
    (401, HTML, Kind::Never, Kind::Never),
    (403, r#"{"code":50013,"message":"Missing Permissions"}"#, Kind::Never, Kind::Never),
    (403, r#"{"code":50001,"message":"Missing Access"}"#, Kind::Never, Kind::Never),
    (403, HTML, Kind::Unknown, Kind::NotDone),
    (404, r#"{"code":10004,"message":"Unknown Guild"}"#, Kind::Never, Kind::Never),
    (404, HTML, Kind::Unknown, Kind::NotDone),
    (408, r#"{"code":0}"#, Kind::Unknown, Kind::NotDone),
    (500, r#"{"code":0,"message":"500: Internal Server Error"}"#, Kind::Unknown, Kind::NotDone),
    (502, HTML, Kind::Unknown, Kind::NotDone),
    (503, r#"{"code":130000,"message":"overloaded"}"#, Kind::Unknown, Kind::NotDone),
    (504, "", Kind::Unknown, Kind::NotDone),
    (302, "", Kind::Unknown, Kind::NotDone),
];

#[test]
fn replies_are_sorted_by_what_the_caller_may_do() {
    for (status, body, acting, reading) in REPLIES {
        let judge = || Failed::from(Trouble::judge(reply(status, body), None).unwrap_err());
        assert_eq!(kind(&judge().acting()), acting, "{status} {body}");
        assert_eq!(kind(&judge().reading()), reading, "{status} {body}");
    }
    assert_eq!(Trouble::judge(reply(201, "{}"), None).unwrap(), "{}");
}

#[test]
fn a_429_never_counts_as_executed() {
    let wait = Duration::from_secs(7);
    for body in [Ok(Bytes::new()), Err(BodyLoss::Deadline)] {
        let reply = Reply {
            status: StatusCode::TOO_MANY_REQUESTS,
            headers: HeaderMap::new(),
            body,
        };
        let limited = Limited {
            scope: crate::limiter::Scope::Bucket,
            wait,
        };
        let trouble = Trouble::judge(reply, Some(limited)).unwrap_err();
        match Failed::from(trouble).acting() {
            Failure::NotDone { wait: told, .. } => assert_eq!(told, Some(wait)),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn silence_is_unknown_only_when_something_may_have_left() {
    let cases = [
        (Trouble::NotSent(Silence::Deadline), Kind::NotDone),
        (Trouble::Crowded, Kind::NotDone),
        (
            Trouble::InvalidBudget {
                wait: Duration::from_secs(1),
            },
            Kind::NotDone,
        ),
        (Trouble::Lost(Silence::Deadline), Kind::Unknown),
        (
            Trouble::BodyLost {
                status: 201,
                source: BodyLoss::Deadline,
            },
            Kind::Unknown,
        ),
        (Trouble::Unreadable("x".into()), Kind::Unknown),
        (Trouble::Unbuildable("x".into()), Kind::Never),
    ];
    for (trouble, expected) in cases {
        let text = trouble.to_string();
        assert_eq!(kind(&Failed::from(trouble).acting()), expected, "{text}");
    }
}

#[test]
fn an_earlier_try_that_may_have_acted_is_not_forgotten() {
    let failed = Failed {
        trouble: Trouble::NotSent(Silence::Deadline),
        may_have_acted: true,
    };
    assert_eq!(kind(&failed.acting()), Kind::Unknown);
}

#[test]
fn a_refusal_prints_discords_words_and_no_body() {
    let body = r#"{"code":10003,"message":"Unknown Channel","secret":"x"}"#;
    let trouble = Trouble::judge(reply(404, body), None).unwrap_err();
    assert!(matches!(&trouble, Trouble::Refused(refusal) if refusal.code == Code::UnknownChannel));
    assert_eq!(
        trouble.to_string(),
        "discord refused with status 404: Unknown Channel (UnknownChannel)"
    );
}

#[test]
fn a_refused_token_says_nothing_of_the_channel_that_was_read() {
    let judge = |status, body| Failed::from(Trouble::judge(reply(status, body), None).unwrap_err());
    let of_token = judge(401, r#"{"code":0,"message":"401: Unauthorized"}"#);
    let of_channel = judge(403, r#"{"code":50001,"message":"Missing Access"}"#);
    let verdicts = [of_token, of_channel].map(cordboard_recovery::Failure::from);
    let [
        cordboard_recovery::Failure::NotDone { .. },
        cordboard_recovery::Failure::Never { .. },
    ] = verdicts
    else {
        panic!("{verdicts:?}");
    };
}
