//! What is shipped has neither kill points nor sabotages.

use std::{fs, path::Path};

use toml::{Table, Value};

#[test]
fn only_tests_switch_on_kill_points_and_sabotages() {
    // How: no manifest asks for them by default or of an ordinary dependency. That of `tests` does,
    // and cargo would build the programs with it: so it is none of those that cargo builds by
    // itself, and nothing that is depends on it.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let workspace = manifest(&root.join("Cargo.toml"));
    let members = |key: &str| {
        let members = workspace["workspace"][key].as_array().expect("a list");
        let names = members.iter().map(|member| member.as_str().expect("text"));
        names.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(members("members"), ["crates/*", "bins/*", "tests"]);
    assert_eq!(members("default-members"), ["crates/*", "bins/*"]);
    let mut manifests = 0;
    for folder in ["crates", "bins"] {
        for package in fs::read_dir(root.join(folder)).expect("a folder can be read") {
            let path = package.expect("an entry").path().join("Cargo.toml");
            let manifest = manifest(&path);
            manifests += 1;
            let default = manifest
                .get("features")
                .and_then(|features| features.get("default"));
            let dependencies = manifest.get("dependencies").and_then(Value::as_table);
            let needs_tests = dependencies.is_some_and(|all| all.contains_key("cordboard-tests"));
            assert!(!needs_tests, "{}", path.display());
            let asked = dependencies
                .into_iter()
                .flat_map(Table::values)
                .filter_map(|dependency| dependency.get("features"));
            for features in asked.chain(default) {
                let features = features.to_string();
                let is_for_tests =
                    features.contains("kill-points") || features.contains("sabotage");
                assert!(!is_for_tests, "{}: {features}", path.display());
            }
        }
    }
    assert!(manifests > 10, "only {manifests} manifests were read");
}

fn manifest(path: &Path) -> Table {
    let text = fs::read_to_string(path).expect("a package has a manifest");
    text.parse().expect("cargo reads it too")
}
