use super::*;

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| {
            (
                http::HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        })
        .collect()
}

const BUCKET: [(&str, &str); 5] = [
    ("x-ratelimit-bucket", "abcd1234"),
    ("x-ratelimit-limit", "5"),
    ("x-ratelimit-remaining", "4"),
    ("x-ratelimit-reset", "1470173023.123"),
    ("x-ratelimit-reset-after", "4.352"),
];

#[test]
fn the_headers_of_an_ordinary_reply_are_read() {
    let told = Told::read(&headers(&BUCKET)).unwrap();
    assert_eq!(
        told,
        Told {
            bucket: BucketId::named("abcd1234"),
            limit: 5,
            remaining: 4,
            reset_after: Duration::from_millis(4352),
            window_ms: 1_470_173_023_123,
        }
    );
    for missing in 0..BUCKET.len() {
        let mut some = BUCKET.to_vec();
        let (name, _) = some.remove(missing);
        let told = Told::read(&headers(&some));
        assert_eq!(told.is_some(), name == "x-ratelimit-reset", "{name}");
    }
}

/// Name, headers, body, what it closes, for how many milliseconds.
type Case = (
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
    Scope,
    u64,
);

const HTML: &str = "<html>error code: 1015</html>";

const BLOCKED_MS: u64 = 600_000;

const DAY_MS: u64 = 86_400_000;

/// topics/rate-limits#exceeding-a-rate-limit, and what else was seen.
#[rustfmt::skip]
const LIMITED: [Case; 14] = [
    ("per route", &[("x-ratelimit-scope", "user"), ("retry-after", "65")],
     r#"{"message":"You are being rate limited.","retry_after":64.57,"global":false}"#,
     Scope::Bucket, 64_570),
    ("shared", &[("x-ratelimit-scope", "shared"), ("retry-after", "2"), ("x-ratelimit-reset-after", "1336.57")],
     r#"{"retry_after":1.5,"global":false}"#, Scope::Shared, 1500),
    ("global by scope", &[("x-ratelimit-scope", "global"), ("retry-after", "1")],
     r#"{"retry_after":0.3,"global":true}"#, Scope::Global, 300),
    ("global by header", &[("x-ratelimit-global", "true"), ("retry-after", "3")], "", Scope::Global, 3000),
    ("global by body", &[], r#"{"retry_after":0.25,"global":true}"#, Scope::Global, 250),
    ("fractional header", &[("x-ratelimit-scope", "user"), ("retry-after", "1.5")], "", Scope::Bucket, 1500),
    ("no headers, discord's words (discord-api-docs #5574)", &[],
     r#"{"code":40062,"global":false,"message":"Service resource is being rate limited.","retry_after":3}"#,
     Scope::Bucket, 3000),
    ("cloudflare", &[], HTML, Scope::Global, BLOCKED_MS),
    ("cloudflare with a wait", &[("retry-after", "90")], HTML, Scope::Global, 90_000),
    ("cloudflare in json (discord-api-docs #1808)", &[],
     r#"{"code":0,"message":"You are being blocked from accessing our API temporarily"}"#,
     Scope::Global, BLOCKED_MS),
    ("body and header disagree", &[("x-ratelimit-scope", "user"), ("retry-after", "65")],
     r#"{"retry_after":0.3}"#, Scope::Bucket, 65_000),
    ("zero is no hot loop", &[("x-ratelimit-scope", "user"), ("retry-after", "0")],
     r#"{"retry_after":0}"#, Scope::Bucket, 50),
    ("nonsense", &[("x-ratelimit-scope", "user"), ("retry-after", "soon")],
     r#"{"retry_after":-1}"#, Scope::Bucket, BLOCKED_MS),
    ("for ever", &[("x-ratelimit-scope", "user"), ("retry-after", "1e300")], "", Scope::Bucket, DAY_MS),
];

#[test]
fn every_kind_of_429_is_waited_out_as_told() {
    for (name, pairs, body, scope, wait_ms) in LIMITED {
        let limited = Limited::read(
            StatusCode::TOO_MANY_REQUESTS,
            &headers(pairs),
            body.as_bytes(),
        );
        let wait = Duration::from_millis(wait_ms);
        assert_eq!(limited, Some(Limited { scope, wait }), "{name}");
    }
    assert_eq!(Limited::read(StatusCode::OK, &headers(&BUCKET), b""), None);
}
