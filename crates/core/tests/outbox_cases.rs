//! The conformance cases about the outbox, natively.

#[path = "../../../tests/conformance/outbox.rs"]
mod outbox;

#[test]
fn every_case_about_the_outbox_holds() {
    let cases = outbox::run(include_str!("../../../tests/cases/outbox.json")).unwrap();
    let failures: Vec<String> =
        cases.iter().filter_map(|case| Some(format!("{}: {}", case.name, case.wrong.as_ref()?))).collect();
    assert!(failures.is_empty(), "{} of {} cases fail:\n{}", failures.len(), cases.len(), failures.join("\n"));
    assert!(cases.len() >= 40);
    println!("{} cases", cases.len());
}
