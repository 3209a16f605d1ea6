// The practice Azure is broken in twelve ways; each is found on the page, says what to do, and passes once that is done.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { byName, makeAlerts, visit } from "../steps.mjs";
import { eventually, startConsole } from "../support.mjs";

let app;
let hub;
let namespace;
let workspace;
let subscription;
before(async () => {
  app = await startConsole("--health-interval", "2s");
  const starter = await app.practice.get("starter");
  hub = starter.hubs.high.resource_id;
  [namespace] = hub.split("/eventhubs/");
  workspace = starter.workspace.resource_id;
  [subscription] = (await app.rest("GET", "subscriptions")).items;
});
after(() => app?.stop());

/** What Resource Manager answers at a path is merged with this, until it is mended. */
const answer = (path, change) => ({
  start: () => app.practice.post("resources", { path, change }),
  mend: () => app.practice.delete("resources"),
});
const metrics = (numbers) => ({
  value: Object.entries(numbers).map(([name, total]) => ({ name: { value: name }, timeseries: [{ data: [{ timeStamp: "2026-01-01T00:00:00Z", total }] }] })),
});
const entries = (actions) => ({ subscription: subscription.id, entries: [{ actions, notActions: [], dataActions: [], notDataActions: [] }] });
/** An export of the console, removed again by mending. */
const exporting = (sources) => ({
  start: async () => app.rest("POST", "exports?confirm=true", { body: { name: "broken on purpose", scope: { all: true }, target: (await byName(app, "targets", "siem / alerts")).id, sources } }),
  mend: async () => {
    const { id, version } = await byName(app, "exports", "broken on purpose");
    await app.rest("DELETE", `exports/${id}`, { version });
  },
});
const rule = (path, value) => [{ event_source: "Alerts", rule_sets: [{ rules: [{ propertyJPath: path, propertyType: "String", operator: "Equals", expectedValue: value }] }] }];
const metricsPath = () => `${namespace}/providers/Microsoft.Insights/metrics`;

const ways = [
  ["throttled requests", () => answer(metricsPath(), metrics({ ThrottledRequests: 5 })), "5 requests were refused in 24 hours.", "more throughput units"],
  ["a hub that nobody reads", () => answer(metricsPath(), metrics({ IncomingMessages: 9, OutgoingMessages: 0 })), "Events arrive and nobody reads them.", "EntityPath"],
  ["a tier with one consumer group", () => answer(namespace, { sku: { name: "Basic" } }), "The tier Basic has one consumer group and keeps messages for one day.", "Standard"],
  ["a namespace that failed over", () => answer(`${namespace}/disasterRecoveryConfigs`, { value: [{ name: "alias", properties: { partnerNamespace: "/x/other", role: "Secondary" } }] }), "The namespace is the secondary of its pairing: consumers that follow the alias read the other one.", "primary now"],
  ["a namespace with a firewall", () => answer(`${namespace}/networkRuleSets/default`, { properties: { defaultAction: "Deny", ipRules: [{ ipMask: "10.0.0.1" }] } }), "The namespace lets named addresses and networks in only.", "address in"],
  ["a role that was taken away", () => ({ start: () => app.practice.post("permissions", entries(["Microsoft.Security/alerts/read", "Microsoft.Authorization/*/read", "Microsoft.Resources/*/read"])), mend: () => app.practice.post("permissions", entries(["*"])) }), /^It lacks .*Microsoft\.Security\/assessments\/read/, "Security Reader"],
  ["a provider that is not registered", () => answer(`/subscriptions/${subscription.id}/providers/Microsoft.Security`, { registrationState: "NotRegistered" }), "Its registration is NotRegistered.", "Register"],
  ["a clock that is wrong", () => ({ start: () => app.practice.post("faults", { service: "graph", fault: "clock-skew", for: "5m" }), mend: () => app.practice.delete("faults") }), /clock/, "time service"],
  ["a workspace that forgets", () => answer(workspace, { properties: { retentionInDays: 7 } }), "Rows are kept for 7 days.", "Keep them for longer"],
  ["a transformation", () => answer(workspace, { properties: { defaultDataCollectionRuleResourceId: "/x/dcr" } }), "A transformation changes rows as they come in, and may drop some.", "Read the transformation"],
  ["a rule on a path that no event has", () => exporting(rule("properties.metadata.severity", "High")), /properties\.metadata\.severity/, "Correct the path"],
  ["two exports that send the same", () => exporting(rule("Severity", "High")), /siem-high-alerts/, "exclude each other"],
];

test("twelve ways to break it are found, say what to do, and pass again", async (t) => {
  const page = await app.open(t);
  const found = (said) => page.locator("details.check-card").filter({ has: page.locator("summary b", { hasText: said }) });
  for (const [name, how, said, fix] of ways) {
    const way = how();
    const before = await (async () => { await visit(page, "/troubleshoot"); await page.getByText("asked just now").waitFor(); return found(said).count(); })();
    await way.start();
    await eventually(async () => {
      await visit(page, "/troubleshoot");
      await page.getByText("asked just now").waitFor();
      return (await found(said).count()) > before;
    }, 30_000);
    const check = found(said).first();
    if (!(await check.evaluate((details) => details.open))) await check.locator("summary").first().click();
    await check.getByText(fix).first().waitFor();
    await way.mend();
    await eventually(async () => {
      await page.getByRole("link", { name: "Check again" }).click();
      await page.getByText("asked just now").waitFor();
      return (await found(said).count()) === before;
    }, 60_000);
    t.diagnostic(name);
  }
  // The scheduled runs saw some of it too, and the overview links here.
  const changed = page.locator("section.card").filter({ has: page.getByRole("heading", { name: "What changed" }) });
  await changed.getByText(/^Passes again/).first().waitFor();
  await visit(page, "/");
  await page.getByRole("complementary", { name: "Health" }).getByRole("link", { name: "What to do about it" }).click();
  await page.getByRole("heading", { name: /check/, level: 1 }).waitFor();
});

test("a diagnosis is read and worked with by keyboard and by ear", async (t) => {
  const page = await app.open(t);
  const [alert] = await makeAlerts(app, { severity: "Low" });
  await eventually(async () => (await app.rest("GET", `events?q=${alert}`)).items.length);
  const { id } = await app.rest("POST", "diagnoses", { body: { item: alert } });
  await visit(page, `/diagnoses/${id}`);
  const way = page.getByRole("region", { name: "The way of the item" }).first();
  assert.deepEqual(
    await way.getByRole("listitem").locator("b").allInnerTexts(),
    ["At the source", "Observed", "Covered by the export", "Let through by its rules", "Sent to the target", "Arrived"],
  );
  // What the marks say by colour stands there in words.
  const checks = page.locator("div.check").first().locator("xpath=..");
  for (const row of await checks.locator("div.check").all()) assert.match(await row.innerText(), /Passes|Fails|Warning|Cannot tell/);
  await page.locator("#page").focus();
  const order = [];
  for (let step = 0; step < 12 && !order.includes("Open the export"); step += 1) {
    await page.keyboard.press("Tab");
    order.push(await page.evaluate(() => (document.activeElement.getAttribute("aria-label") ?? document.activeElement.innerText).trim().split("\n")[0]));
  }
  const places = [/^(Run again|Share)$/, /sent by/, /^Open the export$/].map((name) => order.findIndex((one) => name.test(one)));
  assert.ok(places.every((place, at) => place >= 0 && (at === 0 || place > places[at - 1])), `in the order they are read: ${order.join(" | ")}`);
});

test("what a consumer got is compared without going through the address", async (t) => {
  const page = await app.open(t);
  await visit(page, "/troubleshoot/schemas");
  const long = JSON.stringify({ Severity: "High", Bogus: 1, padding: "x".repeat(70_000) });
  await page.getByLabel(/^One event as your consumer got it/).fill(long);
  await page.getByRole("button", { name: "Show" }).click();
  const differences = page.locator("section", { hasText: "What was pasted, against the newest event" }).last();
  await differences.getByRole("row", { name: /Bogus only in what was pasted/ }).waitFor();
  assert.ok(!page.url().includes("Bogus"), page.url());
});

test("while Azure is slow the box that asks is there at once, and the checks come in their place", async (t) => {
  const page = await app.open(t, { js: false });
  await app.practice.post("faults", { service: "arm", fault: "slow", for: "5m" });
  try {
    await page.goto("/troubleshoot", { waitUntil: "commit" });
    await page.getByLabel(/^Alert id, resource id/).waitFor();
    assert.equal(await page.getByText("asked just now").count(), 0, "the checks are still under way");
    await page.getByText("asked just now").waitFor({ timeout: 60_000 });
    await page.getByRole("heading", { name: "What changed" }).waitFor();
  } finally {
    await app.practice.delete("faults");
  }
});
