//! From the verdict on a placement to the decision: the block filled in, the products picked.

use crate::attributes::{Attribute, Facts};
use crate::catalog::{Catalog, Product};
use crate::consent::Grant;
use crate::products::{Checked, Pick, any_product, pick_products};
use crate::profile::Shopper;
use crate::rules::{self, Decider, Experience, Explained, Outcome, Rules, Verdict};
use crate::schema::Gather;
use crate::schema::{Decision, ExperimentRef, Millis, Reason, Value};
use crate::template::Lookup;
use core::cell::OnceCell;

/// Currencies whose amounts are written without decimals.
const WHOLE: [&str; 8] = ["JPY", "KRW", "VND", "CLP", "ISK", "HUF", "PYG", "UGX"];

/// A decision, and what is told beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// The decision.
    pub decision: Decision,
    /// The picked products with their reasons, in the order of `decision.products`.
    pub picks: Vec<Pick>,
    /// Products that would have been picked but are not in the catalogue, or not yet.
    pub missing: Vec<String>,
    /// When a schedule, a limit or a `$did` may change the decision without any event.
    pub valid_until: Option<Millis>,
}

/// Decides for one visitor by one rules document.
///
/// INVARIANT: what it remembers makes it faster, never different.
#[derive(Debug)]
pub struct Decisions {
    decider: Decider,
    checked: Checked,
}

impl Decisions {
    /// Nothing decided yet. Another rules document, or another visitor, needs new ones.
    pub fn new(rules: &Rules) -> Decisions {
        Decisions { decider: Decider::new(rules), checked: Checked::default() }
    }

    /// The decision for a placement. Without consent to personalization nothing is decided: the page stays as it is.
    ///
    /// An experience that shows products wins only with at least one product to show; otherwise the default is shown,
    /// as it is before the catalogue has arrived.
    pub fn decide(&mut self, rules: &Rules, shopper: &Shopper<'_>, placement: &str) -> Decided {
        if shopper.around.consent().personalization == Grant::Denied {
            return plain(placement, Reason::Off);
        }
        let Some(number) = rules.placement(placement) else { return plain(placement, Reason::Default) };
        let verdict = self.decider.verdict(rules, shopper, number);
        self.carry_out(rules, shopper, placement, verdict)
    }

    /// Who wins a placement by its number, as [`Decisions::decide`] would say it, without filling in what is shown: for
    /// going through recorded visits by the million. Without consent nobody does.
    pub fn winner(&mut self, rules: &Rules, shopper: &Shopper<'_>, placement: usize) -> Verdict {
        if shopper.around.consent().personalization == Grant::Denied {
            return Verdict { experience: None, variant: None, reason: Reason::Off, valid_until: None };
        }
        let mut verdict = self.decider.verdict(rules, shopper, placement);
        let Some(winner) = verdict.experience.and_then(|number| rules.experiences().get(number)) else {
            return verdict;
        };
        // The other arm of an experiment leaves the default and needs no products.
        let needs = winner.products.as_ref().filter(|_| verdict.reason != Reason::Control);
        if needs.is_some_and(|want| !any_product(want, shopper, &self.checked)) {
            verdict = Verdict { experience: None, variant: None, reason: Reason::Default, ..verdict };
        }
        verdict
    }

    /// Why each experience of a placement won or lost, best first, and the products of the one that did win.
    ///
    /// INVARIANT: an experience has won here exactly if [`Decisions::decide`] gives it.
    pub fn explain(&mut self, rules: &Rules, shopper: &Shopper<'_>, placement: &str) -> (Vec<Explained>, Vec<Pick>) {
        let Some(number) = rules.placement(placement) else { return (Vec::new(), Vec::new()) };
        let decided = self.decide(rules, shopper, placement);
        let mut all = rules::explain(rules, shopper, number);
        let won = all.iter_mut().find(|one| matches!(one.outcome, Outcome::Won { .. }));
        if let (Some(won), None) = (won, &decided.decision.experience) {
            won.outcome = match decided.decision.reason {
                Reason::Off => Outcome::NoConsent,
                _ => Outcome::NoProducts,
            };
        }
        (all, decided.picks)
    }

    /// What an experience, and a variant of it, would show: whatever its condition, schedule and limit say.
    pub fn preview(
        &mut self,
        rules: &Rules,
        shopper: &Shopper<'_>,
        experience: &str,
        variant: Option<&str>,
    ) -> Option<Decided> {
        let number = rules.experience(experience)?;
        let found = rules.experiences().get(number)?;
        let placement = rules.placements().get(found.placement)?;
        let variant = match variant {
            Some(id) => Some(found.variants.iter().position(|variant| variant.id == id)?),
            None if found.variants.is_empty() => None,
            None => Some(found.variants.iter().position(|variant| variant.show.is_some()).unwrap_or(0)),
        };
        let verdict = Verdict { experience: Some(number), variant, reason: Reason::Preview, valid_until: None };
        Some(self.carry_out(rules, shopper, &placement.id, verdict))
    }

    fn carry_out(&mut self, rules: &Rules, shopper: &Shopper<'_>, placement: &str, verdict: Verdict) -> Decided {
        let mut decided = plain(placement, verdict.reason);
        decided.valid_until = verdict.valid_until;
        let default = || rules.placements().get(rules.placement(placement)?)?.default;
        let winner = verdict.experience.and_then(|number| rules.experiences().get(number));
        let Some(winner) = winner else {
            show(default(), rules, shopper, &mut decided);
            return decided;
        };
        let variant = verdict.variant.and_then(|number| winner.variants.get(number));
        decided.decision.experience = Some(winner.id.clone());
        decided.decision.variant = variant.map(|variant| variant.id.clone());
        decided.decision.experiment =
            variant.map(|variant| ExperimentRef { id: winner.id.clone(), variant: variant.id.clone() });
        let block = if winner.variants.is_empty() { winner.show } else { variant.and_then(|variant| variant.show) };
        if block.is_none() && !winner.variants.is_empty() {
            if verdict.reason == Reason::Matched {
                decided.decision.reason = Reason::Control;
            }
            show(default(), rules, shopper, &mut decided);
            return decided;
        }
        if !self.pick(winner, shopper, &mut decided) {
            let reason = if verdict.reason == Reason::Preview { Reason::Preview } else { Reason::Default };
            let (missing, valid_until) = (decided.missing, verdict.valid_until);
            decided = Decided { missing, valid_until, ..plain(placement, reason) };
            show(default(), rules, shopper, &mut decided);
            return decided;
        }
        show(block, rules, shopper, &mut decided);
        decided
    }

    /// Picks the experience's products; whether there is something to show.
    fn pick(&mut self, winner: &Experience, shopper: &Shopper<'_>, decided: &mut Decided) -> bool {
        let Some(want) = &winner.products else { return true };
        let picked = pick_products(want, shopper, &self.checked);
        (decided.picks, decided.missing) = (picked.picks, picked.missing);
        decided.decision.products = decided.picks.iter().map(|pick| pick.id.clone()).gather();
        !decided.picks.is_empty()
    }
}

/// A decision that leaves the page as it is.
pub fn plain_decision(placement: &str, reason: Reason) -> Decision {
    Decision {
        placement: placement.to_owned(),
        experience: None,
        variant: None,
        block: None,
        html: None,
        fields: Value::map(),
        products: Vec::new(),
        reason,
        experiment: None,
    }
}

fn plain(placement: &str, reason: Reason) -> Decided {
    let decision = plain_decision(placement, reason);
    Decided { decision, picks: Vec::new(), missing: Vec::new(), valid_until: None }
}

/// Fills a block in.
fn show(block: Option<usize>, rules: &Rules, shopper: &Shopper<'_>, decided: &mut Decided) {
    let Some(block) = block.and_then(|number| rules.blocks().get(number)).filter(|block| !block.off) else { return };
    let nothing = Value::map();
    let products = OnceCell::new();
    let scene = Scene { fields: &nothing, picks: &decided.picks, products: &products, shopper };
    let fields = block.filling.fill(&scene);
    let shared = block.template.and_then(|number| rules.templates().get(number)?.content.as_ref());
    let scene = Scene { fields: &fields, ..scene };
    decided.decision.html = block.content.as_ref().or(shared).map(|template| template.render(&scene));
    decided.decision.block = Some(block.id.clone());
    decided.decision.fields = fields;
}

/// What placeholders can name: the block's fields, the picked `products`, the page's `product`, `currency`, and all
/// attributes.
#[derive(Clone, Copy)]
struct Scene<'a> {
    fields: &'a Value,
    picks: &'a [Pick],
    products: &'a OnceCell<Value>,
    shopper: &'a Shopper<'a>,
}

impl Lookup for Scene<'_> {
    fn look(&self, path: &Attribute) -> Value {
        let catalog = self.shopper.catalog;
        if let Some(field) = self.fields.at(&path.path) {
            return field.clone();
        }
        match path.path.as_str() {
            "products" => self.products.get_or_init(|| listed(self.picks, catalog)).clone(),
            "currency" => catalog.currency().into(),
            name => match name.strip_prefix("product.") {
                Some(field) => self.of_the_page(field),
                None => self.shopper.value(path),
            },
        }
    }
}

impl Scene<'_> {
    fn of_the_page(&self, field: &str) -> Value {
        let catalog = self.shopper.catalog;
        let product = self.shopper.around.page().product.as_deref().and_then(|id| catalog.product(id));
        product.map_or(Value::Null, |product| shown(&product, field, catalog))
    }
}

/// The picked products as templates see them.
fn listed(picks: &[Pick], catalog: &Catalog) -> Value {
    let products = picks.iter().enumerate().filter_map(|(nth, pick)| {
        let product = catalog.product(&pick.id)?;
        let names =
            ["id", "name", "category", "brand", "price", "listPrice", "currency", "image", "url", "tags", "attributes"];
        let mut item: Vec<(String, Value)> =
            names.iter().map(|name| ((*name).to_owned(), shown(&product, name, catalog))).gather();
        item.push(("position".to_owned(), Value::Number(nth as f64 + 1.0)));
        item.push(("why".to_owned(), pick.why(catalog).into()));
        item.push(("because".to_owned(), pick.because.label(catalog).into()));
        Some(Value::Map(item))
    });
    Value::List(products.gather())
}

/// A product's field for people: amounts with the decimals of the currency.
fn shown(product: &Product<'_>, field: &str, catalog: &Catalog) -> Value {
    match field {
        "price" => product.price().map(|amount| plain_amount(amount, catalog.currency())).into(),
        "listPrice" => product.list_price().map(|amount| plain_amount(amount, catalog.currency())).into(),
        "currency" => catalog.currency().into(),
        _ => product.field(field),
    }
}

/// `12.50`; whole where the currency has no smaller unit.
fn plain_amount(amount: f64, currency: &str) -> String {
    if WHOLE.contains(&currency) {
        return (amount.round() as i64).to_string();
    }
    let cents = (amount * 100.0).round() as i64;
    let mut out = (cents / 100).to_string();
    out.push('.');
    let rest = cents.unsigned_abs() % 100;
    out.push(char::from(b'0' + (rest / 10) as u8));
    out.push(char::from(b'0' + (rest % 10) as u8));
    out
}
