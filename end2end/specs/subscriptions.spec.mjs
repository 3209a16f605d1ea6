// Subscriptions: found by name and group, and what the identity may do in one, with JavaScript and without.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { hydrated, startConsole } from "../support.mjs";

let app;
before(async () => {
  app = await startConsole();
});
after(() => app?.stop());

for (const js of [true, false]) {
  const half = js ? "with JavaScript" : "without JavaScript";

  test(`${half}: down the management groups and back, then by name`, async (t) => {
    const page = await app.open(t, { js });
    await page.goto("/subscriptions");
    if (js) await hydrated(page);
    const rows = page.locator("main table tbody tr");
    const all = (await app.rest("GET", "subscriptions?limit=1000")).items.length;
    await page.getByText(`${all} of ${all} by name`).waitFor();
    const groups = page.getByRole("navigation", { name: "Management groups" });
    const group = groups.locator("a.between").first();
    const [name, count] = await group.locator("span").allTextContents();
    await group.click();
    await page.getByText(`${count} of ${count} that match, of ${all} known`).waitFor();
    assert.equal(await rows.count(), Number(count));
    assert.match(await groups.locator("[aria-current]").textContent(), new RegExp(name));
    const first = await rows.first().locator("a").textContent();
    await page.getByRole("searchbox", { name: "Part of a name or id" }).fill(first);
    await page.getByRole("button", { name: "Search" }).click();
    await page.waitForURL((url) => url.searchParams.get("name") === first && url.searchParams.has("group"));
    await page.getByRole("link", { name: "Clear" }).click();
    await page.getByText(`${all} of ${all} by name`).waitFor();
  });

  test(`${half}: what the identity may do in a subscription that may only be read`, async (t) => {
    const page = await app.open(t, { js });
    const { items } = await app.rest("GET", "subscriptions?q=corporate");
    await page.goto(`/subscriptions/${items[0].id}`);
    if (js) await hydrated(page);
    const card = page.locator("section.card", { hasText: "What the console's identity may do here" });
    const row = (text) => card.locator("tr", { hasText: text });
    assert.match(await row("Microsoft.Security/alerts/read").textContent(), /Yes.*granted by \*\/read/);
    assert.match(await row("Microsoft.Security/automations/write").textContent(), /No.*no role names it/);
  });
}
