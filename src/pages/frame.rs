//! What stands around every page: the practice banner, the rail, the top bar with search, range and live state.

use super::{
    api::{self, FrameView, UiError},
    keys,
    live::use_live,
    menus,
    palette::Palette,
    parts::{Load, rail_path},
    paths,
};
use leptos::{either::Either, prelude::*};
use leptos_router::{
    components::Outlet,
    hooks::{use_location, use_query_map},
};

/// The range all pages share, from the URL.
pub fn use_range() -> Memo<String> {
    let query = use_query_map();
    Memo::new(move |_| query.read().get("range").filter(|range| is_range(range)).unwrap_or_else(|| "24h".into()))
}

/// Ranges that can be chosen, in hours.
pub const RANGES: [(&str, i64); 5] = [("1h", 1), ("24h", 24), ("7d", 7 * 24), ("30d", 30 * 24), ("90d", 90 * 24)];

fn is_range(text: &str) -> bool {
    RANGES.iter().any(|(word, _)| *word == text)
}

/// An address with another range is answered with the usual one, and says so.
#[component]
fn UnknownRange() -> impl IntoView {
    let query = use_query_map();
    let unknown = move || query.read().get("range").filter(|range| !is_range(range));
    move || {
        unknown().map(|range| {
            let range: String = range.chars().take(40).collect();
            let text = format!(
                "The range “{range}” is unknown: choose from {}. These are the last 24 hours.",
                RANGES.map(|(word, _)| word).join(", ")
            );
            view! { <div class="callout warn" role="status"><p>{text}</p></div> }
        })
    }
}

/// The frame around the page of the route.
#[component]
pub fn FramedOutlet() -> impl IntoView {
    view! { <Frame><Outlet /></Frame> }
}

/// The frame around a page.
#[component]
pub fn Frame(children: Children) -> impl IntoView {
    let live = use_live();
    let range = use_range();
    let frame = Resource::new(move || live.tick.get(), |_| api::frame());
    view! {
        // The router leaves what is external to the browser, which moves the focus along.
        <a class="skip-link" href="#page" rel="external">"Skip to the page"</a>
        <Load of=frame view={|frame: FrameView| banner(&frame)} />
        <div class="app">
            <aside class="rail" aria-label="Console">
                <a class="brand" href="/">
                    <svg width="18" height="18" viewBox="0 0 18 18" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" aria-hidden="true">
                        <path d="M2 4h6a4 4 0 0 1 4 4v0a4 4 0 0 0 4 4"></path>
                        <path d="M2 14h4"></path>
                        <path d="m13 9 3 3-3 3"></path>
                    </svg>
                    "Continuous Export"
                </a>
                <MenuToggle />
                <Load of=frame view={move |frame: FrameView| rail(&frame, range)} />
            </aside>
            <TopBar range />
            <main class="page" id="page" tabindex="-1">
                {move || live.ended.get().then(session_ended)}
                <UnknownRange />
                {children()}
            </main>
        </div>
        <Palette />
        <keys::KeySheet />
    }
}

/// Stays in sight while somebody types. Signing in happens in another tab: what is typed here can be saved afterwards.
fn session_ended() -> impl IntoView {
    view! {
        <div class="callout bad session-ended" role="alert">
            <p>{UiError::SignedOut.to_string()}</p>
            <a class="btn primary" href="/sign-in" target="_blank">"Sign in"</a>
        </div>
    }
}

/// Opens the pages' list on narrow screens, without JavaScript too; going to a page closes it.
#[component]
fn MenuToggle() -> impl IntoView {
    let open = RwSignal::new(false);
    let path = use_location().pathname;
    Effect::new(move || {
        path.track();
        open.set(false);
    });
    view! {
        <input type="checkbox" id="menu" class="menu-toggle" prop:checked=open on:change=move |event| open.set(event_target_checked(&event)) />
        <label for="menu" class="menu-button">"Menu"</label>
    }
}

fn banner(frame: &FrameView) -> AnyView {
    let practice = frame.practice.then(|| {
        view! {
            <div class="practice" role="region" aria-label="Practice">
                "Practice Azure: nothing here is real, nothing leaves this machine"
            </div>
        }
    });
    view! { {practice} }.into_any()
}

fn rail(frame: &FrameView, range: Memo<String>) -> AnyView {
    let location = use_location();
    let path = location.pathname;
    let link = move |to: &'static str, name: &'static str, count: Option<String>, bad: bool| {
        let here = move || {
            let path = path.get();
            // Diagnoses and sample alerts belong to what is looked into.
            let beside =
                to == paths::TROUBLESHOOT && ["/diagnoses/", "/samples"].iter().any(|start| path.starts_with(start));
            let is_here = path == to || beside || (to != "/" && path.starts_with(&format!("{to}/")));
            is_here.then_some("page")
        };
        let count = count.map(|count| view! { <span class=if bad { "count bad" } else { "count" }>{count}</span> });
        view! { <a href=move || rail_path(to, &range.get()) aria-current=here>{name}{count}</a> }
    };
    let cloud = if frame.practice { "Practice Azure".to_owned() } else { format!("{} cloud", frame.cloud) };
    let problems: Vec<_> =
        frame.problems.iter().map(|problem| view! { <p class="sm text-warn">{problem.clone()}</p> }).collect();
    view! {
        <div class="tenant">
            <div class="strong">{frame.tenant.clone()}</div>
            <div class="sm dim">{cloud}" · "{frame.subscriptions}" subscriptions"</div>
            {problems}
        </div>
        <nav class="nav" aria-label="Pages">
            {link(paths::OVERVIEW, "Overview", None, false)}
            {link(paths::SUBSCRIPTIONS, "Subscriptions", Some(frame.subscriptions.to_string()), false)}
            {link(paths::COVERAGE, "Coverage", None, false)}
            {link(paths::EXPORTS, "Exports", Some(frame.exports.to_string()), false)}
            {link(paths::LOG, "Delivery log", (frame.stuck > 0).then(|| domain::time::count(frame.stuck)), true)}
            {link(paths::TARGETS, "Targets", Some(frame.targets.to_string()), false)}
            {link(paths::TROUBLESHOOT, "Troubleshoot", (frame.failing > 0).then(|| frame.failing.to_string()), true)}
            {link(paths::SHARES, "Shares", None, false)}
        </nav>
        <nav class="nav" aria-label="You">
            <button type="button" class="needs-js" aria-keyshortcuts="Control+K" on:click=|_| keys::open(keys::PALETTE)>"Go to"<kbd class="count">"Ctrl K"</kbd></button>
            <button type="button" class="needs-js" aria-keyshortcuts="?" on:click=|_| keys::open(keys::SHEET)>"Keys"<kbd class="count">"?"</kbd></button>
            {link(paths::SETTINGS, "Settings", None, false)}
            <form method="post" action="/sign-out" class="you">
                <span title=frame.role.clone()>{frame.person.clone()}</span>
                <button class="btn quiet small" type="submit">"Sign out"</button>
            </form>
        </nav>
    }
    .into_any()
}

#[component]
fn TopBar(range: Memo<String>) -> impl IntoView {
    let location = use_location();
    keys::listen();
    menus::listen();
    keys::follow_panels(location.pathname);
    let ranges = RANGES.map(|(one, _)| {
        let href = move || {
            let query = location.query.get();
            let rest: Vec<(String, String)> = query
                .latest_values()
                .filter(|(name, _)| {
                    !matches!(name.as_ref(), "range" | "cursor" | "saved" | "test" | "answer" | "__path" | "__err")
                })
                .map(|(name, value)| (name.to_string(), value.to_owned()))
                .collect();
            let mut pairs: Vec<(&str, &str)> =
                rest.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            pairs.push(("range", one));
            paths::with_query(&location.pathname.get(), &pairs)
        };
        let label = format!("{} {}", &one[..one.len() - 1], &one[one.len() - 1..]);
        view! { <a href=href aria-current=move || (range.get() == one).then_some("true")>{label}</a> }
    });
    view! {
        <header class="top">
            <Crumbs />
            <form class="search" role="search" aria-label="Find one event" method="get" action="/log">
                <label class="visually-hidden" for="q">"Find an alert id, resource id or portal link"</label>
                <input id="q" name="q" type="search" placeholder="Paste an alert id, resource id or portal link" title="The key / comes here" aria-keyshortcuts="/" autocomplete="off" />
            </form>
            <nav class="seg sm" aria-label="Time range">{ranges}</nav>
            <LiveState />
        </header>
    }
}

#[component]
fn Crumbs() -> impl IntoView {
    let location = use_location();
    let crumbs = move || {
        let path = location.pathname.get();
        let mut parts = path.trim_matches('/').split('/').filter(|part| !part.is_empty());
        let (root, name) = match parts.next() {
            None => return Either::Left(view! { <b>"Overview"</b> }),
            Some("subscriptions") => (paths::SUBSCRIPTIONS, "Subscriptions"),
            Some("coverage") => (paths::COVERAGE, "Coverage"),
            Some("exports") => (paths::EXPORTS, "Exports"),
            Some("log") => (paths::LOG, "Delivery log"),
            Some("targets") => (paths::TARGETS, "Targets"),
            Some("troubleshoot" | "diagnoses" | "samples") => (paths::TROUBLESHOOT, "Troubleshoot"),
            Some("shares") => (paths::SHARES, "Shares"),
            Some("settings") => (paths::SETTINGS, "Settings"),
            Some(_) => ("/", "Overview"),
        };
        let deeper = parts.next().is_some();
        Either::Right(view! { <a href=root aria-current=(!deeper).then_some("page")>{name}</a> })
    };
    view! { <nav class="crumbs" aria-label="Where you are">{crumbs}</nav> }
}

/// Whether pages follow what happens; a click holds them still.
#[component]
fn LiveState() -> impl IntoView {
    let live = use_live();
    let text = move || match (live.paused.get(), live.missed.get(), live.connected.get()) {
        _ if live.ended.get() => "Signed out".to_owned(),
        (true, 0, _) => "Paused".to_owned(),
        (true, 1, _) => "Paused · 1 update waits".to_owned(),
        (true, missed, _) => format!("Paused · {missed} updates wait"),
        (false, _, true) => "Live".to_owned(),
        (false, _, false) => "Not live".to_owned(),
    };
    let tone = move || match (live.paused.get(), live.connected.get()) {
        _ if live.ended.get() => "state bad",
        (true, _) => "state warn",
        (false, true) => "state good",
        (false, false) => "state none",
    };
    view! {
        <button type="button" class="btn quiet small needs-js live" aria-pressed=move || live.paused.get().to_string() on:click=move |_| live.toggle()>
            <span class=tone>{text}</span>
        </button>
    }
}
