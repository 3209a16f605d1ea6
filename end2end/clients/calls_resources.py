"""Subscriptions, groups, rights, policies, event hubs and workspaces, Resource Graph."""

import time
import uuid

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.eventhub import EventHubManagementClient
from azure.mgmt.loganalytics import LogAnalyticsManagementClient
from azure.mgmt.managementgroups import ManagementGroupsMgmtClient
from azure.mgmt.policyinsights import PolicyInsightsClient
from azure.mgmt.policyinsights.models import QueryOptions, Remediation
from azure.mgmt.resource.policy import PolicyClient
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.resourcegraph import ResourceGraphClient
from azure.mgmt.resourcegraph.models import QueryRequest, QueryRequestOptions
from azure.mgmt.subscription import SubscriptionClient

from calls_sign_in import secret
from practice import need

DEFENDER_ROLE = "2b629674-e913-4c01-ae53-ef4638d8f975"


def parts(resource_id):
    """Subscription, resource group and the names of an id."""
    pieces = resource_id.strip("/").split("/")
    return pieces[1], pieces[3], pieces[7::2]


def checks(practice):
    credential = secret(practice)
    hub_id = practice.starter["hubs"]["high"]["resource_id"]
    subscription, group, (namespace, hub) = parts(hub_id)
    workspace = parts(practice.starter["workspace"]["resource_id"])[2][0]

    def client(of, *arguments, **options):
        return of(credential, *arguments, transport=practice.transport(), **options)

    subscriptions = client(SubscriptionClient)
    groups = client(ManagementGroupsMgmtClient)
    resources = client(ResourceManagementClient, subscription)
    authorization = client(AuthorizationManagementClient, subscription)
    hubs = client(EventHubManagementClient, subscription)
    logs = client(LogAnalyticsManagementClient, subscription)
    graph = client(ResourceGraphClient)
    policy = client(PolicyClient, subscription)
    insights = client(PolicyInsightsClient, subscription)
    edge = "/providers/Microsoft.Management/managementGroups/ald-edge"

    def list_subscriptions():
        found = list(subscriptions.subscriptions.list())
        need(len(found) == 14 and all(one.state == "Enabled" for one in found), f"{len(found)} subscriptions")

    def one_subscription():
        need(subscriptions.subscriptions.get(subscription.upper()).display_name == "Security Operations", "another")

    def management_groups():
        found = list(groups.management_groups.list())
        need({"Edge", "Production"} <= {one.display_name for one in found}, str(found))
        need(groups.management_groups.get("ald-edge").details.parent is not None, "no parent")

    def descendants():
        root = practice.starter["tenant_id"]
        found = list(groups.management_groups.get_descendants(root, top=5))
        need(len(found) == 18, f"{len(found)} in pages of five")

    def resource_groups():
        need(not resources.resource_groups.check_existence("rg-clients"), "there before it is made")
        made = resources.resource_groups.create_or_update("rg-clients", {"location": "westeurope", "tags": {"a": "b"}})
        need(made.properties.provisioning_state == "Succeeded", str(made))
        need(resources.resource_groups.check_existence("RG-Clients"), "not there in another letter case")
        need("rg-clients" in {one.name for one in resources.resource_groups.list()}, "not in the list")

    def providers():
        need(resources.providers.get("Microsoft.Security").registration_state == "Registered", "not registered")
        rows = graph_rows("resourcecontainers | where name == 'Sandbox' | project subscriptionId")
        sandbox = client(ResourceManagementClient, rows[0]["subscriptionId"])
        need(sandbox.providers.get("Microsoft.Security").registration_state == "NotRegistered", "registered")
        need(sandbox.providers.register("Microsoft.Security").registration_state == "Registering", "not registering")

    def permissions():
        found = list(authorization.permissions.list_for_resource_group(group))
        need(any(one.not_actions for one in found) and len(found) > 2, str(found))
        of_hub = authorization.permissions.list_for_resource(
            group, "Microsoft.EventHub", f"namespaces/{namespace}", "eventhubs", hub
        )
        need(list(of_hub), "none for a resource")

    def roles():
        all_of = list(authorization.role_assignments.list_for_scope(hub_id.replace("defender-high", "defender-all")))
        sender = [one for one in all_of if one.role_definition_id.endswith(DEFENDER_ROLE)]
        need(sender, "Defender has no role")
        filtered = authorization.role_assignments.list_for_subscription(
            filter=f"principalId eq '{sender[0].principal_id}'"
        )
        need(len(list(filtered)) == 1, "another number by principal")
        role = f"/providers/Microsoft.Authorization/roleDefinitions/{DEFENDER_ROLE}"
        made = authorization.role_assignments.create(
            hub_id, str(uuid.uuid4()), {"role_definition_id": role, "principal_id": sender[0].principal_id}
        )
        need(made.scope == hub_id, made.scope)

    def namespaces():
        found = list(hubs.namespaces.list())
        need([one.name for one in found] == [namespace], str(found))
        one = hubs.namespaces.get(group, namespace)
        need(one.sku.name == "Standard" and one.disable_local_auth is False and one.is_auto_inflate_enabled, str(one))
        need(one.minimum_tls_version == "1.2" and one.status == "Active" and one.created_at, str(one))

    def event_hubs():
        found = {one.name: one for one in hubs.event_hubs.list_by_namespace(group, namespace)}
        need(found[hub].partition_count == 8 and found["retired-feed"].status == "Disabled", str(found))
        need(hubs.event_hubs.get(group, namespace, hub).retention_description is not None, "no retention")

    def keys():
        rules = {one.name: one for one in hubs.event_hubs.list_authorization_rules(group, namespace, hub)}
        need(rules["console-send"].rights == ["Send"], str(rules))
        found = hubs.event_hubs.list_keys(group, namespace, hub, "console-send")
        need(found.primary_connection_string.endswith(f"EntityPath={hub}"), "no entity in the connection string")
        of_all = list(hubs.namespaces.list_authorization_rules(group, namespace))
        need(of_all[0].name == "RootManageSharedAccessKey", str(of_all))
        need(hubs.namespaces.list_keys(group, namespace, of_all[0].name).primary_key, "no key of the namespace")

    def network():
        rules = hubs.namespaces.get_network_rule_set(group, namespace)
        need(rules.default_action == "Allow" and rules.trusted_service_access_enabled, str(rules))
        pairs = list(hubs.disaster_recovery_configs.list(group, namespace))
        need(pairs[0].role == "Primary", str(pairs))

    def workspaces():
        found = {one.name: one for one in logs.workspaces.list()}
        own = found[workspace]
        need(own.customer_id == practice.starter["workspace"]["customer_id"], "another GUID")
        need(own.workspace_capping.data_ingestion_status == "RespectQuota" and own.retention_in_days, str(own))
        need(logs.workspaces.get(group, workspace).public_network_access_for_ingestion == "Enabled", "closed")

    def tables():
        found = {one.name: one for one in logs.tables.list_by_workspace(group, workspace)}
        need("ContinuousExportAlert_CL" in found and "SecurityAlert" in found, str(list(found)))
        one = logs.tables.get(group, workspace, "ContinuousExportAlert_CL")
        need(one.schema.columns, "no columns")

    def graph_rows(query):
        found, token = [], None
        while True:
            options = QueryRequestOptions(top=40, skip_token=token, result_format="objectArray")
            page = graph.resources(QueryRequest(query=query, options=options))
            found += page.data
            token = page.skip_token
            if token is None:
                need(len(found) == page.total_records, f"{len(found)} of {page.total_records}")
                return found

    def graph_pages():
        found = graph_rows("resources | order by id asc | project id, name, type")
        need(len({row["id"] for row in found}) == len(found) > 400, f"{len(found)} resources")

    def graph_automations():
        query = "resources | where type =~ 'microsoft.security/automations' | project id, name, subscriptionId, properties"
        need(len(graph_rows(query)) == 13, "another number of automations")

    def graph_errors():
        try:
            graph.resources(QueryRequest(query="resources | were x"))
        except HttpResponseError as error:
            need(error.status_code == 400 and error.error.code == "BadRequest", str(error))
        else:
            need(False, "a wrong query is answered")

    def definitions():
        found = policy.policy_assignments.list_for_management_group("ald-edge", filter="atScope()")
        found = list(found)
        need(len(found) == 1 and found[0].identity.type == "SystemAssigned", str(found))

    def compliance():
        found = insights.policy_states.summarize_for_management_group("latest", "ald-edge")
        need(found.value[0].results.non_compliant_resources == 1, str(found.value[0].results))
        bad = insights.policy_states.list_query_results_for_management_group(
            "latest", "ald-edge", QueryOptions(filter="ComplianceState eq 'NonCompliant'")
        )
        bad = list(bad)
        need(len(bad) == 1 and bad[0].compliance_state == "NonCompliant", str(bad))

    def assign():
        scope = f"/subscriptions/{subscription}"
        made = policy.policy_assignments.create(
            scope,
            "by-clients",
            {
                "location": "westeurope",
                "identity": {"type": "SystemAssigned"},
                "properties": {
                    "displayName": "By clients",
                    "policyDefinitionId": "/providers/Microsoft.Authorization/policyDefinitions/ffb6f416-7bd2-4488-8828-56585fef2be9",
                    "parameters": {
                        "resourceGroupName": {"value": "rg-by-policy"},
                        "resourceGroupLocation": {"value": "westeurope"},
                        "workspaceResourceId": {"value": practice.starter["workspace"]["resource_id"]},
                    },
                },
            },
        )
        need(made.identity.principal_id, "no identity")
        need(policy.policy_assignments.get(scope, "BY-clients").id == made.id, "not found in another letter case")
        policy.policy_assignments.delete(scope, "by-clients")
        try:
            policy.policy_assignments.get(scope, "by-clients")
        except ResourceNotFoundError:
            return
        need(False, "still there")

    def remediation():
        assignment = f"{edge}/providers/Microsoft.Authorization/policyAssignments/edge-to-relay"
        made = insights.remediations.create_or_update_at_management_group(
            "ald-edge", "by-clients", Remediation(policy_assignment_id=assignment)
        )
        need(made.deployment_status.total_deployments == 1, str(made))
        for _ in range(60):
            state = insights.remediations.get_at_management_group("ald-edge", "by-clients")
            if state.provisioning_state == "Succeeded":
                break
            time.sleep(0.5)
        need(state.deployment_status.successful_deployments == 1, state.provisioning_state)
        after = insights.policy_states.summarize_for_management_group("latest", "ald-edge")
        need(after.value[0].results.non_compliant_resources == 0, "still not compliant")
        need(list(insights.remediations.list_for_management_group("ald-edge")), "not in the list")

    return [
        ("subscriptions", list_subscriptions),
        ("a subscription in another letter case", one_subscription),
        ("management groups", management_groups),
        ("descendants in pages", descendants),
        ("resource groups", resource_groups),
        ("resource providers", providers),
        ("permissions", permissions),
        ("role assignments", roles),
        ("Event Hubs namespaces", namespaces),
        ("event hubs", event_hubs),
        ("authorization rules and keys", keys),
        ("network rules and disaster recovery", network),
        ("workspaces", workspaces),
        ("tables of a workspace", tables),
        ("Resource Graph in pages", graph_pages),
        ("Resource Graph: automations", graph_automations),
        ("Resource Graph: a wrong query", graph_errors),
        ("policy assignments of a management group", definitions),
        ("policy compliance", compliance),
        ("a policy assignment is made and deleted", assign),
        ("a remediation", remediation),
    ]
