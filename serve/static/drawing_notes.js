// Draws the notes: each with its shape where they can be told apart, as a picture of pixels where there are too many.

import { alphaOf, noteColour } from "./colours.js";
import { drawManyNotes } from "./drawing_many_notes.js";

/** @import {Note} from "./types.js" */
/** @import {Roll} from "./roll.js" */
/** @import {Palette} from "./colours.js" */

const SHADES = 6; // of velocity
const MOST_SHAPES = 1500; // in view; more are drawn as pixels
const LEAST_BEND_ROW_PX = 6; // in lower rows a bend is no more than a line

/** @param {Roll} roll @param {Palette} colours */
export function drawNotes(roll, colours) {
  if (!roll.doc) return;
  const { notes } = roll.doc;
  const [from, to] = roll.range(notes, roll.start_s, roll.start_s + roll.shown_s);
  const gap = roll.rowPx > 7 ? 1 : 0;
  if (to - from > MOST_SHAPES) drawManyNotes(roll, colours, from, to, gap);
  else drawShapes(roll, colours, notes.slice(from, to).filter((note) => isSeen(roll, note)), gap);
  for (const event of roll.draft?.shown ?? []) {
    if (event.kind !== "note") continue;
    roll.context.fillStyle = noteColour(colours, roll.colourOf(event));
    const wide = Math.max(2.5, (event.offset_s - event.onset_s) * roll.pxPerS - 0.5);
    roll.context.fillRect(roll.x(event.onset_s), roll.y(event.pitch) + gap / 2, wide, roll.rowPx - gap);
    outline(roll, colours, event, gap);
  }
}

/** @param {Roll} roll @param {Note} note */
const isSeen = (roll, note) => note.offset_s >= roll.start_s && !roll.draft?.hidden.has(note.id);

/** @param {Roll} roll @param {Palette} colours @param {Note[]} notes @param {number} gap between rows, in pixels */
function drawShapes(roll, colours, notes, gap) {
  /** @type {Map<number, Note[]>} by colour and shade, so that the fill changes seldom */
  const groups = new Map();
  for (const note of notes) {
    const shade = Math.min(SHADES - 1, Math.floor((note.velocity / 128) * SHADES));
    const key = roll.colourOf(note) * 100 + shade * 2 + (roll.isHeard(note) ? 1 : 0);
    const group = groups.get(key);
    if (group) group.push(note);
    else groups.set(key, [note]);
  }
  const { context } = roll;
  const rounds = roll.rowPx > 8;
  const radius = Math.min(3, roll.rowPx / 4);
  for (const [key, group] of groups) {
    const shade = Math.floor((key % 100) / 2);
    context.fillStyle = noteColour(colours, Math.floor(key / 100));
    context.globalAlpha = alphaOf(shade / (SHADES - 1), key % 2 > 0);
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
  if (roll.rowPx >= LEAST_BEND_ROW_PX) drawBends(roll, colours, notes);
  for (const note of notes) drawMarks(roll, colours, note, gap);
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
