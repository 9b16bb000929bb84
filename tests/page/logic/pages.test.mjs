import assert from "node:assert/strict";
import { test } from "node:test";
import "./in_node.mjs";
import { Pages } from "../../../map4/page/parts/pages.js";

const next = () => new Promise((done) => setTimeout(done));

// A million rows, of which each answer waits in `asked`.
function scrolled() {
  const requests = [],
    events = [],
    source = {
      columns: (_found, _names, from, to) =>
        new Promise((done, failed) =>
          requests.push({
            from,
            answer: (state = "one") => done({ state, from, to }),
            fail: failed,
          }),
        ),
    },
    on = {
      arrived: () => events.push("came"),
      changed: () => events.push("changed"),
      failed: () => events.push("failed"),
    };
  const pages = new Pages(source, { state: "one", count: 1_000_000 }, [], on);
  return { pages, requests, events };
}

test("rows passed by are not asked for, and the ones in sight do not wait for others", async () => {
  const { pages, requests } = scrolled();
  for (let place = 10_000; place <= 500_000; place += 10_000) pages.want(place, place + 20);
  assert.deepEqual(
    requests.map(({ from }) => from),
    [10_000, 20_000],
  );
  assert.equal(pages.row(500_010), null);
  requests[1].answer();
  await next();
  assert.deepEqual([requests[2].from, pages.isThere], [500_000, false]);
  requests[2].answer();
  await next();
  assert.deepEqual([pages.isThere, pages.row(500_010)[1]], [true, 10]);
  requests[0].answer();
  await next();
  assert.deepEqual([requests.length, pages.row(500_010)[0].from], [3, 500_000]);
});

test("rows of another state of the library end the pages: the query is run again", async () => {
  const { pages, requests, events } = scrolled();
  pages.want(0, 20);
  requests[0].answer("two");
  await next();
  pages.want(200, 220);
  assert.deepEqual([events, requests.length, pages.row(0)], [["changed"], 1, null]);
  const other = scrolled();
  other.pages.want(0, 20);
  other.requests[0].fail(new Error("no"));
  await next();
  assert.deepEqual(other.events, ["failed"]);
});
