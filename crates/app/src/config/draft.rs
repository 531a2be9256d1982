//! A configuration as far as it can be used: all that is wrong with it, and what is left.

use std::path::Path;

use toml::Table;

use super::{
    Config, ConfigError, Problem,
    check::{self, Checked},
    file::File,
    malformed, overlay, read, unfit,
};
use crate::Environment;

/// A configuration as far as it can be used. Nothing is started with one that has anything wrong; it is
/// for who looks what is.
#[derive(Debug)]
pub struct Draft {
    /// What can be used of it: everything, if nothing is wrong. Defaults stand in for what is wrong;
    /// there is nothing to stand in for the token and the guild.
    pub config: Option<Config>,
    /// What is wrong with it.
    pub error: Option<ConfigError>,
}

// === impl Draft ===

impl Draft {
    /// Reads a file and the environment over it.
    #[must_use]
    pub fn load(path: Option<&Path>, environment: &Environment) -> Self {
        let text = path.map(read).transpose();
        let origin = path.map_or_else(|| "no file".to_owned(), |path| path.display().to_string());
        match text {
            Ok(text) => Self::parse(&text.unwrap_or_default(), &origin, environment),
            Err(error) => Self::unreadable(error),
        }
    }

    /// Reads text, with the environment laid over it. `origin` is what errors call the text.
    #[must_use]
    pub fn parse(text: &str, origin: &str, environment: &Environment) -> Self {
        match file(text, origin, environment) {
            Ok((file, problems)) => {
                let Checked { config, problems } = check::check(file, problems);
                let error = (!problems.is_empty()).then_some(ConfigError::Unusable { problems });
                Self { config, error }
            }
            Err(error) => Self::unreadable(error),
        }
    }

    /// What is wrong with single keys.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        match &self.error {
            Some(ConfigError::Unusable { problems }) => problems,
            _ => &[],
        }
    }

    const fn unreadable(error: ConfigError) -> Self {
        Self {
            config: None,
            error: Some(error),
        }
    }
}

fn file(
    text: &str,
    origin: &str,
    environment: &Environment,
) -> Result<(File, Vec<Problem>), ConfigError> {
    let mut table: Table = text
        .parse()
        .map_err(|error| malformed(origin, text, &error))?;
    // The text by itself first: its errors can name a line.
    if let Err(error) = toml::from_str::<File>(text) {
        return Err(match table.try_into::<File>() {
            Err(named) => unfit(origin, text, &error, &named),
            Ok(_) => malformed(origin, text, &error),
        });
    }
    let problems = overlay::lay_over(&mut table, environment);
    let file = table.try_into::<File>().map_err(|named| {
        let origin = "the environment (CORDBOARD__…) over the configuration file";
        unfit(origin, "", &named, &named)
    })?;
    Ok((file, problems))
}

#[cfg(test)]
mod tests {
    use super::*;

    const USABLE: &str = r#"
        [discord]
        token = "t"
        guild_id = "1"
        [[bots]]
        name = "b"
        user_id = "2"
        models = ["m"]
        [[keys]]
        name = "k"
        secret = "s"
    "#;

    fn parsed(text: &str) -> Draft {
        Draft::parse(text, "a test", &Environment::default())
    }

    #[test]
    fn what_is_wrong_elsewhere_does_not_hide_the_guild() {
        let usable = parsed(USABLE);
        assert!(usable.error.is_none() && usable.config.is_some());
        let odd = format!("listen = \"nowhere\"\n{USABLE}\n[store]\nurl = \"nowhere\"\n");
        let draft = parsed(&odd);
        let keys: Vec<_> = draft.problems().iter().map(|one| &*one.key).collect();
        assert_eq!(keys, ["listen", "store.url"]);
        assert_eq!(draft.config.unwrap().discord.guild_id.get(), 1);
    }

    #[test]
    fn nothing_stands_in_for_the_token_and_the_guild() {
        for (line, key) in [
            ("token = \"t\"", "discord.token"),
            ("guild_id = \"1\"", "discord.guild_id"),
        ] {
            let draft = parsed(&USABLE.replace(line, ""));
            assert!(draft.config.is_none());
            assert_eq!(draft.problems()[0].key, key);
        }
        let draft = parsed("[discord");
        assert!(draft.config.is_none() && draft.problems().is_empty());
        assert!(matches!(draft.error, Some(ConfigError::Malformed { .. })));
    }
}
