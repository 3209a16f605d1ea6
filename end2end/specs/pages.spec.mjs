// What holds for every page, with and without JavaScript, in both themes.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { fill, pages, pathOf } from "../pages.mjs";
import { hydrated, sideways, startConsole } from "../support.mjs";

let app;
before(async () => {
  app = await startConsole();
  await fill(app);
});
after(() => app?.stop());

for (const entry of pages) {
  describe(entry.name, () => {
    for (const js of [true, false]) {
      const half = js ? "with JavaScript" : "without JavaScript";

      test(`${half}: answers, has one heading, nothing goes wrong, nothing scrolls sideways at 390 px`, async (t) => {
        const page = await app.open(t, { js });
        const answer = await page.goto(await pathOf(app, entry));
        assert.equal(answer.status(), 200);
        if (js) await hydrated(page);
        const headings = await page.locator("h1").allTextContents();
        assert.equal(headings.length, 1, `one h1: ${JSON.stringify(headings)}`);
        if (entry.title) assert.equal(headings[0].trim(), entry.title);
        assert.notEqual(await page.title(), "");
        for (const width of [1440, 1024, 390]) {
          await page.setViewportSize({ width, height: 900 });
          assert.deepEqual(await sideways(page), [], `at ${width} px`);
        }
      });

      test(`${half}: axe finds nothing, light or dark`, async (t) => {
        assert.deepEqual(await app.axe(t, await pathOf(app, entry), { js }), []);
      });
    }
  });
}
