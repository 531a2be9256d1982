//! What is shipped has neither kill points nor sabotages.

use std::{fs, path::Path};

use toml::{Table, Value};

#[test]
fn only_tests_switch_on_kill_points_and_sabotages() {
    // How: no manifest asks for them by default or of an ordinary dependency.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut manifests = 0;
    for folder in ["crates", "bins"] {
        for package in fs::read_dir(root.join(folder)).expect("a folder can be read") {
            let path = package.expect("an entry").path().join("Cargo.toml");
            let text = fs::read_to_string(&path).expect("a package has a manifest");
            let manifest: Table = text.parse().expect("cargo reads it too");
            manifests += 1;
            let default = manifest
                .get("features")
                .and_then(|features| features.get("default"));
            let dependencies = manifest.get("dependencies").and_then(Value::as_table);
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
