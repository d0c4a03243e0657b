"use strict";
/* The sentence over a view: what a reader asks first. Areas on a small base are not named; ties are. */

/** @param {Choice} choice @returns {string[]} */
function answersOf(choice) {
  if (choice.view === "spine" || choice.view === "compare") return [];
  const parts = [];
  if (data.ranking === "full" && choice.view === "change") parts.push(answerOfChange(choice));
  if (data.ranking === "full" && (choice.view === "bars" || choice.view === "tiles")) parts.push(answerOfEnds(choice));
  for (const path of choice.areas) parts.push(answerOfArea(choice, path));
  return parts.filter(Boolean);
}

/** Whether changes are told in points. @param {string} code */
const inPoints = (code) => (data.indicators[code].unit === "%" ? "points" : "other");

/** Names of rows, at most three. @param {Row[]} rows */
function namesOf(rows) {
  const names = rows.slice(0, 3).map((row) => row.name).join(say("list"));
  return rows.length > 3 ? say("many", { names, n: rows.length }) : names;
}

/** Who fell most between the two periods, beside its peers. @param {Choice} choice */
function answerOfChange(choice) {
  const moved = rowsOf(choice).filter((row) => row.change && !row.small).map((row) => ({ row, size: Number(unitsMoved(row)) }))
    .sort((a, b) => a.size - b.size).map(({ row }) => row);
  if (!moved.length) return choice.baseline === choice.period ? say("same_periods") : "";
  const least = moved.filter((row) => unitsMoved(row) === unitsMoved(moved[0]));
  const most = moved.filter((row) => unitsMoved(row) === unitsMoved(moved[moved.length - 1]));
  const [first] = least;
  const change = /** @type {Change} */ (first.change);
  const unit = data.indicators[choice.code].unit;
  const kind = inPoints(choice.code);
  const facts = { from: periodName(choice.baseline), to: periodName(choice.period), indicator: indicatorName(choice.code), level: levelName(choice.level),
    area: namesOf(least), before: change.before + unit, now: change.now + unit, moved: movedText(choice.code, change.units),
    falling: say(`fall.${kind}`), rising: say(`rise.${kind}`) };
  const alone = least.length === 1 ? "" : "_together";
  const parts = [say((change.units < 0n ? "answer.fell" : "answer.none_fell") + alone, facts)];
  if (least.length === 1) parts.push(peersSaid(choice, first.path, change));
  if (unitsMoved(most[0]) > 0n && most[0] !== first) parts.push(say("answer.rose", { rising: say(`rise.${kind}`), area: namesOf(most), moved: movedText(choice.code, unitsMoved(most[0])) }));
  return parts.filter(Boolean).join("");
}

/** @param {Row} row */
const unitsMoved = (row) => /** @type {Change} */ (row.change).units;

/** How the peers of an area moved, and by how much the area moved otherwise. @param {Choice} choice @param {string} path @param {Change} change */
function peersSaid(choice, path, change) {
  const peers = peersMoved(choice, path);
  if (!peers.before || !peers.now || !peers.n) return wholeSaid(choice, change);
  const decimals = data.indicators[choice.code].decimals;
  const units = unitsOf(difference(peers.now, peers.before), decimals);
  const gap = change.units - units;
  return say("answer.peers", { peers: peers.name, n: peers.n, before: ratioText(choice.code, peers.before), now: ratioText(choice.code, peers.now),
    moved: movedText(choice.code, units), gap: sizeText(choice.code, gap) });
}

/** How the whole moved, where the sides of the peers are not known. @param {Choice} choice @param {Change} change */
function wholeSaid(choice, change) {
  const at = data.whole && placeByPath.get(data.whole);
  const whole = at && changeOf(at[0], choice.code, choice.baseline, choice.period, at[1]);
  if (!whole) return "";
  const unit = data.indicators[choice.code].unit;
  return say("answer.whole", { before: whole.before + unit, now: whole.now + unit, moved: movedText(choice.code, whole.units), gap: sizeText(choice.code, change.units - whole.units) });
}

/** A difference with its unit, without direction. @param {string} code @param {bigint} units */
function sizeText(code, units) {
  const one = data.indicators[code];
  return say(`gap_size.${inPoints(code)}`, { size: textOfUnits(units < 0n ? -units : units, one.decimals), unit: one.unit });
}

/** The highest and the lowest. @param {Choice} choice */
function answerOfEnds(choice) {
  const decimals = data.indicators[choice.code].decimals;
  const sized = rowsOf(choice).filter((row) => row.cell.value && !row.small).map((row) => ({ row, size: Number(unitsOf(/** @type {Ratio} */ (row.cell.value), decimals)) }));
  const rows = sized.sort((a, b) => b.size - a.size || a.row.place - b.row.place).map(({ row }) => row);
  const sizes = new Map(sized.map(({ row, size }) => [row, size]));
  const units = (/** @type {Row} */ row) => sizes.get(row);
  if (rows.length < 2 || units(rows[0]) === units(rows[rows.length - 1])) return "";
  const [top, bottom] = [rows[0], rows[rows.length - 1]].map((end) => rows.filter((row) => units(row) === units(end)));
  const whole = wholeOf(choice.code, choice.period);
  const said = say("answer.best", { period: periodName(choice.period), indicator: indicatorName(choice.code), top_area: namesOf(top), top: valueText(choice.code, top[0].cell),
    bottom_area: namesOf(bottom), bottom: valueText(choice.code, bottom[0].cell) });
  const more = whole && whole.value ? say("comma") + say("answer.level_whole", { value: ratioText(choice.code, whole.value) }) : "";
  return said + more + say("stop");
}

/** A chosen area beside its peers. @param {Choice} choice @param {string} path */
function answerOfArea(choice, path) {
  const place = placeByPath.get(path)?.[1] ?? 0;
  const cell = cellOf(choice.level, choice.code, choice.period, place);
  const peers = peersOf(choice.level, path);
  const value = pooled(choice.level, choice.code, choice.period, peers.places);
  if (choice.view === "change") {
    const change = changeOf(choice.level, choice.code, choice.baseline, choice.period, place);
    if (!change) return "";
    const own = say("answer.moved", { area: nameOf(path), before: change.before + data.indicators[choice.code].unit, now: change.now + data.indicators[choice.code].unit, moved: movedText(choice.code, change.units) });
    const beside = peersSaid(choice, path, change);
    return own + (beside ? say("separator") + beside : say("stop"));
  }
  if (!cell.value || !value) return "";
  const units = unitsOf(difference(cell.value, value), data.indicators[choice.code].decimals);
  const gap = units === 0n ? say("gap.same") : say(units > 0n ? "gap.more" : "gap.less", { size: sizeText(choice.code, units) });
  return say("answer.area", { area: nameOf(path), period: periodName(choice.period), indicator: indicatorName(choice.code), value: valueText(choice.code, cell), peers: peers.name, peer_value: ratioText(choice.code, value), gap });
}
