// Ways of editing a filter: none of them is a dead end.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { visit } from "../steps.mjs";
import { startConsole } from "../support.mjs";

let app;
before(async () => { app = await startConsole(); });
after(() => app?.stop());

test("an operator that does not fit the type stays chosen, and the filter can still be read", async (t) => {
  const page = await app.open(t);
  await visit(page, "/exports/new");
  await page.locator("#Alerts-rules").click();
  const operator = page.locator("#Alerts-0-0-operator");
  await operator.selectOption("Contains");
  const type = page.locator("#Alerts-0-0-of");
  await type.selectOption("Integer");
  await page.locator(".ruleset [data-lint]").first().waitFor();
  assert.equal(await page.getByText("The rules cannot be read").count(), 0);
  await page.locator("#Alerts-0-add").click();
  await page.locator("#Alerts-0-1-path").waitFor();
  assert.equal(await operator.inputValue(), "Contains");
  await page.locator("#Alerts-text").click();
  const [{ rules: [first] }] = JSON.parse(await page.locator("#Alerts-json").inputValue());
  assert.deepEqual([first.operator, first.propertyType], ["Contains", "Integer"]);
});

for (const js of [true, false]) {
  test(`JSON that cannot be read says so when it should become rules, and stays, ${js ? "with" : "without"} JavaScript`, async (t) => {
    const page = await app.open(t, { js });
    await visit(page, "/exports/new", js);
    await page.locator("#Alerts-text").click();
    const json = page.locator("#Alerts-json");
    await json.fill("[{");
    await page.locator("#Alerts-rules").click();
    await page.getByText(/Can't switch to Rules because the JSON is invalid: .*\. Correct the JSON, then switch again\./).first().waitFor();
    assert.equal(await json.inputValue(), "[{");
    await json.fill("[]");
    await page.locator("#Alerts-rules").click();
    await page.locator("#Alerts-add-set").waitFor();
  });
}
