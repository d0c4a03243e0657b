"use strict";
/* Exact numbers. One: {n, d} of BigInt, d > 0. Many: whole numbers over one denominator. */

/** @typedef {{n: bigint, d: bigint}} Fraction */
/** @typedef {{top: bigint[], bottom: bigint}} Exact  a number for each kind, or one for all, over one denominator */

/** @param {bigint} n @param {bigint} [d] @returns {Fraction} */
function fraction(n, d = 1n) {
  return d < 0n ? { n: -n, d: -d } : { n, d };
}

/** "3/10", "0.3" or "-12" as a fraction. @param {string|number} text @returns {Fraction} */
function readFraction(text) {
  const [above, below] = String(text).trim().split("/");
  if (below !== undefined) return fraction(BigInt(above), BigInt(below));
  const found = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(above);
  if (!found || !(found[2] || found[3])) throw new RangeError(above);
  const decimals = found[3] || "";
  const size = BigInt((found[2] || "0") + decimals);
  return fraction(found[1] === "-" ? -size : size, 10n ** BigInt(decimals.length));
}

/** @param {Fraction} a @param {Fraction} b */
const add = (a, b) => (a.d === b.d ? { n: a.n + b.n, d: a.d } : { n: a.n * b.d + b.n * a.d, d: a.d * b.d });
/** @param {Fraction} a @param {Fraction} b */
const less = (a, b) => add(a, { n: -b.n, d: b.d });
/** @param {Fraction} a @param {Fraction} b */
const product = (a, b) => ({ n: a.n * b.n, d: a.d * b.d });
/** @param {Fraction} a @param {Fraction} b */
const divided = (a, b) => fraction(a.n * b.d, a.d * b.n);
/** @param {Fraction} a @param {Fraction} b */
const isLess = (a, b) => a.n * b.d < b.n * a.d;

/** Division that goes down, as the half-up rule needs it. @param {bigint} a @param {bigint} b */
function floorDiv(a, b) {
  const found = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? found - 1n : found;
}

/** Half up to a multiple of `unit`. @param {Fraction} value @param {bigint} unit @returns {bigint} */
function halfUp(value, unit) {
  return floorDiv(2n * value.n + value.d * unit, 2n * value.d * unit) * unit;
}

/** A fraction with a finite decimal as it is typed. @param {Fraction} value */
function shownFraction(value) {
  for (let digits = 0n; digits <= 6n; digits += 1n) {
    const scaled = value.n * 10n ** digits;
    if (scaled % value.d === 0n) {
      const text = String(scaled / value.d).padStart(Number(digits) + 1, "0");
      return digits ? `${text.slice(0, -Number(digits))}.${text.slice(-Number(digits))}` : text;
    }
  }
  return String(Number(value.n) / Number(value.d));
}

// --- many numbers at once ---

/** One number for all kinds. @param {Fraction} value @returns {Exact} */
const forAll = ({ n, d }) => ({ top: [n], bottom: d });

/** Number by number; one for all stands beside many. @param {bigint[]} a @param {bigint[]} b @param {(x: bigint, y: bigint) => bigint} f */
function pairwise(a, b, f) {
  if (a.length === 1) return b.map((y) => f(a[0], y));
  if (b.length === 1) return a.map((x) => f(x, b[0]));
  return a.map((x, n) => f(x, b[n]));
}

/** Two numbers over one denominator. @param {Exact} a @param {Exact} b @param {(x: bigint, y: bigint) => bigint} f @returns {Exact} */
function joined(a, b, f) {
  if (a.bottom === b.bottom) return { top: pairwise(a.top, b.top, f), bottom: a.bottom };
  const bottom = a.bottom % b.bottom === 0n ? a.bottom : b.bottom % a.bottom === 0n ? b.bottom : a.bottom * b.bottom;
  const over = (/** @type {Exact} */ one) => one.top.map((top) => top * (bottom / one.bottom));
  return { top: pairwise(over(a), over(b), f), bottom };
}

/** The n-th of many, or the one for all. @param {bigint[]} many @param {number} n */
const nth = (many, n) => (many.length === 1 ? many[0] : many[n]);
