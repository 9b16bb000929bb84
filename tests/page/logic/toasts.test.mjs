import "./in_node.mjs";
import "./fake_dom.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { Toasts } from "../../../map4/page/parts/toasts.js";
import { unsaved } from "../../../map4/page/parts/waiting.js";
import { Problem } from "../../../map4/page/source/problem.js";

const lost = () => new Problem("The server does not respond. Check that it is running.", 0),
  refused = () => new Problem("The rating is too high.", 422);

// Messages, and actions that fail as `server.failure` says.
function acting() {
  const toasts = Object.assign(new Toasts(), { wait() {} }),
    { waiting } = toasts,
    server = { failure: lost, done: [] };
  const act = (what, value) =>
    toasts.tried(
      async () => {
        const error = server.failure?.(what);
        if (error) throw error;
        server.done.push(what);
      },
      what,
      value,
    );
  const toast = () => [toasts.shown.value.text, toasts.shown.value.act?.title];
  return { toasts, waiting, server, act, toast, names: () => waiting.acts.value.map(whatOf) };
}
const whatOf = ({ what }) => what;

test("changes without a response wait, and are sent in order with those after them", async () => {
  const { waiting, server, act, toast, names } = acting();
  await act("A");
  assert.deepEqual(toast(), ["Not saved yet: A. The server does not respond.", "Try again"]);
  for (const what of ["B", "C"]) await act(what);
  assert.deepEqual([names(), server.done], [["A", "B", "C"], []]);
  server.failure = null;
  await act("D");
  assert.deepEqual([names(), server.done], [[], ["A", "B", "C", "D"]]);
  await waiting.replay();
  assert.equal(server.done.length, 4);
});

test("one message has the number of waiting changes that are saved together", async () => {
  for (const [names, text] of [
    [["rating of A", "rating of B", "rating of C"], "3 ratings saved"],
    [["rating of A", "mark x of B"], "2 changes saved"],
    [["rating of A"], ""],
  ]) {
    const { waiting, server, act, toast } = acting();
    for (const what of names) await act(what);
    server.failure = null;
    await waiting.replay();
    assert.deepEqual(toast(), [text, undefined]);
  }
});

test("a change made while others are sent goes behind them", async () => {
  const { waiting, server, act } = acting();
  for (const what of ["A", "B"]) await act(what);
  let during;
  server.failure = (what) => {
    if (what === "A") during = act("C");
  };
  await waiting.replay();
  await during;
  assert.deepEqual(server.done, ["A", "B", "C"]);
});

test("a change without an answer for seconds waits, and later ones go behind it", async () => {
  const { toasts, server, act, names } = acting();
  const later = globalThis.setTimeout;
  let answer, late;
  server.failure = null;
  globalThis.setTimeout = (call) => (late = call);
  const slow = toasts.tried(() => new Promise((done) => (answer = done)), "A");
  globalThis.setTimeout = later;
  late();
  assert.deepEqual(names(), ["A"]);
  const next = act("B");
  assert.deepEqual([names(), server.done], [["A", "B"], []]);
  answer();
  await Promise.all([slow, next]);
  assert.deepEqual([names(), server.done], [[], ["B"]]);
});

test("a refused change is named with others of its reason; those behind it are sent", async () => {
  const { waiting, server, act, toast, names } = acting(),
    reasons = { A: "Too high.", C: "Too high.", D: "Too low." };
  for (const what of ["A", "B", "C", "D"]) await act(what);
  server.failure = (what) => reasons[what] && new Problem(reasons[what], 422);
  await waiting.replay();
  assert.deepEqual(toast(), ["Not saved: D. Too low.", undefined]);
  await act("A");
  await act("C");
  assert.deepEqual(toast(), ["Not saved: A; C. Too high.", undefined]);
  assert.deepEqual([names(), server.done], [[], ["B"]]);
});

test("what changes nothing does not wait, and can be run again from its message", async () => {
  const { toasts, server, act, toast, names } = acting();
  await act("");
  assert.deepEqual([toast(), names()], [["The server does not respond.", "Try again"], []]);
  server.failure = null;
  await toasts.shown.value.act.run();
  assert.deepEqual(server.done, [""]);
});

// A rating of row 7 that waits, as the source has it by then.
async function rated(theirs) {
  const acts = acting(),
    dropped = [],
    value = { rows: [7], values: { rating: 4 }, mine: "★★★★", theirs: async () => theirs };
  await acts.act("rating of A", { ...value, dropped: () => dropped.push("A") });
  assert.deepEqual([...unsaved.value], [[7, { rating: 4 }]]);
  acts.server.failure = null;
  await acts.waiting.replay();
  assert.equal(unsaved.value.size, 0);
  return { ...acts, dropped };
}

test("a waiting rating is sent if nobody has changed it meanwhile", async () => {
  const { waiting, server } = await rated(null);
  assert.deepEqual([server.done, waiting.conflicts.value], [["rating of A"], []]);
});

test("a waiting rating that was changed elsewhere is a conflict with both values", async () => {
  for (const isMine of [true, false]) {
    const { waiting, server, toast, dropped } = await rated("★★"),
      [conflict] = waiting.conflicts.value;
    assert.deepEqual(toast(), ["Changed elsewhere: rating of A: ★★, yours ★★★★.", "Choose"]);
    assert.deepEqual([server.done, dropped, conflict.theirs], [[], ["A"], "★★"]);
    waiting.settle(conflict, isMine);
    await new Promise((later) => setTimeout(later));
    assert.deepEqual([server.done, waiting.conflicts.value], [isMine ? ["rating of A"] : [], []]);
  }
});

test("a discarded rating is not sent; rows show the stored one", async () => {
  const { waiting, act, names, server } = acting(),
    dropped = [];
  await act("A", { rows: [7], values: { rating: 4 }, dropped: () => dropped.push(7) });
  waiting.discard(waiting.acts.value[0]);
  server.failure = null;
  await waiting.replay();
  assert.deepEqual([names(), dropped, unsaved.value.size, server.done], [[], [7], 0, []]);
});

// Two changes with undo and redo, of which the undo of the second waits for `answer`.
function changed() {
  const toasts = Object.assign(new Toasts(), { wait() {} }),
    done = [],
    change = (name) =>
      toasts.say(name, {
        undo: async () => {
          done.push(`undo ${name}`);
          if (name === "B") await new Promise((yes, no) => Object.assign(answer, { yes, no }));
        },
        redo: async () => done.push(`redo ${name}`),
      }),
    answer = {};
  for (const name of ["A", "B"]) change(name);
  return { toasts, done, change, answer, next: () => new Promise((later) => setTimeout(later)) };
}

test("a change during an undo is undone before the change below, and nothing twice", async () => {
  const { toasts, done, change, answer, next } = changed(),
    undone = toasts.undo();
  await next();
  change("C");
  answer.yes();
  await undone;
  await toasts.redo();
  for (const _ of ["C", "A", "none"]) await toasts.undo();
  assert.deepEqual(done, ["undo B", "undo C", "undo A"]);
  await toasts.redo();
  assert.equal(done.at(-1), "redo A");
});

test("an undo without a response can be tried again, and a refused undo is given up", async () => {
  for (const [failure, toast, then] of [
    [lost, "Not saved yet: undo of B. The server does not respond.", "undo B"],
    [refused, "Not saved: undo of B. The rating is too high.", "undo A"],
  ]) {
    const { toasts, done, answer, next } = changed(),
      undone = toasts.undo();
    await next();
    answer.no(failure());
    await undone;
    assert.equal(toasts.shown.value.text, toast);
    toasts.undo();
    await next();
    assert.deepEqual(done, ["undo B", then]);
  }
});

test("changes are undone newest first and redone, until another change is made", async () => {
  const toasts = Object.assign(new Toasts(), { wait() {} }),
    done = [],
    shown = [],
    log = (sign, name) => async () => done.push(sign + name),
    say = (name) => toasts.say(name, { undo: log("-", name), redo: log("+", name) });
  const run = async (...steps) => {
    for (const step of steps) {
      await toasts[step]();
      shown.push(toasts.shown.value.text);
    }
  };
  say("one");
  say("two");
  await run("undo", "undo", "undo", "redo");
  say("three");
  await run("redo", "undo", "undo");
  assert.deepEqual(done, ["-two", "-one", "+one", "-three", "-one"]);
  assert.deepEqual(shown, [
    ...["Undone: two", "Undone: one", "Nothing to undo.", "Redone: one"],
    ...["Nothing to redo.", "Undone: three", "Undone: one"],
  ]);
});

test("an undo behind a slow change says that it waits", async () => {
  let stored;
  const slow = new Promise((done) => (stored = done)),
    toasts = Object.assign(new Toasts(() => slow), { wait() {} }),
    later = globalThis.setTimeout;
  toasts.say("one", { undo: async () => {} });
  globalThis.setTimeout = (call) => later(call); // at once
  const undone = toasts.undo();
  await new Promise((done) => later(done, 20));
  globalThis.setTimeout = later;
  assert.equal(toasts.shown.value.text, "Waiting for the last change…");
  stored();
  await undone;
  assert.equal(toasts.shown.value.text, "Undone: one");
});
