"use strict";
/* Which areas are shown, in which order, and with what they are compared. */

/** @typedef {{place: number, path: string, name: string, cell: Cell, change: Change|null, small: boolean, picked: number}} Row */

const PART = 60; // areas that one drawing and one table hold

/** @param {string} path */
const nameOf = (path) => (data.areas[path] ? inLanguage(data.areas[path].name) : path);
/** @param {string} path */
const shortOf = (path) => (shownLanguage === "en" && data.areas[path].name[1]) || data.areas[path].short;
/** @param {string} period */
const periodName = (period) => inLanguage(data.periods.find((/** @type {any} */ one) => one.key === period).name);
/** @param {string} level */
const levelName = (level) => inLanguage(data.levels.find((/** @type {any} */ one) => one.key === level).name);
/** @param {string} code */
const indicatorName = (code) => inLanguage(data.indicators[code].name);

/** Places of the areas that the chosen group has. @param {Choice} choice @returns {number[]} */
function placesShown(choice) {
  const [kind, name] = [choice.peers.slice(0, choice.peers.indexOf(":")), choice.peers.slice(choice.peers.indexOf(":") + 1)];
  const paths = pathsOf(choice.level);
  return paths.map((_, n) => n).filter((n) => !choice.peers || (kind === "group" ? data.areas[paths[n]].group === name : paths[n].startsWith(`${name}/`)));
}

/** The areas shown, ordered; a small base, an equal printed value and what has none keep the order of the office behind it. @param {Choice} choice @returns {Row[]} */
function rowsOf(choice) {
  const key = JSON.stringify([shownLanguage, { ...choice, part: 0 }]);
  if (rowsRead.key !== key) rowsRead = { key, rows: readRows(choice) };
  return rowsRead.rows;
}

/** The rows that were asked for last: one choice is drawn, told and listed from them. @type {{key: string, rows: Row[]}} */
let rowsRead = { key: "", rows: [] };

/** @param {Choice} choice @returns {Row[]} */
function readRows(choice) {
  const paths = pathsOf(choice.level);
  const rows = placesShown(choice).map((place) => {
    const cell = cellOf(choice.level, choice.code, choice.period, place);
    /** @type {Change|null|undefined} */
    let change;
    return { place, path: paths[place], name: nameOf(paths[place]), cell, small: isSmall(choice.code, cell), picked: choice.areas.indexOf(paths[place]),
      get change() { return change === undefined ? (change = changeOf(choice.level, choice.code, choice.baseline, choice.period, place)) : change; } };
  }).filter((row) => row.cell.state !== "gone");
  if (choice.order !== "value") return rows;
  const sign = data.indicators[choice.code].better === "lower" ? -1 : 1;
  const decimals = data.indicators[choice.code].decimals;
  const key = new Map(rows.map((row) => [row, choice.view === "change"
    ? (row.change ? Number(row.change.units) : Infinity)
    : (row.cell.value ? -sign * Number(unitsOf(row.cell.value, decimals)) : Infinity)]));
  const rank = (/** @type {Row} */ row) => (key.get(row) === Infinity ? 2 : row.small ? 1 : 0);
  return rows.sort((a, b) => rank(a) - rank(b) || Number(key.get(a)) - Number(key.get(b)) || a.place - b.place);
}

/** The rows of the part that is drawn. @param {Row[]} rows @param {Choice} choice */
function partOf(rows, choice) {
  const parts = Math.max(1, Math.ceil(rows.length / PART));
  const part = Math.min(choice.part, parts);
  return { parts, part, rows: rows.slice((part - 1) * PART, part * PART) };
}

/** The other areas of its group, of all where it has none. @param {string} level @param {string} path */
function peersOf(level, path) {
  const group = data.areas[path].group;
  const paths = pathsOf(level);
  const places = paths.map((_, n) => n).filter((n) => paths[n] !== path && (!group || data.areas[paths[n]].group === group));
  return { places, name: group ? say("others_of", { group }) : say("others") };
}

/** Peers of an area in two periods, over those known in both. @param {Choice} choice @param {string} path */
function peersMoved(choice, path) {
  const { places, name } = peersOf(choice.level, path);
  const both = places.filter((n) => [choice.baseline, choice.period].every((p) => cellOf(choice.level, choice.code, p, n).state === "known"));
  const [a, b] = [choice.baseline, choice.period].map((p) => pooled(choice.level, choice.code, p, both));
  return { name, n: both.length, before: a, now: b };
}

/** The whole in a period: its own row. @param {string} code @param {string} period @returns {Cell|null} */
function wholeOf(code, period) {
  const at = data.whole && placeByPath.get(data.whole);
  return at ? cellOf(at[0], code, period, at[1]) : null;
}

// --- words of values ---

const NOT_KNOWN = { hidden: "hidden", nothing: "nothing", missing: "missing", gone: "gone" };

/** A value with its unit, or why there is none. @param {string} code @param {Cell} cell @param {boolean} [bare] without unit */
function valueText(code, cell, bare = false) {
  if (!cell.value) return say(`state.${NOT_KNOWN[/** @type {"hidden"} */ (cell.state)] || "missing"}`);
  return ratioText(code, cell.value, bare);
}

/** @param {string} code @param {Ratio|null} value @param {boolean} [bare] */
function ratioText(code, value, bare = false) {
  const one = data.indicators[code];
  return value === null ? "—" : textOfRatio(value, one.decimals) + (bare ? "" : one.unit);
}

/** ↑1.2, ↓0.3, → as the tables of the report have it. @param {string} code @param {bigint|null} units */
function arrowText(code, units) {
  if (units === null) return "—";
  if (units === 0n) return "→";
  return (units > 0n ? "↑" : "↓") + textOfUnits(units < 0n ? -units : units, data.indicators[code].decimals);
}

/** "下降1.2个百分点". @param {string} code @param {bigint} units */
function movedText(code, units) {
  const one = data.indicators[code];
  if (units === 0n) return say("moved.level");
  const size = textOfUnits(units < 0n ? -units : units, one.decimals);
  const points = one.unit === "%";
  return say(`moved.${units > 0n ? (points ? "up" : "more") : points ? "down" : "less"}`, { size, unit: one.unit.split("/")[0] });
}

/** A side with its unit: 219家. @param {string} code @param {Cell} cell @param {number} side */
function sideText(code, cell, side) {
  const value = cell.sides[side];
  return value ? textOfRatio(value, 0) + data.indicators[code].sides[side][1] : "—";
}
