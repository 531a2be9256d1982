//! Reads the repository and holds it to what DESIGN and style ask: layering, sizes, documents.
#![expect(
    clippy::unwrap_used,
    reason = "all of this file is a test, its helpers included"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use toml::Table;

/// A source file longer than this wants to be two.
const LINES_MAX: usize = 400;

/// Who may import which of our crates (docs/ARCHITECTURE.md). Development dependencies are free.
const LAYERS: &[(&str, &[&str])] = &[
    ("lifecycle", &[]),
    ("recovery", &[]),
    ("gateway", &[]),
    ("openai", &[]),
    ("simulator", &[]),
    ("conversation", &["lifecycle", "recovery", "gateway"]),
    ("upkeep", &["lifecycle", "recovery", "gateway"]),
    (
        "discord",
        &["lifecycle", "recovery", "gateway", "conversation", "upkeep"],
    ),
    (
        "store",
        &["lifecycle", "recovery", "gateway", "conversation", "upkeep"],
    ),
    (
        "frontend",
        &[
            "openai",
            "conversation",
            "lifecycle",
            "recovery",
            "gateway",
            "upkeep",
        ],
    ),
    (
        "app",
        &[
            "lifecycle",
            "recovery",
            "gateway",
            "conversation",
            "upkeep",
            "openai",
            "frontend",
            "discord",
            "store",
        ],
    ),
    ("proxy", &["app", "simulator"]),
    ("maintenance", &["app", "simulator"]),
    ("simulator-bin", &["simulator"]),
];

/// Libraries that a layer keeps away from, whatever else it imports.
const FORBIDDEN: &[(&str, &[&str])] = &[
    (
        "lifecycle",
        &[
            "hyper",
            "axum",
            "rusqlite",
            "twilight-http",
            "twilight-gateway",
            "tower-http",
        ],
    ),
    (
        "recovery",
        &[
            "hyper",
            "axum",
            "rusqlite",
            "twilight-http",
            "twilight-gateway",
            "tower-http",
        ],
    ),
    (
        "gateway",
        &["hyper", "axum", "rusqlite", "twilight-http", "tower-http"],
    ),
    (
        "conversation",
        &[
            "hyper",
            "axum",
            "rusqlite",
            "twilight-http",
            "twilight-gateway",
        ],
    ),
    (
        "upkeep",
        &[
            "hyper",
            "axum",
            "rusqlite",
            "twilight-http",
            "twilight-gateway",
        ],
    ),
    ("openai", &["tokio", "hyper", "axum", "twilight-model"]),
    (
        "frontend",
        &["rusqlite", "twilight-http", "twilight-gateway"],
    ),
    (
        "simulator",
        &[
            "twilight-http",
            "twilight-gateway",
            "twilight-model",
            "rusqlite",
        ],
    ),
    (
        "app",
        &["axum", "rusqlite", "twilight-http", "twilight-gateway"],
    ),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .unwrap()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All files below `folder` whose name ends so, build output and dot-folders left out.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            let (path, name) = (entry.path(), entry.file_name().into_string().unwrap());
            if name.starts_with('.') || name == "target" || name == "node_modules" {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn sources() -> Vec<PathBuf> {
    ["crates", "bins", "tests"]
        .iter()
        .flat_map(|folder| files(&root().join(folder), ".rs"))
        .collect()
}

/// Manifest by short package name: `cordboard-lifecycle` is `lifecycle`.
fn manifests() -> BTreeMap<String, (PathBuf, Table)> {
    ["crates", "bins"]
        .iter()
        .flat_map(|folder| files(&root().join(folder), "Cargo.toml"))
        .map(|path| {
            let manifest: Table = read(&path).parse().unwrap();
            let name = manifest["package"]["name"].as_str().unwrap();
            let short = name
                .strip_prefix("cordboard-")
                .expect("packages carry the prefix");
            (
                short.to_owned(),
                (path.parent().unwrap().to_owned(), manifest),
            )
        })
        .collect()
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root())
        .unwrap_or(path)
        .display()
        .to_string()
}

fn none_wrong(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn crates_import_only_what_their_layer_may() {
    let mut wrong = Vec::new();
    let manifests = manifests();
    let known: BTreeSet<&str> = LAYERS.iter().map(|(name, _)| *name).collect();
    for (name, (_, manifest)) in &manifests {
        if !known.contains(name.as_str()) {
            wrong.push(format!("{name} is not in the layering table"));
            continue;
        }
        let allowed = LAYERS.iter().find(|(layer, _)| layer == name).unwrap().1;
        let forbidden = FORBIDDEN
            .iter()
            .find(|(layer, _)| layer == name)
            .map_or(&[][..], |f| f.1);
        let none = Table::new();
        let dependencies = manifest
            .get("dependencies")
            .and_then(toml::Value::as_table)
            .unwrap_or(&none);
        for dependency in dependencies.keys() {
            if let Some(ours) = dependency.strip_prefix("cordboard-")
                && !allowed.contains(&ours)
            {
                wrong.push(format!("{name} imports {ours}: not its layer"));
            }
            if forbidden.contains(&dependency.as_str()) {
                wrong.push(format!(
                    "{name} imports {dependency}: kept away from this layer"
                ));
            }
        }
    }
    for (layer, _) in LAYERS {
        if !manifests.contains_key(*layer) {
            wrong.push(format!(
                "{layer} is in the layering table and not in the tree"
            ));
        }
    }
    none_wrong(&wrong);
}

#[test]
fn source_files_stay_short() {
    let wrong: Vec<String> = sources()
        .iter()
        .filter_map(|path| {
            let lines = read(path).lines().count();
            (lines > LINES_MAX).then(|| format!("{}: {lines} lines", shown(path)))
        })
        .collect();
    none_wrong(&wrong);
}

#[test]
fn every_crate_has_a_readme_that_is_its_documentation() {
    let mut wrong = Vec::new();
    for (name, (folder, _)) in manifests() {
        if !folder.join("README.md").exists() {
            wrong.push(format!("{name} has no README.md"));
        }
        let library = folder.join("src/lib.rs");
        if library.exists() && !read(&library).contains("include_str!(\"../README.md\")") {
            wrong.push(format!("{name}: src/lib.rs does not include README.md"));
        }
    }
    none_wrong(&wrong);
}

#[test]
fn documents_are_linked_and_their_links_lead_somewhere() {
    let mut wrong = Vec::new();
    let mut linked = BTreeSet::new();
    let documents = files(&root(), ".md");
    for document in &documents {
        for target in links(&read(document)) {
            let path = document.parent().unwrap().join(&target);
            match path.canonicalize() {
                Ok(path) => drop(linked.insert(path)),
                Err(_) => wrong.push(format!("{}: dead link {target}", shown(document))),
            }
        }
    }
    for document in files(&root().join("docs"), ".md") {
        if !linked.contains(&document) {
            wrong.push(format!("{}: no document links here", shown(&document)));
        }
    }
    none_wrong(&wrong);
}

/// Targets of the links in Markdown text that lead into the repository.
fn links(text: &str) -> Vec<String> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .map(|target| target.split('#').next().unwrap_or_default().to_owned())
        .filter(|target| !target.is_empty() && !target.contains("://"))
        .filter(|target| target.contains('.') || target.ends_with('/'))
        .collect()
}

#[test]
fn every_promise_names_tests_that_exist() {
    let promises = read(&root().join("docs/PROMISES.md"));
    let code: String = sources().iter().map(|path| read(path)).collect();
    let mut wrong = Vec::new();
    for promise in ["P1", "P2", "P3", "P4", "P5", "P6", "P7"] {
        let Some(section) = promises
            .split("\n## ")
            .find(|section| section.starts_with(promise))
        else {
            wrong.push(format!("docs/PROMISES.md has no section {promise}"));
            continue;
        };
        let names: Vec<&str> = section
            .lines()
            .filter_map(|line| line.trim().strip_prefix("- test `")?.split('`').next())
            .collect();
        if names.is_empty() {
            wrong.push(format!(
                "{promise} names no test (a line \"- test `name`\")"
            ));
        }
        for name in names {
            if !code.contains(&format!("fn {name}(")) {
                wrong.push(format!(
                    "{promise} names {name}, which is not a test in the tree"
                ));
            }
        }
    }
    none_wrong(&wrong);
}

#[test]
fn every_dependency_says_what_it_is_for() {
    let manifest = read(&root().join("Cargo.toml"));
    let section = manifest.split("[workspace.dependencies]").nth(1).unwrap();
    let section = section.split("\n[").next().unwrap();
    let mut before = "";
    let mut wrong = Vec::new();
    for line in section.lines() {
        let names_one = line.contains(" = ") && !line.starts_with('#');
        if names_one
            && !line.starts_with("cordboard-")
            && !line.contains(" # ")
            && !before.starts_with("# ")
        {
            wrong.push(format!("Cargo.toml: no word on what this is for: {line}"));
        }
        before = line;
    }
    none_wrong(&wrong);
}

#[test]
fn nothing_is_left_for_later_and_no_machine_is_named() {
    let mut wrong = Vec::new();
    // Written apart, so that this file does not find itself.
    let words = [
        concat!("to", "do!("),
        concat!("unimple", "mented!("),
        concat!("FIX", "ME"),
        concat!("TO", "DO"),
        concat!("#[al", "low("),
        concat!("#[ig", "nore"),
    ];
    for path in sources() {
        for (number, line) in read(&path).lines().enumerate() {
            if let Some(word) = words.iter().find(|word| line.contains(**word)) {
                wrong.push(format!("{}:{}: {word}", shown(&path), number + 1));
            }
        }
    }
    let homes = [
        concat!("/ro", "ot/"),
        concat!("/wo", "rk/"),
        concat!("/ho", "me/"),
    ];
    let texts = [".rs", ".toml", ".md", ".py", ".js", ".mjs"].iter();
    for path in texts.flat_map(|ending| files(&root(), ending)) {
        for (number, line) in read(&path).lines().enumerate() {
            if homes.iter().any(|home| line.contains(home)) {
                wrong.push(format!(
                    "{}:{}: a path of one machine",
                    shown(&path),
                    number + 1
                ));
            }
        }
    }
    none_wrong(&wrong);
}
