// Draws more notes than can be told apart. Rasterizing thousands of shapes takes longer than a frame, so the notes become
// a bitmap with a row for each pitch and a column for each pixel, and the canvas stretches its rows.

import { alphaOf, noteColour } from "./colours.js";
import { HIGHEST, LOWEST, RULER_PX } from "./roll_sizes.js";

/** @import {Note} from "./types.js" */
/** @import {Roll} from "./roll.js" */
/** @import {Palette} from "./colours.js" */

const ROWS = HIGHEST - LOWEST + 1;
const LEAST_COLUMNS = 2; // of a note
const MELODY = 128; // beside the programs

const bitmap = new OffscreenCanvas(1, ROWS);
const onBitmap = /** @type {OffscreenCanvasRenderingContext2D} */ (bitmap.getContext("2d"));

/** @param {Roll} roll @param {Palette} colours @param {number} from index of the first note, by onset
 * @param {number} to one behind the last @param {number} gap between rows, in pixels */
export function drawManyNotes(roll, colours, from, to, gap) {
  const wide = roll.width - roll.keysPx;
  const columns = Math.max(1, Math.ceil(wide * devicePixelRatio));
  if (bitmap.width !== columns) bitmap.width = columns;
  const image = onBitmap.createImageData(columns, ROWS);
  fillNotes(roll, colours, from, to, new Uint32Array(image.data.buffer), columns);
  onBitmap.putImageData(image, 0, 0);
  const { context } = roll;
  context.imageSmoothingEnabled = false;
  for (let row = 0; row < ROWS; row++) {
    const y = roll.y(HIGHEST - row);
    if (y > roll.bottom || y + roll.rowPx < RULER_PX) continue;
    context.drawImage(bitmap, 0, row, columns, 1, roll.keysPx, y + gap / 2, columns / devicePixelRatio, roll.rowPx - gap);
  }
  context.imageSmoothingEnabled = true;
}

/** @param {Roll} roll @param {Palette} colours @param {number} from @param {number} to
 * @param {Uint32Array} pixels row by row, the highest pitch first @param {number} columns of a row */
function fillNotes(roll, colours, from, to, pixels, columns) {
  const notes = roll.doc?.notes ?? [];
  const { start_s, selected } = roll;
  const perS = roll.pxPerS * devicePixelRatio;
  const hidden = roll.draft?.hidden;
  const selection = pixel(colours.selection, 1);
  /** @type {Uint32Array[]} by program, then velocity */
  const shades = [];
  for (let index = from; index < to; index++) {
    const note = notes[index];
    const left = Math.max(0, Math.floor((note.onset_s - start_s) * perS));
    const right = Math.min(columns, Math.max(left + LEAST_COLUMNS, Math.round((note.offset_s - start_s) * perS) - 1));
    if (note.offset_s < start_s || right <= left || hidden?.has(note.id)) continue;
    const program = note.melody ? MELODY : note.program;
    const shade = (shades[program] ??= shadesOf(roll, colours, note))[note.velocity];
    const row = (HIGHEST - note.pitch) * columns;
    pixels.fill(selected.size && selected.has(note.id) ? selection : shade, row + left, row + right);
  }
}

/** Of a note's track, for each velocity. @param {Roll} roll @param {Palette} colours @param {Note} note */
function shadesOf(roll, colours, note) {
  const colour = noteColour(colours, roll.colourOf(note));
  const isHeard = roll.isHeard(note);
  return Uint32Array.from({ length: 128 }, (_, velocity) => pixel(colour, alphaOf(velocity / 127, isHeard)));
}

/** @param {string} colour "#rrggbb" @param {number} alpha 0 to 1 @returns {number} as little-endian image data has it */
function pixel(colour, alpha) {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return ((Math.round(alpha * 255) << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}
