// The set in the side panel beside every view, or a drawer on narrow screens. Its parts move into
// the set's own view while that is shown.
import { actsIn, read, write } from "../../page/parts/acts.js";
import { takesDrops } from "../../page/parts/drag.js";
import { dom, element } from "../../page/parts/element.js";
import { UNCOUNTED } from "../../page/parts/live_counts.js";
import { SIGN } from "../../page/parts/live_list.js";
import { SetHead } from "./set_head.js";
import { SetInWork } from "./set_in_work.js";
import { SetMaker } from "./set_maker.js";
import { SetRows } from "./set_rows.js";
import { place } from "../../page/source/server.js";
import { counted } from "../../page/parts/wording.js";

const SHUT = "map4.set-pane",
  DRAWER = matchMedia("(max-width: 1099px)"),
  // With less room, an empty panel would cut the titles of all tracks.
  ROOMY = matchMedia("(min-width: 1500px)"),
  MOST_LISTS = 6;

export class SetPane {
  /** @param {Page.App} app @param {SetInWork} set */
  constructor(app, set) {
    this.app = app;
    this.set = set;
    this.head = new SetHead(app, set);
    this.rows = new SetRows(app, set);
    this.maker = new SetMaker(app, set, (at) => this.rows.focus(set.places[at]?.key ?? ""));
    this.state = element("div", { class: "state-of-set" });
    this.parts = element("div", { class: "pane" });
    this.tab = element("button", {
      class: "tab",
      "aria-expanded": "false",
      onclick: () => this.opens(!this.isOpen),
    });
    this.element = dom`<section class="set-pane" aria-label="The set">
      ${this.tab}${this.parts}
    </section>`;
    this.isOpen = this.isShownWhole = false;
    this.shown = "-";
    takesDrops(this.tab, {
      over: () => {
        this.opens(true);
        return false;
      },
      leave: () => {},
      drop: () => {},
    });
    // A drop beside the rows adds at the end.
    const { rows } = this,
      behind = (/** @type {PointerEvent} */ { clientY }) =>
        clientY < rows.element.getBoundingClientRect().top ? Infinity : clientY;
    takesDrops(this.parts, {
      over: (dragged, event) => rows.hand.over(dragged, behind(event)),
      leave: () => rows.hand.isAt(null),
      drop: (dragged) => rows.hand.drop(dragged),
    });
    takesDrops(this.state, {
      over: (dragged) => dragged.rows.length > 0,
      leave: () => {},
      drop: (dragged) => {
        set.add(dragged.rows, undefined, dragged.title);
      },
    });
    set.addEventListener("change", () => this.draw());
    app.acts.add([
      actsIn("The set")("set-pane", "Show or hide the set", "S", null, () => {
        this.opens(!this.isOpen);
        if (this.isOpen) this.tab.focus();
      }),
    ]);
    this.back();
    app.slots.set.append(this.element);
    app.slots.set.hidden = false;
    let hadSet = Boolean(SetInWork.kept);
    const begins = () => {
      const isWanted = read(SHUT) === "no" || hadSet || ROOMY.matches;
      this.opens(!DRAWER.matches && isWanted && read(SHUT) !== "yes", false);
    };
    DRAWER.addEventListener("change", begins);
    begins();
    set.addEventListener("change", () => {
      if (!set.id || hadSet) return;
      hadSet = true;
      begins();
    });
    // A URL that names a list opens that list instead.
    if (SetInWork.kept && !/\/lists\/./.test(location.pathname)) set.open(SetInWork.kept);
    else this.draw();
  }
  /** @param {boolean} isOpen @param {boolean} [isKept] */
  opens(isOpen, isKept = true) {
    if (isOpen === this.isOpen && isKept) return;
    this.isOpen = isOpen;
    this.app.slots.set.classList.toggle("open", isOpen);
    this.parts.hidden = !isOpen;
    this.tab.setAttribute("aria-expanded", String(isOpen));
    if (isKept && !DRAWER.matches) write(SHUT, isOpen ? "no" : "yes");
    this.draw();
  }
  // Moves the parts into the set's own view.
  /** @param {HTMLElement} head @param {HTMLElement} maker @param {HTMLElement} rows */
  lend(head, maker, rows) {
    this.isShownWhole = true;
    this.app.slots.set.hidden = true;
    head.append(this.head.element);
    maker.append(this.maker.element);
    rows.append(this.state, this.rows.element);
    this.draw();
  }
  back() {
    this.isShownWhole = false;
    this.app.slots.set.hidden = false;
    this.parts.append(this.head.element, this.maker.element, this.state, this.rows.element);
    this.draw();
  }
  draw() {
    const { set } = this,
      { list, error, places } = set,
      count = places.length;
    this.tab.replaceChildren(dom`<span>${list ? `Set · ${counted(count)}` : "Set"}</span>`);
    this.tab.title = this.isOpen ? "Hide the set (S)" : "Show the set (S)";
    this.rows.element.hidden = !count;
    const state = error ? "error" : !set.id ? "none" : !list ? "loading" : count ? "" : "empty",
      shown = `${state} ${error?.message ?? ""}`;
    if (shown === this.shown) return;
    this.shown = shown;
    this.state.hidden = !state;
    this.element.classList.toggle("none", state === "none");
    const button = (/** @type {string} */ text, /** @type {() => void} */ onclick) =>
      dom`<p><button class="main" onclick=${onclick}>${text}</button></p>`;
    if (state === "error")
      this.state.replaceChildren(
        dom`<p role="alert">${String(error?.message)}</p>`,
        button("Try again", () => set.load()),
        dom`<p><a href=${place("lists")}>All lists</a></p>`,
      );
    else if (state === "loading") this.state.replaceChildren(dom`<p role="status">Loading…</p>`);
    else if (state === "empty")
      this.state.replaceChildren(
        dom`<p>
          Drag tracks here, or draw a curve and press “Make” to generate a set from your library.
        </p>`,
      );
    else if (state === "none")
      this.state.replaceChildren(
        dom`<p>Drag tracks here to start a set.</p>`,
        button("New set", () => this.app.acts.run("set-new")),
        this.recent(),
      );
  }
  // The most recently changed lists.
  recent() {
    const list = element("ul", { class: "recent" });
    this.app.server
      .get(`lists?${UNCOUNTED}`)
      .then(({ lists }) =>
        list.replaceChildren(
          ...[...lists]
            .sort((a, b) => (a.updated_at < b.updated_at ? 1 : -1))
            .slice(0, MOST_LISTS)
            .map(
              (
                /** @type {{ id: string, name: string, tracks: number, live: object | null }} */ {
                  id,
                  name,
                  tracks,
                  live,
                },
              ) =>
                dom`<li>
                  <button onclick=${() => this.set.open(id)}>
                    <span dir="auto">${name}</span>
                    <small>${live ? SIGN : counted(tracks)}</small>
                  </button>
                </li>`,
            ),
        ),
      )
      .catch(() => {});
    return list;
  }
}
