import "./in_node.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { Acts, actsIn } from "../../../map4/page/parts/acts.js";

test("a key that ran its own act does not begin a sequence", () => {
  globalThis.document = { ...globalThis.document, querySelector: () => null };
  const acts = new Acts(),
    ran = [],
    own = { isThere: true },
    act = (name, key, when = null) => actsIn()(name, name, key, when, () => ran.push(name)),
    press = (key) => acts.onKey({ key, target: {}, preventDefault: () => {} });
  acts.add([act("hear", "h", () => own.isThere), act("hot", "h 1"), act("star", "1")]);
  for (const key of ["h", "1"]) press(key);
  own.isThere = false;
  for (const key of ["h", "1", "1"]) press(key);
  assert.deepEqual(ran, ["hear", "star", "hot", "star"]);
});

test("keys run alone, with modifiers or in sequence, but not where one types", () => {
  globalThis.document = { ...globalThis.document, querySelector: () => null };
  const acts = new Acts(),
    ran = [],
    may = { mark: true },
    act = ([name, key, when = null]) => actsIn()(name, name, key, when, () => ran.push(name)),
    button = { closest: () => null },
    field = { closest: () => field };
  acts.add(
    [
      ["go", "g b"],
      ["cue", "b"],
      ["undo", "Ctrl+z"],
      ["redo", "Ctrl+Shift+z"],
      ["may", "m", () => may.mark],
      ["up", "Alt+ArrowUp"],
      ["three", "3"],
      ["mark", "M 1"],
    ].map(act),
  );
  const press = (key, { target = button, ...held } = {}) =>
      acts.onKey({ key, target, ...held, preventDefault: () => {} }),
    ctrlKey = true;
  for (const key of ["b", "g", "b", "b"]) press(key);
  press("z", { ctrlKey });
  press("Z", { ctrlKey, shiftKey: true });
  press("ArrowUp", { altKey: true });
  for (const key of ["m", "M", "3", "g", "3", "3", "M", "Shift", "1"]) press(key);
  may.mark = false;
  press("m");
  press("b", { target: field });
  press("b", { target: button });
  assert.deepEqual(ran, "cue go cue undo redo up may three mark cue".split(" "));
});

test("keys of one letter can be switched off, but not the others", () => {
  globalThis.document = { ...globalThis.document, querySelector: () => null };
  const { localStorage: before } = globalThis;
  globalThis.localStorage = { getItem: () => "off" };
  const acts = new Acts(),
    ran = [],
    act = (name, key) => actsIn()(name, name, key, null, () => ran.push(name));
  acts.add([act("sheet", "?"), act("undo", "Ctrl+z"), act("up", "ArrowUp")]);
  const press = (event) => acts.onKey({ target: {}, preventDefault: () => {}, ...event });
  press({ key: "?" });
  press({ key: "z", ctrlKey: true });
  press({ key: "ArrowUp" });
  globalThis.localStorage = before;
  press({ key: "?" });
  assert.deepEqual(ran, ["undo", "up", "sheet"]);
});

test("Enter and Space press a focused button, Escape or a key closes a menu", () => {
  const menu = { hidePopover: () => ran.push("closed") },
    acts = new Acts(),
    ran = [],
    button = { closest: (what) => what.split(",").includes("button") || null },
    press = (key, target = {}) =>
      acts.onKey({ key, target, preventDefault: () => ran.push(`took ${key}`) });
  globalThis.document = { ...globalThis.document, querySelector: () => null };
  acts.add(
    ["Enter", " ", "Escape", "o"].map((key) =>
      actsIn()(key, key, key, null, () => ran.push(`ran ${key}`)),
    ),
  );
  for (const key of ["Enter", " "]) press(key, button);
  assert.deepEqual(ran, []);
  document.querySelector = (what) => (what.startsWith("dialog") ? null : menu);
  press("Escape");
  assert.deepEqual(ran, []);
  press("o", button);
  assert.deepEqual(ran, ["took o", "closed", "ran o"]);
});
