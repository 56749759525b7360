// Draws what the piano roll shows: the order is from the back to the front.

import { noteColour, palette } from "./colours.js";
import { drawKeys, drawRuler } from "./drawing_frame.js";
import { drawGrid } from "./drawing_grid.js";
import { drawLanes } from "./drawing_lanes.js";
import { BLACK, HIGHEST, LOWEST, RULER_PX } from "./roll.js";

/** @import {Note} from "./types.js" */
/** @import {Roll} from "./roll.js" */
/** @import {Palette} from "./colours.js" */

const SHADES = 6; // of velocity
const LEAST_BEND_ROW_PX = 6; // in lower rows a bend is no more than a line
const MOST_BENDS = 1500; // in view

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
function drawNotes(roll, colours) {
  if (!roll.doc) return;
  const { notes } = roll.doc;
  const [from, to] = roll.range(notes, roll.start_s, roll.start_s + roll.shown_s);
  /** @type {Map<number, Note[]>} by colour and shade, so that the fill changes seldom */
  const groups = new Map();
  const hidden = roll.draft?.hidden;
  for (let index = from; index < to; index++) {
    const note = notes[index];
    if (note.offset_s < roll.start_s || hidden?.has(note.id)) continue;
    const shade = Math.min(SHADES - 1, Math.floor((note.velocity / 128) * SHADES));
    const key = roll.colourOf(note) * 100 + shade * 2 + (roll.isHeard(note) ? 1 : 0);
    const group = groups.get(key);
    if (group) group.push(note);
    else groups.set(key, [note]);
  }
  const { context } = roll;
  const gap = roll.rowPx > 7 ? 1 : 0;
  const rounds = roll.rowPx > 8 && to - from < 1500;
  const radius = Math.min(3, roll.rowPx / 4);
  for (const [key, group] of groups) {
    const colour = noteColour(colours, Math.floor(key / 100));
    const shade = Math.floor((key % 100) / 2);
    context.fillStyle = colour;
    context.globalAlpha = (0.42 + (0.58 * shade) / (SHADES - 1)) * (key % 2 ? 1 : 0.28);
    context.beginPath();
    for (const note of group) {
      const left = roll.x(note.onset_s);
      const wide = Math.max(2.5, (note.offset_s - note.onset_s) * roll.pxPerS - 0.5);
      if (rounds) context.roundRect(left, roll.y(note.pitch) + gap / 2, wide, roll.rowPx - gap, radius);
      else context.rect(left, roll.y(note.pitch) + gap / 2, wide, roll.rowPx - gap);
    }
    context.fill();
    if (rounds) {
      // A bright edge where a note begins makes repeated notes readable.
      context.globalAlpha = key % 2 ? 1 : 0.4;
      for (const note of group) context.fillRect(roll.x(note.onset_s), roll.y(note.pitch) + gap / 2, 2, roll.rowPx - gap);
    }
  }
  context.globalAlpha = 1;
  if (roll.rowPx >= LEAST_BEND_ROW_PX && to - from < MOST_BENDS) drawBends(roll, colours, [...groups.values()].flat());
  for (let index = from; index < to; index++) {
    const note = notes[index];
    if (!hidden?.has(note.id)) drawMarks(roll, colours, note, gap);
  }
  for (const event of roll.draft?.shown ?? []) {
    if (event.kind !== "note") continue;
    context.fillStyle = noteColour(colours, roll.colourOf(event));
    const wide = Math.max(2.5, (event.offset_s - event.onset_s) * roll.pxPerS - 0.5);
    context.fillRect(roll.x(event.onset_s), roll.y(event.pitch) + gap / 2, wide, roll.rowPx - gap);
    outline(roll, colours, event, gap);
  }
}

/** How pitch goes between the keys. @param {Roll} roll @param {Palette} colours @param {Note[]} notes */
function drawBends(roll, colours, notes) {
  const { context } = roll;
  context.beginPath();
  for (const { bend, pitch } of notes) {
    const middle = roll.y(pitch) + roll.rowPx / 2;
    for (const [index, [time_s, cents]] of (bend ?? []).entries()) {
      const [x, y] = [roll.x(time_s), middle - (cents / 100) * roll.rowPx];
      if (index) context.lineTo(x, y);
      else context.moveTo(x, y);
    }
  }
  for (const [style, wide] of /** @type {const} */ ([["bendEdge", 3.5], ["bend", 1.4]])) {
    context.strokeStyle = colours[style];
    context.lineWidth = wide;
    context.stroke();
  }
  context.lineWidth = 1;
}

/** That it is selected, or made by hand. @param {Roll} roll @param {Palette} colours @param {Note} note @param {number} gap */
function drawMarks(roll, colours, note, gap) {
  if (roll.selected.has(note.id) || roll.hovered?.id === note.id) outline(roll, colours, note, gap);
  if (note.id[0] === "h" && roll.rowPx >= 6) {
    const { context } = roll;
    context.fillStyle = colours.hand;
    context.beginPath();
    context.arc(roll.x(note.onset_s) + 6, roll.y(note.pitch) + roll.rowPx / 2, Math.min(2, roll.rowPx / 5), 0, 7);
    context.fill();
  }
}

/** @param {Roll} roll @param {Palette} colours @param {Note} note @param {number} gap */
function outline(roll, colours, note, gap) {
  const { context } = roll;
  const wide = Math.max(2.5, (note.offset_s - note.onset_s) * roll.pxPerS - 0.5);
  context.strokeStyle = colours.selection;
  context.lineWidth = roll.selected.has(note.id) || roll.draft ? 2 : 1;
  context.beginPath();
  context.roundRect(roll.x(note.onset_s), roll.y(note.pitch) + gap / 2, wide, roll.rowPx - gap, Math.min(3, roll.rowPx / 4));
  context.stroke();
  context.lineWidth = 1;
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
