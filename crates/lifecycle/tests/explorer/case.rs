//! The coordinates of one run.

use std::fmt;

use cordboard_lifecycle::Sabotage;

use super::{
    human::{Act, Human, Point},
    outcome::{DELETIONS, Outcome, POSTS},
};

/// The coordinates of one run. In text, as [`Case::parse`] reads them: `post=lost delete=fine
/// recovery=same act=hide@in_use crash=7`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    pub(crate) post: &'static Outcome,
    pub(crate) delete: &'static Outcome,
    /// What the life after a crash has to go by.
    pub(crate) recovery: Recovery,
    pub(crate) human: Option<Human>,
    /// At which effect the process dies, counted from 1.
    pub(crate) crash: Option<u32>,
    /// The safeguard that is missing.
    pub(crate) sabotage: Option<Sabotage>,
}

/// What a life after a crash has to go by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recovery {
    /// The record of the life before it.
    Same,
    /// An empty record, and the key of the marks.
    Lost,
}

// === impl Case ===

impl Case {
    pub(crate) const RECOVERIES: [Recovery; 2] = [Recovery::Same, Recovery::Lost];

    /// Nothing goes wrong.
    pub(crate) fn calm() -> Self {
        Self {
            post: &POSTS[0],
            delete: &DELETIONS[0],
            recovery: Recovery::Same,
            human: None,
            crash: None,
            sabotage: None,
        }
    }

    /// The case with these coordinates; what is not named does not go wrong.
    ///
    /// # Panics
    /// When there is no such case.
    pub(crate) fn parse(text: &str) -> Self {
        let mut case = Self::calm();
        for word in text.split_whitespace() {
            let (key, value) = word.split_once('=').expect("coordinates are key=value");
            match key {
                "post" => case.post = Outcome::named(POSTS, value),
                "delete" => case.delete = Outcome::named(DELETIONS, value),
                "recovery" => case.recovery = Recovery::named(value),
                "act" => {
                    let (act, point) = value.split_once('@').expect("an act is act@point");
                    case.human = Some(Human {
                        act: Act::named(act),
                        point: Point::named(point),
                    });
                }
                "crash" => case.crash = Some(value.parse().expect("a crash has a number")),
                _ => panic!("no coordinate is called {key}"),
            }
        }
        case
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { post, delete, .. } = self;
        write!(f, "post={} delete={}", post.name, delete.name)?;
        if let Some(Human { act, point }) = self.human {
            write!(f, " act={}@{}", act.name(), point.name())?;
        }
        if let Some(crash) = self.crash {
            write!(f, " recovery={} crash={crash}", self.recovery.name())?;
        }
        Ok(())
    }
}

// === impl Recovery ===

impl Recovery {
    const fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Lost => "lost",
        }
    }

    fn named(name: &str) -> Self {
        let mut all = Case::RECOVERIES.into_iter();
        all.find(|recovery| recovery.name() == name)
            .unwrap_or_else(|| panic!("no recovery is called {name}"))
    }
}
