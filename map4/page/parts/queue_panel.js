// The queue panel: reorder, remove and clear upcoming tracks.
import { SignButton } from "./components.js";
import { atEscape, targetOf } from "./element.js";
import { html, resource, signal, useLayoutEffect, useRef } from "./html.js";
import { drags, takesDrops } from "./drag.js";

const MOST_SHOWN = 300;

/** @param {Page.Player} player @param {() => void} close  closes it and moves the focus */
export function queuePanel(player, close) {
  const isOpen = signal(false),
    names = resource();
  let list = /** @type {HTMLElement | null} */ (null);

  /** @param {HTMLElement | null} element */
  function listed(element) {
    list = element;
    if (!element) return;
    drags(element, (event) => {
      const at = placeOf(event),
        { row = null, title } = player.queued[at] ?? {},
        rows = row === null ? [] : [row];
      return at < 0 ? null : { rows, title: title ?? "a track", from: { player, at } };
    });
    takesDrops(element, {
      over: (dragged, event) => {
        const takes = ownOf(dragged) !== null || dragged.rows.length > 0;
        mark(takes ? placeOf(event) : -1);
        return takes;
      },
      leave: () => mark(-1),
      drop: (dragged, event) => {
        const from = ownOf(dragged),
          to = placeOf(event);
        mark(-1);
        if (from === null) player.queue(dragged.rows, to < 0 ? undefined : to);
        else if (to >= 0) player.move(from, to);
      },
    });
  }
  // The place of a line that is dragged from here.
  /** @param {Page.Dragged} dragged @returns {number | null} */
  function ownOf({ from }) {
    const own = /** @type {{ player?: Page.Player, at: number } | undefined} */ (from);
    return own?.player === player ? own.at : null;
  }
  /** @param {Event} event */
  function placeOf(event) {
    const { clientX, clientY } = /** @type {PointerEvent} */ (event);
    const below = event.type.startsWith("pointer")
      ? document.elementFromPoint(clientX, clientY)
      : targetOf(event);
    return Number(below?.closest("li")?.dataset.at ?? -1);
  }
  /** @param {number} at */
  function mark(at) {
    for (const line of list?.querySelectorAll("li") ?? [])
      line.classList.toggle("over", Number(line.dataset.at) === at);
  }
  /** @param {KeyboardEvent} event */
  function pressed(event) {
    const at = placeOf(event),
      { key, altKey } = event,
      step = { ArrowUp: -1, ArrowDown: 1 }[key] ?? 0,
      to = at + step,
      { queued } = player;
    if (at < 0) return;
    if (step && altKey && queued[to]) {
      player.say(`${queued[at].title ?? "Track"}, place ${to + 1} of ${queued.length}`);
      player.move(at, to);
      focus(to);
    } else if (step) focus(to);
    else if (key === "Delete" || key === "Backspace") {
      player.remove(at);
      focus(Math.min(at, player.queued.length - 1));
    } else if (key === "Enter" && targetOf(event).tagName === "LI") player.go(at);
    else return;
    event.preventDefault();
  }
  /** @param {number} at */
  const focus = (at) => list?.querySelector(`li[data-at="${at}"]`)?.focus();
  // The first of the shown tracks, and these.
  function shownOf() {
    const { queued, at } = player,
      from = Math.max(0, Math.min(at - 20, queued.length - MOST_SHOWN));
    return { from, shown: queued.slice(from, from + MOST_SHOWN) };
  }
  // Without an answer, names load when their tracks play.
  async function show() {
    const unnamed = shownOf().shown.filter(({ title }) => title === undefined);
    if (!isOpen.peek() || !unnamed.length || names.isAsking) return;
    if (await names.ask(player.tracks.look(unnamed))) player.changed();
  }
  function View() {
    const { queued } = player,
      { from, shown } = shownOf(),
      opens = isOpen.value,
      heading = useRef(/** @type {HTMLElement | null} */ (null));
    if (opens) void player.changes.value; // draws again when it changes
    useLayoutEffect(() => {
      if (opens) heading.current?.focus();
    }, [opens]);
    return html`<div
      class="queue-panel"
      role="dialog"
      aria-label="Queue"
      hidden=${!opens}
      onkeydown=${atEscape(close)}
    >
      <header>
        <h2 tabindex="-1" ref=${heading}>${player.name || "Queue"}</h2>
        <button disabled=${queued.length < 2} onclick=${() => player.empty()}>Clear</button>
        <${SignButton} sign="close" label="Close" run=${close} />
      </header>
      <ol
        ref=${listed}
        onkeydown=${pressed}
        ondblclick=${(event) => placeOf(event) >= 0 && player.go(placeOf(event))}
      >
        ${shown.map((one, i) => Line(one, from + i))}
      </ol>
      <p class="small">
        ${queued.length > shown.length && `${shown.length} of ${queued.length} shown`}
      </p>
    </div>`;
  }
  // By their place, so that a click doesn't begin on one line and end on another.
  /** @param {Page.Queued} one @param {number} at */
  function Line({ title, artist }, at) {
    const isNow = at === player.at,
      named = (/** @type {string} */ does) => `${does} ${title ?? ""}`,
      play = () => player.go(at),
      remove = () => player.remove(at);
    return html`<li
      key=${at}
      tabindex=${isNow ? "0" : "-1"}
      data-at=${at}
      aria-current=${isNow ? "true" : undefined}
    >
      <span class="handle" aria-hidden="true">⠿</span>
      <b dir="auto">${title ?? "…"}</b>
      <span dir="auto">${artist}</span>
      <${SignButton} sign="play" label=${named("Play")} tabindex="-1" run=${play} />
      <${SignButton} sign="close" label=${named("Remove")} tabindex="-1" run=${remove} />
    </li>`;
  }
  // Opens or closes it; returns whether it is open.
  function toggle() {
    isOpen.value = !isOpen.value;
    show();
    return isOpen.value;
  }
  return { View, isOpen, toggle, show };
}
