// Suggestions for a place in the set, with reasons; unfolded below the track.
import { html, resource, signal, useLayoutEffect, useRef } from "../../page/parts/html.js";
import { KeyChip, SignButton } from "../../page/parts/components.js";
import { atEscape } from "../../page/parts/element.js";
import { JointLine, jointWords } from "../../page/parts/joint.js";
import { tempoText } from "../../page/parts/set_list.js";

/**
 * @typedef {Served.With<Served.ListSlot, "id" | "row">} Slot
 * @typedef {object} Wanted
 * @property {"replace" | "after"} how
 * @property {number} place  the track to replace, or to insert after
 * @property {string} key  of this track
 * @property {string} title
 */

const COUNT = 3;

/**
 * @param {Page.App} app @param {Page.SetInWork} set
 * @param {(key: string) => void} back  focuses the track
 */
export function slotPanel(app, set, back) {
  const answer = /** @type {Page.Resource<Slot[]>} */ (resource()),
    wanted = signal(/** @type {Wanted | null} */ (null));

  /** @param {Wanted["how"]} how @param {number} place */
  function open(how, place) {
    const { title, key } = set.places[place - 1];
    answer.set(null);
    wanted.value = { how, place, title, key };
    answer.ask(
      app.server
        .get(`lists/${set.id}/slots?${how}=${place}&n=${COUNT}`)
        .then(({ slots }) => /** @type {Slot[]} */ (slots)),
    );
  }
  function close() {
    const key = wanted.peek()?.key;
    answer.set(null);
    wanted.value = null;
    if (key) back(key);
  }
  /** @param {Wanted} about */
  function View({ how, place, title }) {
    const isReplaced = how === "replace",
      { value: slots, error } = answer,
      group = useRef(/** @type {HTMLElement | null} */ (null)),
      [before, own, after] = [place - (isReplaced ? 2 : 1), place - 1, place].map(
        (at) => set.places[at],
      ),
      rows = [own?.row ?? null, ...(slots ?? []).map(({ row }) => row)]; // compared by ear
    useLayoutEffect(() => {
      group.current?.querySelector(slots?.length ? "ul button" : ".shut")?.focus();
    }, [slots]);
    // Another version goes on where the one before is: at the same place, while playing.
    const hearing = (/** @type {number | null} */ row, /** @type {string} */ name) =>
      html`<${SignButton}
        sign="play"
        label=${`Hear ${name}`}
        class="play"
        hidden=${row === null}
        title="Switches at the same place while playing"
        run=${() => app.player.toggleAmong(row, rows)}
      />`;
    const line = (/** @type {Page.Pair} */ from, /** @type {Page.Pair} */ to) =>
      html`<${JointLine} words=${jointWords(from, to)} unknown="not rated" />`;
    /** @param {Slot} slot */
    const row = ({ id, row, track, why, ...joints }) => {
      const { name, artist, key: camelot } = track.current,
        /** @type {Page.Pair} */
        pair = { track, transition: joints.before, relaxed: [] },
        next = after?.pick && { ...after.pick, transition: joints.after, relaxed: [] },
        take = () => {
          close();
          if (isReplaced)
            set.do({ op: "replace", at: place, track: id }, `${title} replaced by ${name}`);
          else
            set.do({ op: "insert", tracks: [id], at: place + 1 }, `${name} added after ${title}`);
        };
      return html`<li key=${id}>
        <button onclick=${take}>
          <b dir="auto">${name}</b>
          <span dir="auto">${artist ?? "–"}</span>
          <span class="n">${tempoText(track)}</span>
          <${KeyChip} camelot=${camelot} />
          <span class="n">E${track.energy?.level ?? "?"}</span>
        </button>
        <p class="why">
          ${hearing(row, name)} ${before?.pick && joints.before && line(before.pick, pair)}
          ${next?.transition && line(pair, next)}
          <small>${why.join(", ")}</small>
        </p>
      </li>`;
    };
    const head = isReplaced ? `Instead of ${title}:` : `Fits after ${title}:`,
      none = slots && !slots.length ? "No track in the library fits here." : "";
    return html`<div
      class="slots"
      role="group"
      aria-label=${head}
      ref=${group}
      onkeydown=${atEscape(close)}
    >
      <p>${head} ${isReplaced && slots && slots.length > 0 && hearing(rows[0], title)}</p>
      <${SignButton} sign="close" label="Close" class="shut" run=${close} />
      <p class="small" role="status">${error?.message ?? (slots ? none : "Searching…")}</p>
      <ul>
        ${slots?.map(row)}
      </ul>
    </div>`;
  }
  return {
    open,
    wanted,
    Slots: () => wanted.value && html`<${View} ...${wanted.value} />`,
  };
}
