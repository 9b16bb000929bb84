import "./in_node.mjs";
import "./fake_dom.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { Toasts } from "../../../map4/page/parts/toasts.js";
import { Problem } from "../../../map4/page/source/problem.js";

const lost = () => new Problem("The server does not respond. Check that it is running.", 0),
  refused = () => new Problem("The rating is too high.", 422);

// Messages, and actions that fail as `server.failure` says.
function acting() {
  const toasts = Object.assign(new Toasts(), { wait() {} }),
    server = { failure: lost, done: [] };
  const act = (what) =>
    toasts.tried(async () => {
      const error = server.failure?.(what);
      if (error) throw error;
      server.done.push(what);
    }, what);
  return { toasts, server, act, toast: () => toasts.text.textContent };
}

test("actions without a response are named and can be tried again, in order", async () => {
  const { toasts, server, act, toast } = acting();
  await act("rating of A");
  assert.equal(toast(), "Not saved: rating of A. The server does not respond.");
  for (const what of ["B moved", "C removed", "D removed"]) await act(what);
  assert.match(toast(), /^Not saved: rating of A; B moved; C removed and 1 more\. /);
  assert.equal(toasts.again.hidden, false);
  server.failure = null;
  await toasts.tryAgain();
  assert.deepEqual(server.done, ["rating of A", "B moved", "C removed", "D removed"]);
  assert.equal(toasts.element.hidden, true);
});

test("refused actions are named together if the reason is the same", async () => {
  const { server, act, toast } = acting(),
    reasons = { A: "Too high.", B: "Too high.", C: "Too low." };
  server.failure = (what) => new Problem(reasons[what], 422);
  await act("A");
  await act("B");
  assert.equal(toast(), "Not saved: A; B. Too high.");
  await act("C");
  assert.equal(toast(), "Not saved: C. Too low.");
});

test("what follows a failure waits for it, and is given up if that is refused", async () => {
  for (const [failure, mayTry] of [
    [() => new Problem("Busy.", 503), true],
    [refused, false],
  ]) {
    const { toasts, server, act, toast } = acting();
    for (const what of ["A", "B", "C"]) await act(what);
    server.failure = (what) => what === "B" && failure();
    await toasts.tryAgain();
    assert.deepEqual(server.done, ["A"]);
    assert.equal(toast(), `Not saved: B; C. ${failure().message}`);
    assert.equal(toasts.again.hidden, !mayTry);
  }
});

test("the next message replaces a refused action, but not one that waits", async () => {
  const { toasts, server, act, toast } = acting();
  server.failure = refused;
  await act("rating of A");
  assert.deepEqual(
    [toast(), toasts.again.hidden],
    ["Not saved: rating of A. The rating is too high.", true],
  );
  server.failure = lost;
  await act("rating of B");
  toasts.say("Queued");
  assert.deepEqual([toast(), toasts.again.hidden], ["Queued", true]);
  toasts.hide();
  assert.equal(toast(), "Not saved: rating of B. The server does not respond.");
  assert.equal(toasts.again.hidden, false);
  toasts.giveUp();
  await act("");
  await act("");
  assert.deepEqual([toast(), toasts.unsaved.length], ["The server does not respond.", 1]);
});

test("what waits is sent before the next action, in order, with conflicts named", async () => {
  const { toasts, server, act, toast } = acting();
  for (const what of ["A", "B"]) await act(what);
  server.failure = null;
  await act("C");
  assert.deepEqual(server.done, ["A", "B", "C"]);
  server.failure = lost;
  for (const what of ["D", "E"]) await act(what);
  server.failure = (what) => what === "D" && new Problem("", 412);
  await toasts.tryAgain(); // the page is online again
  assert.match(toast(), /^Not saved: D; E\. Somebody else changed this list/);
  assert.equal(toasts.isWaiting, false);
});

test("an action whose parts are actions does not wait for itself", async () => {
  const { toasts, server, act } = acting();
  const whole = () => {
    if (server.failure) throw lost();
    return act("part");
  };
  await toasts.tried(whole, "whole");
  server.failure = null;
  const again = toasts.tryAgain();
  server.failure = (what) => what === "other" && lost();
  await Promise.all([act("other"), again]);
  assert.deepEqual(server.done, ["part"]);
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
    [lost, "Not saved: undo of B. The server does not respond.", "undo B"],
    [refused, "Not saved: undo of B. The rating is too high.", "undo A"],
  ]) {
    const { toasts, done, answer, next } = changed(),
      undone = toasts.undo();
    await next();
    answer.no(failure());
    await undone;
    assert.deepEqual([toasts.text.textContent, toasts.again.hidden], [toast, failure === refused]);
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
      shown.push(toasts.text.textContent);
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
  assert.equal(toasts.text.textContent, "Waiting for the last change…");
  stored();
  await undone;
  assert.equal(toasts.text.textContent, "Undone: one");
});
