// What happens when Azure does not do as it should: nothing is lost, and the pages say what is wrong.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { byName, deliveriesOf, makeAlerts, mark, rows, stayed, visit } from "../steps.mjs";
import { eventually, startConsole } from "../support.mjs";

let app;
let siem;
before(async () => {
  app = await startConsole();
  siem = await byName(app, "targets", "siem / alerts");
});
after(() => app?.stop());
// the next test begins with nothing waiting, also after one that failed
afterEach(async () => {
  await app.practice.delete("faults");
  await eventually(async () => {
    const { waiting } = await app.rest("GET", `targets/${siem.id}`);
    if (waiting > 0) await app.rest("POST", `targets/${siem.id}/attempt`);
    return waiting === 0;
  });
});

const fault = (service, kind) => app.practice.post("faults", { service, fault: kind, for: "5m" });

for (const [kind, words, link] of [
  ["reset", "Does not answer", "Look at it"],
  ["outage", "(Does not answer|Throttled)", "Look at it"],
  ["throttle", "Throttled", "Look at it"],
]) {
  test(`event hubs in ${kind}: overview and target say “${words}”; when it is over, “Attempt now” delivers what waits`, async (t) => {
    await fault("event-hubs", kind);
    const page = await app.open(t);
    await visit(page, "/");
    const alerts = await makeAlerts(app, { count: 2, severity: "High" });
    await page.getByRole("heading", { name: new RegExp(`^siem / alerts: ${words}.*: 2 events wait`, "i") }).waitFor();
    await page.getByRole("link", { name: link }).click();
    await page.getByRole("heading", { name: "siem / alerts", level: 1 }).waitFor();
    await page.getByRole("heading", { name: new RegExp(`^${words}.*: 2 events wait`) }).waitFor();
    await page.getByText(/Nothing is lost/).waitFor();
    await page.getByText(/It is tried again/).waitFor();

    const log = await app.open(t);
    await visit(log, `/log?q=${alerts[0]}&target=${siem.id}`);
    await rows(log).filter({ hasText: "Pending" }).waitFor();

    await app.practice.delete("faults");
    await page.getByRole("button", { name: "Attempt now" }).click();
    await page.getByRole("main").getByText("Delivering").first().waitFor();
    await rows(log).filter({ hasText: "Delivered" }).waitFor();
    for (const alert of alerts) {
      const mine = (await deliveriesOf(app, alert, { outcome: "delivered" })).filter((one) => one.target === siem.id);
      assert.deepEqual(mine.map((one) => one.outcome), ["delivered"]);
      assert.ok(mine[0].attempt_count >= 1);
    }
  });
}

test("without a hand, delivery resumes by itself when the target is well again", async (t) => {
  await fault("event-hubs", "reset");
  const [alert] = await makeAlerts(app, { severity: "High" });
  const page = await app.open(t);
  await visit(page, `/targets/${siem.id}`);
  await page.getByRole("heading", { name: /^Does not answer.*: one event waits/ }).waitFor();
  await mark(page);
  await app.practice.delete("faults");
  await page.getByRole("heading", { name: /^Does not answer/ }).waitFor({ state: "detached" });
  await deliveriesOf(app, alert, { outcome: "delivered" });
  await stayed(page);
});

test("an alert that is too large for the target parks and says why; the tab Parked shows it", async (t) => {
  const [alert] = await makeAlerts(app, { severity: "High", bytes: 2_000_000 });
  const parked = await eventually(async () => (await deliveriesOf(app, alert)).find((one) => one.outcome === "parked"));
  assert.match(parked.last_error, /large|MB|bytes/i);
  for (const js of [true, false]) {
    const page = await app.open(t, { js });
    await visit(page, "/", js);
    await page.getByRole("heading", { name: /^(One event is|1 event is) parked$/ }).waitFor();
    await page.getByRole("link", { name: "Look at them", exact: false }).or(page.getByRole("link", { name: "Look at it" })).first().click();
    await page.getByRole("heading", { name: "Delivery log", level: 1 }).waitFor();
    await eventually(async () => (await rows(page).count()) === 1);
    assert.match(await rows(page).innerText(), /Parked/);
    await rows(page).getByRole("link").click();
    const panel = page.getByRole("complementary", { name: "Delivery" });
    await panel.getByText(parked.last_error).first().waitFor();
    await panel.getByText(alert, { exact: true }).waitFor();
  }
  const [next] = await makeAlerts(app, { severity: "High" });
  await deliveriesOf(app, next, { count: 2, outcome: "delivered" });
});

describe("Resource Graph", () => {
  for (const [kind, word] of [["garbage", "Answer not understood"], ["html", "Unreachable"], ["outage", "Unreachable"]]) {
    test(`in ${kind}: subscriptions and overview warn and say why, and recover`, async (t) => {
      await fault("graph", kind);
      const page = await app.open(t);
      await visit(page, "/subscriptions");
      await page.getByRole("row").filter({ hasText: word }).first().waitFor();
      const { items } = await app.rest("GET", "subscriptions");
      const troubled = items.find((item) => item.condition !== "ok");
      assert.ok(troubled.condition_detail.length > 10, troubled.condition_detail);
      const one = await app.open(t);
      await visit(one, `/subscriptions/${troubled.id}`);
      await one.getByText("It cannot be watched as it should").waitFor();
      const overview = await app.open(t, { js: false });
      await visit(overview, "/", false);
      await overview.getByRole("heading", { name: /cannot be watched as (it|they) should$/ }).waitFor();
      assert.doesNotMatch(await overview.getByRole("main").innerText(), /<html|<!doctype/i);

      await app.practice.delete("faults");
      await eventually(async () => (await app.rest("GET", "subscriptions")).items.every((item) => item.condition === "ok"));
      await eventually(async () => (await page.getByRole("row").filter({ hasText: word }).count()) === 0);
      await one.getByText("It cannot be watched as it should").waitFor({ state: "detached" });
      const [alert] = await makeAlerts(app, { severity: "High" });
      await deliveriesOf(app, alert, { count: 2, outcome: "delivered" });
    });
  }
});

test("an alert of a severity that nobody knows is kept, and its panel says so", async (t) => {
  const [alert] = await makeAlerts(app, { malformed: "severity" });
  const [{ event }] = await deliveriesOf(app, alert);
  for (const js of [true, false]) {
    const page = await app.open(t, { js });
    await visit(page, `/log/events/${event}`, js);
    const panel = page.getByRole("complementary", { name: "Event" });
    await panel.getByText(/Worth knowing: its severity, Catastrophic, is not one this release knows/).waitFor();
  }
});
