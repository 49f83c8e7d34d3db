//! The shopper's say, heard from everywhere: the shop's own call, consent tools, and what was remembered of it.

use crate::agent::Agent;
use crate::boundary;
use crate::intake::ConsentSource;
use crate::options::said;
use crate::storage::local_storage;
use tailorbird_core::consent::{Change, Grant, Input, Said, Tool};
use tailorbird_core::json;
use tailorbird_core::rules::{Choice, Settings};
use tailorbird_schema::Gather;
use tailorbird_schema::Value;

impl Agent {
    /// `agent.consent({...})`.
    pub(crate) fn set_consent(&self, told: &Value) {
        let change = self.take_in(Input::Manual(said(told)));
        self.remember_consent();
        self.follow(change, || ());
        self.render_soon();
    }

    /// A consent tool of the page spoke.
    pub(crate) fn hear_tool(&self, source: ConsentSource, said: Said) {
        let input = match source {
            ConsentSource::ConsentMode => Input::Tool(Tool::ConsentMode, said),
            ConsentSource::Tcf => Input::Tool(Tool::Tcf, said),
            ConsentSource::Gpc => Input::GlobalPrivacyControl(true),
            ConsentSource::Shopify => Input::Tool(Tool::Other, said),
        };
        let change = self.take_in(input);
        self.follow(change, || ());
        self.render_soon();
    }

    /// Takes in what was said; what follows from it is still to be done.
    pub(crate) fn take_in(&self, input: Input) -> Change {
        let mut mind = self.0.mind.borrow_mut();
        let change = mind.consent.hear(input);
        mind.around.set_consent(change.after);
        change
    }

    pub(crate) fn consent_value(&self) -> Value {
        let effective = self.0.mind.borrow().consent.effective();
        Value::from([
            ("personalization", effective.personalization.name().into()),
            ("analytics", effective.analytics.name().into()),
        ])
    }

    fn consent_name(&self) -> String {
        [self.0.prefix.as_str(), ".consent"].concat()
    }

    pub(crate) fn remembered_consent(&self) -> Option<Said> {
        let text = local_storage()?.get_item(&self.consent_name()).ok()??;
        Some(said(&boundary::from_text(&text)))
    }

    /// What the shopper said is remembered where it allows something, or refuses what would be done without it: next time it
    /// must not be done either. Who refuses what nobody would do leaves nothing behind, not even the refusal.
    fn remember_consent(&self) {
        let (manual, otherwise) = {
            let mind = self.0.mind.borrow();
            (mind.consent.manual(), mind.consent.without_manual())
        };
        let said = [("personalization", manual.personalization), ("analytics", manual.analytics)];
        let refuses = |said, otherwise| said == Some(Grant::Denied) && otherwise == Grant::Granted;
        let refuses = refuses(manual.personalization, otherwise.personalization)
            || refuses(manual.analytics, otherwise.analytics);
        if !refuses && !manual.grants() {
            return self.forget_remembered_consent();
        }
        let told = said.iter().filter_map(|(name, grant)| Some(((*name).to_owned(), grant.as_ref()?.name().into())));
        let mut text = String::new();
        json::write(&Value::Map(told.gather()), &mut text);
        let _ = local_storage().map(|local| local.set_item(&self.consent_name(), &text));
    }

    fn forget_remembered_consent(&self) {
        let _ = local_storage().map(|local| local.remove_item(&self.consent_name()));
    }
}

/// What the rules take to be agreed before the shopper was asked.
pub(crate) fn by_default(settings: &Settings) -> Said {
    let grant = |choice: Choice| match choice {
        Choice::Granted => Grant::Granted,
        Choice::Denied => Grant::Denied,
        Choice::Pending => Grant::Pending,
    };
    Said { personalization: Some(grant(settings.personalization)), analytics: Some(grant(settings.analytics)) }
}
