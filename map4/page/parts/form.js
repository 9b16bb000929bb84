// Forms that send requests. Input stays until the request succeeds; errors are shown below the
// fields.
import { element, targetOf } from "./element.js";

/**
 * @typedef {object} Field
 * @property {string} name
 * @property {string} label
 * @property {"text" | "lines" | "password" | "select" | "check" | "checks" | "hidden" | "file"
 *   | "moment"} [type]
 * @property {string} [value]  for "moment": as 2026-11-21T22:00, in local time
 * @property {[string, string][]} [choices]  for "select" and "checks": value and label
 * @property {string[]} [chosen]  for "checks"
 * @property {string} [autocomplete]
 * @property {string} [hint]
 * @property {number} [least]  minimum length
 * @property {boolean} [isOptional]  may be empty
 *
 * @typedef {Record<string, any>} Values  strings; for "check" a boolean, for "checks" an array
 *
 * @typedef {object} About
 * @property {Field[]} fields
 * @property {(values: Values) => Field[]} [more]  further fields, which depend on those above
 * @property {string} submit  the submit button's label
 * @property {(values: Values) => Promise<Node | null | void>} done  in a dialog, a returned node
 *   replaces the form
 * @property {boolean} [isGrave]  can't be undone
 * @property {() => void} [leave]  adds a Cancel button that calls this
 */

let made = 0;

/** @param {About} about */
export function formOf({ fields, more = () => [], submit, done, isGrave = false, leave }) {
  const told = element("p", { class: "told", role: "alert" }),
    button = element("button", { class: isGrave ? "grave" : "main" }, submit),
    others = element("div", {});
  let isBusy = false,
    all = fields;
  const form = element(
    "form",
    { method: "post", onsubmit: sent },
    ...fields.map(fieldOf),
    others,
    fields.some(({ type }) => type === "password") ? shown() : null,
    told,
    element(
      "p",
      { class: "buttons" },
      button,
      leave ? element("button", { type: "button", onclick: leave }, "Cancel") : null,
    ),
  );
  form.addEventListener("change", ({ target }) => {
    if (!others.contains(/** @type {Node} */ (target))) draw();
  });
  draw();
  return form;

  function draw() {
    all = [...fields, ...more(valuesOf(form, fields))];
    others.replaceChildren(...all.slice(fields.length).map(fieldOf));
  }
  /** @param {Event} event */
  async function sent(event) {
    event.preventDefault();
    if (isBusy) return;
    isBusy = true;
    button.setAttribute("aria-disabled", "true");
    told.textContent = "";
    try {
      await done(valuesOf(form, all));
      form.reset();
    } catch (error) {
      told.textContent = String(/** @type {Error} */ (error).message);
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
  chosen = [],
  autocomplete,
  hint,
  least,
  isOptional = false,
}) {
  const id = `f${++made}`,
    about = hint ? `${id}-hint` : null;
  const said = hint ? element("small", { id: `${id}-hint` }, hint) : null;
  if (type === "check")
    return element(
      "p",
      { class: "check" },
      element(
        "label",
        {},
        element("input", {
          type: "checkbox",
          name,
          checked: value === "yes",
          "aria-describedby": about,
        }),
        label,
      ),
      said,
    );
  if (type === "checks")
    return element(
      "fieldset",
      {},
      element("legend", {}, label),
      ...choices.map(([one, words]) =>
        element(
          "label",
          { class: "check" },
          element("input", { type: "checkbox", name, value: one, checked: chosen.includes(one) }),
          words,
        ),
      ),
    );
  const input =
    type === "select"
      ? element(
          "select",
          { id, name, "aria-describedby": about },
          ...choices.map(([one, words]) =>
            element("option", { value: one, selected: one === value }, words),
          ),
        )
      : type === "lines"
        ? element(
            "textarea",
            {
              id,
              name,
              rows: 3,
              "aria-describedby": about,
              required: !isOptional,
              spellcheck: "false",
              dir: "auto",
            },
            value ?? "",
          )
        : element("input", {
            id,
            name,
            type:
              type === "password" || type === "file"
                ? type
                : type === "moment"
                  ? "datetime-local"
                  : "text",
            value,
            autocomplete,
            required: !isOptional,
            minlength: least,
            maxlength: 1024,
            "aria-describedby": about,
            autocapitalize: "none",
            spellcheck: "false",
            dir: "auto",
          });
  return element(
    "p",
    { hidden: type === "hidden" },
    element("label", { for: id }, label),
    input,
    said,
  );
}

function shown() {
  return element(
    "p",
    { class: "check" },
    element(
      "label",
      {},
      element("input", {
        type: "checkbox",
        onchange: (event) => {
          const box = /** @type {HTMLInputElement} */ (targetOf(event)),
            secrets = box.form?.querySelectorAll("input[autocomplete$=password]") ?? [];
          for (const secret of secrets)
            /** @type {HTMLInputElement} */ (secret).type = box.checked ? "text" : "password";
        },
      }),
      "Show what I type",
    ),
  );
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
