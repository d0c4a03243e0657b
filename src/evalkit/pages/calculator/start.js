"use strict";
/* Everything is shown anew when anything changes. */

function showAll() {
  const years = data.asked.map((/** @type {number} */ year) => yearOf(year));
  const shown = years.find((/** @type {Year} */ { year }) => year === state.year);
  const reached = Object.keys(state.changes).length ? gains(plan, state.changes, state.year, state.place) : data.profiles ? { gain: NOBODY, lose: NOBODY } : null;
  showFields();
  showChanges();
  showSliders();
  byId("answer").textContent = sentence(years, reached);
  showTables(shown, reached);
  showChart(shown);
  showBudget();
  showBeside();
}

const NOBODY = { organisations: 0, members: 0 };

/** Do what was asked, or say what is wrong with it. @param {() => void} act */
function attempt(act) {
  try {
    act();
    byId("fault").textContent = "";
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    byId("fault").textContent = say(error.key, error.facts);
    showSliders();
    return;
  }
  showAll();
}

/** @param {string} path @param {string} text @param {string} day */
const take = (path, text, day) => attempt(() => setStandard(path, text, day));

/** @param {string} id @param {string} event @param {() => void} act */
const on = (id, event, act) => byId(id).addEventListener(event, act);

/** A page that offers nothing says why, below. */
function showNothing() {
  for (const one of byId("main").querySelectorAll("section")) one.hidden = true;
  byId("nothing").hidden = false;
  switchLanguage(() => undefined);
}

function start() {
  if (!data.first) {
    showNothing();
    return;
  }
  measureChart();
  makeFields();
  makeSliders();
  on("item", "change", () => {
    state.item = byId("item").value;
    attempt(() => undefined);
  });
  on("to", "change", () => take(state.item, byId("to").value, byId("since").value));
  on("since", "change", () => {
    state.since = byId("since").value;
    take(state.item, valueNow(state.item), state.since);
  });
  on("within", "change", () => attempt(() => (state.place = Number(byId("within").value))));
  on("year", "change", () => attempt(() => (state.year = Number(byId("year").value))));
  on("budget", "change", showBudget);
  on("adopt", "click", () => offered !== null && take(state.item, offered, ""));
  on("keep", "click", () => attempt(keepCurrent));
  on("reset", "click", () => attempt(() => (state.changes = {})));
  on("save", "click", saveScenario);
  on("csv", "click", saveAreas);
  on("beside-csv", "click", saveBeside);
  on("more", "click", () => {
    state.all = true;
    showAll();
    byId("areas").parentElement.focus();
  });
  addEventListener("resize", () => {
    measureChart();
    showChart(yearOf(state.year));
  });
  switchLanguage(() => {
    makeFields();
    showAll();
  });
  showAll();
}

start();
