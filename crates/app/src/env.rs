//! The process environment, read in this one place.

use std::collections::BTreeMap;

/// Environment variables, taken once.
///
/// Passed as a value, so that a test can bring its own and nothing else can look around.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The environment of this process. Variables that are not UTF-8 are left out.
    #[must_use]
    pub fn of_process() -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the one place that reads it"
        )]
        let variables = std::env::vars_os();
        let environment = Self(
            variables
                .filter_map(|(name, value)| {
                    Some((name.into_string().ok()?, value.into_string().ok()?))
                })
                .collect(),
        );
        #[cfg(feature = "kill-points")]
        environment.arm_kill_point();
        #[cfg(feature = "sabotage")]
        environment.commit_sabotage();
        environment
    }

    /// Takes from `CORDBOARD_KILL=NAME:N` where to die. Here, because nothing has happened yet.
    ///
    /// # Panics
    /// When it is not that: it would kill nobody, and the test that has set it would pass.
    #[cfg(feature = "kill-points")]
    fn arm_kill_point(&self) {
        if let Some(point) = self.get("CORDBOARD_KILL") {
            cordboard_lifecycle::kill_point::arm(point.parse().expect("it is NAME:N"));
        }
    }

    /// Takes from `CORDBOARD_SABOTAGE` which safeguard to remove.
    ///
    /// # Panics
    /// When there is no such safeguard.
    #[cfg(feature = "sabotage")]
    fn commit_sabotage(&self) {
        match self.get("CORDBOARD_SABOTAGE") {
            None => {}
            Some("synchronous-normal") => cordboard_store::sabotage::synchronous_normal(),
            Some("blocked-thread") => crate::sabotage::block_threads(1),
            Some("blocked-runtime") => crate::sabotage::block_threads(crate::sabotage::ALL),
            Some(other) => panic!("there is no sabotage {other}"),
        }
    }

    /// The value of one variable.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// All variables that start with `prefix`, in the order of their names, without the prefix.
    pub fn with_prefix<'a>(
        &'a self,
        prefix: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a str)> + 'a {
        self.0
            .iter()
            .filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, value.as_str())))
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(variables: I) -> Self {
        Self(
            variables
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

// Values may be secrets: names only.
impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
