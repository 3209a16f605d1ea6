// The export editor: what is refused, what is kept, versions, two tabs at once, pausing and deleting.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { byName, card, choice, deliveriesOf, makeAlerts, makeExport, pick, previewed, saysWrong, visit } from "../steps.mjs";
import { eventually, startConsole } from "../support.mjs";

let app;
before(async () => { app = await startConsole(); });
after(() => app?.stop());

const nameField = (page) => page.getByLabel("Name", { exact: true });
const targetField = (page) => page.getByLabel("Where the events go");
const refusal = (page) => page.getByRole("alert").filter({ hasText: "Not saved" });
const save = (page) => page.getByRole("button", { name: /^Save/ }).click();
/** Ticks a kind of data. Its card is there at once; without JavaScript after a preview. */
async function choose(page, source, js) {
  await page.locator(`#source-${source}`).check();
  if (!js) await page.getByRole("button", { name: "Preview", exact: true }).click();
}
const is = (page) => page.getByRole("heading", { level: 1 });
const siem = () => byName(app, "targets", "siem / alerts");

for (const js of [true, false]) {
  const half = js ? "with JavaScript" : "without JavaScript";
  const open = (t) => app.open(t, { js });

  describe(half, () => {
    test("a form without a name is refused at the name, and keeps what was typed", async (t) => {
      const page = await open(t);
      await visit(page, "/exports/new", js);
      await pick(card(page, "Alerts"), "Low");
      await pick(card(page, "Alerts"), "Status changes too");
      await choose(page, "Assessments", js);
      await pick(card(page, "Recommendations"), "Critical");
      const { id } = await siem();
      await targetField(page).selectOption(id);
      await save(page);
      await refusal(page).getByText("Name", { exact: true }).waitFor();
      await saysWrong(nameField(page), /name/i);
      assert.notEqual(await targetField(page).getAttribute("aria-invalid"), "true");
      assert.equal(await targetField(page).inputValue(), id);
      for (const [heading, label] of [["Alerts", "High"], ["Alerts", "Low"], ["Alerts", "Status changes too"], ["Recommendations", "Critical"]]) {
        assert.ok(await choice(card(page, heading), label).isChecked(), `${heading}: ${label} is still chosen`);
      }
    });

    test("a form without a target is refused at the target; the draft's address survives a reload, and then it can be saved", async (t) => {
      const name = `drafted ${half}`;
      const page = await open(t);
      await visit(page, "/exports/new", js);
      await nameField(page).fill(name);
      await pick(card(page, "Alerts"), "Medium");
      await save(page);
      await refusal(page).getByText("Target", { exact: true }).waitFor();
      await saysWrong(targetField(page), /choose/i);
      assert.match(page.url(), /\/exports\/new\?.*draft=/);

      await visit(page, page.url(), js);
      await refusal(page).waitFor();
      assert.equal(await nameField(page).inputValue(), name);
      assert.ok(await choice(card(page, "Alerts"), "Medium").isChecked());

      await targetField(page).selectOption((await siem()).id);
      await save(page);
      await page.getByRole("heading", { name, level: 1 }).waitFor();
      await page.getByRole("status").filter({ hasText: "Saved" }).waitFor();
      const [source] = (await byName(app, "exports", name)).sources;
      const values = source.rule_sets.flatMap(({ rules }) => rules.map((rule) => rule.expectedValue));
      assert.deepEqual(values.sort(), ["High", "Medium"]);
    });

    test("only some subscriptions, and none chosen: refused at the scope", async (t) => {
      const page = await open(t);
      await visit(page, "/exports/new", js);
      await nameField(page).fill("nowhere");
      await targetField(page).selectOption((await siem()).id);
      await pick(card(page, "Scope"), "Only these");
      await save(page);
      await refusal(page).getByText(/^Scope/).waitFor();
      assert.ok(await choice(card(page, "Scope"), "Only these").isChecked());
      assert.equal(await nameField(page).inputValue(), "nowhere");
    });

    test("a scope of two subscriptions is saved, and shown again", async (t) => {
      const page = await open(t);
      const name = `two ${half}`;
      const two = (await app.rest("GET", "subscriptions")).items.slice(0, 2);
      await visit(page, "/exports/new", js);
      await nameField(page).fill(name);
      await targetField(page).selectOption((await siem()).id);
      await pick(card(page, "Scope"), "Only these");
      const list = card(page, "Scope").getByRole("group", { name: "Chosen groups and subscriptions" });
      for (const { id } of two) await list.locator(`#subscription-${id}`).check();
      await save(page);
      await page.getByRole("heading", { name, level: 1 }).waitFor();
      const saved = await byName(app, "exports", name);
      assert.deepEqual(saved.scope.subscriptions.toSorted(), two.map(({ id }) => id).toSorted());
      assert.deepEqual([saved.scope.all, saved.covered], [false, 2]);
      for (const { id } of two) assert.ok(await list.locator(`#subscription-${id}`).isChecked());
    });

    test("discarding a draft shows what is saved", async (t) => {
      const made = await makeExport(app, `discarded ${half}`);
      const page = await open(t);
      await visit(page, `/exports/${made.id}`, js);
      await nameField(page).fill("never saved");
      await pick(card(page, "Alerts"), "Low");
      // What is typed slowly is kept by the tab before the draft has an address: both go.
      if (js) await eventually(() => page.evaluate(() => Object.values(sessionStorage).some((kept) => kept.includes("never saved"))));
      await page.getByRole("button", { name: "Preview", exact: true }).click();
      await page.getByText("what you see is not saved").waitFor();
      assert.equal(await nameField(page).inputValue(), "never saved");
      await page.getByRole("link", { name: "Discard" }).click();
      await page.getByText("what you see is not saved").waitFor({ state: "detached" });
      // The head is drawn a moment before the fields.
      await eventually(async () => (await nameField(page).inputValue()) === made.name);
      await eventually(async () => !(await choice(card(page, "Alerts"), "Low").isChecked()));
      await visit(page, `/exports/${made.id}`, js);
      assert.equal(await nameField(page).inputValue(), made.name);
    });

    test("editing makes version 2, and both versions are listed", async (t) => {
      const made = await makeExport(app, `edited ${half}`);
      const page = await open(t);
      await visit(page, `/exports/${made.id}`, js);
      await pick(card(page, "Alerts"), "Medium");
      await page.getByRole("button", { name: "Save version 2" }).click();
      await page.getByRole("status").filter({ hasText: "Saved" }).waitFor();
      await page.getByRole("button", { name: "Save version 3" }).waitFor();
      await page.getByRole("link", { name: "History" }).click();
      await page.getByRole("heading", { name: "Version 2" }).waitFor();
      const versions = page.getByRole("heading", { level: 2 });
      assert.deepEqual(await versions.allInnerTexts(), ["Version 2", "Version 1"]);
      await card(page, "Version 2").getByText("Severity equals Medium").waitFor();
      assert.equal((await app.rest("GET", `exports/${made.id}`)).version, 2);
    });

    test("of two tabs that edit at once, the later one is told, keeps its input, and may then save", async (t) => {
      const made = await makeExport(app, `contested ${half}`);
      const [first, second] = [await open(t), await open(t)];
      await visit(first, `/exports/${made.id}`, js);
      await visit(second, `/exports/${made.id}`, js);
      await nameField(first).fill(`first ${half}`);
      await save(first);
      await first.getByRole("status").filter({ hasText: "Saved" }).waitFor();

      await nameField(second).fill(`second ${half}`);
      await pick(card(second, "Alerts"), "Low");
      await save(second);
      await refusal(second).getByText(/version 2/).waitFor();
      assert.equal(await nameField(second).inputValue(), `second ${half}`);
      assert.ok(await choice(card(second, "Alerts"), "Low").isChecked());
      assert.equal((await app.rest("GET", `exports/${made.id}`)).name, `first ${half}`, "nothing was overwritten");
      const theirs = card(second, "What they changed").getByRole("row").filter({ hasText: "Name" });
      assert.match(await theirs.innerText(), new RegExp(`contested ${half}[^]*first ${half}`), "what they changed is shown");

      await save(second);
      await second.getByRole("status").filter({ hasText: "Saved" }).waitFor();
      const now = await app.rest("GET", `exports/${made.id}`);
      assert.deepEqual([now.name, now.version], [`second ${half}`, 3]);
    });

    test("a paused export goes on deciding and holds back; resumed, what waited is delivered", async (t) => {
      const made = await makeExport(app, `paused ${half}`);
      const page = await open(t);
      await visit(page, `/exports/${made.id}`, js);
      await page.getByRole("button", { name: "Pause", exact: true }).click();
      await page.getByRole("button", { name: "Resume", exact: true }).waitFor();
      await page.getByText("Paused: it still decides, and what matches waits.").waitFor();
      const [alert] = await makeAlerts(app, { severity: "High" });
      const mine = async () => (await deliveriesOf(app, alert)).find((delivery) => delivery.export === made.id);
      assert.equal((await eventually(mine)).outcome, "pending");
      await page.getByRole("button", { name: "Resume", exact: true }).click();
      await eventually(async () => (await mine()).outcome === "delivered");
      await page.getByRole("button", { name: "Pause", exact: true }).waitFor();
    });

    test("deleting says first what it does, and then does it", async (t) => {
      const made = await makeExport(app, `doomed ${half}`);
      await app.rest("POST", `exports/${made.id}/pause`, { version: made.version });
      const [alert] = await makeAlerts(app, { severity: "High" });
      const mine = async () => (await deliveriesOf(app, alert)).find((delivery) => delivery.export === made.id);
      await eventually(mine);
      const page = await open(t);
      await visit(page, `/exports/${made.id}`, js);
      await page.getByText("Delete", { exact: true }).click();
      await page.getByText("One waiting event is cancelled. Its log and counters stay.").waitFor();
      await page.getByRole("button", { name: "Delete it" }).click();
      await page.getByRole("heading", { name: "Exports", level: 1 }).waitFor();
      assert.equal(await page.getByRole("main").getByRole("link", { name: made.name, exact: true }).count(), 0);
      await app.rest("GET", `exports/${made.id}`, { status: 404 });
      assert.equal((await mine()).outcome, "cancelled", "its log stays");
    });

    test("rules that the choices cannot express are shown, previewed, and kept when the form is saved", async (t) => {
      const rules = [
        { propertyJPath: "AlertDisplayName", propertyType: "String", operator: "Contains", expectedValue: "password" },
        { propertyJPath: "Severity", propertyType: "String", operator: "NotEquals", expectedValue: "Low" },
      ];
      const made = await makeExport(app, `worded ${half}`, { rules });
      const page = await open(t);
      await visit(page, `/exports/${made.id}`, js);
      await page.getByText("These rules say more than choices can; they stay rules.").waitFor();
      assert.equal(await page.locator("#Alerts-0-0-path").inputValue(), "AlertDisplayName");
      assert.equal(await page.locator("#Alerts-0-1-operator").inputValue(), "NotEquals");
      const asked = await app.rest("POST", "preview", { body: { export: made, since: "24h" } });
      await eventually(async () => (await previewed(page)).match === asked.matched);

      await nameField(page).fill(`renamed ${half}`);
      await page.getByRole("button", { name: "Save version 2" }).click();
      await page.getByRole("heading", { name: `renamed ${half}`, level: 1 }).waitFor();
      const saved = await app.rest("GET", `exports/${made.id}`);
      assert.deepEqual(saved.sources, made.sources);
    });
  });
}

test("a name that is taken is refused at the name", async (t) => {
  const page = await app.open(t);
  await visit(page, "/exports/new");
  await nameField(page).fill("siem-high-alerts");
  await targetField(page).selectOption((await siem()).id);
  await save(page);
  await refusal(page).waitFor();
  await saysWrong(nameField(page), /\S/);
  assert.match(await is(page).innerText(), /New export/);
});
