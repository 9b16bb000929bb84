// The queue panel: reorder, remove and clear upcoming tracks.
import { targetOf } from "./element.js";
import { html, signal, useLayoutEffect, useRef } from "./html.js";
import { drags, takesDrops } from "./drag.js";

const MOST_SHOWN = 300;

export class QueuePanel {
  /** @param {Page.Player} player @param {() => void} close  closes it and moves the focus */
  constructor(player, close) {
    this.player = player;
    this.close = close;
    this.isLooking = false;
    this.isOpen = signal(false);
    this.turn = signal(0); // counts changes of the player
    /** @type {HTMLElement | null} */
    this.list = null;
    this.View = () => this.view();
    this.listed = (/** @type {HTMLElement | null} */ list) => {
      this.list = list;
      if (list) this.takes(list);
    };
  }
  /** @param {HTMLElement} list */
  takes(list) {
    const { player } = this;
    drags(list, (event) => {
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
    takesDrops(list, {
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
  }
  /** @param {Page.Dragged} dragged @returns {number | null} */
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
    return Number(below?.closest("li")?.dataset.at ?? -1);
  }
  /** @param {number} at */
  mark(at) {
    for (const line of this.list?.children ?? [])
      line.classList.toggle("over", Number(/** @type {HTMLElement} */ (line).dataset.at) === at);
  }
  // Opens or closes the panel; returns whether it is open.
  toggle() {
    this.isOpen.value = !this.isOpen.value;
    this.show();
    return this.isOpen.value;
  }
  /** @param {KeyboardEvent} event */
  closes(event) {
    if (event.key !== "Escape") return;
    event.preventDefault();
    this.close();
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
    this.list?.querySelector(`li[data-at="${at}"]`)?.focus();
  }
  // The first of the shown tracks, and these.
  get shown() {
    const { queued, at } = this.player,
      from = Math.max(0, Math.min(at - 20, queued.length - MOST_SHOWN));
    return { from, shown: queued.slice(from, from + MOST_SHOWN) };
  }
  async show() {
    if (!this.isOpen.peek()) return;
    this.turn.value++;
    const unnamed = this.shown.shown.filter(({ title }) => title === undefined);
    if (!unnamed.length || this.isLooking) return;
    this.isLooking = true;
    try {
      await this.player.tracks.look(unnamed);
      this.show();
    } catch {
      /* their names load when they play */
    } finally {
      this.isLooking = false;
    }
  }
  view() {
    const { player } = this,
      { queued } = player,
      { from, shown } = this.shown;
    void this.turn.value; // draws again when it changes
    const isOpen = this.isOpen.value,
      heading = useRef(/** @type {HTMLElement | null} */ (null));
    useLayoutEffect(() => {
      if (isOpen) heading.current?.focus();
    }, [isOpen]);
    return html`<div
      class="queue-panel"
      role="dialog"
      aria-label="Queue"
      hidden=${!isOpen}
      onkeydown=${(event) => this.closes(event)}
    >
      <header>
        <h2 tabindex="-1" ref=${heading}>${player.name || "Queue"}</h2>
        <button disabled=${queued.length < 2} onclick=${() => player.empty()}>Clear</button>
        <button aria-label="Close" onclick=${() => this.close()}>×</button>
      </header>
      <ol
        ref=${this.listed}
        onkeydown=${(event) => this.key(event)}
        ondblclick=${(event) => this.play(event)}
      >
        ${shown.map((one, i) => this.line(one, from + i))}
      </ol>
      <p class="small">
        ${queued.length > shown.length && `${shown.length} of ${queued.length} shown`}
      </p>
    </div>`;
  }
  // By their place, so that a click doesn't begin on one line and end on another.
  /** @param {Page.Queued} one @param {number} at */
  line({ title, artist }, at) {
    const { player } = this,
      isNow = at === player.at;
    return html`<li
      key=${at}
      tabindex=${isNow ? "0" : "-1"}
      data-at=${at}
      aria-current=${isNow ? "true" : undefined}
    >
      <span class="handle" aria-hidden="true">⠿</span>
      <b dir="auto">${title ?? "…"}</b>
      <span dir="auto">${artist}</span>
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
