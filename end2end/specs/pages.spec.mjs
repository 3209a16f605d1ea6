// What holds for every page, with and without JavaScript, in both themes.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fill, pages, pathOf } from "../pages.mjs";
import { axe, hydrated, sideways, startConsole } from "../support.mjs";

let app;
before(async () => {
  app = await startConsole();
  await fill(app);
});
after(() => app?.stop());

for (const entry of pages) {
  for (const js of [true, false]) {
    const half = js ? "with JavaScript" : "without JavaScript";

    test(`${entry.name} ${half}: answers with one heading, fits at every width, axe finds nothing`, async (t) => {
      const page = await app.open(t, { js });
      const answer = await page.goto(await pathOf(app, entry));
      assert.equal(answer.status(), 200);
      if (js) await hydrated(page);
      const headings = await page.locator("h1").allTextContents();
      assert.equal(headings.length, 1, `one h1: ${JSON.stringify(headings)}`);
      if (entry.title) assert.equal(headings[0].trim(), entry.title);
      assert.notEqual(await page.title(), "");
      // without JavaScript the colours are the same: one theme tells
      const wrong = await axe(page, ...(js ? ["light", "dark"] : ["light"]));
      for (const width of [1440, 1024, 390]) {
        await page.setViewportSize({ width, height: 900 });
        wrong.push(...(await sideways(page)).map((line) => `at ${width} px: ${line}`));
      }
      assert.deepEqual(wrong, []);
    });
  }
}
