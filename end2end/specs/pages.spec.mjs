// What holds for every page, with and without JavaScript, in both themes.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { pages } from "../pages.mjs";
import { hydrated, sideways, startConsole } from "../support.mjs";

let app;
before(async () => { app = await startConsole(); });
after(() => app?.stop());

for (const { name, path, title } of pages) {
  describe(`${name} (${path})`, () => {
    for (const js of [true, false]) {
      const half = js ? "with JavaScript" : "without JavaScript";

      test(`${half}: answers, has one heading, nothing goes wrong`, async (t) => {
        const page = await app.open(t, { js });
        const answer = await page.goto(path);
        assert.equal(answer.status(), 200);
        if (js) await hydrated(page);
        const headings = await page.locator("h1").allTextContents();
        assert.equal(headings.length, 1, `one h1: ${JSON.stringify(headings)}`);
        if (title) assert.equal(headings[0].trim(), title);
        assert.notEqual(await page.title(), "");
      });

      test(`${half}: nothing scrolls sideways at 390 px`, async (t) => {
        const page = await app.open(t, { js, width: 390 });
        await page.goto(path);
        if (js) await hydrated(page);
        assert.deepEqual(await sideways(page), []);
      });

      for (const theme of ["light", "dark"]) {
        test(`${half}, ${theme}: axe finds nothing`, async (t) => {
          assert.deepEqual(await app.axe(t, path, { js, theme }), []);
        });
      }
    }
  });
}
