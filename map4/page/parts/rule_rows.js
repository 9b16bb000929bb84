// Queries as rows of rules, and back. A term without a row stays text.
import { isOr, termsOf } from "../source/terms.js";
import { quoted } from "./wording.js";
/**
 * @typedef {{ field: string, term: string, value: string, other: string }} Rule  term: of its
 *   relation
 */

/** @param {Pick<Rule, "term">} rule */
export const hasValue = ({ term }) => term.includes("{value}");
/** @param {Pick<Rule, "term">} rule */
export const hasOther = ({ term }) => term.includes("{other}");

// The query of rules and other terms. Rules without their values are left out.
/** @param {Rule[]} rules @param {string} rest */
export const textOf = (rules, rest) =>
  [...rules.map(termOf), rest.trim()].filter(Boolean).join(" ");

/** @param {Rule} rule */
function termOf(rule) {
  const [value, other] = [rule.value.trim(), rule.other.trim()];
  if ((hasValue(rule) && !value) || (hasOther(rule) && !other)) return "";
  const [form] = termsOf(rule.term),
    head = rule.term.slice(0, -form.value.length),
    own = form.value.replace("{value}", () => value).replace("{other}", () => other),
    [written, ...more] = termsOf(head + own);
  // A quote that is not closed would end at one of another rule.
  const isOne = !more.length && isLike(written, form) && !/^"/.test(own) && !isOr(written);
  return isOne ? head + own : head + quoted(own);
}
/** @param {Page.Term} one @param {Page.Term} other */
const isLike = (one, other) =>
  one.not === other.not && one.field === other.field && one.modifier === other.modifier;

/**
 * The rules of a query, and the terms that have no rule, as text. All is text if there is an `or`.
 * @param {string} text @param {Served.RuleField[]} fields
 */
export function rulesOf(text, fields) {
  const terms = termsOf(text);
  if (terms.some(isOr)) return { rules: [], rest: text.trim() };
  const found = terms.map((term) => ruleOf(term, fields));
  return {
    rules: found.flatMap((rule) => rule ?? []),
    rest: terms.flatMap(({ text: own }, at) => (found[at] ? [] : own)).join(" "),
  };
}

// The rule that is written like a term; null if there is none.
/** @param {Page.Term} term @param {Served.RuleField[]} fields @returns {Rule | null} */
function ruleOf(term, fields) {
  for (const { name, relations, values } of fields)
    for (const relation of relations) {
      const [form] = termsOf(relation.term),
        found = isLike(form, term) && new RegExp(patternOf(form.value), "su").exec(term.value);
      if (!found) continue;
      const [, value = "", other = ""] = found,
        rule = { field: name, term: relation.term, value, other },
        isRange = relations.some(hasOther) && `${value}${other}`.includes(".."),
        isKnown = !Object.keys(values).length || value in values;
      // A whole value is the same in quotes.
      if (!isRange && isKnown && (termOf(rule) === term.text || term.modifier === "=")) return rule;
    }
  return null;
}
/** @param {string} form */
const patternOf = (form) =>
  `^${form.replaceAll(".", "\\.").replace("{value}", "(.+)").replace("{other}", "(.+)")}$`;
