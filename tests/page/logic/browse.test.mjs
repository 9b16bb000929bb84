import assert from "node:assert/strict";
import { test } from "node:test";
import "./in_node.mjs";
import "./fake_dom.mjs";
import { browse } from "../../../map4/search/page/browse.js";
import { signal } from "../../../map4/page/parts/html.js";
import { Problem } from "../../../map4/page/source/problem.js";
import { QueryError } from "../../../map4/page/source/source.js";

const LOADING = { kind: "loading", text: "Loading tracks…" };
const next = () => new Promise((done) => setTimeout(done));

// The view at an address; what it does with its table, search box and selection is in `done`.
function browsing(address = "", { count = 90, shown = null } = {}) {
  const done = [],
    answers = [],
    addresses = [],
    rows = new Set(),
    selection = {
      rows,
      set: (ids) => {
        rows.clear();
        for (const id of ids) rows.add(id);
      },
      addEventListener() {},
      toggle: (id) => rows.delete(id) || rows.add(id),
      clear: () => rows.clear(),
    },
    source = {
      about: { count, sets: {}, has: [] },
      judge: async () => ({ count: 0 }),
      find: (query, order, among) => {
        if (among) return Promise.resolve({ ids: among, order, count: among.length });
        return new Promise((resolve, fail) => answers.push({ query, order, resolve, fail }));
      },
      named: async (ids) => ({ ids, count: ids.length }),
      columns: async (_found, _names, from = 0, to = 3) => ({
        ids: Array.from({ length: to - from }, (_, i) => from + i),
      }),
    },
    app = {
      source,
      selection,
      acts: { add: () => () => {} },
      changes: { on() {} },
      ...{ marks: { all: [] }, player: { changes: signal(0) } },
      server: { may: () => true, get: () => new Promise(() => {}) },
      jobs: { all: signal([]), isLoaded: true },
      slots: { side: document.createElement("aside") },
      box: {
        show: (query) => done.push(["typed", query]),
        showProblem: (problem) => done.push(["problem", problem]),
      },
      go: (to) => addresses.push(to),
      say: (text, undo) => done.push(["say", text, undo]),
    },
    table = {
      element: document.createElement("div"),
      table: { tBodies: [document.createElement("tbody")] },
      ...{ source, have: [], shown: { value: [] }, shape: {}, head: {} },
      scroll: { to: (top) => done.push(["scrolled", top]) },
      show: async (found, isSame) => {
        done.push([isSame ? "keeps place" : "from the top", found]);
        return true;
      },
      ...{ redraw() {}, draw() {}, select() {} },
    },
    view = browse(app, () => table),
    show = (text) => view.show({ params: new URLSearchParams(text) });
  show(address); // its answer is in `answers`
  if (shown !== null) view.shown.value = { found: { count: shown } };
  done.length = 0;
  const of = (name) => done.filter(([what]) => what === name).map(([, about]) => about);
  return { view, app, table, show, done, of, answers, addresses, rows };
}

test("the same query again keeps the place, another one begins at its top", async () => {
  const { view, done, answers } = browsing("q=a&sort=bpm"),
    found = { count: 7 };
  view.find(true); // the library changed before the first answer
  answers[0].resolve({ count: 1 });
  answers[1].resolve(found);
  await next();
  assert.deepEqual(done.slice(-1), [["from the top", found]]);
  assert.deepEqual([view.shown.value.found, view.summary()], [found, "7 of 90 tracks"]);
  view.find(true);
  answers[2].resolve(found);
  await next();
  assert.equal(done.at(-1)[0], "keeps place");
});
test("another order keeps what is typed, another query or place shows its own", async () => {
  const { table, show, of } = browsing("q=house");
  show("q=house&sort=bpm");
  assert.deepEqual(of("typed"), []);
  assert.deepEqual(table.sort, { field: "bpm", descending: false });
  show("q=techno&sort=bpm");
  show("in=3");
  assert.deepEqual(of("typed"), ["techno", ""]);
});
test("a wrong query is told and keeps the rows; without rows it leads on", async () => {
  const { view, of, answers, addresses } = browsing("q=bpm:x", { shown: 5 });
  answers[0].fail(new QueryError("'x' is no number"));
  await next();
  assert.deepEqual([of("problem"), view.instead.value], [["'x' is no number"], LOADING]);
  view.shown.value = null;
  view.find(false);
  answers[1].fail(new QueryError("'x' is no number"));
  await next();
  assert.equal(view.instead.value.text, "This search has an error.");
  view.instead.value.act.run();
  assert.deepEqual(addresses, [""]);
});
test("a search without a response can be tried again", async () => {
  const { view, table, answers } = browsing("q=house");
  answers[0].fail(new Problem("The server does not respond.", 0));
  await next();
  assert.deepEqual(
    [view.instead.value.text, table.element.hidden],
    ["The server does not respond.", true],
  );
  view.instead.value.act.run();
  answers[1].resolve({ count: 3 });
  await next();
  assert.deepEqual([view.instead.value, table.element.hidden], [null, false]);
});
test("rows stay while the server is away, but not for another query", async () => {
  const { view, show, answers, of } = browsing("q=house"),
    away = new Problem("The server does not respond.", 0);
  answers[0].resolve({ count: 3 });
  await next();
  view.find(true);
  answers[1].fail(away);
  await next();
  assert.equal(view.instead.value, null);
  show("q=house&sort=bpm");
  answers[2].fail(away);
  await next();
  assert.equal(view.instead.value, null);
  assert.match(of("say").at(-1), /The order is that of before\.$/);
  show("q=techno");
  answers[3].fail(away);
  await next();
  assert.equal(view.instead.value.text, away.message);
});
test("no rows: an empty library leads to its folders or its scan, a search to all tracks", () => {
  const titles = ({ text, act }) => `${text.split(/[.:]/)[0]} – ${act.title}`,
    empty = browsing("", { count: 0 });
  assert.equal(titles(empty.view.nothing()), "No music yet – Choose folders");
  empty.app.jobs.all.value = [{ kind: "scan", status: "processing", progress: 0.256 }];
  assert.match(empty.view.nothing().text, /: 26 %\./);
  empty.view.nothing().act.run();
  assert.deepEqual(empty.addresses, ["tasks"]);
  assert.equal(titles(browsing("q=a").view.nothing()), "Nothing matches a – Show all");
  assert.match(titles(browsing("q=huose").view.nothing("house")), /^Nothing.* Search for house$/);
  assert.equal(titles(browsing("in=3").view.nothing()), "No tracks – Show all");
});
test("rows are selected one by one, as a range, and kept while keys move", async () => {
  const { view, rows } = browsing("", { shown: 90 });
  const pick = async (...what) => {
    await view.pick(...what);
    return [...rows].sort((a, b) => a - b).join(" ");
  };
  assert.equal(await pick(6, "one", 6), "6");
  assert.equal(await pick(8, "range", 8), "6 7 8");
  assert.equal(await pick(9, "follow", 9), "6 7 8");
  assert.equal(await pick(2, "one", 2), "2");
  assert.equal(await pick(3, "follow", 3), "3");
  assert.equal(await pick(3, "toggle", 3), "3"); // the row the keys moved to is selected already
  assert.equal(await pick(4, "follow", 4), "3");
  assert.equal(await pick(5, "toggle", 5), "3 5");
  assert.equal(await pick(3, "toggle", 3), "5");
  await view.all();
  assert.equal(rows.size, 90);
});
test("more rows than may be selected are told", async () => {
  const { view, of, rows } = browsing("", { shown: 60_000 });
  await view.all();
  assert.deepEqual([of("say")[0].includes("at most 50,000 tracks"), rows.size], [true, 0]);
});
test("a list is shown in its order, and what is dropped on it can be undone", async () => {
  const { view, app, done, of } = browsing("in=l-1"),
    sent = [];
  app.server.get = async () => ({ name: "Friday", ids: ["c", null, "a"], version: 4 });
  app.server.ask = async (...what) => sent.push(what);
  await view.find(false);
  assert.deepEqual(done.find(([what]) => what === "from the top")[1].ids, ["c", "a"]);
  assert.deepEqual([view.shown.value.about.text, view.summary()], ["List: Friday", "2 tracks"]);
  app.source.idsOf = async (rows) => rows.map((row) => `id ${row}`);
  await view.drop({ id: "l-1", name: "Friday" }, { rows: [6] });
  assert.deepEqual(of("say"), ["1 track added to Friday"]);
  await done.at(-1)[2].undo();
  assert.deepEqual(sent, [
    ["POST", "lists/l-1/ops", { op: "insert", tracks: ["id 6"] }],
    ["POST", "lists/l-1/ops", { op: "restore", version: 4 }],
  ]);
});
test("a reload of the same address goes back to the row, once", async () => {
  const stored = { "map4.row": JSON.stringify(["http://a/?q=b", 7, 252]) },
    before = globalThis.location;
  globalThis.sessionStorage = {
    getItem: (name) => stored[name] ?? null,
    setItem: (name, value) => (stored[name] = value),
    removeItem: (name) => delete stored[name],
  };
  globalThis.location = { href: "http://a/?q=b" };
  const { table, of, answers, view } = browsing("q=b");
  answers[0].resolve({ count: 90 });
  await next();
  view.shown.value = null;
  view.find(true);
  answers.at(-1).resolve({ count: 90 });
  await next();
  globalThis.location = before;
  assert.deepEqual([table.current, of("scrolled")], [7, [252]]);
});
