// Shares: made on a page, opened by somebody without an account and without JavaScript, and taken back.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { makeAlerts, visit } from "../steps.mjs";
import { axe, eventually, sideways, startConsole } from "../support.mjs";

let app;
before(async () => { app = await startConsole(); });
after(() => app?.stop());

/** A diagnosis of a fresh alert: the address of its page. */
async function diagnosed(severity = "High") {
  const [alert] = await makeAlerts(app, { severity });
  await eventually(async () => (await app.rest("GET", `events?q=${alert}`)).items.length);
  const { id } = await app.rest("POST", "diagnoses", { body: { item: alert } });
  return { alert, id, path: `/diagnoses/${id}` };
}

for (const js of [true, false]) {
  test(`${js ? "with" : "without"} JavaScript: a diagnosis is shared, opened without an account, and revoked`, async (t) => {
    const page = await app.open(t, { js, expected: /403|404/ });
    const { alert, path } = await diagnosed();
    await visit(page, path, js);
    await page.getByRole("link", { name: "Share", exact: true }).click();
    await page.getByRole("heading", { name: "Share this diagnosis", level: 1 }).waitFor();
    // What will be in it is shown first, redacted.
    await page.getByText("Ids are hashes that only agree within this share").waitFor();
    const preview = page.getByRole("region", { name: "What will be in it" });
    assert.ok(!(await preview.innerText()).includes(alert), "the alert's id is replaced");
    await page.getByRole("link", { name: "Show it with names and ids" }).click();
    await page.getByRole("heading", { name: "Not redacted" }).waitFor();
    await page.getByRole("link", { name: "Redact it" }).click();
    await page.getByRole("heading", { name: "Redacted", exact: true }).waitFor();

    await page.getByLabel("Good for").selectOption("1d");
    await page.getByLabel(/^Passphrase/).fill("correct horse");
    await page.getByRole("button", { name: "Make a link" }).click();
    await page.getByRole("heading", { name: "The link is made. Copy it now" }).waitFor();
    const url = (await page.getByRole("region", { name: "link" }).innerText()).trim();
    assert.match(url, /\/s\/[\w-]{43}$/);
    await page.goto("/shares/made");
    await page.getByRole("heading", { name: "A link is shown once" }).waitFor();

    const stranger = await app.open(t, { js: false, signIn: false, expected: /403|404/ });
    await stranger.goto(url);
    await stranger.getByLabel("Passphrase").fill("not this one");
    await stranger.getByRole("button", { name: "Show it" }).click();
    await stranger.getByText("That is not the passphrase.").waitFor();
    await stranger.getByLabel("Passphrase").fill("correct horse");
    await stranger.getByRole("button", { name: "Show it" }).click();
    await stranger.getByRole("heading", { name: /^Diagnosis: Alert /, level: 1 }).waitFor();
    assert.ok(!(await stranger.content()).includes(alert));
    assert.deepEqual(await stranger.context().cookies(), [], "no cookie is set");
    for (const width of [1440, 390]) {
      await stranger.setViewportSize({ width, height: 900 });
      assert.deepEqual(await sideways(stranger), [], `${width} px`);
    }

    await visit(page, "/shares", js);
    const row = page.getByRole("row").filter({ hasText: "asks for a passphrase" }).filter({ hasText: "Open" }).first();
    await row.getByText("Revoke", { exact: true }).click();
    await row.getByRole("button", { name: "Revoke it" }).click();
    await page.getByText("Revoked").first().waitFor();
    await eventually(async () => (await stranger.goto(url)).status() === 404);
    await stranger.getByRole("heading", { name: "There is no such share" }).waitFor();
    const { items } = await app.rest("GET", "audit");
    const actions = items.map((item) => item.action);
    for (const action of ["share.made", "share.viewed", "share.refused", "share.revoked"]) {
      assert.ok(actions.includes(action), `${action} among ${actions}`);
    }
    assert.ok(!app.log().includes(url.split("/s/")[1]), "the log holds no token");
  });
}

test("a downloaded file asks for nothing and runs nothing", async (t) => {
  const page = await app.open(t);
  const { path } = await diagnosed("Medium");
  await visit(page, path);
  await page.getByRole("link", { name: "Share", exact: true }).click();
  const waiting = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download as one file" }).click();
  const file = await (await waiting).path();
  const text = readFileSync(file, "utf8");
  assert.ok(!/<script|https?:\/\/(?!learn\.microsoft\.com)/.test(text), "nothing in it leads elsewhere");
  const alone = await app.open(t, { signIn: false });
  const requests = [];
  alone.on("request", (request) => requests.push(request.url()));
  await alone.setContent(text);
  await alone.getByRole("heading", { level: 1 }).waitFor();
  assert.deepEqual(await axe(alone, "light", "dark"), []);
  assert.deepEqual(requests.filter((url) => !url.startsWith("about:") && !url.startsWith("data:")), []);
});

test("the support bundle is one redacted file", async (t) => {
  const page = await app.open(t);
  await visit(page, "/shares");
  const card = page.locator("section.card").filter({ has: page.getByRole("heading", { name: "Support bundle" }) });
  const waiting = page.waitForEvent("download");
  await card.getByRole("button", { name: "JSON" }).click();
  const bundle = JSON.parse(readFileSync(await (await waiting).path(), "utf8"));
  assert.equal(bundle.kind, "support");
  const { items } = await app.rest("GET", "subscriptions");
  const text = JSON.stringify(bundle);
  for (const { id, name } of items) assert.ok(!text.includes(id) && !text.includes(name), `${name} is replaced`);
});
