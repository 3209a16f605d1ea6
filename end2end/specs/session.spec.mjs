// A session that ends while a page is open: it is said once, what is typed stays, and nothing is asked again and again.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { byName, card, makeAlerts, mark, pick, stayed, visit } from "../steps.mjs";
import { eventually, startConsole } from "../support.mjs";

let app;
before(async () => { app = await startConsole(); });
after(() => app?.stop());

const ended = (page) => page.getByRole("alert").filter({ hasText: "Your session ended. Sign in again to continue." });
const rail = (page) => page.getByRole("navigation", { name: "Pages" });
const expected = /401|Unauthorized/;

async function isSaid(page) {
  await ended(page).waitFor();
  assert.equal(await ended(page).getByRole("link", { name: "Sign in" }).getAttribute("href"), "/sign-in");
  assert.equal(await page.locator("button.live").innerText(), "Signed out");
  assert.ok(await rail(page).getByRole("link", { name: "Coverage" }).isVisible(), "the rail stays");
  assert.equal(await page.getByText(/deserializ|unknown variant/).count(), 0);
}

test("a page that follows what happens says it, keeps what it shows, and asks nothing more", async (t) => {
  const page = await app.open(t, { expected });
  await visit(page, "/targets");
  await page.getByRole("link", { name: "edge / alerts" }).waitFor();
  await page.locator("button.live").filter({ hasText: /^Live$/ }).waitFor();
  await page.context().clearCookies();
  await makeAlerts(app);
  await isSaid(page);
  assert.ok(await page.getByRole("link", { name: "edge / alerts" }).isVisible(), "the page stays");
  await page.waitForTimeout(500);
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  for (const _ of [1, 2, 3]) {
    await makeAlerts(app);
    await page.waitForTimeout(800);
  }
  assert.deepEqual(asked, []);

  await rail(page).getByRole("link", { name: /^Exports/ }).click();
  await page.waitForURL("**/exports");
  await isSaid(page);
});

test("what is typed in the export editor stays, and is saved after signing in again", async (t) => {
  const page = await app.open(t, { expected });
  await visit(page, "/exports/new");
  await mark(page);
  const cookies = await page.context().cookies();
  const name = page.getByLabel("Name", { exact: true });
  await name.fill("typed meanwhile");
  await page.context().clearCookies();
  await page.getByLabel("Where the events go").selectOption((await byName(app, "targets", "siem / alerts")).id);
  await pick(card(page, "Alerts"), "Medium");
  await isSaid(page);
  const save = page.getByRole("button", { name: "Save export" });
  await save.click();
  await eventually(async () => (await page.getByRole("alert").filter({ hasText: "Your session ended" }).count()) === 2);
  assert.equal(await name.inputValue(), "typed meanwhile");
  assert.ok(await card(page, "Alerts").getByLabel("Medium", { exact: true }).isChecked());
  await stayed(page);

  await page.context().addCookies(cookies);
  await save.click();
  await page.getByRole("heading", { name: "typed meanwhile", level: 1 }).waitFor();
});

test("a form that is sent without JavaScript leads to signing in", async (t) => {
  const page = await app.open(t, { js: false });
  await page.goto(`/targets/${(await byName(app, "targets", "edge / alerts")).id}`);
  await page.context().clearCookies();
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await page.waitForURL("**/sign-in");
});

// The last one: the session of all of them ends here.
test("signing out in one tab is said in the other", async (t) => {
  const page = await app.open(t, { expected });
  await visit(page, "/targets");
  await page.locator("button.live").filter({ hasText: /^Live$/ }).waitFor();
  const other = await page.context().newPage();
  await visit(other, "/settings");
  await other.getByRole("button", { name: "Sign out" }).click();
  await other.waitForURL("**/sign-in?signed=out");
  await isSaid(page);
});
