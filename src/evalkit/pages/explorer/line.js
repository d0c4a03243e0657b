"use strict";
/* One indicator over the periods: the areas chosen, the whole, and the peers of the first; all others pale behind them. */

/** @param {Choice} choice @param {number} width */
function drawLine(choice, width) {
  const one = data.indicators[choice.code];
  const periods = data.periods.map((/** @type {any} */ p) => p.key);
  const rows = rowsOf(choice);
  /** @param {(period: string) => Ratio|null} of */
  const seriesOf = (of) => periods.map((/** @type {string} */ p) => { const v = of(p); return v ? sizeOf(v) : null; });
  const picked = choice.areas.map((path) => ({ path, place: placeByPath.get(path)?.[1] ?? 0 }));
  const own = picked.map(({ place }) => seriesOf((p) => cellOf(choice.level, choice.code, p, place).value));
  const pale = rows.length <= 3 * PART ? rows.filter((row) => row.picked < 0).map((row) => periods.map((/** @type {string} */ p) => sizeAt(choice.level, choice.code, p, row.place))) : [];
  const whole = seriesOf((p) => wholeOf(choice.code, p)?.value || null);
  const first = picked[0] && peersOf(choice.level, picked[0].path);
  const peers = first ? seriesOf((p) => pooled(choice.level, choice.code, p, first.places)) : [];
  const now = periods[periods.length - 1];
  const goals = (picked.length ? picked : rows).map(({ place }) => goalOf(choice.level, choice.code, now, place));
  const goal = commonGoal(goals);
  const due = picked[0] ? periods.map((/** @type {string} */ p) => goalOf(choice.level, choice.code, p, picked[0].place)?.due || "") : [];
  const course = due.map((/** @type {string} */ text) => (text ? Number(text) : null));
  const sized = [...own, ...pale, whole, peers, course, goal ? [Number(goal.goal)] : []].flat().filter((v) => v !== null);
  const ticks = steps(Math.min(...sized), Math.max(...sized), 6);
  const left = EDGE + 48;
  const right = width - EDGE - 20;
  const height = 380;
  const x = scaleOf(0, Math.max(1, periods.length - 1), left + 14, right);
  const y = scaleOf(ticks[0], ticks[ticks.length - 1], height - 40, 8);
  const path = (/** @type {(number|null)[]} */ values, /** @type {Object<string, any>} */ look) => {
    let d = "";
    values.forEach((v, n) => { if (v !== null) d += `${n && values[n - 1] !== null ? "L" : "M"}${round(x(n))} ${round(y(v))}`; });
    return element("svg:path", { d, fill: "none", "pointer-events": "none", ...look });
  };
  /** @type {Sign[]} */
  const signs = signsOfAreas(choice);
  if (whole.some((/** @type {any} */ v) => v !== null)) signs.push(signOfLine(`${nameOf(data.whole)}`, { "stroke-width": 3, stroke: QUIET, "stroke-dasharray": "8 4" }));
  if (peers.some((/** @type {any} */ v) => v !== null)) signs.push(signOfLine(say("peers_key", { area: nameOf(picked[0].path) }), { "stroke-width": 2.5, stroke: ALARM, "stroke-dasharray": "2 3" }));
  if (goal) signs.push(signOfLine(say("goal.key", { value: goal.goal + one.unit, day: goal.day }), { stroke: GOAL, "stroke-width": 2 }));
  if (goal && course.some((/** @type {number|null} */ v) => v !== null)) signs.push(signOfLine(say("goal.course", { area: nameOf(picked[0].path) }), { stroke: GOAL, "stroke-width": 2, "stroke-dasharray": "2 3" }));
  return sheetOf({
    width, height, signs, marks: (picked.length + 1) * periods.length, title: say("title.line", { indicator: indicatorName(choice.code) }),
    subtitle: subtitleOf(choice, say("from_to", { a: periodName(periods[0]), b: periodName(periods[periods.length - 1]) }), one.unit),
    notes: [...standingNotes(choice, [choice.code], rows), first ? say("peers_note") : say("none_picked")],
    draw: (group) => {
      axisUp(group, ticks, y, left, right + 8);
      periods.forEach((/** @type {string} */ p, /** @type {number} */ n) => group.append(writing(x(n), height - 18, periodName(p), { size: 12, tone: "quiet", anchor: "middle" })));
      for (const values of pale) group.append(path(values, { stroke: "#b9b9b9", "stroke-width": 1 }));
      group.append(path(whole, { stroke: QUIET, "stroke-width": 3, "stroke-dasharray": "8 4" }), path(peers, { stroke: ALARM, "stroke-width": 2.5, "stroke-dasharray": "2 3" }));
      if (goal) group.append(stroke(left, y(Number(goal.goal)), right + 8, y(Number(goal.goal)), { stroke: GOAL, "stroke-width": 2, "pointer-events": "none" }));
      if (goal) group.append(path(course, { stroke: GOAL, "stroke-width": 2, "stroke-dasharray": "2 3" }));
      own.forEach((values, n) => group.append(path(values, { stroke: INK, "stroke-width": 4.5 }), path(values, { stroke: SERIES[n], "stroke-width": 2.5, "stroke-dasharray": DASHES[n] || false })));
      if (data.whole) whole.forEach((/** @type {number|null} */ v, /** @type {number} */ n) => v !== null && group.append(reachable(
        mark("circle", x(n), y(v), 4, { fill: "#ffffff", stroke: QUIET, "stroke-width": 1.5 }), pointOf(choice, data.whole, periods[n]))));
      own.forEach((values, n) => values.forEach((/** @type {number|null} */ v, /** @type {number} */ at) => v !== null && group.append(reachable(
        mark(SHAPES[n], x(at), y(v), 6, seriesLook(n)), { ...pointOf(choice, picked[n].path, periods[at]), picked: true }))));
    },
  });
}

/** What is said of an area in a period. @param {Choice} choice @param {string} path @param {string} period */
function pointOf(choice, path, period) {
  const [level, place] = placeByPath.get(path) || ["", 0];
  return { path, code: choice.code, period, label: `${nameOf(path)} ${periodName(period)} ${valueText(choice.code, cellOf(level, choice.code, period, place))}` };
}
