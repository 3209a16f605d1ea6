// Menus that open below a button: what they hold can be read, they close as people expect, and they open inside the window.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { makeAlerts, makeExport, visit } from "../steps.mjs";
import { axe, eventually, startConsole } from "../support.mjs";

let app;
const menus = [];
before(async () => {
  app = await startConsole();
  const [alert] = await makeAlerts(app);
  const event = await eventually(async () => (await app.rest("GET", `events?q=${alert}`)).items[0]);
  await app.rest("POST", "shares", { body: { event: event.id } });
  const config = { kind: "event_hub", namespace: "x.servicebus.windows.net", hub: "x", sign_in: "key", key_name: "send" };
  const secret = Buffer.alloc(32).toString("base64");
  const target = await app.rest("POST", "targets", { body: { name: "unused", config, secret } });
  const made = await makeExport(app, "to delete");
  menus.push(
    { path: "/shares", button: "Revoke", confirm: "Revoke it" },
    { path: `/exports/${made.id}`, button: "Delete", confirm: "Delete it" },
    { path: `/targets/${target.id}`, button: "Delete target", confirm: "Delete it" },
  );
});
after(() => app?.stop());

for (const at of [0, 1, 2]) {
  test(`what cannot be undone can be read before it is confirmed, ${["a share", "an export", "a target"][at]}`, async (t) => {
    const { path, button, confirm } = menus[at];
    const page = await app.open(t);
    await visit(page, path);
    const summary = page.locator("summary").filter({ hasText: new RegExp(`^${button}$`) });
    const confirmed = page.getByRole("button", { name: confirm, exact: true });
    await summary.click();
    const all = await confirmed.locator("xpath=ancestor::details/*[last()]").elementHandle();
    await eventually(async () => { const { y, height } = await all.boundingBox(); return y >= 0 && y + height <= 900; });
    assert.deepEqual(await axe(page, "light", "dark"), []);

    await page.keyboard.press("Escape");
    await confirmed.waitFor({ state: "hidden" });
    assert.ok(await summary.evaluate((element) => element === document.activeElement), "the focus is on its button");
    await summary.click();
    await confirmed.waitFor();
    await page.getByRole("heading", { level: 1 }).click();
    await confirmed.waitFor({ state: "hidden" });
  });
}
