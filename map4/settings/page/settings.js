// The Settings view: of this browser, saved when changed, and of the library.
import { NO_LETTERS, read, write } from "../../page/parts/acts.js";
import { Choice } from "../../page/parts/components.js";
import { colourOf } from "../../page/parts/element.js";
import { drawn, html, resource, signal } from "../../page/parts/html.js";
import { NOTATION } from "../../page/parts/key_names.js";
import { FROM, PITCH } from "../../page/parts/player.js";
import { CUES, THEME, applySettings } from "../../page/parts/settings.js";
import { openTempoRanges } from "../../page/parts/tempo_ranges.js";
import { place } from "../../page/source/server.js";

const THEMES = { "": "as the system", light: "light", dark: "dark" },
  NOTATIONS = { "": "as the library", camelot: "8A", openkey: "1m", musical: "Am" },
  PITCHES = { "": "as the tempo", yes: "kept, beats align less exactly" },
  STARTS = { "": "the beginning", mix_in: "the mix-in", drop: "the drop" };

/** @param {Page.App} app @returns {Page.View} */
export function make(app) {
  const changes = signal(0),
    about = /** @type {Page.Resource<Served.Preferences>} */ (resource());
  /** @param {string} name @param {string} value  "" for the default */
  function set(name, value) {
    write(name, value || null);
    applySettings();
    changes.value++;
  }
  /** @param {string} name @param {string} label @param {Record<string, string>} choices */
  const choice = (name, label, choices) => html`<p><label>
      ${label}
      <${Choice}
        label=${label}
        choices=${Object.entries(choices)}
        value=${read(name) ?? ""}
        choose=${(/** @type {string} */ value) => set(name, value)}
      />
    </label></p>`;
  /** @param {number | undefined} range */
  const setPitchRange = async (range) =>
    about.set(await app.server.ask("PUT", "preferences", { pitch_range: range }));
  /** @param {{ currentTarget: HTMLInputElement }} event */
  const pitchTyped = ({ currentTarget: field }) =>
    field.reportValidity() &&
    app.tried(async () => {
      const before = about.value?.pitch_range,
        range = field.valueAsNumber;
      await setPitchRange(range);
      app.say(`Pitch range: ±${range} %`, { undo: () => setPitchRange(before) });
    });
  function Sections() {
    return html`<form data-changes=${changes.value} onsubmit=${(event) => event.preventDefault()}>
      <h1 tabindex="-1">Settings</h1>
      <p class="small">Changes are saved at once, in this browser. Mixing is of the library.</p>
      <h2>Look</h2>
      ${choice(THEME, "Appearance", THEMES)}
      ${choice(NOTATION, "Key notation", NOTATIONS)}
      <h2>Playing</h2>
      ${choice(FROM, "Start tracks at", STARTS)}
      ${choice(PITCH, "Pitch in mixes", PITCHES)}
      <h2>Mixing</h2>
      <p><label>
        Pitch range, ± %
        <input
          ...${{ type: "number", min: "0.1", max: "100", step: "0.1", required: true }}
          value=${about.value?.pitch_range}
          disabled=${!app.server.may("admin")}
          onchange=${pitchTyped}
        />
      </label></p>
      ${
        app.server.may("correct") &&
        html`<button onclick=${() => openTempoRanges(app)}>Tempo ranges of the library…</button>`
      }
      <h2>Cue colours</h2>
      <p class="colours">
        ${CUES.map(
          (name) => html`<label key=${name}>
            ${name.at(-1)}
            <input
              type="color"
              aria-label=${`Hot cue ${name.at(-1)}`}
              value=${colourOf(name.slice(5))}
              onchange=${({ currentTarget }) => set(name, currentTarget.value)}
            />
          </label>`,
        )}
      </p>
      <button onclick=${() => CUES.forEach((name) => set(name, ""))}>Default colours</button>
      <h2>Keys</h2>
      ${choice(NO_LETTERS, "Shortcuts of single letters", { "": "on", yes: "off" })}
      <button onclick=${() => app.acts.run("keys")}>Shortcuts…</button>
      ${
        !app.server.me?.has_accounts &&
        html`<h2>Accounts</h2><p><a href=${place("you")}>Add the first account</a></p>`
      }
    </form>`;
  }
  return {
    element: drawn("section", { class: "narrow" }, Sections),
    show: () => about.need(app.server.get("preferences")),
  };
}
