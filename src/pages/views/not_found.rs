//! An address that leads nowhere.

use crate::parts::PageTitle;
use leptos::prelude::*;

/// Says so, and where to go on.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <PageTitle text="Not found" />
        <div class="head">
            <div>
                <h1>"There is no such page"</h1>
                <p>"The address may be mistyped, or what it named was deleted."</p>
            </div>
        </div>
        <p class="row">
            <a class="btn" href="/">"Overview"</a>
            <a class="btn" href="/log">"Delivery log"</a>
        </p>
    }
}
