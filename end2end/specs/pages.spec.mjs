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

    test(`${entry.name} ${half}: answers with one heading, fits at every width${js ? ", axe finds nothing" : ""}`, async (t) => {
      const page = await app.open(t, { js });
      const answer = await page.goto(await pathOf(app, entry));
      assert.equal(answer.status(), 200);
      if (js && !entry.still) await hydrated(page);
      const headings = await page.locator("h1").allTextContents();
      assert.equal(headings.length, 1, `one h1: ${JSON.stringify(headings)}`);
      if (entry.title) assert.equal(headings[0].trim(), entry.title);
      assert.notEqual(await page.title(), "");
      const wrong = js ? await axe(page, "light", "dark") : [];
      for (const width of [1440, 1024, 390]) {
        await page.setViewportSize({ width, height: 900 });
        wrong.push(...(await sideways(page)).map((line) => `at ${width} px: ${line}`));
      }
      assert.deepEqual(wrong, []);
    });
  }

  test(`${entry.name} as the server sent it: axe finds nothing`, async (t) => {
    const page = await app.open(t, { hydrate: false, expected: /ERR_FAILED|Failed to fetch dynamically imported module/ });
    await page.goto(await pathOf(app, entry));
    // its colours are those of the page that has come to life: one theme tells
    assert.deepEqual(await axe(page, "light"), []);
  });
}
