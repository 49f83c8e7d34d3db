//! The plain evaluator: what a rules document means, said in as few obvious lines as possible, straight from its JSON.
//! Nothing is compiled, remembered or shared with the engine that it judges.

use super::shopper::Shopper;
use tailorbird_core::attributes::{Attribute, Facts, Per};
use tailorbird_core::experiment::hash;
use tailorbird_core::rules::millis_of;
use tailorbird_core::schema::Value;

/// The experience and the variant that win a placement.
pub(crate) fn winner(document: &Value, shopper: &Shopper, placement: &str) -> Option<(String, Option<String>)> {
    let mut experiences: Vec<&Value> = member(document, "experiences").items().iter().collect();
    experiences.sort_by(|one, other| number(other.get("priority")).total_cmp(&number(one.get("priority"))));
    let here = experiences.into_iter().filter(|experience| text(experience, "placement") == placement);
    here.filter(|experience| holds(document, shopper, member(experience, "when"))).find_map(|experience| {
        let moment = |name| experience.get(name).and_then(Value::as_str).and_then(millis_of);
        let begun = moment("from").is_none_or(|from| shopper.now() >= from);
        let over = moment("until").is_some_and(|until| shopper.now() >= until);
        let id = text(experience, "id");
        let used_up = experience.get("limit").is_some_and(|limit| {
            let per = match text(limit, "per") {
                "session" => Per::Session,
                "day" => Per::Day,
                _ => Per::Visitor,
            };
            f64::from(shopper.shown(id, per).times) >= number(limit.get("times"))
        });
        if !begun || over || used_up {
            return None;
        }
        let variants = member(experience, "variants").items();
        if variants.is_empty() {
            return Some((id.to_owned(), None));
        }
        let kept = variants.iter().find(|variant| Some(text(variant, "id")) == shopper.assigned(id));
        let place = hash(id, shopper.visitor_id());
        let coverage = number(member(experience, "experiment").get("coverage"));
        let share = 1.0 / variants.len() as f64;
        let (mut start, mut hit) = (0.0, None);
        for variant in variants {
            if !shopper.visitor_id().is_empty() && place >= start && place < start + coverage * share {
                hit = Some(variant);
            }
            start += share;
        }
        kept.or(hit).map(|variant| (id.to_owned(), Some(text(variant, "id").to_owned())))
    })
}

fn member<'v>(value: &'v Value, key: &str) -> &'v Value {
    value.get(key).unwrap_or(&Value::Null)
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    member(value, key).as_str().unwrap_or_default()
}

fn number(value: Option<&Value>) -> f64 {
    value.and_then(Value::as_f64).unwrap_or(0.0)
}

fn holds(document: &Value, shopper: &Shopper, condition: &Value) -> bool {
    condition.members().iter().all(|(key, value)| match key.as_str() {
        "$and" => value.items().iter().all(|part| holds(document, shopper, part)),
        "$or" => value.items().is_empty() || value.items().iter().any(|part| holds(document, shopper, part)),
        "$nor" => !value.items().is_empty() && !value.items().iter().any(|part| holds(document, shopper, part)),
        "$not" => !holds(document, shopper, value),
        "$audience" => {
            let one = |name: &Value| {
                holds(document, shopper, member(member(document, "audiences"), name.as_str().unwrap_or_default()))
            };
            if let Value::List(names) = value { names.iter().all(one) } else { one(value) }
        }
        "$did" => did(shopper, value),
        path => tested(&shopper.value(&Attribute::parse(path)), value),
    })
}

/// Whether a value meets what stands next to its path.
fn tested(value: &Value, expected: &Value) -> bool {
    let operators = expected.members();
    if operators.is_empty() {
        return match expected {
            Value::Number(expected) => counted(value) == *expected,
            Value::Bool(true) => !matches!(value, Value::Null | Value::Bool(false)) && !blank(value),
            Value::Bool(false) => !value.is_null() && (blank(value) || *value == Value::Bool(false)),
            Value::Text(expected) => !value.is_null() && written(value) == *expected,
            _ => value == expected,
        };
    }
    operators.iter().all(|(operator, operand)| match operator.as_str() {
        "$eq" => value == operand,
        "$ne" => value != operand,
        "$gt" | "$gte" | "$lt" | "$lte" => {
            let order = match (value, operand) {
                (Value::Text(_) | Value::List(_), Value::Text(operand)) => Some(written(value).cmp(operand)),
                _ => counted(value).partial_cmp(&counted(operand)),
            };
            order.is_some_and(|order| match operator.as_str() {
                "$gt" => order.is_gt(),
                "$gte" => order.is_ge(),
                "$lt" => order.is_lt(),
                _ => order.is_le(),
            })
        }
        "$in" | "$nin" => {
            let known = |value: &Value| operand.items().contains(value);
            let found = if let Value::List(items) = value { items.iter().any(known) } else { known(value) };
            found == (operator == "$in")
        }
        "$exists" => value.is_null() != (*operand == Value::Bool(true)),
        "$size" => matches!(value, Value::List(items) if tested(&Value::Number(items.len() as f64), operand)),
        "$elemMatch" => value.items().iter().any(|item| tested(item, operand)),
        // The patterns that are generated are plain words.
        "$regex" => !value.is_null() && written(value).contains(operand.as_str().unwrap_or_default()),
        "$not" => !tested(value, operand),
        _ => panic!("the plain evaluator knows no {operator}"),
    })
}

fn blank(value: &Value) -> bool {
    *value == Value::Number(0.0) || value.as_str() == Some("")
}

/// The number that a value counts as.
fn counted(value: &Value) -> f64 {
    match value {
        Value::Null | Value::Bool(false) => 0.0,
        Value::Bool(true) => 1.0,
        Value::Number(number) => *number,
        _ if written(value).is_empty() => 0.0,
        _ => written(value).parse().unwrap_or(f64::NAN),
    }
}

/// The text that a value counts as.
fn written(value: &Value) -> String {
    match value {
        Value::Null | Value::Map(_) => String::new(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::List(items) => items.iter().map(written).collect::<Vec<_>>().join(","),
    }
}

/// The answer of the history.
fn did(shopper: &Shopper, question: &Value) -> bool {
    let is = |event: &str, asked: &Value| asked.as_str() == Some(event);
    let history = shopper.history();
    let ended = history.iter().rposition(|event| is(&event.event, member(question, "without")));
    let recent = history.iter().enumerate().filter(|(nth, event)| {
        let age = shopper.now() - event.at;
        let fits = match (question.get("withinDays"), question.get("withinMinutes")) {
            (Some(days), _) => age as f64 <= number(Some(days)) * 86_400_000.0,
            (_, Some(minutes)) => age as f64 <= number(Some(minutes)) * 60_000.0,
            _ => event.session == shopper.session(),
        };
        ended.is_none_or(|ended| *nth > ended) && fits
    });
    let names: Vec<&str> = recent.map(|(_, event)| event.event.as_str()).collect();
    match question.get("sequence") {
        None => {
            let times = names.iter().filter(|name| is(name, member(question, "event"))).count();
            question.get("times").map_or(times > 0, |expected| tested(&Value::Number(times as f64), expected))
        }
        Some(steps) => {
            let mut left = steps.items();
            for name in names {
                if left.first().is_some_and(|step| is(name, step)) {
                    left = &left[1..];
                }
            }
            left.is_empty()
        }
    }
}
