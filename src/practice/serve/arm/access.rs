//! Who may do what: which action a request is, and whether the application's permission entries allow it.

use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use super::super::answers::problem;
use super::super::request::Asked;
use crate::world::World;

/// The application's usual permission entries: Reader and three roles. One of them excludes what another gives: a reader
/// of these must judge entry by entry.
pub(in crate::serve) fn usual_entries() -> Vec<Value> {
    let entry = |actions: &[&str], not_actions: &[&str]| json!({"actions": actions, "notActions": not_actions, "dataActions": [], "notDataActions": []});
    let mut reader = entry(&["*/read"], &[]);
    // It may send: to hubs, and through data collection rules.
    reader["dataActions"] = json!(["Microsoft.EventHub/*/send/action", "Microsoft.Insights/Telemetry/Write"]);
    vec![
        reader,
        entry(
            &[
                "Microsoft.Security/*",
                "Microsoft.EventHub/namespaces/authorizationRules/listKeys/action",
                "Microsoft.EventHub/namespaces/eventhubs/authorizationRules/listKeys/action",
                "Microsoft.OperationalInsights/workspaces/query/read",
            ],
            &[],
        ),
        entry(
            &["Microsoft.Resources/*", "Microsoft.PolicyInsights/*", "Microsoft.Security/automations/*"],
            &[
                "Microsoft.Authorization/*/Delete",
                "Microsoft.Authorization/*/Write",
                "Microsoft.Resources/subscriptions/resourceGroups/delete",
                "Microsoft.Security/automations/delete",
            ],
        ),
        entry(&["Microsoft.Authorization/policyAssignments/*", "Microsoft.Authorization/roleAssignments/write"], &[]),
    ]
}

/// The entries that hold for a subscription.
pub(in crate::serve) fn entries(world: &World, subscription: Option<&str>) -> Vec<Value> {
    subscription.and_then(|id| world.control.permissions(id)).cloned().unwrap_or_else(usual_entries)
}

/// Whether one of the entries has the action and does not exclude it.
pub(in crate::serve) fn allows(entries: &[Value], action: &str) -> bool {
    let names = |entry: &Value, list: &str| {
        let list = entry.get(list).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        list.iter().filter_map(Value::as_str).any(|pattern| matches(pattern, action))
    };
    entries.iter().any(|entry| names(entry, "actions") && !names(entry, "notActions"))
}

/// Matches a pattern with `*` for any run of letters, without regard to letter case.
fn matches(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_lowercase(), action.to_lowercase());
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = action.strip_prefix(first) else {
        return false;
    };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else {
        return rest.is_empty();
    };
    for piece in middle {
        let Some(at) = rest.find(piece) else {
            return false;
        };
        rest = rest.get(at + piece.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}

/// The action that a request is, such as `Microsoft.Security/automations/write`.
pub(super) fn action_of(method: &Method, path: &[String]) -> String {
    let verb = match *method {
        Method::GET | Method::HEAD => "read",
        Method::DELETE => "delete",
        Method::POST => "action",
        _ => "write",
    };
    let provider = path.iter().rposition(|piece| piece.eq_ignore_ascii_case("providers"));
    let Some((namespace, rest)) = provider.and_then(|at| path.get(at + 1..)).and_then(|rest| rest.split_first()) else {
        let level = match path.get(2).map(|piece| piece.to_lowercase()).as_deref() {
            Some("resourcegroups") => "/resourceGroups",
            Some("resources") => "/resources",
            _ => "",
        };
        return format!("Microsoft.Resources/subscriptions{level}/{verb}");
    };
    if rest.is_empty() {
        return format!("Microsoft.Resources/subscriptions/providers/{verb}");
    }
    let types: Vec<&str> = rest.iter().step_by(2).map(String::as_str).collect();
    format!("{namespace}/{}/{verb}", types.join("/"))
}

/// The 403 for a request whose action no entry allows.
pub(super) fn check(world: &World, asked: &Asked, subscription: Option<&str>) -> Option<Response> {
    let action = action_of(&asked.method, &asked.path);
    if allows(&entries(world, subscription), &action) {
        return None;
    }
    Some(denied(world, &action, &format!("/{}", asked.path.join("/"))))
}

/// A 403 in Azure's words.
pub(in crate::serve) fn denied(world: &World, action: &str, scope: &str) -> Response {
    let message = format!(
        "The client '{0}' with object id '{0}' does not have authorization to perform action '{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.",
        world.object_id
    );
    problem(StatusCode::FORBIDDEN, "AuthorizationFailed", &message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_judged_one_by_one() {
        let usual = usual_entries();
        for action in [
            "Microsoft.Security/automations/delete",
            "microsoft.security/alerts/read",
            "Microsoft.Authorization/policyAssignments/write",
        ] {
            assert!(allows(&usual, action), "{action}");
        }
        for action in ["Microsoft.Authorization/roleAssignments/delete", "Microsoft.EventHub/namespaces/write"] {
            assert!(!allows(&usual, action), "{action}");
        }
        assert!(matches("*/read", "a/b/read") && !matches("*/read", "a/read/b") && matches("a/*/c*", "A/b/cd"));
    }

    #[test]
    fn actions_follow_from_paths() {
        let of = |method: Method, path: &str| {
            let pieces: Vec<String> = path.split('/').map(str::to_owned).collect();
            action_of(&method, &pieces)
        };
        for (method, path, action) in [
            (Method::GET, "subscriptions/s", "Microsoft.Resources/subscriptions/read"),
            (Method::PUT, "subscriptions/s/resourceGroups/g", "Microsoft.Resources/subscriptions/resourceGroups/write"),
            (
                Method::POST,
                "subscriptions/s/providers/Microsoft.Security/register",
                "Microsoft.Security/register/action",
            ),
            (
                Method::POST,
                "subscriptions/s/resourceGroups/g/providers/M.S/automations/a/validate",
                "M.S/automations/validate/action",
            ),
            (
                Method::GET,
                "subscriptions/s/providers/M.E/namespaces/n/providers/Microsoft.Insights/metrics",
                "Microsoft.Insights/metrics/read",
            ),
        ] {
            assert_eq!(of(method, path), action);
        }
    }
}
