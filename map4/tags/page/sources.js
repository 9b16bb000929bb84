// The source priority of each field: contradictions, effects of a change, and undo.
import { formInDialog } from "../../page/parts/dialog.js";
import { dom, element } from "../../page/parts/element.js";
import { pathOf } from "../../page/parts/plan.js";
import { WORDS } from "../../page/parts/said_values.js";
import { stateOf } from "../../page/parts/states.js";
import { counted, tracksOf } from "../../page/parts/wording.js";
/** @import { App } from "../../page/app.js" */
/** @import { Mending } from "../../page/places.js" */
/**
 * @typedef {"tag" | "provider" | "imported"} Source
 * @typedef {{ source: Source, changes: number, who: Record<string, number> }} SourceOfField
 * @typedef {{ field: string, words: string, first: Source | null, contradicted: number,
 *   sources: SourceOfField[] }} SourcesOfField
 * @typedef {{ path: string, artist: string | null, title: string | null, now: string | number
 *   | null, then: string | number | null }} OtherValue
 * @typedef {{ words: string, first: Source | null, before: Source | null, count: number,
 *   changes: OtherValue[] }} SourceChange
 */

class Sources {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.list = element("ul", { class: "sources", "aria-label": "Fields" });
    this.rest = element("p", { class: "none" });
    this.element = dom`<div>${this.list}${this.rest}</div>`;
  }
  async show() {
    /** @type {{ fields: SourcesOfField[] }} */
    const { fields } = await this.app.server.get("sources");
    const focused = document.activeElement?.getAttribute("aria-label");
    const isTold = (/** @type {SourcesOfField} */ { first, contradicted, sources }) =>
      first !== null || contradicted > 0 || sources.some(({ changes }) => changes > 0);
    const told = fields.filter(isTold),
      quiet = fields.filter((one) => !isTold(one));
    this.list.replaceChildren(...told.map((one) => this.row(one)));
    this.rest.replaceChildren(
      told.length
        ? `No contradictions in: ${quiet.map(({ words }) => words).join(", ")}.`
        : stateOf("empty", "Tags, DJ programs and look-ups don't contradict each other."),
    );
    if (focused)
      /** @type {HTMLElement | undefined} */ (
        [...this.list.querySelectorAll("button")].find(
          (one) => one.getAttribute("aria-label") === focused,
        )
      )?.focus();
  }
  /** @param {SourcesOfField} about */
  row(about) {
    const { words, first, contradicted, sources } = about;
    return dom`<li>
      <span class="named">
        <b>${words}</b>
        <small>
          ${contradicted ? `contradictions in ${tracksOf(contradicted)}` : "no contradictions"}
        </small>
      </span>
      <span class="choices" role="group" aria-label=${`First source of ${words}`}>
        ${sources.map((one, place) => this.button(about, one, place === 0))}
        ${
          first === null
            ? null
            : dom`<button
              aria-label=${`Default order of ${words}`}
              onclick=${() => this.ask(about, null)}
            >
              default
            </button>`
        }
      </span>
    </li>`;
  }
  /** @param {SourcesOfField} about @param {SourceOfField} source @param {boolean} isFirst */
  button(about, { source, changes, who }, isFirst) {
    const { words, first } = about,
      name = WORDS[source];
    const more = isFirst
      ? first
        ? "first, as set"
        : "first by default"
      : changes
        ? `first, ${tracksOf(changes)} would change`
        : "first, nothing would change";
    const by = Object.entries(who)
      .map(([one, count]) => `${one} ${counted(count)}`)
      .join(", ");
    return dom`<button
      class="captioned"
      aria-pressed=${String(isFirst)}
      aria-label=${`${name} first for ${words}`}
      title=${by || null}
      onclick=${() => this.ask(about, source)}
    >
      <small>${more}</small>
      <bdi>${name}</bdi>
    </button>`;
  }
  /** @param {SourcesOfField} about @param {Source | null} first */
  async ask({ field, words, contradicted }, first) {
    const { app } = this,
      address = `sources/${encodeURIComponent(field)}`,
      named = first ? `${WORDS[first]} first` : "default order",
      maySet = app.server.may("admin");
    try {
      /** @type {SourceChange} */
      const { count, changes, before } = await app.server.get(
        `${address}${first ? `?first=${first}` : ""}`,
      );
      const set = (/** @type {Source | null} */ one) =>
        app.server.ask("PUT", address, { first: one }).then(() => this.show());
      const settled =
        first && contradicted
          ? ` This settles contradictions in up to ${tracksOf(contradicted)}.`
          : "";
      await formInDialog(
        `${words}: ${named}`,
        {
          fields: [],
          submit: maySet ? "Apply" : "Close",
          done: async () => {
            if (!maySet) return null;
            await set(first);
            app.say(`${words}: ${named}; ${tracksOf(count)} changed.`, {
              undo: () => set(before),
              redo: () => set(first),
            });
            return null;
          },
        },
        dom`<p>
          ${count ? tracksOf(count) : "No track"} would show another ${words}, for all users of
          this library.${settled} Values set by hand are kept, and no files are changed.
        </p>`,
        maySet ? null : dom`<p class="warning">Only an admin can change this.</p>`,
        count
          ? dom`<ul class="planned" tabindex="0" aria-label="Planned changes">
            ${changes.map(shown)}
            ${
              count > changes.length &&
              dom`<li class="more">and ${counted(count - changes.length)} more</li>`
            }
          </ul>`
          : null,
      );
    } catch (error) {
      app.say(String(/** @type {Error} */ (error).message));
    }
  }
}

/** @param {OtherValue} one */
function shown({ path, artist, title, now, then }) {
  const name = title
    ? dom`<span class="file" title=${path}>
      <bdi>${title}</bdi>
      <small><bdi>${artist ?? ""}</bdi></small>
    </span>`
    : pathOf(path);
  return dom`<li>
    ${name}
    <span class="change">
      <s dir="auto">${String(now ?? "–")}</s> → <ins dir="auto">${String(then ?? "–")}</ins>
    </span>
  </li>`;
}

/** @param {App} app @returns {Mending} */
export function mend(app) {
  const sources = new Sources(app);
  return {
    name: "sources",
    title: "source priority",
    head: "Source priority",
    element: sources.element,
    show: () => sources.show(),
    advice:
      "If tags, DJ programs and look-ups contradict each other, all users of this library see " +
      "the value of the first source. Values set by hand come before all sources.",
  };
}
