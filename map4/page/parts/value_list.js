// Every value of a track with its sources and confidence; a value can be chosen or typed.
import { buttonOf, SignButton } from "./components.js";
import { html } from "./html.js";
import { titleOf } from "./wording.js";

/**
 * @typedef {{ value: number, key: string | null, run: () => unknown }} Swap  to the second value
 * @typedef {{ confidence: number | null, others: Page.Value[], swap?: Swap | null }} Doubt
 * @typedef {(name: string, value: Page.Value, words: string) => unknown} SetValue  null removes the
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
const FIRST = [
    ...["bpm", "key", "energy", "rating", "genre", "year"],
    ...["title", "artist", "album", "label", "comment"],
  ],
  SOURCES = /** @type {const} */ (["measured", "tag", "imported", "provider", "labels"]),
  NUMBERS = new Set(["bpm", "energy", "rating", "year"]),
  UNSURE = 0.5;

/**
 * @param {{ fields: Record<string, Served.FieldValue>, doubts: Record<string, Doubt>,
 *   mayEdit: boolean, set: SetValue }} about
 */
export function ValueList({ fields, doubts, mayEdit, set }) {
  const names = [...new Set([...FIRST, ...Object.keys(fields)])],
    shows = (/** @type {Served.FieldValue | undefined} */ field) =>
      field && (field.value !== null || (mayEdit && field.can_set));
  return html`<section>
    <h2>Values and sources</h2>
    <div class="said-values">
      ${names
        .filter((name) => shows(fields[name]))
        .map(
          (name) =>
            html`<${Row}
              key=${name}
              name=${name}
              field=${fields[name]}
              doubt=${doubts[name]}
              canSet=${mayEdit && fields[name].can_set}
              set=${set}
            />`,
        )}
    </div>
  </section>`;
}

/**
 * @param {{ name: string, field: Served.FieldValue, doubt?: Doubt, canSet: boolean,
 *   set: SetValue }} props
 */
function Row({ name, field, doubt, canSet, set }) {
  const title = titleOf(name),
    confidence = doubt?.confidence ?? 1,
    isUnsure = field.counts === "measured" && confidence < UNSURE,
    isNumber = NUMBERS.has(name),
    isKey = name === "key" && field.value,
    style = isKey ? { background: `var(--key-${field.value})` } : null;
  const typed = (/** @type {{ currentTarget: HTMLInputElement }} */ { currentTarget }) => {
    const text = currentTarget.value.trim(),
      number = Number(text.replace(",", "."));
    if (text && isNumber && !Number.isFinite(number))
      currentTarget.value = shown(name, field.value);
    else if (!text) set(name, null, `${title}: your value removed`);
    else set(name, isNumber ? number : text, `${title} set to ${text}`);
  };
  const choice = (/** @type {Page.Value} */ value, /** @type {string} */ whose, isSure = true) => {
    if (value === field.value) return html`<span class="said counts">${whose}</span>`;
    const own = shown(name, value),
      text = `${whose} ${own}${isSure ? "" : " ?"}`;
    return canSet
      ? buttonOf(text, `${text}: set ${title}`, () => set(name, value, `${title} set to ${own}`), {
          ...{ class: "said", title: `Set ${own}` },
        })
      : html`<span class="said">${text}</span>`;
  };
  const sources = SOURCES.filter((source) => field[source] != null),
    others = (doubt?.others ?? []).filter(
      (value) => value !== field.value && !SOURCES.some((source) => same(field[source], value)),
    );
  return html`<div class=${isUnsure ? "said-row unsure" : "said-row"}>
    <span class="said-name">${title}</span>
    ${
      canSet
        ? html`<input
          value=${shown(name, field.value)}
          class=${isKey ? "chip" : null}
          aria-label=${title}
          dir="auto"
          inputmode=${isNumber ? "decimal" : null}
          placeholder="unknown"
          style=${style}
          onchange=${typed}
        />`
        : html`<span class=${isKey ? "chip" : "value"} dir="auto" style=${style}>
          ${shown(name, field.value)}
        </span>`
    }
    <span class="whose" title=${field.why ?? undefined}>
      ${
        field.counts === "user" &&
        html`<span class="said counts">
          yours${
            canSet &&
            html`<${SignButton}
              sign="close"
              label=${`Remove your ${title}`}
              class="back"
              title="Remove your value and use the others"
              run=${() => set(name, null, `${title}: your value removed`)}
            />`
          }
        </span>`
      }
      ${sources.map((source) =>
        choice(field[source] ?? null, WORDS[source], source !== "measured" || !isUnsure),
      )}
      ${others.map((value) => {
        const { swap } = doubt ?? {};
        if (!canSet || value !== swap?.value) return choice(value, "or", false);
        const { key, run } = swap;
        return html`<button
          class="main"
          title=${`Set ${shown(name, value)}`}
          aria-keyshortcuts=${key}
          onclick=${run}
        >
          or ${shown(name, value)} ${key && html`<kbd aria-hidden="true">${key}</kbd>`}
        </button>`;
      })}
      ${
        isUnsure &&
        html`<em title="Confidence of the measurement">
          uncertain: ${Math.round(100 * confidence)} % sure
        </em>`
      }
    </span>
  </div>`;
}

/** @param {Page.Value | undefined} a @param {Page.Value} b */
const same = (a, b) =>
  a === b || (typeof a === "number" && typeof b === "number" && Math.abs(a - b) < 0.05);
/** @param {string} name @param {Page.Value} value */
const shown = (name, value) =>
  value === null || value === undefined
    ? ""
    : name === "bpm"
      ? String(Math.round(Number(value) * 100) / 100)
      : String(value);
