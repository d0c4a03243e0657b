"use strict";
/* What the page was given: areas by level, indicators, and for each level, indicator and period a cell a place.
   data.cells[level][code][period] is [column of numerators, column of denominators, more]; data.columns holds the columns,
   each [factor, whole numbers by place]. more: v values that are not the quotient, h withheld, e extents, t target, g goals, base. */

/** @typedef {"known"|"hidden"|"nothing"|"missing"|"gone"} State  nothing: there is nothing to count */
/** @typedef {{state: State, value: Ratio|null, sides: (Ratio|null)[]}} Cell  value in the indicator's unit */

/** @param {string} level @returns {string[]} paths of the areas */
const pathsOf = (level) => (data.levels.find((/** @type {any} */ one) => one.key === level) || { areas: [] }).areas;

/** @type {Map<string, [string, number]>} level and place by path */
const placeByPath = new Map();
/** Read the places of all areas. */
function readPlaces() {
  for (const one of data.levels) one.areas.forEach((/** @type {string} */ path, /** @type {number} */ n) => placeByPath.set(path, [one.key, n]));
}

const packed = (/** @type {string} */ level, /** @type {string} */ code, /** @type {string} */ period) => data.cells[level]?.[code]?.[period];

/** @param {any} cells @param {number} side @param {number} place @returns {Ratio|null} */
function sideOf(cells, side, place) {
  if (cells[side] === null) return null;
  const [factor, numbers] = data.columns[cells[side]];
  return numbers[place] === null ? null : { n: BigInt(numbers[place]), d: BigInt(factor) };
}

/** @param {Ratio} top @param {Ratio} bottom @param {string} code @returns {Ratio} */
function quotient(top, bottom, code) {
  const [above, below] = data.indicators[code].scale;
  return { n: top.n * bottom.d * BigInt(above), d: top.d * bottom.n * BigInt(below) };
}

/** @typedef {{cells: any, more: any, gone: Set<number>, hidden: Set<number>, read: Cell[]}} Column */

/** @type {Map<string, Column>} what was read of a level, an indicator and a period: the data never change */
const readColumns = new Map();

/** @param {string} level @param {string} code @param {string} period @returns {Column} */
function columnOf(level, code, period) {
  const key = `${level}\n${code}\n${period}`;
  let found = readColumns.get(key);
  if (!found) {
    const cells = packed(level, code, period);
    const more = (cells && cells[2]) || {};
    found = { cells, more, gone: new Set(data.gone[level]?.[period] || []), hidden: new Set(more.h || []), read: [] };
    readColumns.set(key, found);
  }
  return found;
}

/** @param {string} level @param {string} code @param {string} period @param {number} place @returns {Cell} */
function cellOf(level, code, period, place) {
  const column = columnOf(level, code, period);
  return (column.read[place] ??= readCell(column, code, place));
}

/** @param {Column} column @param {string} code @param {number} place @returns {Cell} */
function readCell({ cells, more, gone, hidden }, code, place) {
  /** @type {(state: State) => Cell} */
  const without = (state) => ({ state, value: null, sides: [null, null] });
  if (gone.has(place)) return without("gone");
  if (!cells) return without("missing");
  if (hidden.has(place)) return without("hidden");
  const sides = [0, 1].map((side) => sideOf(cells, side, place));
  const given = more.v && more.v[place];
  if (given !== undefined) return { state: "known", value: ratioOf(given), sides };
  const [top, bottom] = sides;
  if (bottom && bottom.n === 0n) return { state: "nothing", value: null, sides };
  if (!top || !bottom) return { state: "missing", value: null, sides };
  return { state: "known", value: quotient(top, bottom, code), sides };
}

/** Numerators over denominators of several places; null where one is withheld or has no sides. @returns {Ratio|null} */
function pooled(/** @type {string} */ level, /** @type {string} */ code, /** @type {string} */ period, /** @type {number[]} */ places) {
  const { cells, more, gone, hidden } = columnOf(level, code, period);
  if (!cells) return null;
  const columns = [0, 1].map((side) => data.columns[cells[side]] || [1, []]);
  const sum = [0, 0]; // whole numbers, exact while they are safe
  for (const place of places) {
    if (hidden.has(place)) return null;
    const two = columns.map(([, numbers]) => numbers[place] ?? null);
    if (more.v && more.v[place] !== undefined && two.includes(null)) return null;
    if (gone.has(place) || two.includes(null) || !two[1]) continue;
    two.forEach((number, n) => (sum[n] += number));
  }
  if (!sum.every(Number.isSafeInteger)) return null;
  const [top, bottom] = sum.map((number, n) => ({ n: BigInt(number), d: BigInt(columns[n][0]) }));
  return bottom.n > 0n ? quotient(top, bottom, code) : null;
}

/** A value for drawing and ordering alone; null where none is known. @returns {number|null} */
function sizeAt(/** @type {string} */ level, /** @type {string} */ code, /** @type {string} */ period, /** @type {number} */ place) {
  const { cells, more, gone, hidden } = columnOf(level, code, period);
  if (!cells || gone.has(place) || hidden.has(place)) return null;
  if (more.v && more.v[place] !== undefined) return Number(more.v[place]);
  const [top, bottom] = [0, 1].map((side) => data.columns[cells[side]] || [1, []]);
  const [a, b] = [top[1][place] ?? null, bottom[1][place] ?? null];
  if (a === null || !b) return null;
  const [above, below] = data.indicators[code].scale;
  return (a * bottom[0] * above) / (b * top[0] * below);
}

/** @typedef {{units: bigint, before: string, now: string, n: number|null, left: string}} Change */

/**
 * How a place moved between two periods, in units of the last printed digit; null where that cannot be said.
 * Where it rests on other areas in one of them the change over the common ones was reckoned beforehand (data.moved).
 * @returns {Change|null}
 */
function changeOf(/** @type {string} */ level, /** @type {string} */ code, /** @type {string} */ earlier, /** @type {string} */ later, /** @type {number} */ place) {
  const told = data.moved[`${earlier}>${later}`]?.[level]?.[code]?.[place];
  if (told) {
    const [before, now, units, n, left] = told;
    return units === null ? null : { units: BigInt(units), before, now, n, left };
  }
  const [a, b] = [earlier, later].map((period) => cellOf(level, code, period, place).value);
  if (!a || !b || earlier === later) return null;
  const decimals = data.indicators[code].decimals;
  const units = data.public ? unitsOf(b, decimals) - unitsOf(a, decimals) : unitsOf(difference(b, a), decimals);
  return { units, before: textOfRatio(a, decimals), now: textOfRatio(b, decimals), n: null, left: "" };
}

/** What is to be reached: [text, name, own]; null without. */
const targetOf = (/** @type {string} */ level, /** @type {string} */ code, /** @type {string} */ period) => packed(level, code, period)?.[2]?.t || null;
/** @typedef {{goal: string, day: string, due: string, state: string, gap: string, pace: string, need: string}} Goal  printed texts */

/** The goal in force of a place. @param {string} level @param {string} code @param {string} period @param {number} place @returns {Goal|null} */
function goalOf(level, code, period, place) {
  const told = packed(level, code, period)?.[2]?.g?.[place];
  if (!told) return null;
  const [goal, inChinese, inEnglish, due, state, gap, pace, need] = told;
  return { goal, day: inLanguage([inChinese, inEnglish]), due, state, gap, pace, need };
}

/** The one goal that all of these places have; null where they differ or some have none. @param {(Goal|null)[]} goals @returns {Goal|null} */
function commonGoal(goals) {
  const [first] = goals;
  return first && goals.every((one) => one !== null && one.goal === first.goal && one.day === first.day) ? first : null;
}
/** [reported, expected, absent]; null where the place holds no others. */
const extentOf = (/** @type {string} */ level, /** @type {string} */ code, /** @type {string} */ period, /** @type {number} */ place) => packed(level, code, period)?.[2]?.e?.[place] || null;
const baseOf = (/** @type {string} */ level, /** @type {string} */ code, /** @type {string} */ period) => packed(level, code, period)?.[2]?.base || data.indicators[code].base;

/** Whether the base is so small that the value is shown and not ordered. @param {string} code @param {Cell} cell */
function isSmall(code, cell) {
  const one = data.indicators[code];
  const bottom = cell.sides[1];
  return one.kind === "proportion" && Boolean(bottom) && bottom !== null && bottom.n < BigInt(one.small) * bottom.d;
}
