"use strict";
/* Areas in order: a bar each, with the reference, the whole and the earlier period. */

/** @param {Choice} choice @param {number} width */
function drawBars(choice, width) {
  const every = rowsOf(choice);
  const { rows } = partOf(every, choice);
  const one = data.indicators[choice.code];
  const target = targetOf(choice.level, choice.code, choice.period);
  const goals = rows.map((row) => goalOf(choice.level, choice.code, choice.period, row.place));
  const goal = commonGoal(goals);
  const whole = wholeOf(choice.code, choice.period);
  const earlier = choice.baseline === choice.period ? [] : rows.map((row) => cellOf(choice.level, choice.code, choice.baseline, row.place).value);
  const known = [...every.flatMap((row) => (row.cell.value ? [sizeOf(row.cell.value)] : [])), ...earlier.flatMap((v) => (v ? [sizeOf(v)] : []))];
  const sized = [...known, ...(target ? [Number(target[0])] : []), ...goals.flatMap((one) => (one ? [Number(one.goal)] : [])), ...(whole && whole.value ? [sizeOf(whole.value)] : [])];
  const ticks = steps(Math.min(0, ...sized), Math.max(...sized, 0) || 1, width > 600 ? 6 : 4);
  const left = EDGE + Math.min(width * 0.32, Math.max(...rows.map((row) => ems(row.name)), 2) * 13 + 26);
  const x = scaleOf(ticks[0], ticks[ticks.length - 1], left, width - EDGE - (goals.some(Boolean) ? 98 : 78));
  const step = 22;
  const height = rows.length * step + 44;
  /** @type {Sign[]} */
  const signs = signsOfAreas(choice);
  if (target) signs.push(signOfLine(targetWords(choice.code, target), { stroke: ALARM, "stroke-width": 2, "stroke-dasharray": "6 3" }));
  if (goals.some(Boolean)) signs.push(...signsOfGoals(choice.code, goals));
  if (whole && whole.value) signs.push(signOfLine(say("whole_key", { area: nameOf(data.whole), value: ratioText(choice.code, whole.value) }), { stroke: QUIET, "stroke-width": 2 }));
  if (earlier.some(Boolean)) signs.push({ draw: (a, b) => stroke(a, b - 7, a, b + 7, { "stroke-width": 3 }), text: say("baseline_key", { period: periodName(choice.baseline) }) });
  return sheetOf({
    width, height, signs, marks: rows.length, title: say("title.bars", { indicator: indicatorName(choice.code) }),
    subtitle: subtitleOf(choice, periodName(choice.period), one.unit),
    notes: [...standingNotes(choice, [choice.code], every), every.some((row) => row.small) ? say("small_note", { n: one.small }) : ""],
    draw: (group) => {
      axisAcross(group, ticks, x, 0, rows.length * step, say("axis", { name: indicatorName(choice.code), unit: one.unit }));
      const values = element("svg:g", { "pointer-events": "none" });
      rows.forEach((row, n) => {
        const y = n * step;
        const own = goals[n];
        const text = `${valueText(choice.code, row.cell, one.unit !== "%")}${own ? ` ${stateMark(own.state)}` : ""}`;
        const inner = element("svg:g", {});
        inner.append(box(0, y, width, step, { fill: "transparent" }));
        const picked = row.picked >= 0;
        if (picked) inner.append(mark(SHAPES[row.picked], EDGE + 6, y + step / 2, 5.5, seriesLook(row.picked)));
        inner.append(writing(left - 6, y + 15, fitted(row.name, 13, left - EDGE - 22), { anchor: "end", bold: picked }));
        let end = x(0);
        if (row.cell.value) {
          const size = sizeOf(row.cell.value);
          end = Math.max(x(size), x(0));
          const look = row.small ? { fill: "#ffffff", "stroke-dasharray": "3 2" } : { fill: picked ? SERIES[row.picked] : BAR };
          inner.append(box(Math.min(x(size), x(0)), y + 4, Math.abs(x(size) - x(0)), step - 8, { stroke: picked || row.small ? INK : "#41759b", "stroke-width": picked ? 1.5 : 0.7, ...look }));
        }
        if (earlier[n]) inner.append(stroke(x(sizeOf(/** @type {Ratio} */ (earlier[n]))), y + 3, x(sizeOf(/** @type {Ratio} */ (earlier[n]))), y + step - 3, { "stroke-width": 3 }));
        const past = earlier[n] ? x(sizeOf(/** @type {Ratio} */ (earlier[n]))) : 0;
        if (own && !goal) inner.append(stroke(x(Number(own.goal)), y + 1, x(Number(own.goal)), y + step - 1, { stroke: GOAL, "stroke-width": 3 }));
        values.append(writing(Math.max(end, past) + 6, y + 15, text, { size: 12, tone: row.cell.value ? "ink" : "quiet", bold: picked, halo: true }));
        group.append(reachable(inner, { path: row.path, code: choice.code, period: choice.period, label: `${row.name} ${valueText(choice.code, row.cell)}`, picked }));
      });
      if (target) group.append(stroke(x(Number(target[0])), 0, x(Number(target[0])), rows.length * step, { stroke: ALARM, "stroke-width": 2, "stroke-dasharray": "6 3", "pointer-events": "none" }));
      if (goal) group.append(stroke(x(Number(goal.goal)), 0, x(Number(goal.goal)), rows.length * step, { stroke: GOAL, "stroke-width": 2, "pointer-events": "none" }));
      if (whole && whole.value) group.append(stroke(x(sizeOf(whole.value)), 0, x(sizeOf(whole.value)), rows.length * step, { stroke: QUIET, "stroke-width": 2, "pointer-events": "none" }));
      group.append(values);
    },
  });
}

/** @param {string} code @param {any} target */
function targetWords(code, target) {
  const value = target[0] + data.indicators[code].unit;
  return target[2] ? say("own_target", { value }) : say("target", { value, name: target[1] });
}

const STATES = ["reached", "on_course", "behind", "missed"];

/** The mark of a state; nothing where only the base is known. @param {string} state */
const stateMark = (state) => (STATES.includes(state) ? say(`goal.mark.${state}`) : "");

/** What the lines of goals are, and how many areas are where. @param {string} code @param {(Goal|null)[]} goals @returns {Sign[]} */
function signsOfGoals(code, goals) {
  const goal = commonGoal(goals);
  const text = goal ? say("goal.key", { value: goal.goal + data.indicators[code].unit, day: goal.day }) : say("goal.each");
  const counts = STATES.map((state) => ({ state, n: goals.filter((one) => one && one.state === state).length })).filter(({ n }) => n);
  return [signOfLine(text, { stroke: GOAL, "stroke-width": goal ? 2 : 3 }),
    ...counts.map(({ state, n }) => ({ draw: (/** @type {number} */ a, /** @type {number} */ b) => writing(a, b + 4, stateMark(state), { size: 12, anchor: "middle" }), text: say("goal.count", { state: say(`goal.state.${state}`), n }) }))];
}
