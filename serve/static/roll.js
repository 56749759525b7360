// The piano roll: where time and pitch lie on the canvas, and everything that is drawn there.

import { palette } from "./colours.js";
import { Grid } from "./grid.js";

/** @import {Event_, Hit, Note} from "./types.js" */
/** @import {Doc} from "./document.js" */
/** @import {Spectrogram} from "./spectrogram.js" */
/** @import {Palette} from "./colours.js" */

export const LOWEST = 21;
export const HIGHEST = 108;
const RULER_PX = 28;
const LANE_PX = 20;
const KEYS_PX = 52;
const NARROW_KEYS_PX = 34;
const SHADES = 6; // of velocity
const MOST_PX_PER_S = 1200;
const ROW_PX = { least: 4, most: 34 };
const NAMES = ["C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B"];
const BLACK = new Set([1, 3, 6, 8, 10]);
const STEPS_S = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600];
const FONT = "500 11px Inter, system-ui, sans-serif";

/** @typedef {{name: string, keys: Set<number>, key: number}} Lane */
/** @typedef {{kind: "keys" | "ruler" | "roll" | "lanes", time_s: number, pitch: number, lane: Lane | null}} Place */

/** @param {number} pitch @returns {string} C4 is middle C */
export const pitchName = (pitch) => NAMES[pitch % 12] + (Math.floor(pitch / 12) - 1);

/** @param {number} time_s @param {number} [digits] @returns {string} minutes and seconds */
export function clock(time_s, digits = 1) {
  const minutes = Math.floor(time_s / 60);
  const seconds = (time_s - 60 * minutes).toFixed(digits).padStart(digits ? 3 + digits : 2, "0");
  return `${minutes}:${seconds}`;
}

export class Roll {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {HTMLCanvasElement} overlay for the playhead, which moves without all else being drawn again
   */
  constructor(canvas, overlay) {
    this.canvas = canvas;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
    this.overlay = overlay;
    this.overlayContext = /** @type {CanvasRenderingContext2D} */ (overlay.getContext("2d"));
    this.width = 0;
    this.height = 0;
    this.start_s = 0;
    this.pxPerS = 80;
    /** The pitch at the upper edge, a row's upper edge being half a semitone above its pitch. */
    this.top = 96;
    this.rowPx = 10;
    this.playhead_s = 0;
    /** @type {Doc | null} */
    this.doc = null;
    /** @type {Spectrogram | null} */
    this.spectrogram = null;
    this.grid = new Grid([], 0);
    /** @type {Lane[]} */
    this.allLanes = [];
    /** @type {Lane[]} */
    this.lanes = [];
    /** @type {Set<string>} ids */
    this.selected = new Set();
    /** What an edit under way hides, and shows instead. @type {{hidden: Set<string>, shown: Event_[]} | null} */
    this.draft = null;
    /** @type {{from_s: number, to_s: number, top: number, bottom: number} | null} in pixels down */
    this.marquee = null;
    /** @type {[number, number] | null} seconds */
    this.loop = null;
    this.loops = false;
    /** @type {Event_ | null} */
    this.hovered = null;
    /** @type {(program: number) => number} index of a program's colour */
    this.colourOf = () => 0;
    /** @type {(event: Event_) => boolean} whether its track is heard */
    this.isHeard = () => true;
    this._requested = 0;
    /** @type {(() => void) | null} is told when the view has moved */
    this.moved = null;
    new ResizeObserver(() => this._resize()).observe(canvas);
  }

  // Where things lie.

  get keysPx() {
    return this.width < 600 ? NARROW_KEYS_PX : KEYS_PX;
  }

  get lanesPx() {
    return this.lanes.length * LANE_PX;
  }

  get bottom() {
    return this.height - this.lanesPx;
  }

  get shown_s() {
    return Math.max(1, this.width - this.keysPx) / this.pxPerS;
  }

  get duration_s() {
    return Math.max(this.doc?.decoded.duration_s ?? 0, 1);
  }

  get centreTime_s() {
    return this.start_s + this.shown_s / 2;
  }

  /** @param {number} time_s */
  x(time_s) {
    return this.keysPx + (time_s - this.start_s) * this.pxPerS;
  }

  /** @param {number} pitch @returns {number} the upper edge of its row */
  y(pitch) {
    return RULER_PX + (this.top + 0.5 - (pitch + 0.5)) * this.rowPx;
  }

  /** @param {number} x */
  timeAt(x) {
    return this.start_s + (x - this.keysPx) / this.pxPerS;
  }

  /** @param {number} x @param {number} y @returns {Place} */
  placeAt(x, y) {
    const time_s = Math.max(0, this.timeAt(x));
    const pitch = Math.min(HIGHEST, Math.max(LOWEST, Math.ceil(this.top - (y - RULER_PX) / this.rowPx)));
    const lane = y >= this.bottom ? (this.lanes[Math.floor((y - this.bottom) / LANE_PX)] ?? null) : null;
    const kind = y < RULER_PX ? "ruler" : x < this.keysPx ? "keys" : lane ? "lanes" : "roll";
    return { kind, time_s, pitch, lane };
  }

  /** @param {number} key @returns {number} */
  laneIndex(key) {
    const index = this.lanes.findIndex((lane) => lane.keys.has(key));
    return index < 0 ? this.lanes.length - 1 : index;
  }

  /** The topmost event at a place, and which part of it. @param {number} x @param {number} y
   * @param {number} [slack] pixels that fingers may miss by
   * @returns {{event: Event_, part: "start" | "body" | "end"} | null} */
  eventAt(x, y, slack = 0) {
    const place = this.placeAt(x, y);
    if (!this.doc || x < this.keysPx) return null;
    if (place.kind === "lanes" && place.lane) {
      const near = this.doc.hits.filter(
        (hit) => this.lanes[this.laneIndex(hit.key)] === place.lane && Math.abs(this.x(hit.onset_s) - x) <= 6 + slack,
      );
      near.sort((a, b) => Math.abs(this.x(a.onset_s) - x) - Math.abs(this.x(b.onset_s) - x));
      return near.length ? { event: near[0], part: "body" } : null;
    }
    if (place.kind !== "roll") return null;
    const [from, to] = this._range(this.doc.notes, place.time_s - slack / this.pxPerS, place.time_s + slack / this.pxPerS);
    for (let index = to - 1; index >= from; index--) {
      const note = this.doc.notes[index];
      if (note.pitch !== place.pitch) continue;
      const [left, right] = [this.x(note.onset_s), Math.max(this.x(note.offset_s), this.x(note.onset_s) + 3)];
      if (x < left - slack || x > right + slack) continue;
      const grip = right - left > 18 ? 6 : right - left > 8 ? 3 : 0;
      const part = x > right - grip ? "end" : x < left + grip && right - left > 24 ? "start" : "body";
      return { event: note, part };
    }
    return null;
  }

  /** @param {{from_s: number, to_s: number, top: number, bottom: number}} area @returns {Event_[]} */
  eventsIn(area) {
    if (!this.doc) return [];
    /** @type {Event_[]} */
    const found = this.doc.notes.filter(
      (note) =>
        note.offset_s > area.from_s &&
        note.onset_s < area.to_s &&
        this.y(note.pitch) < Math.min(area.bottom, this.bottom) &&
        this.y(note.pitch) + this.rowPx > area.top,
    );
    for (const hit of this.doc.hits) {
      const top = this.bottom + this.laneIndex(hit.key) * LANE_PX;
      if (hit.onset_s >= area.from_s && hit.onset_s <= area.to_s && top < area.bottom && top + LANE_PX > area.top) {
        found.push(hit);
      }
    }
    return found;
  }

  // Moving the view.

  /** @param {number} start_s @param {number} top */
  moveTo(start_s, top) {
    this.start_s = Math.max(0, Math.min(start_s, Math.max(0, this.duration_s - 0.5 * this.shown_s)));
    const rows = (this.bottom - RULER_PX) / this.rowPx;
    this.top = rows >= 90 ? HIGHEST + 1 + (rows - 90) / 2 : Math.max(LOWEST - 1 + rows, Math.min(HIGHEST + 1, top));
    this.redraw();
    this.moved?.();
  }

  /** @param {number} factor @param {number} [x] what stays where it is */
  zoomTime(factor, x = this.keysPx + (this.width - this.keysPx) / 2) {
    const time_s = this.timeAt(x);
    const least = (this.width - this.keysPx) / (1.1 * this.duration_s + 1);
    this.pxPerS = Math.max(Math.min(least, 40), Math.min(MOST_PX_PER_S, this.pxPerS * factor));
    this.moveTo(time_s - (x - this.keysPx) / this.pxPerS, this.top);
  }

  /** @param {number} factor @param {number} [y] what stays where it is */
  zoomPitch(factor, y = (RULER_PX + this.bottom) / 2) {
    const pitch = this.top - (y - RULER_PX) / this.rowPx;
    this.rowPx = Math.max(ROW_PX.least, Math.min(ROW_PX.most, this.rowPx * factor));
    this.moveTo(this.start_s, pitch + (y - RULER_PX) / this.rowPx);
  }

  /** Show all pitches that have notes, and a good stretch of time. @param {boolean} [all] all of the time */
  fit(all = false) {
    const pitches = this.doc?.notes.map((note) => note.pitch) ?? [];
    const highest = pitches.length ? Math.max(...pitches) : 84;
    const lowest = pitches.length ? Math.min(...pitches) : 48;
    const room = Math.max(60, this.bottom - RULER_PX);
    this.rowPx = Math.max(ROW_PX.least + 1, Math.min(20, room / Math.max(24, highest - lowest + 5)));
    const shown_s = all ? this.duration_s * 1.02 : Math.min(this.duration_s, this.width < 600 ? 6 : 14);
    this.pxPerS = Math.min(MOST_PX_PER_S, (this.width - this.keysPx) / shown_s);
    const rows = room / this.rowPx;
    this.moveTo(all ? 0 : this.start_s, (highest + lowest) / 2 + rows / 2);
  }

  /** See that a time and pitch are in view. @param {Event_} event */
  reveal(event) {
    let start_s = this.start_s;
    if (event.onset_s < start_s || event.onset_s > start_s + 0.92 * this.shown_s) start_s = event.onset_s - 0.3 * this.shown_s;
    let top = this.top;
    if (event.kind === "note") {
      const rows = (this.bottom - RULER_PX) / this.rowPx;
      if (event.pitch > top - 1 || event.pitch < top - rows + 1) top = event.pitch + rows / 2;
    }
    if (start_s !== this.start_s || top !== this.top) this.moveTo(start_s, top);
  }

  // Drawing.

  /** Draw all of it with the next frame. */
  redraw() {
    if (!this._requested) {
      this._requested = requestAnimationFrame(() => {
        this._requested = 0;
        this.draw();
      });
    }
  }

  /** The lanes that are needed for these hits. @param {Hit[]} hits */
  chooseLanes(hits) {
    const keys = new Set(hits.map((hit) => hit.key));
    const known = this.allLanes.filter((lane) => [...lane.keys].some((key) => keys.has(key)));
    const isOther = [...keys].some((key) => !this.allLanes.some((lane) => lane.keys.has(key)));
    const before = this.lanes.length;
    this.lanes = [...known].reverse();
    if (isOther) this.lanes.push({ name: "other", keys: new Set(), key: 54 });
    return this.lanes.length !== before;
  }

  draw() {
    const colours = palette();
    const { context, width, height } = this;
    const ratio = devicePixelRatio;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = colours.background;
    context.fillRect(0, 0, width, height);
    context.save();
    context.beginPath();
    context.rect(this.keysPx, RULER_PX, width, this.bottom - RULER_PX);
    context.clip();
    const end_s = this.start_s + this.shown_s;
    this.spectrogram?.draw(context, this.start_s, end_s, (t) => this.x(t), this.y(HIGHEST), 88 * this.rowPx);
    this._drawRows(colours);
    this._drawGrid(colours, RULER_PX, this.bottom);
    this._drawNotes(colours);
    context.restore();
    this._drawLanes(colours);
    this._drawLoop(colours);
    this._drawRuler(colours);
    this._drawKeys(colours);
    if (this.marquee) {
      const { from_s, to_s, top, bottom } = this.marquee;
      context.fillStyle = colours.marquee;
      context.strokeStyle = colours.selection;
      context.fillRect(this.x(from_s), top, this.x(to_s) - this.x(from_s), bottom - top);
      context.strokeRect(this.x(from_s) + 0.5, top + 0.5, this.x(to_s) - this.x(from_s), bottom - top);
    }
    this.drawPlayhead();
  }

  /** The playhead alone. */
  drawPlayhead() {
    const context = this.overlayContext;
    const ratio = devicePixelRatio;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    const x = this.x(this.playhead_s);
    if (x < this.keysPx - 1 || x > this.width) return;
    const colour = palette().playhead;
    context.fillStyle = colour;
    context.fillRect(x - 0.5, RULER_PX - 6, 1.5, this.height);
    context.beginPath();
    context.moveTo(x - 6, RULER_PX - 13);
    context.lineTo(x + 6.5, RULER_PX - 13);
    context.lineTo(x + 0.25, RULER_PX - 3);
    context.fill();
  }

  _resize() {
    const { clientWidth, clientHeight } = this.canvas;
    if (!clientWidth || !clientHeight) return;
    const before = this.width;
    this.width = clientWidth;
    this.height = clientHeight;
    for (const canvas of [this.canvas, this.overlay]) {
      canvas.width = Math.round(clientWidth * devicePixelRatio);
      canvas.height = Math.round(clientHeight * devicePixelRatio);
    }
    if (before) this.moveTo(this.start_s, this.top);
    else this.fit();
    this.draw();
  }

  /** The first and one behind the last of what may be in view. @template {Event_} T
   * @param {T[]} events by onset @param {number} from_s @param {number} to_s @returns {[number, number]} */
  _range(events, from_s, to_s) {
    const longest_s = events === /** @type {any} */ (this.doc?.notes) ? (this.doc?.longest_s ?? 0) : 0.1;
    return [lowerBound(events, from_s - longest_s), lowerBound(events, to_s)];
  }

  /** @param {Palette} colours */
  _drawRows(colours) {
    const { context } = this;
    for (let pitch = LOWEST; pitch <= HIGHEST; pitch++) {
      const y = this.y(pitch);
      if (y > this.bottom || y + this.rowPx < RULER_PX) continue;
      if (BLACK.has(pitch % 12)) {
        context.fillStyle = colours.blackKeyRow;
        context.fillRect(this.keysPx, y, this.width, this.rowPx);
      } else if (pitch % 12 === 0) {
        context.fillStyle = colours.octave;
        context.fillRect(this.keysPx, Math.round(y + this.rowPx), this.width, 1);
      }
    }
  }

  /** @param {Palette} colours @param {number} top @param {number} bottom */
  _drawGrid(colours, top, bottom) {
    if (!this.grid.isKnown) return;
    const { context, grid } = this;
    const perBar = grid.beatsPerBar || 4;
    const first = Math.ceil(grid.beatAt(this.start_s));
    const last = Math.floor(grid.beatAt(this.start_s + this.shown_s));
    const beatPx = (this.width / Math.max(1, last - first)) | 0;
    for (let beat = first; beat <= last; beat++) {
      const isBar = grid.beatsPerBar > 0 && beat % perBar === 0;
      if (!isBar && beatPx < 14) continue;
      if (isBar && beatPx * perBar < 5) continue;
      context.fillStyle = isBar ? colours.bar : colours.beat;
      context.fillRect(Math.round(this.x(grid.timeAt(beat))), top, 1, bottom - top);
    }
  }

  /** @param {Palette} colours */
  _drawNotes(colours) {
    if (!this.doc) return;
    const { notes } = this.doc;
    const [from, to] = this._range(notes, this.start_s, this.start_s + this.shown_s);
    /** @type {Map<number, Note[]>} by colour and shade, so that the fill changes seldom */
    const groups = new Map();
    const hidden = this.draft?.hidden;
    for (let index = from; index < to; index++) {
      const note = notes[index];
      if (note.offset_s < this.start_s || hidden?.has(note.id)) continue;
      const shade = Math.min(SHADES - 1, Math.floor((note.velocity / 128) * SHADES));
      const key = this.colourOf(note.program) * 100 + shade * 2 + (this.isHeard(note) ? 1 : 0);
      const group = groups.get(key);
      if (group) group.push(note);
      else groups.set(key, [note]);
    }
    const { context } = this;
    const gap = this.rowPx > 7 ? 1 : 0;
    const rounds = this.rowPx > 8 && to - from < 1500;
    const radius = Math.min(3, this.rowPx / 4);
    for (const [key, group] of groups) {
      const colour = colours.notes[Math.floor(key / 100) % colours.notes.length];
      const shade = Math.floor((key % 100) / 2);
      context.fillStyle = colour;
      context.globalAlpha = (0.42 + (0.58 * shade) / (SHADES - 1)) * (key % 2 ? 1 : 0.28);
      context.beginPath();
      for (const note of group) {
        const left = this.x(note.onset_s);
        const wide = Math.max(2.5, (note.offset_s - note.onset_s) * this.pxPerS - 0.5);
        if (rounds) context.roundRect(left, this.y(note.pitch) + gap / 2, wide, this.rowPx - gap, radius);
        else context.rect(left, this.y(note.pitch) + gap / 2, wide, this.rowPx - gap);
      }
      context.fill();
      if (rounds) {
        // A bright edge where a note begins makes repeated notes readable.
        context.globalAlpha = key % 2 ? 1 : 0.4;
        for (const note of group) context.fillRect(this.x(note.onset_s), this.y(note.pitch) + gap / 2, 2, this.rowPx - gap);
      }
    }
    context.globalAlpha = 1;
    for (let index = from; index < to; index++) {
      const note = notes[index];
      if (!hidden?.has(note.id)) this._drawMarks(colours, note, gap);
    }
    for (const event of this.draft?.shown ?? []) {
      if (event.kind !== "note") continue;
      context.fillStyle = colours.notes[this.colourOf(event.program) % colours.notes.length];
      const wide = Math.max(2.5, (event.offset_s - event.onset_s) * this.pxPerS - 0.5);
      context.fillRect(this.x(event.onset_s), this.y(event.pitch) + gap / 2, wide, this.rowPx - gap);
      this._outline(colours, event, gap);
    }
  }

  /** That it is selected, or made by hand. @param {Palette} colours @param {Note} note @param {number} gap */
  _drawMarks(colours, note, gap) {
    if (this.selected.has(note.id) || this.hovered?.id === note.id) this._outline(colours, note, gap);
    if (note.id[0] === "h" && this.rowPx >= 6) {
      const { context } = this;
      context.fillStyle = colours.hand;
      context.beginPath();
      context.arc(this.x(note.onset_s) + 6, this.y(note.pitch) + this.rowPx / 2, Math.min(2, this.rowPx / 5), 0, 7);
      context.fill();
    }
  }

  /** @param {Palette} colours @param {Note} note @param {number} gap */
  _outline(colours, note, gap) {
    const { context } = this;
    const wide = Math.max(2.5, (note.offset_s - note.onset_s) * this.pxPerS - 0.5);
    context.strokeStyle = colours.selection;
    context.lineWidth = this.selected.has(note.id) || this.draft ? 2 : 1;
    context.beginPath();
    context.roundRect(this.x(note.onset_s), this.y(note.pitch) + gap / 2, wide, this.rowPx - gap, Math.min(3, this.rowPx / 4));
    context.stroke();
    context.lineWidth = 1;
  }

  /** @param {Palette} colours */
  _drawLanes(colours) {
    if (!this.lanes.length) return;
    const { context } = this;
    context.fillStyle = colours.lanes;
    context.fillRect(0, this.bottom, this.width, this.lanesPx);
    context.save();
    context.beginPath();
    context.rect(this.keysPx, this.bottom, this.width, this.lanesPx);
    context.clip();
    this._drawGrid(colours, this.bottom, this.height);
    context.fillStyle = colours.laneLine;
    this.lanes.forEach((_, index) => context.fillRect(this.keysPx, this.bottom + index * LANE_PX, this.width, 1));
    const hits = this.doc?.hits ?? [];
    const [from, to] = this._range(hits, this.start_s - 0.1, this.start_s + this.shown_s);
    for (let index = from; index < to; index++) if (!this.draft?.hidden.has(hits[index].id)) this._drawHit(colours, hits[index]);
    for (const event of this.draft?.shown ?? []) if (event.kind === "hit") this._drawHit(colours, event);
    context.globalAlpha = 1;
    context.restore();
  }

  /** @param {Palette} colours @param {Hit} hit */
  _drawHit(colours, hit) {
    const { context } = this;
    const bottom = this.bottom + (this.laneIndex(hit.key) + 1) * LANE_PX - 2;
    const high = 4 + (hit.velocity / 127) * (LANE_PX - 7);
    const x = this.x(hit.onset_s);
    const wide = this.pxPerS > 30 ? 5 : 2.5;
    context.globalAlpha = this.isHeard(hit) ? 0.5 + 0.5 * (hit.velocity / 127) : 0.25;
    context.fillStyle = colours.drums;
    context.beginPath();
    context.roundRect(x, bottom - high, wide, high, 1.5);
    context.fill();
    if (this.selected.has(hit.id) || this.hovered?.id === hit.id || this.draft?.shown.includes(hit)) {
      context.globalAlpha = 1;
      context.strokeStyle = colours.selection;
      context.lineWidth = 1.5;
      context.strokeRect(x - 1.5, bottom - high - 1.5, wide + 3, high + 3);
      context.lineWidth = 1;
    }
  }

  /** @param {Palette} colours */
  _drawLoop(colours) {
    if (!this.loop) return;
    const { context } = this;
    const [left, right] = [Math.max(this.keysPx, this.x(this.loop[0])), this.x(this.loop[1])];
    if (right < this.keysPx) return;
    context.globalAlpha = this.loops ? 1 : 0.45;
    context.fillStyle = colours.loop;
    context.fillRect(left, RULER_PX, right - left, this.height);
    context.globalAlpha = 1;
  }

  /** @param {Palette} colours */
  _drawRuler(colours) {
    const { context } = this;
    context.fillStyle = colours.ruler;
    context.fillRect(0, 0, this.width, RULER_PX);
    context.fillStyle = colours.bar;
    context.fillRect(0, RULER_PX - 1, this.width, 1);
    if (this.loop) {
      const [left, right] = [Math.max(this.keysPx, this.x(this.loop[0])), this.x(this.loop[1])];
      context.fillStyle = colours.loopEdge;
      context.globalAlpha = this.loops ? 1 : 0.45;
      if (right > this.keysPx) context.fillRect(left, RULER_PX - 5, right - left, 4);
      context.globalAlpha = 1;
    }
    context.font = FONT;
    context.textBaseline = "middle";
    if (this.grid.isKnown && this.grid.beatsPerBar) this._drawBarNumbers(colours);
    else this._drawSeconds(colours);
  }

  /** @param {Palette} colours */
  _drawBarNumbers(colours) {
    const { context, grid } = this;
    const first = Math.floor(grid.beatAt(this.start_s) / grid.beatsPerBar);
    const last = Math.ceil(grid.beatAt(this.start_s + this.shown_s) / grid.beatsPerBar);
    const barPx = (this.width - this.keysPx) / Math.max(1, last - first);
    const every = [1, 2, 4, 8, 16, 32, 64, 128].find((step) => step * barPx > 34) ?? 256;
    for (let bar = first; bar <= last; bar++) {
      if (bar % every) continue;
      const x = this.x(grid.timeAt(bar * grid.beatsPerBar));
      if (x < this.keysPx - 1) continue;
      context.fillStyle = colours.bar;
      context.fillRect(Math.round(x), 8, 1, RULER_PX - 8);
      context.fillStyle = colours.text;
      context.fillText(String(bar + 1), x + 5, RULER_PX / 2);
    }
  }

  /** @param {Palette} colours */
  _drawSeconds(colours) {
    const { context } = this;
    const step_s = STEPS_S.find((step) => step * this.pxPerS > 56) ?? 1200;
    for (let tick = Math.ceil(this.start_s / step_s); tick * step_s < this.start_s + this.shown_s; tick++) {
      const x = this.x(tick * step_s);
      context.fillStyle = colours.bar;
      context.fillRect(Math.round(x), 8, 1, RULER_PX - 8);
      context.fillStyle = colours.text;
      context.fillText(clock(tick * step_s, step_s < 1 ? 1 : 0), x + 5, RULER_PX / 2);
    }
  }

  /** @param {Palette} colours */
  _drawKeys(colours) {
    const { context, keysPx } = this;
    context.save();
    context.beginPath();
    context.rect(0, RULER_PX, keysPx, this.bottom - RULER_PX);
    context.clip();
    context.fillStyle = colours.whiteKey;
    context.fillRect(0, RULER_PX, keysPx, this.bottom);
    context.font = FONT;
    context.textBaseline = "middle";
    for (let pitch = LOWEST; pitch <= HIGHEST; pitch++) {
      const y = this.y(pitch);
      if (y > this.bottom || y + this.rowPx < RULER_PX) continue;
      const step = pitch % 12;
      if (BLACK.has(step)) {
        context.fillStyle = colours.blackKey;
        context.beginPath();
        context.roundRect(-2, y + 0.5, keysPx * 0.6, Math.max(2, this.rowPx - 1), 2);
        context.fill();
        context.fillStyle = colours.keyLine;
        context.fillRect(keysPx * 0.6, Math.round(y + this.rowPx / 2), keysPx, 0.5);
      } else if (step === 0 || step === 5) {
        context.fillStyle = colours.keyLine;
        context.fillRect(0, Math.round(y + this.rowPx) - 0.5, keysPx, step === 0 ? 1 : 0.5);
      }
      if (step === 0 && this.rowPx > 5) {
        context.fillStyle = colours.keyText;
        context.textAlign = "right";
        context.fillText(pitchName(pitch), keysPx - 5, y + this.rowPx / 2);
      }
    }
    context.restore();
    context.textAlign = "left";
    context.fillStyle = colours.ruler;
    context.fillRect(0, this.bottom, keysPx, this.lanesPx);
    context.fillStyle = colours.bar;
    context.fillRect(keysPx - 1, RULER_PX, 1, this.height);
    if (this.lanes.length) context.fillRect(0, this.bottom, this.width, 1);
    context.fillStyle = colours.text;
    const isNarrow = keysPx < KEYS_PX;
    context.font = `500 ${isNarrow ? 9 : 9.5}px Inter, system-ui, sans-serif`;
    this.lanes.forEach((lane, index) => {
      const name = isNarrow && lane.name === "open hi-hat" ? "Open" : shortName(lane.name);
      context.fillText(name, isNarrow ? 3 : 6, this.bottom + (index + 0.5) * LANE_PX + 0.5);
    });
    context.fillStyle = colours.ruler;
    context.fillRect(0, 0, keysPx, RULER_PX - 1);
    context.fillStyle = colours.text;
    context.fillText(this.grid.isKnown && this.grid.beatsPerBar ? "Bar" : "Time", 8, RULER_PX / 2);
  }
}

/** The first event that begins at or after a time. @template {Event_} T
 * @param {T[]} events by onset @param {number} time_s @returns {number} */
export function lowerBound(events, time_s) {
  let [low, high] = [0, events.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (events[middle].onset_s < time_s) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** @param {string} name of a drum */
function shortName(name) {
  const short = { "closed hi-hat": "Hat", "open hi-hat": "Open hat", "high tom": "Hi tom", "low tom": "Lo tom" };
  return /** @type {Record<string, string>} */ (short)[name] ?? name[0].toUpperCase() + name.slice(1);
}
