// The row of a set that keys act on, and what can be done with it.
import { actsIn, hasModifier } from "../../page/parts/acts.js";
import { jointWords } from "../../page/parts/joint.js";
import { openMenu } from "../../page/parts/pop.js";
import { pairOf, placesOf } from "../../page/parts/set_list.js";
import { slotPanel } from "./set_slots.js";

const ROW_ACTS = "play hear joint lock replace between up down remove"
  .split(" ")
  .map((name) => `set-${name}`);

/** @param {Page.App} app @param {Page.SetInWork} set @param {Page.ChosenJoint} joint */
export function rowActs(app, set, joint) {
  const list = { current: /** @type {HTMLElement | null} */ (null) },
    slots = slotPanel(app, set, focus);
  let current = "", // the key of the row in the Tab order
    isMenu = false; // the act was started by a button, not a key

  /** @param {string} key @returns {HTMLElement | null | undefined} */
  const track = (key) => list.current?.querySelector(`[data-key="${CSS.escape(key)}"] .track`);
  /** @param {string} key */
  const at = (key) => set.places.findIndex((place) => place.key === key);
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
    unfold = () => (joint.key.value = joint.key.peek() === current ? null : current),
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
  return {
    ...{ list, slots, at, isCurrent, focus, as, menu, preload, put, pressed },
    get current() {
      return current;
    },
  };

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
  /** @param {string} key @param {HTMLElement} button */
  function menu(key, button) {
    as(key, () => openMenu(button, app.acts.menu(ROW_ACTS)));
  }
  function play() {
    const rows = set.places.flatMap(({ row }) => row ?? []),
      { row } = set.places[at(current)];
    if (row !== null) app.player.play(rows, rows.indexOf(row));
  }
  // The transition after a row.
  /** @param {string} key */
  function pairAfter(key) {
    return pairOf(set.places[at(key)], set.places[at(key) + 1]);
  }
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
}
