//! The clock and the randomness that the program runs on. Whoever needs a time, an id or chance is given a [`Machine`], so that a
//! simulation can put its own in place. It knows nothing of what they are for.

use fastrand::Rng;
use jiff::Timestamp;
use std::{fmt, sync::Arc};
use uuid::{Builder, Uuid};

type Clock = dyn Fn() -> Timestamp + Send + Sync;
type Random = dyn Fn(&mut [u8]) + Send + Sync;

/// Clones share one clock and one source of random bytes.
#[derive(Clone)]
pub struct Machine {
    clock: Arc<Clock>,
    random: Arc<Random>,
}

impl Machine {
    /// With another clock, and another source that fills bytes; the real one's bytes are good enough for keys.
    pub fn new(
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
        random: impl Fn(&mut [u8]) + Send + Sync + 'static,
    ) -> Self {
        Self { clock: Arc::new(clock), random: Arc::new(random) }
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.random)(&mut bytes);
        bytes
    }

    /// An id that sorts by the millisecond in which it was made (UUID version 7).
    pub fn id(&self) -> Uuid {
        let millis = u64::try_from(self.now().as_millisecond()).unwrap_or_default();
        Builder::from_unix_timestamp_millis(millis, &self.bytes()).into_uuid()
    }

    /// Numbers for orders and pauses: fast, and no good for keys.
    pub fn chance(&self) -> Rng {
        Rng::with_seed(u64::from_ne_bytes(self.bytes()))
    }
}

/// The machine that the program runs on.
impl Default for Machine {
    #[expect(clippy::disallowed_methods, reason = "the one clock")]
    #[expect(clippy::expect_used, reason = "without randomness no key, id or session is safe")]
    fn default() -> Self {
        Self::new(Timestamp::now, |bytes| getrandom::fill(bytes).expect("the system gives random bytes"))
    }
}

impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Machine")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_differ_within_one() {
        let machine = Machine::default();
        let at = |second: i64| Machine::new(move || Timestamp::from_second(second).unwrap(), |bytes| bytes.fill(7));
        assert!(at(1).id() < at(2).id());
        assert_eq!(at(1).id(), at(1).id(), "the same clock and bytes give the same id");
        assert_ne!(machine.id(), machine.id());
        assert_eq!(machine.id().get_version_num(), 7);
    }

    #[test]
    fn the_same_bytes_give_the_same_chance() {
        let sevens = Machine::new(|| Timestamp::UNIX_EPOCH, |bytes| bytes.fill(7));
        assert_eq!(sevens.chance().u64(..), sevens.chance().u64(..));
        assert_ne!(Machine::default().chance().u64(..), Machine::default().chance().u64(..));
    }
}
