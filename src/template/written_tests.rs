//! What is written, in full: whoever changes a form sees every line that changes.

use super::{
    tests::{HUB, equals, hub, source, subscription, wanted, workspace},
    *,
};
use domain::{EventSource, HubSignIn};

fn of(format: CodeFormat) -> String {
    let sources = vec![
        source(EventSource::Alerts, vec![equals("Severity", "High"), equals("Severity", "Medium")]),
        source(EventSource::Assessments, Vec::new()),
    ];
    write(&wanted(sources, Some(hub(HubSignIn::Key, Some(HUB)))), format).text
}

#[test]
fn an_arm_template() {
    insta::assert_snapshot!(of(CodeFormat::Arm), @r#"
    {
      "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
      "contentVersion": "1.0.0.0",
      "metadata": {
        "continuousExport": {
          "name": "high alerts",
          "delivered_by": "console",
          "scope": {
            "all": false,
            "subscriptions": [
              "00000000-0000-0000-0000-000000000001"
            ],
            "management_groups": [],
            "except": [],
            "except_tags": [],
            "future": false
          },
          "sources": [
            {
              "event_source": "Alerts",
              "changes": "created"
            },
            {
              "event_source": "Assessments",
              "changes": "created"
            }
          ],
          "target": "00000000-0000-0000-0000-000000000007"
        },
        "notes": [
          "The automation is named ExportToEventHub: Azure's portal shows no other name, and one resource group holds one of it. Two exports to the same kind of target need two resource groups, or another name and no sight in the portal.",
          "\"New alerts only\" cannot be said to Azure: which changes of an alert it sends is its own decision.",
          "The console delivers this export too: once Azure does, every event arrives twice. Pause or delete it in the console then.",
          "The connection string is read from the authorization rule console-send when this runs; whoever runs it needs listKeys on that rule. It is write-only in Azure: nobody reads it back from the automation."
        ]
      },
      "parameters": {
        "location": {
          "type": "string",
          "defaultValue": "[resourceGroup().location]",
          "metadata": { "description": "The region the automation is kept in" }
        },
        "targetResourceId": {
          "type": "string",
          "defaultValue": "/subscriptions/0ab1c2d3-0000-4000-8000-000000000009/resourceGroups/rg-siem/providers/Microsoft.EventHub/namespaces/siem/eventhubs/alerts",
          "metadata": { "description": "The resource id of the event hub or Log Analytics workspace" }
        },
        "authorizationRule": {
          "type": "string",
          "defaultValue": "console-send",
          "metadata": { "description": "The authorization rule of the event hub; it needs the Send right" }
        }
      },
      "resources": [
        {
          "type": "Microsoft.Security/automations",
          "apiVersion": "2023-12-01-preview",
          "name": "ExportToEventHub",
          "location": "[parameters('location')]",
          "properties": {
            "description": "Continuous export: high alerts",
            "isEnabled": true,
            "scopes": [
              {
                "scopePath": "/subscriptions/00000000-0000-0000-0000-000000000001"
              }
            ],
            "sources": [
              {
                "eventSource": "Alerts",
                "ruleSets": [
                  {
                    "rules": [
                      {
                        "propertyJPath": "Severity",
                        "propertyType": "String",
                        "expectedValue": "High",
                        "operator": "Equals"
                      }
                    ]
                  },
                  {
                    "rules": [
                      {
                        "propertyJPath": "Severity",
                        "propertyType": "String",
                        "expectedValue": "Medium",
                        "operator": "Equals"
                      }
                    ]
                  }
                ]
              },
              {
                "eventSource": "Assessments",
                "ruleSets": []
              }
            ],
            "actions": [
              {
                "actionType": "EventHub",
                "eventHubResourceId": "[parameters('targetResourceId')]",
                "connectionString": "[listKeys(concat(parameters('targetResourceId'), '/authorizationRules/', parameters('authorizationRule')), '2024-01-01').primaryConnectionString]"
              }
            ]
          }
        }
      ]
    }
    "#);
}

#[test]
fn a_bicep_file() {
    insta::assert_snapshot!(of(CodeFormat::Bicep), @r#"
    // Continuous export "high alerts" as Microsoft.Security/automations
    //
    // The automation is named ExportToEventHub: Azure's portal shows no other name, and one resource group holds one of it. Two exports to the same kind of target need two resource groups, or another name and no sight in the portal.
    // "New alerts only" cannot be said to Azure: which changes of an alert it sends is its own decision.
    // The console delivers this export too: once Azure does, every event arrives twice. Pause or delete it in the console then.
    // The connection string is read from the authorization rule console-send when this runs; whoever runs it needs listKeys on that rule. It is write-only in Azure: nobody reads it back from the automation.
    //
    // Deploy it once in each subscription:
    // az deployment group create --subscription 00000000-0000-0000-0000-000000000001 --resource-group GROUP --template-file export.bicep

    targetScope = 'resourceGroup'

    metadata continuousExport = {
      name: 'high alerts'
      delivered_by: 'console'
      scope: {
        all: false
        subscriptions: [
          '00000000-0000-0000-0000-000000000001'
        ]
        management_groups: []
        except: []
        except_tags: []
        future: false
      }
      sources: [
        {
          event_source: 'Alerts'
          changes: 'created'
        }
        {
          event_source: 'Assessments'
          changes: 'created'
        }
      ]
      target: '00000000-0000-0000-0000-000000000007'
    }

    @description('The region the automation is kept in')
    param location string = resourceGroup().location

    @description('The resource id of the event hub or Log Analytics workspace')
    param targetResourceId string = '/subscriptions/0ab1c2d3-0000-4000-8000-000000000009/resourceGroups/rg-siem/providers/Microsoft.EventHub/namespaces/siem/eventhubs/alerts'

    @description('The authorization rule of the event hub; it needs the Send right')
    param authorizationRule string = 'console-send'

    resource automation 'Microsoft.Security/automations@2023-12-01-preview' = {
      name: 'ExportToEventHub'
      location: location
      properties: {
        description: 'Continuous export: high alerts'
        isEnabled: true
        scopes: [
          {
            scopePath: subscription().id
          }
        ]
        sources: [
          {
            eventSource: 'Alerts'
            ruleSets: [
              {
                rules: [
                  {
                    propertyJPath: 'Severity'
                    propertyType: 'String'
                    expectedValue: 'High'
                    operator: 'Equals'
                  }
                ]
              }
              {
                rules: [
                  {
                    propertyJPath: 'Severity'
                    propertyType: 'String'
                    expectedValue: 'Medium'
                    operator: 'Equals'
                  }
                ]
              }
            ]
          }
          {
            eventSource: 'Assessments'
            ruleSets: []
          }
        ]
        actions: [
          {
            actionType: 'EventHub'
            eventHubResourceId: targetResourceId
            connectionString: listKeys('${targetResourceId}/authorizationRules/${authorizationRule}', '2024-01-01').primaryConnectionString
          }
        ]
      }
    }
    "#);
}

#[test]
fn a_terraform_file() {
    insta::assert_snapshot!(of(CodeFormat::Terraform), @r#"
    # Continuous export "high alerts" as Microsoft.Security/automations
    #
    # Written with azurerm_security_center_automation, which can say all of this export that Azure can.
    # The automation is named ExportToEventHub: Azure's portal shows no other name, and one resource group holds one of it. Two exports to the same kind of target need two resource groups, or another name and no sight in the portal.
    # "New alerts only" cannot be said to Azure: which changes of an alert it sends is its own decision.
    # The console delivers this export too: once Azure does, every event arrives twice. Pause or delete it in the console then.
    # The event hub's connection string is asked for; it is not part of this text. It is write-only in Azure: nobody reads it back from the automation.
    # Terraform keeps the connection string in its state: protect that as you protect the key.

    terraform {
      required_providers {
        azurerm = {
          source  = "hashicorp/azurerm"
          version = ">= 4.0"
        }
      }
    }

    provider "azurerm" {
      features {}
      subscription_id = var.subscription_id
    }

    variable "resource_group_name" {
      type        = string
      description = "The resource group of the automation"
    }

    variable "location" {
      type        = string
      description = "The region the automation is kept in"
    }

    variable "target_resource_id" {
      type        = string
      description = "The resource id of the event hub or Log Analytics workspace"
      default     = "/subscriptions/0ab1c2d3-0000-4000-8000-000000000009/resourceGroups/rg-siem/providers/Microsoft.EventHub/namespaces/siem/eventhubs/alerts"
    }

    variable "connection_string" {
      type        = string
      description = "The connection string of the event hub, with the Send right"
      sensitive   = true
    }

    variable "subscription_id" {
      type        = string
      description = "The subscription that gets the automation"
      default     = "00000000-0000-0000-0000-000000000001"
    }

    resource "azurerm_security_center_automation" "automation" {
      name                = "ExportToEventHub"
      resource_group_name = var.resource_group_name
      location            = var.location
      description         = "Continuous export: high alerts"
      enabled             = true
      scopes              = ["/subscriptions/${var.subscription_id}"]

      action {
        type              = "eventhub"
        resource_id       = var.target_resource_id
        connection_string = var.connection_string
      }

      source {
        event_source = "Alerts"

        rule_set {
          rule {
            property_path  = "Severity"
            operator       = "Equals"
            expected_value = "High"
            property_type  = "String"
          }
        }

        rule_set {
          rule {
            property_path  = "Severity"
            operator       = "Equals"
            expected_value = "Medium"
            property_type  = "String"
          }
        }
      }

      source {
        event_source = "Assessments"
      }
    }
    "#);
}

#[test]
fn a_script_of_the_azure_cli() {
    insta::assert_snapshot!(of(CodeFormat::AzureCli), @r#"
    #!/bin/sh
    # Continuous export "high alerts" as Microsoft.Security/automations
    #
    # The automation is named ExportToEventHub: Azure's portal shows no other name, and one resource group holds one of it. Two exports to the same kind of target need two resource groups, or another name and no sight in the portal.
    # "New alerts only" cannot be said to Azure: which changes of an alert it sends is its own decision.
    # The console delivers this export too: once Azure does, every event arrives twice. Pause or delete it in the console then.
    # The connection string is read from the authorization rule console-send when this runs; whoever runs it needs listKeys on that rule. It is write-only in Azure: nobody reads it back from the automation.
    set -eu

    : "${RESOURCE_GROUP:?the resource group of the automation, of this name in every subscription}"
    : "${LOCATION:?the region the automation is kept in, such as westeurope}"
    TARGET='/subscriptions/0ab1c2d3-0000-4000-8000-000000000009/resourceGroups/rg-siem/providers/Microsoft.EventHub/namespaces/siem/eventhubs/alerts'
    CONNECTION_STRING=$(az eventhubs eventhub authorization-rule keys list \
      --ids "$TARGET"/authorizationRules/'console-send' --query primaryConnectionString --output tsv)

    az rest --method put \
      --uri /subscriptions/'00000000-0000-0000-0000-000000000001'/resourceGroups/"$RESOURCE_GROUP"/providers/Microsoft.Security/automations/'ExportToEventHub''?api-version=2023-12-01-preview' \
      --headers Content-Type=application/json \
      --body '{"location":"'"$LOCATION"'","properties":{"description":"Continuous export: high alerts","isEnabled":true,"scopes":[{"scopePath":"/subscriptions/00000000-0000-0000-0000-000000000001"}],"sources":[{"eventSource":"Alerts","ruleSets":[{"rules":[{"propertyJPath":"Severity","propertyType":"String","expectedValue":"High","operator":"Equals"}]},{"rules":[{"propertyJPath":"Severity","propertyType":"String","expectedValue":"Medium","operator":"Equals"}]}]},{"eventSource":"Assessments","ruleSets":[]}],"actions":[{"actionType":"EventHub","eventHubResourceId":"'"$TARGET"'","connectionString":"'"$CONNECTION_STRING"'"}]}}'
    "#);
}

#[test]
fn a_policy_assignment() {
    let to_workspace = wanted(vec![source(EventSource::Alerts, Vec::new())], Some(workspace()));
    insta::assert_snapshot!(write(&to_workspace, CodeFormat::Policy).text, @r#"
    // Continuous export "high alerts" by the built-in policy "Deploy export to Log Analytics workspace for Microsoft Defender for Cloud data"
    //
    // The policy knows neither Informational nor Critical, no attack paths and no rules but the choices of its parameters.
    // With createResourceGroup it deploys the resource group again and resets its tags.
    // It counts a subscription as compliant when an enabled automation has the same sources. Target, filters and severities are not looked at: compliant does not mean exported to where you want it.
    // Its automation has one fixed name: one assignment a resource group name.
    // Only subscriptions below the management group that you deploy this to are set up, later ones included.
    // The export names one subscription; the assignment covers all below its management group. Choose the group accordingly, or leave others out with notScopes.
    // Which changes of an alert are sent cannot be chosen.
    // Alerts: the export takes all severities; the policy leaves out Informational and Critical.
    //
    // az deployment mg create --management-group-id GROUP --location REGION --template-file policy.bicep

    targetScope = 'managementGroup'

    @description('The region of the automations, of their resource groups and of the policy assignment')
    param location string

    @description('The resource group of the automation, of this name in every subscription')
    param resourceGroupName string = 'continuous-export'

    @description('Make the resource group. Its tags are reset each time; switch this off where it is there already')
    param createResourceGroup bool = true

    @description('The resource id of the Log Analytics workspace (workspaceResourceId of the policy)')
    param target string = '/subscriptions/0ab1c2d3-0000-4000-8000-000000000009/resourceGroups/rg-siem/providers/Microsoft.OperationalInsights/workspaces/soc'

    resource assignment 'Microsoft.Authorization/policyAssignments@2022-06-01' = {
      name: 'continuous-export'
      location: location
      identity: {
        type: 'SystemAssigned'
      }
      properties: {
        displayName: 'Continuous export: high alerts'
        policyDefinitionId: '/providers/Microsoft.Authorization/policyDefinitions/ffb6f416-7bd2-4488-8828-56585fef2be9'
        notScopes: []
        parameters: {
          resourceGroupName: {
            value: resourceGroupName
          }
          resourceGroupLocation: {
            value: location
          }
          createResourceGroup: {
            value: createResourceGroup
          }
          exportedDataTypes: {
            value: [
              'Security alerts'
            ]
          }
          isSecurityFindingsEnabled: {
            value: false
          }
          alertSeverities: {
            value: [
              'High'
              'Medium'
              'Low'
            ]
          }
          workspaceResourceId: {
            value: target
          }
        }
      }
    }

    // The policy deploys as this identity. A target outside of the management group needs a role for it of its own.
    resource contributor 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
      name: guid(managementGroup().id, assignment.name, 'b24988ac-6180-42a0-ab88-20f7382dd24c')
      properties: {
        principalId: assignment.identity.principalId
        principalType: 'ServicePrincipal'
        roleDefinitionId: tenantResourceId('Microsoft.Authorization/roleDefinitions', 'b24988ac-6180-42a0-ab88-20f7382dd24c')
      }
    }

    // Subscriptions that are there already are set up by a remediation only.
    resource remediation 'Microsoft.PolicyInsights/remediations@2021-10-01' = {
      name: 'continuous-export'
      properties: {
        policyAssignmentId: assignment.id
      }
      dependsOn: [
        contributor
      ]
    }
    "#);
}

#[test]
fn the_roles_of_an_identity() {
    let targets = vec![
        ("siem".to_owned(), hub(HubSignIn::Identity, Some(HUB))),
        ("soc".to_owned(), workspace()),
        ("elsewhere".to_owned(), hub(HubSignIn::Identity, None)),
    ];
    insta::assert_snapshot!(identity(&IdentityNeeds { subscriptions: vec![subscription(1)], targets }).text, @r#"
    #!/bin/sh
    # The roles that the console's identity needs
    #
    # Run it as somebody who may assign roles (Owner, User Access Administrator or Role Based Access Control Administrator) on every scope below.
    # Security Reader is enough to see alerts, recommendations and plans. Reader shows more: the names of resources. On the namespace of an event hub without a key Reader is needed: no token is sent before Resource Manager has confirmed the namespace.
    # A role assignment may take some minutes to work; on data collection rules up to half an hour.
    # elsewhere: its resource ID is not known; add it to the target, and assign the roles by hand.
    set -eu

    : "${PRINCIPAL:?the object id of the console's service principal or managed identity}"
    assign() {
      az role assignment create --assignee-object-id "$PRINCIPAL" --assignee-principal-type ServicePrincipal \
        --role "$1" --scope "$2" --output none
    }

    # Reading. A management group covers what is below it, later subscriptions included:
    #   assign 39bc4728-0917-49c7-9d2c-d95423bc2eb4 /providers/Microsoft.Management/managementGroups/NAME   # Security Reader
    # With Reader in its place names of resources are shown: acdd72a7-3385-48ef-bd42-f606fba81ae7
    assign 39bc4728-0917-49c7-9d2c-d95423bc2eb4 '/subscriptions/00000000-0000-0000-0000-000000000001'   # Security Reader

    # Target "siem"
    assign 2b629674-e913-4c01-ae53-ef4638d8f975 '/subscriptions/0ab1c2d3-0000-4000-8000-000000000009/resourceGroups/rg-siem/providers/Microsoft.EventHub/namespaces/siem/eventhubs/alerts'   # Azure Event Hubs Data Sender
    assign acdd72a7-3385-48ef-bd42-f606fba81ae7 '/subscriptions/0ab1c2d3-0000-4000-8000-000000000009/resourceGroups/rg-siem/providers/Microsoft.EventHub/namespaces/siem'   # Reader

    # Target "soc"
    rule=$(az monitor data-collection rule list --query '[?immutableId=='\''dcr-00000000000000000000000000000000'\''].id | [0]' --output tsv)
    : "${rule:?this subscription has no such data collection rule; choose its own with az account set}"
    assign 3913510d-42f4-4e42-8a64-420c390055eb "$rule"   # Monitoring Metrics Publisher
    assign 73c42c96-874c-492b-b04d-ab87d138a893 '/subscriptions/0ab1c2d3-0000-4000-8000-000000000009/resourceGroups/rg-siem/providers/Microsoft.OperationalInsights/workspaces/soc'   # Log Analytics Reader

    # Target "elsewhere"
    # elsewhere: its resource ID is not known; add it to the target, and assign the roles by hand.
    #   assign 2b629674-e913-4c01-ae53-ef4638d8f975 EVENT_HUB_RESOURCE_ID   # Azure Event Hubs Data Sender
    #   assign acdd72a7-3385-48ef-bd42-f606fba81ae7 NAMESPACE_RESOURCE_ID   # Reader
    "#);
}
