import assert from "node:assert/strict";
import { test } from "node:test";
import "./in_node.mjs";

globalThis.location ??= { hash: "" };
globalThis.sessionStorage ??= { getItem: () => null };
const { Server } = await import("../../../map4/page/source/server.js");

const ANN = { account: { id: 1 }, csrf: "old" };

// A page of Ann, and a server that takes one token. Its answers come when they are let go.
function wired(token) {
  const pending = [],
    wire = { token, logIn: null };
  globalThis.fetch = (url, { headers }) =>
    new Promise((done) => {
      const answer = (status, body) => done(new Response(JSON.stringify(body), { status })),
        sent = headers["X-CSRF-Token"];
      const go = () => {
        if (!wire.token) answer(401, {});
        else if (url.endsWith("session")) answer(200, { ...ANN, csrf: wire.token });
        else if (sent === wire.token && !url.endsWith("forbidden")) answer(200, { token: sent });
        else answer(403, { detail: "no" });
      };
      pending.push({ url, go });
    });
  const server = new Server(() => new Promise((done) => (wire.logIn = done)));
  server.me = ANN;
  const go = async (...paths) => {
    for (const path of paths) {
      const at = pending.findIndex(({ url }) => url.endsWith(path));
      pending.splice(at, 1)[0].go();
      await new Promise((done) => setTimeout(done));
    }
  };
  return { server, wire, go };
}

test("changes wait for the session or log-in, and are sent again with its token", async () => {
  for (const token of ["new", null]) {
    const { server, wire, go } = wired(token),
      all = ["first", "late"].map((path) => server.ask("PUT", path, {}));
    await go("first");
    all.push(server.ask("PUT", "during", {})); // the session is being asked for
    await go("session", "during");
    if (!token) {
      await go("session");
      server.me = { ...ANN, csrf: (wire.token = "new") };
      wire.logIn(true);
    }
    await go("late", "first", "during", "late");
    assert.deepEqual(
      (await Promise.all(all)).map((answer) => answer.token),
      ["new", "new", "new"],
    );
  }
});

test("a change that is not allowed asks for no log-in", async () => {
  const { server, wire, go } = wired("old"),
    requests = server.ask("PUT", "forbidden", {});
  requests.catch(() => {});
  await go("forbidden", "session");
  await assert.rejects(requests, { message: "No." });
  assert.equal(wire.logIn, null);
});

test("a log-in that fails says why, and when it can be tried again", async () => {
  const answers = {
    401: [{ detail: "the name or the password is wrong" }, "The name or the password is wrong."],
    429: [
      { detail: "too many wrong log-ins; wait" },
      "Too many wrong log-ins. Try again in 14 minutes.",
    ],
    502: ["<html>", "The server can't respond now (502). Try again later."],
  };
  const server = new Server(async () => false);
  for (const [status, [body, message]] of Object.entries(answers)) {
    const headers = status === "429" ? { "Retry-After": "840" } : {};
    globalThis.fetch = async () => new Response(JSON.stringify(body), { status, headers });
    await assert.rejects(server.logIn("Ann", "x"), { message, status: Number(status) });
  }
  globalThis.fetch = async () => {
    throw new Error("refused");
  };
  await assert.rejects(server.logIn("Ann", "x"), {
    message: "The server does not respond. Check that it is running and try again.",
    status: 0,
    isLost: true,
  });
  globalThis.fetch = async () => new Response(JSON.stringify({ account: { name: "Ann" } }));
  await server.logIn("Ann", "x");
  assert.equal(server.me.account.name, "Ann");
});

test("data that stays the same is requested once, and again after a failure", async () => {
  const { server } = wired("old"),
    requests = [];
  server.get = async (path) => {
    requests.push(path);
    if (requests.length === 1) throw new Error("lost");
    return {};
  };
  await assert.rejects(server.once("query-rules"), /lost/);
  const [one, other] = await Promise.all([1, 2].map(() => server.once("query-rules")));
  assert.equal(one, other);
  assert.equal(requests.length, 2);
});

test("requests that were sent before Cancel ask for no second log-in", async () => {
  const { server, wire, go } = wired(null),
    all = ["first", "late"].map((path) =>
      server.ask("PUT", path, {}).catch(({ status }) => status),
    );
  await go("first", "session");
  const cancelled = wire.logIn;
  cancelled(false);
  await new Promise((done) => setTimeout(done));
  await go("late", "session");
  assert.equal(wire.logIn, cancelled);
  assert.deepEqual(await Promise.all(all), [401, 401]);
  server.ask("PUT", "next", {}).catch(() => {});
  await go("next", "session");
  assert.notEqual(wire.logIn, cancelled);
});
