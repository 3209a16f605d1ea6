"""Azure Monitor: collection rules, ingestion, queries, metrics, the Activity Log."""

import datetime
import json

import requests
from azure.core.exceptions import HttpResponseError
from azure.mgmt.monitor import MonitorManagementClient
from azure.monitor.ingestion import LogsIngestionClient
from azure.monitor.query import LogsQueryClient, LogsQueryStatus

from calls_resources import parts
from calls_sign_in import secret
from practice import need


def checks(practice):
    credential = secret(practice)
    starter = practice.starter["workspace"]
    hub_id = practice.starter["hubs"]["high"]["resource_id"]
    subscription, group, (namespace, hub) = parts(hub_id)
    namespace_id = hub_id.split("/eventhubs/")[0]
    monitor = MonitorManagementClient(credential, subscription, transport=practice.transport())
    query = LogsQueryClient(credential, transport=practice.transport())

    def rules():
        found = list(monitor.data_collection_rules.list_by_subscription())
        need(found[0].immutable_id == starter["dcr_immutable_id"], str(found))
        need(monitor.data_collection_rules.get(group, found[0].name).data_flows, "no flows")

    def ingestion():
        client = LogsIngestionClient(f"https://{starter['ingestion_host']}", credential, transport=practice.transport())
        rows = [{"EventId": f"client-{number}"} for number in range(3)]
        client.upload(starter["dcr_immutable_id"], starter["streams"]["alert"], rows)
        found = rows_of(f"{starter['tables']['alert']} | where EventId startswith 'client-' | count")
        need(found == [[3]], str(found))

    def rows_of(text, timespan=None):
        answer = query.query_workspace(starter["customer_id"], text, timespan=timespan)
        need(answer.status == LogsQueryStatus.SUCCESS, str(answer.status))
        return [list(row) for row in answer.tables[0].rows]

    def queries():
        found = rows_of("SecurityAlert | summarize rows = count(), newest = max(TimeGenerated) by WorkspaceSubscriptionId")
        need(found and isinstance(found[0][2], datetime.datetime), str(found))
        day = datetime.timedelta(days=1)
        answer = query.query_workspace(starter["customer_id"], "SecurityRecommendation | take 3", timespan=day)
        need("RecommendationId" in answer.tables[0].columns, str(answer.tables[0].columns))
        ids = [row[0] for row in rows_of("SecurityAlert | project SystemAlertId | take 2")]
        listed = ", ".join(f"'{one}'" for one in ids)
        found = rows_of(
            f"SecurityAlert | where TimeGenerated >= datetime(2020-01-01) | where SystemAlertId in ({listed}) "
            "| summarize arrived = min(ingestion_time()), rows = count() by SystemAlertId"
        )
        need(len(found) == len(set(ids)), str(found))

    def wrong_query():
        try:
            query.query_workspace(starter["customer_id"], "Nowhere | take 1", timespan=None)
        except HttpResponseError as error:
            need(error.status_code == 400 and "BadArgumentError" in str(error), str(error))
        else:
            need(False, "a table that is not there is answered")

    def metrics():
        names = ["IncomingMessages", "ThrottledRequests", "UserErrors", "ServerErrors", "QuotaExceededErrors"]
        token = credential.get_token("https://eventhubs.azure.net/.default").token
        sent = requests.post(
            f"{practice.url}/{hub}/messages",
            data=json.dumps({"from": "clients"}),
            headers={"Host": f"{namespace}.servicebus.windows.net", "Authorization": f"Bearer {token}"},
            timeout=30,
        )
        need(sent.status_code == 201, sent.text)
        now = datetime.datetime.now(datetime.timezone.utc)
        span = "/".join((now + datetime.timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ") for hours in (-2, 1))
        found = monitor.metrics.list(
            namespace_id,
            timespan=span,
            interval="PT1H",
            metricnames=",".join(names),
            aggregation="Total",
            filter=f"EntityName eq '{hub}'",
        )
        need([metric.name.value for metric in found.value] == names, "other metrics")
        series = found.value[0].timeseries[0]
        need(sum(point.total for point in series.data) >= 1, "nothing came in")
        need(series.metadatavalues[0].value == hub, str(series.metadatavalues))
        defined = [definition.name.value for definition in monitor.metric_definitions.list(namespace_id)]
        need(set(names) <= set(defined), f"defined are {defined}")

    def activity():
        since = "eventTimestamp ge '2020-01-01T00:00:00Z' and resourceProvider eq 'Microsoft.Security'"
        names = [line.operation_name.value for line in monitor.activity_logs.list(filter=since)]
        need("Microsoft.Security/automations/delete" in names, str(names))

    return [
        ("data collection rules", rules),
        ("Logs Ingestion", ingestion),
        ("Log Analytics queries", queries),
        ("Log Analytics: a wrong query", wrong_query),
        ("metrics of an event hub", metrics),
        ("the Activity Log", activity),
    ]
