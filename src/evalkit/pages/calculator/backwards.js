"use strict";
/* The budget backwards, as it is asked and answered on the page. */

/** @type {string|null} the value that is offered */
let offered = null;

function showBudget() {
  const text = byId("budget").value.trim();
  offered = null;
  byId("most").textContent = text ? budgetText(text) : "";
  byId("adopt").hidden = offered === null;
}

/** @param {string} text */
function budgetText(text) {
  let budget;
  try {
    budget = halfUp(product(readFraction(typed(text).replace(/万$/, "")), fraction(FEN_OF_WAN)), 1n);
  } catch {
    return say("budget.wrong");
  }
  if (budget < 0n) return say("budget.wrong");
  const path = state.item;
  const others = Object.fromEntries(Object.entries(state.changes).filter(([one]) => one !== path));
  const found = highest(plan, path, others, budget, state.year, state.place);
  const facts = { label: labelOf(path), unit: unitOf(path) };
  if (found.falls) return say("budget.falls", facts);
  const said = oneUnit([budget, ...[found.best, found.next].map((one) => (one ? one.more : 0n))]);
  const signed = (/** @type {bigint} */ fen) => (fen < 0n ? `−${said(fen)}` : said(fen));
  if (!found.best) return say("budget.none", { ...facts, budget: said(budget), value: (found.next || { value: "" }).value, more: signed(found.least) });
  offered = found.best.value;
  const opening = say("budget.found", { ...facts, value: found.best.value, more: signed(found.best.more) });
  const end = found.next ? say("budget.next", { ...facts, value: found.next.value, more: signed(found.next.more) }) : say("budget.end");
  return `${opening}${end}${say("changes.stop")}`;
}
