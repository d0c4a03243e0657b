"use strict";
/* Exact numbers and their text: a quotient of whole numbers is rounded last, half away from zero, as the reports do it. */

/** @typedef {{n: bigint, d: bigint}} Ratio  d is above 0 */

/** "-12.50" as a quotient. @param {string} text @returns {Ratio} */
function ratioOf(text) {
  const [whole, decimals = ""] = text.split(".");
  return { n: BigInt(whole + decimals), d: 10n ** BigInt(decimals.length) };
}

/** @param {Ratio} a @param {Ratio} b @returns {Ratio} */
const difference = (a, b) => ({ n: a.n * b.d - b.n * a.d, d: a.d * b.d });

/** How many units of the last printed digit. @param {Ratio} value @param {number} decimals @returns {bigint} */
function unitsOf(value, decimals) {
  const size = 2n * 10n ** BigInt(decimals);
  const units = ((value.n < 0n ? -value.n : value.n) * size + value.d) / (2n * value.d);
  return value.n < 0n ? -units : units;
}

/** Units of the last digit as a number with thousands in groups. @param {bigint} units @param {number} decimals */
function textOfUnits(units, decimals) {
  const digits = String(units < 0n ? -units : units).padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  return (units < 0n ? "-" : "") + whole + (decimals ? `.${digits.slice(-decimals)}` : "");
}

/** @param {Ratio} value @param {number} decimals */
const textOfRatio = (value, decimals) => textOfUnits(unitsOf(value, decimals), decimals);

/** For drawing and ordering. @param {Ratio} value */
const sizeOf = (value) => Number(value.n) / Number(value.d);
