import assert from "node:assert/strict";
import { test } from "node:test";
import "./in_node.mjs";
import { Problem } from "../../../map4/page/source/problem.js";
import { ServedSource } from "../../../map4/page/source/served.js";

const COUNT = 4500,
  TABLE = [
    { name: "title", kind: "text" },
    { name: "bpm", kind: "number" },
  ];

// A source of a server whose track n has the row 10 n; `asked` has the routes and bodies.
function served() {
  globalThis.document = { ...globalThis.document, getElementById: () => null };
  const requests = [],
    columnsOf = (fields, rows) =>
      Object.fromEntries(
        fields
          .filter(Boolean)
          .map((name) => [
            name,
            rows.map((row) => (name === "cover" && row % 20 === 0 ? null : `${name} ${row}`)),
          ]),
      ),
    server = { changes: 0 };
  server.get = async (path) => {
    requests.push(path);
    if (path.startsWith("columns/place")) return { place: 7 };
    const params = new URL(path, "http://a").searchParams,
      [from, to] = ["from", "to"].map((name) => Number(params.get(name)));
    if (params.get("q") === "bpm:x") throw new Problem("'x' is no number", 400);
    const rows = Array.from(
      { length: Math.max(0, Math.min(to, COUNT) - from) },
      (_, i) => 10 * (from + i),
    );
    return {
      state: "s",
      count: COUNT,
      from,
      rows,
      columns: columnsOf((params.get("fields") ?? "").split(","), rows),
    };
  };
  server.query = async (path, body) => {
    requests.push({ path, ...body });
    const rows = body.ids?.map((id) => Number(id.slice(3))) ?? body.rows;
    return { state: "s", count: rows.length, from: 0, rows, columns: columnsOf(body.fields, rows) };
  };
  return { server, requests, source: new ServedSource(server, { has: [], table: TABLE }) };
}

test("rows of a result are asked for in parts, and have their places as numbers", async () => {
  const { source, requests } = served(),
    all = await source.find("", { field: "title", descending: true }),
    { ids, values } = await source.columns(all, ["title", "number", "cover"], 100, 4300);
  assert.deepEqual([all.count, ids.length, ids[0]], [COUNT, 4200, 1000]);
  assert.deepEqual(
    [values.title[0], values.number[0], values.number.at(-1)],
    ["title 1000", 101, 4300],
  );
  assert.equal(values.cover[0], null); // nothing to ask for
  assert.match(values.cover[1], /tracks\/id%201010\/cover/);
  assert.equal(source.id(1010), "id 1010");
  const parts = requests.slice(1).map((path) => new URL(path, "http://a").searchParams);
  assert.deepEqual(
    parts.map(
      (one) => `${one.get("from")}-${one.get("to")} ${one.get("sort")} ${one.get("fields")}`,
    ),
    ["100-2100", "2100-4100", "4100-4300"].map((range) => `${range} title- title,cover,id,file`),
  );
});

test("ids and places of drawn rows need no request", async () => {
  const { source, requests } = served(),
    found = await source.find("");
  await source.columns(found, ["title"], 0, 30);
  const same = await source.find("");
  requests.length = 0;
  assert.deepEqual(await source.idsOf([20, 10], "file"), ["file 20", "file 10"]);
  assert.equal(await source.place(same, 990), 99);
  assert.deepEqual(requests, []);
  assert.deepEqual(await source.idsOf([20, 9000], "file"), ["file 20", "file 9000"]);
  assert.equal(requests.length, 2);
});

test("the first rows come with a query, and are asked for again after a change", async () => {
  const { source, server, requests } = served();
  await source.columns(await source.find("a"), ["title"], 0, 20);
  const found = await source.find("b");
  requests.length = 0;
  assert.deepEqual((await source.columns(found, ["title"], 10, 12)).values.title, [
    "title 100",
    "title 110",
  ]);
  assert.deepEqual(requests, []);
  server.changes++;
  await source.columns(found, ["title"], 10, 12);
  assert.equal(requests.length, 1);
});

test("a repeated query brings the rows in sight, their values and their places", async () => {
  const { source, server, requests } = served();
  await source.columns(await source.find("a"), ["title"], 0, 20);
  server.changes++;
  requests.length = 0;
  const found = await source.find("a", null, null, [4000, 4200]),
    { ids, values } = await source.columns(found, ["title"], 4100, 4200);
  assert.deepEqual([ids[0], values.title[0]], [41_000, "title 41000"]);
  assert.deepEqual([await source.place(found, 41_990), found.count], [4199, COUNT]);
  assert.deepEqual(await source.idsOf([41_990], "file"), ["file 41990"]);
  assert.equal(requests.length, 1);
  await source.columns(found, ["title"], 0, 20);
  assert.equal(requests.length, 2);
});

test("named tracks keep their order, and equal questions are asked once", async () => {
  const { source, requests } = served(),
    named = await source.named(["id 20", "id 5"]);
  assert.deepEqual((await source.columns(named, ["title"])).values.title, ["title 20", "title 5"]);
  await assert.rejects(source.find("bpm:x"), { meaning: "wrong" });
  requests.length = 0;
  await Promise.all(["a", "a", "b"].map((query) => source.judge(query)));
  assert.equal(requests.length, 2);
});

test("letters lead into an order by text only, a track to its place in any result", async () => {
  const { source, requests } = served(),
    [title, bpm] = await Promise.all(
      ["title", "bpm"].map((field) => source.find("x", { field, descending: false })),
    ),
    named = await source.named(["id 20", "id 5"]);
  requests.length = 0;
  assert.deepEqual([await source.where(bpm, "m"), await source.where(named, "m")], [-1, -1]);
  assert.deepEqual([await source.place(named, 5), await source.place(named, 6)], [1, -1]);
  assert.deepEqual(requests, []);
  assert.deepEqual([await source.where(title, "m"), await source.place(bpm, 20)], [7, 7]);
  assert.deepEqual(requests, [
    "columns/place?q=x&sort=title&text=m",
    "columns/place?q=x&sort=bpm&row=20",
  ]);
});
