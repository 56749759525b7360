// Draws what the piano roll shows: the order is from the back to the front.

import { palette } from "./colours.js";
import { BLACK, clock, HIGHEST, KEYS_PX, LANE_PX, LOWEST, pitchName, RULER_PX } from "./roll.js";

/** @import {Hit, Note} from "./types.js" */
/** @import {Roll} from "./roll.js" */
/** @import {Palette} from "./colours.js" */

const SHADES = 6; // of velocity
const STEPS_S = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600];
const FONT = "500 11px Inter, system-ui, sans-serif";

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

/** @param {Roll} roll @param {Palette} colours @param {number} top @param {number} bottom */
function drawGrid(roll, colours, top, bottom) {
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
    const key = roll.colourOf(note.program) * 100 + shade * 2 + (roll.isHeard(note) ? 1 : 0);
    const group = groups.get(key);
    if (group) group.push(note);
    else groups.set(key, [note]);
  }
  const { context } = roll;
  const gap = roll.rowPx > 7 ? 1 : 0;
  const rounds = roll.rowPx > 8 && to - from < 1500;
  const radius = Math.min(3, roll.rowPx / 4);
  for (const [key, group] of groups) {
    const colour = colours.notes[Math.floor(key / 100) % colours.notes.length];
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
  for (let index = from; index < to; index++) {
    const note = notes[index];
    if (!hidden?.has(note.id)) drawMarks(roll, colours, note, gap);
  }
  for (const event of roll.draft?.shown ?? []) {
    if (event.kind !== "note") continue;
    context.fillStyle = colours.notes[roll.colourOf(event.program) % colours.notes.length];
    const wide = Math.max(2.5, (event.offset_s - event.onset_s) * roll.pxPerS - 0.5);
    context.fillRect(roll.x(event.onset_s), roll.y(event.pitch) + gap / 2, wide, roll.rowPx - gap);
    outline(roll, colours, event, gap);
  }
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
function drawLanes(roll, colours) {
  if (!roll.lanes.length) return;
  const { context } = roll;
  context.fillStyle = colours.lanes;
  context.fillRect(0, roll.bottom, roll.width, roll.lanesPx);
  context.save();
  context.beginPath();
  context.rect(roll.keysPx, roll.bottom, roll.width, roll.lanesPx);
  context.clip();
  drawGrid(roll, colours, roll.bottom, roll.height);
  context.fillStyle = colours.laneLine;
  roll.lanes.forEach((_, index) => context.fillRect(roll.keysPx, roll.bottom + index * LANE_PX, roll.width, 1));
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
  const bottom = roll.bottom + (roll.laneIndex(hit.key) + 1) * LANE_PX - 2;
  const high = 4 + (hit.velocity / 127) * (LANE_PX - 7);
  const x = roll.x(hit.onset_s);
  const wide = roll.pxPerS > 30 ? 5 : 2.5;
  context.globalAlpha = roll.isHeard(hit) ? 0.5 + 0.5 * (hit.velocity / 127) : 0.25;
  context.fillStyle = colours.drums;
  context.beginPath();
  context.roundRect(x, bottom - high, wide, high, 1.5);
  context.fill();
  if (roll.selected.has(hit.id) || roll.hovered?.id === hit.id || roll.draft?.shown.includes(hit)) {
    context.globalAlpha = 1;
    context.strokeStyle = colours.selection;
    context.lineWidth = 1.5;
    context.strokeRect(x - 1.5, bottom - high - 1.5, wide + 3, high + 3);
    context.lineWidth = 1;
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

/** @param {Roll} roll @param {Palette} colours */
function drawRuler(roll, colours) {
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
function drawKeys(roll, colours) {
  const { context, keysPx } = roll;
  context.save();
  context.beginPath();
  context.rect(0, RULER_PX, keysPx, roll.bottom - RULER_PX);
  context.clip();
  context.fillStyle = colours.whiteKey;
  context.fillRect(0, RULER_PX, keysPx, roll.bottom);
  context.font = FONT;
  context.textBaseline = "middle";
  for (let pitch = LOWEST; pitch <= HIGHEST; pitch++) {
    const y = roll.y(pitch);
    if (y > roll.bottom || y + roll.rowPx < RULER_PX) continue;
    const step = pitch % 12;
    if (BLACK.has(step)) {
      context.fillStyle = colours.blackKey;
      context.beginPath();
      context.roundRect(-2, y + 0.5, keysPx * 0.6, Math.max(2, roll.rowPx - 1), 2);
      context.fill();
      context.fillStyle = colours.keyLine;
      context.fillRect(keysPx * 0.6, Math.round(y + roll.rowPx / 2), keysPx, 0.5);
    } else if (step === 0 || step === 5) {
      context.fillStyle = colours.keyLine;
      context.fillRect(0, Math.round(y + roll.rowPx) - 0.5, keysPx, step === 0 ? 1 : 0.5);
    }
    if (step === 0 && roll.rowPx > 5) {
      context.fillStyle = colours.keyText;
      context.textAlign = "right";
      context.fillText(pitchName(pitch), keysPx - 5, y + roll.rowPx / 2);
    }
  }
  context.restore();
  context.textAlign = "left";
  context.fillStyle = colours.ruler;
  context.fillRect(0, roll.bottom, keysPx, roll.lanesPx);
  context.fillStyle = colours.bar;
  context.fillRect(keysPx - 1, RULER_PX, 1, roll.height);
  if (roll.lanes.length) context.fillRect(0, roll.bottom, roll.width, 1);
  context.fillStyle = colours.text;
  const isNarrow = keysPx < KEYS_PX;
  context.font = `500 ${isNarrow ? 9 : 9.5}px Inter, system-ui, sans-serif`;
  roll.lanes.forEach((lane, index) => {
    const name = isNarrow && lane.name === "open hi-hat" ? "Open" : shortName(lane.name);
    context.fillText(name, isNarrow ? 3 : 6, roll.bottom + (index + 0.5) * LANE_PX + 0.5);
  });
  context.fillStyle = colours.ruler;
  context.fillRect(0, 0, keysPx, RULER_PX - 1);
  context.fillStyle = colours.text;
  context.fillText(roll.grid.isKnown && roll.grid.beatsPerBar ? "Bar" : "Time", 8, RULER_PX / 2);
}

/** @param {string} name of a drum */
function shortName(name) {
  const short = { "closed hi-hat": "Hat", "open hi-hat": "Open hat", "high tom": "Hi tom", "low tom": "Lo tom" };
  return /** @type {Record<string, string>} */ (short)[name] ?? name[0].toUpperCase() + name.slice(1);
}
