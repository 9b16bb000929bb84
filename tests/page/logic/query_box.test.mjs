import assert from "node:assert/strict";
import { mock, test } from "node:test";
import "./in_node.mjs";
import "./fake_dom.mjs";

const { QueryBox } = await import("../../../map4/page/parts/query_box.js");
const { effect } = await import("../../../map4/page/parts/html.js");

mock.timers.enable({ apis: ["setTimeout"] });
const settled = () => new Promise((resolve) => setImmediate(resolve));
const invalid = ({ input }) => input.attributes["aria-invalid"];
function boxOf(judge) {
  const queries = [],
    box = new QueryBox({
      judge,
      ask: (query) => queries.push(query),
      complete: async (text) => [{ text: `${text}s`, from: 0, to: text.length }],
    });
  document.activeElement = box.input;
  const type = (text) => {
    box.input.value = text;
    box.typed();
    mock.timers.tick(150);
    return settled();
  };
  return { box, queries, type };
}

test("a held query takes the problem of the previous one away and is announced once", async () => {
  const { box, queries, type } = boxOf(async () => ({ count: 0 }));
  box.showProblem("'abc' is no number");
  await type("bpm:999");
  assert.deepEqual([box.problem.value, invalid(box)], ["", undefined]);
  assert.equal(box.held.value, "Nothing matches.");
  box.showProblem("'abc' is no number"); // the rows were loaded again
  assert.equal(box.problem.value, "");
  let announced = 0;
  effect(() => (void box.held.value, announced++));
  await type("bpm:9999");
  assert.equal(announced, 1);
  assert.deepEqual(queries, []);
});
test("the nearest query is offered for one without matches, while it is typed", async () => {
  const resolvers = [],
    { box, queries, type } = boxOf(() => new Promise((resolve) => resolvers.push(resolve))),
    offered = [];
  box.put = (text) => (box.input.value = text);
  for (const text of ["huose", "huoses"]) await type(text);
  for (const answer of resolvers) {
    answer({ count: 0, near: "houses" });
    await settled();
    offered.push(box.near.value ? `Did you mean ${box.near.value}?` : "");
  }
  assert.deepEqual(offered, ["", "Did you mean houses?"]);
  box.takeNear();
  assert.deepEqual([queries, !box.near.value], [["houses"], true]);
});
test("a query that can't be read keeps the rows, and its correction is offered", async () => {
  const problem = "there is no field 'gener'; did you mean genre:?",
    { box, queries, type } = boxOf(async () => ({ count: 0, near: "genre:house", problem }));
  await type("gener:house");
  assert.deepEqual(
    [box.held.value, box.near.value, queries],
    ["There is no field 'gener'", "genre:house", []],
  );
});
test("a half-typed field is held without a word: nothing was searched", async () => {
  const { box, queries, type } = boxOf(async () => null);
  box.show("bpm:x");
  box.showProblem("'x' is no number");
  await type("genre:");
  box.showProblem("'x' is no number"); // the library changed
  assert.deepEqual([box.held.value, box.problem.value, queries], ["", "", []]);
  box.ask(true);
  box.showProblem("a field without a value");
  await settled();
  assert.ok(box.problem.value && invalid(box));
});
test("a typed query has its own count until it is shown, none while it is half typed", async () => {
  const answers = {
      hosue: { count: 0 },
      "genre:": null,
      "bpm:1-2": { count: 0, problem: "wrong" },
    },
    { box, type } = boxOf(async (query) => (query in answers ? answers[query] : { count: 7 })),
    counts = [];
  for (const query of ["house", ...Object.keys(answers), "house"]) {
    await type(query);
    counts.push(box.typedCount.value);
  }
  assert.deepEqual(counts, [undefined, 0, null, 0, undefined]);
  box.ask(true);
  box.showProblem("'x' is no number");
  assert.equal(box.typedCount.value, 0);
  box.showProblem(null);
  assert.equal(box.typedCount.value, undefined);
});
test("another text in the box ends the count of the typed one; the same does not", async () => {
  let answer;
  const { box, queries, type } = boxOf(() => new Promise((resolve) => (answer = resolve)));
  await type("zzzq");
  box.show("");
  answer({ count: 0 });
  await settled();
  assert.deepEqual([box.input.value, box.held.value], ["", ""]);
  await type("house");
  box.show("house");
  answer({ count: 1 });
  await settled();
  assert.deepEqual(queries, ["house"]);
});
test("the number of a typed query is unknown until its answer comes", async () => {
  let answer;
  const { box, type } = boxOf(() => new Promise((resolve) => (answer = resolve)));
  for (const [count, known] of [
    [0, 0],
    [7, undefined],
  ]) {
    await type(`hosue ${count}`);
    assert.equal(box.typedCount.value, null);
    answer({ count });
    await settled();
    assert.equal(box.typedCount.value, known);
  }
});
test("suggestions do not wait for the count, and end with the search", async () => {
  const { box, type } = boxOf(() => new Promise(() => {}));
  await type("hou");
  mock.timers.tick(30);
  await settled();
  assert.equal(!box.offered.value.length, false);
  box.close();
  await type("hous");
  box.ask(true);
  mock.timers.tick(30);
  await settled();
  assert.equal(!box.offered.value.length, true);
});
test("rows stay while a typed query matches nothing yet; Enter asks for it as it is", async () => {
  const found = ["house", "house bpm:120"],
    { box, queries, type } = boxOf(async (query) =>
      query.endsWith(":") ? null : { count: found.includes(query) ? 1 : 0 },
    ),
    held = [];
  for (const text of ["house", "house bp", "house bpm:", "house bpm:12", "house bpm:120"]) {
    await type(text);
    held.push(box.held.value !== "");
  }
  assert.deepEqual(held, [false, true, false, true, false]);
  assert.deepEqual(queries, found);
  await type("house bpm:1200");
  box.key({ key: "Enter", preventDefault() {} });
  assert.deepEqual([box.held.value, queries.at(-1)], ["", "house bpm:1200"]);
});
test("suggestions are chosen by arrows; a field goes on to its values", async () => {
  const { box, queries, type } = boxOf(() => new Promise(() => {})),
    put = [],
    offers = { g: ["genre:", "key:"], "genre:": ["genre:deep", "genre:house"] };
  box.on.complete = async (text) =>
    (offers[text] ?? []).map((one) => ({ text: one, from: 0, to: text.length }));
  box.put = (text) => {
    put.push(text);
    box.input.value = text;
  };
  const key = async (name) => {
    box.key({ key: name, preventDefault() {} });
    await settled();
    return box.at.value;
  };
  await type("g");
  mock.timers.tick(30);
  await settled();
  const places = [];
  for (const name of ["ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp", "ArrowUp"])
    places.push(await key(name));
  assert.deepEqual(places, [0, 1, -1, 1, 0]);
  await key("Enter");
  assert.deepEqual([put, queries, !box.offered.value.length], [["genre:"], [], false]);
  await key("Tab");
  assert.deepEqual([put.at(-1), queries], ["genre:deep ", ["genre:deep"]]);
});
