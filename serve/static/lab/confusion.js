// Scores of a classifier: figures of each class, and the confusion matrix.

import { make, percent, scroller, table } from "./parts.js";

/** @import {Scores} from "./types.js" */

const Z95 = 1.959964;

/** The 95 % interval of a share (Wilson, 1927). @param {number} share @param {number} count @returns {[number, number]} */
export function wilson(share, count) {
  if (!count) return [0, 1];
  const middle = share + Z95 ** 2 / (2 * count);
  const half = Z95 * Math.sqrt((share * (1 - share)) / count + Z95 ** 2 / (4 * count ** 2));
  const below = 1 + Z95 ** 2 / count;
  return [Math.max(0, (middle - half) / below), Math.min(1, (middle + half) / below)];
}

/** @param {Scores} scores */
export function scoreTable(scores) {
  const [low, high] = wilson(scores.accuracy, scores.recordings);
  const rows = scores.classes.map((row) => {
    const [from, to] = wilson(row.recall, row.recordings);
    const recall = make("span", row.recall.toFixed(3), make("small", ` ${from.toFixed(2)}–${to.toFixed(2)}`));
    return [row.class, String(row.recordings), row.precision.toFixed(3), recall, row.f1.toFixed(3), row.auc === null ? "" : row.auc.toFixed(3)];
  });
  return make(
    "div",
    make("p.big-figure", percent(scores.accuracy), make("small", ` right of ${scores.recordings} recordings (95 %: ${percent(low)} to ${percent(high)}), mean F1 ${scores.mean_f1.toFixed(3)}`)),
    table(["class", "n", "precision", "recall", "F1", "AUC"], rows, "Scores of each class"),
  );
}

/**
 * @param {string[]} classes @param {number[][]} confusion rows: the true class; columns: the predicted one
 * @param {(is: number, told: number) => void} [chosen] a cell is clicked
 */
export function confusionPart(classes, confusion, chosen) {
  const grid = document.createElement("table");
  grid.className = "confusion";
  const corner = make("td", make("small", "true \\ predicted"));
  const head = make("tr", corner, ...classes.map((name) => headCell(name, "col")));
  const body = confusion.map((row, is) => {
    const sum = row.reduce((all, one) => all + one, 0) || 1;
    return make("tr", headCell(classes[is], "row"), ...row.map((count, told) => cell(count, count / sum, is === told, `${classes[is]} predicted as ${classes[told]}: ${count}`, chosen && (() => chosen(is, told)))));
  });
  grid.append(make("thead", head), make("tbody", ...body));
  return scroller(grid, "Confusion matrix");
}

/** @param {string} name @param {string} scope */
function headCell(name, scope) {
  const made = make("th", make("span", name));
  made.setAttribute("scope", scope);
  made.title = name;
  return made;
}

/** @param {number} count @param {number} share @param {boolean} isRight @param {string} title @param {(() => void) | undefined} run */
function cell(count, share, isRight, title, run) {
  const shown = Number.isInteger(count) ? String(count) : count.toFixed(2);
  const content = run && count ? make("button", shown) : make("span", shown);
  if (run && count) content.addEventListener("click", run);
  content.title = title;
  content.classList.toggle("is-right", isRight);
  content.style.setProperty("--share", String(Math.round(100 * share)));
  content.classList.toggle("is-none", !count);
  return make("td", content);
}
