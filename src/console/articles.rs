//! The articles: the facts of each are gathered here, and put into tables in `articles`.

use super::{Actor, Console, ConsoleError, hub_usage::hub_usage};
use azure::{Cloud, CloudName};
use diagnosis::articles::{
    facts::{self, Volume, table},
    schema, text,
};
use diagnosis::health::cloud;
use domain::{
    Change, CheckId, Kind, ResourceId, Role, TargetConfig, TargetKind,
    article::{Article, ArticleQuery, Block, Cell, Shape, Slug, Way},
    azure::place_name,
    time,
};
use engine::deliver::workspace::{RowOf, row};
use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use store::EventFilter;

const A_MONTH: SignedDuration = SignedDuration::from_hours(30 * 24);
/// About what Log Analytics asks for a gigabyte, in dollars.
const PRICE: f64 = 2.30;
/// Subscriptions whose rights are asked for.
const ASKED: usize = 30;
/// Subscriptions that are asked at the same time.
const AT_ONCE: usize = 8;
/// Items that are listed.
const LISTED: i64 = 20;

impl Console {
    /// One article with its facts of this moment.
    pub async fn article(&self, actor: &Actor, slug: Slug, query: &ArticleQuery) -> Result<Article, ConsoleError> {
        actor.require(Role::Viewer)?;
        let facts = match slug {
            Slug::Costs => self.costs(actor, query).await?,
            Slug::ManagementGroups => self.groups(actor).await?,
            Slug::RecommendationsMissing => self.missing(actor).await?,
            Slug::CurrentState => self.current_state(actor).await?,
            Slug::Intervals => self.intervals(actor).await?,
            Slug::FreeTier => self.free_tier(actor).await?,
            Slug::BusinessContinuity => self.continuity(actor).await?,
            Slug::CannotChange => self.resisting(actor).await?,
            Slug::Permissions => self.what_may_be_done(actor).await?,
            Slug::Clouds => self.clouds().await,
            Slug::DataMissing => self.failing(actor).await?,
            Slug::Schemas => self.schemas(actor, query).await?,
        };
        let text = text(slug);
        let links = text.links.iter().map(|(title, to)| ((*title).to_owned(), (*to).to_owned()));
        Ok(Article {
            slug,
            answer: text.answer.iter().map(|one| (*one).to_owned()).collect(),
            facts,
            links: links.collect(),
        })
    }

    fn month_ago(&self) -> Timestamp {
        self.now().checked_sub(A_MONTH).unwrap_or_else(|_| self.now())
    }

    async fn costs(&self, actor: &Actor, query: &ArticleQuery) -> Result<Vec<Block>, ConsoleError> {
        let price = query.price_asked().unwrap_or(PRICE);
        let sent = self.store.sent_since(self.month_ago()).await?;
        let volumes = self.targets(actor).await?.into_iter().map(|target| {
            let of = sent.iter().find(|one| one.target == target.id);
            Volume {
                is_workspace: target.config.kind() == TargetKind::Workspace,
                events: of.map_or(0, |one| one.events),
                requests: of.map_or(0, |one| one.requests),
                bytes: of.map_or(0, |one| one.bytes),
                target: Cell::to(target.name, Way::Target(target.id.clone())),
            }
        });
        Ok(vec![
            Block::Table(facts::volumes(volumes.collect(), price)),
            Block::Note(format!("A gigabyte is taken for {price:.2}: change the price to what yours costs.")),
        ])
    }

    async fn groups(&self, actor: &Actor) -> Result<Vec<Block>, ConsoleError> {
        let (all, troubles) = self.policies(actor).await?;
        let mut blocks = vec![Block::Table(facts::assignments(&all))];
        blocks.extend(troubles.into_iter().map(Block::Note));
        let groups = self.management_groups(actor).await?;
        let rows = groups.into_iter().map(|(id, name)| vec![Cell::from(name), id.into()]).collect();
        blocks.push(Block::Table(table(
            "Management groups",
            &["Name", "Id"],
            "The identity sees no management group.",
            rows,
        )));
        blocks.push(Block::Action("Assign, remediate, compare".to_owned(), Way::Policies));
        blocks.push(Block::Action("New export of a management group".to_owned(), Way::NewExport));
        Ok(blocks)
    }

    async fn missing(&self, actor: &Actor) -> Result<Vec<Block>, ConsoleError> {
        let found = self.store.unsent(&actor.visible, Kind::Recommendation, Some("unhealthy"), LISTED).await?;
        let mut blocks = vec![Block::Table(facts::unsent(
            "Unhealthy, and sent by no export of this console",
            found.some,
            found.all,
            self.now(),
        ))];
        blocks.extend(self.backfills(actor, Kind::Recommendation).await?);
        Ok(blocks)
    }

    /// A way to the backfill of each export that takes a kind of data.
    async fn backfills(&self, actor: &Actor, kind: Kind) -> Result<Vec<Block>, ConsoleError> {
        let all = self.exports(actor, self.now()).await?;
        let takes = all.into_iter().map(|row| row.export).filter(|export| {
            export.body.is_ours() && export.body.sources.iter().any(|source| source.event_source.kind() == kind)
        });
        let mut blocks: Vec<Block> = takes
            .map(|export| Block::Action(format!("Backfill by {}", export.body.name), Way::Backfill(export.id)))
            .collect();
        if blocks.is_empty() {
            blocks.push(Block::Note(format!("No export of this console takes {}.", kind.label().to_lowercase())));
            blocks.push(Block::Action("New export".to_owned(), Way::NewExport));
        }
        Ok(blocks)
    }

    async fn current_state(&self, actor: &Actor) -> Result<Vec<Block>, ConsoleError> {
        let mut rows = Vec::new();
        for kind in Kind::ALL.iter().copied() {
            let found = self.store.unsent(&actor.visible, kind, None, 0).await?;
            rows.push(vec![Cell::from(kind.label()), time::count(found.all).into()]);
        }
        let counted = table("Known here, and sent by no export of this console", &["Kind of data", "Items"], "", rows);
        let mut blocks = vec![Block::Table(counted)];
        for kind in [Kind::Recommendation, Kind::Alert] {
            for block in self.backfills(actor, kind).await? {
                if !blocks.contains(&block) {
                    blocks.push(block);
                }
            }
        }
        Ok(blocks)
    }

    async fn intervals(&self, actor: &Actor) -> Result<Vec<Block>, ConsoleError> {
        let now = self.now();
        let rows = self.store.rhythms(&actor.visible, facts::MOST).await?.into_iter().map(|one| {
            vec![
                Cell::from(one.title),
                time::count(one.items).into(),
                time::count(one.changes).into(),
                time::relative(one.last, now).into(),
            ]
        });
        let columns = ["Recommendation", "Resources that changed", "Changes seen", "Last change"];
        Ok(vec![Block::Table(table(
            "Changes seen here",
            &columns,
            "No recommendation has changed since the console watches.",
            rows.collect(),
        ))])
    }

    async fn free_tier(&self, actor: &Actor) -> Result<Vec<Block>, ConsoleError> {
        let alerts = self.store.alerts_by_subscription(&actor.visible, self.month_ago()).await?;
        let of = |id: &domain::SubscriptionId| alerts.iter().find(|(of, _)| of == id).map_or(0, |(_, n)| *n);
        let rows = self.subscriptions(actor).await?;
        Ok(vec![Block::Table(facts::plans(&rows, |row| of(&row.id)))])
    }

    async fn continuity(&self, actor: &Actor) -> Result<Vec<Block>, ConsoleError> {
        let mut hubs: Vec<(Cell, ResourceId)> = Vec::new();
        for target in self.targets(actor).await? {
            if let TargetConfig::EventHub(hub) = &target.config
                && let Some(id) = &hub.resource_id
            {
                hubs.push((Cell::to(target.name.as_str(), Way::Target(target.id.clone())), id.clone()));
            }
        }
        for (export, subscription) in self.azure_exports(actor).await? {
            for target in export.targets.iter().filter(|one| one.after("eventhubs").is_some()) {
                if hubs.iter().all(|(_, known)| known.key() != target.key()) {
                    let name = format!("{} ({} of {subscription})", place_name(target), export.name);
                    hubs.push((Cell::from(name), target.clone()));
                }
            }
        }
        let now = self.now();
        let asked = stream::iter(hubs.into_iter().take(facts::ROWS)).map(|(name, hub)| async move {
            let arm = self.tenant_of_resource(&hub).await.unwrap_or_else(|_| self.tenants().first()).arm();
            let usage = hub_usage(arm, &hub, Err(String::new()).into(), 0, now).await;
            let (pairing, follows) = match usage.pairing.found {
                Err(why) => (why, "cannot tell"),
                Ok(None) => ("paired with no other".to_owned(), "no"),
                Ok(Some(pair)) => {
                    (format!("{} of {}, with {}", pair.role, pair.alias, pair.partner), "no: it names the namespace")
                }
            };
            vec![name, Cell::from(pairing), follows.into()]
        });
        let rows: Vec<_> = asked.buffered(4).collect().await;
        let columns = ["Event hub", "Pairing of its namespace", "Does the export follow a failover?"];
        Ok(vec![Block::Table(table(
            "Event hubs that something is sent to",
            &columns,
            "Nothing is sent to event hubs.",
            rows,
        ))])
    }

    /// The health checks that do not pass.
    async fn failing(&self, actor: &Actor) -> Result<Vec<Block>, ConsoleError> {
        let all = self.recent_health(actor).await?.into_iter();
        let open: Vec<_> = all.filter(|one| one.verdict != domain::verdict::Verdict::Pass).collect();
        if open.is_empty() {
            return Ok(vec![Block::Note("None of the checks that look at it finds anything.".to_owned())]);
        }
        Ok(vec![Block::Checks(open)])
    }

    async fn resisting(&self, actor: &Actor) -> Result<Vec<Block>, ConsoleError> {
        let all = self.recent_health(actor).await?;
        let of = [CheckId::PermissionsChange, CheckId::AzureLocked, CheckId::PolicyReturns, CheckId::PolicyDrift];
        let mut blocks = vec![Block::Checks(all.into_iter().filter(|one| of.contains(&one.check)).collect())];
        blocks.extend(self.what_may_be_done(actor).await?);
        Ok(blocks)
    }

    async fn what_may_be_done(&self, actor: &Actor) -> Result<Vec<Block>, ConsoleError> {
        let places = self.places(actor).await?;
        let more = places.len().saturating_sub(ASKED);
        let asked = stream::iter(places.into_iter().take(ASKED))
            .map(|(place, name)| async move { (self.rights(actor, &place.id).await, name) });
        let answers: Vec<_> = asked.buffered(AT_ONCE).collect().await;
        let (mut asked, mut notes) = (Vec::new(), Vec::new());
        for (rights, name) in answers {
            match rights {
                Ok(all) => asked.push((name, all)),
                Err(error) => notes.push(Block::Note(format!("{name}: {}", domain::text::chain(&error)))),
            }
        }
        let mut blocks = vec![Block::Table(facts::rights(&asked))];
        blocks.extend(notes);
        if more > 0 {
            blocks.push(Block::Note(format!("{more} more subscriptions were not asked: their pages say it of each.")));
        }
        blocks.push(Block::Action("Subscriptions".to_owned(), Way::Subscriptions));
        Ok(blocks)
    }

    async fn clouds(&self) -> Vec<Block> {
        let here = &self.tenants().first().http().cloud;
        let rows = CloudName::ALL.iter().map(|name| Cloud::named(*name)).map(|cloud| {
            let is_here = if cloud.name == here.name { "this console" } else { "" };
            let notice = if cloud.notice.is_empty() { "all of it".to_owned() } else { cloud.notice };
            vec![Cell::from(cloud.label), notice.into(), is_here.into()]
        });
        let mut blocks =
            vec![Block::Table(table("Clouds", &["Cloud", "What exists there", "Used by"], "", rows.collect()))];
        blocks.push(Block::Checks(vec![cloud(&self.tenant_health().await)]));
        blocks
    }

    async fn schemas(&self, actor: &Actor, query: &ArticleQuery) -> Result<Vec<Block>, ConsoleError> {
        let kind = Kind::parse(&query.kind).unwrap_or(Kind::Alert);
        let filter = EventFilter { kind: Some(kind), ..EventFilter::default() };
        let found = self.store.list_events(&actor.visible, &filter, None, 20).await?.items;
        let mut sample = None;
        for one in found.into_iter().filter(|one| one.subject.change != Change::Test) {
            let detail = self.store.find_event(&actor.visible, &one.id).await?;
            if let Some((detail, body)) = detail.and_then(|detail| detail.body.clone().map(|body| (detail, body))) {
                sample = Some((one, detail, body));
                break;
            }
        }
        let Some((one, detail, body)) = sample else {
            return Ok(vec![Block::Note(format!(
                "No {} with its payload was observed yet.",
                kind.label().to_lowercase()
            ))]);
        };
        let mut blocks = Vec::new();
        let event: Value = serde_json::from_str(&body).unwrap_or_default();
        if !query.pasted.trim().is_empty() {
            blocks.extend(compared(&event, &query.pasted));
        }
        let record: Option<Value> = detail.source_row.as_deref().and_then(|text| serde_json::from_str(text).ok());
        let of = RowOf {
            event: &one.id,
            kind,
            change: one.subject.change,
            occurred_at: one.subject.occurred_at,
            body: &body,
        };
        let as_row = Value::Object(row(of, self.now())).to_string();
        blocks.push(Block::Code(Shape::EventHub, body.clone()));
        blocks.push(Block::Code(Shape::Row, as_row));
        match record {
            Some(record) => {
                let rest = schema::as_rest(kind, &record).map(|rest| Block::Code(Shape::Rest, rest.to_string()));
                blocks.extend(rest);
                blocks.push(Block::Code(Shape::Graph, record.to_string()));
            }
            None => blocks
                .push(Block::Note("Its record of Resource Graph is not kept: the REST shape is not shown.".to_owned())),
        }
        blocks.push(Block::Action("Open this event".to_owned(), Way::Event(one.id.clone())));
        Ok(blocks)
    }
}

/// What a consumer got, held against the event.
fn compared(event: &Value, pasted: &str) -> Vec<Block> {
    let found = match schema::compare(event, pasted) {
        Err(why) => return vec![Block::Note(why)],
        Ok(found) => found,
    };
    let mut blocks: Vec<Block> = found.hints.into_iter().map(Block::Note).collect();
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    // What is there and wrong says more than what is not there: an excerpt lacks a lot.
    rows.extend(found.other_type.into_iter().map(|(path, ours, theirs)| {
        vec![Cell::from(path), format!("{ours} in the event, {theirs} in what was pasted").into()]
    }));
    rows.extend(found.more.into_iter().map(|path| vec![Cell::from(path), "only in what was pasted".into()]));
    rows.extend(found.missing.into_iter().map(|path| vec![Cell::from(path), "missing in what was pasted".into()]));
    let empty = "It has every member of the event, and no other.";
    blocks.push(Block::Table(table(
        "What was pasted, against the newest event",
        &["Member", "Difference"],
        empty,
        rows,
    )));
    blocks
}
