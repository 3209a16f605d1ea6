//! Events as a batch of `application/vnd.microsoft.servicebus.json`: an array of objects whose `Body` is text, so the
//! event's JSON is encoded twice.

use crate::deliver::batch::Batch;
use serde_json::json;
use store::Claimed;

/// Fills one batch from the head of the claimed events; at least one is taken, whatever its size.
pub fn encode(events: &[Claimed], most: usize) -> Batch {
    let mut body = String::from("[");
    let mut taken = 0;
    for event in events {
        let mut properties = json!({
            "event-id": event.event,
            "kind": event.kind,
            "change": event.change,
            "export": event.export_name,
        });
        if event.replay {
            properties["replay"] = json!("true");
        }
        let one = json!({"Body": event.body, "UserProperties": properties}).to_string();
        if taken > 0 && body.len() + one.len() + 2 > most {
            break;
        }
        if taken > 0 {
            body.push(',');
        }
        body.push_str(&one);
        taken += 1;
    }
    body.push(']');
    Batch { events: taken, size: body.len(), body: body.into(), note: None }
}
