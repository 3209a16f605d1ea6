//! What people paste into a search box: an id, or the address of a page of Azure's portal that shows one.

use azure::Cloud;

/// The whole id that a text names. Portal links become the alert id, recommendation id or resource id they show; anything
/// else is taken as the id itself.
pub fn whole_id(text: &str) -> String {
    let text = text.trim();
    let linked = fragment(text).and_then(|fragment| {
        let parts: Vec<String> = fragment.split('/').map(decoded).collect();
        alert(&parts).or_else(|| recommendation(&parts)).or_else(|| resource(&parts))
    });
    linked.unwrap_or_else(|| plain(text))
}

/// An id as it was typed; resource ids begin with a slash and do not end with one.
fn plain(text: &str) -> String {
    let is_resource = ["subscriptions/", "/subscriptions/"]
        .iter()
        .any(|start| text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start)));
    if is_resource { format!("/{}", text.trim_matches('/')) } else { text.to_owned() }
}

/// What stands behind the `#` of a portal link.
fn fragment(text: &str) -> Option<&str> {
    let (address, fragment) = text.split_once('#')?;
    let host = address.split_once("://").map_or(address, |(_, rest)| rest);
    let host = host.split(['/', '?']).next().unwrap_or_default();
    Cloud::is_portal(host).then_some(fragment)
}

/// `…/AlertBlade/alertId/{name}/subscriptionId/…`
fn alert(parts: &[String]) -> Option<String> {
    after(parts, "alertId").map(str::to_owned)
}

/// `…/RecommendationsBlade/assessmentKey/{key}/resourceId/{resource id, encoded}`; a resource alone where there is no key.
fn recommendation(parts: &[String]) -> Option<String> {
    let resource = plain(after(parts, "resourceId")?);
    Some(match after(parts, "assessmentKey") {
        Some(key) => format!("{resource}/providers/Microsoft.Security/assessments/{key}"),
        None => resource,
    })
}

/// `…/resource/subscriptions/…/{name}/overview`: an id is made of pairs, a last one without a partner is the page's name.
fn resource(parts: &[String]) -> Option<String> {
    let whole = parts.join("/");
    let parts: Vec<&str> = whole.split('/').filter(|part| !part.is_empty()).collect();
    let start = parts.iter().position(|part| part.eq_ignore_ascii_case("subscriptions"))?;
    let id = parts.get(start..)?;
    let pairs = id.get(..id.len() / 2 * 2).filter(|pairs| !pairs.is_empty())?;
    Some(format!("/{}", pairs.join("/")))
}

fn after<'a>(parts: &'a [String], name: &str) -> Option<&'a str> {
    let at = parts.iter().position(|part| part.eq_ignore_ascii_case(name))?;
    parts.get(at + 1).map(String::as_str).filter(|part| !part.is_empty())
}

/// Undoes percent-encoding; what is not encoded properly stays as it is.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let value = match (first, tail) {
            (b'%', [high, low, ..]) => digit(*high).zip(digit(*low)).map(|(high, low)| high * 16 + low),
            _ => None,
        };
        bytes.push(value.unwrap_or(*first));
        rest = if value.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const VM: &str = "/subscriptions/0ab1c2d3-0000-4000-8000-000000000001/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm-1";

    #[test]
    fn ids_are_taken_as_they_are() {
        assert_eq!(whole_id(" 251892_ab-c "), "251892_ab-c");
        assert_eq!(whole_id(&format!("{}/", &VM[1..])), VM);
        assert_eq!(whole_id(VM), VM);
        assert_eq!(whole_id("not # an id"), "not # an id");
        assert_eq!(whole_id("https://portal.azure.com/#home"), "https://portal.azure.com/#home");
        assert_eq!(
            whole_id("https://elsewhere.example/#blade/x/alertId/1"),
            "https://elsewhere.example/#blade/x/alertId/1"
        );
    }

    #[test]
    fn alert_links_give_the_alert_id() {
        let id = "2518765996949954086_2325cf9e-42a2-4f72-ae7f-9b863cba2d22";
        let tail = "subscriptionId/0ab1c2d3-0000-4000-8000-000000000001/resourceGroup/rg/referencedFrom/alertDeepLink/location/westeurope";
        for link in [
            format!(
                "https://portal.azure.com/#blade/Microsoft_Azure_Security_AzureDefenderForData/AlertBlade/alertId/{id}/{tail}"
            ),
            format!(
                "https://ms.portal.azure.com/?feature=x#view/Microsoft_Azure_Security_AzureDefenderForData/AlertBlade/alertId/{id}/{tail}"
            ),
            format!(
                "https://portal.azure.us/#blade/Microsoft_Azure_Security_AzureDefenderForData/AlertBlade/alertId/{id}"
            ),
        ] {
            assert_eq!(whole_id(&link), id);
        }
    }

    #[test]
    fn resource_links_give_the_resource_without_the_page() {
        for link in [
            format!("https://portal.azure.com/#resource{VM}"),
            format!("https://portal.azure.com/#resource{VM}/overview"),
            format!("https://portal.azure.com/#@contoso.onmicrosoft.com/resource{VM}/networking"),
            format!("https://portal.azure.com/#@contoso.onmicrosoft.com/resource{VM}/"),
        ] {
            assert_eq!(whole_id(&link), VM);
        }
        let subscription = &VM[..51];
        assert_eq!(whole_id(&format!("https://portal.azure.com/#resource{subscription}/overview")), subscription);
    }

    #[test]
    fn recommendation_links_give_the_assessment_and_other_blades_the_resource() {
        let encoded = VM.replace('/', "%2F");
        assert_eq!(
            whole_id(&format!(
                "portal.azure.com/#blade/Microsoft_Azure_Security/RecommendationsBlade/assessmentKey/d1db/resourceId/{encoded}"
            )),
            format!("{VM}/providers/Microsoft.Security/assessments/d1db")
        );
        assert_eq!(
            whole_id(&format!(
                "https://portal.azure.com/#blade/Microsoft_Azure_Security/ResourceHealthBlade/resourceId/{encoded}"
            )),
            VM
        );
    }

    #[test]
    fn broken_encoding_does_no_harm() {
        assert_eq!(decoded("a%2"), "a%2");
        assert_eq!(decoded("%zz%41"), "%zzA");
        assert_eq!(decoded("%ff"), "%ff");
    }
}
