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
  const failed = page.locator(".text-bad", { hasText: "Apply:" });
  await eventually(async () => (await inPlace.count()) + (await failed.count()) === subscriptions);
  await page.getByText("The identity may not do this", { exact: false }).waitFor();
  await page.getByText("Defender for Cloud is not registered in this subscription", { exact: false }).waitFor();
  assert.ok((await inPlace.count()) >= subscriptions - 2, "all but the one that may only be read and the one that is not registered");
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

test("what a policy deploys is shown with its drift, and what is missing is remediated", async (t) => {
  const page = await app.open(t);
  await visit(page, "/exports/policy");
  const edge = page.locator("section").filter({ hasText: "Edge: export to the relay hub" });
  await edge.getByText("Not compliant").first().waitFor();
  await edge.getByText("What to know of it").click();
  await edge.getByText("its tags are reset", { exact: false }).waitFor();
  await edge.getByRole("button", { name: "Remediate one subscription" }).click();
  await edge.getByText(/Remediation continuous-export-\d+/).waitFor();
});

test("a policy is assigned at a management group from an export", async (t) => {
  const page = await app.open(t);
  const saved = await byName(app, "exports", "by azure");
  await visit(page, `/exports/${saved.id}/azure`);
  await page.getByLabel("Management group").selectOption({ index: 0 });
  await page.getByText("Assign the policy …").click();
  await page.getByRole("button", { name: "Assign it" }).click();
  await page.getByRole("heading", { name: "Exports by policy" }).waitFor();
  await page.getByRole("heading", { name: "Continuous export: by azure" }).waitFor();
});

test("sample alerts are raised from a target's page and followed until each export has decided", async (t) => {
  const page = await app.open(t);
  const target = await byName(app, "targets", "siem / alerts");
  await visit(page, `/targets/${target.id}`);
  await page.getByRole("link", { name: "Sample alert" }).click();
  await page.getByRole("heading", { name: "They reach every target" }).waitFor();
  await page.getByRole("button", { name: "Raise sample alerts" }).click();
  await page.getByText("Not observed yet", { exact: false }).waitFor();
  const alerts = page.getByRole("link", { name: /^\[SAMPLE ALERT\]/ });
  await eventually(async () => (await alerts.count()) > 0, 60_000);
});
