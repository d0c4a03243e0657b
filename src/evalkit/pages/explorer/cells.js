"use strict";
/* What the page was given: areas by level, indicators, and for each level, indicator and period a cell a place.
   data.cells[level][code][period] is [column of numerators, column of denominators, more]; data.columns holds the columns,
   each [factor, whole numbers by place]. more: v values that are not the quotient, h withheld, e extents, t target, base. */

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

/** @param {string} level @param {string} code @param {string} period @param {number} place @returns {Cell} */
function cellOf(level, code, period, place) {
  const cells = packed(level, code, period);
  /** @type {(state: State) => Cell} */
  const without = (state) => ({ state, value: null, sides: [null, null] });
  if (data.gone[level]?.[period]?.includes(place)) return without("gone");
  if (!cells) return without("missing");
  const more = cells[2] || {};
  if (more.h && more.h.includes(place)) return without("hidden");
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
  const sum = [0n, 0n];
  const factors = [0, 1].map((side) => BigInt(data.columns[packed(level, code, period)?.[side]]?.[0] ?? 1));
  for (const place of places) {
    const cell = cellOf(level, code, period, place);
    if (cell.state === "hidden") return null;
    if (cell.state !== "known") continue;
    if (!cell.sides[0] || !cell.sides[1]) return null;
    cell.sides.forEach((side, n) => (sum[n] += side ? side.n : 0n));
  }
  return sum[1] > 0n ? quotient({ n: sum[0], d: factors[0] }, { n: sum[1], d: factors[1] }, code) : null;
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
/** [reported, expected, absent]; null where the place holds no others. */
const extentOf = (/** @type {string} */ level, /** @type {string} */ code, /** @type {string} */ period, /** @type {number} */ place) => packed(level, code, period)?.[2]?.e?.[place] || null;
const baseOf = (/** @type {string} */ level, /** @type {string} */ code, /** @type {string} */ period) => packed(level, code, period)?.[2]?.base || data.indicators[code].base;

/** Whether the base is so small that the value is shown and not ordered. @param {string} code @param {Cell} cell */
function isSmall(code, cell) {
  const one = data.indicators[code];
  const bottom = cell.sides[1];
  return one.kind === "proportion" && Boolean(bottom) && bottom !== null && bottom.n < BigInt(one.small) * bottom.d;
}
