// Starts a release program with the practice Azure and asks it for what pages load: `node ask.mjs PROGRAM`.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

const folder = mkdtempSync(join(tmpdir(), "continuous-export-"));
const ready = join(folder, "ready.json");
const flags = ["serve", "--practice", "--addr", "127.0.0.1:0", "--data", join(folder, "data"), "--ready-file", ready];
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("CONTINUOUS_EXPORT_")));
const program = spawn(process.argv[2], flags, { stdio: ["ignore", "ignore", "inherit"], env: { ...environment, RUST_LOG: "error" } });
let failed = false;
try {
  for (let tries = 0; !existsSync(ready); tries += 1) {
    if (program.exitCode !== null || tries > 600) throw new Error("it did not start");
    await setTimeout(100);
  }
  const { console: origin } = JSON.parse(readFileSync(ready));
  for (const file of ["pkg/continuous-export.js", "pkg/continuous-export_bg.wasm", "pkg/continuous-export.css", "favicon.svg"]) {
    const answer = await fetch(`${origin}/${file}`);
    const size = (await answer.arrayBuffer()).byteLength;
    if (answer.status !== 200 || size === 0) throw new Error(`${file}: ${answer.status}, ${size} bytes`);
  }
} catch (error) {
  failed = true;
  console.error(`no  ${process.argv[2]}: ${error.message}`);
} finally {
  program.kill();
  await setTimeout(500);
  rmSync(folder, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);
