//! The driver with tasks that behave badly.

use super::*;
use domain::task::{TaskState, TaskStatus};
use machine::Machine;
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};
use tokio::{sync::watch, time::Instant};
use tokio_util::sync::CancellationToken;

/// What a task does at its n-th activation.
struct Scripted<F>(Arc<AtomicU32>, F);

impl<F, R> Task for Scripted<F>
where
    F: FnMut(u32) -> R + Send + 'static,
    R: Future<Output = Result<Next, Failure>> + Send,
{
    async fn activate(&mut self) -> Result<Next, Failure> {
        (self.1)(self.0.fetch_add(1, Ordering::SeqCst)).await
    }
}

/// A driver whose clock is that of the runtime, which tests can stop.
fn driver() -> Driver {
    let began = Instant::now();
    let clock = move || jiff::Timestamp::UNIX_EPOCH + began.elapsed();
    Driver::new(Machine::new(clock, |bytes| bytes.fill(7)), CancellationToken::new())
}

fn schedule(nudge: Option<watch::Receiver<u64>>) -> Schedule {
    Schedule {
        nudge: nudge.map(|nudge| (nudge, Duration::from_millis(20))),
        ..Schedule::every("test", Duration::from_secs(20))
    }
}

fn start<F, R>(driver: &Driver, schedule: Schedule, script: F) -> Arc<AtomicU32>
where
    F: FnMut(u32) -> R + Clone + Send + 'static,
    R: Future<Output = Result<Next, Failure>> + Send + 'static,
{
    let count = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&count);
    driver.start(schedule, move || Scripted(Arc::clone(&counted), script.clone()));
    count
}

async fn pass(seconds: f64) {
    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
}

fn only(driver: &Driver) -> TaskStatus {
    driver.statuses().remove(0)
}

#[tokio::test(start_paused = true)]
async fn a_task_is_activated_at_once_and_then_after_every_period() {
    let driver = driver();
    let count = start(&driver, schedule(None), async |_| Ok(Next::Later));
    pass(1.0).await;
    assert_eq!((count.load(Ordering::SeqCst), only(&driver).state), (1, TaskState::Waiting));
    pass(60.0).await;
    assert_eq!(count.load(Ordering::SeqCst), 4);
    driver.drain().await;
    assert_eq!(driver.statuses(), []);
}

#[tokio::test(start_paused = true)]
async fn a_thousand_nudges_a_second_are_few_activations() {
    let driver = driver();
    let (nudge, changes) = watch::channel(0);
    let count = start(&driver, schedule(Some(changes)), async |_| Ok(Next::Later));
    for _ in 0..1000 {
        nudge.send_modify(|count| *count += 1);
        pass(0.001).await;
    }
    pass(1.0).await;
    let count = count.load(Ordering::SeqCst);
    assert!((20..=60).contains(&count), "{count}");
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_counted_and_shown_and_the_task_is_made_anew_with_growing_pauses() {
    let driver = driver();
    let count = start(&driver, schedule(None), async |_| panic!("planted"));
    pass(1.0).await;
    let status = only(&driver);
    assert_eq!((status.state, status.panics, status.message.as_deref()), (TaskState::Panicked, 1, Some("planted")));
    assert!(!status.is_alive());
    // 5, 10, 20, 40, 60, 60 … seconds.
    pass(300.0).await;
    assert_eq!(count.load(Ordering::SeqCst), 8);
    assert_eq!(only(&driver).panics, 8);
    driver.drain().await;
}

#[tokio::test(start_paused = true)]
async fn what_works_again_is_well_again() {
    let driver = driver();
    let script = async |n| {
        assert!(n > 1, "planted");
        Ok(Next::Later)
    };
    start(&driver, schedule(None), script);
    pass(6.0).await;
    assert_eq!(only(&driver).state, TaskState::Panicked);
    pass(30.0).await;
    let status = only(&driver);
    assert_eq!((status.state, status.panics, status.message), (TaskState::Waiting, 2, None));
}

#[tokio::test(start_paused = true)]
async fn a_failure_waits_as_long_as_it_is_asked_to_and_no_nudge_shortens_it() {
    let driver = driver();
    let (nudge, changes) = watch::channel(0);
    let count = start(&driver, schedule(Some(changes)), async |_| {
        Err(Failure { message: "busy".to_owned(), retry_after: Some(Duration::from_secs(90)), is_logged: false })
    });
    pass(1.0).await;
    nudge.send_modify(|count| *count += 1);
    pass(88.0).await;
    let status = only(&driver);
    assert_eq!((count.load(Ordering::SeqCst), status.state, status.is_alive()), (1, TaskState::Failing, true));
    pass(2.0).await;
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_hangs_is_stuck_and_a_stop_waits_for_what_ends() {
    let driver = driver();
    start(&driver, schedule(None), async |_| {
        pass(3600.0).await;
        Ok(Next::Later)
    });
    pass(60.0).await;
    assert_eq!(only(&driver).state, TaskState::Running);
    pass(15.0 * 60.0).await;
    assert_eq!(only(&driver).state, TaskState::Stuck);
    let began = Instant::now();
    driver.drain().await;
    assert!(began.elapsed() > Duration::from_secs(2000), "the activation was not cut off");
}

#[tokio::test(start_paused = true)]
async fn what_is_over_is_listed_no_more() {
    let driver = driver();
    let count = start(&driver, schedule(None), async |n| Ok(if n < 3 { Next::Now } else { Next::Never }));
    pass(1.0).await;
    assert_eq!((count.load(Ordering::SeqCst), driver.statuses().len()), (4, 0));
}
