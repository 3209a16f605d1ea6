// node run.mjs [SPEC…]: the specs named (`pages` for specs/pages.spec.mjs), or all of them, two files at a time.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";

process.chdir(new URL(".", import.meta.url).pathname);

const wanted = process.argv.slice(2);
const specs = wanted.length
  ? wanted.map((name) => (existsSync(name) ? name : `specs/${name}.spec.mjs`))
  : readdirSync("specs").filter((name) => name.endsWith(".spec.mjs")).sort().map((name) => `specs/${name}`);

const missing = specs.filter((spec) => !existsSync(spec));
if (missing.length) {
  console.error(`no such spec: ${missing.join(", ")}`);
  process.exit(2);
}

const run = spawnSync(
  process.execPath,
  ["--test", "--test-concurrency=2", "--test-reporter=spec", "--test-reporter-destination=stdout", ...specs],
  { stdio: "inherit" },
);
process.exit(run.status ?? 1);
