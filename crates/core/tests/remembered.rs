//! What a decider remembers of real profiles is never stale, also when nothing but the model or the catalogue changed.

use tailorbird_core::attributes::Facts;
use tailorbird_core::catalog::Catalog;
use tailorbird_core::consent::{Effective, Grant};
use tailorbird_core::decide::Decisions;
use tailorbird_core::products::{Ask, ModelScores, Offer};
use tailorbird_core::profile::{Profile, ProfileSettings, Shopper, Surroundings};
use tailorbird_core::recommend::Rhythm;
use tailorbird_core::rules::{self, Strategy};
use tailorbird_core::schema::{Event, EventKind, Millis, Value};

const START: Millis = 1_790_000_000_000;
const DAY: Millis = 86_400_000;

/// A model that knows how often everything is bought again, or none.
struct Weekly(bool);

impl ModelScores for Weekly {
    fn offers(&self, _: Strategy, _: &Ask<'_>) -> Vec<Offer> {
        Vec::new()
    }
    fn rhythm(&self, _: &str, _: &str) -> Option<Rhythm> {
        self.0.then_some(Rhythm { days: 7.0, spread: 0.0 })
    }
    fn probability(&self, _: &str, _: &dyn Facts) -> Option<f64> {
        None
    }
}

#[test]
fn what_runs_out_is_known_as_soon_as_the_model_or_the_catalogue_says_it() {
    let text = "{\"version\":1,\"blocks\":{\"b\":{\"html\":\"B\"}},\"experiences\":[{\"id\":\"e\",\"placement\":\"p\",\"show\":\"b\",\
        \"when\":{\"orders.due\":{\"$elemMatch\":{\"$eq\":\"food\"}}}}]}";
    let (rules, problems) = rules::read(text);
    assert!(problems.is_empty(), "{problems:?}");
    let (settings, mut around) = (ProfileSettings::default(), Surroundings::default());
    around.set_consent(Effective { personalization: Grant::Granted, analytics: Grant::Granted });
    let mut profile = Profile::new("v", START);
    let food = Value::from([("product_id", "food".into())]);
    let order = Event {
        kind: EventKind::Track,
        message_id: String::new(),
        at: START,
        name: "Order Completed".to_owned(),
        category: None,
        anonymous_id: "v".to_owned(),
        user_id: None,
        other_id: None,
        properties: Value::from([("products", Value::List(vec![food]))]),
        traits: Value::map(),
        context: Value::map(),
    };
    profile.record(&order, &settings, &Catalog::default());
    for by_model in [true, false] {
        let (mut decisions, mut catalog) = (Decisions::new(&rules), Catalog::default());
        let mut wins = |around: &Surroundings, catalog: &Catalog, scores: &Weekly| {
            let shopper =
                Shopper { profile: &profile, around, catalog, settings: &settings, scores, now: START + 7 * DAY };
            decisions.decide(&rules, &shopper, "p").decision.experience.is_some()
        };
        assert!(!wins(&around, &catalog, &Weekly(false)));
        match by_model {
            true => around.model_changed(),
            false => {
                let food = "{\"id\":\"food\",\"name\":\"Food\",\"attributes\":{\"replenishDays\":7}}";
                assert!(catalog.add(&format!("{{\"version\":1,\"products\":[{food}]}}")).is_empty());
            }
        }
        assert!(wins(&around, &catalog, &Weekly(by_model)), "by model: {by_model}");
    }
}
