// Draws what lies below the notes: the pedal's lane, and one for each drum.

import { drawGrid } from "./drawing_grid.js";
import { LANE_PX } from "./roll_sizes.js";

/** @import {Hit} from "./types.js" */
/** @import {Roll} from "./roll.js" */
/** @import {Palette} from "./colours.js" */

/** @param {Roll} roll @param {Palette} colours */
export function drawLanes(roll, colours) {
  const { context } = roll;
  const high = roll.height - roll.bottom;
  if (!high) return;
  context.fillStyle = colours.lanes;
  context.fillRect(0, roll.bottom, roll.width, high);
  context.save();
  context.beginPath();
  context.rect(roll.keysPx, roll.bottom, roll.width, high);
  context.clip();
  drawGrid(roll, colours, roll.bottom, roll.height);
  drawPedal(roll, colours);
  context.fillStyle = colours.laneLine;
  roll.lanes.forEach((_, index) => context.fillRect(roll.keysPx, roll.lanesTop + index * LANE_PX, roll.width, 1));
  const hits = roll.doc?.hits ?? [];
  const [from, to] = roll.range(hits, roll.start_s - 0.1, roll.start_s + roll.shown_s);
  for (let index = from; index < to; index++) if (!roll.draft?.hidden.has(hits[index].id)) drawHit(roll, colours, hits[index]);
  for (const event of roll.draft?.shown ?? []) if (event.kind === "hit") drawHit(roll, colours, event);
  context.globalAlpha = 1;
  context.restore();
}

/** @param {Roll} roll @param {Palette} colours @param {Hit} hit */
function drawHit(roll, colours, hit) {
  const { context } = roll;
  const bottom = roll.lanesTop + (roll.laneIndex(hit.key) + 1) * LANE_PX - 2;
  const high = 4 + (hit.velocity / 127) * (LANE_PX - 7);
  const x = roll.x(hit.onset_s);
  const isClose = roll.pxPerS > 30;
  const wide = isClose ? 5 : 2;
  context.globalAlpha = roll.isHeard(hit) ? 0.5 + 0.5 * (hit.velocity / 127) : 0.25;
  context.fillStyle = colours.drums;
  if (isClose) {
    context.beginPath();
    context.roundRect(x, bottom - high, wide, high, 1.5);
    context.fill();
  } else context.fillRect(Math.round(x), Math.round(bottom - high), wide, Math.round(high));
  if (roll.selected.has(hit.id) || roll.hovered?.id === hit.id || roll.draft?.shown.includes(hit)) {
    context.globalAlpha = 1;
    context.strokeStyle = colours.selection;
    context.lineWidth = 1.5;
    context.strokeRect(x - 1.5, bottom - high - 1.5, wide + 3, high + 3);
    context.lineWidth = 1;
  }
}

/** A bar for as long as the pedal is down. @param {Roll} roll @param {Palette} colours */
function drawPedal(roll, colours) {
  const { context } = roll;
  context.fillStyle = colours.pedal;
  context.beginPath();
  for (const [down_s, up_s] of roll.doc?.pedal ?? []) {
    if (up_s < roll.start_s || down_s > roll.start_s + roll.shown_s) continue;
    const wide = Math.max(2, (up_s - down_s) * roll.pxPerS - 1.5);
    context.roundRect(roll.x(down_s), roll.bottom + 4, wide, roll.pedalPx - 7, 2);
  }
  context.fill();
}
