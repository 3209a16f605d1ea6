//! An article: a question, its answer, and what is so here and now.

use super::{diagnosis::AskWhy, troubleshoot::check_card};
use crate::{
    api::{self, At},
    parts::{CodeBlock, Load, PageTitle, TextArea},
    paths,
};
use domain::{
    Kind,
    article::{Article, ArticleQuery, Block, Cell, FactTable, Slug},
    time,
    verdict::Verdict,
};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

/// The questions, as links.
#[component]
pub fn Questions() -> impl IntoView {
    let links: Vec<_> = Slug::ALL
        .iter()
        .map(|slug| view! { <li><a class="link" href=paths::article(*slug)>{slug.label()}</a></li> })
        .collect();
    view! {
        <section class="card">
            <header><h2>"Questions people ask"</h2><span class="sm dim">"each answered with facts of this moment"</span></header>
            <div class="body"><ul class="questions">{links}</ul></div>
        </section>
    }
}

/// The page.
#[component]
pub fn ArticlePage() -> impl IntoView {
    let (params, query) = (use_params_map(), use_query_map());
    // What is pasted may be long, and is nobody's business: with JavaScript it does not go through the address.
    let typed = RwSignal::new(None::<ArticleQuery>);
    let asked = Memo::new(move |_| {
        let text = |name: &str| query.read().get(name).unwrap_or_default();
        let in_address = || ArticleQuery { kind: text("kind"), pasted: text("pasted"), price: text("price") };
        let slug = params.read().get("slug").unwrap_or_default();
        let query = typed.get().filter(|_| slug == Slug::Schemas.as_str()).unwrap_or_else(in_address);
        (slug, query)
    });
    let found = Resource::new(move || asked.get(), |(slug, query)| api::read_article(slug, query));
    view! {
        <Load of=found view={move |answer: At<Article>| page(answer.value, asked.get_untracked().1, typed)} />
    }
}

fn page(article: Article, query: ArticleQuery, typed: RwSignal<Option<ArticleQuery>>) -> AnyView {
    let slug = article.slug;
    let answer: Vec<_> = article.answer.into_iter().map(|one| view! { <p>{one}</p> }).collect();
    let links: Vec<_> = article
        .links
        .into_iter()
        .map(|(title, to)| view! { <li><a class="link" href=to rel="noreferrer" target="_blank">{title}</a></li> })
        .collect();
    let asks = match slug {
        Slug::Schemas => Some(compare(&query, typed)),
        Slug::Costs => Some(price(&query)),
        Slug::DataMissing => Some(view! { <AskWhy /> }.into_any()),
        _ => None,
    };
    let (actions, facts): (Vec<Block>, Vec<Block>) =
        article.facts.into_iter().partition(|block| matches!(block, Block::Action(..)));
    let facts: Vec<_> = facts.into_iter().map(block).collect();
    let actions: Vec<_> = actions
        .into_iter()
        .filter_map(|block| match block {
            Block::Action(label, to) => Some(view! { <a class="btn" href=paths::way(&to)>{label}</a> }),
            _ => None,
        })
        .collect();
    let others: Vec<_> = Slug::ALL
        .iter()
        .filter(|other| **other != slug)
        .map(|other| view! { <li><a class="link" href=paths::article(*other)>{other.label()}</a></li> })
        .collect();
    view! {
        <PageTitle text=slug.label() />
        <div class="head"><div><h1>{slug.label()}</h1></div></div>
        <div class="split" data-aside="320">
            <div class="stack">
                <section class="card"><div class="body stack prose">{answer}</div></section>
                {asks}
                <h2 class="visually-hidden">"Here and now"</h2>
                {facts}
                {(!actions.is_empty()).then(|| view! { <div class="row wrap">{actions}</div> })}
            </div>
            <div class="stack">
                <aside class="card" aria-label="Microsoft's pages">
                    <header><h2>"Microsoft's pages"</h2></header>
                    <div class="body"><ul class="questions">{links}</ul></div>
                </aside>
                <aside class="card" aria-label="Other questions">
                    <header><h2>"Other questions"</h2></header>
                    <div class="body"><ul class="questions">{others}</ul></div>
                </aside>
            </div>
        </div>
    }
    .into_any()
}

fn block(block: Block) -> AnyView {
    match block {
        Block::Table(table) => fact_table(table),
        Block::Note(text) => view! { <p class="dim any">{text}</p> }.into_any(),
        Block::Code(shape, json) => view! {
            <section class="card">
                <header><h3>{shape.label()}</h3></header>
                <div class="body"><CodeBlock json label=shape.label() /></div>
            </section>
        }
        .into_any(),
        Block::Checks(all) => {
            let (passing, open): (Vec<_>, Vec<_>) = all.into_iter().partition(|one| one.verdict == Verdict::Pass);
            let open: Vec<_> = open.into_iter().enumerate().map(|(at, one)| check_card(one, at == 0)).collect();
            let passing: Vec<_> = passing
                .into_iter()
                .map(|one| view! { <li>{one.title}" "<span class="dim any">{one.said}{one.subject.map(|about| format!(" ({about})"))}</span></li> })
                .collect();
            let passing = (!passing.is_empty()).then(|| view! {
                <section class="card"><header><h3>"What passes"</h3></header><div class="body"><ul>{passing}</ul></div></section>
            });
            view! { <div class="stack">{open}{passing}</div> }.into_any()
        }
        Block::Action(..) => ().into_any(),
    }
}

fn fact_table(table: FactTable) -> AnyView {
    let shown = i64::try_from(table.rows.len()).unwrap_or_default();
    let count = match table.of {
        Some(all) => format!("{} of {}", time::count(shown), time::count(all)),
        None => time::count(shown),
    };
    let heads: Vec<_> = table.columns.iter().map(|one| view! { <th>{one.clone()}</th> }).collect();
    let empty = table.rows.is_empty().then(|| view! { <div class="empty"><p>{table.empty.clone()}</p></div> });
    let columns = table.columns.clone();
    let rows: Vec<_> = table
        .rows
        .into_iter()
        .map(|row| {
            let cells: Vec<_> = row
                .into_iter()
                .zip(&columns)
                .map(|(cell, label)| {
                    let class = cell_class(&cell);
                    view! { <td class=class data-label=label.clone()>{shown_cell(cell)}</td> }
                })
                .collect();
            view! { <tr>{cells}</tr> }
        })
        .collect();
    let body = (!rows.is_empty())
        .then(|| view! { <table class="table"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table> });
    view! {
        <section class="card">
            <header><h3>{table.title}</h3><span class="sm dim">{count}</span></header>
            {body}
            {empty}
        </section>
    }
    .into_any()
}

/// What is short stays on one line; names of actions and the like are broken only where nothing else helps.
fn cell_class(cell: &Cell) -> &'static str {
    if cell.text.chars().count() <= 12 { "nw" } else { "any" }
}

fn shown_cell(cell: Cell) -> AnyView {
    match cell.to {
        Some(to) => view! { <a class="link" href=paths::way(&to)>{cell.text}</a> }.into_any(),
        None => cell.text.into_any(),
    }
}

/// Chooses the kind of data, and takes what a consumer got.
fn compare(query: &ArticleQuery, typed: RwSignal<Option<ArticleQuery>>) -> AnyView {
    let chosen = Kind::parse(&query.kind).unwrap_or(Kind::Alert);
    let options: Vec<_> = Kind::ALL
        .iter()
        .map(|kind| view! { <option value=kind.as_str() selected=*kind == chosen>{kind.label()}</option> })
        .collect();
    view! {
        <section class="card">
            <header><h2>"Compare with what arrived"</h2></header>
            <div class="body">
                <form method="get" class="stack" on:submit=move |event| read(&event, typed)>
                    <div class="field">
                        <label for="kind">"Kind of data"</label>
                        <select class="input narrow" id="kind" name="kind">{options}</select>
                    </div>
                    <div class="field">
                        <label for="pasted">"One event as your consumer got it (JSON); empty to read the shapes alone"</label>
                        <TextArea id="pasted".to_owned() name="pasted".to_owned() rows=5 text=query.pasted.clone() label=None wrong=None />
                    </div>
                    <div class="row"><button class="btn primary" type="submit">"Show"</button></div>
                </form>
            </div>
        </section>
    }
    .into_any()
}

/// Takes what is in the form without leaving the page.
fn read(event: &leptos::ev::SubmitEvent, into: RwSignal<Option<ArticleQuery>>) {
    #[cfg(feature = "hydrate")]
    {
        use leptos::wasm_bindgen::JsCast;
        let form = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlFormElement>().ok());
        let Some(data) = form.and_then(|form| web_sys::FormData::new_with_form(&form).ok()) else { return };
        let text = |name: &str| data.get(name).as_string().unwrap_or_default();
        event.prevent_default();
        into.set(Some(ArticleQuery { kind: text("kind"), pasted: text("pasted"), price: String::new() }));
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (event, into);
}

fn price(query: &ArticleQuery) -> AnyView {
    let value = if query.price.is_empty() { "2.30".to_owned() } else { query.price.clone() };
    let wrong = (!query.price.is_empty() && query.price_asked().is_none()).then(|| {
        view! { <p class="error" id="price-error" role="alert">"A price is a number from 0 up, such as 2.30. The figures below are by the usual price."</p> }
    });
    view! {
        <form method="get" class="stack">
            <div class="row">
                <label for="price">"Price of a gigabyte in a workspace"</label>
                <input class="input narrow" id="price" name="price" inputmode="decimal" value=value aria-describedby=wrong.is_some().then_some("price-error") />
                <button class="btn" type="submit">"Reckon"</button>
            </div>
            {wrong}
        </form>
    }
    .into_any()
}
