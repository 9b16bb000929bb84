import "./in_node.mjs";
import "./fake_dom.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { setRows } from "../../../map4/lists/page/set_rows.js";
import { Acts } from "../../../map4/page/parts/acts.js";
import { chosenJoint } from "../../../map4/lists/page/joint_tools.js";

test("a joint that stays as it is is not sent, and a change shows at once", async () => {
  const plan = {
    leave: { at_s: 100, until_s: 116 },
    enter: { at_s: 8, until_s: 24 },
    ...{ beats: 32, bars: 8, bpm: 120, lasts_s: 16, speed: 1, kind: "fade" },
    bass_swap: { at_s: 108 },
  };
  const sent = [],
    set = {
      places: [
        { key: "a", id: "1", pick: {} },
        { key: "b", id: "2", pick: { transition: { plan } } },
      ],
      do: async (op) => void sent.push(op),
    },
    chosen = chosenJoint({}, set);
  chosen.choose("b");
  await chosen.change({ kind: "fade" });
  await chosen.change({ bars: 8 });
  assert.deepEqual(sent, []);
  const change = chosen.change({ bars: 16 });
  assert.equal(chosen.plan.lasts_s, 32);
  await change;
  assert.deepEqual(sent, [{ op: "joint", at: 2, bars: 16 }]);
});

test("a click on a transition beside another view opens it in the set's own view", () => {
  globalThis.location = { pathname: "/" };
  globalThis.CSS = { escape: (text) => text };
  const places = ["a", "b"].map((key) => ({ key, id: key, row: null, title: key, pick: null })),
    set = { id: "l-1", isFree: true, places, storedKeys: new Set(), changed: { subscribe() {} } },
    addresses = [],
    app = { acts: new Acts(), go: (address) => addresses.push(address), source: {} };
  set.shown = set;
  const rows = setRows(app, set),
    list = rows.element.querySelector("ol"),
    line = list.children[1].querySelector("span");
  list.isConnected = true;
  line.dispatchEvent(new Event("click"));
  assert.deepEqual([addresses, rows.joint.key], [["lists/l-1"], "b"]);
});
