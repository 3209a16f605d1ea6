//! How to sign in, for whoever has no session.

use crate::parts::PageTitle;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Says how to get a link.
#[component]
pub fn SignInPage() -> impl IntoView {
    let query = use_query_map();
    let note = move || {
        let query = query.read();
        if query.get("link").is_some() {
            Some(("callout warn", "That link was used already, or is older than 10 minutes. Make a fresh one."))
        } else if query.get("signed").is_some() {
            Some(("callout good", "You are signed out."))
        } else {
            None
        }
    };
    view! {
        <PageTitle text="Sign in" />
        <main class="signin" id="page">
            <h1>"Sign in to Continuous Export"</h1>
            {move || note().map(|(class, text)| view! { <div class=class role="status"><p>{text}</p></div> })}
            <p>"This console listens on this machine only. Whoever can read its data folder may sign in, with a link that works once:"</p>
            <div class="code" tabindex="0" role="region" aria-label="Command">"continuous-export sign-in --data DIR"</div>
            <p class="dim">"DIR is the data folder the console was started with; without the flag it is .data. The link is good for 10 minutes. The console also printed one when it started."</p>
        </main>
    }
}
