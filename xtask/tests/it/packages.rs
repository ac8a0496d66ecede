//! What the published packages contain. Each must stand alone: somebody who has nothing but
//! the package must be able to build it, to test it, and to read its licence.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(workspace())
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The packages that are published, as Cargo describes them.
fn published() -> Vec<Value> {
    let metadata = cargo(&[
        "metadata",
        "--no-deps",
        "--offline",
        "--locked",
        "--format-version=1",
    ]);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let mut packages = metadata["packages"].as_array().unwrap().clone();
    packages.retain(|package| package["publish"].is_null());
    packages
}

fn name(package: &Value) -> &str {
    package["name"].as_str().unwrap()
}

fn files(package: &Value) -> BTreeSet<String> {
    let list = cargo(&[
        "package",
        "--list",
        "--offline",
        "--locked",
        "--allow-dirty",
        "--package",
        name(package),
    ]);
    list.lines().map(str::to_owned).collect()
}

#[test]
fn each_package_has_its_licences_and_none_of_the_tests_that_need_the_repository() {
    let packages = published();
    let names: Vec<&str> = packages.iter().map(name).collect();
    assert_eq!(names.len(), 7, "{names:?}");
    for package in &packages {
        let files = files(package);

        for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
            assert!(files.contains(licence), "{}: {licence}", name(package));
        }
        let test = files.iter().find(|file| file.starts_with("tests/it"));
        assert_eq!(test, None, "{}", name(package));
        let readme = package["readme"].as_str();
        if let Some(readme) = readme {
            assert!(files.contains(readme), "{}: {readme}", name(package));
        }
    }
}

/// A symbolic link would be the text of its target where Git makes no links.
#[test]
fn the_licences_are_those_of_the_repository() {
    for package in published() {
        let manifest = package["manifest_path"].as_str().unwrap();
        let folder = Path::new(manifest).parent().unwrap();
        for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
            let read = |folder: &Path| std::fs::read_to_string(folder.join(licence)).unwrap();
            assert_eq!(read(folder), read(&workspace()), "{}", name(&package));
        }
    }
}

/// docs.rs builds with the default features otherwise, and most of the SDK isn't in them.
#[test]
fn the_documentation_of_a_package_with_features_has_all_of_them() {
    for package in published() {
        let features = package["features"].as_object().unwrap();
        if !features.is_empty() {
            let all = &package["metadata"]["docs"]["rs"]["all-features"];
            assert_eq!(all, &Value::Bool(true), "{}", name(&package));
        }
    }
}

/// Cargo leaves a dev-dependency without a version out of the package. Then the tests in its
/// sources and the examples of its documentation don't compile there. The tests beside its
/// sources, which aren't in the package, may need one that isn't published.
#[test]
fn only_a_package_itself_is_a_dev_dependency_without_a_version() {
    let published = published();
    let names: Vec<Value> = published
        .iter()
        .map(|other| other["name"].clone())
        .collect();
    for package in &published {
        for dependency in package["dependencies"].as_array().unwrap() {
            let without = dependency["path"].is_string() && dependency["req"] == "*";
            let itself = dependency["name"] == package["name"];
            let without = without && names.contains(&dependency["name"]);
            assert!(!without || itself, "{}: {dependency}", name(package));
        }
    }
}
