"use strict";
/* Money as text: tables in 万元 with two decimals, half up; a sentence in one unit for all its amounts. */

const FEN_OF_WAN = 1000000n;
const TEN_WAN = 10n * FEN_OF_WAN;

/** Thousands in groups. @param {string} digits */
const grouped = (digits) => digits.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
/** @param {bigint} fen */
const sizeOf = (fen) => (fen < 0n ? -fen : fen);

/** Fen in 万元 for a table. @param {bigint} fen */
function wan(fen) {
  const size = halfUp(fraction(sizeOf(fen), 10000n), 1n);
  const text = String(size).padStart(3, "0");
  return `${fen < 0n && size ? "−" : ""}${grouped(text.slice(0, -2))}.${text.slice(-2)}`;
}

/** @param {bigint} fen */
const inYuan = (fen) => grouped(String(halfUp(fraction(sizeOf(fen), 100n), 1n)));

/**
 * The printer for all amounts of a sentence, without sign: 万元, or 元 where they are small; English sentences are in yuan.
 * @param {bigint[]} amounts @returns {(fen: bigint) => string}
 */
function oneUnit(amounts) {
  const there = amounts.map(sizeOf).filter((fen) => fen > 0n);
  const most = there.reduce((a, b) => (a < b ? b : a), 0n);
  const least = there.reduce((a, b) => (b < a ? b : a), most);
  if (shownLanguage === "en") return (fen) => (2n * sizeOf(fen) < 100n && fen ? "less than 1 yuan" : `${inYuan(fen)} yuan`);
  const small = most < FEN_OF_WAN || (most < TEN_WAN && least < FEN_OF_WAN);
  if (small) return (fen) => (fen && 2n * sizeOf(fen) < 100n ? "不足1元" : `${inYuan(fen)}元`);
  return (fen) => (fen && 2n * sizeOf(fen) < FEN_OF_WAN / 100n ? "不足0.01万元" : `${wan(sizeOf(fen))}万元`);
}
