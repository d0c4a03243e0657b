"use strict";
/* Exact numbers: a fraction is {n, d} of BigInt, d > 0. */

/** @typedef {{n: bigint, d: bigint}} Fraction */

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
