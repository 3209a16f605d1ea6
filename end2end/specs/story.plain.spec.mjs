// The same story without JavaScript: links, forms, and loading the page again.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { byName, card, choice, makeAlerts, pick, previewed, received, rows, visit } from "../steps.mjs";
import { eventually, startConsole } from "../support.mjs";

const name = "every high alert, plainly";
let app;
let exportId;
before(async () => { app = await startConsole(); });
after(() => app?.stop());

test("the printed link signs in once, without JavaScript", async (t) => {
  const page = await app.open(t, { js: false, signIn: false });
  await page.goto(app.signInLink);
  assert.equal(new URL(page.url()).pathname, "/");
  await app.keepSession(page);
  const second = await app.open(t, { js: false, signIn: false });
  await second.goto(app.signInLink);
  assert.equal(new URL(second.url()).pathname, "/sign-in");
  await second.getByText("That link was used already").waitFor();
});

test("the button Preview shows what changed severities would send and keeps the form; Save saves it", async (t) => {
  const page = await app.open(t, { js: false });
  await page.goto("/");
  await page.getByRole("link", { name: "New export" }).click();
  const high = await previewed(page);
  assert.ok(high.match > 0, "High is chosen to begin with, and some match");

  await page.getByLabel("Name", { exact: true }).fill(name);
  await pick(card(page, "Alerts"), "Medium");
  assert.deepEqual(await previewed(page), high, "nothing changes by itself");
  await page.getByRole("button", { name: "Preview", exact: true }).click();
  const more = await previewed(page);
  assert.ok(more.match > high.match, `${more.match} > ${high.match}`);
  assert.equal(await page.getByRole("alert").count(), 0, "a preview complains about nothing");
  assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), name);
  assert.ok(await choice(card(page, "Alerts"), "Medium").isChecked());

  await pick(card(page, "Alerts"), "Medium");
  const target = await byName(app, "targets", "siem / alerts");
  await page.getByLabel("Where the events go").selectOption(target.id);
  await page.getByRole("button", { name: "Save export" }).click();
  await page.getByRole("heading", { name, level: 1 }).waitFor();
  await page.getByRole("status").filter({ hasText: "Saved" }).waitFor();
  exportId = (await byName(app, "exports", name)).id;
});

test("a new High alert is in the log when the page is loaded again, with its receipt and the event that was sent", async (t) => {
  const page = await app.open(t, { js: false });
  await visit(page, `/log?export=${exportId}`, false);
  await page.getByText("Nothing was decided in this range").waitFor();
  const [alert] = await makeAlerts(app, { severity: "High" });
  const row = rows(page).filter({ hasText: "Delivered" });
  await eventually(async () => { await page.reload(); return (await row.count()) === 1; });
  await row.getByRole("link").click();
  const panel = page.getByRole("complementary", { name: "Delivery" });
  await panel.getByText(/receipt: \S+/).waitFor();
  await panel.getByText(alert, { exact: true }).waitFor();
  const shown = JSON.parse(await panel.getByRole("region", { name: "The event as it is sent" }).textContent());
  const { hubs: { high } } = await app.practice.get("starter");
  const bodies = (await received(app, high.namespace, high.hub)).map(({ body }) => JSON.parse(body));
  assert.deepEqual(bodies.find((body) => body.SystemAlertId === alert), shown);
});

test("a Low alert is there as filtered, with the rule that decided", async (t) => {
  const page = await app.open(t, { js: false });
  await makeAlerts(app, { severity: "Low" });
  const row = rows(page).filter({ hasText: "Severity is Low, wants High" });
  await eventually(async () => { await page.goto(`/log?export=${exportId}`); return (await row.count()) === 1; });
  assert.match(await row.innerText(), /Filtered/);
});
