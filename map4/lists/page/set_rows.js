// The tracks of a set in rows, each with its transition from the track before. Rows can be moved by
// mouse, touch and keyboard.
import { actsIn, hasModifier } from "../../page/parts/acts.js";
import { takesDrops, drags } from "../../page/parts/drag.js";
import { KeyChip, SignButton, Strip } from "../../page/parts/components.js";
import { dom, element, targetOf } from "../../page/parts/element.js";
import { effect, html, render, signal, useLayoutEffect } from "../../page/parts/html.js";
import { JointLine, jointWords } from "../../page/parts/joint.js";
import { popUp } from "../../page/parts/pop.js";
import { chosenJoint } from "./joint_tools.js";
import { setDrag } from "./set_drag.js";
import { pairOf, placesOf } from "../../page/parts/set_list.js";
import { rowOf } from "./set_row.js";
import { slotPanel } from "./set_slots.js";

const MOST = 500;
const ROW_ACTS = "play hear joint lock replace between up down remove"
  .split(" ")
  .map((name) => `set-${name}`);

/** @param {Page.App} app @param {Page.SetInWork} set */
export function setRows(app, set) {
  const strips = signal(/** @type {Map<Page.Id, string | null>} */ (new Map())),
    most = signal(MOST),
    list = element("ol", { class: "places", "aria-label": "Tracks of the set" }),
    more = dom`<button onclick=${() => (most.value += MOST)}>Show more</button>`,
    slots = slotPanel(app, set, focus);
  /** @type {Map<string, { shown: string, line: Page.VNode }>} */
  let lines = new Map(),
    current = "", // the key of the row in the Tab order
    isMenu = false; // the act was started by a button, not a key

  /** @param {EventTarget | null} target */
  const keyAt = (target) =>
    /** @type {Element | null} */ (target)?.closest("li.place")?.dataset.key ?? null;
  /** @param {string} key @returns {HTMLElement | null} */
  const li = (key) => list.querySelector(`[data-key="${CSS.escape(key)}"]`);
  /** @param {string} key @returns {HTMLElement | null | undefined} */
  const track = (key) => li(key)?.querySelector(".track");
  /** @param {string} key */
  const at = (key) => set.places.findIndex((place) => place.key === key);

  function View() {
    const { places, preview, storedKeys, isFree } = set.shown,
      now = document.activeElement,
      hadFocus = list.contains(now) && now?.classList.contains("track");
    void app.player?.changes.value; // draws again when it changes
    useLayoutEffect(() => {
      isCurrent(at(current) < 0 ? (places[0]?.key ?? "") : current);
      if (hadFocus && !list.contains(document.activeElement)) focus(current);
    });
    /** @type {typeof lines} */
    const shownLines = new Map();
    for (const [at, { key, id, row: number }] of places.slice(0, most.value).entries()) {
      const row = rowOf(places, at, {
          isNew: preview && !storedKeys.has(key),
          isFree,
          plays: id !== null && id === app.player?.track?.id,
          strip: number === null ? null : (strips.value.get(number) ?? null),
        }),
        shown = JSON.stringify(row),
        known = lines.get(key);
      // The same line as before is not compared again.
      shownLines.set(key, known?.shown === shown ? known : { shown, line: Line(row) });
    }
    lines = shownLines;
    return [...lines.values()].map(({ line }) => line);
  }
  /** @param {Page.SetRow} row @returns {Page.VNode} */
  function Line({ key, at, title, locked, camelot, level, ...row }) {
    const does = (/** @type {string} */ act) => () => as(key, () => app.acts.run(act)),
      menu = (/** @type {HTMLElement} */ button) => popUp(button, app.acts.menu(ROW_ACTS)),
      ready = () => preload(key),
      lockTitle = locked
        ? "Locked: stays when the list is regenerated (l)"
        : "Lock: keep when the list is regenerated (l)";
    return html`<li key=${key} data-key=${key} class=${row.classes}>
      <div class="into" hidden=${at === 0}>
        <span onclick=${does("set-joint")}>
          ${at > 0 && html`<${JointLine} words=${row.words} unknown=${row.unknown} />`}
        </span>
        <${SignButton}
          sign="hear"
          label=${`Play the transition into ${title}`}
          class="hear"
          tabindex="-1"
          hidden=${!row.canPlay}
          run=${does("set-hear")}
          onpointerenter=${ready}
          onfocus=${ready}
        />
        <${SignButton}
          sign="plus"
          label=${`Suggest tracks before ${title}`}
          class="between"
          tabindex="-1"
          hidden=${!row.isFree}
          run=${does("set-between")}
        />
      </div>
      <div
        class="track"
        tabindex="-1"
        role="group"
        aria-label=${row.label}
        ondblclick=${() => app.acts.run("set-play")}
      >
        <span class="handle" aria-hidden="true" />
        <span class="number">${at + 1}</span>
        <${Strip} strip=${row.strip} height=${32} />
        <span class="name"><b dir="auto">${title}</b><small dir="auto">${row.about}</small></span>
        <span class="n bpm">${row.tempo}</span>
        <span class="key"><${KeyChip} camelot=${camelot} /></span>
        <span class="level" data-level=${level ?? "–"}>
          <i style=${{ height: `${10 * (level ?? 0)}%` }} />
        </span>
        <button
          class="lock"
          tabindex="-1"
          hidden=${!row.isFree}
          aria-pressed=${String(locked)}
          aria-label=${`Lock ${title}`}
          title=${lockTitle}
          onclick=${does("set-lock")}
        />
        <${SignButton}
          sign="more"
          label=${`More actions: ${title}`}
          class="more"
          tabindex="-1"
          aria-haspopup="true"
          run=${({ currentTarget }) => as(key, () => menu(currentTarget))}
        />
      </div>
    </li>`;
  }
  // Tab reaches one row; arrow keys move between rows.
  /** @param {string} key */
  function isCurrent(key) {
    track(current)?.setAttribute("tabindex", "-1");
    current = key;
    track(key)?.setAttribute("tabindex", "0");
  }
  /** @param {string} key */
  function focus(key) {
    track(key)?.focus();
    track(key)?.scrollIntoView({ block: "nearest" });
  }
  // Buttons name their row; keys act on the focused row.
  /** @param {string} key @param {() => void} call */
  function as(key, call) {
    isCurrent(key);
    isMenu = true;
    call();
    isMenu = false;
  }
  function play() {
    const rows = set.places.flatMap(({ row }) => row ?? []),
      { row } = set.places[at(current)];
    if (row !== null) app.player.play(rows, rows.indexOf(row));
  }
  function playJoint() {
    const now = at(current),
      { before, after } = drag.gap
        ? (drag.joint ?? {})
        : { before: set.places[now - 1], after: set.places[now] },
      pair = pairOf(before, after);
    if (pair) app.player.joints.play(pair);
  }
  // Preloads the transition audio.
  /** @param {string} key */
  function preload(key) {
    const now = at(key),
      { plan, ...pair } = pairOf(set.places[now - 1], set.places[now]) ?? { a: "", b: "" };
    if (plan) app.player.joints.ready({ ...pair, plan });
  }
  function remove() {
    const now = at(current),
      { title } = set.places[now],
      next = set.places[now + 1] ?? set.places[now - 1];
    set.do({ op: "remove", places: [now + 1] }, `${title} removed`);
    if (next) {
      isCurrent(next.key);
      focus(next.key);
    }
  }
  // Moves a row; the message gives its new place and transition.
  /** @param {string} key @param {number} to  the new place, from 1 */
  function put(key, to) {
    const from = at(key) + 1,
      { title } = set.places[from - 1];
    if (to === from || to < 1 || to > set.places.length) return;
    set.do({ op: "move", from, to }, `${title} moved to place ${to}`, (list) => {
      const places = placesOf(list),
        words = jointWords(places[to - 2]?.pick, places[to - 1]?.pick),
        transition = words ? `; transition ${words.rating}` : "";
      return `${title}, place ${to} of ${places.length}${transition}`;
    });
    focus(key);
  }
  /** @param {KeyboardEvent} event */
  function pressed(event) {
    const { key } = event,
      now = at(current),
      last = set.places.length - 1;
    if (!targetOf(event).classList.contains("track") || hasModifier(event) || now < 0) return;
    const step = key === "ArrowDown" ? 1 : key === "ArrowUp" ? -1 : 0;
    if (drag.isLifted) {
      if (step) drag.carry(step);
      else if (key === " " || key === "Enter") drag.drop(null);
      else if (key === "Escape") drag.cancel();
      else return;
    } else if (step || key === "Home" || key === "End") {
      const to = step ? Math.min(last, Math.max(0, now + step)) : key === "Home" ? 0 : last;
      focus(set.places[to].key);
    } else if (key === "Enter") app.acts.run("set-play");
    else if (key === " ") drag.lift();
    else return;
    event.preventDefault();
  }
  /** @param {string | null} key @returns {Page.Dragged | null} */
  function draggedOf(key) {
    const place = key === null ? null : set.places[at(key)];
    if (!place || !set.list) return null;
    isCurrent(place.key);
    return {
      rows: place.row === null ? [] : [place.row],
      title: place.title,
      from: { set, key: place.key },
    };
  }

  const drag = setDrag(app, set, { list, current: () => current, at, li, playJoint, put }),
    rows = {
      element: dom`<div class="rows-of-set">${list}${more}</div>`,
      drag,
      strips,
      focus,
      joint: chosenJoint(app, set),
    };
  list.addEventListener("keydown", pressed);
  list.addEventListener("focusin", ({ target }) => {
    const key = keyAt(target);
    if (key !== null) isCurrent(key);
  });
  drags(list, ({ target }) => draggedOf(keyAt(target)));
  takesDrops(rows.element, {
    over: (dragged, { clientY }) => drag.over(dragged, clientY),
    leave: () => drag.moveGap(null),
    drop: (dragged) => drag.drop(dragged),
  });
  effect(() => {
    const { places, preview } = set.shown;
    more.hidden = places.length <= most.value;
    list.classList.toggle("preview", preview);
    loadStrips(app.source, strips, places);
  });
  render(html`<${View} />`, list);
  addActs();
  return rows;

  function addActs() {
    const here = () => at(current) >= 0 && list.isConnected,
      isFree = () => here() && set.isFree,
      isFocused = () => isMenu || list.contains(document.activeElement),
      place = () => at(current) + 1,
      one = () => set.places[at(current)],
      own = (/** @type {() => boolean} */ when) => () =>
        when() && (isFocused() || drag.gap !== null),
      act = actsIn("In the set"),
      mayPlay = own(() => here() && one().row !== null),
      mayPlayJoint = own(() => drag.gap !== null || here()),
      hasBefore = own(() => isFree() && place() > 1),
      hasAfter = own(() => isFree() && place() < set.places.length),
      suggest = (/** @type {"replace" | "after"} */ how, /** @type {number} */ at) =>
        slots.open(li(current), how, at);
    app.acts.add([
      act("set-play", "Play", "", mayPlay, play),
      act("set-hear", "Play the transition into it", "h", mayPlayJoint, playJoint),
      act("set-joint", "Change the transition into it", "i", hasBefore, () => {
        if (!location.pathname.endsWith(`/lists/${set.id}`)) app.go(`lists/${set.id}`);
        rows.joint.choose(current);
      }),
      act("set-lock", "Lock: keep when the list is regenerated", "l", own(isFree), () => {
        const { title, locked } = one(),
          message = `${title} is ${locked ? "unlocked" : "locked"}`;
        set.do({ op: "lock", places: [place()], locked: !locked }, message);
      }),
      act("set-replace", "Suggest a replacement", "r", own(isFree), () =>
        suggest("replace", place()),
      ),
      act("set-between", "Suggest tracks before it", "f", hasBefore, () =>
        suggest("after", place() - 1),
      ),
      act("set-up", "Up", "Alt+ArrowUp", hasBefore, () => put(current, place() - 1)),
      act("set-down", "Down", "Alt+ArrowDown", hasAfter, () => put(current, place() + 1)),
      act("set-remove", "Remove", "Delete", own(isFree), remove),
    ]);
  }
}

// Loads the missing track pictures in one request.
/**
 * @param {Pick<Page.Source, "find" | "columns">} source
 * @param {Page.Signal<Map<Page.Id, string | null>>} strips @param {Page.Place[]} places
 */
export async function loadStrips(source, strips, places) {
  const known = strips.peek(),
    wanted = places.flatMap(({ row }) => (row === null || known.has(row) ? [] : [row]));
  if (!wanted.length) return;
  for (const row of wanted) known.set(row, null);
  try {
    const found = await source.find("", null, wanted),
      { ids, values } = await source.columns(found, ["strip"]),
      loaded = new Map(strips.peek());
    for (let at = 0; at < ids.length; at++)
      loaded.set(ids[at], /** @type {string | null} */ (values.strip[at]));
    strips.value = loaded;
  } catch {
    for (const row of wanted) strips.peek().delete(row); // drawing requests it again
  }
}
