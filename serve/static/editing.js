// What a person does to notes and hits: every change is one step of the document.

import { newId } from "./document.js";
import { HIGHEST, LOWEST } from "./roll_sizes.js";

/** @import {Event_, Hit, Note} from "./types.js" */
/** @import {Doc} from "./document.js" */
/** @import {Roll} from "./roll.js" */

export const SHORTEST_S = 0.03;

export class Editing {
  /** @param {Roll} roll @param {(event: Event_) => void} audition */
  constructor(roll, audition) {
    this.roll = roll;
    this.audition = audition;
    /** Places in a beat that notes go to; 0 for anywhere. */
    this.snap = 0;
    this.velocity = 80;
    this.program = 0;
    /** @type {() => void} is told when another selection is made */
    this.chosen = () => {};
  }

  /** @returns {Doc | null} */
  get doc() {
    return this.roll.doc;
  }

  /** @returns {Event_[]} by time */
  get selection() {
    const events = [...this.roll.selected].map((id) => this.doc?.events.get(id)).filter((event) => event !== undefined);
    return events.sort((a, b) => a.onset_s - b.onset_s);
  }

  /** @param {Iterable<string>} ids */
  select(ids) {
    this.roll.selected = new Set(ids);
    this.roll.redraw();
    this.chosen();
  }

  /** @param {string} id add it, or take it away */
  toggle(id) {
    const ids = new Set(this.roll.selected);
    if (!ids.delete(id)) ids.add(id);
    this.select(ids);
  }

  selectAll() {
    this.select(this.doc?.events.keys() ?? []);
  }

  /** The event after or before the selected one, in time. @param {1 | -1} direction @param {number} from_s if none is */
  selectNext(direction, from_s) {
    if (!this.doc) return;
    const all = [...this.doc.notes, ...this.doc.hits].sort((a, b) => a.onset_s - b.onset_s);
    if (!all.length) return;
    const at = this.selection.at(direction > 0 ? -1 : 0);
    let index = at ? all.indexOf(at) + direction : all.findIndex((event) => event.onset_s >= from_s);
    if (!at && index < 0) index = all.length - 1;
    index = Math.max(0, Math.min(all.length - 1, index));
    this.select([all[index].id]);
    this.roll.reveal(all[index]);
    this.audition(all[index]);
  }

  /** Put changed events in the place of the selected ones. @param {string} label
   * @param {(event: Event_) => Event_} change */
  change(label, change) {
    const before = this.selection;
    const after = before.map((event) => this.mended(event, change(event)));
    this.replace(label, before, after);
  }

  /** @param {string} label @param {Event_[]} before @param {Event_[]} after */
  replace(label, before, after) {
    if (!before.length && !after.length) return;
    this.doc?.apply({ label, remove: before.map((event) => event.id), add: after });
    this.select(after.map((event) => event.id));
  }

  /** An event as a person has changed it: what can be, under an id of its own, and certain.
   * @param {Event_} before @param {Event_} after @returns {Event_} */
  mended(before, after) {
    const id = before.id[0] === "h" ? before.id : newId();
    return this.possible({ ...after, id, confidence: 1 });
  }

  /** @param {Event_} event @returns {Event_} the nearest that there can be */
  possible(event) {
    const latest_s = this.roll.duration_s;
    const onset_s = Math.max(0, Math.min(event.onset_s, latest_s - 0.001));
    const velocity = Math.max(1, Math.min(127, Math.round(event.velocity)));
    if (event.kind === "hit") return { ...event, onset_s, velocity, offset_s: endOfHit(event, onset_s) };
    const pitch = Math.max(LOWEST, Math.min(HIGHEST, Math.round(event.pitch)));
    const offset_s = Math.max(onset_s + SHORTEST_S, event.offset_s);
    return { ...event, onset_s, offset_s, pitch, velocity };
  }

  delete() {
    const { selection } = this;
    if (selection.length) this.replace(`delete ${counted(selection)}`, selection, []);
  }

  /** @param {number} by_s @param {number} bySemitones */
  move(by_s, bySemitones) {
    this.change(`move ${counted(this.selection)}`, (event) => this.moved(event, by_s, bySemitones));
    if (bySemitones && this.selection.length === 1) this.audition(this.selection[0]);
  }

  /** @param {Event_} event @param {number} by_s @param {number} bySteps semitones, or lanes downwards
   * @returns {Event_} */
  moved(event, by_s, bySteps) {
    const onset_s = Math.max(0, event.onset_s + by_s);
    if (event.kind === "note") {
      const pitch = Math.max(LOWEST, Math.min(HIGHEST, event.pitch + bySteps));
      return { ...atAnotherTime(event, onset_s), pitch };
    }
    const offset_s = event.offset_s ? event.offset_s + onset_s - event.onset_s : null;
    if (!bySteps) return { ...event, onset_s, offset_s };
    const { lanes } = this.roll;
    const lane = lanes[Math.max(0, Math.min(lanes.length - 1, this.roll.laneIndex(event.key) - bySteps))];
    return { ...event, onset_s, offset_s, key: lane.key };
  }

  /** @param {number} by_s */
  stretch(by_s) {
    this.change(`stretch ${counted(this.selection)}`, (event) =>
      event.kind === "note" ? { ...event, offset_s: event.offset_s + by_s } : event,
    );
  }

  /** @param {number} by */
  louder(by) {
    this.change(`velocity of ${counted(this.selection)}`, (event) => ({ ...event, velocity: event.velocity + by }));
    if (this.selection.length === 1) this.audition(this.selection[0]);
  }

  /** @param {number} onset_s @param {number} offset_s @param {number} pitch @returns {Note} */
  newNote(onset_s, offset_s, pitch) {
    const { velocity, program } = this;
    return /** @type {Note} */ (
      this.possible({ id: newId(), kind: "note", onset_s, offset_s, pitch, velocity, program, confidence: 1 })
    );
  }

  /** @param {number} onset_s @param {number} key @returns {Hit} */
  newHit(onset_s, key) {
    return /** @type {Hit} */ (
      this.possible({ id: newId(), kind: "hit", onset_s, key, velocity: this.velocity, confidence: 1 })
    );
  }

  /** @param {Event_} event */
  add(event) {
    this.replace(event.kind === "note" ? "add a note" : "add a hit", [], [event]);
    this.audition(event);
  }

  /** A length that suits the tempo. @returns {number} seconds */
  usualLength_s(time_s = 0) {
    const { grid } = this.roll;
    return grid.isKnown ? 60 / grid.beatsPerMinute(time_s) / (this.snap || 2) : 0.25;
  }

  /** @param {number} time_s */
  snapped(time_s) {
    return this.roll.grid.snapped(time_s, this.snap);
  }
}

/** The note with all its times, those of its bend too. @param {Note} note @param {number} onset_s @returns {Note} */
function atAnotherTime(note, onset_s) {
  const by_s = onset_s - note.onset_s;
  const bend = note.bend?.map(([time_s, cents]) => /** @type {[number, number]} */ ([time_s + by_s, cents]));
  return { ...note, onset_s, offset_s: note.offset_s + by_s, ...(bend && { bend: bend.filter(([time_s]) => time_s >= 0) }) };
}

/** Where a choked cymbal is cut off; null of what rings out, or was dragged beyond its end.
 * @param {import("./types.js").Hit} hit @param {number} onset_s @returns {number | null} */
function endOfHit(hit, onset_s) {
  return hit.offset_s && hit.offset_s > onset_s ? hit.offset_s : null;
}

/** @param {Event_[]} events @returns {string} "3 notes" */
export function counted(events) {
  const hits = events.filter((event) => event.kind === "hit").length;
  const notes = events.length - hits;
  const parts = [];
  if (notes || !hits) parts.push(notes === 1 ? "1 note" : `${notes} notes`);
  if (hits) parts.push(hits === 1 ? "1 hit" : `${hits} hits`);
  return parts.join(" and ");
}
