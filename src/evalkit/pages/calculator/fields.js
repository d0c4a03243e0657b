"use strict";
/* The five fields: item, from, to, since, where; beside them the year that is shown. */

function makeFields() {
  const option = (/** @type {string} */ text, /** @type {any} */ value) => element("option", { text, value });
  byId("item").replaceChildren(...Object.keys(data.standards).map((path) => option(labelOf(path), path)));
  byId("within").replaceChildren(option(say("all"), -1), ...data.areas.map((/** @type {string} */ _, /** @type {number} */ at) => option(areaName(at), at)));
  byId("year").replaceChildren(...data.asked.map((/** @type {number} */ year) => option(String(year), year)));
}

/** Fields as the scenario has them. */
function showFields() {
  const path = state.item;
  const one = data.standards[path];
  byId("item").value = path;
  byId("within").value = String(state.place);
  byId("year").value = String(state.year);
  byId("old").textContent = `${inForce(path)} ${unitOf(path)}`;
  byId("to").value = valueNow(path);
  byId("since").value = sinceOf(path);
  byId("hint").textContent = say("field.hint", { low: one.range[0], high: one.range[1], step: one.step });
}

/** The changes in words, each with a button that undoes it. */
function showChanges() {
  const entries = Object.entries(state.changes);
  const items = entries.map(([path, steps]) => {
    const undo = element("button", { type: "button", class: "undo", text: "✕", "aria-label": say("button.drop", { label: labelOf(path) }) });
    undo.addEventListener("click", () => {
      attempt(() => dropChange(path));
      byId("item").focus();
    });
    return element("li", {}, `${changeLine(path, steps)} `, undo);
  });
  byId("changes").replaceChildren(...(items.length ? items : [element("li", { text: say("changes.none") })]));
  byId("left").textContent = data.left.length ? say("left", { items: data.left.join(say("changes.comma")) }) : "";
}
