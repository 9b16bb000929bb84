// The served page: its frame, the routing of views, and what all views share.
import { MAKE, PARTS, VIEWS, later } from "./declared.js";
import { Changes } from "./source/changes.js";
import { ServedSource } from "./source/served.js";
import { Jobs } from "./source/jobs.js";
import { Problem, offlineWords } from "./source/problem.js";
import { Server, below, place } from "./source/server.js";
import { Acts, actsIn, hasModifier } from "./parts/acts.js";
import { targetOf } from "./parts/element.js";
import { drawn, holds, html, signal } from "./parts/html.js";
import { OwnMarks } from "./parts/marks.js";
import { Player } from "./parts/player.js";
import { playerBar } from "./parts/player_bar.js";
import { QueryBox } from "./parts/query_box.js";
import { searchByRules } from "./parts/rules.js";
import { applySettings } from "./parts/settings.js";
import { Selection } from "./parts/selection.js";
import { Icon, State, Trouble } from "./parts/components.js";
import { Toasts } from "./parts/toasts.js";
import { Tooltip } from "./parts/tooltip.js";
import { giveKey } from "./parts/key.js";
import { LogIn, logInAgain } from "./parts/log_in.js";

const AGAIN_MS = 3000,
  ROWS_MS = 50,
  HALF_TYPED = /(^|\s)[\^-]?\w+:$/; // a field without its value

const server = new Server(
    async () => {
      const isBack = await logInAgain(server);
      if (isBack) changes.lost(); // it stopped listening
      return isBack;
    },
    giveKey,
    () => changes.lost(),
  ),
  changes = new Changes(server),
  toasts = new Toasts(() => server.settled()),
  acts = new Acts();
changes.on("online", () => toasts.waiting.replay()); // before views load again
changes.on("offline", () => toasts.show(offlineWords(changes.problem)));
const slot = (/** @type {string} */ name, kind = "div") =>
  Object.assign(document.createElement(kind), { className: `slot ${name}`, hidden: true });
const slots = {
    side: slot("side", "aside"),
    set: slot("set"), // its section has a name
    player: slot("player"),
  },
  main = Object.assign(document.createElement("main"), { id: "main", tabIndex: -1 }),
  box = new QueryBox({
    ask: (query, isDone) => {
      if (shown?.ask) shown.ask(query, isDone);
      else if (isDone) go(`?${new URLSearchParams({ q: query })}`);
    },
    judge: async (query) => {
      if (HALF_TYPED.test(query)) return null;
      const judged = shown?.ask ? await app.source.judge(query) : null;
      return judged && (judged.problem || !shown?.isEmpty) ? judged : { count: 1 };
    },
    leave: () => shown?.enter?.(),
    complete: (text, at) => app.source.completions(text, at),
    byRules: () => searchByRules(app),
  });
/** @type {Page.App} */
const app = {
  server,
  selection: new Selection(),
  acts,
  player: new Player({ server, say: toasts.say }),
  jobs: new Jobs(server, changes),
  marks: new OwnMarks(server, changes),
  changes,
  tooltip: new Tooltip(),
  slots,
  say: toasts.say,
  tried: toasts.tried,
  go,
  added: (where) =>
    PARTS.flatMap((added) =>
      added.place === where && may(added.needs) ? [/** @type {any} */ (added.part)] : [],
    ),
  box,
  // Until the second script is there; what was asked for waits for it.
  set: {
    list: () => null,
    add: async (...what) => load().then(() => app.set.add(...what)),
    put: async (...what) => load().then(() => app.set.put(...what)),
  },
  // Set later: it depends on the user.
  source: /** @type {ServedSource} */ (/** @type {unknown} */ (null)),
};
/** @type {Record<string, Page.View>} */
const views = {},
  current = signal({ kind: /** @type {Page.ViewKind | null} */ (null), me: server.me });
let shown = /** @type {Page.View | null} */ (null),
  beginning = /** @type {Promise<void> | null} */ (null),
  turn = 0,
  soon = 0, // a timer of `loadSoon`
  isReplaced = false,
  isWhole = false,
  at = "";

/** @param {Event} event */
function skip(event) {
  event.preventDefault();
  main.focus();
}
function Bar() {
  const { kind, me } = current.value;
  /** @param {Page.ViewKind} one @param {Page.Child} [content] @param {object} [about] */
  const linkTo = (one, content = one.title, about = {}) => html`<a
    key=${one.name}
    href=${place(one.path)}
    aria-current=${one === kind ? "page" : undefined}
    ...${about}
  >
    ${content}
  </a>`;
  return html`<a class="skip" href="#main" onclick=${skip}>Skip to content</a>
    <a class="logo" href=${place("")}>map4</a>
    <div class="slot query" hidden=${!me} ref=${holds(box.element)} />
    <nav aria-label="Views">
      ${VIEWS.filter(
        ({ isInMenu, needs, needsAccounts }) =>
          me && isInMenu && may(needs) && (me.has_accounts || !needsAccounts),
      ).map((one) => linkTo(one))}
    </nav>
    <${toasts.waiting.Chip} isOnline=${changes.isOnline.value} />
    ${
      me &&
      VIEWS.filter(({ name }) => name === "settings").map((one) =>
        linkTo(one, html`<${Icon} name=${one.name} />`, {
          ...{ class: "help", "aria-label": one.title, title: `${one.title} (g ${one.key})` },
        }),
      )
    }`;
}

// Replaces every view.
/** @param {Page.Child} what */
function showOnly(what) {
  shown?.leave?.();
  shown = null;
  isReplaced = true;
  const one = drawn("div", {}, () => what);
  main.replaceChildren(one);
  (one.querySelector("input:not([type=checkbox])") ?? one.querySelector("h1"))?.focus();
}
/** @param {string} scope  "" for none */
const may = (scope) => !scope || server.may(scope);
// Follows links to views without reloading the page.
/** @param {MouseEvent} event */
function followed(event) {
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
  go(path);
}
/** @param {string} address @param {{ replace?: boolean }} [how] */
function go(address, { replace = false } = {}) {
  const href = place(address);
  history[replace || href === location.href ? "replaceState" : "pushState"](null, "", href);
  show();
}
// Opens the tracks and listens to the server after login.
async function begin() {
  if (!server.me) await server.open();
  if (!server.me || app.source) return;
  const source = (app.source = await ServedSource.open(server));
  changes.on("tracks values library reset online", ({ what }) => source.changed(what !== "rated"));
  changes.on("lists", () => source.changed(false));
  changes.open();
  app.marks.load();
  app.player.shown();
  for (const start of app.added("room")) start(app);
}
// Shows the view of the current URL. isMoved: the user navigated, so the focus moves too.
async function show(isMoved = true) {
  const mine = ++turn,
    path = below(location.href) ?? "";
  at = location.pathname + location.search;
  box.isTyping = false; // typing sets it again after this
  main.setAttribute("aria-busy", "true");
  try {
    // Concurrent navigations share one start.
    if (!server.me || !app.source)
      await (beginning ??= begin().finally(() => {
        beginning = null;
      }));
    if (mine !== turn) return;
    const wanted = kindOf(path) ?? /** @type {Page.ViewKind} */ (kindOf(""));
    current.value = { kind: wanted, me: server.me };
    document.title = `${wanted.title} · map4`;
    document.body.dataset.view = server.me ? wanted.name : "log-in";
    if (!server.me) {
      showOnly(html`<${LogIn} server=${server} done=${() => show()} />`);
      return;
    }
    if (!may(wanted.needs)) {
      const text = `Your account can't use ${wanted.title}. An admin can allow it.`;
      showOnly(html`<${State} kind="empty" text=${text} />`);
      return;
    }
    if (wanted.path) await load();
    if (mine !== turn) return;
    const view = (views[wanted.name] ??= MAKE[wanted.name](app)),
      gate = view.gate?.(() => show()),
      isOther = shown !== view;
    if (gate) {
      showOnly(gate);
      return;
    }
    if (isOther) shown?.leave?.();
    shown = view;
    box.showProblem(null);
    if (isOther) box.show(""); // the view sets its own text
    const [, ...rest] = path.replace(/[?#].*/s, "").split("/");
    const ready = view.show({
      id: rest.length && rest[0] ? decodeURIComponent(rest.join("/")) : null,
      params: new URLSearchParams(location.search),
    });
    if (isReplaced) main.replaceChildren();
    isReplaced = false;
    // other views keep their state
    if (view.element.parentNode !== main) main.append(view.element);
    for (const one of main.children)
      /** @type {HTMLElement} */ (one).hidden = one !== view.element;
    await ready;
    const { activeElement: focused } = document,
      // such as the search box
      isBeside = [...Object.values(slots), box.element].some((one) => one.contains(focused)),
      isFree = !view.element.contains(focused) && (isOther || !isBeside);
    if (mine === turn && isMoved && isFree)
      (view.element.querySelector("h1") ?? main).focus({ preventScroll: true });
  } catch (error) {
    if (mine !== turn) return;
    showOnly(html`<${Trouble} error=${/** @type {Error} */ (error)} run=${() => show()} />`);
    // Without a response, it is tried again.
    if (/** @type {Page.Problem} */ (error).isLost)
      setTimeout(() => mine === turn && show(false), AGAIN_MS);
  } finally {
    if (mine === turn) main.removeAttribute("aria-busy");
    if (app.source && !isWhole) loadSoon();
  }
}

// The second script has the other views, and the parts of the frame, which start then.
async function load(isWanted = true) {
  await later().catch(() => Promise.reject(new Problem("", 0)));
  if (!isWhole) {
    isWhole = true;
    for (const start of app.added("frame")) start(app);
  }
  if (!isWanted || VIEWS.every(({ name }) => MAKE[name])) return;
  location.reload(); // the user may stay if actions wait
  throw new Error("The server was updated. Reload the page.");
}
function loadSoon(ms = ROWS_MS) {
  clearTimeout(soon);
  const asking = app.source.asking.size; // the rows, which come first
  soon = setTimeout(asking ? loadSoon : () => load(false).catch(() => loadSoon(AGAIN_MS)), ms);
}
// The view of an address below the root; undefined if there is none.
/** @param {string} path */
const kindOf = (path) => VIEWS.find((kind) => kind.path === path.split(/[/?#]/)[0]);

// Relative links would be resolved again for each new URL.
for (const link of document.querySelectorAll("link")) link.href = String(link.href);
slots.player.append(playerBar(app.player, acts));
document.body.append(
  drawn("header", { class: "bar" }, Bar),
  slots.side,
  main,
  slots.set,
  slots.player,
  toasts.element,
);
addEventListener("beforeunload", (event) => {
  if (toasts.waiting.acts.peek().length) event.preventDefault();
});
addEventListener("popstate", () => {
  if (at !== location.pathname + location.search) show();
});
addEventListener("hashchange", () => show());
document.addEventListener("click", followed);
const act = actsIn();
acts.add([
  act("undo", "Undo", "Ctrl+z", null, () => toasts.undo()),
  act("redo", "Redo", "Ctrl+Shift+z", null, () => toasts.redo()),
  act("query", "Search", "/", null, () => {
    box.input.focus();
    box.input.select();
  }),
  act("keys", "Keyboard shortcuts", "?", null, () => acts.sheet()),
  ...VIEWS.filter(({ key }) => key).map(({ name, title, key, path }) =>
    act(`go-${name}`, `Go to ${title}`, `g ${key}`, null, () => go(path)),
  ),
]);
applySettings();
addEventListener("load", applySettings);
show(false);
