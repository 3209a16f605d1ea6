// The real program in a real browser: `startConsole` starts it with a data folder of its own, `open` gives signed-in pages
// that fail their test on whatever goes wrong inside them.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { chromium } from "playwright-core";

const root = resolve(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "..");
const program = process.env.CONTINUOUS_EXPORT_BIN ?? join(root, "target/debug/continuous-export");
const site = process.env.CONTINUOUS_EXPORT_SITE ?? join(root, "target/site");
const axeScript = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const startLimit = 60_000;
const actionLimit = 15_000;

const flags = [
  "serve", "--practice", "--addr", "127.0.0.1:0", "--practice-seed", "1", "--practice-rate", "0",
  "--poll-interval", "1s", "--sweep-interval", "5s",
];

/** Starts the console with the practice Azure; `extra` flags come after the usual ones. */
export async function startConsole(...extra) {
  const folder = mkdtempSync(join(tmpdir(), "continuous-export-"));
  const ready = join(folder, "ready.json");
  const logFile = join(folder, "log");
  const server = spawn(program, [...flags, "--data", join(folder, "data"), "--ready-file", ready, ...extra], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, CONTINUOUS_EXPORT_SITE: site },
  });
  const log = createWriteStream(logFile);
  server.stdout.pipe(log, { end: false });
  server.stderr.pipe(log, { end: false });
  const logText = () => readFileSync(logFile, "utf8");
  const ended = new Promise((done) => server.once("exit", done).once("error", done));

  const stop = async () => {
    server.kill("SIGTERM");
    if (!(await Promise.race([ended.then(() => true), sleep(10_000, false, { ref: false })]))) server.kill("SIGKILL");
    await ended;
    const printed = existsSync(logFile) ? logText() : "";
    rmSync(folder, { recursive: true, force: true });
    assert.ok(!/panicked at/.test(printed), `the program panicked:\n${printed}`);
  };

  const deadline = Date.now() + startLimit;
  while (!existsSync(ready)) {
    const gone = server.exitCode !== null || server.pid === undefined;
    if (gone || Date.now() > deadline) {
      const printed = existsSync(logFile) ? logText() : "";
      await stop().catch(() => {});
      throw new Error(`${program} ${gone ? "ended" : "is not ready"}:\n${printed}`);
    }
    await sleep(50);
  }
  const addresses = JSON.parse(readFileSync(ready, "utf8"));
  await watched(addresses.console, join(folder, "data"));
  // Specs poll far more often than anybody would; what Azure's quota does then is tested elsewhere.
  await practice(addresses.practice).post("quota", { enabled: false });
  let browser;
  let signedIn;

  /** A fresh browser context, signed in unless told otherwise. The sign-in link works once: its cookies are kept. */
  async function context({ js = true, theme = "light", width = 1440, signIn = true } = {}) {
    browser ??= await launch();
    if (signIn && !signedIn) {
      const first = await browser.newContext();
      const page = await first.newPage();
      const answer = await page.goto(addresses.sign_in);
      assert.equal(answer.status(), 200, "signing in with the printed link");
      signedIn = await first.storageState();
      await first.close();
    }
    const made = await browser.newContext({
      baseURL: addresses.console,
      colorScheme: theme,
      javaScriptEnabled: js,
      locale: "en-GB",
      storageState: signIn ? signedIn : undefined,
      timezoneId: "UTC",
      viewport: { width, height: 900 },
    });
    made.setDefaultTimeout(actionLimit);
    return made;
  }

  return {
    url: addresses.console,
    /** The one-time link, for specs about signing in: `open({ signIn: false })` leaves it unused. */
    signInLink: addresses.sign_in,
    log: logText,
    practice: practice(addresses.practice),

    /** A page whose test `t` fails on console errors, exceptions, broken answers and requests to other hosts, but for what `expected` fits. */
    async open(t, { expected, hydrate = true, ...options } = {}) {
      const made = await context(options);
      // the page as the server sent it, in a browser that still runs what a test brings along
      if (!hydrate) await made.route("**/pkg/*.js", (route) => route.abort());
      const page = await made.newPage();
      const problems = watch(page, addresses.console);
      t.after(async () => {
        await made.close();
        assert.deepEqual(problems.filter((problem) => !expected?.test(problem)), [], "what went wrong in the page");
      });
      return page;
    },

    /** Later pages are signed in as this one is: for specs that use the printed link themselves. */
    async keepSession(page) {
      signedIn = await page.context().storageState();
    },

    /** Asks `/api/v1/PATH` with the session of the pages; the answer's JSON, after its status is what was expected. */
    async rest(method, path, { body, version, status } = {}) {
      if (!signedIn) await (await context()).close();
      const answer = await fetch(new URL(`/api/v1/${path}`, addresses.console), {
        method,
        headers: {
          cookie: signedIn.cookies.map(({ name, value }) => `${name}=${value}`).join("; "),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...(version === undefined ? {} : { "if-match": `"${version}"` }),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      const text = await answer.text();
      const fits = status === undefined ? answer.ok : answer.status === status;
      assert.ok(fits, `${method} /api/v1/${path}: ${answer.status} ${text}`);
      return text === "" ? undefined : JSON.parse(text);
    },

    async stop() {
      await browser?.close();
      await stop();
    },
  };
}

/** Waits until every subscription has its baseline, with a sign-in link of its own. */
async function watched(origin, data) {
  const link = spawnSync(program, ["sign-in", "--data", data], { encoding: "utf8" }).stdout.trim();
  const signedIn = await fetch(link, { redirect: "manual" });
  const cookie = signedIn.headers.get("set-cookie").split(";")[0];
  await eventually(async () => {
    const { sources } = await (await fetch(`${origin}/api/v1/overview`, { headers: { cookie } })).json();
    return sources.length > 0 && sources.every((source) => source.complete_to);
  }, startLimit);
}

function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
      "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
      "--disable-sync",
    ],
  });
}

function watch(page, origin) {
  const problems = [];
  page.on("pageerror", (error) => problems.push(`exception: ${error.message}`));
  page.on("console", (message) => {
    const text = message.text();
    if (message.type() === "error" || /hydrat/i.test(text)) problems.push(`console ${message.type()}: ${text}`);
  });
  page.on("response", (answer) => {
    if (answer.status() >= 500) problems.push(`${answer.status()} ${answer.request().method()} ${answer.url()}`);
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (/^https?:$/.test(url.protocol) && url.origin !== new URL(origin).origin) problems.push(`request to ${url.origin}`);
  });
  return problems;
}

/** Waits until the browser half has taken over. */
export async function hydrated(page) {
  await page.locator("html[data-hydrated]").waitFor({ state: "attached" });
}

/** What axe finds in the page in these themes, as lines to read. It runs beside the page's content security policy. */
export async function axe(page, ...themes) {
  await page.evaluate(axeScript);
  const found = [];
  for (const theme of themes) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    const { violations, incomplete } = await page.evaluate(() => globalThis.axe.run());
    // text in the colour of what is behind it: axe leaves open whether somebody means that; here nobody does
    for (const { id, nodes } of incomplete) {
      for (const { target, any } of nodes) {
        if (any.some(({ data }) => data?.messageKey === "equalRatio")) found.push(`${theme}: ${id}: ${target.join(" ")}: cannot be seen`);
      }
    }
    for (const { id, nodes } of violations) {
      for (const { target, any, all, none } of nodes) {
        found.push(`${theme}: ${id}: ${target.join(" ")}: ${[...any, ...all, ...none][0]?.message ?? ""}`);
      }
    }
  }
  return found;
}

/** By how much the page is wider than its window, and what makes it so; nothing when it fits. */
export async function sideways(page) {
  return page.evaluate(() => {
    const room = document.documentElement.clientWidth;
    const wide = document.documentElement.scrollWidth - room;
    if (wide <= 0) return [];
    const culprits = [...document.body.querySelectorAll("*")]
      .filter((element) => element.getBoundingClientRect().left + Math.max(element.offsetWidth, element.scrollWidth) > room + 1)
      .slice(-5)
      .map((element) => `${element.tagName.toLowerCase()}.${element.className}`);
    return [`${wide} px too wide`, ...culprits];
  });
}

function practice(url) {
  async function ask(method, path, body) {
    const answer = await fetch(new URL(`/_practice/${path}`, url), {
      method,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} /_practice/${path}: ${answer.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  }
  return {
    url,
    get: (path) => ask("GET", path),
    post: (path, body) => ask("POST", path, body ?? {}),
    delete: (path) => ask("DELETE", path),
  };
}

/** Asks until `check` answers something true, for at most `limit` milliseconds. */
export async function eventually(check, limit = actionLimit) {
  const deadline = Date.now() + limit;
  for (;;) {
    const answer = await check();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`not within ${limit} ms: ${check}`);
    await sleep(100);
  }
}
