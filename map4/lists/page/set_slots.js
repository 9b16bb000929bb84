// Suggestions for a place in the set, with reasons; opens below the track.
import { messageOf } from "../../page/parts/wording.js";
import { chip } from "../../page/parts/cells.js";
import { dom, element } from "../../page/parts/element.js";
import { jointLine } from "../../page/parts/joint.js";
import { tempoText } from "../../page/parts/set_list.js";

/** @typedef {Served.With<Served.ListSlot, "id" | "row">} Slot */

const COUNT = 3;

export class SlotPanel {
  /**
   * @param {Page.App} app
   * @param {Page.SetInWork} set
   * @param {(key: string) => void} back  focuses the track
   */
  constructor(app, set, back) {
    this.app = app;
    this.set = set;
    this.back = back;
    this.turn = 0;
    /** @type {(number | null)[]} */
    this.versions = []; // rows that are compared by ear
    this.element = element("div", {
      class: "slots",
      role: "group",
      onkeydown: (event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        this.close();
      },
    });
  }
  /**
   * @param {HTMLElement | null} li
   * @param {"replace" | "after"} how
   * @param {number} place  the track to replace, or to insert after
   */
  async open(li, how, place) {
    const turn = ++this.turn,
      title = this.set.places[place - 1]?.title ?? "",
      { id } = this.set;
    if (!li) return;
    const head = dom`<p>${how === "replace" ? `Instead of ${title}:` : `Fits after ${title}:`}</p>`,
      state = dom`<p class="small" role="status">Searching…</p>`;
    const shut = element(
      "button",
      { class: "shut", "aria-label": "Close", onclick: () => this.close() },
      "×",
    );
    this.element.setAttribute("aria-label", head.textContent ?? "");
    this.element.replaceChildren(head, shut, state);
    if (how === "replace") li.append(this.element);
    else li.prepend(this.element);
    this.key = li.dataset.key ?? "";
    shut.focus();
    try {
      const address = /** @type {const} */ (`lists/${id}/slots?${how}=${place}&n=${COUNT}`),
        slots = /** @type {Slot[]} */ ((await this.app.server.get(address)).slots);
      if (turn !== this.turn) return;
      state.textContent = slots.length ? "" : "No track in the library fits here.";
      const current = this.set.places[place - 1]?.row ?? null;
      this.versions = [current, ...slots.map(({ row }) => row)];
      if (how === "replace" && slots.length) head.append(" ", this.hearing(current, title));
      const before = this.set.places[how === "replace" ? place - 2 : place - 1]?.pick ?? null,
        after = this.set.places[place]?.pick ?? null;
      this.element.append(
        dom`<ul>${slots.map((slot) => this.slot(slot, how, place, before, after))}</ul>`,
      );
      this.element.querySelector("ul button")?.focus();
    } catch (error) {
      if (turn === this.turn) state.textContent = messageOf(error);
    }
  }
  /**
   * @param {Slot} slot
   * @param {"replace" | "after"} how
   * @param {number} place
   * @param {Page.Pair | null} before
   * @param {Page.Pair | null} after
   */
  slot({ id, row, track, why, ...joints }, how, place, before, after) {
    /** @type {Page.Pair} */
    const own = { track, transition: joints.before, relaxed: [] };
    const next = after && joints.after && { ...after, transition: joints.after, relaxed: [] };
    const name = track.current.name,
      title = this.set.places[place - 1]?.title ?? "";
    return dom`<li>
      <button
        onclick=${() => {
          this.close();
          if (how === "replace")
            this.set.do({ op: "replace", at: place, track: id }, `${title} replaced by ${name}`);
          else
            this.set.do(
              { op: "insert", tracks: [id], at: place + 1 },
              `${name} added after ${title}`,
            );
        }}
      >
        <b dir="auto">${name}</b>
        <span dir="auto">${track.current.artist ?? "–"}</span>
        <span class="n">${tempoText(track)}</span>
        ${track.current.key ? chip(track.current.key, track.current.key) : "–"}
        <span class="n">E${track.energy?.level ?? "?"}</span>
      </button>
      <p class="why">
        ${this.hearing(row, name)}
        ${before && joints.before ? [jointLine(before, own)] : []}
        ${next ? [jointLine(own, next)] : []}
        <small>${why.join(", ")}</small>
      </p>
    </li>`;
  }
  // Another version goes on where the one before is: at the same place, while playing.
  /** @param {number | null} row @param {string} name */
  hearing(row, name) {
    return dom`<button
      class="play"
      hidden=${row === null || !this.app.player}
      aria-label=${`Hear ${name}`}
      title="Switches at the same place while playing"
      onclick=${() => this.app.player.toggleAmong(row, this.versions)}
    >
      ▶
    </button>`;
  }
  close() {
    this.turn++;
    const had = this.element.contains(document.activeElement);
    this.element.remove();
    if (had && this.key) this.back(this.key);
  }
}
