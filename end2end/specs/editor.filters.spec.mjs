// Filters in the editor: with the keyboard only, near misses, rehearsal, restoring, rules and JSON, what is warned about, and
// what survives.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { byName, card, makeAlerts, makeExport, pick, previewed, visit } from "../steps.mjs";
import { eventually, startConsole } from "../support.mjs";

let app;
before(async () => {
  app = await startConsole();
  await makeAlerts(app, { count: 4, severity: "High" });
  await makeAlerts(app, { count: 3, severity: "Medium" });
});
after(() => app?.stop());

const save = (page) => page.getByRole("button", { name: /^Save/ }).first().click();
const saved = (page) => page.getByRole("status").filter({ hasText: "Saved" }).waitFor();
const preview = (page) => page.getByRole("button", { name: "Preview", exact: true }).click();
const panel = (page) => page.getByRole("complementary", { name: "Preview" });
const severity = (value, operator = "Equals") => ({ propertyJPath: "Severity", propertyType: "String", operator, expectedValue: value });
const rule = (path, operator, value) => ({ propertyJPath: path, propertyType: "String", operator, expectedValue: value });
const sets = (...all) => [{ event_source: "Alerts", changes: "created", rule_sets: all.map((rules) => ({ rules })) }];

for (const js of [true, false]) {
  const half = js ? "with JavaScript" : "without JavaScript";
  describe(half, () => {
    test("a filter is built with the keyboard only, its preview changes, and it is saved", async (t) => {
      const page = await app.open(t, { js });
      const name = `keys ${half}`;
      await visit(page, "/exports/new", js);
      const before = await eventually(async () => { const now = await previewed(page); return now.match > 0 && now; });
      const press = async (...keys) => { for (const key of keys) await page.keyboard.press(key); };
      const reach = async (id) => {
        for (let at = 0; at < 200; at += 1) {
          if (await page.evaluate(() => document.activeElement?.id) === id) return;
          await press("Tab");
        }
        assert.fail(`${id} is not reached with Tab`);
      };
      await reach("name");
      await page.keyboard.type(name);
      await reach("Alerts-rules");
      await press("Enter");
      await eventually(() => page.locator("#Alerts-0-0-path").count());
      await reach("Alerts-0-add");
      await press("Enter");
      await eventually(() => page.locator("#Alerts-0-1-path").count());
      await reach("Alerts-0-1-path");
      await page.keyboard.type("CompromisedEntity");
      await reach("Alerts-0-1-expected");
      await page.keyboard.type("nothing is called this");
      if (!js) {
        await page.keyboard.press("Tab");
        await preview(page);
      }
      const now = await eventually(async () => { const now = await previewed(page); return now.match === 0 && now; });
      assert.notEqual(before.match, now.match);
      const near = panel(page).getByRole("table", { name: "Near misses" });
      assert.match(await near.innerText(), /CompromisedEntity is .*wants nothing is called this/s);
      await page.locator("#target").selectOption((await byName(app, "targets", "siem / alerts")).id);
      await save(page);
      await saved(page);
      const { sources } = await byName(app, "exports", name);
      assert.deepEqual(sources[0].rule_sets, [{ rules: [severity("High"), rule("CompromisedEntity", "Equals", "nothing is called this")] }]);
    });

    test("a changed export is rehearsed: what it loses against the saved version; an earlier version is restored", async (t) => {
      const made = await makeExport(app, `rehearsed ${half}`, { sources: sets([severity("High")], [severity("Medium")]) });
      const page = await app.open(t, { js });
      await visit(page, `/exports/${made.id}`, js);
      await panel(page).getByText("lets through the same events").waitFor();
      await pick(card(page, "Alerts"), "Medium");
      if (!js) await preview(page);
      const lost = panel(page).getByText(/^[\d,]+ lost$/);
      await lost.waitFor();
      await panel(page).locator("summary").filter({ hasText: "Lost: only the saved version lets these through" }).click();
      await panel(page).getByText("Severity is Medium, wants High").first().waitFor();
      await save(page);
      await saved(page);

      await page.getByRole("link", { name: "History" }).click();
      await card(page, "Version 2").getByText("Severity equals Medium").waitFor();
      await page.getByRole("button", { name: "Restore version 1" }).click();
      await panel(page).getByText(/^[\d,]+ gained$/).waitFor();
      await save(page);
      await saved(page);
      const now = await app.rest("GET", `exports/${made.id}`);
      assert.deepEqual([now.version, now.sources], [3, made.sources]);
    });

    test("a rule that can never match is said at the rule, mended by its button, and saved only on purpose", async (t) => {
      const made = await makeExport(app, `never ${half}`, { rules: [rule("properties.metadata.severity", "Equals", "High"), severity("Low", "NotEquals")] });
      const page = await app.open(t, { js });
      await visit(page, `/exports/${made.id}`, js);
      const first = page.getByRole("group", { name: "Rule 1 of set 1" });
      await first.locator('[data-lint="other-kind-path"]').waitFor();
      await page.getByLabel("Name", { exact: true }).fill(`never again ${half}`);
      await save(page);
      await page.getByRole("alert").filter({ hasText: "Not saved" }).getByText(/confirm that it is meant/).waitFor();
      assert.equal((await app.rest("GET", `exports/${made.id}`)).version, 1);
      await first.getByRole("button", { name: "Use Severity" }).click();
      await first.locator('[data-lint="other-kind-path"]').waitFor({ state: "detached" });
      assert.equal(await page.locator("#Alerts-0-0-path").inputValue(), "Severity");
      await save(page);
      await saved(page);
      assert.deepEqual((await app.rest("GET", `exports/${made.id}`)).sources, sets([severity("High"), severity("Low", "NotEquals")]));
    });

    test("rules become JSON and come back; scripts in values are text; JSON that cannot be read names its place and stays", async (t) => {
      const script = "<script>alert(1)</script>";
      const made = await makeExport(app, `written ${half}`, { rules: [severity("High"), rule("AlertDisplayName", "Contains", script)] });
      const page = await app.open(t, { js });
      await visit(page, `/exports/${made.id}`, js);
      assert.equal(await page.locator("#Alerts-0-1-expected").inputValue(), script);
      await page.getByRole("button", { name: "JSON", exact: true }).click();
      const json = page.getByLabel("Rule sets as an automation writes them");
      await json.waitFor();
      assert.deepEqual(JSON.parse(await json.inputValue()), made.sources[0].rule_sets);
      await json.fill("[{\"rules\": [}");
      await save(page);
      await page.getByRole("alert").filter({ hasText: "Not saved" }).getByText(/line 1 column/).first().waitFor();
      assert.equal(await json.inputValue(), "[{\"rules\": [}");
      await json.fill(JSON.stringify([{ rules: [severity("Medium")] }]));
      await page.getByRole("button", { name: "Choices", exact: true }).click();
      await eventually(() => card(page, "Alerts").getByLabel("Medium", { exact: true }).isChecked());
      await save(page);
      await saved(page);
      assert.deepEqual((await app.rest("GET", `exports/${made.id}`)).sources, sets([severity("Medium")]));
    });

    test("a thousand rule sets are kept as they are", async (t) => {
      const many = Array.from({ length: 1000 }, (_, at) => [rule("AlertDisplayName", "Contains", `word ${at}`)]);
      const made = await makeExport(app, `thousand ${half}`, { sources: sets(...many) });
      const page = await app.open(t, { js });
      await visit(page, `/exports/${made.id}`, js);
      await page.getByLabel("Name", { exact: true }).fill(`a thousand ${half}`);
      await save(page);
      await saved(page);
      const now = await app.rest("GET", `exports/${made.id}`);
      assert.deepEqual([now.name, now.sources], [`a thousand ${half}`, made.sources]);
    });

    test("a management group with an exception by tag is a scope", async (t) => {
      const page = await app.open(t, { js });
      const name = `group ${half}`;
      await visit(page, "/exports/new", js);
      await page.getByLabel("Name", { exact: true }).fill(name);
      await page.locator("#target").selectOption((await byName(app, "targets", "siem / alerts")).id);
      const scope = card(page, "Scope");
      await pick(scope, "Only these");
      await scope.locator("#group-ald-edge").check();
      await pick(scope, "Left out");
      await scope.getByText("Exceptions").click();
      await scope.getByLabel("Not those with a tag").fill("owner=wind-sites");
      await save(page);
      await saved(page);
      const made = await byName(app, "exports", name);
      assert.deepEqual(made.scope.management_groups, ["ald-edge"]);
      assert.deepEqual(made.scope.except_tags, [{ name: "owner", value: "wind-sites" }]);
      assert.ok(made.scope.as_of && !made.scope.future && made.covered > 0);
    });

    test("an automation is pasted, read with notes, and opened as a draft", async (t) => {
      const page = await app.open(t, { js });
      const automation = {
        name: "ExportToEventHub", type: "Microsoft.Security/automations", location: "westeurope",
        properties: {
          isEnabled: true, oddField: 1,
          scopes: [{ scopePath: "/subscriptions/0ab1c2d3-0000-4000-8000-000000000001" }],
          sources: [{ eventSource: "Alerts", ruleSets: [{ rules: [{ ...severity("high"), propertyType: "string" }] }] }],
          actions: [{ actionType: "EventHub", eventHubResourceId: "subscriptions/0ab1c2d3-0000-4000-8000-000000000001/resourceGroups/rg/providers/Microsoft.EventHub/namespaces/ns/eventhubs/hub" }],
        },
      };
      await visit(page, "/exports/import", js);
      await page.locator("#text").fill(JSON.stringify({ value: [automation] }));
      await page.getByRole("button", { name: /Read|Import/ }).click();
      await page.getByText("oddField").waitFor();
      await page.getByRole("button", { name: "Open in the editor" }).click();
      await page.getByRole("heading", { name: "New export", level: 1 }).waitFor();
      await page.getByText("Severity equals high").waitFor();
    });
  });
}

test("what is typed survives a reload, can be taken back, and leaving asks", async (t) => {
  const made = await makeExport(app, "kept");
  const page = await app.open(t);
  await visit(page, `/exports/${made.id}`);
  const name = page.getByLabel("Name", { exact: true });
  await name.fill("typed, not saved");
  await page.getByText("what you see is not saved").waitFor();
  page.once("dialog", (dialog) => dialog.accept());
  await page.reload();
  await page.getByText("What you typed here before is back").waitFor();
  assert.equal(await name.inputValue(), "typed, not saved");

  await pick(card(page, "Alerts"), "Low");
  const low = card(page, "Alerts").getByLabel("Low", { exact: true });
  await eventually(async () => (await card(page, "Alerts").innerText()).includes("Low") && low.isChecked());
  await page.getByRole("button", { name: "Undo" }).click();
  await eventually(async () => !(await low.isChecked()));
  assert.equal(await name.inputValue(), "typed, not saved");

  const asked = new Promise((done) => page.once("dialog", async (dialog) => { await dialog.dismiss(); done(dialog.message()); }));
  await page.getByRole("link", { name: "Targets" }).first().click();
  assert.match(await asked, /Leave without saving/);
  assert.match(page.url(), new RegExp(made.id), "still here");
  await page.getByRole("link", { name: "Discard" }).click();
  await eventually(async () => (await name.inputValue()) === "kept");
  await page.getByRole("link", { name: "Targets" }).first().click();
  await page.getByRole("heading", { name: "Targets", level: 1 }).waitFor();
});

test("every kind of data is offered, previewed and shown with what it would send each week", async (t) => {
  const page = await app.open(t);
  await visit(page, "/exports/new");
  for (const source of ["SecureScores", "SecureScoreControlsSnapshot", "RegulatoryComplianceAssessment", "SubAssessments", "AttackPaths"]) {
    await page.locator(`#source-${source}`).check();
    await page.locator(`[id="${source}-choices"]`).waitFor();
  }
  await panel(page).getByText("Secure score controls, snapshot").waitFor();
  await page.locator('[data-lint="findings-without-parent"]').waitFor();
  await page.getByRole("button", { name: "Add recommendations" }).click();
  await page.locator('[id="Assessments-choices"]').waitFor();
  await page.locator('[data-lint="findings-without-parent"]').waitFor({ state: "detached" });
});

test("an export is shown as code in every form, and what Azure needs before", async (t) => {
  const { id } = await byName(app, "exports", "siem-high-alerts");
  const page = await app.open(t);
  await visit(page, `/exports/${id}/code`);
  const text = page.getByRole("region", { name: "the export as code" });
  for (const [tab, wanted] of [
    ["Bicep", "Microsoft.Security/automations"], ["Terraform", "resource \""], ["Azure CLI", "az rest"],
    ["Azure Policy", "policyAssignments"], ["Roles of the console's identity", "az role assignment"],
    ["Tables of a workspace", "ContinuousExportFinding_CL"], ["ARM template", "deploymentTemplate"],
  ]) {
    await page.getByRole("navigation", { name: "Form" }).getByRole("link", { name: tab }).click();
    await eventually(async () => (await text.innerText()).includes(wanted));
  }
});

test("what the page does not list is kept; a kind that is ticked again has the filter it had; Enter saves nothing", async (t) => {
  const gone = "0ab1c2d3-0000-4000-8000-00000000dead";
  const made = await makeExport(app, "keeps", { scope: { all: true, except: [gone], future: true } });
  const page = await app.open(t);
  await visit(page, `/exports/${made.id}`);
  await page.getByText("Not seen at the moment").waitFor();
  const name = page.getByLabel("Name", { exact: true });
  await name.fill("keeps all");
  await name.press("Enter");
  await page.locator("#source-Alerts").uncheck();
  await page.locator('[id="Alerts-choices"]').waitFor({ state: "detached" });
  await page.locator("#source-Alerts").check();
  await page.locator('[id="Alerts-choices"]').waitFor();
  await card(page, "Alerts").getByText("Severity equals High").waitFor();
  await pick(card(page, "Alerts"), "Medium");
  await card(page, "Alerts").getByText("Severity equals Medium").waitFor();
  await pick(card(page, "Alerts"), "Medium");
  assert.equal((await app.rest("GET", `exports/${made.id}`)).version, 1, "Enter saved nothing");
  await save(page);
  await saved(page);
  const now = await app.rest("GET", `exports/${made.id}`);
  assert.deepEqual([now.name, now.scope.except, now.sources], ["keeps all", [gone], made.sources]);
});
