//! The questions people ask about continuous export, each answered in words and with facts of this moment.

use super::{EventId, ExportId, SubscriptionId, TargetId, verdict::Checked, words::words};
use serde::{Deserialize, Serialize};

words! {
    /// The questions, by the end of their address.
    pub enum Slug {
        /// Costs.
        Costs = "costs", "What does continuous export cost?";
        /// Roll-out below a management group.
        ManagementGroups = "management-groups", "How do I export a whole management group?";
        /// Recommendations of the portal that are nowhere.
        RecommendationsMissing = "recommendations-missing", "Why are recommendations of the portal missing at the target?";
        /// What is already there.
        CurrentState = "current-state", "Does the export include the current state?";
        /// Evaluation intervals.
        Intervals = "intervals", "Why do recommendations arrive at different intervals?";
        /// Free subscriptions.
        FreeTier = "free-tier", "Does it work without a Defender plan?";
        /// Disaster recovery.
        BusinessContinuity = "business-continuity", "What happens to exports when a region fails?";
        /// Configuration that resists.
        CannotChange = "cannot-change", "Why can I not change or remove an export?";
        /// Roles.
        Permissions = "permissions", "Which permissions do exports take?";
        /// Clouds.
        Clouds = "clouds", "Does it work in Azure Government and other clouds?";
        /// Something that did not arrive.
        DataMissing = "data-missing", "Why was certain data not exported?";
        /// Shapes.
        Schemas = "schemas", "What do exported events look like?";
    }
}

/// What a person may set on an article's page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ArticleQuery {
    /// Schemas: the kind of data.
    pub kind: String,
    /// Schemas: what a consumer got, to be compared.
    pub pasted: String,
    /// Costs: the price of a gigabyte.
    pub price: String,
}

impl ArticleQuery {
    /// The price that was given, where it is one: a number from 0 up, with a point or a comma.
    pub fn price_asked(&self) -> Option<f64> {
        let price: Option<f64> = self.price.trim().replace(',', ".").parse().ok();
        price.filter(|price| price.is_finite() && *price >= 0.0)
    }
}

/// An article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Article {
    /// Which.
    pub slug: Slug,
    /// The answer, paragraph by paragraph.
    pub answer: Vec<String>,
    /// What is so here and now.
    pub facts: Vec<Block>,
    /// Microsoft's pages: title and address.
    pub links: Vec<(String, String)>,
}

words! {
    /// The shapes of an event.
    pub enum Shape {
        /// In an event hub.
        EventHub = "event_hub", "As an event hub gets it";
        /// In a workspace.
        Row = "row", "As a row of a workspace's table";
        /// Over REST.
        Rest = "rest", "As the REST API answers it";
        /// In Resource Graph.
        Graph = "graph", "As Resource Graph has it";
    }
}

/// A piece of facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Block {
    /// A table.
    Table(FactTable),
    /// A sentence.
    Note(String),
    /// An event in one of its shapes, as JSON text.
    Code(Shape, String),
    /// Checks with their verdicts.
    Checks(Vec<Checked>),
    /// A way on: label and where it leads.
    Action(String, Way),
}

/// Where something leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Way {
    /// A target.
    Target(TargetId),
    /// A subscription.
    Subscription(SubscriptionId),
    /// All of them.
    Subscriptions,
    /// An event.
    Event(EventId),
    /// The backfill of the current state by an export.
    Backfill(ExportId),
    /// A new export.
    NewExport,
    /// Exports that Azure Policy deploys.
    Policies,
}

/// Rows of facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactTable {
    /// What it shows.
    pub title: String,
    /// The heads of its columns.
    pub columns: Vec<String>,
    /// Its rows.
    pub rows: Vec<Vec<Cell>>,
    /// What stands there when it has none.
    pub empty: String,
    /// Rows there are altogether, where not all are shown.
    pub of: Option<i64>,
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// What it says.
    pub text: String,
    /// Where it leads.
    pub to: Option<Way>,
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self { text, to: None }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl Cell {
    /// A cell that leads somewhere.
    pub fn to(text: impl Into<String>, to: Way) -> Self {
        Self { text: text.into(), to: Some(to) }
    }
}
