// The user's marks: colours and keys.
import { actsIn } from "./acts.js";
import { html, resource } from "./html.js";
import { quoted } from "./wording.js";

const LATER_MS = 1000;

export class OwnMarks {
  /** @param {Page.Server} server @param {Page.Changes} changes */
  constructor(server, changes) {
    this.server = server;
    this.found = /** @type {Page.Resource<Served.Marks>} */ (resource());
    changes.on("values reset online", () => this.load(), LATER_MS, "rated");
  }
  async load() {
    // Without an answer, they are loaded at the next change.
    if (this.server.me) await this.found.ask(this.server.get("marks"));
  }
  get all() {
    return this.found.value?.marks ?? [];
  }
  /** @param {string} name */
  color(name) {
    return this.all.find((one) => one.name === name)?.color ?? null;
  }
  /** @param {number} key */
  of(key) {
    return this.all.find((one) => one.key === key) ?? null;
  }
}

// A digit rates.
/** @param {string} prefix @param {() => boolean} when @param {(rating: number) => void} rate */
export const starActs = (prefix, when, rate) =>
  [0, 1, 2, 3, 4, 5].map((stars) =>
    actsIn("Stars")(`${prefix}stars-${stars}`, starsOf(stars), String(stars), when, () =>
      rate(stars),
    ),
  );
/** @param {number} stars */
export const starsOf = (stars) => (stars ? `${stars} star${stars > 1 ? "s" : ""}` : "No stars");

// The search term for a mark.
/** @param {string} name */
export const markTerm = (name) => `mark:=${quoted(name)}`;
// The names of marks, as a column has them.
/** @param {Page.Value} [value] */
export const marksOf = (value) =>
  String(value ?? "")
    .split("; ")
    .filter(Boolean);

// A mark with its colour; a button if `act` is given.
/** @param {{ name: string, color: string | null, act: (() => void) | null }} about */
export function MarkChip({ name, color, act }) {
  const inside = html`<i aria-hidden="true" style=${{ background: color ?? "" }} />${name}`,
    title = `Show tracks marked ${name}`;
  return act
    ? html`<button class="mark" dir="auto" tabindex="-1" title=${title} onclick=${act}>
      ${inside}
    </button>`
    : html`<span class="mark" dir="auto">${inside}</span>`;
}
