// Targets: the one that the practice Azure set up wrongly on purpose and how a person mends it, and the forms.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { azure, byName, deliveriesOf, makeAlerts, mark, received, saysWrong, stayed, visit } from "../steps.mjs";
import { eventually, startConsole } from "../support.mjs";

let app;
let edge;
let hub;
let key;
let alerts;
before(async () => {
  app = await startConsole();
  edge = await byName(app, "targets", "edge / alerts");
  ({ hubs: { medium: hub } } = await app.practice.get("starter"));
  const path = `${hub.resource_id}/authorizationRules/send/listKeys?api-version=2024-01-01`;
  ({ primaryKey: key } = await azure(app, "POST", path));
});
after(() => app?.stop());

/** The texts of all answers from now on, but for the stream, which does not end. */
function answers(page) {
  const sent = [];
  page.on("response", (answer) => {
    if (!answer.url().endsWith("/stream")) sent.push(answer.text().catch(() => ""));
  });
  return sent;
}

const refusal = (page) => page.getByRole("alert").filter({ hasText: "Not saved" });

for (const js of [true, false]) {
  test(`a hub that the identity can see is picked, tested before it is saved, and saved ${js ? "with" : "without"} JavaScript`, async (t) => {
    const page = await app.open(t, { js });
    await visit(page, "/targets/new", js);
    const seen = page.getByRole("table", { name: "What the identity can see" });
    const name = await seen.getByRole("row").first().getByRole("cell").first().innerText();
    await seen.getByRole("button", { name: `Use ${name}`, exact: true }).click();
    await page.waitForURL(/draft=/);
    assert.match(await page.getByLabel("Namespace").inputValue(), /servicebus\.windows\.net$/);
    assert.match(await page.getByLabel("Resource id", { exact: true }).inputValue(), /eventhubs/);
    await page.getByRole("button", { name: "Test before saving" }).click();
    await page.getByRole("status").filter({ hasText: /It takes events|It did not take/ }).waitFor();
    assert.ok(!(await app.rest("GET", "targets")).items.some((target) => target.name === name), "a test saves nothing");
    await page.getByLabel("Name", { exact: true }).fill(`${name} ${js}`);
    await page.getByRole("button", { name: "Save target" }).click();
    await page.getByRole("heading", { name: `${name} ${js}`, level: 1 }).waitFor();
  });
}

test("the overview says by itself that edge / alerts keeps events waiting", async (t) => {
  const page = await app.open(t);
  await visit(page, "/");
  await mark(page);
  alerts = await makeAlerts(app, { count: 3, severity: "Medium" });
  await page.getByRole("heading", { name: "One thing needs a hand", level: 1 }).waitFor();
  await page.getByRole("heading", { name: /^edge \/ alerts: refuses the key: 3 events wait/i }).waitFor();
  await page.getByRole("link", { name: "Fix the target" }).waitFor();
  await stayed(page);
});

test("the target says why, what was answered, and how to get a key that works", async (t) => {
  const page = await app.open(t);
  await visit(page, "/");
  await page.getByRole("link", { name: "Fix the target" }).click();
  await page.getByRole("heading", { name: "edge / alerts", level: 1 }).waitFor();
  await page.getByRole("heading", { name: /^Refuses the key: 3 events wait/ }).waitFor();
  await page.getByText(/It said:.*\S{3}/).waitFor();
  await page.getByText(/the rule has the Send right/).waitFor();
  assert.equal(await page.getByLabel("Authorization rule").inputValue(), hub.key_name);
  assert.equal(await page.getByLabel("Key", { exact: true }).inputValue(), "");
  await page.getByText(/Its hubs have a rule named send or console-send whose key works/).waitFor();
  await page.getByRole("button", { name: "Take the key from Azure and save" }).waitFor();
});

test("testing the connection fails with the same words while the key is wrong", async (t) => {
  const page = await app.open(t);
  await visit(page, `/targets/${edge.id}`);
  await page.getByRole("button", { name: "Test connection" }).click();
  await page.getByRole("status").filter({ hasText: "The connection test failed" }).waitFor();
  await page.getByRole("heading", { name: /^Refuses the key/ }).waitFor();
});

test("a refused form keeps what was typed, and the key is in no page", async (t) => {
  for (const js of [true, false]) {
    const page = await app.open(t, { js });
    const sent = answers(page);
    await visit(page, `/targets/${edge.id}`, js);
    const namespace = page.getByLabel("Namespace");
    await namespace.fill("no host name!");
    await page.getByLabel("Authorization rule").fill("send");
    await page.getByLabel("Key", { exact: true }).fill(key);
    await page.getByRole("button", { name: "Save changes" }).click();
    await refusal(page).getByText("Namespace", { exact: true }).waitFor();
    await saysWrong(namespace, /\S/);
    assert.equal(await namespace.inputValue(), "no host name!");
    assert.equal(await page.getByLabel("Authorization rule").inputValue(), "send");
    if (!js) assert.equal(await page.getByLabel("Key", { exact: true }).inputValue(), "", "the server does not give it back");
    assert.ok(!(await page.content()).includes(key), "the key is not in the page");
    assert.ok(!page.url().includes(encodeURIComponent(key)), "the key is not in the address");
    for (const text of await Promise.all(sent)) assert.ok(!text.includes(key), "the key is in no answer");
  }
});

test("with the key of the rule send, what waits goes and the condition clears by itself", async (t) => {
  const page = await app.open(t);
  await visit(page, `/targets/${edge.id}`);
  await page.getByLabel("Authorization rule").fill("send");
  await page.getByLabel("Key", { exact: true }).fill(key);
  await page.getByRole("button", { name: "Save changes" }).click();
  await page.getByRole("status").filter({ hasText: "Saved. It is attempted at once." }).waitFor();
  await mark(page);
  await page.getByRole("main").getByText("Delivering").first().waitFor();
  await page.getByRole("heading", { name: /^Refuses the key/ }).waitFor({ state: "detached" });
  await stayed(page);
  for (const alert of alerts) {
    const [, ...none] = (await deliveriesOf(app, alert, { outcome: "delivered" })).filter((one) => one.target === edge.id);
    assert.deepEqual(none, []);
  }
  const bodies = (await received(app, hub.namespace, hub.hub)).map(({ body }) => JSON.parse(body).SystemAlertId);
  for (const alert of alerts) assert.equal(bodies.filter((id) => id === alert).length, 1, "each alert once");
  assert.equal((await app.rest("GET", `targets/${edge.id}`)).waiting, 0);
  assert.equal(await page.getByLabel("Key", { exact: true }).inputValue(), "", "a saved key stands in no field");
});

test("the overview has nothing more to say about it", async (t) => {
  const page = await app.open(t);
  await visit(page, "/");
  await page.getByRole("heading", { name: "Everything is delivered as it comes", level: 1 }).waitFor();
  assert.equal(await page.getByRole("link", { name: "Fix the target" }).count(), 0);
});

test("the key is in no page and no answer afterwards", async (t) => {
  for (const js of [true, false]) {
    const page = await app.open(t, { js });
    const sent = answers(page);
    for (const path of ["/", "/targets", `/targets/${edge.id}`, "/settings", "/log", "/exports"]) {
      await visit(page, path, js);
      assert.ok(!(await page.content()).includes(key), `the key is not in ${path}`);
    }
    for (const text of await Promise.all(sent)) assert.ok(!text.includes(key), "the key is in no answer");
  }
  for (const path of ["targets", `targets/${edge.id}`, "audit"]) {
    assert.ok(!JSON.stringify(await app.rest("GET", path)).includes(key), `the key is not in ${path}`);
  }
  assert.ok(!app.log().includes(key), "the key is not in the log");
});

test("saving again without a key keeps the one that is set", async (t) => {
  const page = await app.open(t);
  await visit(page, `/targets/${edge.id}`);
  await page.getByText("A key is set.").waitFor();
  await page.getByLabel("Name", { exact: true }).fill("edge / alerts of the field");
  await page.getByRole("button", { name: "Save changes" }).click();
  await page.getByRole("heading", { name: "edge / alerts of the field", level: 1 }).waitFor();
  const [alert] = await makeAlerts(app, { severity: "Medium" });
  await deliveriesOf(app, alert, { count: 2, outcome: "delivered" });
});

test("the connection test passes, with and without JavaScript", async (t) => {
  for (const js of [true, false]) {
    const page = await app.open(t, { js });
    await visit(page, `/targets/${edge.id}`, js);
    await page.getByRole("button", { name: "Test connection" }).click();
    await page.getByRole("status").filter({ hasText: "The connection test passed" }).waitFor();
  }
});

test("a paused target holds events back, and sends them when it is resumed", async (t) => {
  const page = await app.open(t);
  await visit(page, `/targets/${edge.id}`);
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await page.getByRole("button", { name: "Resume", exact: true }).waitFor();
  const [alert] = await makeAlerts(app, { severity: "Medium" });
  const mine = async () => (await deliveriesOf(app, alert)).find((one) => one.target === edge.id);
  assert.equal((await eventually(mine)).outcome, "pending");
  await page.getByRole("button", { name: "Resume", exact: true }).click();
  await page.getByRole("button", { name: "Pause", exact: true }).waitFor();
  await eventually(async () => (await mine()).outcome === "delivered");
});

test("a target that an export points to is not deleted, and says which export", async (t) => {
  const page = await app.open(t);
  await visit(page, `/targets/${edge.id}`);
  await page.getByText(/cannot be deleted: edge-medium-alerts sends to it/).waitFor();
  assert.equal(await page.getByText("Delete target").count(), 0);
  const problem = await app.rest("DELETE", `targets/${edge.id}`, { version: (await app.rest("GET", `targets/${edge.id}`)).version, status: 409 });
  assert.match(problem.detail, /edge-medium-alerts/);
});

for (const js of [true, false]) {
  describe(js ? "with JavaScript" : "without JavaScript", () => {
    test("a new event hub with a bad host name is refused at that field and keeps what was typed; put right, it is saved, tested and deleted", async (t) => {
      const name = `mine ${js}`;
      const page = await app.open(t, { js });
      await visit(page, "/targets/new", js);
      await page.getByLabel("Name", { exact: true }).fill(name);
      await page.getByLabel("Namespace").fill("https://siem-prod/");
      await page.getByLabel("Event hub", { exact: true }).fill("defender-high");
      await page.getByRole("button", { name: "Save target" }).click();
      await refusal(page).getByText("Namespace", { exact: true }).waitFor();
      await saysWrong(page.getByLabel("Namespace"), /\S/);
      assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), name);
      assert.equal(await page.getByLabel("Event hub", { exact: true }).inputValue(), "defender-high");

      await page.getByLabel("Namespace").fill("siem-prod.servicebus.windows.net");
      await page.getByRole("button", { name: "Save target" }).click();
      await saysWrong(page.getByLabel("Resource id", { exact: true }), /confirms the namespace/);
      await page.getByLabel("Resource id", { exact: true }).fill((await app.practice.get("starter")).hubs.high.resource_id);
      await page.getByRole("button", { name: "Save target" }).click();
      await page.getByRole("heading", { name, level: 1 }).waitFor();
      const saved = await byName(app, "targets", name);
      assert.deepEqual([saved.config.namespace, saved.config.hub], ["siem-prod.servicebus.windows.net", "defender-high"]);
      await page.getByText("Delete target").click();
      await page.getByRole("button", { name: "Delete it" }).click();
      await page.getByRole("heading", { name: "Targets", level: 1 }).waitFor();
      await app.rest("GET", `targets/${saved.id}`, { status: 404 });
    });

    test("a new workspace with a bad host name is refused at that field, and stays a workspace", async (t) => {
      const page = await app.open(t, { js });
      await visit(page, "/targets", js);
      await page.getByRole("link", { name: "New workspace" }).click();
      await page.getByRole("heading", { name: "New workspace", level: 1 }).waitFor();
      await page.getByLabel("Name", { exact: true }).fill("soc 2");
      await page.getByLabel("Logs ingestion endpoint").fill("not a host");
      await page.getByLabel("Data collection rule, immutable id").fill("dcr-0");
      await page.getByRole("button", { name: "Save target" }).click();
      await refusal(page).getByText("Ingestion host", { exact: true }).waitFor();
      await saysWrong(page.getByLabel("Logs ingestion endpoint"), /\S/);
      await page.getByRole("heading", { name: "New workspace", level: 1 }).waitFor();
      assert.equal(await page.getByLabel("Logs ingestion endpoint").inputValue(), "not a host");
      assert.equal(await page.getByLabel("Data collection rule, immutable id").inputValue(), "dcr-0");
    });
  });
}

test("leaving a form with something typed asks; one that is as it was does not", async (t) => {
  const page = await app.open(t);
  await visit(page, `/targets/${edge.id}`);
  const exportsLink = page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: /^Exports/ });
  await page.getByLabel("Namespace").fill("typed.servicebus.windows.net");
  const answered = (how) => new Promise((done) => page.once("dialog", async (dialog) => { await dialog[how](); done(dialog.message()); }));
  const asked = answered("dismiss");
  await exportsLink.click();
  assert.match(await asked, /Leave without saving/);
  assert.equal(await page.getByLabel("Namespace").inputValue(), "typed.servicebus.windows.net");
  const again = answered("accept");
  await exportsLink.click();
  await again;
  await page.getByRole("heading", { name: "Exports", level: 1 }).waitFor();

  await visit(page, `/targets/${edge.id}`);
  page.on("dialog", (dialog) => assert.fail(dialog.message()));
  await exportsLink.click();
  await page.getByRole("heading", { name: "Exports", level: 1 }).waitFor();
});
