// Mouse, pen and fingers on the roll: seek, loop, select, move, stretch, draw; scroll and zoom.

import { counted } from "./editing.js";

/** @import {Event_, Tempo} from "./types.js" */
/** @import {Editing} from "./editing.js" */
/** @import {Place, Roll} from "./roll.js" */

const DRAG_PX = 4;
const DOUBLE_MS = 350;
const FINGER_PX = 8;
const BAR_PX = 5; // from a bar's line, which can be dragged

/**
 * @typedef {{move: (x: number, y: number) => void, end: () => void, cancel?: () => void}} Gesture
 * @typedef {{seek: (time_s: number) => void, setLoop: (loop: [number, number] | null) => void,
 *   playKey: (pitch: number) => void, hover: (event: Event_ | null, x: number, y: number) => void,
 *   draftTempo: (tempo: Tempo) => void, setTempo: (tempo: Tempo) => void}} Actions
 */

export class Pointing {
  /** @param {Roll} roll @param {Editing} editing @param {Actions} actions */
  constructor(roll, editing, actions) {
    this.roll = roll;
    this.editing = editing;
    this.actions = actions;
    /** @type {"select" | "draw"} */
    this.tool = "select";
    /** @type {Gesture | null} */
    this.gesture = null;
    /** @type {Map<number, {x: number, y: number}>} fingers that are down */
    this.pointers = new Map();
    this.lastDown = { at_ms: 0, x: 0, y: 0 };
    const { canvas } = roll;
    canvas.addEventListener("pointerdown", (event) => this._down(event));
    canvas.addEventListener("pointermove", (event) => this._move(event));
    canvas.addEventListener("pointerup", (event) => this._up(event, true));
    canvas.addEventListener("pointercancel", (event) => this._up(event, false));
    canvas.addEventListener("pointerleave", () => this._hover(null, 0, 0));
    canvas.addEventListener("wheel", (event) => this._wheel(event), { passive: false });
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  /** Give up what is being dragged. @returns {boolean} whether anything was */
  cancel() {
    if (!this.gesture) return false;
    this.gesture.cancel?.();
    this.gesture = null;
    this._noDraft();
    return true;
  }

  /** @param {PointerEvent} event */
  _down(event) {
    const { offsetX: x, offsetY: y } = event;
    this.roll.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, { x, y });
    if (this.pointers.size === 2) {
      this.cancel();
      this.gesture = this._pinch();
      return;
    }
    const near = Math.abs(x - this.lastDown.x) + Math.abs(y - this.lastDown.y) < 12;
    const isDouble = near && event.timeStamp - this.lastDown.at_ms < DOUBLE_MS;
    this.lastDown = { at_ms: isDouble ? 0 : event.timeStamp, x, y };
    this.gesture = this._begin(event, x, y, isDouble);
  }

  /** @param {PointerEvent} event */
  _move(event) {
    const { offsetX: x, offsetY: y } = event;
    if (this.pointers.has(event.pointerId)) this.pointers.set(event.pointerId, { x, y });
    if (this.gesture) this.gesture.move(x, y);
    else this._hover(this.roll.eventAt(x, y), x, y);
  }

  /** @param {PointerEvent} event @param {boolean} isMeant */
  _up(event, isMeant) {
    this.pointers.delete(event.pointerId);
    if (!this.gesture) return;
    if (isMeant) this.gesture.end();
    else this.gesture.cancel?.();
    this.gesture = null;
    this._noDraft();
  }

  _noDraft() {
    this.roll.draft = null;
    this.roll.marquee = null;
    this.roll.redraw();
  }

  /** @param {ReturnType<Roll["eventAt"]>} found @param {number} x @param {number} y */
  _hover(found, x, y) {
    const { roll } = this;
    const kind = roll.placeAt(x, y).kind;
    const editable = kind === "roll" || kind === "lanes";
    const cursor =
      found && found.part !== "body" ? "ew-resize" : found ? "grab" : this.tool === "draw" && editable ? "crosshair" : "";
    const elsewhere = kind === "keys" ? "pointer" : kind !== "ruler" ? "default" : this._barAt(x) === null ? "text" : "ew-resize";
    roll.canvas.style.cursor = cursor || elsewhere;
    if (roll.hovered?.id !== found?.event.id) {
      roll.hovered = found?.event ?? null;
      roll.redraw();
    }
    this.actions.hover(found?.event ?? null, x, y);
  }

  /** @param {PointerEvent} event @param {number} x @param {number} y @param {boolean} isDouble @returns {Gesture | null} */
  _begin(event, x, y, isDouble) {
    const { roll, editing } = this;
    const place = roll.placeAt(x, y);
    this.actions.hover(null, x, y);
    if (event.button === 1) return this._pan(x, y);
    const bar = place.kind === "ruler" && event.pointerType !== "touch" ? this._barAt(x) : null;
    if (bar !== null) return this._dragBar(bar, x, event.shiftKey);
    if (place.kind === "ruler") return this._rule(place, x);
    if (place.kind === "keys") return this._playKeys(place);
    if (!roll.doc) return null;
    const isFinger = event.pointerType === "touch";
    const found = roll.eventAt(x, y, isFinger ? FINGER_PX : 0);
    if (found && event.button === 2) {
      editing.select([found.event.id]);
      editing.delete();
      return null;
    }
    if (found) {
      if (event.shiftKey || event.ctrlKey || event.metaKey) {
        editing.toggle(found.event.id);
        return null;
      }
      // A finger scrolls over notes that it has not chosen before.
      if (isFinger && !roll.selected.has(found.event.id)) return this._panOrTap(x, y, found.event);
      if (!roll.selected.has(found.event.id)) editing.select([found.event.id]);
      editing.audition(found.event);
      return found.part === "body" ? this._dragMove(x, y) : this._dragEdge(x, found.part);
    }
    if ((this.tool === "draw" || isDouble) && place.kind !== "pedal") return this._draw(place, x);
    if (isFinger) return this._panOrTap(x, y, null);
    return this._mark(x, y, event.shiftKey);
  }

  /** @param {Place} place @param {number} x @returns {Gesture} */
  _rule(place, x) {
    const { roll, actions, editing } = this;
    let isDrag = false;
    return {
      move: (to) => {
        isDrag ||= Math.abs(to - x) > DRAG_PX;
        if (!isDrag) return;
        const ends = [place.time_s, Math.max(0, roll.timeAt(to))].map((time_s) => editing.snapped(time_s));
        const [from_s, to_s] = ends.sort((a, b) => a - b);
        if (to_s - from_s > 0.05) actions.setLoop([from_s, Math.min(to_s, roll.duration_s)]);
      },
      end: () => {
        if (!isDrag) actions.seek(place.time_s);
      },
    };
  }

  /** The bar that begins at a place of the ruler. @param {number} x @returns {number | null} */
  _barAt(x) {
    const { roll } = this;
    if (!roll.doc || !roll.grid.isKnown || !roll.grid.beatsPerBar) return null;
    const bar = Math.round(roll.grid.beatAt(roll.timeAt(x)) / roll.grid.beatsPerBar);
    const off = Math.abs(roll.x(roll.grid.timeAt(bar * roll.grid.beatsPerBar)) - x);
    return off <= BAR_PX ? bar : null;
  }

  /** Moves all bars; or, if it stretches, the tempo such that this bar begins elsewhere and the first in view does not.
   * @param {number} bar @param {number} x @param {boolean} stretches @returns {Gesture} */
  _dragBar(bar, x, stretches) {
    const { roll, actions } = this;
    const { grid } = roll;
    const inView = Math.ceil(grid.beatAt(roll.start_s) / grid.beatsPerBar);
    const first = bar > inView ? inView : bar - 1;
    const before = grid.tempoFrom(stretches ? first : bar);
    const bar_s = (60 / before.beats_per_minute) * before.beats_per_bar;
    /** @type {Tempo | null} */
    let after = null;
    return {
      move: (toX) => {
        if (!after && Math.abs(toX - x) <= DRAG_PX) return;
        const by_s = (toX - x) / roll.pxPerS;
        if (stretches) {
          const new_s = Math.max(0.2, bar_s + by_s / (bar - first));
          const beats_per_minute = Math.min(400, Math.max(20, (60 * before.beats_per_bar) / new_s));
          const anchor_s = grid.timeAt(first * grid.beatsPerBar);
          const length_s = (60 / beats_per_minute) * before.beats_per_bar;
          after = { ...before, beats_per_minute, first_bar_s: anchor_s - Math.floor(anchor_s / length_s) * length_s };
        } else {
          const moved_s = before.first_bar_s + by_s;
          after = { ...before, first_bar_s: moved_s - Math.floor(moved_s / bar_s) * bar_s };
        }
        actions.draftTempo(after);
      },
      end: () => {
        if (after) actions.setTempo(after);
        else actions.seek(roll.timeAt(x));
      },
      cancel: () => {
        roll.grid = grid;
      },
    };
  }

  /** @param {Place} place @returns {Gesture} */
  _playKeys(place) {
    let { pitch } = place;
    this.actions.playKey(pitch);
    return {
      move: (x, y) => {
        const now = this.roll.placeAt(x, y).pitch;
        if (now !== pitch) this.actions.playKey((pitch = now));
      },
      end: () => {},
    };
  }

  /** @param {number} x @param {number} y @returns {Gesture} */
  _pan(x, y) {
    const { roll } = this;
    const { start_s, top } = roll;
    return {
      move: (toX, toY) => roll.moveTo(start_s - (toX - x) / roll.pxPerS, top + (toY - y) / roll.rowPx),
      end: () => {},
    };
  }

  /** @param {number} x @param {number} y @param {Event_ | null} event @returns {Gesture} */
  _panOrTap(x, y, event) {
    const pan = this._pan(x, y);
    let isDrag = false;
    return {
      move: (toX, toY) => {
        isDrag ||= Math.hypot(toX - x, toY - y) > 2 * DRAG_PX;
        if (isDrag) pan.move(toX, toY);
      },
      end: () => {
        if (isDrag) return;
        this.editing.select(event ? [event.id] : []);
        if (event) this.editing.audition(event);
      },
    };
  }

  /** @returns {Gesture} */
  _pinch() {
    const { roll } = this;
    const spread = () => {
      const [a, b] = [...this.pointers.values()];
      return { x: (a.x + b.x) / 2, wide: Math.max(30, Math.hypot(a.x - b.x, a.y - b.y)) };
    };
    let before = spread();
    return {
      move: () => {
        if (this.pointers.size < 2) return;
        const now = spread();
        roll.zoomTime(now.wide / before.wide, now.x);
        roll.moveTo(roll.start_s - (now.x - before.x) / roll.pxPerS, roll.top);
        before = now;
      },
      end: () => {},
    };
  }

  /** @param {number} x @param {number} y @param {boolean} adds @returns {Gesture} */
  _mark(x, y, adds) {
    const { roll, editing } = this;
    const before = adds ? new Set(roll.selected) : new Set();
    if (!adds) editing.select([]);
    return {
      move: (toX, toY) => {
        const [from_s, to_s] = [roll.timeAt(Math.min(x, toX)), roll.timeAt(Math.max(x, toX))];
        roll.marquee = { from_s, to_s, top: Math.min(y, toY), bottom: Math.max(y, toY) };
        editing.select([...before, ...roll.eventsIn(roll.marquee).map((event) => event.id)]);
      },
      end: () => {},
    };
  }

  /** @param {number} x @param {number} y @returns {Gesture} */
  _dragMove(x, y) {
    const { roll, editing } = this;
    const before = editing.selection;
    const grabbed = roll.eventAt(x, y)?.event ?? before[0];
    const onLanes = grabbed.kind === "hit";
    let isDrag = false;
    /** @type {Event_[]} */
    let after = [];
    let sounding = grabbed.kind === "note" ? grabbed.pitch : grabbed.key;
    return {
      move: (toX, toY) => {
        isDrag ||= Math.abs(toX - x) > DRAG_PX || Math.abs(toY - y) > DRAG_PX;
        if (!isDrag) return;
        const by_s = editing.snapped(grabbed.onset_s + (toX - x) / roll.pxPerS) - grabbed.onset_s;
        const steps = Math.round((y - toY) / (onLanes ? 20 : roll.rowPx));
        const moves_s = Math.abs(toX - x) > DRAG_PX ? by_s : 0;
        after = before.map((event) => {
          const follows = (event.kind === "hit") === onLanes;
          return editing.mended(event, editing.moved(event, moves_s, follows ? steps : 0));
        });
        roll.draft = { hidden: new Set(before.map((event) => event.id)), shown: after };
        const now = after[before.indexOf(grabbed)];
        const sound = now.kind === "note" ? now.pitch : now.key;
        if (sound !== sounding) editing.audition(now);
        sounding = sound;
        roll.redraw();
      },
      end: () => {
        if (isDrag) editing.replace(`move ${counted(before)}`, before, after);
      },
    };
  }

  /** @param {number} x @param {"start" | "end"} part @returns {Gesture} */
  _dragEdge(x, part) {
    const { roll, editing } = this;
    const before = editing.selection.filter((event) => event.kind === "note");
    /** @type {Event_[]} */
    let after = [];
    return {
      move: (toX) => {
        const by_s = (toX - x) / roll.pxPerS;
        after = before.map((note) => {
          if (part === "end") return editing.mended(note, { ...note, offset_s: editing.snapped(note.offset_s + by_s) });
          const onset_s = Math.min(editing.snapped(Math.max(0, note.onset_s + by_s)), note.offset_s - 0.03);
          return editing.mended(note, { ...note, onset_s });
        });
        roll.draft = { hidden: new Set(before.map((event) => event.id)), shown: after };
        roll.redraw();
      },
      end: () => {
        if (after.length) editing.replace(`stretch ${counted(before)}`, before, after);
      },
    };
  }

  /** @param {Place} place @param {number} x @returns {Gesture} */
  _draw(place, x) {
    const { roll, editing } = this;
    const onset_s = editing.snapped(place.time_s);
    if (place.lane) {
      editing.add(editing.newHit(onset_s, place.lane.key));
      return { move: () => {}, end: () => {} };
    }
    let note = editing.newNote(onset_s, onset_s + editing.usualLength_s(onset_s), place.pitch);
    roll.draft = { hidden: new Set(), shown: [note] };
    roll.redraw();
    return {
      move: (toX) => {
        if (toX - x > DRAG_PX) {
          const offset_s = editing.snapped(roll.timeAt(toX));
          note = { ...note, offset_s: Math.max(offset_s, onset_s + 0.03) };
          roll.draft = { hidden: new Set(), shown: [note] };
          roll.redraw();
        }
      },
      end: () => editing.add(note),
    };
  }

  /** @param {WheelEvent} event */
  _wheel(event) {
    event.preventDefault();
    const { roll } = this;
    const unit = event.deltaMode === 1 ? 16 : 1;
    const [dx, dy] = [event.deltaX * unit, event.deltaY * unit];
    if (event.ctrlKey || event.metaKey) roll.zoomTime(Math.exp(-dy * 0.0028), event.offsetX);
    else if (event.altKey) roll.zoomPitch(Math.exp(-dy * 0.0028), event.offsetY);
    else {
      const [right, down] = event.shiftKey ? [dx || dy, 0] : [dx, dy];
      roll.moveTo(roll.start_s + right / roll.pxPerS, roll.top - down / roll.rowPx);
    }
  }
}
