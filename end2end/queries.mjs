// Microsoft's own Kusto parser reads every query that the console sent or printed while the Rust tests ran: syntax, and names and
// types against the columns that the services document.
//
//   node queries.mjs FOLDER   (files of one JSON text a line: {"of": "resource_graph" or "kql", "text": …})

import { createRequire } from 'node:module';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import vm from 'node:vm';

const require = createRequire(import.meta.url);
for (const file of ['bridge.min.js', 'Kusto.Language.Bridge.min.js']) {
  vm.runInThisContext(readFileSync(require.resolve(`@kusto/language-service-next/${file}`), 'utf8'), { filename: file });
}
const { Language } = globalThis.Kusto;

// Columns of the tables of Resource Graph; all of them have the same.
const GRAPH =
  '(id: string, name: string, type: string, tenantId: string, location: string, resourceGroup: string, ' +
  'subscriptionId: string, managedBy: string, sku: dynamic, plan: dynamic, properties: dynamic, tags: dynamic, identity: dynamic, ' +
  'zones: dynamic, extendedLocation: dynamic)';
const TABLES = {
  resource_graph: { resources: GRAPH, resourcecontainers: GRAPH, securityresources: GRAPH, policyresources: GRAPH },
  kql: {
    SecurityAlert:
      '(TimeGenerated: datetime, DisplayName: string, AlertName: string, AlertSeverity: string, Description: string, ' +
      'ProviderName: string, VendorName: string, VendorOriginalId: string, SystemAlertId: string, ResourceId: string, ' +
      'AlertType: string, IsIncident: bool, StartTime: datetime, EndTime: datetime, ProcessingEndTime: datetime, ' +
      'RemediationSteps: string, ExtendedProperties: string, Entities: string, WorkspaceSubscriptionId: string, ' +
      'ProductName: string, AlertLink: string, Status: string, CompromisedEntity: string, Tactics: string, Type: string)',
    SecurityRecommendation:
      '(TimeGenerated: datetime, RecommendationId: string, RecommendationName: string, RecommendationDisplayName: string, ' +
      'RecommendationState: string, RecommendationSeverity: string, AssessedResourceId: string, DiscoveredTimeUTC: datetime, ' +
      'Description: string, RemediationDescription: string, ResourceRegion: string, IsSnapshot: bool, Properties: dynamic, Type: string)',
    _LogOperation:
      '(TimeGenerated: datetime, Category: string, Operation: string, Level: string, Detail: string, _ResourceId: string, Type: string)',
  },
};

const globalsOf = (tables) => {
  const symbols = Object.entries(tables).map(([name, schema]) => new Language.Symbols.TableSymbol.$ctor7(name, schema, null));
  const database = new Language.Symbols.DatabaseSymbol.ctor('service', symbols);
  return Language.GlobalState.Default.WithDatabase(database);
};
const globals = Object.fromEntries(Object.entries(TABLES).map(([of, tables]) => [of, globalsOf(tables)]));

const faultsOf = ({ of, text }) => {
  const found = Language.KustoCode.ParseAndAnalyze(text, globals[of]).GetDiagnostics();
  const all = Array.from({ length: found.Count }, (_, at) => found.getItem(at));
  return all.filter(({ Severity }) => Severity === 'Error').map(({ Code, Message, Start }) => `${Code} at ${Start}: ${Message}`);
};

// Ids, times and names are not what makes a query another one.
const shapeOf = (text) => text.replace(/'[^'\n]*'|"[^"\n]*"/g, '…').replace(/(…, )+…/g, '…').replace(/datetime\([^)]*\)/g, 'datetime(…)');

const folder = process.argv[2];
const lines = readdirSync(folder).flatMap((file) => readFileSync(join(folder, file), 'utf8').trim().split('\n'));
const queries = new Map(lines.map((line) => [line, JSON.parse(line)]));
const shapes = new Set();
const wrong = new Set();
for (const query of queries.values()) {
  const shape = `${query.of}: ${shapeOf(query.text)}`;
  shapes.add(shape);
  if (!wrong.has(shape)) {
    const faults = faultsOf(query);
    if (faults.length > 0) {
      wrong.add(shape);
      console.error(`no  ${query.of}: ${query.text}\n    ${faults.join('\n    ')}`);
    }
  }
}
if (process.argv.includes('--list')) console.log([...shapes].sort().join('\n\n'));
// A parser that finds nothing wrong has to find this wrong.
if (faultsOf({ of: 'kql', text: 'SecurityAlert | where Nothing == 1' }).length === 0) {
  console.error('no  the parser takes whatever it is given');
  process.exit(1);
}
console.log(`ok  ${queries.size} queries of ${shapes.size} shapes, read by Microsoft's Kusto parser`);
process.exit(wrong.size > 0 || shapes.size < 15 ? 1 : 0);
