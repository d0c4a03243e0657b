"use strict";
/* Scenarios side by side: what each changes, costs and reaches in every year. */

/** @returns {Scenario[]} */
const besideAll = () => [...state.kept, { name: say("table.current"), question: "", changes: state.changes }];

/** @returns {{heads: string[], rows: string[][]}} */
function besideTable() {
  const all = [{ name: say("table.now"), question: "", changes: {} }, ...besideAll()];
  const rows = [[say("table.changes"), ...all.map(({ changes }) => changesText(changes))]];
  for (const year of data.asked) {
    const found = all.map(({ changes }) => yearOf(year, changes));
    rows.push([say("table.spend", { year }), ...found.map(({ made }) => wan(made.total))]);
    rows.push([say("table.spend_more", { year }), ...found.map(({ more }) => wan(more))]);
    if (!data.profiles) continue;
    const reached = all.map(({ changes }) => (Object.keys(changes).length ? gains(plan, changes, year, state.place) : null));
    for (const side of /** @type {("gain"|"lose")[]} */ (["gain", "lose"]))
      rows.push([say(`table.organisations_${side}`, { year }), ...reached.map((one) => (one ? grouped(String(one[side].organisations)) : "0"))]);
  }
  return { heads: [say("table.content"), ...all.map(({ name }) => name)], rows };
}

function showBeside() {
  const shown = state.kept.length > 0;
  byId("beside-empty").hidden = shown;
  byId("beside-scroll").hidden = !shown;
  byId("beside-csv").disabled = !shown;
  if (shown) fillTable(byId("beside"), { caption: say("table.beside"), ...besideTable() });
  const buttons = state.kept.flatMap((one, n) => [
    element("button", { type: "button", text: say("button.open", { name: one.name }), onclick: () => openKept(n) }),
    element("button", { type: "button", text: say("button.remove", { name: one.name }), onclick: () => removeKept(n) }),
  ]);
  byId("kept").replaceChildren(...buttons);
}

/** Keep the current scenario under its name; a name that is there is replaced. */
function keepCurrent() {
  const name = byId("name").value.trim().slice(0, 60) || say("beside.nth", { n: state.kept.length + 1 });
  const rest = state.kept.filter((one) => one.name !== name);
  if (rest.length + 1 >= MOST_BESIDE) throw new Fault("beside.full");
  state.kept = [...rest, { name, question: byId("question").value.trim(), changes: state.changes }];
}

/** @param {number} n */
function openKept(n) {
  const one = state.kept[n];
  state.changes = one.changes;
  byId("name").value = one.name;
  byId("question").value = one.question;
  showAll();
}

/** @param {number} n */
function removeKept(n) {
  state.kept = state.kept.filter((_, at) => at !== n);
  showAll();
  byId("keep").focus();
}
