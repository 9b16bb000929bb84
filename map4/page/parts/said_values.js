// Every value of a track with its sources and confidence; a value can be chosen or typed.
import { colourOf, dom, element } from "./element.js";

/**
 * @typedef {string | number | null} Value
 * @typedef {{ value: Value, counts: string | null, why: string | null, can_set: boolean,
 *   tag?: Value, measured?: Value, imported?: Value, provider?: Value, user?: Value,
 *   labels?: Value }} Told
 * @typedef {{ confidence: number | null, others: Value[] }} Doubt
 * @typedef {{ set: (name: string, value: Value, words: string) => void }} On  null removes the
 *   user's value
 */

/** @type {Record<string, string>} */
export const WORDS = {
  user: "yours",
  measured: "measured",
  tag: "tags",
  imported: "imported",
  provider: "looked up",
  labels: "classified",
};
/** @type {Record<string, string>} */
const TITLES = {
  bpm: "Tempo",
  key: "Key",
  energy: "Energy",
  rating: "Rating",
  disc_number: "Disc",
  isrc: "ISRC",
  gain: "Gain",
  color: "Colour",
};
const FIRST = [
    "bpm",
    "key",
    "energy",
    "rating",
    "genre",
    "year",
    "title",
    "artist",
    "album",
    "label",
    "comment",
  ],
  SOURCES = /** @type {const} */ (["measured", "tag", "imported", "provider", "labels"]),
  NUMBERS = new Set(["bpm", "energy", "rating", "year"]),
  UNSURE = 0.5;

export class SaidValues {
  /** @param {On} on */
  constructor(on) {
    this.on = on;
    this.body = element("div", { class: "said-values" });
    this.element = dom`<section><h2>Values and sources</h2>${this.body}</section>`;
  }
  /**
   * @param {Record<string, Told>} fields
   * @param {Record<string, Doubt>} doubts
   * @param {boolean} mayEdit
   */
  show(fields, doubts, mayEdit) {
    const { activeElement } = document,
      focused = this.body.contains(activeElement)
        ? activeElement?.getAttribute("aria-label")
        : null;
    const names = [
      ...FIRST.filter((name) => fields[name]),
      ...Object.keys(fields).filter((name) => !FIRST.includes(name)),
    ];
    this.body.replaceChildren(
      ...names
        .filter((name) => fields[name].value !== null || (mayEdit && fields[name].can_set))
        .map((name) => this.row(name, fields[name], doubts[name], mayEdit)),
    );
    if (focused)
      /** @type {HTMLElement | undefined} */ (
        [...this.body.querySelectorAll("input,button")].find(
          (one) => one.getAttribute("aria-label") === focused,
        )
      )?.focus();
  }
  /**
   * @param {string} name
   * @param {Told} told
   * @param {Doubt | undefined} doubt
   * @param {boolean} mayEdit
   */
  row(name, told, doubt, mayEdit) {
    const title =
        TITLES[name] ?? (name.charAt(0).toUpperCase() + name.slice(1)).replaceAll("_", " "),
      canSet = mayEdit && told.can_set;
    const isUnsure =
      told.counts === "measured" &&
      doubt?.confidence !== null &&
      doubt?.confidence !== undefined &&
      doubt.confidence < UNSURE;
    const typed = element("input", {
      value: shown(name, told.value),
      "aria-label": title,
      dir: "auto",
      inputmode: NUMBERS.has(name) ? "decimal" : null,
      placeholder: "unknown",
      onchange: () => {
        const text = typed.value.trim(),
          number = Number(text.replace(",", "."));
        if (text && NUMBERS.has(name) && !Number.isFinite(number)) {
          typed.value = shown(name, told.value);
          return;
        }
        this.on.set(
          name,
          text ? (NUMBERS.has(name) ? number : text) : null,
          text ? `${title} set to ${text}` : `${title}: your value removed`,
        );
      },
    });
    const input = canSet
      ? typed
      : dom`<span class="value" dir="auto">${shown(name, told.value)}</span>`;
    if (name === "key" && told.value)
      input.style.borderLeft = `12px solid ${colourOf(`key-${told.value}`)}`;
    const choose = (/** @type {Value} */ value, /** @type {string} */ whose, isSure = true) => {
      const text =
        value === told.value ? whose : `${whose} ${shown(name, value)}${isSure ? "" : " ?"}`;
      return canSet && value !== told.value
        ? dom`<button
          class="said"
          title=${`Set ${shown(name, value)}`}
          aria-label=${`${text}: set ${title}`}
          onclick=${() => this.on.set(name, value, `${title} set to ${shown(name, value)}`)}
        >
          ${text}
        </button>`
        : dom`<span class=${value === told.value ? "said counts" : "said"}>${text}</span>`;
    };
    const others = SOURCES.filter(
      (source) => told[source] !== null && told[source] !== undefined,
    ).map((source) =>
      choose(told[source] ?? null, WORDS[source], !(source === "measured" && isUnsure)),
    );
    return dom`<div class=${isUnsure ? "said-row unsure" : "said-row"}>
      <span class="said-name">${title}</span>
      ${input}
      <span class="whose" title=${told.why ?? null}>
        ${
          told.counts === "user" &&
          dom`<span class="said counts">
            yours${
              canSet &&
              dom`<button
                class="back"
                aria-label=${`Remove your ${title}`}
                title="Remove your value and use the others"
                onclick=${() => this.on.set(name, null, `${title}: your value removed`)}
              >
                ×
              </button>`
            }
          </span>`
        }
        ${others}
        ${(doubt?.others ?? [])
          .filter(
            (value) => value !== told.value && !SOURCES.some((source) => same(told[source], value)),
          )
          .map((value) => choose(value, "or", false))}
        ${
          isUnsure &&
          dom`<em title="Confidence of the measurement">
            uncertain: ${Math.round(100 * (doubt?.confidence ?? 0))} % sure
          </em>`
        }
      </span>
    </div>`;
  }
}

/** @param {Value | undefined} a @param {Value} b */
const same = (a, b) =>
  a === b || (typeof a === "number" && typeof b === "number" && Math.abs(a - b) < 0.05);
/** @param {string} name @param {Value} value */
const shown = (name, value) =>
  value === null || value === undefined
    ? ""
    : name === "bpm"
      ? String(Math.round(Number(value) * 100) / 100)
      : String(value);
