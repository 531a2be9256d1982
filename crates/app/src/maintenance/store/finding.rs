//! What a look at a file found.

use std::fmt;

use serde::Serialize;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub subject: String,
    /// What is wrong and what to do; `None` when it is well.
    pub trouble: Option<Trouble>,
}

/// What is wrong, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// What is wrong.
    pub matter: String,
    /// What to do.
    pub fix: String,
}

// === impl Finding ===

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.trouble {
            None => write!(f, "ok    {}", self.subject),
            Some(Trouble { matter, fix }) => {
                write!(f, "WRONG {} {matter}\n      fix: {fix}", self.subject)
            }
        }
    }
}
