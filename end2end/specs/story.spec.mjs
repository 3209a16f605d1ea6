// The story of the first five minutes, with JavaScript: from the printed link to the event in the event hub.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { byName, card, choice, deliveriesOf, makeAlerts, mark, pick, previewed, received, rows, stayed, visit } from "../steps.mjs";
import { eventually, hydrated, startConsole } from "../support.mjs";

const name = "every high alert";
let app;
let exportId;
let highAlert;
let signedIn = false;

before(async () => { app = await startConsole(); });
after(() => app?.stop());

test("the printed link signs in, and is gone from the address", async (t) => {
  const page = await app.open(t, { signIn: false });
  await page.goto(app.signInLink);
  await hydrated(page);
  assert.equal(new URL(page.url()).pathname, "/");
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Delivery log" }).waitFor();
  await app.keepSession(page);
  signedIn = true;
});

test("the link's second use says that it was used", async (t) => {
  assert.ok(signedIn, "the link was used");
  const page = await app.open(t, { signIn: false });
  await page.goto(app.signInLink);
  await hydrated(page);
  assert.equal(new URL(page.url()).pathname, "/sign-in");
  await page.getByRole("heading", { name: /sign in/i, level: 1 }).waitFor();
  await page.getByRole("status").filter({ hasText: "That link was used already" }).waitFor();
  await page.getByText("continuous-export sign-in").first().waitFor();
});

test("whoever is not signed in is told how to, and sees nothing else", async (t) => {
  const page = await app.open(t, { signIn: false });
  await page.goto("/log");
  await hydrated(page);
  assert.equal(new URL(page.url()).pathname, "/sign-in");
  assert.equal(await page.getByRole("table").count(), 0);
});

test("a new export shows what it would send while its severities change, and is saved", async (t) => {
  const page = await app.open(t);
  await visit(page, "/");
  await page.getByRole("link", { name: "New export" }).click();
  await page.getByRole("heading", { name: "New export", level: 1 }).waitFor();
  const alerts = card(page, "Alerts");
  assert.ok(await choice(alerts, "High").isChecked(), "High is chosen to begin with");
  const high = await eventually(async () => { const now = await previewed(page); return now.match > 0 && now; });

  await mark(page);
  await pick(alerts, "Medium");
  const more = await eventually(async () => { const now = await previewed(page); return now.match > high.match && now; });
  assert.equal(more.match + more.rest, high.match + high.rest, "the same events are looked at");
  await pick(alerts, "Medium");
  await eventually(async () => (await previewed(page)).match === high.match);
  await stayed(page);

  await page.getByLabel("Name", { exact: true }).fill(name);
  const target = await byName(app, "targets", "siem / alerts");
  await page.getByLabel("Where the events go").selectOption(target.id);
  await page.getByRole("button", { name: "Save export" }).click();
  await page.getByRole("heading", { name, level: 1 }).waitFor();
  await page.getByRole("status").filter({ hasText: "Saved" }).waitFor();

  const saved = await byName(app, "exports", name);
  exportId = saved.id;
  assert.equal(new URL(page.url()).pathname, `/exports/${exportId}`);
  assert.equal(saved.target, target.id);
  assert.deepEqual(saved.sources[0].rule_sets, [
    { rules: [{ propertyJPath: "Severity", propertyType: "String", operator: "Equals", expectedValue: "High" }] },
  ]);
  const asked = await app.rest("POST", "preview", { body: { export: saved, since: "24h" } });
  assert.equal(asked.matched, high.match, "REST previews the same");
});

test("a new High alert arrives in the log by itself, and opens to its receipt and the very event that was sent", async (t) => {
  const page = await app.open(t);
  await visit(page, `/exports/${exportId}`);
  await page.getByRole("link", { name: "Deliveries", exact: true }).click();
  await page.getByRole("heading", { name: "Delivery log", level: 1 }).waitFor();
  await page.getByText("Nothing was decided in this range").waitFor();
  await mark(page);
  [highAlert] = await makeAlerts(app, { severity: "High" });
  const row = rows(page).filter({ hasText: "Delivered" });
  await row.waitFor();
  assert.match(await row.innerText(), new RegExp(`High[^]*${name}`));

  await row.getByRole("link").click();
  const panel = page.getByRole("complementary", { name: "Delivery" });
  await panel.getByText("Accepted", { exact: true }).waitFor();
  await panel.getByText(/receipt: \S+/).waitFor();
  await panel.getByText(/Severity equals High/).waitFor();
  await panel.getByText(highAlert, { exact: true }).waitFor();
  const shown = JSON.parse(await panel.getByRole("region", { name: "The event as it is sent" }).textContent());
  await stayed(page);

  const id = new URL(page.url()).pathname.split("/").pop();
  const delivery = await app.rest("GET", `deliveries/${id}`);
  assert.equal(delivery.alert_id, highAlert);
  assert.deepEqual(shown, delivery.body, "the page shows what REST answers");
  await panel.getByText(`receipt: ${delivery.receipt}`).waitFor();

  const { hubs: { high } } = await app.practice.get("starter");
  const messages = await received(app, high.namespace, high.hub);
  const bodies = messages.map(({ body }) => JSON.parse(body)).filter((body) => body.SystemAlertId === highAlert);
  assert.equal(bodies.length, 2, "once for this export, once for the one that was there before");
  for (const body of bodies) assert.deepEqual(body, shown, "the event hub got what the page shows");
});

test("a Low alert is in the log as filtered, with the rule that decided", async (t) => {
  const page = await app.open(t);
  await visit(page, `/log?export=${exportId}`);
  const [low] = await makeAlerts(app, { severity: "Low" });
  const row = rows(page).filter({ hasText: "Filtered" });
  await row.getByText("Severity is Low, wants High").waitFor();
  await row.getByRole("link").click();
  const panel = page.getByRole("complementary", { name: "Delivery" });
  await panel.getByText(low, { exact: true }).waitFor();
  await panel.getByText("Severity is Low, wants High").waitFor();
  const [decided] = (await deliveriesOf(app, low)).filter((delivery) => delivery.export === exportId);
  assert.deepEqual([decided.outcome, decided.attempt_count], ["filtered", 0]);
});

test("decisions add up, on the overview as in REST", async (t) => {
  const { seen, outcomes } = await app.rest("GET", "overview");
  assert.equal(seen, Object.values(outcomes).reduce((sum, n) => sum + n, 0));
  const page = await app.open(t);
  await visit(page, "/");
  const text = await page.getByText(/\d+ decisions since/).innerText();
  const [, all, ...parts] = /([\d,]+) decisions since.*= ([\d,]+) delivered \+ ([\d,]+) pending \+ ([\d,]+) filtered \+ ([\d,]+) parked \+ ([\d,]+) cancelled/
    .exec(text).map((part) => Number(part.replaceAll(",", "")));
  assert.equal(all, parts.reduce((sum, n) => sum + n, 0), text);
  assert.equal(all, seen);
});
