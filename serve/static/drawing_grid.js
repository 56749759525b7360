// Draws beats and bars.

/** @import {Roll} from "./roll.js" */
/** @import {Palette} from "./colours.js" */

/** @param {Roll} roll @param {Palette} colours @param {number} top @param {number} bottom */
export function drawGrid(roll, colours, top, bottom) {
  if (!roll.grid.isKnown) return;
  const { context, grid } = roll;
  const perBar = grid.beatsPerBar || 4;
  const first = Math.ceil(grid.beatAt(roll.start_s));
  const last = Math.floor(grid.beatAt(roll.start_s + roll.shown_s));
  const beatPx = (roll.width / Math.max(1, last - first)) | 0;
  for (let beat = first; beat <= last; beat++) {
    const isBar = grid.beatsPerBar > 0 && beat % perBar === 0;
    if (!isBar && beatPx < 14) continue;
    if (isBar && beatPx * perBar < 5) continue;
    context.fillStyle = isBar ? colours.bar : colours.beat;
    context.fillRect(Math.round(roll.x(grid.timeAt(beat))), top, 1, bottom - top);
  }
}
