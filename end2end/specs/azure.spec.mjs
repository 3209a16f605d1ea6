// Exports that Azure delivers: allowed, made, rolled out, seen in place; and one of Azure's own taken over, without JavaScript.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { byName, visit } from "../steps.mjs";
import { eventually, startConsole } from "../support.mjs";

let app;
before(async () => { app = await startConsole(); });
after(() => app?.stop());

test("an export that Azure delivers is made, rolled out once that is allowed, and stands in place", async (t) => {
  const page = await app.open(t);
  await visit(page, "/exports/new");
  await page.getByLabel("Name", { exact: true }).fill("by azure");
  await page.getByLabel(/^Azure with one automation/).check();
  const destination = page.getByLabel("Event hub or workspace");
  await destination.waitFor();
  const offered = page.locator("#azure-places option");
  await eventually(async () => (await offered.count()) > 0);
  const ids = await offered.evaluateAll((options) => options.map((option) => option.value));
  await destination.fill(ids.find((id) => /defender-high$/.test(id)));
  await page.getByRole("button", { name: "Save export" }).click();
  await page.getByRole("heading", { name: "by azure", level: 1 }).waitFor();
  const saved = await byName(app, "exports", "by azure");
  assert.equal(saved.azure.automation, "ExportToEventHub");

  await page.getByRole("link", { name: "In Azure" }).click();
  await page.getByRole("heading", { name: "The console may not change Azure's exports" }).waitFor();
  assert.ok(await page.getByRole("button", { name: /^Apply to/ }).isDisabled());
  await visit(page, "/settings");
  await page.getByRole("button", { name: "Switch on" }).click();
  await page.getByRole("button", { name: "Switch off" }).waitFor();

  await visit(page, `/exports/${saved.id}/azure`);
  const missing = page.getByText("Missing in Azure", { exact: true });
  const subscriptions = await missing.count();
  assert.ok(subscriptions > 5, `${subscriptions} subscriptions`);
  await page.getByRole("button", { name: `Apply to ${subscriptions} automations` }).click();
  const inPlace = page.getByText("In place", { exact: true });
  const failed = page.getByText("Apply: The identity may not do this", { exact: false });
  await eventually(async () => (await inPlace.count()) + (await failed.count()) === subscriptions);
  assert.ok((await inPlace.count()) >= subscriptions - 2, "all but the subscriptions that may only be read");
});

test("one of Azure's own exports is taken over without JavaScript", async (t) => {
  const page = await app.open(t, { js: false });
  const { items } = await app.rest("GET", "azure-exports");
  const own = items.find((item) => !item.left_alone && item.enabled && !/rg-continuous-export/.test(item.automation));
  await visit(page, `/exports/azure?id=${own.automation}`, false);
  await page.getByRole("button", { name: "Take it over" }).click();
  await page.getByRole("heading", { name: new RegExp(`^${own.name} of `), level: 1 }).waitFor();
  await page.getByRole("link", { name: "In Azure" }).click();
  await page.getByText("In place", { exact: true }).waitFor();
});
