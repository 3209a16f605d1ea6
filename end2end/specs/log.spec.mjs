// The delivery log: filters, pages, search, the panel, holding still, and texts of attackers.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { azure, byName, deliveriesOf, makeAlerts, mark, rowIds, rows, stayed, visit } from "../steps.mjs";
import { eventually, startConsole } from "../support.mjs";

let app;
let high;
before(async () => {
  app = await startConsole();
  // enough for three pages: every alert is decided by two exports
  await makeAlerts(app, { count: 55, severity: "High" });
  await makeAlerts(app, { count: 10, severity: "Low" });
  high = await byName(app, "exports", "siem-high-alerts");
  await eventually(async () => (await app.rest("GET", "overview")).seen >= 130);
});
after(() => app?.stop());

const query = (page) => Object.fromEntries(new URL(page.url()).searchParams);
const listed = (page, n) => eventually(async () => (await rows(page).count()) === n);

for (const js of [true, false]) {
  describe(js ? "with JavaScript" : "without JavaScript", () => {
    test("filters are in the address, and their chips take them off one by one", async (t) => {
      const page = await app.open(t, { js });
      await visit(page, "/log", js);
      await page.getByText("+ filter").click();
      await page.getByLabel("Export", { exact: true }).selectOption(high.id);
      await page.getByLabel("Outcome", { exact: true }).selectOption("filtered");
      await page.getByLabel("Severity", { exact: true }).selectOption("low");
      await page.getByRole("button", { name: "Filter", exact: true }).click();
      await listed(page, 10);
      const { export: of, outcome, severity } = query(page);
      assert.deepEqual([of, outcome, severity], [high.id, "filtered", "low"]);
      const chip = (field) => page.getByRole("link", { name: `Take the filter ${field} off` });
      assert.equal(await page.locator(".chip").filter({ has: chip("export") }).getByText("siem-high-alerts").count(), 1);

      await chip("outcome").click();
      await eventually(() => !query(page).outcome);
      await chip("outcome").waitFor({ state: "detached" });
      await listed(page, 10);
      await chip("severity").click();
      await chip("severity").waitFor({ state: "detached" });
      assert.deepEqual([query(page).export, query(page).severity], [high.id, undefined]);
      await listed(page, 50);
      await chip("export").click();
      await chip("export").waitFor({ state: "detached" });
      assert.equal(query(page).export, undefined);
    });

    test("pages go older and newer without gaps or repeats while new alerts arrive", async (t) => {
      const page = await app.open(t, { js });
      await visit(page, "/log", js);
      await listed(page, 50);
      const first = await rowIds(page);
      await page.getByRole("link", { name: "Older" }).click();
      await eventually(async () => { const ids = await rowIds(page); return ids.length === 50 && ids[0] !== first[0]; });
      const second = await rowIds(page);

      const [alert] = await makeAlerts(app, { count: 2, severity: "Medium" });
      await deliveriesOf(app, alert, { count: 2 });
      if (js) await page.waitForTimeout(700);
      else await page.reload();
      assert.deepEqual(await rowIds(page), second, "the page stays what it is");

      await page.getByRole("link", { name: "Older" }).click();
      await eventually(async () => (await rowIds(page))[0] !== second[0]);
      const third = await rowIds(page);
      const all = (await app.rest("GET", "deliveries?limit=1000")).items.map(({ id }) => id);
      const seen = [...first, ...second, ...third];
      const start = all.indexOf(first[0]);
      assert.deepEqual(seen, all.slice(start, start + seen.length));

      await page.getByRole("link", { name: "Newer" }).click();
      await eventually(async () => (await rowIds(page))[0] !== third[0]);
      assert.deepEqual(await rowIds(page), second);
      await page.getByRole("link", { name: "Newest" }).click();
      await eventually(async () => (await rowIds(page))[0] === all[0]);
      assert.equal(query(page).cursor, undefined);
    });

    test("an alert id, a whole portal link and a resource id are found from the search box", async (t) => {
      const [alert] = await makeAlerts(app, { severity: "High" });
      const [delivery] = await deliveriesOf(app, alert, { count: 2 });
      const { body } = await app.rest("GET", `deliveries/${delivery.id}`);
      assert.match(body.AlertUri, /^https:\/\/portal\.azure\.com\/#.*alertId/);
      const page = await app.open(t, { js });
      await visit(page, "/", js);
      for (const text of [alert, body.AlertUri, delivery.resource]) {
        await page.getByLabel("Find an alert id, resource id or portal link").fill(text);
        await page.keyboard.press("Enter");
        await eventually(() => query(page).q === text);
        await page.getByRole("heading", { name: "Delivery log", level: 1 }).waitFor();
        const { items } = await app.rest("GET", `deliveries?q=${encodeURIComponent(text)}`);
        assert.ok(items.length >= 2);
        await listed(page, items.length);
        assert.deepEqual(await rowIds(page), items.map(({ id }) => id));
      }
    });

    test("an id that is unknown says that it must be whole, and leads to the events", async (t) => {
      const page = await app.open(t, { js });
      await visit(page, "/log?q=251892", js);
      await page.getByText("Nothing here has this id").waitFor();
      await page.getByRole("link", { name: "Search the events" }).click();
      await eventually(() => query(page).tab === "events");
      assert.equal(query(page).q, "251892");
      await page.getByText("Nothing here has this id").waitFor();
    });

    test("a panel's address opens it directly; closing it keeps the filters", async (t) => {
      const { items: [delivery] } = await app.rest("GET", `deliveries?export=${high.id}&outcome=delivered`);
      const page = await app.open(t, { js });
      const answer = await visit(page, `/log/deliveries/${delivery.id}?export=${high.id}&outcome=delivered`, js);
      assert.equal(answer.status(), 200);
      const panel = page.getByRole("complementary", { name: "Delivery" });
      await panel.getByRole("heading", { name: delivery.title }).waitFor();
      await panel.getByRole("link", { name: "Close the panel" }).click();
      await panel.waitFor({ state: "detached" });
      assert.equal(new URL(page.url()).pathname, "/log");
      assert.deepEqual([query(page).export, query(page).outcome], [high.id, "delivered"]);
      await rows(page).first().getByRole("link").click();
      await panel.waitFor();
      assert.match(new URL(page.url()).pathname, /^\/log\/deliveries\//);
      assert.deepEqual([query(page).export, query(page).outcome], [high.id, "delivered"], "opening keeps them too");
    });

    test("opening and closing a panel on an older page stays on that page", async (t) => {
      const page = await app.open(t, { js });
      await visit(page, "/log", js);
      const first = await rowIds(page);
      await page.getByRole("link", { name: "Older" }).click();
      await eventually(async () => (await rowIds(page))[0] !== first[0]);
      const second = await rowIds(page);
      await rows(page).nth(2).getByRole("link").click();
      const panel = page.getByRole("complementary", { name: "Delivery" });
      await panel.getByRole("heading", { level: 2 }).waitFor();
      await listed(page, 50);
      assert.deepEqual(await rowIds(page), second);
      await panel.getByRole("link", { name: "Close the panel" }).click();
      await panel.waitFor({ state: "detached" });
      await listed(page, 50);
      assert.equal((await rowIds(page))[0], second[0], "the list is where it was");
    });

    test("the tab Events shows the baseline, seen by no export", async (t) => {
      const page = await app.open(t, { js });
      await visit(page, "/log", js);
      await page.getByRole("navigation", { name: "Lists" }).getByRole("link", { name: "Events" }).click();
      await eventually(() => query(page).tab === "events");
      await page.getByText("+ filter").click();
      await page.getByLabel("Change", { exact: true }).selectOption("baseline");
      await page.getByRole("button", { name: "Filter", exact: true }).click();
      await eventually(() => query(page).change === "baseline");
      await listed(page, 50);
      for (const text of await rows(page).allInnerTexts()) assert.match(text, /Baseline[^]*seen by no export/);
      await rows(page).first().getByRole("link").click();
      const panel = page.getByRole("complementary", { name: "Event" });
      await panel.getByText(/part of the baseline, which no export sees/).waitFor();
    });
  });
}

test("while held still, the page does not change and says how many updates wait; let go, it catches up", async (t) => {
  const page = await app.open(t);
  await visit(page, "/log");
  await page.getByRole("button", { name: "Live", exact: true }).click();
  await page.getByRole("button", { name: /^Paused/ }).waitFor();
  await mark(page);
  const before = await rowIds(page);
  const [alert] = await makeAlerts(app, { severity: "High" });
  await deliveriesOf(app, alert, { count: 2, outcome: "delivered" });
  const waiting = page.getByRole("button", { name: /^Paused · (1 update waits|\d+ updates wait)$/ });
  await waiting.waitFor();
  assert.equal(await waiting.getAttribute("aria-pressed"), "true");
  assert.deepEqual(await rowIds(page), before);
  await waiting.click();
  await page.getByRole("button", { name: "Live", exact: true }).waitFor();
  await eventually(async () => (await rowIds(page))[0] !== before[0]);
  await stayed(page);
});

test("what an attacker writes into an alert is shown as text and runs nothing", async (t) => {
  const title = "<script>globalThis.ran = 'title'</script><img src=x onerror=\"globalThis.ran='title'\">";
  const text = "</script><img src=x onerror=\"globalThis.ran='text'\"><svg onload=\"globalThis.ran='svg'\">";
  const [ordered] = (await app.practice.post("alerts", { count: 1, severity: "High" })).items;
  const alert = await azure(app, "GET", `${ordered.id}?api-version=2022-01-01`);
  const name = alert.name.replace(/.{6}$/, "beefed");
  const hostile = structuredClone(alert);
  hostile.id = alert.id.replace(alert.name, name);
  hostile.name = name;
  Object.assign(hostile.properties, {
    systemAlertId: name, alertDisplayName: title, description: text, compromisedEntity: text, productName: text,
    extendedProperties: { ...hostile.properties.extendedProperties, [text]: text },
  });
  const taken = await app.practice.post("import", [{ value: [hostile] }]);
  assert.equal(taken.imported, 1);
  const [delivery] = await deliveriesOf(app, name, { count: 2, outcome: "delivered" });
  assert.equal(delivery.title, title);

  const clean = async (page) => {
    assert.equal(await page.evaluate(() => globalThis.ran), undefined, "nothing ran");
    assert.equal(await page.locator("main img, main script, main svg[onload]").count(), 0, "no element was made of it");
  };
  for (const js of [true, false]) {
    const page = await app.open(t, { js });
    page.on("dialog", (dialog) => assert.fail(dialog.message()));
    for (const path of [
      "/log", `/log/deliveries/${delivery.id}`, `/log/events/${delivery.event}`, `/log?q=${name}`,
      `/log?q=${encodeURIComponent(title)}`, `/subscriptions/${delivery.subscription}`, "/exports/new",
    ]) {
      await visit(page, path, js);
      if (path !== "/exports/new" && !path.includes("%3C")) await page.getByText(title).first().waitFor();
      if (js) await clean(page);
      else assert.equal(await page.locator("main img, main script").count(), 0);
    }
  }
  const live = await app.open(t);
  await visit(live, "/log");
  await rows(live).filter({ hasText: title }).first().getByRole("link").click();
  const panel = live.getByRole("complementary", { name: "Delivery" });
  await panel.getByRole("heading", { name: title }).waitFor();
  const shown = JSON.parse(await panel.getByRole("region", { name: "The event as it is sent" }).textContent());
  assert.equal(shown.AlertDisplayName, title);
  await clean(live);
});

test("markup in a filter is text too", async (t) => {
  const page = await app.open(t);
  const evil = "\"><img src=x onerror=globalThis.ran=1>";
  await visit(page, `/log?severity=${encodeURIComponent(evil)}&q=${encodeURIComponent(evil)}`);
  await page.getByText(/The filter severity is left out/).waitFor();
  assert.equal(await page.evaluate(() => globalThis.ran), undefined);
  assert.equal(await page.locator("main img").count(), 0);
});

describe("what is not there", () => {
  const uuid = "01a202d1-0000-7000-8000-000000000000";
  const paths = [
    `/log/deliveries/${"0".repeat(32)}_${uuid}`, "/log/deliveries/nothing", `/log/events/${"0".repeat(32)}`, "/log/events/nothing",
    `/exports/${uuid}`, "/exports/nothing", `/targets/${uuid}`, `/subscriptions/${uuid}`,
  ];
  for (const js of [true, false]) {
    test(`says not found with status 404, ${js ? "with" : "without"} JavaScript`, async (t) => {
      const page = await app.open(t, { js, expected: /console error:.*status of 404/ });
      for (const path of paths) {
        const answer = await visit(page, path, js);
        assert.equal(answer.status(), 404, path);
        await page.getByRole("alert").filter({ hasText: "Not found" }).first().waitFor();
      }
    });
  }

  test("an address that leads nowhere says so with status 404", async (t) => {
    const page = await app.open(t, { expected: /console error:.*status of 404/ });
    const answer = await visit(page, "/nowhere");
    assert.equal(answer.status(), 404);
    await page.getByRole("heading", { name: "There is no such page", level: 1 }).waitFor();
  });
});

test("a row opened by key takes the focus along, Escape brings it back, and / goes to the search", async (t) => {
  const page = await app.open(t);
  await visit(page, "/log", true);
  const focused = () => page.evaluate(() => {
    const one = document.activeElement;
    return one.getAttribute("aria-label") ?? one.getAttribute("href") ?? one.id;
  });
  const row = page.locator("a.rowlink").first();
  const href = await row.getAttribute("href");
  await row.focus();
  await page.keyboard.press("Enter");
  const panel = page.getByRole("complementary", { name: "Delivery" });
  await panel.waitFor();
  await eventually(async () => (await focused()) === "Close the panel");
  await page.keyboard.press("Escape");
  await panel.waitFor({ state: "detached" });
  await eventually(async () => (await focused()) === href);
  await page.keyboard.press("/");
  await eventually(async () => (await focused()) === "q");
  await page.keyboard.type("/");
  assert.equal(await page.locator("#q").inputValue(), "/", "where somebody types, a key is a letter");
});
