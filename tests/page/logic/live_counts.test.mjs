import assert from "node:assert/strict";
import { test } from "node:test";
import "./in_node.mjs";
import { LiveCounts } from "../../../map4/page/parts/live_counts.js";

const next = () => new Promise((done) => setTimeout(done));

// Lists with elements, a server whose answers wait in `asked`, and what was shown.
function watching(count) {
  let seen;
  const unseen = [],
    requests = [],
    shown = [];
  globalThis.IntersectionObserver = class {
    constructor(call) {
      seen = call;
    }
    observe() {}
    unobserve(one) {
      unseen.push(one.id);
    }
  };
  const counts = new LiveCounts({
      get: (path) => new Promise((done, failed) => requests.push({ path, done, failed })),
    }),
    elements = Array.from({ length: count }, (_, id) => ({ id: `l${id}`, isConnected: true }));
  for (const one of elements)
    counts.watch(one.id, one, ({ tracks }) => shown.push(`${one.id}=${tracks}`));
  const scroll = (ids, isIntersecting = true) =>
    seen(ids.map((id) => ({ target: elements[id], isIntersecting })));
  return { elements, unseen, requests, shown, scroll };
}

test("only lists in sight are counted, a few at a time, each once", async () => {
  const { unseen, requests, shown, scroll } = watching(60);
  assert.equal(requests.length, 0);
  scroll([0, 1, 2, 3, 4, 5]);
  assert.deepEqual(
    requests.map(({ path }) => path),
    ["lists?id=l0&id=l1&id=l2&id=l3"],
  );
  scroll([4], false); // scrolled past
  scroll([59]);
  requests[0].done({ lists: [0, 1, 2, 3].map((n) => ({ id: `l${n}`, tracks: n + 10 })) });
  await next();
  assert.equal(requests[1].path, "lists?id=l5&id=l59");
  requests[1].done({ lists: [{ id: "l59", tracks: 1 }] });
  await next();
  assert.equal(requests.length, 2);
  assert.deepEqual(shown, ["l0=10", "l1=11", "l2=12", "l3=13", "l59=1"]);
  assert.deepEqual(unseen, ["l0", "l1", "l2", "l3", "l5", "l59"]);
});

test("a failed count stops none of the next, and what was drawn anew is not counted", async () => {
  const { elements, requests, shown, scroll } = watching(9);
  scroll([0]);
  elements[1].isConnected = false;
  scroll([1, 2]);
  requests[0].failed(new Error("no"));
  await next();
  assert.equal(requests[1].path, "lists?id=l2");
  requests[1].done({ lists: [{ id: "l2", tracks: 3 }] });
  await next();
  scroll([1]);
  await next();
  assert.deepEqual([requests.length, shown], [2, ["l2=3"]]);
});
