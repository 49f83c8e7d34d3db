//! The report tells the truth about made-up shoppers, on a page that needs nothing else.

use tailorbird_trainer::report::{page, report, table};
use tailorbird_trainer::{Extras, simulate};

#[test]
fn a_model_is_better_than_the_baselines_and_the_page_says_so() {
    let (sessions, names) = simulate::sessions(600, 9000, 4);
    let report = report(&sessions, &names, &Extras::default(), |_| {}).unwrap();
    let [model, last, popular] = report.measured.as_slice() else { panic!("{:?}", report.measured) };
    assert!(model.hits[19] > last.hits[19] + 0.02 && model.hits[19] > popular.hits[19] * 2.0);
    assert!(model.reciprocal > last.reciprocal && model.coverage > popular.coverage);
    assert!(model.hits.is_sorted() && model.hits.len() == 20);
    assert_eq!(popular.popular, 1.0);
    assert_eq!(report.sessions, (8100, 900));

    let text = table(&report);
    assert!(text.contains("this model") && text.contains("HR@20"), "{text}");
    let page = page(&report, "<b>&\"shop\"");
    assert!(page.contains("&lt;b&gt;&amp;&quot;shop&quot;") && !page.contains("<b>&\"shop"));
    for elsewhere in ["http://", "https://", "src=", "@import", "<script"] {
        assert!(!page.contains(elsewhere), "{elsewhere}");
    }
    assert_eq!(page.matches("<svg").count(), 2);
    assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
}
