//! A part of a page that needs an answer: the old one stays until the next is there; a failure is said in its place.

use super::PageTitle;
use crate::{api::UiError, paths};
use leptos::prelude::*;
use serde::{Serialize, de::DeserializeOwned};

/// Shows what a resource answers.
#[component]
pub fn Load<T, F>(
    /// The answer.
    of: Resource<Result<T, UiError>>,
    /// Shows it.
    view: F,
) -> impl IntoView
where
    T: Clone + Send + Sync + Serialize + DeserializeOwned + 'static,
    F: Fn(T) -> AnyView + Clone + Send + Sync + 'static,
{
    // What was shown last stays when the session ends: the frame says so once for the whole page.
    let last = StoredValue::new(None::<T>);
    view! {
        <Transition fallback=|| view! { <div class="skeleton" aria-hidden="true"></div> }>
            {move || {
                let view = view.clone();
                Suspend::new(async move {
                    match of.await {
                        Ok(value) => {
                            if cfg!(feature = "hydrate") {
                                last.try_set_value(Some(value.clone()));
                            }
                            view(value)
                        }
                        Err(error) => match last.try_get_value().flatten().filter(|_| error == UiError::SignedOut) {
                            Some(value) => view(value),
                            None => failed(&error),
                        },
                    }
                })
            }}
        </Transition>
    }
}

fn failed(error: &UiError) -> AnyView {
    if *error == UiError::SignedOut {
        return ().into_any();
    }
    #[cfg(feature = "ssr")]
    set_status(error);
    let title = match error {
        UiError::NotFound(_) => "Not found",
        UiError::Forbidden(_) => "Not allowed",
        _ => "This part could not be shown",
    };
    // A page about one thing takes its title from it: where it is not there, this is the title.
    let of_page = matches!(error, UiError::NotFound(_)).then(|| view! { <PageTitle text=title /> });
    view! {
        {of_page}
        <div class="callout bad" role="alert">
            <h2>{title}</h2>
            <p>{error.to_string()}</p>
            {matches!(error, UiError::NotFound(_)).then(|| view! { <p>"Press Ctrl K to go to something by its name, or begin at the "<a class="link" href=paths::OVERVIEW>"overview"</a>"."</p> })}
        </div>
    }
    .into_any()
}

#[cfg(feature = "ssr")]
fn set_status(error: &UiError) {
    use axum::http::StatusCode;
    let status = match error {
        UiError::NotFound(_) => StatusCode::NOT_FOUND,
        UiError::Forbidden(_) => StatusCode::FORBIDDEN,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(status);
    }
}
