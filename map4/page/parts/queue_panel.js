// The queue panel: reorder, remove and clear upcoming tracks.
import { dom, element, targetOf } from "./element.js";
import { drags, takesDrops } from "./drag.js";
import { BEGINNINGS } from "./player.js";
/** @import { Player } from "./player.js" */
/** @import { Queued } from "./player_tracks.js" */

const MOST_SHOWN = 300;

export class QueuePanel {
  /** @param {Player} player */
  constructor(player) {
    this.player = player;
    this.isLooking = false;
    this.drawn = "";
    this.title = element("h2", { tabindex: "-1" });
    this.list = element("ol", {
      onkeydown: (event) => this.key(event),
      ondblclick: (event) => this.play(event),
    });
    this.more = element("p", { class: "small" });
    this.from = /** @type {HTMLSelectElement} */ (
      dom`<select onchange=${() => player.beginAt(this.from.value)}>
      ${Object.entries(BEGINNINGS).map(
        ([value, text]) => dom`<option value=${value}>${text}</option>`,
      )}
    </select>`
    );
    this.pitch = element("input", {
      type: "checkbox",
      onchange: () => player.keepPitch(this.pitch.checked),
    });
    const pitched = dom`<label title="While mixes change the speed; beats align less exactly">
      ${this.pitch} Keep pitch
    </label>`;
    this.empty = element("button", { onclick: () => player.empty() }, "Clear");
    this.element = dom`<div
      class="queue-panel"
      role="dialog"
      aria-label="Queue"
      hidden
      onkeydown=${(event) => {
        if (event.key === "Escape") {
          event.preventDefault();
          this.close();
        }
      }}
    >
      <header>
        ${this.title}
        <label>Start tracks at ${this.from}</label>
        ${pitched}
        ${this.empty}
        <button aria-label="Close" onclick=${() => this.close()}>×</button>
      </header>
      ${this.list}
      ${this.more}
    </div>`;
    drags(this.list, (event) => {
      const at = this.placeOf(event),
        one = player.queued[at];
      return one
        ? {
            rows: one.row === null ? [] : [one.row],
            title: one.title ?? "a track",
            from: { panel: this, at },
          }
        : null;
    });
    takesDrops(this.list, {
      over: (dragged, event) => {
        const takes = this.ownOf(dragged) !== null || dragged.rows.length > 0;
        this.mark(takes ? this.placeOf(event) : -1);
        return takes;
      },
      leave: () => this.mark(-1),
      drop: (dragged, event) => {
        const from = this.ownOf(dragged),
          to = this.placeOf(event);
        this.mark(-1);
        if (from === null) player.queue(dragged.rows, to < 0 ? undefined : to);
        else if (to >= 0) player.move(from, to);
      },
    });
    this.close = () => {
      if (!this.element.hidden) this.toggle();
    };
  }
  /** @param {import("./drag.js").Dragged} dragged @returns {number | null} */
  ownOf({ from }) {
    const own = /** @type {{ panel?: QueuePanel, at: number } | undefined} */ (from);
    return own?.panel === this ? own.at : null;
  }
  /** @param {Event} event */
  placeOf(event) {
    const { clientX, clientY } = /** @type {PointerEvent} */ (event);
    const below = event.type.startsWith("pointer")
      ? document.elementFromPoint(clientX, clientY)
      : targetOf(event);
    return Number(
      /** @type {HTMLElement | null | undefined} */ (below?.closest("li"))?.dataset.at ?? -1,
    );
  }
  /** @param {number} at */
  mark(at) {
    for (const line of this.list.children)
      line.classList.toggle("over", Number(/** @type {HTMLElement} */ (line).dataset.at) === at);
  }
  toggle() {
    const { element: panel } = this,
      isOpen = panel.hidden;
    panel.hidden = !isOpen;
    if (isOpen) {
      this.show();
      this.title.focus();
    }
    return isOpen;
  }
  /** @param {Event} event */
  play(event) {
    const at = this.placeOf(event);
    if (at >= 0) this.player.go(at);
  }
  /** @param {KeyboardEvent} event */
  key(event) {
    const { player } = this,
      at = this.placeOf(event),
      { key, altKey } = event;
    if (at < 0) return;
    const step = { ArrowUp: -1, ArrowDown: 1 }[key] ?? 0,
      to = at + step;
    if (step && altKey && player.queued[to]) {
      player.move(at, to);
      player.say(
        `${player.queued[to].title ?? "Track"}, place ${to + 1} of ${player.queued.length}`,
      );
      this.focus(to);
    } else if (step) this.focus(to);
    else if (key === "Delete" || key === "Backspace") {
      player.remove(at);
      this.focus(Math.min(at, player.queued.length - 1));
    } else if (key === "Enter" && targetOf(event).tagName === "LI") player.go(at);
    else return;
    event.preventDefault();
  }
  /** @param {number} at */
  focus(at) {
    /** @type {HTMLElement | null} */ (this.list.querySelector(`li[data-at="${at}"]`))?.focus();
  }
  async show() {
    const { player, element: panel } = this,
      { queued, at } = player;
    if (panel.hidden) return;
    const from = Math.max(0, Math.min(at - 20, queued.length - MOST_SHOWN)),
      shown = queued.slice(from, from + MOST_SHOWN);
    this.title.textContent = player.name || "Queue";
    this.from.value = player.from;
    this.pitch.checked = player.keepsPitch;
    /** @type {HTMLElement} */ (this.from.parentElement).hidden = player.isSet;
    this.empty.disabled = queued.length < 2;
    const drawn = JSON.stringify([
      from,
      at,
      shown.map(({ row, title, artist }) => [row, title, artist]),
    ]);
    if (drawn !== this.drawn) {
      // otherwise a click could start on one line and end on another
      const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset.at;
      this.list.replaceChildren(...shown.map((one, i) => this.line(one, from + i)));
      this.drawn = drawn;
      if (focused !== undefined) this.focus(Number(focused));
    }
    this.more.textContent =
      queued.length > shown.length ? `${shown.length} of ${queued.length} shown` : "";
    const unnamed = shown.filter(({ title }) => title === undefined);
    if (!unnamed.length || this.isLooking) return;
    this.isLooking = true;
    try {
      await player.tracks.look(unnamed);
      this.show();
    } catch {
      /* their names load when they play */
    } finally {
      this.isLooking = false;
    }
  }
  /** @param {Queued} one @param {number} at */
  line({ title, artist }, at) {
    const { player } = this,
      isNow = at === player.at,
      tabindex = isNow ? "0" : "-1";
    return dom`<li tabindex=${tabindex} data-at=${at} aria-current=${isNow ? "true" : null}>
      <span class="handle" aria-hidden="true">⠿</span>
      <b dir="auto">${title ?? "…"}</b>
      <span dir="auto">${artist ?? ""}</span>
      <button tabindex="-1" aria-label=${`Play ${title ?? ""}`} onclick=${() => player.go(at)}>
        ▶
      </button>
      <button
        tabindex="-1"
        aria-label=${`Remove ${title ?? ""}`}
        onclick=${() => player.remove(at)}
      >
        ×
      </button>
    </li>`;
  }
}
