"use strict";
/* A scenario: what may be written for a standard, which standards stand in order, the file that Evalkit runs. */

/** What is wrong, as a sentence of the page's words. */
class Fault extends Error {
  /** @param {string} key @param {Object<string, any>} [facts] */
  constructor(key, facts = {}) {
    super(key);
    this.key = key;
    this.facts = facts;
  }
}

/** A number as somebody types it: full-width figures, marks of thousands, 元. @param {string} text */
const typed = (text) => text.normalize("NFKC").replace(/[\s,，]/g, "").replace(/元$/, "");

/**
 * A value for a standard in its plainest form.
 * @param {any} one the standard @param {string} label how it is called @param {string} text @returns {string}
 */
function checkedValue(one, label, text) {
  let value;
  try {
    value = readFraction(typed(text));
  } catch {
    throw new Fault("fault.number", { label });
  }
  const [low, high] = one.range.map(readFraction);
  if (isLess(value, low) || isLess(high, value)) throw new Fault("fault.range", { label, low: one.range[0], high: one.range[1], unit: one.unit });
  if ((value.n * BigInt(one.smallest)) % value.d !== 0n) throw new Fault("fault.decimals", { label, digits: String(one.smallest).length - 1 });
  return shownFraction(value);
}

/** A day as the field of a date gives it; "" is always. @param {string} text */
function checkedDay(text) {
  if (text && !/^\d{4}-\d{2}-\d{2}$/.test(text)) throw new Fault("fault.day");
  return text;
}

/**
 * Two standards of which the lower one may at no date be above the higher one, and are: as Evalkit refuses them.
 * @param {Plan} plan @param {Changes} changes @returns {{lower: string, higher: string, day: string}|null}
 */
function outOfOrder(plan, changes) {
  for (const [lower, higher] of plan.data.in_order) {
    const days = [lower, higher].flatMap((path) => plan.values(path, changes).map(([day]) => day));
    for (const day of [...new Set(days)].sort()) {
      const there = [lower, higher].every((path) => plan.values(path, changes).some(([since]) => since <= day));
      if (!there) continue;
      const [less_, more] = [lower, higher].map((path) => readFraction(plan.valueOn(path, changes, day)));
      if (isLess(more, less_)) return { lower, higher, day };
    }
  }
  return null;
}

/** The scenario without changes that change nothing from the first year on that is looked at. @param {Plan} plan @param {Changes} changes @returns {Changes} */
function real(plan, changes) {
  const first = `${Object.keys(plan.data.years).sort()[0]}-01-01`;
  const moves = (/** @type {string} */ path) => {
    const steps = [...plan.values(path, {}), ...plan.values(path, changes)].map(([day]) => day);
    const days = [first, ...steps.filter((day) => day > first)];
    return days.some((day) => plan.valueOn(path, {}, day) !== plan.valueOn(path, changes, day));
  };
  return Object.fromEntries(Object.entries(changes).filter(([path]) => moves(path)));
}

/**
 * The file that `evalkit whatif` runs, with the years that the page shows, so that the numbers are equal.
 * @param {any} given the data of the page @param {{title: string, question: string, changes: Changes}} scenario
 */
function scenarioFile(given, { title, question, changes }) {
  const lines = [];
  if (question) lines.push(`question: ${quoted(question)}`);
  if (title) lines.push(`title: ${quoted(title)}`);
  lines.push(`base: ${quoted(given.base)}`);
  const entries = Object.entries(changes);
  lines.push(entries.length ? "changes:" : "changes: {}");
  for (const [path, steps] of entries) {
    const dated = steps.map(([day, value]) => `${day || ALWAYS}: ${value}`);
    const value = steps.length === 1 && !steps[0][0] ? steps[0][1] : `{${dated.join(", ")}}`;
    lines.push(`  ${/^[\w.]+$/.test(path) ? path : quoted(path)}: ${value}   # ${oneLine(given.standards[path].label)}`);
  }
  const years = given.asked;
  lines.push(`periods: ${quoted(years.length > 1 ? `${years[0]}-${years[years.length - 1]}` : String(years[0]))}`);
  return `${lines.join("\n")}\n`;
}

/** @param {string} text */
const oneLine = (text) => text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, " ");
/** A text of YAML between quotation marks. @param {string} text */
const quoted = (text) => JSON.stringify(oneLine(text));
/** A name that every system takes for a file. @param {string} name */
const fileName = (name) => oneLine(name).replace(/[\\/:*?"<>|]/g, " ").trim().replace(/[. ]+$/, "").slice(0, 60);
