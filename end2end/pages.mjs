// Every page that is visited, checked and photographed. `title` is what its <h1> says where that is fixed; where `path` depends
// on an id, it is a function that finds one by asking REST.
const one = (list, to, pick = ([first]) => first) => async (app) => {
  const { items } = await app.rest("GET", list);
  const found = pick(items);
  if (!found) throw new Error(`${list} has nothing to show`);
  return to + found.id;
};
const named = (name) => (items) => items.find((item) => item.name === name);

const posture = one("exports", "/exports/", named("posture-to-workspace"));

const taken = async (app) => (await app.rest("GET", "azure-exports")).items.find((item) => !item.left_alone);

export const pages = [
  { name: "overview", path: "/" },
  { name: "subscriptions", path: "/subscriptions", title: "Subscriptions" },
  { name: "subscription", path: one("subscriptions", "/subscriptions/") },
  { name: "coverage", path: "/coverage", title: "Coverage" },
  { name: "exports", path: "/exports", title: "Exports" },
  { name: "export-new", path: "/exports/new", title: "New export" },
  { name: "export", path: one("exports", "/exports/", named("siem-high-alerts")), title: "siem-high-alerts" },
  { name: "export-near", path: one("exports", "/exports/", named("servers-high-alerts")), title: "servers-high-alerts" },
  { name: "export-rules", path: one("exports", "/exports/", named("worded-alerts")), title: "worded-alerts" },
  { name: "export-history", path: async (app) => `${await posture(app)}/history`, title: "posture-to-workspace" },
  { name: "export-code", path: async (app) => `${await posture(app)}/code?format=bicep` },
  { name: "export-azure", path: one("exports", "/exports/", named("azure-alerts")), title: "azure-alerts" },
  { name: "export-roll-out", path: async (app) => `${await one("exports", "/exports/", named("azure-alerts"))(app)}/azure`, title: "azure-alerts" },
  { name: "azure-export", path: async (app) => `/exports/azure?id=${(await taken(app)).automation}` },
  { name: "samples", path: "/samples", title: "Sample alerts" },
  { name: "policies", path: "/exports/policy", title: "Exports by policy" },
  { name: "export-import", path: "/exports/import", title: "Import exports" },
  { name: "log", path: "/log", title: "Delivery log" },
  { name: "log-delivery", path: one("deliveries?outcome=delivered", "/log/deliveries/"), title: "Delivery log" },
  { name: "log-delivery-pending", path: one("deliveries?outcome=pending", "/log/deliveries/"), title: "Delivery log" },
  { name: "log-events", path: "/log?tab=events", title: "Delivery log" },
  { name: "log-event", path: one("events?kind=alert&change=created", "/log/events/"), title: "Delivery log" },
  { name: "log-parked", path: "/log?tab=parked", title: "Delivery log" },
  { name: "log-jobs", path: "/log?tab=jobs", title: "Delivery log" },
  { name: "log-arrivals", path: "/log?tab=arrivals", title: "Delivery log" },
  { name: "log-replay", path: "/log/replay", title: "Replay all that match" },
  { name: "backfill", path: async (app) => `${await posture(app)}/backfill?take=90d`, title: "Backfill" },
  { name: "targets", path: "/targets", title: "Targets" },
  { name: "target", path: one("targets", "/targets/", named("siem / alerts")), title: "siem / alerts" },
  { name: "target-waiting", path: one("targets", "/targets/", named("edge / alerts")), title: "edge / alerts" },
  { name: "target-new", path: "/targets/new", title: "New event hub" },
  { name: "target-new-workspace", path: "/targets/new?kind=workspace", title: "New workspace" },
  { name: "troubleshoot", path: "/troubleshoot" },
  ...["costs", "management-groups", "recommendations-missing", "current-state", "intervals", "free-tier", "business-continuity", "cannot-change", "permissions", "clouds", "data-missing"].map((slug) => ({
    name: `article-${slug}`,
    path: `/troubleshoot/${slug}`,
  })),
  { name: "article-schemas", path: `/troubleshoot/schemas?kind=alert&pasted=${encodeURIComponent('{"records": [{"severity": "High"}]}')}` },
  { name: "diagnosis", path: async (app) => {
    const { items: [alert] } = await app.rest("GET", "events?kind=alert&change=created&severity=medium");
    const { id } = await app.rest("POST", "diagnoses", { body: { item: alert.id } });
    return `/diagnoses/${id}`;
  } },
  { name: "shares", path: "/shares", title: "Shares" },
  { name: "share-new-diagnosis", path: async (app) => {
    const { items: [alert] } = await app.rest("GET", "events?kind=alert&change=created&severity=medium");
    const { id } = await app.rest("POST", "diagnoses", { body: { item: alert.id } });
    return `/shares/new?diagnosis=${id}`;
  }, title: "Share this diagnosis" },
  { name: "share-new-delivery", path: one("deliveries?outcome=delivered", "/shares/new?delivery="), title: "Share this delivery" },
  { name: "share-new-export", path: one("exports", "/shares/new?export=", named("siem-high-alerts")), title: "Share this export" },
  { name: "share", path: async (app) => {
    const { items: [event] } = await app.rest("GET", "events?kind=alert&change=created");
    const { url } = await app.rest("POST", "shares", { body: { event: event.id } });
    return new URL(url).pathname;
  }, still: true },
  { name: "settings", path: "/settings", title: "Settings" },
  { name: "sign-in", path: "/sign-in", title: "Sign in to Continuous Export" },
];

/** Makes alerts and recommendations, so that pages have something to show: delivered, filtered, waiting. */
export async function fill(app) {
  await app.practice.post("alerts", { count: 3, severity: "High" });
  await app.practice.post("alerts", { count: 2, severity: "Medium" });
  await app.practice.post("alerts", { count: 1, severity: "Low" });
  await app.practice.post("recommendations", { count: 2, change: "unhealthy" });
  const deadline = Date.now() + 15_000;
  for (;;) {
    const { outcomes } = await app.rest("GET", "overview");
    if (outcomes.delivered >= 3 && outcomes.pending >= 2) break;
    if (Date.now() > deadline) throw new Error(`the pages have nothing to show: ${JSON.stringify(outcomes)}`);
    await new Promise((done) => setTimeout(done, 100));
  }
  // one filter that some events miss by one rule, and one that choices cannot express and that can never match
  const { id: target } = named("siem / alerts")((await app.rest("GET", "targets")).items);
  const rule = (propertyJPath, operator, expectedValue) => ({ propertyJPath, propertyType: "String", operator, expectedValue });
  const save = (name, rules) => app.rest("POST", "exports?confirm=true", {
    body: { name, delivered_by: "console", scope: { all: true, future: true }, sources: [{ event_source: "Alerts", rule_sets: [{ rules }] }], target },
  });
  await save("servers-high-alerts", [rule("Severity", "Equals", "High"), rule("ProductComponentName", "Equals", "Servers")]);
  await save("worded-alerts", [rule("properties.metadata.severity", "Equals", "High"), rule("AlertDisplayName", "NotEquals", "x")]);
  // one that Azure delivers, compared with what stands there and asked about
  const { targets: [destination] } = await taken(app);
  const azure = { destination, trusted_service: /eventhubs/i.test(destination), resource_group: "rg-continuous-export", location: "westeurope", automation: "ExportToEventHub" };
  const body = { name: "azure-alerts", delivered_by: "azure", scope: { all: true, future: true }, sources: [{ event_source: "Alerts" }], azure };
  const { id: delivered } = await app.rest("POST", "exports", { body });
  await app.rest("POST", `exports/${delivered}/roll-out`, { body: { wish: "validate" } });
  // one job that has ended, and one that waits
  await app.rest("POST", "deliveries/replay", { body: { filter: { outcome: "delivered", severity: "high" } } });
  const { id } = named("edge-medium-alerts")((await app.rest("GET", "exports")).items);
  await app.rest("POST", "backfills", { body: { export: id, since: "30d" } });
}

export const pathOf = async (app, { path }) => (typeof path === "string" ? path : path(app));
