// The server's routes, with the user's rights.
import { Problem, problemOf } from "./problem.js";

const PATIENCE_MS = 60_000;
// For uploads and for requests that take minutes the first time.
export const LONG_MS = 600_000;
// The server's root is above page/VERSION/, whether this module is separate or bundled.
const ROOT = new URL(
  import.meta.url.replace(/page\/[^/]+\/map4\/page\/(source\/server|live)\.js$/, ""),
);

// The URLs of a route and of a view.
/** @param {string} path */
export const address = (path) => new URL(`api/v1/${path}`, ROOT).href;
/** @param {string} path */
export const place = (path) => new URL(path, ROOT).href;
// The query of a URL with other parameters; null or "" removes one.
/** @param {URLSearchParams} params @param {Record<string, string | null>} other */
export function addressWith(params, other) {
  const all = new URLSearchParams(params);
  for (const [name, value] of Object.entries(other))
    if (value) all.set(name, value);
    else all.delete(name);
  return all.size ? `?${all}` : "";
}
// The part of a URL below the root; null for other servers.
/** @param {string} href */
export const below = (href) => (href.startsWith(ROOT.href) ? href.slice(ROOT.href.length) : null);

// `map4 serve --open` passes the local key in the URL fragment, which browsers don't send.
const KEY = "map4.key";
function takeKey() {
  const key = /[#&]key=([0-9a-f]+)/.exec(location.hash)?.[1];
  if (!key) return;
  storeKey(key);
  history.replaceState(null, "", location.pathname + location.search);
}
/** @param {string} key */
export const storeKey = (key) => sessionStorage.setItem(KEY, key);

/**
 * @typedef {object} Asking
 * @property {string} [match]  an ETag; the change is refused (412) if it is outdated
 * @property {number} [patience]  timeout in milliseconds
 * @property {(sent: number, all: number) => void} [onSent]  reports the bytes of a large file
 * @property {AbortSignal} [signal]  aborts it
 * @property {boolean} [keepalive]  goes on when the page closes
 */

/** @type {Record<string, any> | null} */
let first = null;
// Data embedded in the document to save requests; each part is used once, since it is a snapshot.
/** @param {string} name @returns {any} */
export function embedded(name) {
  first ??= JSON.parse(document.getElementById("first")?.textContent ?? "{}");
  const { [name]: found = null, ...rest } = /** @type {Record<string, any>} */ (first);
  first = rest;
  return found;
}

export class Server {
  /** @type {Served.Me | null} */
  me = null;
  /** @type {Promise<boolean> | null} */
  waiting = null;
  /** Number of changes made here: what was read before the last of them may be old. */
  changes = 0;
  /** @type {WeakMap<object, string>} by response */
  etags = new WeakMap();
  /** @type {Map<string, Promise<any>>} */
  known = new Map();

  /**
   * @param {() => Promise<boolean>} logInAgain  called when a session has ended: true if the same
   *   user is back
   * @param {() => Promise<boolean>} [giveKey]  called when the key is needed: true if a new key was
   *   entered
   * @param {() => void} [lost]  called when a request got no response
   */
  constructor(logInAgain, giveKey = async () => false, lost = () => {}) {
    this.logInAgain = logInAgain;
    this.giveKey = giveKey;
    this.lost = lost;
    this.declined = 0; // how often a dialog was cancelled
    /** @type {Set<Promise<any>>} */
    this.changing = new Set();
    takeKey();
    addEventListener("hashchange", takeKey);
  }

  // The current user; null if log-in is required.
  async open() {
    return (this.me = embedded("me") ?? (await this.session()));
  }
  /** @returns {Promise<Served.Me | null>} */
  async session() {
    const answer = await this.send("GET", "auth/session");
    if (answer.status !== 401 && !answer.ok) throw await problemOf(answer);
    return answer.ok ? answer.json() : null;
  }

  /** @param {string} username @param {string} password */
  async logIn(username, password) {
    const answer = await this.send("POST", "auth/session", { username, password });
    if (!answer.ok) throw await problemOf(answer);
    return /** @type {Served.Me} */ (this.me = await answer.json());
  }

  async logOut() {
    await this.ask("DELETE", "auth/session");
    this.me = null;
  }

  // Scopes with what they allow, in order.
  /** @param {string[]} scopes @returns {[string, string][]} */
  inWords(scopes) {
    return Object.entries(this.me?.scope_words ?? {}).filter(([scope]) => scopes.includes(scope));
  }
  // Whether the user has a scope.
  /** @param {string} scope */
  may(scope) {
    return Boolean(this.me?.scopes.some((one) => one === scope));
  }

  /**
   * @template {string} Path @param {Path} path @param {Asking} [how]
   * @returns {Promise<Served.Answer<"GET", Path>>}
   */
  get(path, how) {
    return this.ask("GET", path, undefined, how);
  }

  /**
   * The response to a request; waits for a new log-in if the session has ended.
   * @template {string} Method @template {string} Path @param {Method} method @param {Path} path
   * @param {object} [body] @param {Asking} [how] @returns {Promise<Served.Answer<Method, Path>>}
   */
  async ask(method, path, body, how) {
    const request = this.answered(method, path, body, how);
    if (method === "GET") return request;
    if (!(body instanceof FormData)) this.changing.add(request); // an upload may take minutes
    try {
      return await request;
    } finally {
      this.changing.delete(request);
      this.changes++;
    }
  }
  // Data that stays the same while the page is open: requested once, again after a failure.
  /** @type {<Path extends string>(path: Path) => Promise<Served.Answer<"GET", Path>>} */
  once(path) {
    const answer = this.known.get(path) ?? this.get(path);
    this.known.set(path, answer);
    answer.catch(() => this.known.delete(path));
    return answer;
  }
  // A question with a body; changes nothing.
  /**
   * @template {string} Path @param {Path} path @param {object} body
   * @returns {Promise<Served.Answer<"POST", Path>>}
   */
  query(path, body) {
    return this.answered("POST", path, body);
  }
  // Waits for pending changes, their callers and the changes that these send next, so that Undo
  // applies to the last change.
  async settled() {
    do {
      await Promise.allSettled(this.changing);
      await new Promise((done) => setTimeout(done));
    } while (this.changing.size);
  }
  /**
   * The response to a request that was not refused; see `ask`.
   * @param {string} method @param {string} path @param {object} [body] @param {Asking} [how]
   */
  async response(method, path, body, how) {
    const { me, declined } = this;
    let answer = await this.send(method, path, body, how);
    if (me && !answer.ok && (await this.isOther(answer, me, declined)))
      answer = await this.send(method, path, body, how);
    if (!answer.ok) throw await problemOf(answer, path);
    return answer;
  }
  /** @param {string} method @param {string} path @param {object} [body] @param {Asking} [how] */
  async answered(method, path, body, how) {
    const answer = await this.response(method, path, body, how);
    if (answer.status === 204) return null;
    const found = await answer.json(),
      etag = answer.headers.get("ETag");
    if (etag) this.etags.set(found, etag);
    return found;
  }

  // True if the request was refused for a missing key, an ended session or an old CSRF token, and
  // there is a new one now.
  /**
   * @param {Response} answer
   * @param {Served.Me} before  the user when it was sent
   * @param {number} declined  as it was then
   */
  async isOther(answer, before, declined) {
    if (answer.status !== 401 && answer.status !== 403) return false;
    if ((await problemOf(answer.clone())).needsKey) return this.entered(this.giveKey, declined);
    const isRenewed = () => this.me?.csrf !== before.csrf,
      now = isRenewed() ? this.me : await this.session();
    if (isRenewed()) return true;
    if (!now) {
      if (await this.entered(this.logInAgain, declined)) return true;
      throw new Problem("", 401);
    }
    if (now.account?.id !== before.account?.id) location.reload();
    this.me = now;
    return isRenewed();
  }
  // Requests share a dialog; those that were sent before Cancel open no other.
  /** @param {() => Promise<boolean>} dialog @param {number} declined */
  async entered(dialog, declined) {
    if (declined !== this.declined) return false;
    this.waiting ??= dialog().finally(() => {
      this.waiting = null;
    });
    const { waiting } = this,
      isEntered = await waiting;
    if (!isEntered && declined === this.declined) this.declined++;
    return isEntered;
  }

  // Only XMLHttpRequest reports upload progress.
  /**
   * @param {string} path @param {FormData} form @param {Asking} how @returns {Promise<Response>}
   */
  sendLarge(path, form, { onSent, signal }) {
    return new Promise((done, failed) => {
      const request = new XMLHttpRequest(),
        headers = this.headersOf("POST", true);
      request.open("POST", address(path));
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      request.upload.onprogress = ({ loaded, total }) => onSent?.(loaded, total);
      request.onload = () =>
        done(
          new Response(request.responseText, {
            status: request.status,
            headers: { "Retry-After": request.getResponseHeader("Retry-After") ?? "" },
          }),
        );
      request.onerror = () => failed(new Problem("", 0));
      request.onabort = () => failed(signal?.reason);
      signal?.addEventListener("abort", () => request.abort(), { once: true });
      request.send(form);
    });
  }

  /** @param {string} method @param {boolean} isForm @param {string} [match] */
  headersOf(method, isForm, match) {
    /** @type {Record<string, string>} */
    const headers = {},
      key = sessionStorage.getItem(KEY);
    if (method !== "GET" && this.me?.csrf) headers["X-CSRF-Token"] = this.me.csrf;
    if (["POST", "PUT", "PATCH"].includes(method) && !isForm)
      headers["Content-Type"] = "application/json";
    if (key) headers["X-Map4-Key"] = key;
    if (match) headers["If-Match"] = match;
    return headers;
  }
  /** @param {string} method @param {string} path @param {object} [body] @param {Asking} [how] */
  async send(method, path, body, { match, patience, ...how } = {}) {
    const isForm = body instanceof FormData;
    if (isForm && how.onSent) return this.sendLarge(path, body, how);
    const headers = this.headersOf(method, isForm, match);
    const signal = how.signal ?? AbortSignal.timeout(patience ?? (isForm ? LONG_MS : PATIENCE_MS));
    try {
      return await fetch(address(path), {
        method,
        headers,
        signal,
        keepalive: how.keepalive,
        body: isForm ? body : body && JSON.stringify(body),
      });
    } catch {
      if (!how.signal?.aborted) this.lost();
      throw new Problem("", 0);
    }
  }
}
