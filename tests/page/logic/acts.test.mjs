import "./in_node.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { Acts, actsIn } from "../../../map4/page/parts/acts.js";

test("a key that ran its own act does not begin a sequence", () => {
  globalThis.document = { querySelector: () => null };
  const acts = new Acts(),
    ran = [],
    own = { isThere: true },
    act = (name, key, when = null) => actsIn()(name, name, key, when, () => ran.push(name)),
    press = (key) => acts.heard({ key, target: {}, preventDefault: () => {} });
  acts.add([act("hear", "h", () => own.isThere), act("hot", "h 1"), act("star", "1")]);
  for (const key of ["h", "1"]) press(key);
  own.isThere = false;
  for (const key of ["h", "1", "1"]) press(key);
  assert.deepEqual(ran, ["hear", "star", "hot", "star"]);
});
