// The cue points and loops of a track as a list to play, name, move, colour and delete.
import { Typed } from "../../page/parts/components.js";
import { targetOf } from "../../page/parts/element.js";
import { drawn, html, signal, useLayoutEffect } from "../../page/parts/html.js";
import { clock, countOf } from "../../page/parts/wording.js";
import { cueColour, letterOf, usualColour } from "../../page/parts/wave.js";

/**
 * @typedef {object} On
 * @property {(cues: Served.PlacedCue[], words: string) => void} change  replaces the placed cues
 * @property {(cue: Served.PlacedCue) => void} play  a loop that plays is left
 * @property {() => void} copy  to other copies of the recording
 * @property {(cue: number) => void} choose
 */
const BUTTONS = 8,
  FINE_S = 0.001,
  WRITTEN = "input:not([type=color])",
  LOOPS = [1, 2, 4, 8, 16, 32, 64],
  SOURCES = { user: "yours", imported: "imported", detected: "detected" };

export class CueList {
  /** @param {On} on */
  constructor(on) {
    this.on = on;
    this.shown = signal({
      cues: /** @type {Served.PlacedCue[]} */ ([]), // by position
      lines: /** @type {Page.BeatLines | null} */ (null),
      mayEdit: false,
    });
    this.chosen = signal(-1);
    this.looped = signal(/** @type {number | null} */ (null)); // start of the loop that plays
    this.deleted = -1; // place of the row whose focus goes to the next
    /** @type {Served.PlacedCue | null} */
    this.moved = null; // the focus follows it
    /** @type {Served.PlacedCue | null} */
    this.named = null; // whose name has the focus; its place may change
    this.element = drawn("section", { class: "cue-list" }, () => this.view());
  }
  // Cues set by people; only these are stored.
  get placed() {
    return this.shown.value.cues.filter(({ source }) => source !== "detected");
  }
  // The first free button.
  free() {
    const taken = new Set(this.placed.map(({ number }) => number));
    for (let number = 0; number < BUTTONS; number++) if (!taken.has(number)) return number;
    return null;
  }
  /** @param {Served.PlacedCue} cue @param {Partial<Served.PlacedCue>} to @param {string} words */
  change(cue, to, words) {
    this.on.change(
      this.placed.map((one) => (one === cue ? { ...one, ...to } : one)),
      words,
    );
  }
  /** @param {number} at @param {string} part */
  focus(at, part) {
    const row = this.element.querySelectorAll("li")[at];
    row?.querySelector(part)?.focus();
  }
  /** @param {Served.PlacedCue} cue @param {number} at */
  delete(cue, at) {
    this.deleted = at;
    this.on.change(
      this.placed.filter((one) => one !== cue),
      `${nameOf(cue)} deleted`,
    );
  }
  view() {
    const { cues, mayEdit } = this.shown.value;
    useLayoutEffect(() => {
      const { deleted, moved } = this,
        isMoving = document.activeElement?.matches(".cue-place"),
        at = moved ? cues.findIndex((one) => isLike(one, moved)) : -1;
      [this.deleted, this.moved] = [-1, null];
      if (deleted >= 0) this.focus(Math.min(deleted, cues.length - 1), ".away");
      else if (isMoving && at >= 0) this.focus(at, ".cue-place");
    }, [cues]);
    return html`<h2>Cue points and loops</h2>
      <datalist id="cue-colours">
        ${[...Array(BUTTONS).keys()].map(
          (number) => html`<option key=${number} value=${usualColour(number)} />`,
        )}
      </datalist>
      <ul class="cues">
        ${cues.map((cue, at) => this.row(cue, at))}
      </ul>
      <p class="small" hidden=${cues.length > 0}>
        No cue points yet. Go to a position and press c.
      </p>
      <button
        hidden=${!mayEdit || !this.placed.length}
        title="Replaces their cue points; you can undo it"
        onclick=${() => this.on.copy()}
      >
        Copy to other copies
      </button>`;
  }
  // By their place, so that the focus stays on a field when the cue changes.
  /** @param {Served.PlacedCue} cue @param {number} at */
  row(cue, at) {
    const { mayEdit, lines } = this.shown.value,
      isSet = cue.source !== "detected",
      canEdit = isSet && mayEdit,
      bar = lines?.bar(cue.position_s) ?? null,
      called = nameOf(cue),
      isLooped = Boolean(cue.length_s) && this.looped.value === cue.position_s,
      play = isLooped ? "Leave" : cue.length_s ? "Repeat" : "Play from",
      choose = () => this.on.choose(at);
    return html`<li
      key=${at}
      class=${isSet ? "" : "found"}
      data-chosen=${this.chosen.value === at ? "" : undefined}
      onpointerdown=${choose}
      onfocusin=${choose}
      onkeydown=${(event) => {
        if (!canEdit || event.key !== "Delete" || targetOf(event).matches(WRITTEN)) return;
        event.preventDefault(); // the key of the page deletes the chosen cue
        this.delete(cue, at);
      }}
    >
      <button
        class="play"
        aria-label=${`${play} ${called}, ${clock(cue.position_s, 1)}`}
        title=${cue.length_s ? `${play} the loop (l)` : "Play from here"}
        onclick=${() => this.on.play(cue)}
      >
        ${isLooped ? "→" : cue.length_s ? "↻" : "▶"}
      </button>
      <input
        type="color"
        list="cue-colours"
        value=${cueColour(cue)}
        aria-label=${`Colour of ${called}`}
        title="Colour"
        disabled=${!canEdit}
        onchange=${({ currentTarget }) =>
          this.change(cue, { color: currentTarget.value }, `${called} coloured`)}
      />
      ${isSet ? this.button(cue, canEdit) : html`<span />`}
      <${Typed}
        value=${cue.name ?? ""}
        placeholder=${cue.length_s ? "Loop" : cue.number === null ? "Memory cue" : "Hot cue"}
        aria-label=${`Name of ${called}`}
        dir="auto"
        maxlength="200"
        readonly=${!canEdit}
        onfocus=${() => {
          this.named = cue;
        }}
        onchange=${({ currentTarget }) => {
          const name = currentTarget.value.trim(),
            named = this.placed.find((one) => isLike(one, this.named ?? cue)) ?? cue;
          this.change(named, { name: name || null }, `Cue named ${name || "nothing"}`);
        }}
      />
      ${this.position(cue, canEdit)}
      <span class="in-bar">${bar ? `bar ${bar}` : ""}</span>
      ${cue.length_s ? this.length(cue, canEdit) : html`<span />`}
      <small class="source" title=${cue.reason}>
        ${SOURCES[cue.source] + ((cue.confidence ?? 1) < 0.5 ? "?" : "")}
      </small>
      ${
        !mayEdit
          ? html`<span />`
          : isSet
            ? html`<button
                class="away"
                aria-label=${`Delete ${called}`}
                title="Delete"
                onclick=${() => this.delete(cue, at)}
              >
                ×
              </button>`
            : html`<button
                class="away"
                aria-label=${`Save ${called}`}
                title="Save: include it in exports"
                onclick=${() => {
                  const number = this.free(),
                    color = usualColour(number);
                  this.on.change([...this.placed, { ...cue, number, color }], `${called} saved`);
                }}
              >
                Save
              </button>`
      }
    </li>`;
  }
  /** @param {Served.PlacedCue} cue @param {boolean} canEdit */
  button(cue, canEdit) {
    const taken = new Set(this.placed.filter((one) => one !== cue).map(({ number }) => number)),
      all = [...Array(Math.max(BUTTONS, (cue.number ?? 0) + 1)).keys()];
    return html`<select
      aria-label=${`Button of ${nameOf(cue)}`}
      title="Hot cue button; – is a memory cue"
      disabled=${!canEdit}
      value=${cue.number ?? ""}
      onchange=${({ currentTarget: { value } }) => {
        const number = value === "" ? null : Number(value),
          isUsual = cue.color && cue.color === usualColour(cue.number),
          color = isUsual ? usualColour(number) : cue.color;
        this.change(cue, { number, color }, `${nameOf(cue)} moved to another button`);
      }}
    >
      <option value=${""}>–</option>
      ${all
        .filter((number) => !taken.has(number))
        .map(
          (number) =>
            html`<option key=${number} value=${number}>
              ${letterOf(number)}
            </option>`,
        )}
    </select>`;
  }
  /** @param {Served.PlacedCue} cue @param {boolean} canEdit */
  position(cue, canEdit) {
    const { lines } = this.shown.value,
      written = clock(cue.position_s, 3),
      move = (/** @type {number} */ s) => {
        this.moved = { ...cue, position_s: Math.round(s * 1e6) / 1e6 };
        this.change(cue, this.moved, `${nameOf(cue)} moved to ${clock(s, 3)}`);
      };
    return html`<input
      class="cue-place"
      value=${written}
      inputmode="decimal"
      aria-label=${`Position of ${nameOf(cue)}`}
      readonly=${!canEdit}
      onchange=${({ currentTarget }) => {
        const s = secondsOf(currentTarget.value);
        if (s === null) currentTarget.value = written;
        else move(s);
      }}
      onkeydown=${(event) => {
        const by = event.key === "ArrowUp" ? 1 : event.key === "ArrowDown" ? -1 : 0;
        if (!by || !canEdit) return;
        event.preventDefault();
        move(
          event.altKey || !lines
            ? cue.position_s + by * FINE_S
            : lines.step(cue.position_s, by, event.shiftKey),
        );
      }}
    />`;
  }
  /** @param {Served.PlacedCue} cue @param {boolean} canEdit */
  length(cue, canEdit) {
    const beat = this.shown.value.lines?.beat(cue.position_s) ?? 0.5,
      beats = (cue.length_s ?? 0) / beat,
      known = LOOPS.find((one) => Math.abs(one - beats) < 0.05);
    return html`<select
      aria-label=${`Length of ${nameOf(cue)}`}
      disabled=${!canEdit}
      value=${known ?? beats}
      onchange=${({ currentTarget: { value } }) =>
        this.change(
          cue,
          { length_s: Math.round(Number(value) * beat * 1e6) / 1e6 },
          `${nameOf(cue)} is ${value} beats long`,
        )}
    >
      ${!known && html`<option value=${beats}>${beats.toFixed(1)} beats</option>`}
      ${LOOPS.map((one) => html`<option key=${one} value=${one}>${countOf(one, "beat")}</option>`)}
    </select>`;
  }
}

/** @param {Served.PlacedCue} one @param {Served.PlacedCue} other */
const isLike = (one, other) =>
  one.source !== "detected" && one.position_s === other.position_s && one.number === other.number;
/** @param {Served.PlacedCue} cue */
export const nameOf = (cue) =>
  cue.name ?? `${cue.length_s ? "loop" : "cue"} at ${clock(cue.position_s, 1)}`;
// Seconds of "1:02.5" or "62.5"; null if invalid.
/** @param {string} text */
export function secondsOf(text) {
  const found = /^\s*([-−]?)((?:\d{1,4}:){0,2}\d{1,6}(?:[.,]\d{1,6})?)\s*$/.exec(text),
    parts = found?.[2].replace(",", ".").split(":") ?? [];
  const s = parts.reduce((sum, part) => 60 * sum + Number(part), 0);
  return found && (found[1] ? -s : s);
}
