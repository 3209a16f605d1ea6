//! What had happened before the first start: 60 days of recommendations, 7 days of alerts.

use jiff::{SignedDuration, Timestamp};

use super::World;
use super::assessment::{Assessment, Code, Subject, key_of};
use super::recommendation_types::RECOMMENDATIONS;
use super::stream::roll_severity;
use crate::Scale;
use crate::dice::{dice, text_of};

/// The few recommendations of the small world.
const SMALL: &[&str] =
    &["management-ports", "endpoint-protection", "storage-public", "storage-network", "vault-purge", "mfa-owners"];

/// Assesses every resource by every recommendation that applies to it.
pub(super) fn assess(world: &mut World, scale: Scale) {
    for (position, resource) in world.resources.iter().enumerate() {
        for (number, recommendation) in (0_u64..).zip(RECOMMENDATIONS) {
            let wanted = matches!(scale, Scale::Company) || SMALL.contains(&recommendation.slug);
            if !wanted || !recommendation.on.contains(&resource.kind) {
                continue;
            }
            let mut rng = dice(world.seed, &resource.id, 1000 + number);
            let (code, cause) = match rng.u8(..100) {
                ..20 => (Code::Unhealthy, None),
                20..28 => (Code::NotApplicable, Some(text_of(&mut rng, &["OffByPolicy", "Exempt"]))),
                _ => (Code::Healthy, None),
            };
            let changed = before(world.first_start, rng.i64(600..60 * 86_400));
            let first = before(changed, rng.i64(0..120 * 86_400));
            let key = key_of(recommendation);
            let id = format!("{}/providers/Microsoft.Security/assessments/{key}", resource.id);
            world.spelling.insert(id.to_lowercase(), id.clone());
            world.assessments.insert(
                id,
                Assessment {
                    subject: Subject::Made { resource: position, recommendation, key },
                    code,
                    cause,
                    first: Some(first),
                    changed: Some(changed),
                },
            );
        }
    }
}

/// Raises the alerts of the last seven days, 40 % of them in the last one.
pub(super) fn alert(world: &mut World, scale: Scale) {
    let mut rng = dice(world.seed, "history", 0);
    let count = match scale {
        Scale::Company => 250,
        Scale::Small => 2,
    };
    for _ in 0..count {
        let day = 86_400;
        let age = if rng.u8(..100) < 40 { rng.i64(120..day) } else { rng.i64(day..7 * day) };
        let severity = roll_severity(&mut rng);
        world.make_alert(before(world.first_start, age), Some(severity));
    }
}

fn before(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_sub(SignedDuration::from_secs(seconds)).unwrap_or(at)
}
