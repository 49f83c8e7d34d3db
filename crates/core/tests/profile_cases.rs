//! The conformance cases about profiles, products, templates, consent and decisions, natively.

#[path = "../../../tests/conformance/profile.rs"]
pub mod profile;

use std::fs;
use std::path::Path;

#[test]
fn every_case_about_profiles_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases");
    let (mut ran, mut failures) = (0, Vec::new());
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let Some(cases) = profile::run(&fs::read_to_string(&path).unwrap()) else { continue };
        assert!(!cases.is_empty(), "{} holds no cases", path.display());
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for case in cases {
            ran += 1;
            assert!(!case.name.is_empty(), "a case of {file} has no name");
            failures.extend(case.wrong.map(|wrong| format!("{file}: {}: {wrong}", case.name)));
        }
    }
    assert!(failures.is_empty(), "{} of {ran} cases fail:\n{}", failures.len(), failures.join("\n"));
    println!("{ran} cases");
}
