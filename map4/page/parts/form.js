// Forms that send requests. Input stays until the request succeeds; errors are shown below the
// fields.
import { messageOf } from "./wording.js";
import { dom, element, targetOf } from "./element.js";

/**
 * @typedef {object} Field
 * @property {string} name
 * @property {string} label
 * @property {"text" | "lines" | "password" | "select" | "check" | "checks" | "hidden" | "file"
 *   | "datetime-local"} [type]
 * @property {string} [value]  for "datetime-local": as 2026-11-21T22:00, in local time
 * @property {[string, string][]} [choices]  for "select" and "checks": value and label
 * @property {[string, string][]} [others]  for "select", below all choices
 * @property {string[]} [chosen]  for "checks"
 * @property {string} [autocomplete]
 * @property {string} [hint]
 * @property {number} [least]  minimum length
 * @property {boolean} [isOptional]  may be empty
 * @property {(input: HTMLInputElement) => Node} [above]  more controls of the same value
 *
 * @typedef {Record<string, any>} Values  strings; for "check" a boolean, for "checks" an array
 *
 * @typedef {object} AboutForm
 * @property {Field[]} [fields]
 * @property {(values: Values) => Field[]} [more]  further fields, which depend on those above
 * @property {(values: Values) => Promise<string | Node[]>} [preview]  the effect of the values,
 *   requested while typing
 * @property {HTMLElement} [shown]  shows the preview; above the buttons if it has no place yet
 * @property {Page.Child} [text]  above the fields of a dialog
 * @property {string} submit  the submit button's label
 * @property {(values: Values) => Promise<unknown>} [done]  in a dialog, a returned node
 *   replaces the form
 * @property {boolean} [isGrave]  can't be undone
 * @property {boolean} [isSudden]  a dialog that appears while somebody may be typing
 * @property {string} [class]  of a dialog
 * @property {(() => void) | null} [leave]  adds a Cancel button that calls this, which dialogs have
 *   unless it is null
 */

const TYPED_MS = 250;
let fieldCount = 0;

/** @param {AboutForm} about */
export function formOf({
  fields = [],
  more = () => [],
  submit,
  done = async () => {},
  isGrave = false,
  leave,
  preview,
  shown = preview && element("output", { class: "small", "aria-live": "polite" }),
}) {
  const problem = element("p", { class: "told", role: "alert" }),
    button = element("button", { type: "submit", class: isGrave ? "grave" : "main" }, submit),
    others = element("div", {});
  let isBusy = false,
    all = fields,
    turn = 0,
    timer = 0;
  const form = /** @type {HTMLFormElement} */ (
    dom`<form method="post" onsubmit=${sent}>
      ${fields.flatMap(fieldOf)}
      ${others}
      ${
        fields.some(({ type }) => type === "password") &&
        dom`<p class="check">
          <label><input type="checkbox" onchange=${shows} />Show what I type</label>
        </p>`
      }
      ${shown?.parentNode ? null : shown}
      ${problem}
      <p class="buttons">
        ${button}
        ${leave ? dom`<button onclick=${leave}>Cancel</button>` : null}
      </p>
    </form>`
  );
  form.addEventListener("change", ({ target }) => {
    if (!others.contains(/** @type {Node} */ (target))) draw();
  });
  form.addEventListener("input", () => {
    problem.textContent = "";
    clearTimeout(timer);
    timer = setTimeout(previews, TYPED_MS);
  });
  draw();
  previews();
  return form;

  /** @param {Event} event */
  function shows(event) {
    const { checked } = /** @type {HTMLInputElement} */ (targetOf(event));
    for (const secret of form.querySelectorAll("input[autocomplete$=password]"))
      /** @type {HTMLInputElement} */ (secret).type = checked ? "text" : "password";
  }
  async function previews() {
    const mine = ++turn,
      found = await preview?.(valuesOf(form, all)).catch(
        (error) => dom`<p class="told">${messageOf(error)}</p>`,
      );
    if (found !== undefined && mine === turn) shown?.replaceChildren(...[found].flat());
  }
  function draw() {
    all = [...fields, ...more(valuesOf(form, fields))];
    others.replaceChildren(...all.slice(fields.length).flatMap(fieldOf));
  }
  /** @param {Event} event */
  async function sent(event) {
    event.preventDefault();
    if (isBusy) return;
    isBusy = true;
    button.setAttribute("aria-disabled", "true");
    problem.textContent = "";
    try {
      await done(valuesOf(form, all));
      form.reset();
    } catch (error) {
      clearTimeout(timer);
      turn++;
      shown?.replaceChildren(); // the preview would say the same
      problem.textContent = messageOf(error);
      const secret = /** @type {HTMLInputElement | null} */ (
        form.querySelector("input[autocomplete=current-password]")
      );
      secret?.focus();
      secret?.select();
    } finally {
      isBusy = false;
      button.removeAttribute("aria-disabled");
    }
  }
}

/** @param {Field} field */
function fieldOf({
  name,
  label,
  type = "text",
  value,
  choices = [],
  others = [],
  chosen = [],
  autocomplete,
  hint,
  least,
  isOptional = false,
  above,
}) {
  const id = `f${++fieldCount}`,
    about = hint ? `${id}-hint` : null,
    note = hint ? dom`<small id=${about}>${hint}</small>` : null,
    own = { id, name, "aria-describedby": about },
    typed = { ...own, required: !isOptional, spellcheck: "false", dir: "auto" };
  if (type === "check")
    return dom`<p class="check">
      <label><input ...${own} type="checkbox" checked=${value === "yes"} />${label}</label>
      ${note}
    </p>`;
  if (type === "checks")
    return dom`<fieldset>
      <legend>${label}</legend>
      ${choices.map(
        ([one, words]) =>
          dom`<label class="check">
            <input type="checkbox" name=${name} value=${one} checked=${chosen.includes(one)} />
            ${words}
          </label>`,
      )}
    </fieldset>`;
  const option = (/** @type {[string, string]} */ [one, words]) =>
      dom`<option value=${one} selected=${one === value}>${words}</option>`,
    input =
      type === "select"
        ? dom`<select ...${own}>
        ${choices.map(option)}
        ${others.length > 0 && dom`<optgroup label="Other">${others.map(option)}</optgroup>`}
      </select>`
        : type === "lines"
          ? dom`<textarea ...${typed} rows="3">${value ?? ""}</textarea>`
          : dom`<input
          ...${typed}
          type=${type === "hidden" ? "text" : type}
          value=${value}
          autocomplete=${autocomplete}
          minlength=${least}
          maxlength="1024"
          autocapitalize="none"
        />`;
  return [
    ...(above ? [above(/** @type {HTMLInputElement} */ (input))] : []),
    dom`<p hidden=${type === "hidden"}><label for=${id}>${label}</label>${input}${note}</p>`,
  ];
}

/** @param {HTMLFormElement} form @param {Field[]} fields @returns {Values} */
function valuesOf(form, fields) {
  const data = new FormData(form);
  return Object.fromEntries(
    fields.map(({ name, type }) => [
      name,
      type === "checks" ? data.getAll(name) : type === "check" ? data.has(name) : data.get(name),
    ]),
  );
}
