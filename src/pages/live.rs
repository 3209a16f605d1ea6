//! Pages that follow what happens. The server only says *that* something changed; the page then asks its own question
//! again, so that there is one way to render and nothing leaks. The stream is open only while the tab is visible.

use leptos::prelude::*;

/// The live state that all pages share.
#[derive(Clone, Copy)]
pub struct Live {
    /// Counts up when pages should ask again.
    pub tick: RwSignal<u32>,
    /// Whether a person holds pages still.
    pub paused: RwSignal<bool>,
    /// Changes that came while paused.
    pub missed: RwSignal<u32>,
    /// Whether the stream is open.
    pub connected: RwSignal<bool>,
    /// Whether the server no longer knows who asks: nothing is asked again until somebody comes back to the tab.
    pub ended: RwSignal<bool>,
}

impl Live {
    /// Something changed.
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only browsers are nudged"))]
    fn nudge(self) {
        if self.ended.get_untracked() {
            return;
        }
        if self.paused.get_untracked() {
            self.missed.update(|missed| *missed += 1);
        } else {
            self.tick.update(|tick| *tick += 1);
        }
    }

    /// Holds pages still, or lets them go on with what they missed.
    pub fn toggle(self) {
        let paused = !self.paused.get_untracked();
        self.paused.set(paused);
        if !paused && !self.ended.get_untracked() && self.missed.get_untracked() > 0 {
            self.missed.set(0);
            self.tick.update(|tick| *tick += 1);
        }
    }
}

/// Provides [`Live`] and, in the browser, opens the stream.
pub fn provide_live() {
    let live = Live {
        tick: RwSignal::new(0),
        paused: RwSignal::new(false),
        missed: RwSignal::new(0),
        connected: RwSignal::new(false),
        ended: RwSignal::new(false),
    };
    provide_context(live);
    #[cfg(feature = "hydrate")]
    stream::follow(live);
}

/// The shared live state.
pub fn use_live() -> Live {
    expect_context::<Live>()
}

#[cfg(feature = "hydrate")]
pub use stream::session_ended;

#[cfg(feature = "hydrate")]
mod stream {
    use super::Live;
    use leptos::{ev, prelude::*};
    use std::{
        cell::{Cell, RefCell},
        rc::Rc,
        time::Duration,
    };
    use wasm_bindgen::{JsCast, closure::Closure};
    use web_sys::{EventSource, MessageEvent, VisibilityState};

    thread_local! { static PAGE: Cell<Option<Live>> = const { Cell::new(None) }; }

    /// An answer said that the session ended.
    pub fn session_ended() {
        if let Some(live) = PAGE.get() {
            live.ended.set(true);
        }
    }

    /// Follows the stream while the tab is visible and the session lasts; the browser opens it again when it breaks.
    pub(super) fn follow(live: Live) {
        PAGE.set(Some(live));
        let open: Rc<RefCell<Option<EventSource>>> = Rc::default();
        let switch = move || {
            let visible = document().visibility_state() == VisibilityState::Visible;
            let signed_in = window().location().pathname().is_ok_and(|path| path != "/sign-in");
            let mut open = open.borrow_mut();
            match (visible && signed_in && !live.ended.get_untracked(), open.is_some()) {
                (true, false) => *open = connect(live),
                (false, true) => {
                    if let Some(source) = open.take() {
                        source.close();
                    }
                    live.connected.set(false);
                }
                _ => {}
            }
        };
        Effect::new({
            let switch = switch.clone();
            move || {
                live.ended.track();
                switch();
            }
        });
        window_event_listener(ev::visibilitychange, move |_| {
            // Whoever comes back may have signed in elsewhere meanwhile: asked once, the server says so.
            if live.ended.get_untracked() && document().visibility_state() == VisibilityState::Visible {
                live.ended.set(false);
                live.nudge();
            }
            switch();
        });
    }

    fn connect(live: Live) -> Option<EventSource> {
        let source = EventSource::new("/api/v1/stream").ok()?;
        let opened = Closure::<dyn FnMut()>::new(move || live.connected.set(true));
        source.set_onopen(Some(opened.as_ref().unchecked_ref()));
        opened.forget();
        let asked = source.clone();
        let broken = Closure::<dyn FnMut()>::new(move || {
            live.connected.set(false);
            // Refused, not broken: the page's own question learns why.
            if asked.ready_state() == EventSource::CLOSED {
                live.nudge();
            }
        });
        source.set_onerror(Some(broken.as_ref().unchecked_ref()));
        broken.forget();
        let waiting = Rc::new(RefCell::new(false));
        let message = Closure::<dyn FnMut(MessageEvent)>::new(move |_: MessageEvent| {
            // One round of nudges has several topics: they are one reason to ask again.
            if !waiting.replace(true) {
                let waiting = waiting.clone();
                set_timeout(
                    move || {
                        waiting.replace(false);
                        live.nudge();
                    },
                    Duration::from_millis(120),
                );
            }
        });
        source.set_onmessage(Some(message.as_ref().unchecked_ref()));
        message.forget();
        Some(source)
    }
}
