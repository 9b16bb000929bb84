// The served page: its frame, the routing of views, and what all views share.
import { PARTS, VIEWS } from "./declared.js";
import { Changes } from "./source/changes.js";
import { ServedSource } from "./source/served.js";
import { Jobs } from "./source/jobs.js";
import { Server, below, place } from "./source/server.js";
import { Acts, actsIn, hasModifier } from "./parts/acts.js";
import { dom, element, targetOf } from "./parts/element.js";
import { OwnMarks } from "./parts/marks.js";
import { Player } from "./parts/player.js";
import { playerBar } from "./parts/player_bar.js";
import { QueryBox } from "./parts/query_box.js";
import { searchByRules } from "./parts/rules.js";
import { applySettings, openSettings } from "./parts/settings.js";
import { Selection } from "./parts/selection.js";
import { stateOf, troubleOf } from "./parts/components.js";
import { Toasts } from "./parts/toasts.js";
import { Tooltip } from "./parts/tooltip.js";
import { giveKey } from "./parts/key.js";
import { logIn, logInAgain } from "./parts/log_in.js";

const GONE = "The server does not respond. The page reconnects automatically.";

const AGAIN_MS = 3000,
  HALF_TYPED = /(^|\s)[\^-]?\w+:$/; // a field without its value

class Frame {
  constructor() {
    /** @type {Server} */
    const server = new Server(
      async () => {
        const isBack = await logInAgain(server);
        if (isBack) this.changes.lost(); // it stopped listening
        return isBack;
      },
      giveKey,
      () => this.changes?.lost(),
    );
    this.toasts = new Toasts(() => server.settled());
    this.changes = new Changes(server);
    this.changes.on("online", () => this.toasts.tryAgain());
    addEventListener("beforeunload", (event) => {
      if (this.toasts.isWaiting) event.preventDefault();
    });
    const slot = (/** @type {string} */ name, /** @type {"div" | "aside"} */ kind = "aside") =>
      element(kind, { class: `slot ${name}`, hidden: true });
    this.slots = {
      query: slot("query", "div"),
      side: slot("side"),
      set: slot("set", "div"), // its section has a name
      player: slot("player", "div"),
    };
    /** @type {Page.App["say"]} */
    const say = (text, undo) => this.toasts.say(text, undo);
    /** @type {Page.App} */
    this.app = {
      server,
      selection: new Selection(),
      acts: new Acts(),
      player: new Player({ server, say }),
      jobs: new Jobs(server, this.changes),
      marks: new OwnMarks(server, this.changes),
      changes: this.changes,
      tooltip: new Tooltip(),
      slots: this.slots,
      say,
      tried: (run, what) => this.toasts.tried(run, what),
      go: (address, how) => this.go(address, how),
      added: (place) =>
        PARTS.flatMap((added) =>
          added.place === place && this.may(added.needs) ? [/** @type {any} */ (added.part)] : [],
        ),
      // Set later: they depend on the other properties and on the user.
      set: null,
      box: /** @type {QueryBox} */ (/** @type {unknown} */ (null)),
      source: /** @type {ServedSource} */ (/** @type {unknown} */ (null)),
    };
    this.box = this.app.box = new QueryBox({
      ask: (query, isDone) => {
        if (this.shown?.ask) this.shown.ask(query, isDone);
        else if (isDone) this.go(`?${new URLSearchParams({ q: query })}`);
      },
      matches: async (query) =>
        !this.shown?.ask ||
        (HALF_TYPED.test(query)
          ? null
          : this.shown.isEmpty || (await this.app.source.count(query)) > 0),
      near: (query) => this.app.source.near(query),
      leave: () => this.shown?.enter?.(),
      complete: (text, at) => this.app.source.completions(text, at),
      byRules: () => searchByRules(this.app),
    });
    this.slots.query.append(this.box.element);
    // Relative links would be resolved again for each new URL.
    for (const link of document.querySelectorAll("link")) link.href = String(link.href);
    this.nav = element("nav", { "aria-label": "Views" });
    this.settings = dom`<button
      class="help"
      aria-label="Settings"
      title="Settings (g ,)"
      hidden
      onclick=${() => openSettings(this.app)}
    >
      ⚙
    </button>`;
    this.head = dom`<header class="bar">
      <a class="logo" href=${place("")}>map4</a>
      ${this.slots.query}
      ${this.nav}
      ${this.settings}
    </header>`;
    this.main = element("main", { id: "main", tabindex: "-1" });
    this.told = dom`<p class="offline" role="alert" hidden />`;
    /** @type {Map<string, Page.View>} */
    this.views = new Map();
    /** @type {Page.View | null} */
    this.shown = null;
    this.turn = 0;
    /** @type {Promise<void> | null} */
    this.beginning = null;
    this.isAlone = false;
    document.body.append(
      dom`<a
        class="skip"
        href="#main"
        onclick=${(event) => {
          event.preventDefault();
          this.main.focus();
        }}
      >
        Skip to content
      </a>`,
      this.head,
      this.told,
      this.slots.side,
      this.main,
      this.slots.set,
      this.slots.player,
      this.toasts.element,
    );
    this.changes.on("offline online", () => {
      const { isOnline, problem } = this.changes;
      this.told.hidden = isOnline;
      this.told.textContent = problem && problem.meaning !== "lost" ? problem.message : GONE;
    });
    this.at = "";
    addEventListener("popstate", () => {
      if (this.at !== location.pathname + location.search) this.show();
    });
    addEventListener("hashchange", () => this.show());
    document.addEventListener("click", (event) => this.followed(event));
    this.slots.player.append(playerBar(this.app.player, this.app.acts));
    this.acts();
  }
  acts() {
    const { acts } = this.app,
      act = actsIn();
    acts.add([
      act("undo", "Undo", "Ctrl+z", null, () => this.toasts.undo()),
      act("redo", "Redo", "Ctrl+Shift+z", null, () => this.toasts.redo()),
      act("query", "Search", "/", null, () => {
        this.box.input.focus();
        this.box.input.select();
      }),
      act("keys", "Keyboard shortcuts", "?", null, () => acts.sheet()),
      act("settings", "Settings", "g ,", null, () => openSettings(this.app)),
      ...VIEWS.filter(({ key }) => key).map(({ name, title, key, path }) =>
        act(`go-${name}`, `Go to ${title}`, `g ${key}`, null, () => this.go(path)),
      ),
    ]);
  }
  // Follows links to views without reloading the page.
  /** @param {MouseEvent} event */
  followed(event) {
    const link = targetOf(event).closest("a");
    if (event.defaultPrevented || event.button || event.shiftKey || hasModifier(event)) return;
    if (!link || link.target || link.download) return;
    const path = below(link.href);
    if (
      path === null ||
      !(kindOf(path) || /^([?#]|$)/.test(path)) ||
      link.getAttribute("href")?.startsWith("#")
    )
      return;
    event.preventDefault();
    this.go(path);
  }
  /** @param {string} address @param {{ replace?: boolean }} [how] */
  go(address, { replace = false } = {}) {
    const href = place(address);
    history[replace || href === location.href ? "replaceState" : "pushState"](null, "", href);
    this.show();
  }
  // Opens the tracks and listens to the server after login. Concurrent navigations share one start.
  async begin() {
    const { server } = this.app;
    if (!server.me) await server.open();
    if (!server.me || this.app.source) return;
    const source = (this.app.source = await ServedSource.open(server));
    this.changes.on("tracks values library reset online", () => source.changed());
    this.changes.on("lists", () => source.changed(false));
    this.changes.open();
    this.app.marks.load();
    this.app.player.shown();
    for (const stand of this.app.added("frame")) stand(this.app);
  }
  // Shows the view of the current URL. isMoved: the user navigated, so the focus moves too.
  async show(isMoved = true) {
    const mine = ++this.turn,
      { app } = this,
      path = below(location.href) ?? "";
    this.at = location.pathname + location.search;
    this.main.setAttribute("aria-busy", "true");
    try {
      if (!app.server.me || !app.source)
        await (this.beginning ??= this.begin().finally(() => {
          this.beginning = null;
        }));
      const { me } = app.server,
        kind = kindOf(path) ?? /** @type {Page.ViewKind} */ (kindOf(""));
      if (mine !== this.turn) return;
      this.heads(kind);
      if (!me) {
        this.alone(logIn(app.server, () => this.show()));
        return;
      }
      if (!this.may(kind.needs)) {
        this.alone(
          stateOf("empty", `Your account can't use ${kind.title}. An admin can allow it.`),
        );
        return;
      }
      let view = this.views.get(kind.name);
      if (!view) this.views.set(kind.name, (view = kind.make(app)));
      const gate = view.gate?.(() => this.show());
      if (gate) {
        this.alone(gate);
        return;
      }
      const isOther = this.shown !== view;
      if (isOther) this.shown?.leave?.();
      this.shown = view;
      this.box.tell(null);
      if (isOther) this.box.show(""); // the view sets its own text
      const [, ...rest] = path.replace(/[?#].*/s, "").split("/");
      const ready = view.show({
        id: rest.length && rest[0] ? decodeURIComponent(rest.join("/")) : null,
        params: new URLSearchParams(location.search),
      });
      if (this.isAlone) this.main.replaceChildren();
      this.isAlone = false;
      // other views keep their state
      if (view.element.parentNode !== this.main) this.main.append(view.element);
      for (const one of this.main.children)
        /** @type {HTMLElement} */ (one).hidden = one !== view.element;
      await ready;
      const hasFocus = view.element.contains(document.activeElement),
        isFree = !hasFocus && (isOther || !this.isBeside());
      if (mine === this.turn && isMoved && isFree) this.focus(view.element);
    } catch (error) {
      if (mine !== this.turn) return;
      this.alone(troubleOf(error, () => this.show()));
      // Without a response, it is tried again until there is one.
      if (/** @type {Page.Problem} */ (error).isLost)
        setTimeout(() => mine === this.turn && this.show(false), AGAIN_MS);
    } finally {
      if (mine === this.turn) this.main.removeAttribute("aria-busy");
    }
  }
  // Replaces every view.
  /** @param {HTMLElement} one */
  alone(one) {
    this.shown?.leave?.();
    this.shown = null;
    this.isAlone = true;
    this.main.replaceChildren(one);
    (one.querySelector("input:not([type=checkbox])") ?? one.querySelector("h1"))?.focus();
  }
  // Whether the focus is in a slot beside the view, such as the search box.
  isBeside() {
    return Object.values(this.slots).some((slot) => slot.contains(document.activeElement));
  }
  /** @param {HTMLElement} view */
  focus(view) {
    const head = view.querySelector("h1") ?? this.main;
    head.focus({ preventScroll: true });
  }
  /** @param {string} scope  "" for none */
  may(scope) {
    return !scope || this.app.server.may(scope);
  }
  /** @param {Page.ViewKind} shown */
  heads(shown) {
    const { me } = this.app.server;
    document.title = `${shown.title} · map4`;
    document.body.dataset.view = me ? shown.name : "log-in";
    this.nav.replaceChildren(
      ...(me ? VIEWS.filter(({ isInMenu, needs }) => isInMenu && this.may(needs)) : []).map(
        (kind) =>
          dom`<a href=${place(kind.path)} aria-current=${kind === shown ? "page" : null}>
            ${kind.title}
          </a>`,
      ),
    );
    this.settings.hidden = this.slots.query.hidden = !me;
  }
}

// The view of an address below the root; undefined if there is none.
/** @param {string} path */
const kindOf = (path) => VIEWS.find((kind) => kind.path === path.split(/[/?#]/)[0]);

applySettings();
addEventListener("load", applySettings);
new Frame().show(false);
