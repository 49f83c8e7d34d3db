//! What the shopper allows: every voice that may speak about it, and what follows when the answer changes.

/// An answer about one purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Grant {
    /// Not allowed.
    Denied,
    /// Not answered yet: work in memory, write nothing, send nothing.
    #[default]
    Pending,
    /// Allowed.
    Granted,
}

impl Grant {
    /// `granted`, `denied` or `pending`.
    pub fn name(self) -> &'static str {
        match self {
            Grant::Denied => "denied",
            Grant::Pending => "pending",
            Grant::Granted => "granted",
        }
    }

    /// The answer by this name.
    pub fn from_name(name: &str) -> Option<Grant> {
        [Grant::Denied, Grant::Pending, Grant::Granted].into_iter().find(|grant| grant.name() == name)
    }
}

/// What holds now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Effective {
    /// Remember a profile on this device and decide from it.
    pub personalization: Grant,
    /// Send events.
    pub analytics: Grant,
}

/// What somebody said; `None` where they said nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Said {
    /// About personalization.
    pub personalization: Option<Grant>,
    /// About analytics.
    pub analytics: Option<Grant>,
}

impl Said {
    /// The same answer for both purposes.
    pub fn both(grant: Grant) -> Said {
        Said { personalization: Some(grant), analytics: Some(grant) }
    }

    /// Whether it allows anything.
    pub fn grants(self) -> bool {
        [self.personalization, self.analytics].contains(&Some(Grant::Granted))
    }

    /// What is new over what was said before.
    pub fn over(self, before: Said) -> Said {
        Said {
            personalization: self.personalization.or(before.personalization),
            analytics: self.analytics.or(before.analytics),
        }
    }
}

/// A consent tool in the page. Each speaks for itself; where two disagree the stricter holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// Google Consent Mode.
    ConsentMode,
    /// IAB TCF.
    Tcf,
    /// Shopify's customer privacy.
    Other,
}

/// Everything that can be heard about consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// `settings.consent` of the rules, or the agent's option.
    Default(Said),
    /// Global Privacy Control of the browser.
    GlobalPrivacyControl(bool),
    /// A consent tool answered for the shopper.
    Tool(Tool, Said),
    /// `agent.consent({...})`, or what was remembered of it.
    Manual(Said),
}

/// What has to happen because the answer changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Change {
    /// What holds now.
    pub after: Effective,
    /// Write down the profile that was only in memory.
    pub keep_profile: bool,
    /// Erase the stored profile, in every tab; begin an empty one.
    pub erase_profile: bool,
    /// Send what was held back.
    pub send_events: bool,
    /// Drop what was held back and what is stored to be sent.
    pub drop_events: bool,
}

/// All voices. A manual answer outweighs the consent tools, these outweigh Global Privacy Control, and that the default.
#[derive(Debug, Clone, Default)]
pub struct Consent {
    default: Said,
    privacy_control: bool,
    tools: [Said; 3],
    manual: Said,
}

impl Consent {
    /// Nobody has said anything: both purposes are pending.
    pub fn new() -> Consent {
        Consent::default()
    }

    /// Takes in what was said, and tells what follows.
    pub fn hear(&mut self, input: Input) -> Change {
        let before = self.effective();
        let said = match input {
            Input::Tool(_, said) | Input::Manual(said) => said,
            _ => Said::default(),
        };
        match input {
            Input::Default(said) => self.default = said,
            Input::GlobalPrivacyControl(on) => self.privacy_control = on,
            Input::Tool(tool, said) => {
                if let Some(slot) = self.tools.get_mut(tool as usize) {
                    *slot = said.over(*slot);
                }
            }
            Input::Manual(said) => self.manual = said.over(self.manual),
        }
        let mut change = change(before, self.effective());
        // What was denied by a default only may still be stored from a visit that was allowed to.
        let refused = |said: Option<Grant>, after: Grant| said == Some(Grant::Denied) && after == Grant::Denied;
        change.erase_profile |= refused(said.personalization, change.after.personalization);
        change.drop_events |= refused(said.analytics, change.after.analytics);
        change
    }

    /// What holds now.
    pub fn effective(&self) -> Effective {
        let ask = |of: fn(&Said) -> Option<Grant>, controlled: bool| {
            let tools = self.tools.iter().filter_map(&of).min_by_key(|grant| *grant as u8);
            let control = (controlled && self.privacy_control).then_some(Grant::Denied);
            of(&self.manual).or(tools).or(control).or(of(&self.default)).unwrap_or_default()
        };
        Effective {
            personalization: ask(|said| said.personalization, false),
            analytics: ask(|said| said.analytics, true),
        }
    }

    /// Whether sending is allowed because the shopper or a consent tool said so: that outweighs `Sec-GPC`, a default does not.
    pub fn analytics_granted_explicitly(&self) -> bool {
        let mut said = self.tools.iter().chain([&self.manual]);
        said.any(|said| said.analytics.is_some()) && self.effective().analytics == Grant::Granted
    }

    /// What would hold without the manual answer.
    pub fn without_manual(&self) -> Effective {
        Consent { manual: Said::default(), ..self.clone() }.effective()
    }

    /// The manual answer, to be remembered for the next visit where it allows remembering.
    pub fn manual(&self) -> Said {
        self.manual
    }
}

fn change(before: Effective, after: Effective) -> Change {
    let to = |from: Grant, to: Grant, grant: Grant| from != to && to == grant;
    Change {
        after,
        keep_profile: to(before.personalization, after.personalization, Grant::Granted),
        erase_profile: to(before.personalization, after.personalization, Grant::Denied),
        send_events: to(before.analytics, after.analytics, Grant::Granted),
        drop_events: to(before.analytics, after.analytics, Grant::Denied),
    }
}
