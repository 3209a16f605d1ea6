//! What a workspace target needs, in Bicep: a custom table a kind, a data collection rule of kind Direct that writes into
//! them, and the role for whoever sends.

use super::quote;
use domain::{
    Code,
    tables::{TABLES, Table},
};

const TABLES_API_VERSION: &str = "2022-10-01";
const RULES_API_VERSION: &str = "2023-03-11";
/// Monitoring Metrics Publisher.
const PUBLISHER: &str = "3913510d-42f4-4e42-8a64-420c390055eb";

/// Writes the file. It holds no text of anybody.
pub fn workspace_tables() -> Code {
    let notes = vec![
        "Deploy it to the workspace's resource group: az deployment group create --resource-group GROUP --template-file tables.bicep --parameters workspaceName=NAME principalId=ID".to_owned(),
        "Its outputs are what a workspace target is made of: the host of the ingestion endpoint and the immutable id of the rule.".to_owned(),
        "The role may take up to half an hour to work.".to_owned(),
        "Rows are cut at 64 KB a field. EventId is the same in every copy of an event: drop doubles by it.".to_owned(),
    ];
    let mut text = String::from("// Tables and data collection rule for a workspace target\n//\n");
    text.push_str(&quote::comments("//", notes.iter().map(String::as_str)));
    text.push_str(HEAD);
    for table in &TABLES {
        text.push_str(&table_resource(table));
    }
    text.push_str(&rule());
    text.push_str(&role());
    Code { text, notes }
}

const HEAD: &str = "
targetScope = 'resourceGroup'

@description('The name of the Log Analytics workspace')
param workspaceName string

@description('The object id of the service principal or managed identity that sends')
param principalId string

@description('The region; the rule and the workspace have the same')
param location string = resourceGroup().location

@description('The name of the data collection rule')
param ruleName string = 'dcr-continuous-export'

@description('How many days rows are kept')
param retentionInDays int = 90

resource workspace 'Microsoft.OperationalInsights/workspaces@2022-10-01' existing = {
  name: workspaceName
}
";

/// The name a table has inside the file.
fn symbol(table: &Table) -> String {
    let stem = table.stem();
    let (first, rest) = stem.split_at(1);
    format!("{}{rest}", first.to_ascii_lowercase())
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect()
}

fn table_resource(table: &Table) -> String {
    let columns =
        table.columns().map(|(name, kind)| format!("        {{ name: '{name}', type: '{}' }}\n", kind.in_table()));
    let columns = joined(columns);
    format!(
        "\nresource {symbol} 'Microsoft.OperationalInsights/workspaces/tables@{TABLES_API_VERSION}' = {{\n  parent: workspace\n  name: '{name}'\n  properties: {{\n    plan: 'Analytics'\n    retentionInDays: retentionInDays\n    schema: {{\n      name: '{name}'\n      columns: [\n{columns}      ]\n    }}\n  }}\n}}\n",
        symbol = symbol(table),
        name = table.name(),
    )
}

fn rule() -> String {
    let declarations = joined(TABLES.iter().map(|table| {
        let columns = table
            .columns()
            .map(|(name, kind)| format!("          {{ name: '{name}', type: '{}' }}\n", kind.in_stream()));
        let columns = joined(columns);
        format!("      '{}': {{\n        columns: [\n{columns}        ]\n      }}\n", table.stream())
    }));
    let flows = joined(TABLES
        .iter()
        .map(|table| {
            format!(
                "      {{\n        streams: ['{}']\n        destinations: ['workspace']\n        transformKql: 'source'\n        outputStream: 'Custom-{}'\n      }}\n",
                table.stream(),
                table.name()
            )
        }));
    let tables = joined(TABLES.iter().map(|table| format!("    {}\n", symbol(table))));
    format!(
        "\nresource rule 'Microsoft.Insights/dataCollectionRules@{RULES_API_VERSION}' = {{\n  name: ruleName\n  location: location\n  kind: 'Direct'\n  properties: {{\n    streamDeclarations: {{\n{declarations}    }}\n    destinations: {{\n      logAnalytics: [\n        {{ name: 'workspace', workspaceResourceId: workspace.id }}\n      ]\n    }}\n    dataFlows: [\n{flows}    ]\n  }}\n  dependsOn: [\n{tables}  ]\n}}\n"
    )
}

fn role() -> String {
    format!(
        "\nresource publisher 'Microsoft.Authorization/roleAssignments@2022-04-01' = {{\n  scope: rule\n  name: guid(rule.id, principalId, '{PUBLISHER}')\n  properties: {{\n    principalId: principalId\n    principalType: 'ServicePrincipal'\n    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '{PUBLISHER}')\n  }}\n}}\n\noutput immutableId string = rule.properties.immutableId\noutput logsIngestion string = rule.properties.endpoints.logsIngestion\n"
    )
}
