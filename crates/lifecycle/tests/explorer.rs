//! Every way in which one channel can go wrong, one after the other, exhaustively.
//!
//! A [case](explorer::case::Case) is one channel, opened, used, released and deleted by the real
//! driver over the real sender against a simulated Discord on a paused clock, with one thing going
//! wrong of each kind: what the creation comes to, what the deletion comes to, at which effect the
//! process dies and with what record it starts again, what a person does and when. Then everything
//! heals, and the [oracle](explorer::oracle) asks the simulator what is really there.
//!
//! The whole product takes hours in an unoptimised build, so what runs each time is three of its
//! faces, which together pair every two kinds of trouble with each other
//! ([`explorer::faces`]). A failing case prints the line that runs it alone.

#![expect(
    clippy::print_stdout,
    reason = "how much was run, and how to run again what failed, is the explorer's result"
)]

mod explorer {
    mod case;
    mod enumerate;
    mod faces;
    mod fuse;
    mod human;
    mod oracle;
    mod outcome;
    mod regressions;
    mod run;
    mod sabotage;
}
