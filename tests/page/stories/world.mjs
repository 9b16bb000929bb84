// The page in a browser, at a server that the caller starts.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { pause } from "./hands.mjs";

const AXE = new URL("../../support/axe/axe.min.js", import.meta.url),
  PATIENCE_MS = 30_000;
// Elements of a role, by their accessible names.
const KINDS = {
  button: "button, [role=button], [role^=menuitem], summary",
  link: "a[href]",
  field: "input, textarea, select, [role=slider], [role=combobox]",
  dialog: "dialog[open], [role=dialog]",
  heading: "h1, h2, h3, [role=heading]",
};
// What a browser says of a page that is being left.
const LEFT =
    /context was destroyed|find context|navigat|no such|not belong|detached|stale|closed realm/i,
  whileLoading = (error) => {
    if (!LEFT.test(error.message)) throw error;
    return null;
  };
const named = (root, kind, name, isPattern) => {
  const text = (each) => each.replaceAll(/\s+/g, " ").trim(),
    nameOf = (each) => {
      const by = each.getAttribute("aria-labelledby"),
        label = each.labels?.[0]?.cloneNode(true);
      label
        ?.querySelectorAll("input, select, textarea, button, small")
        .forEach((own) => own.remove());
      return text(
        each.ariaLabel ??
          each.getAttribute("aria-label") ??
          (by && document.getElementById(by)?.innerText) ??
          label?.textContent ??
          (each.innerText || each.title),
      );
    },
    fits = isPattern ? (own) => new RegExp(name).test(own) : (own) => own === name;
  return [...root.querySelectorAll(kind)].find(
    (each) => each.checkVisibility({ visibilityProperty: true }) && fits(nameOf(each)),
  );
};

export class World {
  // about: `port`, `key`, and what the story was prepared with; restart: ends and starts the server
  constructor(page, hand, about, restart) {
    Object.assign(this, { page, hand, about, restart });
  }
  get root() {
    return `http://127.0.0.1:${this.about.port}/`;
  }
  async open(address = "") {
    await this.page.goto(`${this.root}${address}${this.about.key ? `#key=${this.about.key}` : ""}`);
    await this.page.waitForSelector("main h1", { timeout: PATIENCE_MS });
  }
  async reload() {
    await this.page.reload();
    await this.page.waitForSelector("main h1", { timeout: PATIENCE_MS });
  }
  async restarted() {
    await this.restart();
    await this.until("the page is connected again", () =>
      this.page.evaluate(() => !document.querySelector("button.waiting")?.checkVisibility()),
    );
  }
  // The value of a condition, once it is true.
  async until(what, condition) {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      const value = await Promise.resolve(condition()).catch(whileLoading);
      if (value) return value;
      if (Date.now() > end) throw new Error(`Never: ${what}`);
      await pause(100);
    }
  }
  wait(selector) {
    return this.page.waitForSelector(selector, { visible: true, timeout: PATIENCE_MS });
  }
  count = (selector) => this.page.$$eval(selector, (all) => all.length);
  texts = (selector) =>
    this.page.$$eval(selector, (all) => all.map((each) => each.innerText.trim()));
  // An element by its role and name, a text or a pattern; within: a selector.
  async find(kind, name, within = "body") {
    const isPattern = name instanceof RegExp;
    return this.until(`${kind} ${name} in ${within}`, async () => {
      const roots = await this.page.$$(within);
      for (const root of roots.reverse()) {
        const found = await root.evaluateHandle(named, KINDS[kind], name.source ?? name, isPattern);
        if (found.asElement()) return found.asElement();
      }
      return null;
    });
  }
  async press(kind, name, within) {
    for (let left = 3; ; left--)
      try {
        return await this.hand.press(await this.find(kind, name, within));
      } catch (error) {
        if (!left || !(LEFT.test(error.message) || /not clickable/i.test(error.message)))
          throw error;
        await pause(200); // it was drawn again
      }
  }
  async write(name, text, within) {
    await this.hand.write(await this.find("field", name, within), text);
  }
  // A text in an element, in the end.
  async reads(selector, wanted) {
    let own = "";
    const fits = () => (wanted instanceof RegExp ? wanted.test(own) : own === wanted);
    try {
      await this.until(selector, async () => {
        own = (await this.texts(selector))[0] ?? "";
        return fits();
      });
    } catch {
      assert.fail(`${selector} is ${JSON.stringify(own)}, not ${wanted}`);
    }
  }
  async value(name, within) {
    return (await this.find("field", name, within)).evaluate((each) => each.value);
  }
  toast(text) {
    return this.reads(".toast [role=status]", text);
  }
  async undo() {
    await this.hand.undo(this);
    await this.toast(/^Undone/);
  }
  async ask(path, params = {}) {
    const answer = await fetch(`${this.root}api/v1/${path}?${new URLSearchParams(params)}`);
    assert.ok(answer.ok, `${path}: ${answer.status}`);
    return answer.json();
  }
  async titles(query) {
    const { tracks } = await this.ask("search", { q: query, limit: 200 });
    return tracks.map(({ tags }) => tags.title);
  }
  row(title) {
    return this.until(`row ${title}`, async () => {
      const found = await this.page.evaluateHandle(
        (own) =>
          [...document.querySelectorAll("main table.tracks tbody tr:not(.waiting)")].find(
            (each) => each.querySelector("td.title > span")?.innerText === own,
          ),
        title,
      );
      return found.asElement();
    });
  }
  async act(title, act, key) {
    await this.hand.act(this, await this.row(title), act, key);
  }
  // What axe finds against WCAG 2.2 AA.
  async faults() {
    await this.until("the view is made", async () => !(await this.count("main[aria-busy]")));
    await this.page.evaluate(`${await readFile(AXE, "utf-8")};0`);
    return this.page.evaluate(async () => {
      const values = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
        { violations } = await window.axe.run({ runOnly: values });
      return violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 120)}`);
    });
  }
}
