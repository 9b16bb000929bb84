// The tracks of a set in rows, each with its transition to the next. Rows can be moved by mouse,
// touch and keyboard.
import { actsIn, hasModifier } from "../../page/parts/acts.js";
import { drags } from "../../page/parts/drag.js";
import { KeyChip, SignButton, Strip } from "../../page/parts/components.js";
import { effect, html, signal, useLayoutEffect } from "../../page/parts/html.js";
import { JointLine, jointWords } from "../../page/parts/joint.js";
import { popUp } from "../../page/parts/pop.js";
import { chosenJoint, jointTools } from "./joint_tools.js";
import { setDrag } from "./set_drag.js";
import { pairOf, placesOf } from "../../page/parts/set_list.js";
import { stripsOf } from "../../page/parts/strips.js";
import { rowOf } from "./set_row.js";
import { slotPanel } from "./set_slots.js";

const MOST = 500,
  MOST_PLANNED = 60;
const ROW_ACTS = "play hear joint lock replace between up down remove"
  .split(" ")
  .map((name) => `set-${name}`);

/** @param {Page.App} app @param {Page.SetInWork} set */
export function setRows(app, set) {
  const strips = signal(/** @type {Map<string, string | null>} */ (new Map())),
    most = signal(MOST),
    list = { current: /** @type {HTMLElement | null} */ (null) },
    slots = slotPanel(app, set, focus),
    joint = chosenJoint(app, set);
  let current = "", // the key of the row in the Tab order
    isMenu = false; // the act was started by a button, not a key

  /** @param {EventTarget | null} target */
  const keyAt = (target) =>
    /** @type {Element | null} */ (target)?.closest("li.place")?.dataset.key ?? null;
  /** @param {string} key @returns {HTMLElement | null | undefined} */
  const track = (key) => list.current?.querySelector(`[data-key="${CSS.escape(key)}"] .track`);
  /** @param {string} key */
  const at = (key) => set.places.findIndex((place) => place.key === key);
  /** @param {Page.Place} place */
  const hasWave = ({ id }) => Boolean(strips.peek().get(id ?? ""));

  function Rows() {
    const { places, preview, storedKeys, isFree } = set.shown,
      now = document.activeElement,
      hadFocus = list.current?.contains(now) && now?.classList.contains("track");
    void app.player?.changes.value; // draws again when it changes
    useLayoutEffect(() => {
      isCurrent(at(current) < 0 ? (places[0]?.key ?? "") : current);
      if (hadFocus && !list.current?.contains(document.activeElement)) focus(current);
      set.plan([...places.keys()].slice(0, MOST_PLANNED));
    });
    const lines = places.slice(0, most.value).map(({ key, id }, at) => {
      const about = {
        isNew: preview && !storedKeys.has(key),
        isFree,
        plays: id !== null && id === app.player?.track?.id,
        isCarried: key === drag.gap?.key,
        strip: strips.value.get(id ?? "") ?? null,
        opens: key === joint.shown.key ? "joint" : key === slots.key ? "slots" : "",
      };
      return html`<${Line} key=${key} ...${rowOf(places, at, about)} />`;
    });
    if (drag.shownAt !== null) lines.splice(drag.shownAt, 0, html`<${drag.Mark} key="gap" />`);
    return html`<div class="rows-of-set" hidden=${!places.length}>
      <ol
        class=${preview ? "places preview" : "places"}
        aria-label="Tracks of the set"
        ref=${held}
      >
        ${lines}
      </ol>
      <button hidden=${places.length <= most.value} onclick=${() => (most.value += MOST)}>
        Show more
      </button>
    </div>`;
  }
  /** @param {HTMLElement | null} host */
  function held(host) {
    if (!host) return; // another may be there already
    list.current = host;
    drags(host, ({ target }) => draggedOf(keyAt(target)));
  }
  /** @param {Page.SetRow & { key: string }} row @returns {Page.VNode} */
  function Line({ at, title, next, locked, camelot, level, ...row }) {
    const { id: key } = row,
      does = (/** @type {string} */ act) => () => as(key, () => app.acts.run(act)),
      menu = (/** @type {HTMLElement} */ button) => popUp(button, app.acts.menu(ROW_ACTS)),
      ready = () => preload(key),
      lockTitle = locked
        ? "Locked: stays when the list is regenerated (l)"
        : "Lock: keep when the list is regenerated (l)";
    return html`<li data-key=${key} class=${row.classes} onfocusin=${() => isCurrent(key)}>
      <div
        class="track"
        tabindex="-1"
        role="group"
        aria-label=${row.label}
        onkeydown=${pressed}
        ondblclick=${() => app.acts.run("set-play")}
      >
        <span class="handle" aria-hidden="true" />
        <span class="number">${at + 1}</span>
        <${Strip} strip=${row.strip} height=${24} />
        <span class="name" title=${`${title} – ${row.artist} · ${row.about}`}>
          <b><bdi>${title}</bdi></b> <small><bdi>${row.artist}</bdi> · ${row.about}</small>
        </span>
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
          run=${({ currentTarget }) => as(key, () => menu(currentTarget))}
        />
      </div>
      <div class="onward" hidden=${next === null}>
        <${SignButton}
          sign="hear"
          label=${`Play the transition into ${next}`}
          class="hear"
          tabindex="-1"
          hidden=${!row.canPlay}
          run=${does("set-hear")}
          onpointerenter=${ready}
          onfocus=${ready}
        />
        <span onclick=${does("set-joint")}>
          ${next !== null && html`<${JointLine} words=${row.words} unknown=${row.unknown} />`}
        </span>
      </div>
      ${row.opens === "joint" && html`<${Tools} />`}
      ${row.opens === "slots" && html`<${slots.Slots} />`}
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
  // The transition after a row.
  const pairAfter = (/** @type {string} */ key) =>
    pairOf(set.places[at(key)], set.places[at(key) + 1]);
  function playJoint() {
    const pair = pairAfter(current);
    if (pair) app.player.joints.play(pair);
  }
  // Preloads its audio.
  /** @param {string} key */
  function preload(key) {
    const { plan, ...pair } = pairAfter(key) ?? { a: "", b: "" };
    if (plan) app.player.joints.ready({ ...pair, plan });
  }
  function remove() {
    const now = at(current),
      next = set.places[now + 1] ?? set.places[now - 1];
    set.do({ op: "remove", places: [now + 1] }, `${set.places[now].title} removed`);
    if (next) focus(next.key);
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
    if (event.target !== event.currentTarget || hasModifier(event) || now < 0) return;
    const step = key === "ArrowDown" ? 1 : key === "ArrowUp" ? -1 : 0;
    if (step || key === "Home" || key === "End") {
      const to = step ? Math.min(last, Math.max(0, now + step)) : key === "Home" ? 0 : last;
      focus(set.places[to].key);
    } else if (key === "Enter") app.acts.run("set-play");
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

  const Tools = jointTools(app, joint, focus, hasWave),
    drag = setDrag(set, { list, at, put });
  effect(() => void loadStrips(app.source, strips, set.shown.places));
  addActs();
  return { Rows, drag, list, strips, hasWave, focus, joint };

  function addActs() {
    const here = () => at(current) >= 0 && Boolean(list.current?.isConnected),
      isFree = () => here() && set.isFree,
      inList = () => isMenu || Boolean(list.current?.contains(document.activeElement)),
      // Not in what is unfolded below a row.
      isFocused = () => inList() && !document.activeElement?.closest(".joint-tools,.slots"),
      place = () => at(current) + 1,
      one = () => set.places[at(current)],
      own = (/** @type {() => boolean} */ when) => () => when() && isFocused(),
      act = actsIn("In the set"),
      mayPlay = own(() => here() && one().row !== null),
      mayJoin = () => isFree() && inList() && place() < set.places.length,
      unfold = () => joint.choose(joint.key === current ? null : current),
      hasBefore = own(() => isFree() && place() > 1),
      hasAfter = own(() => isFree() && place() < set.places.length);
    app.acts.add([
      act("set-play", "Play", "", mayPlay, play),
      act("set-hear", "Play the transition after it", "h", () => here() && inList(), playJoint),
      act("set-joint", "Change the transition after it", "i", mayJoin, unfold),
      act("set-lock", "Lock: keep when the list is regenerated", "l", own(isFree), () => {
        const { title, locked } = one(),
          message = `${title} is ${locked ? "unlocked" : "locked"}`;
        set.do({ op: "lock", places: [place()], locked: !locked }, message);
      }),
      act("set-replace", "Suggest a replacement", "r", own(isFree), () =>
        slots.open("replace", place()),
      ),
      act("set-between", "Suggest tracks after it", "f", own(isFree), () =>
        slots.open("after", place()),
      ),
      act("set-up", "Up", "Alt+ArrowUp", hasBefore, () => put(current, place() - 1)),
      act("set-down", "Down", "Alt+ArrowDown", hasAfter, () => put(current, place() + 1)),
      act("set-remove", "Remove", "Delete", own(isFree), remove),
    ]);
  }
}

// Loads the missing track pictures in one request.
/**
 * @param {Page.ServedSource} source
 * @param {Page.Signal<Map<string, string | null>>} strips  by id
 * @param {Pick<Page.Place, "id" | "row">[]} places
 */
export async function loadStrips(source, strips, places) {
  const known = strips.peek(),
    wanted = places.flatMap(({ id, row }) => (!id || row === null || known.has(id) ? [] : id));
  for (const id of wanted) known.set(id, null);
  try {
    const found = await stripsOf(source, wanted);
    for (const [id, { strip }] of found) known.set(id, strip);
    if (found.size) strips.value = new Map(known);
  } catch {
    for (const id of wanted) known.delete(id); // drawing requests it again
  }
}
