//! Coverage: who exports what of each subscription to where, and what falls short.

use super::{Condition, DeliveredBy, ExportId, Kind, ResourceId, SubscriptionId, words::words};
use serde::{Deserialize, Serialize};

words! {
    /// What may fall short in a subscription.
    pub enum Gap {
        /// High or Medium alerts do not all leave it (CIS Microsoft Azure Foundations 8.1.5.2).
        Short = "short", "Short of CIS 8.1.5.2";
        /// Two exports send the same events to the same place.
        Doubled = "doubled", "Doubled";
        /// An export of Azure's that the portal's page does not show.
        Hidden = "hidden", "Hidden from the portal";
        /// An export that is switched off or paused.
        Disabled = "disabled", "Switched off";
        /// An export of this console's whose target takes nothing at the moment.
        Stuck = "stuck", "Target takes nothing";
    }
}

/// One export's part in what leaves a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exporter {
    /// Its name.
    pub name: String,
    /// Who sends.
    pub by: DeliveredBy,
    /// The console's export, where it is one.
    pub export: Option<ExportId>,
    /// Azure's automation, where it is one.
    pub automation: Option<ResourceId>,
    /// What people call the place it sends to.
    pub target: String,
    /// Whether it sends: neither switched off nor paused.
    pub on: bool,
    /// What keeps its target from taking events, where this console sends there; none when nothing does.
    #[serde(default)]
    pub stuck: Option<Condition>,
    /// Whether it is filtered by rules.
    pub filtered: bool,
    /// Whether it sends the whole state each week instead of changes.
    pub weekly: bool,
    /// The resource group it is limited to.
    pub only_group: Option<String>,
}

/// What leaves a subscription of one kind of data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindCoverage {
    /// The kind of data.
    pub kind: Kind,
    /// Who exports it; empty when nobody does.
    pub exporters: Vec<Exporter>,
    /// What falls short.
    pub gaps: Vec<Gap>,
}

/// What leaves a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverageRow {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// Its name.
    pub name: String,
    /// One for each kind of data, in their order.
    pub kinds: Vec<KindCoverage>,
}

/// Coverage as a page shows it: some of the rows, and what all of them come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverageView {
    /// The rows that are shown, what falls short first.
    pub rows: Vec<CoverageRow>,
    /// How many were found.
    pub found: usize,
    /// How many subscriptions there are.
    pub all: usize,
    /// How many of all export their High and Medium alerts.
    pub covered: usize,
    /// How many of all fall short in each way.
    pub gaps: Vec<(Gap, usize)>,
}

impl CoverageView {
    /// Of these rows at most `most`: those with a gap, where one is named, and with a text in their name or id.
    pub fn of(all: Vec<CoverageRow>, gap: Option<Gap>, text: &str, most: usize) -> Self {
        let with = |gap: Gap| all.iter().filter(|row| row.gaps().contains(&gap)).count();
        let (count, short) = (all.len(), with(Gap::Short));
        let gaps = Gap::ALL.iter().copied().map(|gap| (gap, with(gap))).collect();
        let text = text.trim().to_lowercase();
        let mut rows: Vec<CoverageRow> = all
            .into_iter()
            .filter(|row| gap.is_none_or(|gap| row.gaps().contains(&gap)))
            .filter(|row| row.name.to_lowercase().contains(&text) || row.subscription.as_str().contains(&text))
            .collect();
        rows.sort_by_cached_key(|row| {
            let gaps = row.gaps();
            (!gaps.contains(&Gap::Short), gaps.is_empty(), row.name.to_lowercase())
        });
        let found = rows.len();
        rows.truncate(most);
        Self { rows, found, all: count, covered: count - short, gaps }
    }
}

impl CoverageRow {
    /// What falls short in any kind, each once.
    pub fn gaps(&self) -> Vec<Gap> {
        Gap::ALL.iter().copied().filter(|gap| self.kinds.iter().any(|kind| kind.gaps.contains(gap))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: u8, name: &str, gaps: &[Gap]) -> CoverageRow {
        let kind = KindCoverage { kind: Kind::Alert, exporters: Vec::new(), gaps: gaps.to_vec() };
        let id = format!("0ab1c2d3-0000-4000-8000-0000000000{number:02}");
        CoverageRow { subscription: SubscriptionId::parse(&id).unwrap(), name: name.into(), kinds: vec![kind] }
    }

    #[test]
    fn some_are_shown_and_all_are_counted() {
        let all = || {
            vec![
                row(1, "Beta", &[]),
                row(2, "alpha", &[]),
                row(3, "Gamma", &[Gap::Doubled]),
                row(4, "Delta", &[Gap::Short, Gap::Disabled]),
            ]
        };
        let names = |view: &CoverageView| view.rows.iter().map(|row| row.name.clone()).collect::<Vec<_>>();
        let view = CoverageView::of(all(), None, "", 3);
        assert_eq!(names(&view), ["Delta", "Gamma", "alpha"], "what falls short comes first");
        assert_eq!((view.found, view.all, view.covered), (4, 4, 3));
        assert_eq!(
            view.gaps,
            [(Gap::Short, 1), (Gap::Doubled, 1), (Gap::Hidden, 0), (Gap::Disabled, 1), (Gap::Stuck, 0)]
        );
        let view = CoverageView::of(all(), Some(Gap::Disabled), " DELTA", 3);
        assert_eq!((names(&view), view.found, view.all), (vec!["Delta".to_owned()], 1, 4));
        assert_eq!(names(&CoverageView::of(all(), None, "000000002", 3)), ["alpha"]);
    }
}
