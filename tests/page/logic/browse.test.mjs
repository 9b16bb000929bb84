import assert from "node:assert/strict";
import { test } from "node:test";
import "./in_node.mjs";
import "./fake_dom.mjs";
import { make } from "../../../map4/search/page/browse.js";
import { signal } from "../../../map4/page/parts/html.js";
import { Selection } from "../../../map4/page/parts/selection.js";
import { Problem } from "../../../map4/page/source/problem.js";

const LOADING = { kind: "loading", text: "Loading tracks…" };
const next = () => new Promise((done) => setTimeout(done));

// The view at an address; what it does with its table, search box and selection is in `done`.
function browsing(address = "", { count = 90, shown = null } = {}) {
  const done = [],
    answers = [],
    addresses = [],
    selection = new Selection(),
    source = {
      about: { count, sets: {}, has: [] },
      judge: async () => ({ count: 0 }),
      find: (query, order, among) => {
        if (among) return Promise.resolve({ ids: among, order, count: among.length });
        return new Promise((resolve, fail) => answers.push({ query, order, resolve, fail }));
      },
      named: async (ids) => ({ ids, count: ids.length }),
      matchesOf: () => null,
      columns: async (_found, _names, from = 0, to = 3) => ({
        ids: Array.from({ length: to - from }, (_, i) => from + i),
      }),
    },
    app = {
      source,
      selection,
      acts: { known: [], add: (acts) => (app.acts.known = acts) },
      changes: { on() {} },
      ...{ marks: { all: [] }, player: { changes: signal(0) } },
      server: { may: () => true, get: () => new Promise(() => {}) },
      jobs: { all: signal([]), isLoaded: true },
      slots: { side: document.createElement("aside") },
      box: {
        typedCount: signal(),
        show: (query) => done.push(["typed", query]),
        showProblem: (problem) => done.push(["problem", problem]),
      },
      go: (to) => addresses.push(to),
      tried: (run) => run(),
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
    view = make(app, function () {
      return table;
    }),
    show = (text) => view.show({ params: new URLSearchParams(text) });
  show(address); // its answer is in `answers`
  const { results } = view;
  if (shown !== null) results.shown.value = { found: { count: shown } };
  done.length = 0;
  const act = (name) => app.acts.known.find((one) => one.name === name).run();
  const of = (name) => done.filter(([what]) => what === name).map(([, about]) => about);
  return { view, results, app, table, show, done, of, act, answers, addresses, selection };
}

test("the same query again keeps the place, another one begins at its top", async () => {
  const { app, results, show, done, answers } = browsing("q=a&sort=bpm"),
    found = { count: 7 };
  results.find(); // the library changed before the first answer
  answers[0].resolve({ count: 1 });
  answers[1].resolve(found);
  await next();
  assert.deepEqual(done.slice(-1), [["from the top", found]]);
  assert.deepEqual([results.shown.value.found, results.summary()], [found, "7 of 90 tracks"]);
  for (const [count, words] of [
    [0, "0 of 90 tracks"],
    [null, "…"],
  ]) {
    app.box.typedCount.value = count; // of a query in the box that is not shown
    assert.equal(results.summary(), words);
  }
  results.find();
  answers[2].resolve(found);
  await next();
  app.box.typedCount.value = undefined;
  assert.equal(results.summary(), "7 of 90 tracks"); // of the same query
  show("q=b");
  assert.equal(results.summary(), "…"); // never of the query before
  answers[3].resolve({ count: 5 });
  await next();
  assert.equal(results.summary(), "5 of 90 tracks");
  assert.deepEqual(
    done.map(([what]) => what).filter((what) => / /.test(what)),
    ["from the top", "keeps place", "from the top"],
  );
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
test("nothing is counted before the first answer; without music a library says so", async () => {
  const { results, answers } = browsing("", { count: 0 });
  assert.equal(results.summary(), "");
  answers[0].resolve({ count: 0 });
  await next();
  assert.match(results.instead.value.text, /^No music yet.* A scan only reads your files\.$/);
});
test("keys of changes say that an account may not change anything, and stand on no sheet", () => {
  const { app, act, of } = browsing("", { shown: 3 }),
    refused = () => app.acts.known.filter(({ name }) => name.startsWith("refuse-"));
  assert.equal(refused().filter(({ when }) => when()).length, 0);
  app.server.may = () => false;
  assert.equal(
    refused()
      .filter(({ when, isSpare }) => when() && isSpare())
      .map(({ key }) => key)
      .join(""),
    "012345evM[]",
  );
  act("refuse-5");
  assert.match(of("say")[0], /^Your account can't change tracks or lists\./);
});
test("a wrong query is told and keeps the rows; without rows it leads on", async () => {
  const { results, of, answers, addresses } = browsing("q=bpm:x", { shown: 5 });
  answers[0].fail(new Problem("'x' is no number", 400));
  await next();
  assert.deepEqual([of("problem"), results.instead.value], [["'x' is no number"], LOADING]);
  results.shown.value = null;
  results.find();
  answers[1].fail(new Problem("'x' is no number", 400));
  await next();
  assert.equal(results.instead.value.text, "This search has an error.");
  results.instead.value.act.run();
  assert.deepEqual(addresses, [""]);
});
test("a search without a response can be tried again", async () => {
  const { results, table, answers } = browsing("q=house");
  answers[0].fail(new Problem("The server does not respond.", 0));
  await next();
  assert.deepEqual(
    [results.instead.value.text, table.element.hidden],
    ["The server does not respond.", true],
  );
  results.instead.value.act.run();
  answers[1].resolve({ count: 3 });
  await next();
  assert.deepEqual([results.instead.value, table.element.hidden], [null, false]);
});
test("rows stay while the server is away, but not for another query", async () => {
  const { results, show, answers, of } = browsing("q=house"),
    away = new Problem("The server does not respond.", 0);
  answers[0].resolve({ count: 3 });
  await next();
  results.find();
  answers[1].fail(away);
  await next();
  assert.equal(results.instead.value, null);
  show("q=house&sort=bpm");
  answers[2].fail(away);
  await next();
  assert.equal(results.instead.value, null);
  assert.match(of("say").at(-1), /The order is that of before\.$/);
  show("q=techno");
  answers[3].fail(away);
  await next();
  assert.equal(results.instead.value.text, away.message);
});
test("no rows: an empty library leads to its folders or its scan, a search to all tracks", () => {
  const titles = ({ text, act }) => `${text.split(/[.:]/)[0]} – ${act.title}`,
    empty = browsing("", { count: 0 });
  assert.equal(titles(empty.results.nothing()), "No music yet – Choose folders");
  empty.app.jobs.all.value = [{ kind: "scan", status: "processing", progress: 0.256 }];
  assert.match(empty.results.nothing().text, /: 26 %\./);
  empty.results.nothing().act.run();
  assert.deepEqual(empty.addresses, ["tasks"]);
  assert.equal(titles(browsing("q=a").results.nothing()), "Nothing matches a – Show all");
  assert.match(
    titles(browsing("q=huose").results.nothing("house")),
    /^Nothing.* Search for house$/,
  );
  assert.equal(titles(browsing("in=3").results.nothing()), "No tracks – Show all");
});
test("rows are selected one by one, as a range, and kept while keys move", async () => {
  const { act, results, selection } = browsing("", { shown: 90 });
  const pick = async (...what) => {
    await selection.pick(...what, results.rowsOf);
    return [...selection.rows].sort((a, b) => a - b).join(" ");
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
  await act("select-all");
  assert.equal(selection.rows.size, 90);
});
test("more rows than may be selected are told", async () => {
  const { act, of, selection } = browsing("", { shown: 60_000 });
  await act("select-all");
  assert.deepEqual(
    [of("say")[0].includes("at most 50,000 tracks"), selection.rows.size],
    [true, 0],
  );
});
test("a list is shown in its order, and what is dropped on it can be undone", async () => {
  const { view, results, app, done, of } = browsing("in=l-1"),
    sent = [];
  app.server.get = async () => ({ name: "Friday", ids: ["c", null, "a"], version: 4 });
  app.server.ask = async (...what) => sent.push(what);
  await results.find();
  assert.deepEqual(done.find(([what]) => what === "from the top")[1].ids, ["c", "a"]);
  assert.deepEqual(
    [results.shown.value.about.text, results.summary()],
    ["List: Friday", "2 tracks"],
  );
  app.source.idsOf = async (rows) => rows.map((row) => `id ${row}`);
  await view.side.drop({ id: "l-1", name: "Friday" }, { rows: [6] });
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
  const { table, of, answers, results } = browsing("q=b");
  answers[0].resolve({ count: 90 });
  await next();
  results.shown.value = null;
  results.find();
  answers.at(-1).resolve({ count: 90 });
  await next();
  globalThis.location = before;
  assert.deepEqual([table.current, of("scrolled")], [7, [252]]);
});
