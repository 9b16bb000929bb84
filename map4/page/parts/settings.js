// The settings of this browser.
import { NO_LETTERS, read, write } from "./acts.js";
import { formInDialog } from "./dialog.js";
import { colourOf, recoloured } from "./element.js";
import { html } from "./html.js";
import { NOTATION, renameKeys } from "./key_names.js";
import { FROM, PITCH } from "./player.js";
import { openTempoRanges } from "./tempo_ranges.js";

const THEME = "map4.theme",
  DARK = "screen and (prefers-color-scheme: dark)";
/**
 * @type {{ name: string, label: string, hint?: string, choices?: Record<string, string> }[]}
 *   without choices: on or off
 */
const SETTINGS = [
  {
    name: THEME,
    label: "Appearance",
    choices: { "": "as the system", light: "light", dark: "dark" },
  },
  {
    name: NOTATION,
    label: "Keys",
    choices: { "": "as the library", camelot: "8A", openkey: "1m", musical: "Am" },
  },
  {
    name: FROM,
    label: "Start tracks at",
    choices: { "": "the beginning", mix_in: "the mix-in", drop: "the drop" },
  },
  { name: PITCH, label: "Keep the pitch in mixes", hint: "Beats align less exactly." },
  { name: NO_LETTERS, label: "No shortcuts of single letters" },
  ...[..."ABCDEFGH"].map((letter) => ({ name: `map4.cue-${letter}`, label: `Hot cue ${letter}` })),
];
/** @type {Set<MediaList>} */
const dark = new Set(); // of the rules for dark systems

// At first, and once the style sheets are loaded.
export function applySettings() {
  const { dataset, style } = document.documentElement,
    theme = (dataset.theme = read(THEME) ?? "");
  for (const { cssRules } of document.styleSheets)
    for (const rule of cssRules)
      if (rule instanceof CSSMediaRule && rule.media.mediaText === DARK) dark.add(rule.media);
  for (const media of dark)
    media.mediaText = theme === "dark" ? "screen" : theme ? "not all" : DARK;
  for (const { name } of SETTINGS)
    if (isColour(name)) style.setProperty(name.replace("map4.", "--"), read(name));
  renameKeys();
  recoloured();
}
/** @param {string} name */
const isColour = (name) => name.startsWith("map4.cue-");

/** @param {Page.App} app */
export function openSettings(app) {
  const then = (/** @type {() => unknown} */ run) => () => setTimeout(run), // once this is closed
    ranges = then(() => openTempoRanges(app));
  return formInDialog("Settings", {
    text: html`<form method="dialog">
      Of this browser. The columns are above the table of Browse. The pitch range, ±8 % at first, is
      a setting of the server: <code>map4 config set mix.pitch_range 6</code>.${" "}
      <button type="submit" onclick=${then(() => app.acts.run("keys"))}>Shortcuts…</button>
      ${
        app.server.may("correct") &&
        html`<button type="submit" onclick=${ranges}>Tempo ranges of the library…</button>`
      }
      ${app.added("settings").map((part) => part(app, then))}
    </form>`,
    submit: "Save",
    fields: SETTINGS.map(({ name, label, hint, choices }) => ({
      ...{ name, label, hint },
      type: choices ? "select" : isColour(name) ? "color" : "check",
      choices: Object.entries(choices ?? {}),
      value: isColour(name) ? colourOf(name.slice(5)) : (read(name) ?? ""),
    })),
    done: async (values) => {
      for (const { name } of SETTINGS)
        write(name, values[name] === true ? "yes" : values[name] || null);
      applySettings();
    },
  });
}
