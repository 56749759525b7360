// Draws what the piano roll shows: the order is from the back to the front.

import { palette } from "./colours.js";
import { drawKeys, drawRuler } from "./drawing_frame.js";
import { drawGrid } from "./drawing_grid.js";
import { drawLanes } from "./drawing_lanes.js";
import { drawNotes } from "./drawing_notes.js";
import { BLACK, HIGHEST, LOWEST, RULER_PX } from "./roll_sizes.js";

/** @import {Roll} from "./roll.js" */
/** @import {Palette} from "./colours.js" */

/** @param {Roll} roll */
export function drawRoll(roll) {
  const colours = palette();
  const { context, width, height } = roll;
  const ratio = devicePixelRatio;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = colours.background;
  context.fillRect(0, 0, width, height);
  context.save();
  context.beginPath();
  context.rect(roll.keysPx, RULER_PX, width, roll.bottom - RULER_PX);
  context.clip();
  const end_s = roll.start_s + roll.shown_s;
  roll.spectrogram?.draw(context, roll.start_s, end_s, (t) => roll.x(t), roll.y(HIGHEST), 88 * roll.rowPx);
  drawRows(roll, colours);
  drawGrid(roll, colours, RULER_PX, roll.bottom);
  drawNotes(roll, colours);
  context.restore();
  drawLanes(roll, colours);
  drawLoop(roll, colours);
  drawRuler(roll, colours);
  drawKeys(roll, colours);
  if (roll.marquee) {
    const { from_s, to_s, top, bottom } = roll.marquee;
    context.fillStyle = colours.marquee;
    context.strokeStyle = colours.selection;
    context.fillRect(roll.x(from_s), top, roll.x(to_s) - roll.x(from_s), bottom - top);
    context.strokeRect(roll.x(from_s) + 0.5, top + 0.5, roll.x(to_s) - roll.x(from_s), bottom - top);
  }
  drawPlayhead(roll);
}

/** @param {Roll} roll */
export function drawPlayhead(roll) {
  const context = roll.overlayContext;
  const ratio = devicePixelRatio;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, roll.width, roll.height);
  const x = roll.x(roll.playhead_s);
  if (x < roll.keysPx - 1 || x > roll.width) return;
  const colour = palette().playhead;
  context.fillStyle = colour;
  context.fillRect(x - 0.5, RULER_PX - 6, 1.5, roll.height);
  context.beginPath();
  context.moveTo(x - 6, RULER_PX - 13);
  context.lineTo(x + 6.5, RULER_PX - 13);
  context.lineTo(x + 0.25, RULER_PX - 3);
  context.fill();
}

/** @param {Roll} roll @param {Palette} colours */
function drawRows(roll, colours) {
  const { context } = roll;
  for (let pitch = LOWEST; pitch <= HIGHEST; pitch++) {
    const y = roll.y(pitch);
    if (y > roll.bottom || y + roll.rowPx < RULER_PX) continue;
    if (BLACK.has(pitch % 12)) {
      context.fillStyle = colours.blackKeyRow;
      context.fillRect(roll.keysPx, y, roll.width, roll.rowPx);
    } else if (pitch % 12 === 0) {
      context.fillStyle = colours.octave;
      context.fillRect(roll.keysPx, Math.round(y + roll.rowPx), roll.width, 1);
    }
  }
}

/** @param {Roll} roll @param {Palette} colours */
function drawLoop(roll, colours) {
  if (!roll.loop) return;
  const { context } = roll;
  const [left, right] = [Math.max(roll.keysPx, roll.x(roll.loop[0])), roll.x(roll.loop[1])];
  if (right < roll.keysPx) return;
  context.globalAlpha = roll.loops ? 1 : 0.45;
  context.fillStyle = colours.loop;
  context.fillRect(left, RULER_PX, right - left, roll.height);
  context.globalAlpha = 1;
}
