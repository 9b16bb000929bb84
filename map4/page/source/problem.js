// The meaning of a refused request, for every part of the page.
/**
 * @typedef {"lost" | "busy" | "log-in" | "forbidden" | "gone" | "conflict" | "changed" | "wrong"}
 *   Meaning  lost: no response, or none that the server wanted to give
 */

/** @type {Record<number, Meaning>} */
const MEANINGS = {
  401: "log-in",
  403: "forbidden",
  404: "gone",
  409: "conflict",
  412: "changed",
  429: "busy",
};
// Messages where the server has none, or one for programs.
/** @type {Record<string, string>} */
const WORDS = {
  offline: "The server does not respond. The page reconnects automatically.",
  lost: "The server does not respond. Check that it is running and try again.",
  "log-in": "You are no longer logged in.",
  changed: "Somebody else changed this list; its current state is shown.",
  tracks: "This track is not in the library.",
  lists: "This list does not exist, or is not shared with you.",
};
const KEY_NEEDED = "urn:map4:problem:key-needed";

// A failed request, with a message for users. Status 0: no response.
export class Problem extends Error {
  /** @param {string} message  "" for that of its meaning @param {number} status */
  constructor(message, status, type = "") {
    const meaning = !status || status >= 500 ? "lost" : (MEANINGS[status] ?? "wrong");
    super(message || WORDS[meaning]);
    this.status = status;
    this.meaning = meaning;
    this.needsKey = type === KEY_NEEDED;
  }
  // The same request may be taken later.
  get isLost() {
    return this.meaning === "lost" || this.meaning === "busy";
  }
  // Also after a log-in, or with the key.
  get mayTryAgain() {
    return this.isLost || this.meaning === "log-in" || this.needsKey;
  }
}

// The message while the server reports no changes.
/** @param {Problem | null} problem  why its stream of changes ended */
export const offlineWords = (problem) =>
  problem?.meaning && problem.meaning !== "lost" ? problem.message : WORDS.offline;

// The problem of a response.
/** @param {Response} answer @param {string} [path]  of its route, to name what is gone */
export async function problemOf(answer, path = "") {
  const { status } = answer,
    { detail, type } = await answer.json().catch(() => ({}));
  if (typeof detail !== "string")
    return new Problem(`The server can't respond now (${status}). Try again later.`, status);
  const [, kind, id] = /^(\w+)\/([^/?]+)/.exec(path) ?? [],
    wait = Number(answer.headers.get("Retry-After")),
    [what] = detail.split("; ");
  if (MEANINGS[status] === "gone" && WORDS[kind] && detail.includes(`'${decodeURIComponent(id)}'`))
    return new Problem(WORDS[kind], status, type);
  if (MEANINGS[status] === "changed") return new Problem("", status, type);
  return new Problem(
    wait ? `${sentence(what)} Try again in ${lasting(wait)}.` : sentence(detail),
    status,
    type,
  );
}

// Not a name of a file at the start: "bad.wav: no audio stream".
const OF_A_FILE = /^(?!the )[^:;]*\.[a-z]\w{1,4}(?=[\s:;,]|$)/i;
// What to do in terms of the API is for programs.
const FOR_PROGRAMS = /; [^;]*'(?:GET|POST|PUT|PATCH|DELETE) \/[^;]*/g;
const FOLDERS = /^(the file )?(?:\w:)?[/\\].*?(?=[^/\\]*(?: is missing|\.\w{2,5}: ))/;
/** @param {string} text */
export function sentence(text) {
  const message = text.replace(FOR_PROGRAMS, "").replace(FOLDERS, "$1"),
    first = OF_A_FILE.test(message) ? message.charAt(0) : message.charAt(0).toUpperCase();
  return first + message.slice(1) + (/[.!?]$/.test(message) ? "" : ".");
}

/** @param {number} seconds */
const lasting = (seconds) =>
  seconds < 90 ? `${Math.ceil(seconds)} seconds` : `${Math.ceil(seconds / 60)} minutes`;
