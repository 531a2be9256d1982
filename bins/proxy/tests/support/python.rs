//! Python scripts in a private environment with the packages they need.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, ensure};
use serde_json::Value;

/// The official client, as it is today.
const REQUIREMENTS: [&str; 1] = ["openai==3.54.0"];

/// Runs a script of `tests/clients` and reads the JSON lines it prints.
pub(crate) fn run(script: &str, arguments: &[&str]) -> anyhow::Result<Vec<Value>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/clients")
        .join(script);
    let output = Command::new(interpreter()?)
        .arg(&script)
        .args(arguments)
        .output()?;
    ensure!(
        output.status.success(),
        "{} failed:\n{}\n{}",
        script.display(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    let lines = String::from_utf8(output.stdout)?;
    Ok(lines
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?)
}

/// The environment's Python, made at the first call and kept under the user's cache.
fn interpreter() -> anyhow::Result<PathBuf> {
    #[expect(
        clippy::disallowed_methods,
        reason = "where the cache is depends on the user"
    )]
    let home = std::env::var("HOME").context("HOME is not set")?;
    let cache = Path::new(&home).join(".cache/cordboard-tests");
    let home = cache.join(format!(
        "python-{}",
        REQUIREMENTS.join("-").replace("==", "-")
    ));
    let python = home.join("bin/python");
    if python.exists() {
        return Ok(python);
    }
    // Built beside its place and renamed, so that a half-made one is never taken for whole: Python
    // finds its packages relative to itself.
    fs::create_dir_all(&cache)?;
    let draft = cache.join(format!("draft-{}", std::process::id()));
    let made = Command::new("python3")
        .args(["-m", "venv"])
        .arg(&draft)
        .status();
    ensure!(
        made.context("the end-to-end tests need python3 on the path")?
            .success(),
        "python3 -m venv failed: the end-to-end tests need Python's venv module"
    );
    let installed = Command::new(draft.join("bin/python"))
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ])
        .args(REQUIREMENTS)
        .status()?;
    ensure!(
        installed.success(),
        "pip could not install {REQUIREMENTS:?}"
    );
    fs::rename(&draft, &home)?;
    Ok(python)
}
