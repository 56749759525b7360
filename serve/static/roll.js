// The piano roll: where time and pitch lie on the canvas, what is found at a place, and moving the view.

import { drawPlayhead, drawRoll } from "./drawing.js";
import { Grid } from "./grid.js";
import { HIGHEST, KEYS_PX, LANE_PX, LOWEST, PEDAL_PX, RULER_PX } from "./roll_sizes.js";

/** @import {Event_, Hit, Note} from "./types.js" */
/** @import {Doc} from "./document.js" */
/** @import {Spectrogram} from "./spectrogram.js" */

const NARROW_KEYS_PX = 34;
const MOST_PX_PER_S = 1200;
const ROW_PX = { least: 4, most: 34 };

/** @typedef {{name: string, keys: Set<number>, key: number}} Lane */
/** @typedef {{kind: "keys" | "ruler" | "roll" | "pedal" | "lanes", time_s: number, pitch: number, lane: Lane | null}} Place */

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
    /** @type {(note: Note) => number} index of a note's colour */
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

  get pedalPx() {
    return this.doc?.pedal.length ? PEDAL_PX : 0;
  }

  /** Where the lanes of the drums begin. */
  get lanesTop() {
    return this.height - this.lanesPx;
  }

  /** Where the notes end: the pedal's lane is below, and those of the drums. */
  get bottom() {
    return this.lanesTop - this.pedalPx;
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
    const lane = y >= this.lanesTop ? (this.lanes[Math.floor((y - this.lanesTop) / LANE_PX)] ?? null) : null;
    const below = lane ? "lanes" : y >= this.bottom ? "pedal" : "roll";
    const kind = y < RULER_PX ? "ruler" : x < this.keysPx ? "keys" : below;
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
    const [from, to] = this.range(this.doc.notes, place.time_s - slack / this.pxPerS, place.time_s + slack / this.pxPerS);
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

  /** How long the pedal is down at a place. @param {number} x @param {number} y @returns {[number, number] | null} */
  pedalAt(x, y) {
    const { kind, time_s } = this.placeAt(x, y);
    if (kind !== "pedal") return null;
    return this.doc?.pedal.find(([down_s, up_s]) => down_s <= time_s && time_s <= up_s) ?? null;
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
      const top = this.lanesTop + this.laneIndex(hit.key) * LANE_PX;
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

  /** See that there are the lanes that these hits need. @param {Hit[]} hits */
  chooseLanes(hits) {
    const keys = new Set(hits.map((hit) => hit.key));
    const known = this.allLanes.filter((lane) => [...lane.keys].some((key) => keys.has(key)));
    const isOther = [...keys].some((key) => !this.allLanes.some((lane) => lane.keys.has(key)));
    this.lanes = [...known].reverse();
    if (isOther) this.lanes.push({ name: "other", keys: new Set(), key: 54 });
  }

  draw() {
    drawRoll(this);
  }

  /** The playhead alone. */
  drawPlayhead() {
    drawPlayhead(this);
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
  range(events, from_s, to_s) {
    const longest_s = events === /** @type {any} */ (this.doc?.notes) ? (this.doc?.longest_s ?? 0) : 0.1;
    return [lowerBound(events, from_s - longest_s), lowerBound(events, to_s)];
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
