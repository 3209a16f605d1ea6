// Going about by keys: the command palette, the list of keys; and what narrow screens have instead of a rail.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { byName, mark, stayed, visit } from "../steps.mjs";
import { axe, eventually, startConsole } from "../support.mjs";

let app;
before(async () => { app = await startConsole(); });
after(() => app?.stop());

const palette = (page) => page.getByRole("dialog", { name: "Go to" });
const box = (page) => palette(page).getByRole("combobox");
const places = (page) => palette(page).getByRole("option");
const chosen = (page) => palette(page).getByRole("option", { selected: true });
const h1 = (page) => page.getByRole("heading", { level: 1 });

test("Ctrl K, a few letters and Enter go to a target, a question and a page", async (t) => {
  const page = await app.open(t);
  await visit(page, "/");
  await mark(page);
  await page.keyboard.press("Control+k");
  await places(page).filter({ hasText: "Overview" }).waitFor();
  assert.equal(await box(page).evaluate((it) => it === document.activeElement), true, "the box has the focus");
  assert.deepEqual(await axe(page, "light", "dark"), []);

  await page.keyboard.type("siem al");
  await eventually(async () => /siem \/ alerts/.test(await chosen(page).innerText()));
  assert.equal(await box(page).getAttribute("aria-activedescendant"), await chosen(page).getAttribute("id"));
  await page.keyboard.press("Enter");
  const { id } = await byName(app, "targets", "siem / alerts");
  await page.waitForURL(`**/targets/${id}`);
  await palette(page).waitFor({ state: "hidden" });

  await page.keyboard.press("Control+k");
  assert.equal(await box(page).inputValue(), "", "what was typed before is gone");
  await page.keyboard.type("management group");
  await eventually(async () => /whole management group/.test(await chosen(page).innerText()));
  await page.keyboard.press("Enter");
  await page.waitForURL("**/troubleshoot/management-groups");

  await page.keyboard.press("Control+k");
  await page.keyboard.type("settings");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/settings");
  await page.goBack();
  await page.waitForURL("**/troubleshoot/management-groups");

  await page.keyboard.press("Control+k");
  await places(page).filter({ hasText: "Overview" }).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowUp");
  assert.match(await chosen(page).innerText(), /^Subscriptions/);
  await page.keyboard.press("Escape");
  await palette(page).waitFor({ state: "hidden" });
  assert.match(page.url(), /management-groups$/, "Escape goes nowhere");
  await stayed(page);
});

test("an id leads to its event and to why it was not exported; what is called by nothing says so", async (t) => {
  const page = await app.open(t);
  await visit(page, "/exports");
  await page.getByRole("button", { name: "Go to" }).click();
  await box(page).fill("2517-8e1d-0c44");
  await places(page).filter({ hasText: "Why was this not exported?" }).click();
  await page.waitForURL("**/troubleshoot?item=2517-8e1d-0c44");
  await eventually(async () => (await page.locator("#item").inputValue()) === "2517-8e1d-0c44");

  await page.keyboard.press("Control+k");
  await box(page).fill("zzz qqq");
  await palette(page).getByText("Nothing has this in its name").waitFor();
  const [one] = (await app.rest("GET", "subscriptions")).items;
  await box(page).fill(one.id.toUpperCase());
  await places(page).filter({ hasText: one.name }).click();
  await page.waitForURL(`**/subscriptions/${one.id}`);
});

test("? lists the keys, and a key that is typed into a field is a letter", async (t) => {
  const page = await app.open(t);
  await visit(page, "/");
  const sheet = page.getByRole("dialog", { name: "Keys" });
  await page.keyboard.press("?");
  await sheet.getByText("Look for one event").waitFor();
  assert.deepEqual(await axe(page, "light", "dark"), []);
  await sheet.getByRole("button", { name: "Close" }).click();
  await sheet.waitFor({ state: "hidden" });
  await page.keyboard.press("/");
  await page.keyboard.type("a?b");
  assert.equal(await page.locator("#q").inputValue(), "a?b");
  assert.ok(!(await sheet.isVisible()));
});

for (const js of [true, false]) {
  test(`on a narrow screen the pages are behind a menu ${js ? "with" : "without"} JavaScript`, async (t) => {
    const page = await app.open(t, { js, width: 390 });
    await visit(page, "/", js);
    const link = page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Coverage" });
    assert.ok(!(await link.isVisible()));
    const top = (await h1(page).boundingBox()).y;
    assert.ok(top < 260, `the page begins at ${top} px`);
    await page.getByText("Menu", { exact: true }).click();
    await link.click();
    await page.waitForURL("**/coverage");
    await link.waitFor({ state: "hidden" });
  });
}

test("the theme that is chosen is marked, and kept", async (t) => {
  const page = await app.open(t);
  await visit(page, "/settings");
  const theme = (name) => page.getByRole("group", { name: "Theme" }).getByRole("button", { name });
  const pressed = async (name) => (await theme(name).getAttribute("aria-pressed")) === "true";
  assert.ok(await pressed("As the system"));
  await theme("Dark").click();
  await eventually(() => pressed("Dark"));
  await visit(page, "/settings");
  await eventually(() => pressed("Dark"));
  assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
  await theme("As the system").click();
  await eventually(() => pressed("As the system"));
  assert.equal(await page.locator("html").getAttribute("data-theme"), null);
});

test("the first link of a page leads past the rail: the focus goes along", async (t) => {
  const page = await app.open(t);
  await visit(page, "/subscriptions");
  await mark(page);
  const focused = (what) => page.evaluate(what);
  await page.keyboard.press("Tab");
  assert.match(await focused("document.activeElement.className"), /skip-link/);
  await page.keyboard.press("Enter");
  await eventually(() => focused("document.activeElement.id === 'page'"));
  await page.keyboard.press("Tab");
  assert.ok(await focused("document.activeElement.closest('main') !== null && document.activeElement.id !== 'page'"));
  await stayed(page);
});
