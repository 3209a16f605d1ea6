// What several specs do: find things on pages, make alerts, ask the practice Azure.
import assert from "node:assert/strict";
import { eventually, hydrated } from "./support.mjs";

/** Goes to a page and, with JavaScript, waits until it has come to life. */
export async function visit(page, path, js = true) {
  const answer = await page.goto(path);
  if (js) await hydrated(page);
  return answer;
}

/** The card under this heading. */
export const card = (page, heading) =>
  page.locator("section.card").filter({ has: page.getByRole("heading", { name: heading, exact: true }) });

/** The tick box or radio button with this label. */
export const choice = (within, label) => within.getByLabel(label, { exact: true });

/** Clicks the label of a tick box or radio button, as a person does. */
export const pick = (within, label) => within.locator("label").filter({ hasText: new RegExp(`^${label}$`) }).click();

/** The numbers of the preview: `{ match, rest }`. */
export async function previewed(page) {
  const text = await page.getByRole("complementary", { name: "Preview" }).innerText();
  const number = (pattern) => Number((pattern.exec(text)?.[1] ?? "NaN").replace(/\D/g, ""));
  return { match: number(/([\d., \u00a0\u202f]+)\s*\n?\s*match/), rest: number(/([\d., \u00a0\u202f]+)\s*\n?\s*no match/) };
}

/** The rows of the log's list. */
export const rows = (page) => page.locator("div.log section.card tbody").getByRole("row");

/** Where the links of the rows lead, without their filters. */
export async function rowIds(page) {
  const links = await rows(page).getByRole("link").evaluateAll((all) => all.map((link) => link.getAttribute("href")));
  return links.map((link) => link.split("?")[0].split("/").pop());
}

/** Makes alerts at the practice Azure; their system alert ids. */
export async function makeAlerts(app, order) {
  const { ids } = await app.practice.post("alerts", { count: 1, ...order });
  return ids;
}

/** The deliveries of an alert, once there are as many as wanted and all have one of these outcomes. */
export async function deliveriesOf(app, alertId, { count = 1, outcome } = {}) {
  return eventually(async () => {
    const { items } = await app.rest("GET", `deliveries?q=${alertId}`);
    return items.length >= count && (!outcome || items.every((item) => [outcome, "filtered"].includes(item.outcome))) && items;
  });
}

export async function byName(app, list, name) {
  const { items } = await app.rest("GET", list);
  const found = items.find((item) => item.name === name);
  assert.ok(found, `${name} among ${list}: ${items.map((item) => item.name)}`);
  return found;
}

/** Saves an export through REST: High alerts to `siem / alerts` unless told otherwise. */
export async function makeExport(app, name, { rules, target = "siem / alerts", ...more } = {}) {
  const high = { propertyJPath: "Severity", propertyType: "String", operator: "Equals", expectedValue: "High" };
  return app.rest("POST", "exports?confirm=true", {
    body: {
      name,
      delivered_by: "console",
      scope: { all: true, future: true },
      sources: [{ event_source: "Alerts", changes: "created", rule_sets: [{ rules: rules ?? [high] }] }],
      target: (await byName(app, "targets", target)).id,
      ...more,
    },
  });
}

/** What an event hub received, as `{ sequence, body, … }`. */
export async function received(app, resourceOrNamespace, hub) {
  const { items } = await app.practice.get(`event-hubs/${resourceOrNamespace.split(".")[0]}/${hub}/messages?limit=10000`);
  return items;
}

/** Asks the practice Azure's own API with a token of the console's app registration. */
export async function azure(app, method, path) {
  const { tenant_id, client_id, client_secret } = await app.practice.get("starter");
  const form = { grant_type: "client_credentials", client_id, client_secret, scope: "https://management.azure.com/.default" };
  const token = await fetch(new URL(`/${tenant_id}/oauth2/v2.0/token`, app.practice.url), {
    method: "POST",
    body: new URLSearchParams(form),
  });
  assert.equal(token.status, 200, "a token of the practice Azure");
  const { access_token } = await token.json();
  const answer = await fetch(new URL(path, app.practice.url), { method, headers: { authorization: `Bearer ${access_token}` } });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
  return JSON.parse(text);
}

/** Asserts that a form field is marked wrong and says this. */
export async function saysWrong(field, message) {
  assert.equal(await field.getAttribute("aria-invalid"), "true", "the field is marked");
  const ids = (await field.getAttribute("aria-describedby")).split(" ");
  const texts = await Promise.all(ids.map((id) => field.page().locator(`[id="${id}"]`).innerText()));
  assert.match(texts.join(" "), message);
}

/** Marks the page, so that `stayed` can tell whether it was loaded anew. */
export const mark = (page) => page.evaluate(() => { globalThis.mark = true; });
export const stayed = async (page) =>
  assert.equal(await page.evaluate(() => globalThis.mark), true, "the page was not loaded anew");
