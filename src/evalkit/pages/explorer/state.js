"use strict";
/* What is chosen; it stands in the address after #, so that a view is a link. */

/** @typedef {{view: string, code: string, across: string, period: string, baseline: string, level: string, peers: string, order: string, part: number, areas: string[]}} Choice */

const VIEWS = ["bars", "change", "line", "scatter", "tiles", "spine", "compare"];
const MOST_AREAS = 6;
/** Names in the address. @type {[keyof Choice, string][]} */
const KEYS = [["view", "v"], ["code", "i"], ["across", "x"], ["period", "p"], ["baseline", "b"], ["level", "l"], ["peers", "g"], ["order", "o"], ["part", "n"]];

/** @returns {Choice} */
function firstChoice() {
  const codes = data.headline.length ? data.headline : Object.keys(data.indicators);
  const usual = codes.includes("org_coverage") ? "org_coverage" : codes[0];
  const periods = data.periods.map((/** @type {any} */ one) => one.key);
  const levels = data.levels.map((/** @type {any} */ one) => one.key);
  return {
    view: "bars", code: usual, across: codes.find((/** @type {string} */ c) => c !== usual) || usual, period: data.period,
    baseline: data.baseline || periods[0], level: levels.includes(data.level) ? data.level : levels[levels.length - 1],
    peers: "", order: data.ranking === "full" ? "value" : "given", part: 1, areas: [],
  };
}

/** The address of a choice. @param {Choice} choice */
function addressOf(choice) {
  const said = new URLSearchParams();
  const first = firstChoice();
  for (const [key, name] of KEYS) if (choice[key] !== first[key]) said.set(name, String(choice[key]));
  for (const path of choice.areas) said.append("a", path);
  if (shownLanguage === "en") said.set("lang", "en");
  return said.toString();
}

/** The choice of an address; what it names and the page does not have is as at first. @param {string} address @returns {Choice} */
function choiceOf(address) {
  const said = new URLSearchParams(address.replace(/^#/, ""));
  const choice = firstChoice();
  const take = (/** @type {string} */ name, /** @type {string[]} */ allowed, /** @type {string} */ usual) => (allowed.includes(said.get(name) ?? usual) ? said.get(name) ?? usual : usual);
  const codes = Object.keys(data.indicators);
  const periods = data.periods.map((/** @type {any} */ one) => one.key);
  choice.view = take("v", VIEWS, choice.view);
  choice.code = take("i", codes, choice.code);
  choice.across = take("x", codes, choice.across);
  choice.period = take("p", periods, choice.period);
  choice.baseline = take("b", periods, choice.baseline);
  choice.level = take("l", data.levels.map((/** @type {any} */ one) => one.key), choice.level);
  choice.peers = take("g", peersOffered(choice.level).map(([key]) => key), "");
  choice.order = data.ranking === "full" ? take("o", ["value", "given"], choice.order) : "given";
  choice.part = Math.max(1, Math.min(9999, Number(said.get("n")) || 1));
  choice.areas = [...new Set(said.getAll("a"))].filter((path) => placeByPath.get(path)?.[0] === choice.level).slice(0, MOST_AREAS);
  shownLanguage = said.get("lang") === "en" ? "en" : "zh";
  return choice;
}

/** Groups that areas can be chosen by: [key, words]. @param {string} level @returns {[string, string][]} */
function peersOffered(level) {
  const groups = new Set();
  const above = new Set();
  for (const path of pathsOf(level)) {
    if (data.areas[path].group) groups.add(data.areas[path].group);
    const parent = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    if (placeByPath.has(parent) && parent !== data.whole) above.add(parent);
  }
  return [["", say("everyone")],
    ...[...groups].map((one) => /** @type {[string, string]} */ ([`group:${one}`, one])),
    ...[...above].map((path) => /** @type {[string, string]} */ ([`in:${path}`, say("inside", { area: nameOf(path) })]))];
}
