// The scripts of a page share one scope, as the page puts them one after the other: tests/pages/test_lint.py joins them.
import js from "@eslint/js";

const browser = ["document", "addEventListener", "getComputedStyle", "URL", "URLSearchParams", "Blob", "setTimeout", "requestAnimationFrame", "location", "history", "window", "navigator", "Image", "XMLSerializer", "TextEncoder"];

export default [
  js.configs.recommended,
  {
    languageOptions: { ecmaVersion: 2022, sourceType: "script", globals: Object.fromEntries(browser.map((name) => [name, "readonly"])) },
    rules: {
      "complexity": ["error", 15],
      "eqeqeq": "error",
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-implicit-globals": "off",
      "no-restricted-properties": ["error", { property: "innerHTML" }, { property: "outerHTML" }, { property: "insertAdjacentHTML" }],
      "no-restricted-globals": ["error", "fetch", "XMLHttpRequest", "localStorage", "WebSocket"],
      "no-shadow": "error",
      "no-undef": "error",
      "no-unused-vars": "error",
      "no-var": "error",
      "prefer-const": "error",
      "strict": ["error", "global"],
    },
  },
];
