// node run.mjs [SPEC…]: the specs named (`pages` for specs/pages.spec.mjs), or all of them, one after the other.
// A file that fails is run once more, and said to have been: a browser on a busy machine may stumble, a defect fails twice.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";

process.chdir(new URL(".", import.meta.url).pathname);

const wanted = process.argv.slice(2);
const specs = wanted.length
  ? wanted.map((name) => (existsSync(name) ? name : `specs/${name.replace(/\.spec\.mjs$/, "")}.spec.mjs`))
  : readdirSync("specs").filter((name) => name.endsWith(".spec.mjs")).sort().map((name) => `specs/${name}`);

const missing = specs.filter((spec) => !existsSync(spec));
if (missing.length) {
  console.error(`no such spec: ${missing.join(", ")}`);
  process.exit(2);
}

const passes = (spec) => {
  console.log(`\n${spec}`);
  const options = ["--test", "--test-reporter=spec", "--test-reporter-destination=stdout"];
  return spawnSync(process.execPath, [...options, spec], { stdio: "inherit" }).status === 0;
};

const again = [];
const failed = specs.filter((spec) => {
  if (passes(spec)) return false;
  again.push(spec);
  return !passes(spec);
});
if (again.length) console.log(`\nrun twice: ${again.join(", ")}`);
console.log(`\nspecs: ${specs.length - failed.length} passed, ${failed.length} failed`);
process.exit(failed.length ? 1 : 0);
