// node shots.mjs [PAGE…]: pictures of every page, or of those named, at three widths in both themes: out/shots/PAGE-THEME-WIDTH.png.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fill, pages, pathOf } from "./pages.mjs";
import { hydrated, startConsole } from "./support.mjs";

const folder = new URL("out/shots/", import.meta.url).pathname;
mkdirSync(folder, { recursive: true });

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !pages.some((page) => page.name === name));
if (unknown.length) {
  console.error(`no such page: ${unknown.join(", ")}; there are ${pages.map((page) => page.name).join(", ")}`);
  process.exit(2);
}

const closing = [];
const t = { after: (task) => closing.push(task) };
let failures = 0;
const console_ = await startConsole("--practice-rate", "60");
try {
  await fill(console_);
  for (const { name, path: place, prepare, still } of pages.filter((page) => !wanted.length || wanted.includes(page.name))) {
    const path = await pathOf(console_, { path: place });
    for (const theme of ["light", "dark"]) {
      for (const width of [1440, 1024, 390]) {
        const page = await console_.open(t, { theme, width });
        const file = join(folder, `${name}-${theme}-${width}.png`);
        try {
          await page.goto(path);
          if (!still) await hydrated(page);
          await prepare?.(page);
          await page.screenshot({ path: file, fullPage: true });
          console.log(file);
        } catch (error) {
          failures += 1;
          console.error(`${name}, ${theme}, ${width} px: ${error.message}`);
        }
        for (const task of closing.splice(0)) {
          await task().catch((error) => {
            failures += 1;
            console.error(`${name}, ${theme}, ${width} px: ${error.message}`);
          });
        }
      }
    }
  }
} finally {
  await console_.stop();
}
process.exit(failures ? 1 : 0);
