// Why was this not exported? Asked from an event and from the box, with and without JavaScript; the fix is followed and it passes.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { byName, makeAlerts, saysWrong, visit } from "../steps.mjs";
import { eventually, startConsole } from "../support.mjs";

let app;
before(async () => { app = await startConsole(); });
after(() => app?.stop());

const observed = async (id) => {
  let found;
  await eventually(async () => { [found] = (await app.rest("GET", `events?q=${id}`)).items; return found; });
  return found;
};

for (const js of [true, false]) {
  test(`${js ? "with" : "without"} JavaScript: a filtered alert says which rule, and the export's page is one step away`, async (t) => {
    const page = await app.open(t, { js });
    const [alert] = await makeAlerts(app, { severity: "Low" });
    await observed(alert);
    await visit(page, "/troubleshoot", js);
    await page.getByLabel(/^Alert id, resource id/).fill(alert);
    const { id } = await byName(app, "exports", "siem-high-alerts");
    await page.locator("#of-export").selectOption(id);
    await page.getByRole("button", { name: "Find out" }).click();
    await page.getByRole("heading", { name: /^Not exported: they do not: /, level: 1 }).waitFor();
    await page.getByText("Do the export's rules let it through?").waitFor();
    await page.getByRole("link", { name: "Open the export" }).click();
    await page.getByRole("heading", { name: "siem-high-alerts", level: 1 }).waitFor();
  });
}

for (const js of [true, false]) {
  test(`${js ? "with" : "without"} JavaScript: what is no id is refused at its field, and stays there`, async (t) => {
    const page = await app.open(t, { js, expected: /422/ });
    await visit(page, "/troubleshoot", js);
    const field = page.getByLabel(/^Alert id, resource id/);
    await field.fill("no such thing");
    const { id } = await byName(app, "exports", "siem-high-alerts");
    await page.locator("#of-export").selectOption(id);
    await page.getByRole("button", { name: "Find out" }).click();
    await page.locator("#item-error").waitFor();
    await saysWrong(field, /id/);
    assert.equal(new URL(page.url()).pathname, "/troubleshoot");
    assert.equal(await field.inputValue(), "no such thing");
    assert.equal(await page.locator("#of-export").inputValue(), id);
  });
}

test("a target that refuses the key is found from the event, mended, and then it passes", async (t) => {
  const page = await app.open(t);
  const [alert] = await makeAlerts(app, { severity: "Medium" });
  const event = await observed(alert);
  await visit(page, `/log/events/${event.id}`);
  await page.getByRole("button", { name: "Why?" }).click();
  await page.getByText("Did the target take it?").first().waitFor();
  await page.getByText(/refuses the key/).first().waitFor();

  const target = await byName(app, "targets", "edge / alerts");
  await visit(page, `/targets/${target.id}`);
  await page.getByLabel("Authorization rule").fill("send");
  await page.getByRole("button", { name: "Take the key from Azure and save" }).click();
  await eventually(async () => (await app.rest("GET", `deliveries?q=${event.id}`)).items.some((row) => row.export_name === "edge-medium-alerts" && row.outcome === "delivered"), 30_000);
  await visit(page, `/log/events/${event.id}`);
  await page.getByRole("button", { name: "Why?" }).click();
  await page.getByText("edge-medium-alerts").first().waitFor();
  await page.getByText("Went the whole way").first().waitFor();
});
