// Puts a brotli and a gzip copy beside every file that gets smaller by it, and says how large each is; fails when one is larger
// than budgets.json allows, in bytes of brotli: `node pack.mjs FOLDER`.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const compressible = /\.(css|js|svg|txt|wasm)$/;
const budgets = JSON.parse(readFileSync(new URL("budgets.json", import.meta.url)));
const seen = new Set();
let over = false;

for (const entry of readdirSync(process.argv[2], { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !compressible.test(entry.name)) continue;
  const file = join(entry.parentPath ?? entry.path, entry.name);
  const plain = readFileSync(file);
  const brotli = brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: plain.length } });
  const gzip = gzipSync(plain, { level: 9 });
  if (brotli.length < plain.length) writeFileSync(`${file}.br`, brotli);
  if (gzip.length < plain.length) writeFileSync(`${file}.gz`, gzip);
  const budget = budgets[entry.name];
  const verdict = budget === undefined ? "" : brotli.length > budget ? `, OVER its budget of ${budget}` : `, of ${budget}`;
  seen.add(entry.name);
  over ||= brotli.length > (budget ?? Infinity);
  console.log(`    ${entry.name}: ${plain.length} bytes, gzip ${gzip.length}, brotli ${brotli.length}${verdict}`);
}
const missing = Object.keys(budgets).filter((name) => !seen.has(name));
if (missing.length) console.log(`    not made: ${missing.join(", ")}`);
process.exit(over || missing.length ? 1 : 0);
