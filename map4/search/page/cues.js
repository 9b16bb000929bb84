// The cue points and loops of a track as a list to play, name, move, colour and delete.
import { buttonOf, Choice, Icon, SignButton, Typed } from "../../page/parts/components.js";
import { targetOf } from "../../page/parts/element.js";
import { html, useLayoutEffect, useRef } from "../../page/parts/html.js";
import { clock, countOf } from "../../page/parts/wording.js";
import { letterOf, usualColour } from "../../page/parts/strips.js";
import { cueColour } from "../../page/parts/wave.js";

export const BUTTONS = 8;
const FINE_S = 0.001,
  WRITTEN = "input:not([type=color])",
  LOOPS = [1, 2, 4, 8, 16, 32, 64],
  SOURCES = { user: "yours", imported: "imported", detected: "detected" };

/**
 * @typedef {Served.PlacedCue} Cue
 * @typedef {(cue: Cue, to: Partial<Cue>, words: string) => unknown} ChangeCue
 * @typedef {{ cue: Cue, canEdit: boolean, change: ChangeCue }} AboutCue
 */

/** @param {Page.ShownTrack} view */
export function cueList(view) {
  let deleted = -1, // place of the row whose focus goes to the next
    /** @type {Served.PlacedCue[]} */
    focused = []; // the cue whose row has the focus: as it is, and as it was before it moved

  /** @type {ChangeCue} */
  const change = (cue, to, words) =>
    view.setCues(
      view.placed.map((one) => (one === cue ? { ...one, ...to } : one)),
      words,
    );
  /** @param {number} at */
  function remove(at) {
    deleted = at;
    view.choose(at);
    view.removeCue();
  }
  /** @param {Served.PlacedCue} cue  detected */
  function save(cue) {
    const number = view.free(),
      color = usualColour(number);
    view.setCues([...view.placed, { ...cue, number, color }], `${nameOf(cue)} saved`);
  }
  // The focused cue among these.
  /** @param {Served.PlacedCue[]} cues */
  const focusedIn = (cues) =>
    focused.map((state) => cues.find((one) => isLike(one, state))).find(Boolean);
  return { View, Row, Position };

  function View() {
    const cues = view.track?.cues ?? [],
      list = useRef(/** @type {HTMLElement | null} */ (null));
    useLayoutEffect(() => {
      const isMoving = document.activeElement?.matches(".cue-place"),
        own = focusedIn(cues),
        focus = (/** @type {number} */ row, /** @type {string} */ part) =>
          list.current?.children[row]?.querySelector(part)?.focus();
      if (deleted >= 0) focus(Math.min(deleted, cues.length - 1), ".away");
      else if (isMoving && own) focus(cues.indexOf(own), ".cue-place");
      deleted = -1;
    }, [cues]);
    return html`<section class="cue-list">
      <h2>Cue points and loops</h2>
      <datalist id="cue-colours">
        ${[...Array(BUTTONS).keys()].map(
          (number) => html`<option key=${number} value=${usualColour(number)} />`,
        )}
      </datalist>
      <ul class="cues" ref=${list}>
        ${cues.map((cue, at) => html`<${Row} key=${at} cue=${cue} at=${at} />`)}
      </ul>
      <p class="small" hidden=${cues.length > 0}>
        No cue points yet. Go to a position and press c.
      </p>
      <button
        hidden=${!view.mayEdit || !view.placed.length}
        title="Replaces their cue points; you can undo it"
        onclick=${view.copyCues}
      >
        Copy to other copies
      </button>
    </section>`;
  }
  // By their place, so that the focus stays on a field when the cue changes.
  /** @param {{ cue: Served.PlacedCue, at: number }} about */
  function Row({ cue, at }) {
    const { mayEdit, lines } = view,
      isSet = cue.source !== "detected",
      canEdit = isSet && mayEdit,
      about = { cue, canEdit, change },
      bar = lines.bar(cue.position_s),
      called = nameOf(cue),
      isLooped = Boolean(cue.length_s) && view.looped.value === cue.position_s,
      play = isLooped ? "Leave" : cue.length_s ? "Repeat" : "Play from",
      choose = () => view.choose(at);
    return html`<li
      class=${isSet ? "" : "found"}
      data-chosen=${view.chosen.value === at ? "" : undefined}
      onpointerdown=${choose}
      onfocusin=${() => {
        choose();
        if (!focusedIn([cue])) focused = [cue];
      }}
      onkeydown=${(event) => {
        if (!canEdit || event.key !== "Delete" || targetOf(event).matches(WRITTEN)) return;
        event.preventDefault(); // the key of the page deletes the chosen cue
        remove(at);
      }}
    >
      <${SignButton}
        sign=${isLooped ? "go" : cue.length_s ? "loop" : "play"}
        label=${`${play} ${called}, ${clock(cue.position_s, 1)}`}
        class="play"
        title=${cue.length_s ? `${play} the loop (l)` : "Play from here"}
        run=${() => view.playCue(cue)}
      />
      <input
        type="color"
        list="cue-colours"
        value=${cueColour(cue)}
        aria-label=${`Colour of ${called}`}
        title="Colour"
        disabled=${!canEdit}
        onchange=${({ currentTarget }) =>
          change(cue, { color: currentTarget.value }, `${called} coloured`)}
      />
      ${isSet ? html`<${Button} ...${about} placed=${view.placed} />` : html`<span />`}
      <${Typed}
        value=${cue.name ?? ""}
        placeholder=${cue.length_s ? "Loop" : cue.number === null ? "Memory cue" : "Hot cue"}
        aria-label=${`Name of ${called}`}
        dir="auto"
        maxlength="200"
        readonly=${!canEdit}
        onchange=${({ currentTarget }) => {
          const name = currentTarget.value.trim(),
            own = focusedIn(view.placed);
          if (own) change(own, { name: name || null }, `Cue named ${name || "nothing"}`);
          else view.app.say(`Not saved: ${name}. The cue point was moved or deleted meanwhile.`);
        }}
      />
      <${Position} cue=${cue} canEdit=${canEdit} />
      <span class="in-bar">${bar ? `bar ${bar}` : ""}</span>
      ${cue.length_s ? html`<${Length} ...${about} lines=${lines} />` : html`<span />`}
      <small class="source" title=${cue.reason}>
        ${SOURCES[cue.source] + ((cue.confidence ?? 1) < 0.5 ? "?" : "")}
      </small>
      ${
        !mayEdit
          ? html`<span />`
          : isSet
            ? buttonOf(html`<${Icon} name="close" />`, `Delete ${called}`, () => remove(at), {
                ...{ class: "away", title: "Delete" },
              })
            : buttonOf("Save", `Save ${called}`, () => save(cue), {
                ...{ class: "away", title: "Save: include it in exports" },
              })
      }
    </li>`;
  }
  /** @param {{ cue: Served.PlacedCue, canEdit: boolean }} about */
  function Position({ cue, canEdit }) {
    const { lines } = view,
      written = clock(cue.position_s, 3),
      move = (/** @type {number} */ s) => {
        const moved = { ...cue, position_s: rounded(s) };
        focused = [moved, ...focused];
        change(cue, moved, `${nameOf(cue)} moved to ${clock(s, 3)}`);
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
          event.altKey
            ? cue.position_s + by * FINE_S
            : lines.step(cue.position_s, by, event.shiftKey),
        );
      }}
    />`;
  }
}

/** @param {AboutCue & { placed: Served.PlacedCue[] }} about */
function Button({ cue, placed, canEdit, change }) {
  const used = new Set(placed.filter((one) => one !== cue).map(({ number }) => number)),
    all = [...Array(Math.max(BUTTONS, (cue.number ?? 0) + 1)).keys()],
    free = all.filter((number) => !used.has(number));
  return html`<${Choice}
    label=${`Button of ${nameOf(cue)}`}
    title="Hot cue button; – is a memory cue"
    disabled=${!canEdit}
    value=${cue.number ?? ""}
    choices=${[["", "–"], ...free.map((number) => [number, letterOf(number)])]}
    choose=${(/** @type {string} */ value) => {
      const number = value === "" ? null : Number(value),
        isUsual = cue.color && cue.color === usualColour(cue.number),
        color = isUsual ? usualColour(number) : cue.color;
      change(cue, { number, color }, `${nameOf(cue)} moved to another button`);
    }}
  />`;
}
/** @param {AboutCue & { lines: Page.BeatLines }} about */
function Length({ cue, lines, canEdit, change }) {
  const beat = lines.beat(cue.position_s),
    beats = (cue.length_s ?? 0) / beat,
    known = LOOPS.find((one) => Math.abs(one - beats) < 0.05),
    other = known ? [] : [[beats, `${beats.toFixed(1)} beats`]];
  return html`<${Choice}
    label=${`Length of ${nameOf(cue)}`}
    disabled=${!canEdit}
    value=${known ?? beats}
    choices=${[...other, ...LOOPS.map((one) => [one, countOf(one, "beat")])]}
    choose=${(/** @type {string} */ value) =>
      change(
        cue,
        { length_s: rounded(Number(value) * beat) },
        `${nameOf(cue)} is ${value} beats long`,
      )}
  />`;
}

// A position as it is stored.
/** @param {number} s */
export const rounded = (s) => Math.round(s * 1e6) / 1e6;
// A hot cue by its button, a memory cue by its place.
/** @param {Served.PlacedCue} one @param {Served.PlacedCue} other */
const isLike = (one, other) =>
  one.source !== "detected" &&
  one.number === other.number &&
  (one.number !== null || one.position_s === other.position_s);
/** @param {Served.PlacedCue} cue */
export const nameOf = (cue) =>
  cue.name ?? `${cue.length_s ? "loop" : "cue"} at ${clock(cue.position_s, 1)}`;
// Seconds of "1:02.5" or "62.5"; null if invalid.
/** @param {string} text */
export function secondsOf(text) {
  const found = /^\s*([-−]?)((?:\d{1,4}:){0,2}\d{1,6}(?:[.,]\d{1,6})?)\s*$/.exec(text),
    parts = found?.[2].replace(",", ".").split(":") ?? [];
  const s = parts.reduce((sum, part) => 60 * sum + Number(part), 0);
  return found && parts.slice(1).every((part) => Number(part) < 60) ? (found[1] ? -s : s) : null;
}
