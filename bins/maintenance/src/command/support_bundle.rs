//! What helps somebody else to see what is wrong.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use clap::Args;
use cordboard_app::{
    Failed,
    maintenance::support::{self, SupportRequest},
};
use serde::Serialize;

use super::status::ProxyArgs;
use crate::{
    context::Context,
    draft::Draft,
    exit::{Ended, Outcome, Stopped},
    output::Report,
};

/// Put together what helps somebody else to see what is wrong. It is safe to paste: no token, no key, no
/// message, nobody's home directory. Works with a configuration that cannot be used, too.
#[derive(Debug, Args)]
#[command(after_help = "Example: cordboard-maintenance support-bundle --output bundle.json")]
pub(crate) struct SupportBundle {
    /// Where it goes; `-` is standard output. Nothing is overwritten.
    #[arg(long, value_name = "FILE", default_value = "-")]
    output: PathBuf,
    #[command(flatten)]
    proxy: ProxyArgs,
}

#[derive(Serialize)]
struct Written {
    file: PathBuf,
}

// === impl SupportBundle ===

impl SupportBundle {
    pub(crate) async fn run(self, context: &Context) -> Ended {
        let maintenance = match context.maintenance("support-bundle") {
            Ok(maintenance) => Ok(maintenance),
            Err(Stopped::Failed(failed)) => Err(failed),
            Err(stopped) => return Err(stopped),
        };
        let request = SupportRequest {
            path: &context.path,
            environment: &context.environment,
            status: self.proxy.request()?,
        };
        context
            .output
            .begin("looking at everything, and leaving out what is secret");
        let bundle = support::support_bundle(request, maintenance).await;
        let text = bundle.text();
        if self.output == Path::new("-") {
            // Nobody may be listening any more.
            drop(writeln!(io::stdout(), "{text}"));
            return Ok(Outcome::Done);
        }
        let written = Draft::new(&self.output).and_then(|mut draft| {
            writeln!(draft, "{text}")?;
            draft.make_whole()
        });
        written.map_err(|source| Failed::System {
            what: format!("to write {}", self.output.display()),
            source,
        })?;
        context.output.report(&Written { file: self.output });
        Ok(Outcome::Done)
    }
}

impl Report for Written {
    fn tell(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "wrote {}", self.file.display())
    }
}
