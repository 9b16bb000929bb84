// The cue points and loops of a track as a list to play, name, move, colour and delete.
import { dom, element } from "../../page/parts/element.js";
import { cueColour, finely } from "./wave.js";
/** @import { BeatLines } from "./beat_lines.js" */

/**
 * @typedef {object} On
 * @property {(cues: Served.PlacedCue[], words: string) => void} change  replaces the placed cues
 * @property {(s: number) => void} play
 * @property {(cue: number) => void} choose
 */

const BUTTONS = 8,
  LOOPS = [1, 2, 4, 8, 16, 32, 64],
  SOURCES = { user: "yours", imported: "imported", detected: "detected" };

export class CueList {
  /** @param {On} on */
  constructor(on) {
    this.on = on;
    /** @type {Served.PlacedCue[]} */
    this.cues = [];
    /** @type {BeatLines | null} */
    this.lines = null;
    this.mayEdit = false;
    this.list = element("ul", { class: "cues" });
    this.none = dom`<p class="small">No cue points yet. Go to a position and press c.</p>`;
    this.element = dom`<section class="cue-list">
      <h2>Cue points and loops</h2>
      ${this.list}${this.none}
    </section>`;
  }
  // Cues set by people; only these are stored.
  get placed() {
    return this.cues.filter(({ source }) => source !== "detected");
  }
  /**
   * @param {Served.PlacedCue[]} cues  by position
   * @param {BeatLines | null} lines
   * @param {boolean} mayEdit
   */
  show(cues, lines, mayEdit) {
    const { activeElement } = document,
      row = activeElement?.closest(".cues li"),
      at = row ? [...this.list.children].indexOf(row) : -1,
      part = activeElement?.getAttribute("data-part");
    const field =
      at >= 0 && part === "name" && activeElement instanceof HTMLInputElement
        ? activeElement
        : null;
    if (field && ![this.cues[at]?.name ?? "", cues[at]?.name ?? ""].includes(field.value.trim())) {
      // The user is typing there: update when they finish.
      field.addEventListener(
        "blur",
        () => {
          if (field.isConnected) this.show(cues, lines, mayEdit);
        },
        { once: true },
      );
      return;
    }
    [this.cues, this.lines, this.mayEdit] = [cues, lines, mayEdit];
    this.list.replaceChildren(...cues.map((cue, place) => this.row(cue, place)));
    this.none.hidden = cues.length > 0;
    if (at >= 0)
      /** @type {HTMLElement | null | undefined} */ (
        (this.list.children[Math.min(at, cues.length - 1)] ?? this.element).querySelector(
          `[data-part=${part}]`,
        )
      )?.focus();
  }
  /** @param {Served.PlacedCue} cue @param {number} at */
  row(cue, at) {
    const isSet = cue.source !== "detected",
      canEdit = isSet && this.mayEdit,
      bar = this.lines?.bar(cue.position_s) ?? null,
      called = nameOf(cue);
    const change = (/** @type {Partial<Served.PlacedCue>} */ to, /** @type {string} */ words) =>
      this.on.change(
        this.placed.map((one) => (one === cue ? { ...one, ...to } : one)),
        words,
      );
    const name = element("input", {
      "data-part": "name",
      value: cue.name ?? "",
      placeholder: cue.length_s ? "Loop" : "Cue",
      "aria-label": `Name of ${called}`,
      dir: "auto",
      maxlength: 200,
      readonly: !canEdit,
      onchange: () =>
        change({ name: name.value.trim() || null }, `Cue named ${name.value.trim() || "nothing"}`),
    });
    const place = element("input", {
      "data-part": "place",
      class: "cue-place",
      value: finely(cue.position_s, 3),
      inputmode: "decimal",
      "aria-label": `Position of ${called}`,
      readonly: !canEdit,
      onchange: () => {
        const s = secondsOf(place.value);
        if (s === null) {
          place.value = finely(cue.position_s, 3);
          return;
        }
        change({ position_s: s }, `${called} moved to ${finely(s, 3)}`);
      },
      onkeydown: (event) => {
        const by = event.key === "ArrowUp" ? 1 : event.key === "ArrowDown" ? -1 : 0;
        if (!by || !canEdit || !this.lines) return;
        event.preventDefault();
        const s = this.lines.step(cue.position_s, by, event.shiftKey);
        change({ position_s: Math.round(s * 1e6) / 1e6 }, `${called} moved to ${finely(s, 3)}`);
      },
    });
    const colour = element("input", {
      "data-part": "colour",
      type: "color",
      value: cueColour(cue),
      "aria-label": `Colour of ${called}`,
      title: "Colour",
      disabled: !canEdit,
      onchange: () => change({ color: colour.value }, `${called} coloured`),
    });
    const taken = new Set(this.placed.filter((one) => one !== cue).map((one) => one.number));
    const letters = [...Array(Math.max(BUTTONS, (cue.number ?? 0) + 1)).keys()].filter(
      (number) => !taken.has(number),
    );
    const button = /** @type {HTMLSelectElement} */ (
      dom`<select
        data-part="button"
        aria-label=${`Button of ${called}`}
        title="Button"
        disabled=${!canEdit}
        onchange=${() =>
          change(
            { number: button.value === "" ? null : Number(button.value) },
            `${called} moved to another button`,
          )}
      >
        <option value=${""} selected=${cue.number === null}>–</option>
        ${letters.map(
          (number) =>
            dom`<option value=${number} selected=${number === cue.number}>
              ${String.fromCharCode(65 + number)}
            </option>`,
        )}
      </select>`
    );
    const row = dom`<li
      class=${isSet ? "" : "found"}
      aria-current=${null}
      onpointerdown=${() => this.on.choose(at)}
      onfocusin=${() => this.on.choose(at)}
    >
      <button
        class="play"
        data-part="play"
        aria-label=${`Play from ${called}, ${finely(cue.position_s, 1)}`}
        title="Play from here"
        onclick=${() => this.on.play(cue.position_s)}
      >
        ▶
      </button>
      ${colour}
      ${isSet ? button : dom`<span />`}
      ${name}
      ${place}
      <span class="in-bar">${bar === null ? "" : `bar ${bar}`}</span>
      ${cue.length_s ? this.length(cue, canEdit, change) : dom`<span />`}
      <small class="source" title=${cue.reason ?? null}>
        ${
          SOURCES[cue.source] +
          (cue.confidence !== null && cue.confidence !== undefined && cue.confidence < 0.5
            ? "?"
            : "")
        }
      </small>
      ${
        !this.mayEdit
          ? dom`<span />`
          : isSet
            ? dom`<button
              data-part="away"
              aria-label=${`Delete ${called}`}
              title="Delete"
              onclick=${() =>
                this.on.change(
                  this.placed.filter((one) => one !== cue),
                  `${called} deleted`,
                )}
            >
              ×
            </button>`
            : dom`<button
        data-part="away"
        aria-label=${`Save ${called}`}
        title="Save: include it in exports"
        onclick=${() =>
          this.on.change([...this.placed, { ...cue, number: this.free() }], `${called} saved`)}
      >
        Save
      </button>`
      }
    </li>`;
    if (canEdit)
      row.addEventListener("keydown", (event) => {
        if (
          event.key === "Delete" &&
          !(/** @type {Element} */ (event.target).matches("input:not([type=color])"))
        )
          this.on.change(
            this.placed.filter((one) => one !== cue),
            `${called} deleted`,
          );
      });
    return row;
  }
  /**
   * @param {Served.PlacedCue} cue
   * @param {boolean} canEdit
   * @param {(to: Partial<Served.PlacedCue>, words: string) => void} change
   */
  length(cue, canEdit, change) {
    const beat = this.lines?.beat(cue.position_s) ?? 0.5,
      beats = (cue.length_s ?? 0) / beat,
      known = LOOPS.find((one) => Math.abs(one - beats) < 0.05);
    const choice = /** @type {HTMLSelectElement} */ (
      dom`<select
        data-part="length"
        aria-label=${`Length of ${nameOf(cue)}`}
        disabled=${!canEdit}
        onchange=${() =>
          change(
            { length_s: Math.round(Number(choice.value) * beat * 1e6) / 1e6 },
            `${nameOf(cue)} is ${choice.value} beats long`,
          )}
      >
        ${known ? [] : [dom`<option value=${beats} selected>${beats.toFixed(1)} beats</option>`]}
        ${LOOPS.map(
          (one) =>
            dom`<option value=${one} selected=${one === known}>
              ${one === 1 ? "1 beat" : `${one} beats`}
            </option>`,
        )}
      </select>`
    );
    return choice;
  }
  // The first free button.
  free() {
    const taken = new Set(this.placed.map(({ number }) => number));
    for (let number = 0; number < BUTTONS; number++) if (!taken.has(number)) return number;
    return null;
  }
  /** @param {number} at */
  mark(at) {
    [...this.list.children].forEach((row, i) => row.toggleAttribute("data-chosen", i === at));
  }
}

/** @param {Served.PlacedCue} cue */
export const nameOf = (cue) =>
  cue.name ?? `${cue.length_s ? "loop" : "cue"} at ${finely(cue.position_s, 1)}`;
// Seconds of "1:02.5" or "62.5"; null if invalid.
/** @param {string} text */
export function secondsOf(text) {
  const found = /^\s*(?:(\d{1,4}):)?(\d{1,6}(?:[.,]\d{1,6})?)\s*$/.exec(text);
  return found ? Number(found[1] ?? 0) * 60 + Number(found[2].replace(",", ".")) : null;
}
