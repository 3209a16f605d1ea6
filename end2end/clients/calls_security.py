"""Defender for Cloud: alerts, recommendations, plans, scores, automations."""

import time

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.security import SecurityCenter
from azure.mgmt.security.v2022_01_01.models import AlertSimulatorBundlesRequestProperties, AlertSimulatorRequestBody
from azure.mgmt.subscription import SubscriptionClient

from calls_resources import parts
from calls_sign_in import secret
from practice import need


def checks(practice):
    hub_id = practice.starter["hubs"]["high"]["resource_id"]
    subscription, group, _ = parts(hub_id)
    scope = f"/subscriptions/{subscription}"
    client = SecurityCenter(secret(practice), subscription, transport=practice.transport())
    practice.ask("POST", "alerts", {"count": 230, "severity": "high", "subscription": subscription})

    def alerts():
        found = list(client.alerts.list())
        need(len({one.id for one in found}) == len(found) >= 230, f"{len(found)} alerts in pages")
        need(all(one.severity and one.alert_display_name and one.time_generated_utc for one in found), "empty fields")

    def one_alert():
        one = next(iter(client.alerts.list()))
        pieces = one.id.strip("/").split("/")
        location = pieces[pieces.index("locations") + 1]
        need(list(client.alerts.list_subscription_level_by_region(location)), "none in its region")
        if "resourceGroups" in pieces:
            again = client.alerts.get_resource_group_level(pieces[3], location, one.name)
            client.alerts.update_resource_group_level_state_to_dismiss(pieces[3], location, one.name)
            after = client.alerts.get_resource_group_level(pieces[3], location, one.name)
        else:
            again = client.alerts.get_subscription_level(location, one.name)
            client.alerts.update_subscription_level_state_to_dismiss(location, one.name)
            after = client.alerts.get_subscription_level(location, one.name)
        need(again.system_alert_id == one.system_alert_id, "another alert")
        need(after.status == "Dismissed", after.status)

    def assessments():
        found = list(client.assessments.list(scope))
        need(len(found) > 50 and all(one.status.code for one in found), f"{len(found)} assessments")
        first = found[0]
        resource = first.id.split("/providers/Microsoft.Security/")[0]
        one = client.assessments.get(resource, first.name, expand="metadata")
        need(one.metadata is not None, "not expanded")

    def metadata():
        found = list(client.assessments_metadata.list())
        need(len(found) >= 60 and all(one.severity for one in found), f"{len(found)} recommendations")
        need(client.assessments_metadata.get(found[0].name).display_name, "one alone is empty")

    def pricings():
        found = client.pricings.list(scope.strip("/")).value
        need(any(one.pricing_tier == "Standard" for one in found), str(found))
        need(client.pricings.get(scope.strip("/"), "VirtualMachines").sub_plan == "P2", "no sub-plan")

    def scores():
        found = list(client.secure_scores.list())
        need(found and found[0].max and 0 <= found[0].percentage <= 1, str(found))
        need(list(client.secure_score_controls.list()), "no controls")
        need(list(client.secure_score_controls.list_by_secure_score("ascScore")), "no controls of the score")

    def findings():
        need(list(client.sub_assessments.list_all(scope)), "no findings")

    def suppression():
        rows = client_of("Release Testing").alerts_suppression_rules.list()
        need({one.state for one in rows} == {"Enabled", "Expired"}, "other rules")

    def client_of(name):
        for one in SubscriptionClient(secret(practice), transport=practice.transport()).subscriptions.list():
            if one.display_name == name:
                return SecurityCenter(secret(practice), one.subscription_id, transport=practice.transport())
        raise LookupError(name)

    automation = {
        "location": "westeurope",
        "is_enabled": True,
        "scopes": [{"scope_path": scope, "description": "all"}],
        "sources": [
            {
                "event_source": "Alerts",
                "rule_sets": [
                    {
                        "rules": [
                            {
                                "property_j_path": "Severity",
                                "property_type": "String",
                                "expected_value": "high",
                                "operator": "Equals",
                            }
                        ]
                    }
                ],
            }
        ],
        "actions": [
            {
                "action_type": "EventHub",
                "event_hub_resource_id": hub_id,
                "connection_string": "Endpoint=sb://siem-prod.servicebus.windows.net/;SharedAccessKeyName=console-send;SharedAccessKey=x",
            }
        ],
    }
    models = client.automations.models

    def model(**changes):
        body = {**automation, **changes}
        rules = [
            models.AutomationSource(
                event_source=source["event_source"],
                rule_sets=[
                    models.AutomationRuleSet(rules=[models.AutomationTriggeringRule(**rule) for rule in rule_set["rules"]])
                    for rule_set in source["rule_sets"]
                ],
            )
            for source in body["sources"]
        ]
        actions = [
            models.AutomationActionEventHub(
                event_hub_resource_id=action["event_hub_resource_id"], connection_string=action["connection_string"]
            )
            for action in body["actions"]
        ]
        return models.Automation(
            location=body["location"],
            is_enabled=body["is_enabled"],
            scopes=[models.AutomationScope(**one) for one in body["scopes"]],
            sources=rules,
            actions=actions,
        )

    def automations():
        made = client.automations.create_or_update(group, "by-clients", model())
        need(made.etag and made.actions[0].connection_string is None, "the secret is answered")
        need(made.actions[0].sas_policy_name == "console-send", str(made.actions[0]))
        read = client.automations.get(group.upper(), "BY-CLIENTS")
        need(read.id == made.id and read.etag == made.etag, "another one in another letter case")
        client.automations.create_or_update(group, "by-clients", model(is_enabled=False))
        need(client.automations.get(group, "by-clients").is_enabled is False, "not changed")
        need("by-clients" in {one.name for one in client.automations.list()}, "not in the subscription's list")
        need("by-clients" in {one.name for one in client.automations.list_by_resource_group(group)}, "not in the group's")
        verdict = client.automations.validate(group, "by-clients", model())
        need(verdict.is_valid, verdict.message)
        client.automations.delete(group, "by-clients")
        client.automations.delete(group, "by-clients")
        try:
            client.automations.get(group, "by-clients")
        except ResourceNotFoundError:
            return
        need(False, "still there")

    def refused():
        wrong = [{"scope_path": "/subscriptions/00000000-0000-0000-0000-000000000000", "description": ""}]
        verdict = client.automations.validate(group, "bad", model(scopes=wrong))
        need(verdict.is_valid is False and "scope" in verdict.message, verdict.message)
        try:
            client.automations.create_or_update(group, "bad", model(scopes=wrong))
        except HttpResponseError as error:
            need(error.status_code == 400 and error.error.code == "InvalidScope", str(error))
        else:
            need(False, "a foreign scope is taken")

    def denied():
        corporate = client_of("Corporate IT")
        try:
            corporate.automations.delete("rg-directory-prod", "office-both")
        except HttpResponseError as error:
            need(error.status_code == 403 and error.error.code == "AuthorizationFailed", str(error))
        else:
            need(False, "a reader may delete")

    def simulate():
        properties = AlertSimulatorBundlesRequestProperties(bundles=["VirtualMachines", "KeyVaults"])
        poller = client.alerts.begin_simulate("westeurope", AlertSimulatorRequestBody(properties=properties), polling_interval=1)
        poller.wait(60)
        need(poller.status() == "Succeeded", poller.status())
        for _ in range(60):
            samples = [one for one in client.alerts.list() if one.alert_type.startswith("SIMULATED_")]
            if samples:
                break
            time.sleep(0.5)
        need(len(samples) == 4 and samples[0].alert_display_name.startswith("[SAMPLE ALERT]"), f"{len(samples)} samples")

    return [
        ("alerts in pages", alerts),
        ("one alert, and its state", one_alert),
        ("assessments", assessments),
        ("assessment metadata", metadata),
        ("plans", pricings),
        ("secure score and controls", scores),
        ("findings", findings),
        ("suppression rules", suppression),
        ("automations are made, read, changed, validated, deleted", automations),
        ("automations that are refused", refused),
        ("writes without a right", denied),
        ("sample alerts", simulate),
    ]
