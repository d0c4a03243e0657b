"use strict";
/* What is taken away: the scenario that Evalkit runs, the table by area, the scenarios side by side. */

/** Every table says what it is, on what it rests and which changes it shows. @param {string[][]} rows @param {string} changes */
function withSource(rows, changes) {
  const about = say("file.source", { mark: say("mark"), scheme: data.scheme, changes });
  return csvOf([...rows, [""], [about]]);
}

function saveScenario() {
  const name = byId("name").value.trim();
  const within = state.place < 0 ? "" : `# ${oneLine(say("file.within", { area: areaName(state.place) }))}\n`;
  const text = within + scenarioFile(data, { title: name, question: byId("question").value.trim(), changes: state.changes });
  saveFile(`${fileName(name) || say("file.scenario")}.yml`, text, "text/yaml");
}

function saveAreas() {
  const rows = [areaHeads(), ...areaRows(yearOf(state.year))];
  saveFile(`${state.year}-${say("file.areas")}.csv`, withSource(rows, changesText(state.changes)), "text/csv");
}

function saveBeside() {
  const { heads, rows } = besideTable();
  saveFile(`${say("file.beside")}.csv`, withSource([heads, ...rows], ""), "text/csv");
}
