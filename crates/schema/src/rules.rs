//! `rules.json`: what people on the web team write, described for editors and for tools that write it.
//!
//! The browser and `tailorbird check` read the text itself, with the place of every part; these types are for JSON
//! Schema and for programs that make rules. A test holds the two together: what the cases read, these read too.

use crate::Value;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

mod condition;
#[cfg(feature = "schemars")]
pub(crate) mod form;

pub use condition::{
    Audiences, ConditionDocument, DidDocument, ElementDocument, FieldsConditionDocument, HappeningDocument,
    OperatorsDocument, TestDocument, TypeDocument, WithinDocument,
};

/// The whole document.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RulesDocument {
    /// Where this document's JSON Schema lies, for editors.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The version of this form; 1.
    #[cfg_attr(feature = "schemars", schemars(range(min = 1, max = 1)))]
    pub version: u32,
    /// How profiles are counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<SettingsDocument>,
    /// The address of the catalogue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalog: Option<String>,
    /// The address of the model's manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// What can be shown, by id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub blocks: BTreeMap<String, BlockDocument>,
    /// Templates that blocks share, by id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub templates: BTreeMap<String, String>,
    /// Lists of values that conditions share, by id: customers, products. Only conditions on `$inGroup` and `$notInGroup` read them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub saved_groups: BTreeMap<String, Vec<Value>>,
    /// Conditions with a name, by id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub audiences: BTreeMap<String, ConditionDocument>,
    /// Places in the page, by id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub placements: BTreeMap<String, PlacementDocument>,
    /// Who sees what, where and when. With equal priority the first one wins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub experiences: Vec<ExperienceDocument>,
}

/// How profiles are counted.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SettingsDocument {
    /// After so many days an event counts half for affinities. Without it: 14.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(range(min = 0)))]
    pub half_life_days: Option<f64>,
    /// A session ends after so many minutes without an event. Without it: 30.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(range(min = 0)))]
    pub session_minutes: Option<f64>,
    /// The currency of amounts, an ISO 4217 code: `EUR`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// How much each event counts for affinities, by its name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub weights: BTreeMap<String, f64>,
    /// The borders between the scores 1 to 5 of `recency`, `frequency` and `monetary`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rfm: Option<RfmDocument>,
    /// What a shopper is taken to have chosen before being asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<ConsentDocument>,
}

/// Four borders each, the smallest first.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct RfmDocument {
    /// Days since the last order; fewer days score higher.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recency: Option<[f64; 4]>,
    /// Orders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frequency: Option<[f64; 4]>,
    /// Revenue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monetary: Option<[f64; 4]>,
}

/// A choice about consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ChoiceDocument {
    /// Allowed.
    Granted,
    /// Refused.
    Denied,
    /// Not known yet.
    Pending,
}

/// One choice for both purposes, or one for each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum ConsentDocument {
    /// For both.
    Both(ChoiceDocument),
    /// For each.
    Each {
        /// To remember a profile on this device and decide from it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        personalization: Option<ChoiceDocument>,
        /// To send events.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        analytics: Option<ChoiceDocument>,
    },
}

/// Something to show: a template of its own or a shared one, and what it names.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct BlockDocument {
    /// A template of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// The id of a shared template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// What the template can name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, Value>,
}

/// A place in the page.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct PlacementDocument {
    /// Where it is in pages that have no slot for it: a CSS selector.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<String>,
    /// The id of the block to show when nothing wins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
}

/// Who sees what, where and when.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemars", schemars(transform = form::shows_something))]
pub struct ExperienceDocument {
    /// Unique; in events and reports.
    #[cfg_attr(feature = "schemars", schemars(length(min = 1)))]
    pub id: String,
    /// What people call it: an experiment's goes along as `experiment_name` of its `Experiment Viewed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is for; nothing reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The id of its placement.
    pub placement: String,
    /// Higher wins. Without it: 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(range(min = -1e9, max = 1e9)))]
    pub priority: Option<f64>,
    /// For whom. Without it: for everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<ConditionDocument>,
    /// The id of the block to show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub show: Option<String>,
    /// From when on: a day or moment in ISO 8601.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "form::moment"))]
    pub from: Option<String>,
    /// Until when; this moment is outside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "form::moment"))]
    pub until: Option<String>,
    /// How often at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<LimitDocument>,
    /// Which products.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub products: Option<ProductsDocument>,
    /// How visitors are spread over the variants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub experiment: Option<ExperimentDocument>,
    /// The arms of an experiment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(length(min = 1)))]
    pub variants: Vec<VariantDocument>,
}

/// How often an experience may be shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct LimitDocument {
    /// So many times.
    #[cfg_attr(feature = "schemars", schemars(range(min = 1, max = 1_000_000)))]
    pub times: u32,
    /// Within this span.
    pub per: PerDocument,
}

/// The span that a limit counts over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum PerDocument {
    /// The current session.
    Session,
    /// The shopper's calendar day.
    Day,
    /// For ever.
    Visitor,
}

/// How visitors are spread over variants.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct ExperimentDocument {
    /// The share of visitors that takes part, 0 to 1. Without it: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(range(min = 0, max = 1)))]
    pub coverage: Option<f64>,
    /// What is hashed with the visitor's id. Without it: the experience's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<String>,
    /// A name and a share of it from 0 to 1, so that experiments of one namespace never meet in one visitor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "form::namespace"))]
    pub namespace: Option<(String, f64, f64)>,
}

/// One arm of an experiment.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct VariantDocument {
    /// Unique within the experiment; in events and reports.
    #[cfg_attr(feature = "schemars", schemars(length(min = 1)))]
    pub id: String,
    /// What people call it: goes along as `variation_name` of `Experiment Viewed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its share of the experiment's visitors, 0 to 1; all shares make 1. Without any: the same for each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(range(min = 0, max = 1)))]
    pub weight: Option<f64>,
    /// The id of the block to show. Without it: what is shown anyway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub show: Option<String>,
}

/// How products are picked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum StrategyDocument {
    /// By the shopper's affinities.
    Affinity,
    /// What many look at now.
    Trending,
    /// What the shopper looked at last.
    Recent,
    /// Like the product at hand.
    Similar,
    /// Bought together with what is in the cart.
    Together,
    /// What comes next in sessions like this one.
    Next,
    /// The better one of its kind.
    Upsell,
    /// What is about to run out at home.
    Replenish,
    /// The ids given.
    Pinned,
}

/// Which products are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ExcludeDocument {
    /// What is in the cart.
    Cart,
    /// What was bought.
    Bought,
    /// What was looked at.
    Viewed,
    /// The product of the page.
    Page,
    /// The product of the page, by another name.
    Current,
}

/// One, or a list of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum OneOrMany<T> {
    /// Several.
    Many(Vec<T>),
    /// One.
    One(T),
}

/// What no two neighbours should share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum DiverseDocument {
    /// The category.
    Category,
    /// The brand.
    Brand,
}

/// Which products an experience shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schemars", schemars(transform = form::pins_ids))]
pub struct ProductsDocument {
    /// How they are picked.
    pub strategy: StrategyDocument,
    /// How many, 1 to 100. Without it: 4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(range(min = 1, max = 100)))]
    pub limit: Option<u32>,
    /// The ids of `pinned`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<String>,
    /// Only products that fulfil this; paths are a product's fields.
    #[serde(rename = "where", default, skip_serializing_if = "Option::is_none")]
    pub only: Option<FieldsConditionDocument>,
    /// Which are left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exclude: Option<OneOrMany<ExcludeDocument>>,
    /// What no two neighbours should share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diverse: Option<DiverseDocument>,
    /// What fills up what is missing, in this order. Without it: `affinity`, then `trending`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<Vec<StrategyDocument>>,
    /// What the shop wants more, less or in a certain position.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub adjust: Vec<AdjustDocument>,
}

/// A wish of the shop about some products: one of `boost`, `bury` and `pin`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct AdjustDocument {
    /// Which products.
    #[serde(rename = "where")]
    pub only: FieldsConditionDocument,
    /// Earlier: 0.01 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(range(min = 0.01, max = 100.0)))]
    pub boost: Option<f64>,
    /// Only when nothing else is left; true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "form::yes"))]
    pub bury: Option<bool>,
    /// The best of them in this position, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(range(min = 1, max = 100)))]
    pub pin: Option<u32>,
}
