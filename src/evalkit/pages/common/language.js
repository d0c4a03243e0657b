"use strict";
/* Chinese and English: words by key, and the switch between them. */

/** @type {{zh: Object<string, string>, en: Object<string, string>}} */
const allWords = JSON.parse(byId("words").textContent);
/** @type {"zh"|"en"} */
let shownLanguage = "zh";

/** A sentence with its places {name} filled in. @param {string} key @param {Object<string, any>} [facts] @returns {string} */
function say(key, facts = {}) {
  const text = allWords[shownLanguage][key];
  if (text === undefined) throw new RangeError(key);
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in facts ? String(facts[name]) : whole));
}

/** Of a pair [Chinese, English] the one that is shown; Chinese where there is no other. @param {string[]} pair */
const inLanguage = (pair) => (shownLanguage === "en" && pair[1]) || pair[0];

/** What stands in the page as `data-say` (text) or `data-say-label` (name for who does not see it). */
function sayAll() {
  document.documentElement.lang = shownLanguage === "zh" ? "zh-CN" : "en";
  document.title = say("title");
  for (const one of document.querySelectorAll("[data-say]")) one.textContent = say(one.getAttribute("data-say") || "");
  for (const one of document.querySelectorAll("[data-say-label]"))
    one.setAttribute("aria-label", say(one.getAttribute("data-say-label") || ""));
  byId("language").textContent = say("language");
  byId("language").lang = shownLanguage === "zh" ? "en" : "zh-CN";
}

/** The button of the frame; `after` draws the page anew. @param {() => void} after */
function switchLanguage(after) {
  byId("language").addEventListener("click", () => {
    shownLanguage = shownLanguage === "zh" ? "en" : "zh";
    sayAll();
    after();
  });
}
