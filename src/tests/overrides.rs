//! Clock, randomness, transport and listener can be replaced.

use super::harness::{settings, small_practice};
use async_trait::async_trait;
use azure::{Answer, AzureError, Transport};
use continuous_export::assemble::{App, Listen, Overrides};
use jiff::SignedDuration;
use machine::Machine;
use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::net::TcpListener;

/// Carries requests to the practice Azure and notes for whom they were.
#[derive(Debug, Default)]
struct Noted {
    client: reqwest::Client,
    hosts: Mutex<BTreeSet<String>>,
}

#[async_trait]
impl Transport for Noted {
    async fn carry(&self, request: reqwest::Request, host: &str) -> Result<Answer, AzureError> {
        self.hosts.lock().unwrap().insert(host.to_owned());
        let failed = |source: reqwest::Error| AzureError::Unreachable { host: host.to_owned(), source: source.into() };
        let answer = self.client.execute(request).await.map_err(failed)?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Ok(Answer { status, headers, body: answer.bytes().await.map_err(failed)? })
    }
}

#[tokio::test]
async fn clock_randomness_transport_and_listener_can_be_replaced() {
    let (folder, practice) = (tempfile::tempdir().unwrap(), small_practice(None).await);
    let later = SignedDuration::from_hours(2);
    let drawn = Arc::new(AtomicU64::new(1));
    let machine = {
        let drawn = Arc::clone(&drawn);
        let real = Machine::default();
        let random = move |bytes: &mut [u8]| {
            for chunk in bytes.chunks_mut(8) {
                let next = drawn.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                chunk.copy_from_slice(&next.to_le_bytes()[..chunk.len()]);
            }
        };
        Machine::new(move || real.now() + later, random)
    };
    let transport = Arc::new(Noted::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let overrides =
        Overrides { machine, transport: Some(Arc::<Noted>::clone(&transport)), listen: Listen::Bound(listener) };
    let app = App::assemble(&settings(folder.path(), &[practice.origin()]), overrides).await.unwrap();

    let ahead = app.console.now().duration_since(Machine::default().now());
    assert!((ahead - later).abs() < SignedDuration::from_mins(1), "{ahead}");
    let before = drawn.load(Ordering::Relaxed);
    app.console.make_sign_in_token().await.unwrap();
    assert!(drawn.load(Ordering::Relaxed) >= before + 4, "a token is 32 bytes of the randomness that was given");
    let alive = reqwest::get(format!("http://{address}/healthz")).await.unwrap();
    assert_eq!((alive.status().as_u16(), alive.text().await.unwrap().as_str()), (200, "alive\n"));
    assert!(transport.hosts.lock().unwrap().len() > 1, "sign-in and Resource Manager at least");
    app.stop().await;
    practice.stop().await;
}
