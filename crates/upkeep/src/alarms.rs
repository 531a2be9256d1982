//! Whom to tell when something is wrong that nobody is looking at.

use futures_util::future::BoxFuture;

/// Whom to tell when something is wrong, and when it no longer is. It may be told the same again and
/// again: what is news is its business.
pub trait Alarms: Send + Sync + 'static {
    /// Something is wrong: its kind (`bot_silent`), what it is about (the bot's name), and a sentence for
    /// people.
    fn raise<'a>(&'a self, kind: &'a str, subject: &'a str, text: &'a str) -> BoxFuture<'a, ()>;

    /// It is not, or not any more.
    fn clear<'a>(&'a self, kind: &'a str, subject: &'a str) -> BoxFuture<'a, ()>;
}
