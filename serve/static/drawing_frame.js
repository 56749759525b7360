// Draws what frames the roll: the ruler with its bars or seconds, the keys, and the names of the lanes.

import { BLACK, clock, HIGHEST, KEYS_PX, LANE_PX, LOWEST, pitchName, RULER_PX } from "./roll_sizes.js";

/** @import {Roll} from "./roll.js" */
/** @import {Palette} from "./colours.js" */

const STEPS_S = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600];
const NAME_PX = 18; // of a key, beside the black ones
const LEAST_OCTAVE_PX = 20; // in which a name has room
const C1 = 24;
const FONT = "500 11px Inter, system-ui, sans-serif";

/** @param {Roll} roll @param {Palette} colours */
export function drawRuler(roll, colours) {
  const { context } = roll;
  context.fillStyle = colours.ruler;
  context.fillRect(0, 0, roll.width, RULER_PX);
  context.fillStyle = colours.bar;
  context.fillRect(0, RULER_PX - 1, roll.width, 1);
  if (roll.loop) {
    const [left, right] = [Math.max(roll.keysPx, roll.x(roll.loop[0])), roll.x(roll.loop[1])];
    context.fillStyle = colours.loopEdge;
    context.globalAlpha = roll.loops ? 1 : 0.45;
    if (right > roll.keysPx) context.fillRect(left, RULER_PX - 5, right - left, 4);
    context.globalAlpha = 1;
  }
  context.font = FONT;
  context.textBaseline = "middle";
  if (roll.grid.isKnown && roll.grid.beatsPerBar) drawBarNumbers(roll, colours);
  else drawSeconds(roll, colours);
}

/** @param {Roll} roll @param {Palette} colours */
function drawBarNumbers(roll, colours) {
  const { context, grid } = roll;
  const first = Math.floor(grid.beatAt(roll.start_s) / grid.beatsPerBar);
  const last = Math.ceil(grid.beatAt(roll.start_s + roll.shown_s) / grid.beatsPerBar);
  const barPx = (roll.width - roll.keysPx) / Math.max(1, last - first);
  const every = [1, 2, 4, 8, 16, 32, 64, 128].find((step) => step * barPx > 34) ?? 256;
  for (let bar = first; bar <= last; bar++) {
    if (bar % every) continue;
    const x = roll.x(grid.timeAt(bar * grid.beatsPerBar));
    if (x < roll.keysPx - 1) continue;
    context.fillStyle = colours.bar;
    context.fillRect(Math.round(x), 8, 1, RULER_PX - 8);
    context.fillStyle = colours.text;
    context.fillText(String(bar + 1), x + 5, RULER_PX / 2);
  }
}

/** @param {Roll} roll @param {Palette} colours */
function drawSeconds(roll, colours) {
  const { context } = roll;
  const step_s = STEPS_S.find((step) => step * roll.pxPerS > 56) ?? 1200;
  for (let tick = Math.ceil(roll.start_s / step_s); tick * step_s < roll.start_s + roll.shown_s; tick++) {
    const x = roll.x(tick * step_s);
    context.fillStyle = colours.bar;
    context.fillRect(Math.round(x), 8, 1, RULER_PX - 8);
    context.fillStyle = colours.text;
    context.fillText(clock(tick * step_s, step_s < 1 ? 1 : 0), x + 5, RULER_PX / 2);
  }
}

/** @param {Roll} roll @param {Palette} colours */
export function drawKeys(roll, colours) {
  const { context, keysPx } = roll;
  context.save();
  context.beginPath();
  context.rect(0, RULER_PX, keysPx, roll.bottom - RULER_PX);
  context.clip();
  context.fillStyle = colours.whiteKey;
  context.fillRect(0, RULER_PX, keysPx, roll.bottom);
  const blackPx = Math.min(keysPx * 0.6, keysPx - NAME_PX);
  for (let pitch = LOWEST; pitch <= HIGHEST; pitch++) {
    const y = roll.y(pitch);
    if (y > roll.bottom || y + roll.rowPx < RULER_PX) continue;
    const step = pitch % 12;
    if (BLACK.has(step)) {
      context.fillStyle = colours.blackKey;
      context.beginPath();
      context.roundRect(-2, y + 0.5, blackPx, Math.max(2, roll.rowPx - 1), 2);
      context.fill();
      context.fillStyle = colours.keyLine;
      context.fillRect(blackPx - 2, Math.round(y + roll.rowPx / 2), keysPx, 0.5);
    } else if (step === 0 || step === 5) {
      context.fillStyle = colours.keyLine;
      context.fillRect(0, Math.round(y + roll.rowPx) - 0.5, keysPx, step === 0 ? 1 : 0.5);
    }
  }
  drawKeyNames(roll, colours);
  context.restore();
  context.textAlign = "left";
  context.fillStyle = colours.ruler;
  context.fillRect(0, roll.bottom, keysPx, roll.height - roll.bottom);
  context.fillStyle = colours.bar;
  context.fillRect(keysPx - 1, RULER_PX, 1, roll.height);
  if (roll.bottom < roll.height) context.fillRect(0, roll.bottom, roll.width, 1);
  if (roll.pedalPx && roll.lanes.length) context.fillRect(0, roll.lanesTop, roll.width, 1);
  context.fillStyle = colours.text;
  const isNarrow = keysPx < KEYS_PX;
  context.font = `500 ${isNarrow ? 9 : 9.5}px Inter, system-ui, sans-serif`;
  roll.lanes.forEach((lane, index) => {
    const name = isNarrow && lane.name === "open hi-hat" ? "Open" : shortName(lane.name);
    context.fillText(name, isNarrow ? 3 : 6, roll.lanesTop + (index + 0.5) * LANE_PX + 0.5);
  });
  if (roll.pedalPx) context.fillText(isNarrow ? "Ped" : "Pedal", isNarrow ? 3 : 6, roll.bottom + roll.pedalPx / 2 + 0.5);
  context.fillStyle = colours.ruler;
  context.fillRect(0, 0, keysPx, RULER_PX - 1);
  context.fillStyle = colours.text;
  context.fillText(roll.grid.isKnown && roll.grid.beatsPerBar ? "Bar" : "Time", 8, RULER_PX / 2);
}

/** Every C has its name, above the lines of the keys beside it. @param {Roll} roll @param {Palette} colours */
function drawKeyNames(roll, colours) {
  if (12 * roll.rowPx < LEAST_OCTAVE_PX) return;
  const { context } = roll;
  context.font = FONT;
  context.textBaseline = "middle";
  context.textAlign = "right";
  context.fillStyle = colours.keyText;
  for (let pitch = C1; pitch <= HIGHEST; pitch += 12) context.fillText(pitchName(pitch), roll.keysPx - 4, roll.y(pitch) + roll.rowPx / 2);
}

/** @param {string} name of a drum */
function shortName(name) {
  const short = { "closed hi-hat": "Hat", "open hi-hat": "Open hat", "high tom": "Hi tom", "low tom": "Lo tom" };
  return /** @type {Record<string, string>} */ (short)[name] ?? name[0].toUpperCase() + name.slice(1);
}
