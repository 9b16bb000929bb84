import assert from "node:assert/strict";
import { test } from "node:test";
import "./in_node.mjs";
import { Browse } from "../../../map4/search/page/browse.js";
import { Problem } from "../../../map4/page/source/problem.js";
import { QueryError } from "../../../map4/page/source/source.js";

const next = () => new Promise((done) => setTimeout(done));

// The view at an address; what it does with its table, search box and selection is in `done`.
function browsing(address = "", { count = 90 } = {}) {
  globalThis.document ??= {};
  const done = [],
    answers = [],
    went = [],
    rows = new Set(),
    selection = {
      rows,
      set: (ids) => {
        rows.clear();
        for (const id of ids) rows.add(id);
      },
      toggle: (id) => rows.delete(id) || rows.add(id),
      clear: () => rows.clear(),
    },
    source = {
      about: { count },
      find: (query, order, among) => {
        if (among) return Promise.resolve({ ids: among, order, count: among.length });
        return new Promise((come, fail) => answers.push({ query, order, come, fail }));
      },
      named: async (ids) => ({ ids, count: ids.length }),
      columns: async (_found, _names, from = 0, to = 3) => ({
        ids: Array.from({ length: to - from }, (_, i) => from + i),
      }),
    },
    app = {
      source,
      selection,
      server: { may: () => true },
      jobs: { all: [], isLoaded: true },
      go: (to) => went.push(to),
      say: (text, undo) => done.push(["say", text, undo]),
    },
    view = Object.assign(Object.create(Browse.prototype), {
      app,
      params: new URLSearchParams(address),
      of: new URLSearchParams(address),
      found: null,
      order: null,
      heads: new WeakMap(),
      turn: 0,
      anchor: -1,
      isMany: false,
      isShown: true,
      isNew: false,
      told: null,
      about: {},
      count: {},
      box: {
        show: (query) => done.push(["typed", query]),
        tell: (problem) => done.push(["problem", problem]),
      },
      head: { show() {} },
      instead: {},
      table: {
        element: {},
        draw() {},
        show: async (found, isSame) => {
          done.push([isSame ? "keeps place" : "from the top", found]);
          return true;
        },
        redraw() {},
      },
      draw() {},
    });
  view.app.slots = { side: { classList: { contains: () => false } } };
  const of = (name) => done.filter(([what]) => what === name).map(([, about]) => about);
  return { view, app, done, of, answers, went, rows };
}

test("the same query again keeps the place, another one begins at its top", async () => {
  const { view, done, answers } = browsing("q=a&sort=bpm"),
    found = { count: 7 };
  view.find(false);
  view.find(true); // the library changed before the first answer
  answers[0].come({ count: 1 });
  answers[1].come(found);
  await next();
  assert.deepEqual(done.slice(-1), [["from the top", found]]);
  assert.deepEqual([view.found, view.count.value], [found, "7 of 90 tracks"]);
  view.find(true);
  answers[2].come(found);
  await next();
  assert.equal(done.at(-1)[0], "keeps place");
});
test("another order keeps what is typed, another query or place shows its own", async () => {
  const { view, of } = browsing("q=house"),
    show = (text) => view.show({ params: new URLSearchParams(text) });
  show("q=house&sort=bpm");
  assert.deepEqual(of("typed"), []);
  assert.deepEqual(view.order, { field: "bpm", descending: false });
  show("q=techno&sort=bpm");
  show("in=3");
  assert.deepEqual(of("typed"), ["techno", ""]);
});
test("a wrong query is told and keeps the rows; without rows it leads on", async () => {
  const { view, of, answers, went } = browsing("q=bpm:x");
  view.found = { count: 5 };
  view.find(false);
  answers[0].fail(new QueryError("'x' is no number"));
  await next();
  assert.deepEqual([of("problem"), view.instead.value], [["'x' is no number"], undefined]);
  view.found = null;
  view.find(false);
  answers[1].fail(new QueryError("'x' is no number"));
  await next();
  assert.equal(view.instead.value.text, "This search has an error.");
  view.instead.value.act.run();
  assert.deepEqual(went, [""]);
});
test("a search without a response can be tried again", async () => {
  const { view, answers } = browsing("q=house");
  view.find(false);
  answers[0].fail(new Problem("The server does not respond.", 0));
  await next();
  assert.deepEqual(
    [view.instead.value.text, view.table.element.hidden],
    ["The server does not respond.", true],
  );
  view.instead.value.act.run();
  answers[1].come({ count: 3 });
  await next();
  assert.deepEqual([view.instead.value, view.table.element.hidden], [null, false]);
});
test("no rows: an empty library leads to its folders or its scan, a search to all tracks", () => {
  const titles = ({ text, act }) => `${text.split(/[.:]/)[0]} – ${act.title}`,
    empty = browsing("", { count: 0 });
  assert.equal(titles(empty.view.nothing()), "No music yet – Choose folders");
  empty.app.jobs.all = [{ kind: "scan", status: "processing", progress: 0.256 }];
  assert.match(empty.view.nothing().text, /: 26 %\./);
  empty.view.nothing().act.run();
  assert.deepEqual(empty.went, ["tasks"]);
  assert.equal(titles(browsing("q=a").view.nothing()), "Nothing matches a – Show all");
  assert.match(titles(browsing("q=huose").view.nothing("house")), /^Nothing.* Search for house$/);
  assert.equal(titles(browsing("in=3").view.nothing()), "No tracks – Show all");
});
test("rows are selected one by one, as a range, and kept while keys move", async () => {
  const { view, rows } = browsing();
  view.found = { count: 90 };
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
  const { view, of, rows } = browsing();
  view.found = { count: 60_000 };
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
  assert.deepEqual([view.about.value.text, view.count.value], ["List: Friday", "2 tracks"]);
  view.acts = { ids: async (rows) => rows.map((row) => `id ${row}`) };
  await view.drop({ id: "l-1", name: "Friday" }, { rows: [6] });
  assert.deepEqual(of("say"), ["1 track added to Friday"]);
  await done.at(-1)[2].undo();
  assert.deepEqual(sent, [
    ["POST", "lists/l-1/ops", { op: "insert", tracks: ["id 6"] }],
    ["POST", "lists/l-1/ops", { op: "restore", version: 4 }],
  ]);
});
test("a reload of the same address goes back to the row, once", () => {
  const kept = { "map4.row": JSON.stringify(["http://a/?q=b", 7, 252]) },
    tops = [],
    view = Object.create(Browse.prototype, {
      table: { value: { current: -1, scroll: { to: (top) => tops.push(top) } } },
    });
  globalThis.sessionStorage = {
    getItem: (name) => kept[name] ?? null,
    setItem: (name, value) => (kept[name] = value),
    removeItem: (name) => delete kept[name],
  };
  const { location: before } = globalThis;
  for (const href of ["http://a/?q=b", "http://a/?q=b"]) {
    globalThis.location = { href };
    view.goBack();
  }
  globalThis.location = before;
  assert.deepEqual([view.table.current, tops], [7, [252]]);
});
