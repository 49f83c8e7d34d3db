//! What surrounds a decision besides the profile: the page, the device, consent and what the caller adds.

use crate::attributes::{Attribute, FAMILIES, Family};
use crate::consent::Effective;
use crate::schema::Value;

/// The page the shopper looks at.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    /// Its address.
    pub url: String,
    /// The address's path.
    pub path: String,
    /// `home`, `category`, `product`, `cart`, `checkout`, `search` or `other`.
    pub kind: String,
    /// Its title.
    pub title: String,
    /// The product it shows.
    pub product: Option<String>,
    /// The category it shows, or its product's.
    pub category: Option<String>,
    /// The address's parameters: text by name.
    pub query: Vec<(String, String)>,
}

/// The device in the shopper's hand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Device {
    /// `desktop`, `tablet` or `mobile`.
    pub kind: String,
    /// `de-AT`
    pub language: String,
    /// `Europe/Vienna`
    pub timezone: String,
    /// Minutes that local time is ahead of UTC: 60 in Vienna in winter. (`-new Date().getTimezoneOffset()`)
    pub utc_offset: i32,
    /// Whether it is touched.
    pub touch: bool,
}

/// Page, device, consent and context of the moment, with a count of their changes.
///
/// INVARIANT: a generation moves whenever what it stands for has changed.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    page: Page,
    device: Device,
    context: Value,
    consent: Effective,
    pub(super) generations: [u32; FAMILIES],
}

impl Surroundings {
    /// Another page, or the same one with new facts.
    pub fn set_page(&mut self, page: Page) {
        if self.page != page {
            self.page = page;
            self.moved(&[Family::Page]);
        }
    }

    /// What is known of the device.
    pub fn set_device(&mut self, device: Device) {
        if self.device != device {
            self.device = device;
            // The shopper's day begins elsewhere: limits per day are asked of `seen`.
            self.moved(&[Family::Device, Family::Seen]);
        }
    }

    /// What the caller says for this decision: attributes of its own, and others than those known (an object).
    pub fn set_context(&mut self, context: Value) {
        if self.context != context {
            let before = std::mem::replace(&mut self.context, context.clone());
            for (path, _) in before.members().iter().chain(context.members()) {
                self.moved(&[Attribute::parse(path).family]);
            }
        }
    }

    /// What the shopper allows.
    pub fn set_consent(&mut self, consent: Effective) {
        if self.consent != consent {
            self.consent = consent;
            self.moved(&[Family::Consent]);
        }
    }

    /// The model was loaded or changed.
    pub fn model_changed(&mut self) {
        self.moved(&[Family::Model]);
    }

    fn moved(&mut self, families: &[Family]) {
        for family in families {
            if let Some(generation) = self.generations.get_mut(*family as usize) {
                *generation = generation.wrapping_add(1);
            }
        }
    }

    /// How often what this family stands for has changed.
    pub fn generation(&self, family: Family) -> u32 {
        self.generations.get(family as usize).copied().unwrap_or(0)
    }
    /// The page.
    pub fn page(&self) -> &Page {
        &self.page
    }
    /// The device.
    pub fn device(&self) -> &Device {
        &self.device
    }
    /// The caller's attributes.
    pub fn context(&self) -> &Value {
        &self.context
    }
    /// The consent.
    pub fn consent(&self) -> Effective {
        self.consent
    }
}
