"use strict";
/* The page: what is chosen is drawn, told and listed, and stands in the address. */

/** @type {any} */
const data = readData();
readPlaces();
/** @type {Choice} */
let choice = choiceOf(location.hash);
const DRAWERS = { bars: drawBars, change: drawChange, line: drawLine, scatter: drawScatter, tiles: drawTiles };

/** Take a change of the choice and show it. @param {Partial<Choice>} change */
function choose(change) {
  choice = { ...choice, part: 1, ...change };
  history.replaceState(null, "", `#${addressOf(choice)}`);
  show();
}

/** Another level has other areas and groups. @param {string} level */
const chooseLevel = (level) => choose({ level, peers: "", areas: [] });

/** Put an area among those compared, or take it away. @param {string} path */
function toggle(path) {
  const [level] = placeByPath.get(path) || [""];
  if (level !== choice.level) return;
  const has = choice.areas.includes(path);
  if (!has && choice.areas.length >= MOST_AREAS) {
    byId("said").textContent = say("most");
    return;
  }
  choose({ areas: has ? choice.areas.filter((one) => one !== path) : [...choice.areas, path], part: choice.part });
}

// --- fields ---

/** @param {string} id @param {[string, string][]} options @param {string} value */
function fillSelect(id, options, value) {
  byId(id).replaceChildren(...options.map(([key, text]) => element("option", { value: key, text, selected: key === value })));
}

/** Indicators by dimension. @param {string} id @param {string} value */
function fillIndicators(id, value) {
  const groups = Object.entries(data.dimensions).map(([key, name]) => {
    const codes = Object.keys(data.indicators).filter((code) => data.indicators[code].dimension === key);
    return codes.length ? element("optgroup", { label: inLanguage(/** @type {string[]} */ (name)) }, ...codes.map((code) => element("option", { value: code, text: indicatorName(code), selected: code === value }))) : "";
  });
  byId(id).replaceChildren(...groups.filter(Boolean));
}

/** Fields and buttons as the choice has them. */
function showFields() {
  fillIndicators("code", choice.code);
  fillIndicators("across", choice.across);
  const periods = [...data.periods].reverse().map((/** @type {any} */ one) => /** @type {[string, string]} */ ([one.key, inLanguage(one.name)]));
  fillSelect("period", periods, choice.period);
  fillSelect("baseline", periods, choice.baseline);
  fillSelect("level", data.levels.map((/** @type {any} */ one) => [one.key, inLanguage(one.name)]), choice.level);
  fillSelect("peers", peersOffered(choice.level), choice.peers);
  const value = /** @type {[string, string]} */ (["value", say(choice.view === "change" ? "order_change" : "order_value")]);
  fillSelect("order", [...(data.ranking === "full" ? [value] : []), ["given", say("order_given")]], choice.order);
  byId("across-field").hidden = choice.view !== "scatter";
  byId("order-field").hidden = !["bars", "change"].includes(choice.view);
  byId("baseline-field").hidden = ["scatter", "tiles", "line", "compare"].includes(choice.view);
  for (const one of document.querySelectorAll("#views button")) one.setAttribute("aria-pressed", String(one.getAttribute("data-view") === choice.view));
  showPicked();
}

/** The areas compared, each with a button that takes it away. */
function showPicked() {
  const words = choice.areas.length ? say("picked", { n: choice.areas.length, most: MOST_AREAS }) : say("none_picked");
  const buttons = choice.areas.map((path, n) => {
    const sign = element("svg:svg", { width: 16, height: 16, viewBox: "0 0 16 16", "aria-hidden": "true" }, mark(SHAPES[n], 8, 8, 6, seriesLook(n)));
    return element("button", { type: "button", "aria-label": say("take_away", { area: nameOf(path) }), onclick: () => toggle(path) }, sign, ` ${nameOf(path)} ×`);
  });
  byId("picked").replaceChildren(element("span", { text: words }), ...buttons);
}

/** Areas of the level whose name holds what is typed. */
function showFound() {
  const typed = byId("search").value.trim().toLowerCase();
  const hits = typed ? pathsOf(choice.level).filter((path) => [...data.areas[path].name, data.areas[path].short].some((name) => name.toLowerCase().includes(typed))) : [];
  const buttons = hits.slice(0, 12).map((path) => element("button", { type: "button", "aria-label": say("add", { area: nameOf(path) }), text: nameOf(path), onclick: () => addFound(path) }));
  byId("found").replaceChildren(...(typed && !hits.length ? [element("span", { text: say("none_found") })] : buttons));
  return hits;
}

/** @param {string} path */
function addFound(path) {
  byId("search").value = "";
  showFound();
  if (!choice.areas.includes(path)) toggle(path);
  byId("search").focus();
}

// --- the view ---

/** @type {string} the mark that had the focus, which the next drawing keeps */
let focused = "";

/** Draw, tell and list what is chosen. */
function show() {
  showFields();
  const answers = answersOf(choice);
  byId("answer").replaceChildren(...answers.map((text) => element("span", { text })));
  byId("answer").hidden = !answers.length;
  drawChart();
  const shown = listingOf(choice);
  fillTable(byId("table"), shown);
  showParts();
  showNotes();
  const many = choice.view === "spine" || choice.view === "compare";
  byId("base").textContent = many ? say("each_base") : `${indicatorName(choice.code)}${say("separator")}${say("base", { base: baseOf(choice.level, choice.code, choice.period) })}`;
}

/** @returns {string} why there is nothing to draw; "" where there is */
function nothingToDraw() {
  if (choice.view === "spine" || choice.view === "compare") return areasShown(choice).length ? "" : say("no_area");
  if (choice.view === "change" && choice.period === choice.baseline) return say("same_periods");
  const rows = rowsOf(choice);
  const known = choice.view === "change" ? rows.some((row) => row.change) : rows.some((row) => row.cell.value);
  const across = choice.view !== "scatter" || rows.some((row) => row.cell.value && cellOf(choice.level, choice.across, choice.period, row.place).value);
  return (known && across) || choice.view === "line" && rows.length ? "" : say("no_values");
}

function drawChart() {
  const width = Math.max(320, Math.min(1060, Math.floor(byId("chart").getBoundingClientRect().width) || 1000));
  const why = nothingToDraw();
  const drawer = /** @type {any} */ (DRAWERS)[choice.view];
  const drawn = why ? element("p", { text: why, class: "nothing" }) : drawer ? drawer(choice, width) : drawSpine(choice, width, areasShown(choice));
  const wanted = focused; // the old drawing loses the focus when it goes
  byId("chart").replaceChildren(drawn);
  const marks = reachableMarks();
  const kept = marks.find((one) => keyOfMark(one) === wanted);
  if (marks.length) (kept || marks[0]).setAttribute("tabindex", "0");
  if (kept) kept.focus({ preventScroll: true });
  if (!kept) byId("reading").textContent = say("reading");
  for (const id of ["svg", "png"]) byId(id).disabled = Boolean(why);
}

const reachableMarks = () => [...byId("chart").querySelectorAll("[data-path]")];
const keyOfMark = (/** @type {Element} */ one) => ["path", "code", "period"].map((name) => one.getAttribute(`data-${name}`)).join("\n");

function showParts() {
  const paged = ["bars", "change", "tiles", "scatter", "line"].includes(choice.view) && !(choice.view === "line" && choice.areas.length);
  const rows = rowsOf(choice);
  const { parts, part } = partOf(rows, choice);
  byId("parts").hidden = !paged || parts === 1;
  byId("part").textContent = say("part", { first: (part - 1) * PART + 1, last: Math.min(part * PART, rows.length), all: rows.length });
  byId("before").disabled = part === 1;
  byId("after").disabled = part === parts;
}

function showNotes() {
  const one = data.indicators[choice.code];
  const target = targetOf(choice.level, choice.code, choice.period);
  const notes = [
    `${inLanguage(one.name)}${shownLanguage === "zh" && one.full !== one.name[0] ? `（${one.full}）` : ""}`,
    say("formula", { formula: one.formula }), say("base", { base: baseOf(choice.level, choice.code, choice.period) }),
    one.source ? say("origin", { source: one.source }) : "", target ? targetWords(choice.code, target) : "",
    ...standingNotes(choice, [choice.code], rowsOf(choice)).slice(1), say("moved_note"), say("peers_note"),
    data.left_out.length ? say("left_out_note", { what: data.left_out.join(say("list")) }) : "",
  ];
  byId("notes").replaceChildren(...notes.filter(Boolean).map((text) => element("li", { text })));
}

/** Tell what stands behind a mark. @param {any} target */
function read(target) {
  const one = target.closest && target.closest("[data-path]");
  if (!one) return;
  byId("reading").textContent = readingOf(one.getAttribute("data-path"), one.getAttribute("data-code"), one.getAttribute("data-period"), choice.baseline);
  for (const before of byId("chart").querySelectorAll(".here")) before.classList.remove("here");
  one.classList.add("here");
}

/** @param {KeyboardEvent} event */
function walk(event) {
  const marks = reachableMarks();
  const at = marks.indexOf(document.activeElement);
  if (at < 0) return;
  const next = { ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1, Home: 0, End: marks.length - 1, PageDown: at + 10, PageUp: at - 10 }[event.key];
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    focused = keyOfMark(marks[at]);
    toggle(marks[at].getAttribute("data-path") || "");
  } else if (next !== undefined) {
    event.preventDefault();
    const to = marks[Math.max(0, Math.min(marks.length - 1, next))];
    marks[at].setAttribute("tabindex", "-1");
    to.setAttribute("tabindex", "0");
    to.focus();
  }
}

// --- what happens ---

/** @param {() => string|Promise<string>} save */
async function saved(save) {
  byId("said").textContent = say("saved", { name: await save() });
}

function listen() {
  for (const key of ["code", "across", "period", "baseline", "peers", "order"]) byId(key).addEventListener("change", () => choose({ [key]: byId(key).value }));
  byId("level").addEventListener("change", () => chooseLevel(byId("level").value));
  for (const one of document.querySelectorAll("#views button")) one.addEventListener("click", () => choose({ view: one.getAttribute("data-view") || "bars" }));
  byId("search").addEventListener("input", showFound);
  byId("search").addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const [first] = showFound();
    if (first) addFound(first);
  });
  byId("choices").addEventListener("submit", (/** @type {Event} */ event) => event.preventDefault());
  const chart = byId("chart");
  chart.addEventListener("pointerover", (/** @type {any} */ event) => read(event.target));
  chart.addEventListener("focusin", (/** @type {any} */ event) => { read(event.target); focused = keyOfMark(event.target.closest("[data-path]") || event.target); });
  chart.addEventListener("focusout", () => (focused = ""));
  chart.addEventListener("keydown", walk);
  chart.addEventListener("click", (/** @type {any} */ event) => {
    const one = event.target.closest("[data-path]");
    if (one) toggle(one.getAttribute("data-path"));
  });
  byId("before").addEventListener("click", () => choose({ part: choice.part - 1 }));
  byId("after").addEventListener("click", () => choose({ part: choice.part + 1 }));
  byId("csv").addEventListener("click", () => saved(() => saveTable(choice)));
  byId("svg").addEventListener("click", () => saved(() => saveDrawing(choice)));
  byId("png").addEventListener("click", () => saved(() => savePicture(choice)));
  window.addEventListener("hashchange", () => {
    choice = choiceOf(location.hash);
    sayAll();
    show();
  });
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth !== width) drawChart();
    width = window.innerWidth;
  });
  switchLanguage(() => choose({ part: choice.part }));
}

sayAll();
listen();
show();
