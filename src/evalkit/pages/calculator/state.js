"use strict";
/* What is asked now, and the scenarios that are kept beside it. */

const data = readData();
const plan = new Plan(data);
const MOST_BESIDE = 6; // the current one among them

/** @typedef {{name: string, question: string, changes: Changes}} Scenario */

const state = {
  item: /** @type {string} */ (data.first),
  since: /** @type {string} */ (data.since),
  place: -1,
  year: /** @type {number} */ (data.asked[0]),
  changes: /** @type {Changes} */ (data.changes),
  kept: /** @type {Scenario[]} */ ([]),
  all: false, // every area in the table, also of very many
};

/** @param {string} path */
const labelOf = (path) => inLanguage([data.standards[path].label, data.standards[path].label_en]);
/** @param {string} path */
const unitOf = (path) => inLanguage([data.standards[path].unit, data.standards[path].unit_en]);
/** @param {number} at */
const areaName = (at) => inLanguage([data.areas[at], data.areas_en[at]]);
/** @param {string} code */
const payerName = (code) => inLanguage(data.payers[code]);
/** @param {string} code */
const componentName = (code) => inLanguage([data.components[code].name, data.components[code].name_en]);
const wholeName = () => (state.place < 0 ? inLanguage([data.whole, data.whole_en]) : areaName(state.place));

/** The day that a change of a standard holds from; what the field says where it has none. @param {string} path */
const sinceOf = (path) => (state.changes[path] ? state.changes[path][0][0] : state.since);

/** The value in force on the day of a change, before it. @param {string} path @param {string} [day] */
const inForce = (path, day = sinceOf(path)) => plan.valueOn(path, {}, day || `${data.asked[0]}-01-01`);

/** The value that a scenario has in the end. @param {string} path */
function valueNow(path) {
  const steps = state.changes[path];
  return steps ? steps[steps.length - 1][1] : inForce(path);
}

/** Set a standard from a day on, or say why not. @param {string} path @param {string} text @param {string} day */
function setStandard(path, text, day) {
  const value = checkedValue(data.standards[path], labelOf(path), text);
  const wanted = real(plan, { ...state.changes, [path]: [[checkedDay(day), value]] });
  refuseDisorder(wanted);
  state.changes = wanted;
}

/** @param {Changes} changes */
function refuseDisorder(changes) {
  const found = outOfOrder(plan, changes);
  if (!found) return;
  const day = found.day === ALWAYS ? say("changes.always") : found.day;
  throw new Fault("fault.order", { lower: labelOf(found.lower), higher: labelOf(found.higher), day });
}

/** @param {string} path */
function dropChange(path) {
  const rest = Object.fromEntries(Object.entries(state.changes).filter(([one]) => one !== path));
  refuseDisorder(rest);
  state.changes = rest;
}
