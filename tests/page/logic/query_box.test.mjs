import assert from "node:assert/strict";
import { mock, test } from "node:test";
import "./in_node.mjs";
import "./fake_dom.mjs";

const { QueryBox } = await import("../../../map4/page/parts/query_box.js");
const { HeatMap } = await import("../../../map4/page/map/heat.js");

mock.timers.enable({ apis: ["setTimeout"] });
const settled = () => new Promise((resolve) => setImmediate(resolve));
function boxOf(matches, near = async () => null) {
  const asked = [],
    box = new QueryBox({
      matches,
      near,
      ask: (query) => asked.push(query),
      complete: async (text) => [{ text: `${text}s`, from: 0, to: text.length }],
    });
  document.activeElement = box.input;
  const type = (text) => {
    box.input.value = text;
    box.typed();
    mock.timers.tick(150);
    return settled();
  };
  return { box, asked, type };
}

test("a held query takes the problem of the previous one away and is announced once", async () => {
  const { box, asked, type } = boxOf(async () => false);
  box.tell("'abc' is no number");
  await type("bpm:999");
  assert.deepEqual([box.told.textContent, box.input.attributes["aria-invalid"]], ["", undefined]);
  assert.equal(box.held.textContent, "Nothing matches.");
  box.tell("'abc' is no number"); // the rows were loaded again
  assert.equal(box.told.textContent, "");
  const { written } = box.held;
  await type("bpm:9999");
  assert.equal(box.held.written, written);
  assert.deepEqual(asked, []);
});
test("the nearest query is offered for one without matches, while it is typed", async () => {
  const come = [],
    { box, asked, type } = boxOf(
      async () => false,
      () => new Promise((resolve) => come.push(resolve)),
    ),
    offered = [];
  box.put = (text) => (box.input.value = text);
  for (const text of ["huose", "huoses"]) await type(text);
  for (const answer of come) {
    answer("houses");
    await settled();
    offered.push(box.near.hidden ? "" : box.near.textContent);
  }
  assert.deepEqual(offered, ["", "Did you mean houses?"]);
  box.near.dispatchEvent(new Event("click"));
  assert.deepEqual([asked, box.near.hidden], [["houses"], true]);
});
test("a half-typed field is held without a word: nothing was searched", async () => {
  const { box, asked, type } = boxOf(async () => null);
  box.show("bpm:x");
  box.tell("'x' is no number");
  await type("genre:");
  box.tell("'x' is no number"); // the library changed
  assert.deepEqual([box.held.textContent, box.told.textContent, asked], ["", "", []]);
  box.ask(true);
  box.tell("a field without a value");
  assert.ok(box.told.textContent && box.input.attributes["aria-invalid"]);
});
test("another text in the box ends the count of the typed one; the same does not", async () => {
  let answer;
  const { box, asked, type } = boxOf(() => new Promise((resolve) => (answer = resolve)));
  await type("zzzq");
  box.show("");
  answer(false);
  await settled();
  assert.deepEqual([box.input.value, box.held.textContent], ["", ""]);
  await type("house");
  box.show("house");
  answer(true);
  await settled();
  assert.deepEqual(asked, ["house"]);
});
test("suggestions do not wait for the count, and end with the search", async () => {
  const { box, type } = boxOf(() => new Promise(() => {}));
  await type("hou");
  mock.timers.tick(30);
  await settled();
  assert.equal(box.list.hidden, false);
  box.close();
  await type("hous");
  box.ask(true);
  mock.timers.tick(30);
  await settled();
  assert.equal(box.list.hidden, true);
});
test("a cell of the heat map counts its tracks", () => {
  const bpm = [100.0, 101.9, 101.96, null, 103],
    map = new HeatMap({ keys: ["8A", "8B"], keyNames: ["Am", "C"] }, bpm, () => {});
  map.show({ key: [0, 0, 0, 0, 1], bpm });
  const [first, second] = map.rows.map((cells) => cells.slice(0, 2));
  assert.deepEqual(
    [...first, ...second].map((cell) => cell.textContent),
    ["2", "1", "", "1"],
  );
  assert.equal(first[0].attributes["aria-label"], "Am, 100 BPM: 2 tracks");
  assert.equal(first[1].attributes["aria-label"], "Am, 102 BPM: 1 track");
});
test("rows stay while a typed query matches nothing yet; Enter asks for it as it is", async () => {
  const found = ["house", "house bpm:120"],
    { box, asked, type } = boxOf(async (query) =>
      query.endsWith(":") ? null : found.includes(query),
    ),
    held = [];
  for (const text of ["house", "house bp", "house bpm:", "house bpm:12", "house bpm:120"]) {
    await type(text);
    held.push(box.held.textContent !== "");
  }
  assert.deepEqual(held, [false, true, false, true, false]);
  assert.deepEqual(asked, found);
  await type("house bpm:1200");
  box.key({ key: "Enter", preventDefault() {} });
  assert.deepEqual([box.held.textContent, asked.at(-1)], ["", "house bpm:1200"]);
});
test("suggestions are chosen by arrows; a field goes on to its values", async () => {
  const { box, asked, type } = boxOf(() => new Promise(() => {})),
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
    return box.at;
  };
  await type("g");
  mock.timers.tick(30);
  await settled();
  const places = [];
  for (const name of ["ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp", "ArrowUp"])
    places.push(await key(name));
  assert.deepEqual(places, [0, 1, -1, 1, 0]);
  await key("Enter");
  assert.deepEqual([put, asked, box.list.hidden], [["genre:"], [], false]);
  await key("Tab");
  assert.deepEqual([put.at(-1), asked], ["genre:deep ", ["genre:deep"]]);
});
