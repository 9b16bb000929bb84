// Runs stories in one browser: a line of JSON on stdin each, and what came of it on stdout.
// usage: run.mjs BROWSER EXECUTABLE DOWNLOADS
import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import puppeteer from "puppeteer-core";
import { Keys, Mouse, Touch } from "./hands.mjs";
import { World } from "./world.mjs";

const [browser, executablePath, downloadPath] = process.argv.slice(2),
  isFirefox = browser === "firefox",
  HANDS = { mouse: Mouse, touch: Touch, keys: Keys };
// A page whose server is away says so on its console, and a software renderer that it is slow.
const EXPECTED = /ERR_(CONNECTION|INCOMPLETE|EMPTY|NETWORK)|NetworkError|GPU stall|software WebGL/;
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator](),
  say = (about) => process.stdout.write(`${JSON.stringify(about)}\n`),
  next = async () => JSON.parse((await lines.next()).value ?? "null");

const launched = await puppeteer.launch({
  browser,
  executablePath,
  args: isFirefox
    ? []
    : ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"],
  extraPrefsFirefox: { "media.autoplay.default": 0 },
});

async function run({ module, story, hand, ...about }) {
  const stories = await import(module);
  const context = await launched.createBrowserContext({
      downloadBehavior: { policy: "allow", downloadPath },
    }),
    page = await context.newPage(),
    said = [],
    hear = (text) => EXPECTED.test(text) || said.push(text);
  page.on("console", (message) => hear(message.text()));
  page.on("pageerror", (error) => hear(String(error)));
  try {
    const isPhone = hand === "touch";
    await page.bringToFront();
    await page.setViewport(
      isPhone
        ? { width: 390, height: 844, isMobile: true, hasTouch: true, deviceScaleFactor: 2 }
        : { width: 1180, height: 820 },
    );
    if (isPhone) await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
    const world = new World(page, new HANDS[hand](page), about, async () => {
        say({ ask: "restart" });
        await next();
      }),
      steps = stories[story](world);
    for (const then of [() => world.reload(), () => world.restarted(), null]) {
      const { done } = await steps.next();
      assert.equal(Boolean(done), !then, "a story pauses twice");
      assert.deepEqual(await world.faults(), []);
      await then?.();
    }
    assert.deepEqual(
      said.filter((text) => !world.expected?.test(text)),
      [],
    );
  } catch (error) {
    const path = `${downloadPath}/${story}-${hand}-${browser}.png`;
    await page.screenshot({ path }).catch(() => {});
    throw error;
  } finally {
    await context.close();
  }
}

for (let about = await next(); about; about = await next())
  try {
    await run(about);
    say({ failed: null });
  } catch (error) {
    say({ failed: String(error.stack ?? error) });
  }
await launched.close();
process.exit(0);
