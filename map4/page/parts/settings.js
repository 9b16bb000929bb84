// The settings of this browser that styles and names depend on.
import { read } from "./acts.js";
import { recoloured } from "./element.js";
import { renameKeys } from "./key_names.js";

export const THEME = "map4.theme";
export const CUES = [..."ABCDEFGH"].map((letter) => `map4.cue-${letter}`);
const DARK = "screen and (prefers-color-scheme: dark)";
/** @type {Set<MediaList>} */
const dark = new Set(); // of the rules for dark systems

// At first, once the style sheets are loaded, and after a change.
export function applySettings() {
  const { dataset, style } = document.documentElement,
    theme = (dataset.theme = read(THEME) ?? "");
  for (const { cssRules } of document.styleSheets)
    for (const rule of cssRules)
      if (rule instanceof CSSMediaRule && rule.media.mediaText === DARK) dark.add(rule.media);
  for (const media of dark)
    media.mediaText = theme === "dark" ? "screen" : theme ? "not all" : DARK;
  for (const name of CUES) style.setProperty(name.replace("map4.", "--"), read(name));
  renameKeys();
  recoloured();
}
