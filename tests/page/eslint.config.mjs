// Rules for the modules of the page. TypeScript finds unknown names, prettier sets the layout.

// In templates, a line break between a value and a word is no space: "3 tracksin another place".
const gaps = {
  meta: { messages: { gap: 'Write ${" "} between this value and the word on the next line.' } },
  create: (context) => ({
    TaggedTemplateExpression({ tag, quasi: { quasis, expressions } }) {
      if (tag.name !== "html") return;
      let isTag = false;
      for (const [at, { value }] of quasis.entries()) {
        const [before, after] = [expressions[at - 1], expressions[at]],
          isGap = (one) => one?.value === " ",
          startsWithWord = before && !isTag && /^[^\S\n]*\n\s*[\w(]/.test(value.raw);
        isTag =
          value.raw.lastIndexOf("<") > value.raw.lastIndexOf(">") ||
          (isTag && !/>/.test(value.raw));
        const endsWithWord = after && !isTag && /[\w.,:;)]\s*\n\s*$/.test(value.raw);
        if (startsWithWord && !isGap(before)) context.report({ node: before, messageId: "gap" });
        if (endsWithWord && !isGap(after)) context.report({ node: after, messageId: "gap" });
      }
    },
  }),
};

export default [
  { ignores: ["**/vendor/**"] },
  {
    files: ["**/*.js", "**/*.mjs"],
    plugins: { page: { rules: { gaps } } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "constructor-super": "error",
      eqeqeq: ["error", "always", { null: "ignore" }],
      "for-direction": "error",
      "page/gaps": "error",
      "max-len": ["error", { code: 100 }],
      "max-lines-per-function": ["error", 200],
      "no-alert": "error",
      "no-compare-neg-zero": "error",
      "no-cond-assign": ["error", "except-parens"],
      "no-constant-binary-expression": "error",
      "no-dupe-else-if": "error",
      "no-dupe-keys": "error",
      "no-duplicate-case": "error",
      "no-duplicate-imports": "error",
      "no-eval": "error",
      "no-fallthrough": "error",
      "no-implied-eval": "error",
      "no-loss-of-precision": "error",
      "no-self-assign": "error",
      "no-sparse-arrays": "error",
      "no-unreachable": "error",
      "no-unsafe-finally": "error",
      "no-unsafe-optional-chaining": "error",
      "no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "no-useless-catch": "error",
      "no-useless-escape": "error",
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
      "use-isnan": "error",
      "valid-typeof": "error",
    },
  },
];
