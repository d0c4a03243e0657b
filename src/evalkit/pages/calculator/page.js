"use strict";
/* What is seen: fields, sliders, sentence, tables, scenarios. Words come from the data; numbers from the plan. */

const data = readData();
const words = data.words;
const plan = new Plan(data);
const $ = byId;

/** @type {Object<string, Change>} the scenario in the fields */
let changes = {};
/** @type {{name: string, changes: Object<string, Change>}[]} scenarios side by side */
const kept = [];

// --- numbers as text ---

/** Thousands in groups. @param {string} digits */
const grouped = (digits) => digits.replace(/\B(?=(\d{3})+(?!\d))/g, ",");

/** Fen in 万元, half up, two decimals. @param {bigint} fen */
function wan(fen) {
  const size = halfUp(fraction(fen < 0n ? -fen : fen, 10000n), 1n);
  const text = String(size).padStart(3, "0");
  return `${fen < 0n && size ? "−" : ""}${grouped(text.slice(0, -2))}.${text.slice(-2)}`;
}

/** An amount in a sentence: 万元, small ones in 元. @param {bigint} fen */
function said(fen) {
  const size = fen < 0n ? -fen : fen;
  if (size >= 1000000n) return `${wan(size)}万元`;
  return `${grouped(String(halfUp(fraction(size, 100n), 1n)))}元`;
}

/** @param {bigint} fen */
const moved = (fen) => (fen > 0n ? `增加${said(fen)}` : fen < 0n ? `减少${said(fen)}` : "不变");

// --- what is asked ---

const place = () => Number($("within").value);
const year = () => Number($("year").value);
const since = () => $("since").value;

/** Take a value for a standard; the one in force now is no change. */
function set(path, text) {
  const value = text.trim();
  const [low, high] = data.standards[path].range.map(readFraction);
  let number;
  try {
    number = readFraction(value);
  } catch {
    throw new RangeError(`${data.standards[path].label}：请写数字`);
  }
  if (isLess(number, low) || isLess(high, number)) {
    const [least, most] = data.standards[path].range;
    throw new RangeError(`${data.standards[path].label}：允许 ${least} 到 ${most}${data.standards[path].unit}`);
  }
  if (value === now(path)) delete changes[path];
  else changes[path] = { since: since(), value };
}

/** The value in force on the day of the change. */
function now(path) {
  const day = since() || `${data.asked[0]}-01-01`;
  const before = data.standards[path].values.filter(([from]) => from <= day);
  return before.length ? before[before.length - 1][1] : "0";
}

// --- what is shown ---

function sentence() {
  const whole = place() < 0 ? data.whole : data.areas[place()];
  const told = data.asked.map((one, n) => {
    const [old, made] = [plan.sums({}, one, place()), plan.sums(changes, one, place())];
    const more = made.total - old.total;
    const text = more === 0n ? "支出不变" : `${more > 0n ? "增加" : "减少"}支出${said(more)}`;
    return `${n ? "" : whole}${one}年${text}${payers(old, made)}`;
  });
  const [old, made] = [plan.sums({}, year(), place()), plan.sums(changes, year(), place())];
  told.push(...winners(old, made));
  return `${told.join("；")}。`;
}

/** Districts that gain and lose most in the year chosen, and how many stay as they are. @returns {string[]} */
function winners(old, made) {
  if (place() >= 0) return [];
  const known = data.areas.map((name, at) => ({ name, at, more: made.areas[at] - old.areas[at] }));
  const told = [];
  for (const [word, sign] of [["增加", 1n], ["减少", -1n]]) {
    const some = known.filter(({ more }) => more * sign > 0n);
    some.sort((a, b) => (a.more * sign < b.more * sign ? 1 : a.more * sign > b.more * sign ? -1 : a.at - b.at));
    if (!some.length) continue;
    const first = some.slice(0, 3).map(({ name, more }) => `${name}（${said(more)}）`);
    told.push(`${year()}年${word}的地区${some.length}个，最多的是${first.join("、")}`);
  }
  for (const [code, part] of Object.entries(data.components)) {
    const gone = data.areas.filter((_, at) => !plan.cells(code, year()).known[at]);
    if (gone.length) told.push(`${part.name}未计入缺报的${gone.join("、")}`);
  }
  return told;
}

/** Who pays what is added. */
function payers(old, made) {
  const names = Object.keys({ ...old.payers, ...made.payers });
  const parts = names
    .map((who) => [words.payers[who], (made.payers[who] || 0n) - (old.payers[who] || 0n)])
    .filter(([, fen]) => fen !== 0n);
  if (!parts.length) return "";
  if (parts.length === 1) return `，全部为${parts[0][0]}支出`;
  return `，其中${parts.map(([who, fen]) => `${who}${moved(fen)}`).join("、")}`;
}

/** A row a district of the year chosen. @returns {string[][]} */
function areaRows() {
  const [old, made] = [plan.sums({}, year(), place()), plan.sums(changes, year(), place())];
  const shown = data.areas.map((_, at) => at).filter((at) => place() < 0 || at === place());
  const rows = shown.map((at) => {
    if (!data.reckoned[year()][at]) return [data.areas[at], "缺", "缺", "缺", "缺"];
    const more = made.areas[at] - old.areas[at];
    return [data.areas[at], wan(old.areas[at]), wan(made.areas[at]), wan(more), more > 0n ? "增加" : more < 0n ? "减少" : "不变"];
  });
  return [...rows, ["合计", wan(old.total), wan(made.total), wan(made.total - old.total), ""]];
}

function payerRows() {
  const [old, made] = [plan.sums({}, year(), place()), plan.sums(changes, year(), place())];
  return Object.keys({ ...old.payers, ...made.payers }).map((who) => {
    const [before, after] = [old.payers[who] || 0n, made.payers[who] || 0n];
    return [words.payers[who], wan(before), wan(after), wan(after - before)];
  });
}

const AREA_HEADS = ["地区", "现行标准（万元）", "调整后（万元）", "增加（万元）", "增减"];

function show() {
  const told = Object.entries(changes).map(
    ([path, one]) => `${data.standards[path].label}由${now(path)}调到${one.value}${data.standards[path].unit}，${one.since ? `${one.since}起` : "全部时期"}`,
  );
  $("changes").textContent = told.length ? told.join("；") : "没有调整";
  $("answer").textContent = sentence();
  fillTable($("areas"), { caption: `${year()}年分地区支出`, heads: AREA_HEADS, rows: areaRows(), total: true });
  const heads = ["出资方", "现行标准（万元）", "调整后（万元）", "增加（万元）"];
  fillTable($("payers"), { caption: `${year()}年分出资方支出`, heads, rows: payerRows() });
  backwards();
  beside();
}

/** The highest value of the standard chosen within the budget. */
function backwards() {
  const path = $("item").value;
  const text = $("budget").value.trim();
  if (!text) {
    $("most").textContent = "";
    return;
  }
  try {
    const budget = halfUp(product(readFraction(text), fraction(1000000n)), 1n);
    const others = Object.fromEntries(Object.entries(changes).filter(([one]) => one !== path));
    const found = plan.highest(path, others, budget, year(), place());
    const { label, unit } = data.standards[path];
    $("most").textContent = found === null ? `${label}：增加${text}万元不够提一档` : `${label}最高可定为${found}${unit}`;
  } catch (error) {
    $("most").textContent = error instanceof RangeError ? "请写金额（万元），如 500" : String(error);
  }
}

function beside() {
  const all = [{ name: "现行标准", changes: {} }, ...kept, { name: "当前", changes }];
  const rows = data.asked.flatMap((one) => {
    const base = plan.sums({}, one, place()).total;
    const totals = all.map((scenario) => plan.sums(scenario.changes, one, place()).total);
    return [
      [`${one}年支出（万元）`, ...totals.map(wan)],
      [`${one}年增加（万元）`, ...totals.map((total) => wan(total - base))],
    ];
  });
  fillTable($("beside"), { caption: "各方案并列", heads: ["", ...all.map((one) => one.name)], rows });
}

// --- files ---

/** The scenario as `evalkit whatif` runs it. */
function scenarioFile() {
  const lines = [`question: ${JSON.stringify($("question").value)}`, `base: ${JSON.stringify(data.base)}`];
  const entries = Object.entries(changes);
  if (entries.length) lines.push("changes:");
  else lines.push("changes: {}");
  for (const [path, one] of entries) {
    const value = one.since ? `{${one.since}: ${one.value}}` : one.value;
    lines.push(`  ${path}: ${value}   # ${data.standards[path].label}`);
  }
  return `${lines.join("\n")}\n`;
}

// --- the fields ---

function option(select, text, value) {
  select.append(element("option", { text, value }));
}

/** A slider and a number for every standard. */
function sliders() {
  for (const [path, one] of Object.entries(data.standards)) {
    const row = document.createElement("div");
    const label = document.createElement("label");
    const slider = document.createElement("input");
    const number = document.createElement("output");
    label.textContent = `${one.label}（${one.unit}）`;
    slider.type = "range";
    [slider.min, slider.max] = one.range;
    slider.step = one.step;
    slider.id = `slider-${path}`;
    label.htmlFor = slider.id;
    slider.value = now(path);
    number.textContent = now(path);
    slider.addEventListener("input", () => take(path, slider.value));
    row.append(label, slider, number);
    $("sliders").append(row);
  }
}

function take(path, text) {
  try {
    set(path, text);
    $("fault").textContent = "";
  } catch (error) {
    $("fault").textContent = error instanceof RangeError ? error.message : String(error);
    return;
  }
  settle();
  show();
}

/** Fields and sliders as the scenario has them. */
function settle() {
  const path = $("item").value;
  const one = data.standards[path];
  $("old").textContent = `${now(path)}${one.unit}`;
  $("to").value = changes[path] ? changes[path].value : now(path);
  $("hint").textContent = `允许 ${one.range[0]}～${one.range[1]}，每档${one.step}`;
  for (const each of Object.keys(data.standards)) {
    const slider = $(`slider-${each}`);
    slider.value = changes[each] ? changes[each].value : now(each);
    slider.nextElementSibling.textContent = changes[each] ? changes[each].value : now(each);
  }
}

function start() {
  for (const path of Object.keys(data.standards)) option($("item"), data.standards[path].label, path);
  option($("within"), "全部", "-1");
  data.areas.forEach((name, at) => option($("within"), name, String(at)));
  data.asked.forEach((one) => option($("year"), `${one}年`, String(one)));
  $("since").value = `${data.asked[0]}-01-01`;
  $("item").value = data.first;
  sliders();
  $("item").addEventListener("change", () => {
    settle();
    show();
  });
  $("to").addEventListener("change", () => take($("item").value, $("to").value));
  $("since").addEventListener("change", () => {
    changes = Object.fromEntries(Object.entries(changes).map(([path, one]) => [path, { ...one, since: since() }]));
    settle();
    show();
  });
  for (const id of ["within", "year", "budget"]) $(id).addEventListener("change", show);
  $("keep").addEventListener("click", () => {
    if (kept.length < 5) kept.push({ name: $("name").value.trim() || `方案${kept.length + 1}`, changes: { ...changes } });
    beside();
  });
  $("reset").addEventListener("click", () => {
    changes = {};
    settle();
    show();
  });
  $("save").addEventListener("click", () => saveFile("调整方案.yml", scenarioFile(), "text/yaml"));
  $("csv").addEventListener("click", () => saveFile("分地区支出.csv", csvOf([AREA_HEADS, ...areaRows()]), "text/csv"));
  switchLanguage(show);
  settle();
  show();
}

start();
