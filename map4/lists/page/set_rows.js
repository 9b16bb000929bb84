// The tracks of a set in rows, each with its transition from the track before. Rows can be moved by
// mouse, touch and keyboard.
import { actsIn, hasModifier } from "../../page/parts/acts.js";
import { takesDrops, drags } from "../../page/parts/drag.js";
import { KeyChip, Strip } from "../../page/parts/components.js";
import { dom, targetOf } from "../../page/parts/element.js";
import { drawn, html, signal, useLayoutEffect } from "../../page/parts/html.js";
import { JointLine, jointWords } from "../../page/parts/joint.js";
import { popUp } from "../../page/parts/pop.js";
import { SetHand } from "./set_hand.js";
import { placesOf } from "../../page/parts/set_list.js";
import { rowOf } from "./set_row.js";
import { slotPanel } from "./set_slots.js";

const MOST = 500;
const ROW_ACTS = "play hear joint lock replace between up down remove"
  .split(" ")
  .map((name) => `set-${name}`);

// Event "strips": more track pictures have loaded.
export class SetRows extends EventTarget {
  /** @param {Page.App} app @param {Page.SetInWork} set */
  constructor(app, set) {
    super();
    this.app = app;
    this.set = set;
    /** @type {Map<Page.Id, string | null>} */
    this.strips = new Map();
    /** @type {Page.ChosenJoint | null} */
    this.joint = null;
    this.current = ""; // the key of the row in the Tab order
    this.isMenu = false; // the act was started by a button, not a key
    this.hand = new SetHand(this);
    this.most = MOST;
    this.turn = signal(0); // counts changes of the set
    /** @type {Map<string, { shown: string, line: Page.VNode }>} */
    this.lines = new Map();
    this.list = drawn("ol", { class: "places", "aria-label": "Tracks of the set" }, () =>
      this.view(),
    );
    this.list.addEventListener("keydown", (event) => this.key(event));
    const more = () => {
      this.most += MOST;
      this.draw();
    };
    this.more = dom`<button hidden onclick=${more}>Show more</button>`;
    this.element = dom`<div class="rows-of-set">${this.list}${this.more}</div>`;
    this.slots = slotPanel(app, set, (key) => this.focus(key));
    this.list.addEventListener("focusin", ({ target }) => {
      const key = this.keyAt(target);
      if (key !== null) this.isCurrent(key);
    });
    drags(this.list, ({ target }) => this.lifted(this.keyAt(target)));
    takesDrops(this.element, {
      over: (dragged, { clientY }) => this.hand.over(dragged, clientY),
      leave: () => this.hand.isAt(null),
      drop: (dragged) => this.hand.drop(dragged),
    });
    set.addEventListener("change", () => this.draw());
    app.player?.addEventListener("change", () => this.turn.value++);
    this.acts();
  }
  get places() {
    return this.set.places;
  }
  /** @param {EventTarget | null} target */
  keyAt(target) {
    return /** @type {Element | null} */ (target)?.closest("li.place")?.dataset.key ?? null;
  }
  /** @param {string} key @returns {HTMLElement | null} */
  li(key) {
    return this.list.querySelector(`[data-key="${CSS.escape(key)}"]`);
  }
  /** @param {string} key @returns {HTMLElement | null | undefined} */
  track(key) {
    return this.li(key)?.querySelector(".track");
  }
  /** @param {string} key */
  at(key) {
    return this.places.findIndex((place) => place.key === key);
  }

  draw() {
    this.more.hidden = this.places.length <= this.most;
    this.list.classList.toggle("preview", this.set.preview);
    this.turn.value++;
    this.askStrips();
  }
  view() {
    void this.turn.value; // draws again when it changes
    const { places, list } = this,
      now = document.activeElement,
      hadFocus = list?.contains(now) && now?.classList.contains("track");
    useLayoutEffect(() => {
      if (!list) return; // it is being made
      if (this.at(this.current) < 0) this.current = places[0]?.key ?? "";
      this.isCurrent(this.current);
      if (hadFocus && !list.contains(document.activeElement)) this.focus(this.current);
    });
    /** @type {typeof this.lines} */
    const lines = new Map();
    for (const [at, { key }] of places.slice(0, this.most).entries()) {
      const about = {
          isNew: this.set.preview && !this.set.keptKeys.has(key),
          plays: places[at].id !== null && places[at].id === this.app.player?.track?.id,
          strip: this.stripOf(places[at]),
        },
        row = rowOf(places, at, about),
        shown = JSON.stringify(row),
        kept = this.lines.get(key);
      // The same line as before is not compared again.
      lines.set(key, kept?.shown === shown ? kept : { shown, line: this.line(row) });
    }
    this.lines = lines;
    return [...lines.values()].map(({ line }) => line);
  }
  /** @param {Page.SetRow} row @returns {Page.VNode} */
  line({ key, at, title, locked, camelot, level, ...row }) {
    const does = (/** @type {string} */ act) => () => this.as(key, () => this.app.acts.run(act)),
      ready = () => this.readies(key),
      keeps = locked
        ? "Locked: stays when the list is regenerated (l)"
        : "Lock: keep when the list is regenerated (l)";
    return html`<li key=${key} data-key=${key} class=${row.classes}>
      <div class="into" hidden=${at === 0}>
        <span onclick=${does("set-joint")}>
          ${at > 0 && html`<${JointLine} words=${row.words} unknown=${row.unknown} />`}
        </span>
        <button
          class="hear"
          tabindex="-1"
          hidden=${!row.mayHear}
          aria-label=${`Play the transition into ${title}`}
          onclick=${does("set-hear")}
          onpointerenter=${ready}
          onfocus=${ready}
        >
          ▷
        </button>
        <button
          class="between"
          tabindex="-1"
          aria-label=${`Suggest tracks before ${title}`}
          onclick=${does("set-between")}
        >
          +
        </button>
      </div>
      <div
        class="track"
        tabindex="-1"
        role="group"
        aria-label=${row.told}
        ondblclick=${() => this.app.acts.run("set-play")}
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
          aria-pressed=${String(locked)}
          aria-label=${`Lock ${title}`}
          title=${keeps}
          onclick=${does("set-lock")}
        />
        <button
          class="more"
          tabindex="-1"
          aria-haspopup="true"
          aria-label=${`More actions: ${title}`}
          onclick=${({ currentTarget }) => this.menu(key, currentTarget)}
        >
          ⋯
        </button>
      </div>
    </li>`;
  }
  /** @param {Page.Place | undefined} place */
  stripOf(place) {
    return place?.row == null ? null : (this.strips.get(place.row) ?? null);
  }
  // Loads the missing track pictures in one request.
  async askStrips() {
    const { source } = this.app,
      wanted = this.places.flatMap(({ row }) =>
        row === null || this.strips.has(row) ? [] : [row],
      );
    if (!wanted.length) return;
    for (const row of wanted) this.strips.set(row, null);
    try {
      const found = await source.find("", null, wanted),
        { ids, values } = await source.columns(found, ["strip"]);
      for (let at = 0; at < ids.length; at++)
        this.strips.set(ids[at], /** @type {string | null} */ (values.strip[at]));
    } catch {
      for (const row of wanted) this.strips.delete(row); // drawing requests it again
      return;
    }
    this.draw();
    this.dispatchEvent(new Event("strips"));
  }
  // Tab reaches one row; arrow keys move between rows.
  /** @param {string} key */
  isCurrent(key) {
    this.track(this.current)?.setAttribute("tabindex", "-1");
    this.current = key;
    this.track(key)?.setAttribute("tabindex", "0");
  }
  /** @param {string} key */
  focus(key) {
    const track = this.track(key);
    track?.focus();
    track?.scrollIntoView({ block: "nearest" });
  }

  acts() {
    const here = () => this.at(this.current) >= 0 && this.list.isConnected,
      isFree = () => here() && this.set.isFree;
    const isFocused = () => this.isMenu || this.list.contains(document.activeElement);
    const one = () => this.places[this.at(this.current)],
      place = () => this.at(this.current) + 1;
    const own = (/** @type {() => boolean} */ when) => () =>
      when() && (isFocused() || this.hand.gap !== null);
    const act = actsIn("In the set"),
      mayPlay = own(() => here() && one().row !== null),
      mayHear = own(() => this.hand.gap !== null || here()),
      mayJoin = own(() => isFree() && place() > 1 && this.joint !== null),
      hasBefore = own(() => isFree() && place() > 1),
      hasAfter = own(() => isFree() && place() < this.places.length),
      suggest = (/** @type {"replace" | "after"} */ how, /** @type {number} */ at) =>
        this.slots.open(this.li(this.current), how, at);
    this.app.acts.add([
      act("set-play", "Play", "", mayPlay, () => this.play()),
      act("set-hear", "Play the transition into it", "h", mayHear, () => this.hear()),
      act("set-joint", "Change the transition into it", "i", mayJoin, () => {
        if (!location.pathname.endsWith(`/lists/${this.set.id}`))
          this.app.go(`lists/${this.set.id}`);
        this.joint?.choose(this.current);
      }),
      act("set-lock", "Lock: keep when the list is regenerated", "l", own(isFree), () => {
        const locked = !one().locked;
        this.set.do(
          { op: "lock", places: [place()], locked },
          `${one().title} is ${locked ? "locked" : "unlocked"}`,
        );
      }),
      act("set-replace", "Suggest a replacement", "r", own(isFree), () =>
        suggest("replace", place()),
      ),
      act("set-between", "Suggest tracks before it", "f", hasBefore, () =>
        suggest("after", place() - 1),
      ),
      act("set-up", "Up", "Alt+ArrowUp", hasBefore, () => this.move(-1)),
      act("set-down", "Down", "Alt+ArrowDown", hasAfter, () => this.move(1)),
      act("set-remove", "Remove", "Delete", own(isFree), () => this.remove()),
    ]);
  }
  /** @param {string} key @param {HTMLElement} button */
  menu(key, button) {
    this.as(key, () => popUp(button, this.app.acts.menu(ROW_ACTS)));
  }
  // Buttons name their row; keys act on the focused row.
  /** @param {string} key @param {() => void} call */
  as(key, call) {
    this.isCurrent(key);
    this.isMenu = true;
    call();
    this.isMenu = false;
  }
  play() {
    const at = this.at(this.current),
      rows = this.places.flatMap(({ row }) => (row === null ? [] : [row])),
      { row } = this.places[at];
    if (row !== null) this.app.player.play(rows, rows.indexOf(row));
  }
  hear() {
    const joint = this.hand.gap
      ? this.hand.heard
      : {
          before: this.places[this.at(this.current) - 1],
          after: this.places[this.at(this.current)],
        };
    const plan = joint?.after?.pick?.transition?.plan;
    if (joint?.before?.id && joint.after?.id)
      this.app.player.joints.hear({
        a: joint.before.id,
        b: joint.after.id,
        ...(plan ? { plan } : {}),
      });
  }
  // Preloads the transition audio.
  /** @param {string} key */
  readies(key) {
    const at = this.at(key),
      [before, after] = [this.places[at - 1], this.places[at]],
      plan = after?.pick?.transition?.plan;
    if (before?.id && after?.id && plan)
      this.app.player.joints.ready({ a: before.id, b: after.id, plan });
  }
  remove() {
    const at = this.at(this.current),
      { title } = this.places[at],
      next = this.places[at + 1] ?? this.places[at - 1];
    this.set.do({ op: "remove", places: [at + 1] }, `${title} removed`);
    if (next) {
      this.isCurrent(next.key);
      this.focus(next.key);
    }
  }
  /** @param {number} by */
  move(by) {
    const from = this.at(this.current) + 1;
    this.put(this.current, from + by);
  }
  // Moves a row; the message gives its new place and transition.
  /** @param {string} key @param {number} to  the new place, from 1 */
  put(key, to) {
    const from = this.at(key) + 1,
      { title } = this.places[from - 1];
    if (to === from || to < 1 || to > this.places.length) return;
    this.set.do({ op: "move", from, to }, `${title} moved to place ${to}`, (list) => {
      const places = placesOf(list),
        before = places[to - 2]?.pick,
        own = places[to - 1]?.pick,
        words = before && own ? jointWords(before, own) : null;
      return (
        `${title}, place ${to} of ` +
        `${places.length}${words ? `; transition ${words.rating}` : ""}`
      );
    });
    this.focus(key);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const { key } = event,
      at = this.at(this.current);
    if (!targetOf(event).classList.contains("track") || hasModifier(event) || at < 0) return;
    const step = key === "ArrowDown" ? 1 : key === "ArrowUp" ? -1 : 0,
      end = key === "Home" ? 0 : key === "End" ? this.places.length - 1 : null;
    if (this.hand.isLifted) {
      if (step) this.hand.carry(step);
      else if (key === " " || key === "Enter") this.hand.drop(null);
      else if (key === "Escape") {
        this.hand.isLifted = false;
        this.hand.isAt(null);
        this.app.say(`${this.places[at].title} stays at place ${at + 1}`);
      } else if (key !== "h") return;
      if (key !== "h") event.preventDefault();
      return;
    }
    if (step || end !== null)
      this.focus(this.places[end ?? Math.min(this.places.length - 1, Math.max(0, at + step))].key);
    else if (key === "Enter") this.app.acts.run("set-play");
    else if (key === " ") this.hand.lift();
    else return;
    event.preventDefault();
  }
  /** @param {string | null} key @returns {Page.Dragged | null} */
  lifted(key) {
    const place = key === null ? null : this.places[this.at(key)];
    if (!place || !this.set.list) return null;
    this.isCurrent(place.key);
    return {
      rows: place.row === null ? [] : [place.row],
      title: place.title,
      from: { set: this.set, key: place.key },
    };
  }
}
