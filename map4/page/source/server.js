// The server's routes, as who looks at the page may ask them.

/**
 * @typedef {object} Account
 * @property {number} id
 * @property {string} name
 * @property {"viewer" | "user" | "admin"} role
 * @property {string[]} scopes
 * @property {string} created_at
 * @property {string | null} last_used_at
 * @property {boolean} has_password
 *
 * @typedef {object} Me
 * @property {Account | null} account  null: who sits at the machine of the server, as long as there are no accounts
 * @property {string[]} scopes
 * @property {string | null} csrf
 * @property {string | null} credential  id of the session; null where there is none to end
 * @property {boolean} has_accounts
 *
 * @typedef {object} Credential
 * @property {string} id
 * @property {"token" | "device" | "session" | "login"} kind
 * @property {string} name
 * @property {string[]} scopes
 * @property {string} created_at
 * @property {string | null} expires_at
 * @property {string | null} last_used_at
 *
 * @typedef {Credential & { secret: string }} Issued
 */

const PATIENCE_MS = 60_000, SETTLED_MS = 2000;
// Of an upload, and of what takes minutes the first time.
export const LONG_MS = 600_000;
// The server begins above page/VERSION/, where this module stands alone or in one script with all others.
const ROOT = new URL(import.meta.url.replace(/page\/[^/]+\/map4\/page\/(source\/server|live)\.js$/, ""));

// Where a route stands, and where a view does.
/** @param {string} path */
export const address = (path) => new URL(`api/v1/${path}`, ROOT).href;
/** @param {string} path */
export const place = (path) => new URL(path, ROOT).href;
// The part of an address below the root; null where it is not of this server.
/** @param {string} href */
export const below = (href) => href.startsWith(ROOT.href) ? href.slice(ROOT.href.length) : null;

// `map4 serve --open` hands the key of who sits at the machine over behind the #, which a browser sends to nobody.
const KEY = "map4.key", KEY_NEEDED = "urn:map4:problem:key-needed";
function takeKey() {
  const key = /[#&]key=([0-9a-f]+)/.exec(location.hash)?.[1];
  if (!key) return;
  sessionStorage.setItem(KEY, key);
  history.replaceState(null, "", location.pathname + location.search);
}
/** @param {string | null} key */
export const keepKey = (key) => key === null ? sessionStorage.removeItem(KEY) : sessionStorage.setItem(KEY, key);

const NO_ANSWER = "The server does not answer. See whether it runs, and try again: nothing that you typed is lost.";
const ENDED = "You are not logged in any more.";

/** @type {Record<string, any> | null} */
let first = null;
// What the document brought along, so that it need not be asked for; each part once, since it is of that moment.
/** @param {string} name @returns {any} */
export function brought(name) {
  first ??= JSON.parse(document.getElementById("first")?.textContent ?? "{}");
  const { [name]: found = null, ...rest } = /** @type {Record<string, any>} */ (first);
  first = rest;
  return found;
}

// What a question came to, as a sentence for people. Status 0: no answer came.
export class Problem extends Error {
  /** @param {string} message @param {number} status @param {string} [type] */
  constructor(message, status, type = "") {
    super(message);
    this.status = status;
    this.needsKey = type === KEY_NEEDED;
  }
}

export class Server {
  /** @type {Me | null} */
  me = null;
  /** @type {Promise<boolean> | null} */
  waiting = null;
  /** @type {WeakMap<object, string>} */
  etags = new WeakMap();

  /**
   * @param {() => Promise<boolean>} logInAgain  where a session has ended: whether the same person is back
   * @param {() => Promise<boolean>} [giveKey]  where the key is needed: whether there is another now
   */
  constructor(logInAgain, giveKey = async () => false) {
    this.logInAgain = logInAgain;
    this.giveKey = giveKey;
    /** @type {Set<Promise<any>>} */
    this.changing = new Set();
    takeKey();
    addEventListener("hashchange", takeKey);
  }

  // Who looks at the page; null where they have to log in.
  async open() {
    this.me = brought("me");
    if (this.me) return this.me;
    const answer = await this.send("GET", "auth/session");
    if (answer.status !== 401 && !answer.ok) throw await problemOf(answer);
    return (this.me = answer.ok ? await answer.json() : null);
  }

  /** @param {string} username @param {string} password */
  async logIn(username, password) {
    const answer = await this.send("POST", "auth/session", { username, password });
    if (!answer.ok) throw await problemOf(answer);
    return /** @type {Me} */ (this.me = await answer.json());
  }

  async logOut() {
    await this.ask("DELETE", "auth/session");
    this.me = null;
  }

  // Whether who looks at the page may do what needs this.
  /** @param {string} scope */
  may(scope) { return Boolean(this.me?.scopes.includes(scope)); }

  /** @param {string} path @param {{ patience?: number }} [how] @returns {Promise<any>} */
  get(path, how) { return this.ask("GET", path, undefined, how); }

  /**
   * The answer to a question, which waits meanwhile where a session has ended and can be begun again.
   * @param {string} method @param {string} path @param {object} [body] @param {{ match?: string, patience?: number }} [how]  `match`: the
   *   ETag of what is to be changed, which is refused (412) where that is another by now; `patience`: in milliseconds
   * @returns {Promise<any>}
   */
  async ask(method, path, body, how) {
    const asked = this.answered(method, path, body, how);
    if (method === "GET") return asked;
    this.changing.add(asked);
    try { return await asked; } finally { this.changing.delete(asked); }
  }
  // Waits until what is being changed has been, and those who asked for it know: what is undone then is the last change.
  async settled() {
    await Promise.race([Promise.allSettled(this.changing), new Promise((done) => setTimeout(done, SETTLED_MS))]);
    await new Promise((done) => setTimeout(done));
  }
  /** @param {string} method @param {string} path @param {object} [body] @param {{ match?: string, patience?: number }} [how] @returns {Promise<any>} */
  async answered(method, path, body, how) {
    let answer = await this.send(method, path, body, how);
    if (this.me && !answer.ok && await this.isOther(answer)) answer = await this.send(method, path, body, how);
    if (!answer.ok) throw await problemOf(answer);
    if (answer.status === 204) return null;
    const found = await answer.json(), etag = answer.headers.get("ETag");
    if (etag) this.etags.set(found, etag);
    return found;
  }
  // That of an answer.
  /** @param {object} answer */
  etagOf(answer) { return this.etags.get(answer); }

  // Whether a refusal was for want of the key, for a session that has ended, or for the mark of one before, and there is
  // another now.
  /** @param {Response} answer */
  async isOther(answer) {
    if (answer.status !== 401 && answer.status !== 403) return false;
    if ((await problemOf(answer.clone())).needsKey) {
      this.waiting ??= this.giveKey().finally(() => { this.waiting = null; });
      return this.waiting;
    }
    const before = /** @type {Me} */ (this.me), now = await this.open();
    if (!now) {
      this.me = before;
      this.waiting ??= this.logInAgain().finally(() => { this.waiting = null; });
      if (!await this.waiting) throw new Problem(ENDED, 401);
      return true;
    }
    if (now.account?.id !== before.account?.id) location.reload();
    return now.csrf !== before.csrf;
  }

  /**
   * The answer to a form with a large file; tells how many of all its bytes were sent. `signal` stops it.
   * @param {string} path @param {FormData} form @param {{ onSent: (sent: number, all: number) => void, signal: AbortSignal }} how @returns {Promise<any>}
   */
  async upload(path, form, how) {
    let answer = await this.sendLarge(path, form, how);
    if (this.me && !answer.ok && await this.isOther(answer)) answer = await this.sendLarge(path, form, how);
    if (!answer.ok) throw await problemOf(answer);
    return answer.json();
  }
  // Only this older way tells how much was sent.
  /** @param {string} path @param {FormData} form @param {{ onSent: (sent: number, all: number) => void, signal: AbortSignal }} how @returns {Promise<Response>} */
  sendLarge(path, form, { onSent, signal }) {
    return new Promise((done, failed) => {
      const asked = new XMLHttpRequest(), headers = this.headersOf("POST", true);
      asked.open("POST", address(path));
      for (const [name, value] of Object.entries(headers)) asked.setRequestHeader(name, value);
      asked.upload.onprogress = ({ loaded, total }) => onSent(loaded, total);
      asked.onload = () => done(new Response(asked.responseText, { status: asked.status, headers: { "Retry-After": asked.getResponseHeader("Retry-After") ?? "" } }));
      asked.onerror = () => failed(new Problem(NO_ANSWER, 0));
      asked.onabort = () => failed(signal.reason);
      signal.addEventListener("abort", () => asked.abort(), { once: true });
      asked.send(form);
    });
  }

  /** @param {string} method @param {boolean} isForm @param {string} [match] */
  headersOf(method, isForm, match) {
    /** @type {Record<string, string>} */
    const headers = {}, key = sessionStorage.getItem(KEY);
    if (method !== "GET" && this.me?.csrf) headers["X-CSRF-Token"] = this.me.csrf;
    if (["POST", "PUT", "PATCH"].includes(method) && !isForm) headers["Content-Type"] = "application/json";
    if (key) headers["X-Map4-Key"] = key;
    if (match) headers["If-Match"] = match;
    return headers;
  }
  /** @param {string} method @param {string} path @param {object} [body] @param {{ match?: string, patience?: number }} [how] */
  async send(method, path, body, { match, patience } = {}) {
    const isForm = body instanceof FormData, headers = this.headersOf(method, isForm, match);
    const signal = AbortSignal.timeout(patience ?? (isForm ? LONG_MS : PATIENCE_MS));
    try {
      return await fetch(address(path), { method, headers, signal, body: isForm ? body : body && JSON.stringify(body) });
    } catch {
      throw new Problem(NO_ANSWER, 0);
    }
  }
}

/** @param {Response} answer */
async function problemOf(answer) {
  const { detail, type } = await answer.json().catch(() => ({}));
  if (typeof detail !== "string") return new Problem(`The server can't answer now (${answer.status}). Try again later.`, answer.status);
  const wait = Number(answer.headers.get("Retry-After")), [what] = detail.split("; ");
  return new Problem(wait ? `${sentence(what)} Try again in ${lasting(wait)}.` : sentence(detail), answer.status, type);
}

/** @param {string} text */
export const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");

/** @param {number} seconds */
const lasting = (seconds) => seconds < 90 ? `${Math.ceil(seconds)} seconds` : `${Math.ceil(seconds / 60)} minutes`;
