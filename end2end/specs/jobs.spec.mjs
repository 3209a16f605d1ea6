// Replay and backfill: counted before they begin, followed, stopped; what they send says so.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { byName, choice, deliveriesOf, makeAlerts, makeExport, mark, pick, received, rows, stayed, visit } from "../steps.mjs";
import { eventually, startConsole } from "../support.mjs";

let app;
let high;
let siem;
before(async () => {
  app = await startConsole();
  high = await byName(app, "exports", "siem-high-alerts");
  siem = await byName(app, "targets", "siem / alerts");
});
after(() => app?.stop());

const query = (page) => Object.fromEntries(new URL(page.url()).searchParams);
const jobRow = (page, title) => page.locator("section.card tbody").getByRole("row").filter({ hasText: title });
const atJobs = (page) => eventually(() => new URL(page.url()).pathname === "/log" && query(page).tab === "jobs");
/** Messages of the event hub that a job has sent. */
const replays = async () => {
  const { hubs } = await app.practice.get("starter");
  const messages = await received(app, hubs.high.namespace, hubs.high.hub);
  return messages.filter(({ properties }) => properties.replay === "true");
};

/** The newest job's row with this title, once it has this state. */
async function newestIn(page, js, title, state) {
  const row = jobRow(page, title).first();
  await says(page, js, row.getByText(state, { exact: true }));
  return row;
}

/** Waits until the text is there; without JavaScript the page is loaded again. */
async function says(page, js, text) {
  await eventually(async () => {
    if (await text.count()) return true;
    if (!js) await page.reload();
    return false;
  });
}

const makeLow = (name, more) => makeExport(app, name, {
  rules: [{ propertyJPath: "Severity", propertyType: "String", operator: "Equals", expectedValue: "Low" }],
  ...more,
});

for (const js of [true, false]) {
  describe(js ? "with JavaScript" : "without JavaScript", () => {
    test("all that match a filter are counted first, then sent again, and followed in the tab Jobs", async (t) => {
      const [alert] = await makeAlerts(app, { severity: "High" });
      await makeAlerts(app, { severity: "Low" });
      await deliveriesOf(app, alert, { count: 2, outcome: "delivered" });
      await eventually(async () => (await app.rest("GET", "overview")).outcomes.pending === 0);
      const filter = { filter: { export: high.id, since: "24h" }, dry_run: true };
      const { count, filtered } = await app.rest("POST", "deliveries/replay", { body: filter });
      assert.ok(count > 0 && filtered > 0);
      const [before, { items: jobs }] = [await replays(), await app.rest("GET", "jobs")];

      const page = await app.open(t, { js });
      await visit(page, `/log?export=${high.id}`, js);
      await page.getByRole("link", { name: "Replay all that match…" }).click();
      await page.getByRole("heading", { name: "Replay all that match", level: 1 }).waitFor();
      assert.equal(query(page).export, high.id);
      await page.getByText("of siem-high-alerts").waitFor();
      await page.getByRole("heading", { name: new RegExp(`^${count} deliver(y|ies) would be sent again`) }).waitFor();
      await page.getByText(new RegExp(`^${filtered} were filtered`)).waitFor();
      assert.equal((await app.rest("GET", "jobs")).items.length, jobs.length, "counting starts nothing");

      await page.getByRole("button", { name: new RegExp(`^Replay ${count} deliver(y|ies)$`) }).click();
      await atJobs(page);
      const row = await newestIn(page, js, "of siem-high-alerts", "Done");
      await row.getByText(new RegExp(`${count} queued · ${count} delivered · left alone: ${filtered} filtered`)).waitFor();
      assert.equal(await row.getByRole("button").count(), 0, "what has ended cannot be stopped");
      assert.equal((await replays()).length, before.length + count);
    });

    test("one delivery is sent again from its panel, which tells it", async (t) => {
      const [alert] = await makeAlerts(app, { severity: "High" });
      const of = await deliveriesOf(app, alert, { count: 2, outcome: "delivered" });
      const delivered = of.find(({ outcome }) => outcome === "delivered");
      const filtered = of.find(({ outcome }) => outcome === "filtered");
      const page = await app.open(t, { js });
      await visit(page, `/log/deliveries/${filtered.id}`, js);
      const panel = page.getByRole("complementary", { name: "Delivery" });
      await panel.getByText("Filtered by").waitFor();
      assert.equal(await panel.getByRole("button", { name: /Replay|Send it again/ }).count(), 0, "filtered ones are never sent");

      await visit(page, `/log/deliveries/${delivered.id}`, js);
      await panel.getByRole("button", { name: "Send it again" }).click();
      await atJobs(page);
      await newestIn(page, js, "Replay of one delivery", "Done");
      assert.ok((await replays()).some(({ properties }) => properties["event-id"] === delivered.event));
      await visit(page, `/log/deliveries/${delivered.id}`, js);
      await panel.getByText("Replayed by").waitFor();
      await panel.getByText("Attempt 2").waitFor();
    });

    test("a job that waits is stopped, and its deliveries are what they were", async (t) => {
      const [alert] = await makeAlerts(app, { severity: "High" });
      await deliveriesOf(app, alert, { count: 2, outcome: "delivered" });
      await app.rest("POST", `targets/${siem.id}/pause`);
      try {
        const page = await app.open(t, { js });
        await visit(page, `/log/replay?q=${alert}`, js);
        await page.getByRole("button", { name: "Replay 1 delivery" }).click();
        await atJobs(page);
        const row = await newestIn(page, js, alert, "Running");
        await says(page, js, row.getByText(/1 queued · 1 wait/));
        await row.getByRole("progressbar").waitFor();
        await row.getByRole("button", { name: /^Stop Replay/ }).click();
        await newestIn(page, js, alert, "Stopped");
        await says(page, js, row.getByText(/1 taken back/));
        await deliveriesOf(app, alert, { count: 2, outcome: "delivered" });
      } finally {
        await app.rest("POST", `targets/${siem.id}/resume`);
      }
      const { items: [one] } = await app.rest("GET", `deliveries?q=${alert}&outcome=delivered`);
      assert.equal(one.attempt_count, 1, "nothing was sent");
    });

    test("a backfill is chosen, counted and priced before it begins; what was decided before is left alone", async (t) => {
      const alerts = await makeAlerts(app, { count: 3, severity: "Low" });
      await deliveriesOf(app, alerts[2], { count: 2 });
      const name = `low alerts ${js ? "live" : "plain"}`;
      const { id } = await makeLow(name);
      const { count } = await app.rest("POST", "backfills", { body: { export: id, since: "24h", dry_run: true } });
      assert.ok(count >= 3);
      const page = await app.open(t, { js });
      await visit(page, `/exports/${id}/backfill`, js);
      await page.getByRole("heading", { name: "Backfill", level: 1 }).waitFor();
      assert.ok(await choice(page, "Current state").isChecked());
      assert.equal(await page.getByRole("button", { name: /^Send/ }).count(), 0, "first it is counted");
      await pick(page, "Past 24 hours");
      await page.getByRole("button", { name: "Count" }).click();
      await page.getByRole("heading", { name: new RegExp(`^${count} events match`) }).waitFor();
      await page.getByText(/An event hub has no price per GB/).waitFor();
      assert.ok(await choice(page, "Past 24 hours").isChecked());
      await page.getByRole("button", { name: `Send ${count} events` }).click();
      await atJobs(page);
      const row = await newestIn(page, js, `Backfill of ${name}`, "Done");
      await row.getByText(new RegExp(`${count} queued · ${count} delivered`)).waitFor();

      await visit(page, `/exports/${id}/backfill?take=24h`, js);
      await page.getByText(new RegExp(`^${count} were decided on by this export before`)).waitFor();
      await page.getByText("There is nothing to send").waitFor();
    });

    test("for a workspace the price can be changed, and a word is no price", async (t) => {
      const { id } = await byName(app, "exports", "posture-to-workspace");
      const page = await app.open(t, { js });
      await visit(page, `/exports/${id}/backfill?take=90d`, js);
      await page.getByText(/at 2\.30 a GB/).waitFor();
      await page.getByLabel("Price of a GB").fill("4.10");
      await page.getByRole("button", { name: "Count" }).click();
      await page.getByText(/at 4\.10 a GB/).waitFor();
      await page.getByLabel("Price of a GB").fill("cheap");
      await page.getByRole("button", { name: "Count" }).click();
      await page.getByText("A number, such as 2.30.").waitFor();
      assert.equal(await page.getByLabel("Price of a GB").getAttribute("aria-invalid"), "true");
    });
  });
}

test("the tab Jobs follows what happens without being loaded again", async (t) => {
  const [alert] = await makeAlerts(app, { severity: "High" });
  const of = await deliveriesOf(app, alert, { count: 2, outcome: "delivered" });
  const page = await app.open(t);
  await visit(page, "/log");
  await rows(page).first().waitFor();
  await page.getByRole("navigation", { name: "Lists" }).getByRole("link", { name: "Jobs" }).click();
  await atJobs(page);
  await page.getByRole("columnheader", { name: "Progress" }).waitFor();
  await mark(page);
  const ids = of.filter(({ outcome }) => outcome === "delivered").map(({ id }) => id);
  const { job } = await app.rest("POST", "deliveries/replay", { body: { ids }, status: 202 });
  const listed = (await app.rest("GET", "jobs")).items;
  assert.equal(listed[0].id, job);
  await eventually(async () => (await page.locator("section.card tbody").getByRole("row").count()) === listed.length);
  await jobRow(page, "Replay of one delivery").first().getByText("Done", { exact: true }).waitFor();
  await stayed(page);
});

test("a filter that cannot be read sends nothing", async (t) => {
  const page = await app.open(t);
  await visit(page, "/log/replay?severity=dreadful");
  await page.getByRole("alert").filter({ hasText: "dreadful" }).waitFor();
  assert.equal(await page.getByRole("button", { name: /^Replay/ }).count(), 0);
});
