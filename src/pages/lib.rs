//! The pages, for both halves. A page reads its state from the URL, asks one server function, and shows the answer; the
//! same forms work with and without JavaScript. This room sees `domain` and `rules`; the server's rooms only inside the
//! bodies of server functions (`api`), through `console`.

pub mod api;
pub mod editor;
mod frame;
mod keys;
mod leave;
mod live;
mod menus;
mod palette;
pub mod parts;
pub mod paths;
mod shell;
mod views;

pub use shell::shell;

use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::{
    ParamSegment as Param, SsrMode, StaticSegment as Seg,
    components::{ParentRoute, Route, Router, Routes},
};
use parts::ProductTitle;
use views::{
    article::ArticlePage,
    backfill::BackfillPage,
    code::{ExportCodePage, ImportExportPage},
    coverage::CoveragePage,
    diagnosis::DiagnosisPage,
    editor::{EditExportPage, HistoryPage, NewExportPage},
    exports::ExportsPage,
    jobs::ReplayPage,
    log::LogPage,
    not_found::NotFound,
    overview::OverviewPage,
    policies::PoliciesPage,
    roll_out::{AzureExportPage, RollOutPage},
    samples::{SamplePage, SamplesPage},
    settings::SettingsPage,
    share_new::{NewSharePage, ShareMadePage},
    shares::SharesPage,
    sign_in::SignInPage,
    subscription::SubscriptionPage,
    subscriptions::SubscriptionsPage,
    targets::{NewTargetPage, TargetPage, TargetsPage},
    troubleshoot::TroubleshootPage,
};

/// The whole console.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    live::provide_live();
    // Tests and styles see that the page has come to life.
    Effect::new(|| {
        if let Some(root) = document().document_element() {
            let _ = root.set_attribute("data-hydrated", "true");
        }
    });
    view! {
        <ProductTitle />
        <Router>
            <Routes fallback=|| view! { <frame::Frame><NotFound /></frame::Frame> }>
                <Route path=Seg("sign-in") view=SignInPage ssr=SsrMode::Async />
                <ParentRoute path=Seg("") view=frame::FramedOutlet ssr=SsrMode::InOrder>
                    <Route path=Seg("") view=OverviewPage ssr=SsrMode::Async />
                    <Route path=Seg("subscriptions") view=SubscriptionsPage ssr=SsrMode::Async />
                    <Route path=(Seg("subscriptions"), Param("id")) view=SubscriptionPage ssr=SsrMode::Async />
                    <Route path=Seg("coverage") view=CoveragePage ssr=SsrMode::Async />
                    <Route path=Seg("exports") view=ExportsPage ssr=SsrMode::Async />
                    <Route path=(Seg("exports"), Seg("new")) view=NewExportPage ssr=SsrMode::Async />
                    <Route path=(Seg("exports"), Seg("azure")) view=AzureExportPage ssr=SsrMode::Async />
                    <Route path=(Seg("exports"), Seg("policy")) view=PoliciesPage ssr=SsrMode::Async />
                    <Route path=(Seg("exports"), Seg("import")) view=ImportExportPage ssr=SsrMode::Async />
                    <Route path=(Seg("exports"), Param("id"), Seg("azure")) view=RollOutPage ssr=SsrMode::Async />
                    <Route path=(Seg("exports"), Param("id"), Seg("history")) view=HistoryPage ssr=SsrMode::Async />
                    <Route path=(Seg("exports"), Param("id"), Seg("code")) view=ExportCodePage ssr=SsrMode::Async />
                    <Route path=(Seg("exports"), Param("id")) view=EditExportPage ssr=SsrMode::Async />
                    <Route path=(Seg("exports"), Param("id"), Seg("backfill")) view=BackfillPage ssr=SsrMode::Async />
                    <Route path=Seg("log") view=LogPage ssr=SsrMode::Async />
                    <Route path=(Seg("log"), Seg("replay")) view=ReplayPage ssr=SsrMode::Async />
                    <Route path=(Seg("log"), Param("sort"), Param("id")) view=LogPage ssr=SsrMode::Async />
                    <Route path=Seg("targets") view=TargetsPage ssr=SsrMode::Async />
                    <Route path=(Seg("targets"), Seg("new")) view=NewTargetPage ssr=SsrMode::Async />
                    <Route path=(Seg("targets"), Param("id")) view=TargetPage ssr=SsrMode::Async />
                    // What asks Azure for long comes in its place as it is known: the box above it is there at once.
                    <Route path=Seg("troubleshoot") view=TroubleshootPage ssr=SsrMode::InOrder />
                    <Route path=(Seg("troubleshoot"), Param("slug")) view=ArticlePage ssr=SsrMode::Async />
                    <Route path=Seg("samples") view=SamplesPage ssr=SsrMode::Async />
                    <Route path=(Seg("samples"), Param("id")) view=SamplePage ssr=SsrMode::Async />
                    <Route path=(Seg("diagnoses"), Param("id")) view=DiagnosisPage ssr=SsrMode::Async />
                    <Route path=Seg("shares") view=SharesPage ssr=SsrMode::Async />
                    <Route path=(Seg("shares"), Seg("new")) view=NewSharePage ssr=SsrMode::Async />
                    <Route path=(Seg("shares"), Seg("made")) view=ShareMadePage ssr=SsrMode::Async />
                    <Route path=Seg("settings") view=SettingsPage ssr=SsrMode::Async />
                </ParentRoute>
            </Routes>
        </Router>
    }
}
