import "./in_node.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import "./fake_dom.mjs";
import { Toasts } from "../../../map4/page/parts/toasts.js";
import { Selection } from "../../../map4/page/parts/selection.js";
import { Problem } from "../../../map4/page/source/problem.js";
import { markTerm } from "../../../map4/page/parts/marks.js";
import { giveKey, markActs } from "../../../map4/page/parts/track_marks.js";
import { trackActs } from "../../../map4/search/page/track_acts.js";

test("the second key of a mark takes it off again, and the table shows each at once", async () => {
  const stored = { 7: "b", 9: null },
    shown = [],
    sent = [];
  let isRefused = false;
  const source = {
      find: async (_query, _sort, rows) => rows,
      idsOf: async (rows) => rows,
      columns: async (rows, [name]) => ({
        ids: rows,
        values: { [name]: rows.map((row) => stored[row]) },
      }),
    },
    server = {
      ask: async (_method, _path, { tracks, mark = [] }) => {
        if (isRefused) throw new Error("refused");
        sent.push(mark.length ? "mark" : "unmark");
        for (const row of tracks)
          stored[row] = mark.length ? (stored[row] ? "a; b" : "a") : row === "7" ? "b" : null;
        return { step: 1, changes: [] };
      },
    },
    refreshed = [],
    table = {
      patch: (id, { mark }) => shown.push([id, mark]),
      refresh: () => refreshed.push(stored[7]),
      title: (id) => `Track ${id}`,
    },
    toasts = Object.assign(new Toasts(), { wait() {} }),
    tried = (run, what) => toasts.tried(run, what),
    acts = trackActs({ app: { source, server, tried, say: () => {} }, table }, () => true);
  await Promise.all([acts.mark([7, 9], "a"), acts.mark([7, 9], "a")]);
  assert.deepEqual(sent, ["mark", "unmark"]);
  assert.deepEqual(shown, [
    [7, "a; b"],
    [9, "a"],
    [7, "b"],
    [9, null],
  ]);
  isRefused = true;
  const many = refreshed.length;
  await acts.mark([7], "a");
  assert.equal(toasts.shown.value.text, "Not saved: mark a of Track 7. refused");
  assert.equal(refreshed.length, many + 1);
});

// Rates a track without a server, and sends it when the library has `stored`.
async function ratedOffline(stored) {
  const sent = [],
    shown = [],
    source = {
      idsOf: async (rows) => {
        if (isOffline) throw new Problem("The server does not respond. Try again.", 0);
        return rows.map(String);
      },
      find: async (_query, _sort, rows) => rows,
      columns: async (rows) => {
        if (isOffline) throw new Problem("The server does not respond. Try again.", 0);
        return { ids: rows, values: { rating: [stored] } };
      },
    },
    server = {
      may: () => true,
      ask: async (_method, _path, { tracks, ...values }) => {
        sent.push([tracks, values]);
        return { step: null, changes: [] };
      },
    },
    toasts = Object.assign(new Toasts(), { wait() {} }),
    selection = new Selection(),
    app = { source, server, selection, say() {}, tried: (...how) => toasts.tried(...how) },
    table = {
      patch(id, { rating }) {
        shown.push([id, rating]);
        return { rating: null };
      },
      refresh: () => shown.push("stored"),
      title: () => "Song",
    },
    acts = trackActs({ app, table }, () => true),
    act = (name) => acts.acts().find((one) => one.name === name);
  let isOffline = true;
  selection.set([7]);
  await act("stars-5").run();
  assert.equal(
    toasts.shown.value.text,
    "Not saved yet: rating of Song. The server does not respond.",
  );
  await act("half").run();
  selection.set([8, 9]);
  isOffline = false;
  await toasts.waiting.replay();
  return { sent, shown, toast: () => toasts.shown.value.text };
}

test("a rating without a response is sent later, for the same tracks", async () => {
  for (const stored of [null, 5]) {
    const { sent, shown } = await ratedOffline(stored);
    assert.deepEqual(sent, [
      [["7"], { rating: 5 }],
      [["7"], { factor: 0.5 }],
    ]);
    assert.deepEqual(shown, [[7, 5], [7, 5], [7, 5], "stored"]);
  }
});

test("a rating that somebody else has changed meanwhile is not overwritten", async () => {
  const { sent, shown, toast } = await ratedOffline(2);
  assert.deepEqual(sent, [[["7"], { factor: 0.5 }]]);
  assert.equal(toast(), "Changed elsewhere: rating of Song: ★★, yours ★★★★★.");
  assert.equal(shown[2], "stored");
});

test("acts wait for the selection, and name its query while it matches only it", async () => {
  for (const isChanged of [false, true]) {
    const sent = [],
      selection = new Selection(),
      of = { q: "house", sort: "bpm", state: "s1" },
      server = {
        may: () => true,
        ask: async (_method, _path, body) => {
          sent.push(body);
          if (isChanged && body.q) throw new Problem("", 412);
          return { step: null, changes: [] };
        },
      },
      source = { idsOf: async (rows) => rows.map(String) },
      added = [],
      app = { source, server, selection, say() {}, tried: (run) => run() },
      table = { currentId: 1, patch: () => ({}), title: () => "", refresh() {} },
      acts = trackActs({ app, table }, () => true).acts(),
      act = (name) => acts.find((one) => one.name === name);
    app.set = { add: (...what) => added.push(what) };
    let loaded;
    const isLoaded = selection.load(3, new Promise((done) => (loaded = done))),
      done = ["stars-4", "into-set"].map((name) => act(name).run());
    assert.deepEqual([selection.count, act("similar").when(), sent.length], [3, false, 0]);
    selection.set([1]); // another selection does not end what waits
    loaded([5, 6, 7]);
    await Promise.all([isLoaded, ...done]);
    assert.deepEqual(sent, [{ tracks: ["5", "6", "7"], rating: 4 }]);
    assert.deepEqual([added, [...selection.rows]], [[[[5, 6, 7], "3 tracks"]], [1]]);
    sent.length = 0;
    await selection.load(2, Promise.resolve([8, 9]), of);
    await act("double").run();
    const named = { tracks: ["8", "9"], factor: 2 };
    assert.deepEqual(sent, [{ ...of, factor: 2 }, ...(isChanged ? [named] : [])]);
    const failed = selection.load(9, Promise.reject(new Problem("", 0))),
      refused = act("stars-1").run();
    await assert.rejects(failed);
    await assert.rejects(refused, /^Error: Not done: the tracks could not be selected\.$/);
    assert.deepEqual([selection.waiting.value, [...selection.rows]], [null, [8, 9]]);
  }
});

test("a free key is not on the key sheet, and goes to a mark, set if it is new", async () => {
  const done = [],
    app = {
      marks: {
        all: [{ name: "peak" }],
        of: (key) => (key === 1 ? { name: "peak" } : null),
        color: (name) => (name === "peak" ? "#123456" : null),
      },
      server: { ask: async (...what) => done.push(what) },
    },
    mark = async (name) => done.push(name),
    acts = markActs(app, "", () => true, mark);
  acts.find(({ key }) => key === "M 1").run();
  assert.deepEqual(
    acts.filter(({ isSpare }) => !isSpare()).map(({ title }) => title),
    ["peak"],
  );
  await giveKey(app, 2, "peak", mark);
  await giveKey(app, 9, "new", mark);
  const peak = ["PATCH", "marks", { mark: "peak", key: 2, color: "#123456" }];
  assert.deepEqual(done, ["peak", peak, "new", ["PATCH", "marks", { mark: "new", key: 9 }]]);
  assert.equal(markTerm('a "b" \\'), 'mark:="a \\"b\\" \\\\"');
});

test("a search is copied as it is shown; what was done can be undone and redone", async () => {
  const messages = [],
    sent = [],
    copied = [],
    selection = new Selection(),
    { navigator: before } = globalThis,
    clipboard = { writeText: async (text) => copied.push(text) };
  selection.set([]);
  Object.defineProperty(globalThis, "navigator", { value: { clipboard }, configurable: true });
  const app = {
      selection,
      server: { ask: async (...what) => (sent.push(what), { step: 8, changes: [] }) },
      say: (text, undo) => messages.push([text, undo]),
    },
    table = { refresh() {} },
    view = { app, table, query: () => "house" },
    acts = trackActs(view, () => true);
  await acts.copy();
  Object.defineProperty(globalThis, "navigator", { value: before, configurable: true });
  assert.deepEqual(copied, ["map4 search house"]);
  assert.equal(messages[0][0], "Copied: map4 search house");
  const change = { path: "/m/a.mp3", problem: "read-only" };
  acts.done({ step: null, changes: [] }, "★: 1 track");
  acts.done({ step: 7, changes: [change, { problem: null }] }, "Set genre: 2 tracks");
  assert.deepEqual(
    messages.slice(1).map(([text]) => text),
    ["★: 1 track: no change", "Set genre: 2 tracks; 1 not changed: a.mp3: read-only"],
  );
  await messages[2][1].undo();
  await messages[2][1].redo();
  assert.deepEqual(
    sent.map(([, path]) => path),
    ["changes/7/undo", "changes/8/undo"],
  );
});
