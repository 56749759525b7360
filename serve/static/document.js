// What a person makes of a recording: settings, and steps of editing over what is decoded with them.
// The server does the same with the same steps (serve/document.py).

import * as api from "./api.js";

/** @import {Decoded, Event_, Hit, Note, Settings, Step, Tempo} from "./types.js" */

const SAVE_AFTER_MS = 250;
// Of rest, in which no slider moves, until the server is asked for what takes it longer.
const ALL_AFTER_MS = 200;
const BENDS_AFTER_MS = 400;

/** @returns {string} an id that no other event has */
export function newId() {
  const random = crypto.getRandomValues(new Uint32Array(2));
  return `h${random[0].toString(36)}${random[1].toString(36)}`;
}

/**
 * Events after these steps, by id, and the tempo that the steps set.
 * @param {Decoded} decoded
 * @param {Step[]} steps
 * @returns {{events: Map<string, Event_>, tempo: Tempo | null}}
 */
export function edited(decoded, steps) {
  /** @type {Map<string, Event_>} */
  const events = new Map();
  for (const note of decoded.notes) events.set(note.id, { ...note, kind: "note" });
  for (const hit of decoded.drum_hits) events.set(hit.id, { ...hit, kind: "hit" });
  let tempo = null;
  for (const step of steps) {
    for (const id of step.remove ?? []) events.delete(id);
    for (const event of step.add ?? []) events.set(event.id, event);
    if (step.map) {
      const [before, after] = step.map;
      for (const [id, event] of events) {
        if (event.kind === "note" && event.program === before) events.set(id, { ...event, program: after });
      }
    }
    if (step.tempo) tempo = step.tempo;
  }
  return { events, tempo };
}

/** A sketch with the instruments, melody and bends that its notes had before, which mostly stay.
 * @param {Decoded} sketch @param {Decoded} before @returns {Decoded} */
export function withWhatIsKnown(sketch, before) {
  const known = new Map(before.notes.map((note) => [note.id, note]));
  /** @type {Map<number, number>} */
  const counts = new Map();
  for (const { program } of before.notes) counts.set(program, (counts.get(program) ?? 0) + 1);
  const [usual] = [...counts].reduce((most, one) => (one[1] > most[1] ? one : most), [0, 0]);
  const notes = sketch.notes.map((note) => {
    const { program, melody, bend } = known.get(note.id) ?? { program: usual, melody: false, bend: [] };
    return { ...note, program, melody, bend };
  });
  return { ...sketch, notes, pedal: before.pedal, tuning_cents: before.tuning_cents };
}

/** @param {number} wait_ms @param {AbortSignal} signal which ends it with an error */
function restedFor(wait_ms, signal) {
  return new Promise((resolve, reject) => {
    setTimeout(() => (signal.aborted ? reject(signal.reason) : resolve(null)), wait_ms);
  });
}

/** When the sustain pedal is down. @param {Decoded} decoded @returns {[number, number][]} seconds */
export function pedalSpans({ pedal, duration_s }) {
  /** @type {[number, number][]} */
  const spans = [];
  let down_s = -1;
  for (const { time_s, down } of pedal) {
    if (down && down_s < 0) down_s = time_s;
    if (down || down_s < 0) continue;
    spans.push([down_s, time_s]);
    down_s = -1;
  }
  if (down_s >= 0) spans.push([down_s, duration_s]);
  return spans;
}

/**
 * One recording's document. Dispatches "change" when events, settings or tempo have changed, "error" with a message
 * as its detail, and "saved".
 */
export class Doc extends EventTarget {
  /** @param {string} id of the recording @param {number} minLength_s the usual one */
  constructor(id, minLength_s) {
    super();
    this.id = id;
    /** @type {Settings} */
    this.settings = { notes: null, drums: null, min_length_s: minLength_s, bends: false, melody: false };
    /** @type {Decoded} */
    this.decoded = { duration_s: 0, tuning_cents: 0, notes: [], drum_hits: [], pedal: [], tempo: [], metre: [] };
    /** @type {Step[]} */
    this.steps = [];
    this.position = 0;
    this.revision = 0;
    /** @type {Map<string, Event_>} */
    this.events = new Map();
    /** @type {Note[]} by onset */
    this.notes = [];
    /** @type {Hit[]} by onset */
    this.hits = [];
    /** @type {Tempo | null} */
    this.tempo = null;
    this.longest_s = 0;
    /** When the sustain pedal is down. @type {[number, number][]} seconds */
    this.pedal = [];
    /** Whether the notes that are shown will have bends in a moment. */
    this.isBending = false;
    /** Whether it shows notes that are not decided yet, and takes no edits. */
    this.isPreview = false;
    this._firstUnsaved = Infinity;
    this._dirty = false;
    this._timer = 0;
    /** @type {Promise<void>} */
    this._saving = Promise.resolve();
    /** @type {AbortController | null} */
    this._decoding = null;
  }

  /** Read all from the server. Bends come later. */
  async load() {
    this._decoding?.abort();
    const document_ = await api.document_(this.id);
    const decoded = await api.decoded(this.id, { ...document_.settings, bends: false });
    Object.assign(this, document_);
    this.decoded = decoded;
    this.isPreview = false;
    this._firstUnsaved = Infinity;
    this._dirty = false;
    this.isBending = this.settings.bends;
    this._refold();
    if (this.settings.bends) void this._decode(true);
  }

  /** Show notes that are not decided yet. @param {Note[]} notes @param {number} duration_s */
  show(notes, duration_s) {
    this.isPreview = true;
    this.decoded = { ...this.decoded, notes, duration_s };
    this._refold();
  }

  get canUndo() {
    return this.position > 0;
  }

  get canRedo() {
    return this.position < this.steps.length;
  }

  /** Do a step; what was undone is gone. @param {Step} step */
  apply(step) {
    if (this.isPreview) return;
    this._firstUnsaved = Math.min(this._firstUnsaved, this.position);
    this.steps = [...this.steps.slice(0, this.position), step];
    this.position = this.steps.length;
    this._refold();
    this._saveSoon();
  }

  /** @returns {Step | null} the step that was undone */
  undo() {
    if (!this.canUndo) return null;
    this.position -= 1;
    this._refold();
    this._saveSoon();
    return this.steps[this.position];
  }

  /** @returns {Step | null} the step that was done again */
  redo() {
    if (!this.canRedo) return null;
    this.position += 1;
    this._refold();
    this._saveSoon();
    return this.steps[this.position - 1];
  }

  /** Decode again with other settings; of several calls the last one counts. @param {Partial<Settings>} some */
  async set(some) {
    if (this.isPreview) return;
    this.settings = { ...this.settings, ...some };
    this._saveSoon();
    await this._decode(false);
  }

  /** Ask for what the settings give: a sketch of it at once, all but the bends when nothing has changed for a moment,
   * and the bends, which take seconds, after a longer one.
   * @param {boolean} hasAllButBends whether that is what is shown already */
  async _decode(hasAllButBends) {
    this._decoding?.abort();
    const decoding = new AbortController();
    this._decoding = decoding;
    const { settings } = this;
    const { signal } = decoding;
    /** @param {Decoded} decoded @param {boolean} isBending */
    const show = (decoded, isBending) => {
      if (signal.aborted) return;
      this.decoded = decoded;
      this.isBending = isBending;
      this._refold();
    };
    try {
      if (!hasAllButBends) {
        show(withWhatIsKnown(await api.decoded(this.id, settings, signal, true), this.decoded), settings.bends);
        await restedFor(ALL_AFTER_MS, signal);
        show(await api.decoded(this.id, { ...settings, bends: false }, signal), settings.bends);
      }
      if (!settings.bends) return;
      await restedFor(BENDS_AFTER_MS, signal);
      show(await api.decoded(this.id, settings, signal), false);
    } catch (error) {
      if (signal.aborted) return;
      this.isBending = false;
      this._complain(error);
      this.dispatchEvent(new Event("change"));
    }
  }

  /** Wait until the server has everything. */
  async flush() {
    clearTimeout(this._timer);
    this._saving = this._saving.then(() => this._save());
    await this._saving;
  }

  /** Another page has changed the document. @param {number} revision */
  async changedElsewhere(revision) {
    await this._saving;
    if (revision > this.revision && !this._dirty) await this.load().catch((error) => this._complain(error));
  }

  _refold() {
    const { events, tempo } = edited(this.decoded, this.steps.slice(0, this.position));
    this.events = events;
    this.tempo = tempo;
    this.notes = [];
    this.hits = [];
    for (const event of events.values()) (event.kind === "note" ? this.notes : this.hits).push(/** @type {any} */ (event));
    this.notes.sort((a, b) => a.onset_s - b.onset_s || a.pitch - b.pitch);
    this.hits.sort((a, b) => a.onset_s - b.onset_s || a.key - b.key);
    this.pedal = pedalSpans(this.decoded);
    this.longest_s = this.notes.reduce((most, note) => Math.max(most, note.offset_s - note.onset_s), 0);
    this.dispatchEvent(new Event("change"));
  }

  _saveSoon() {
    this._dirty = true;
    clearTimeout(this._timer);
    this._timer = window.setTimeout(() => void this.flush(), SAVE_AFTER_MS);
  }

  async _save() {
    if (!this._dirty) return;
    this._dirty = false;
    const first = Math.min(this._firstUnsaved, this.steps.length);
    this._firstUnsaved = Infinity;
    const change = {
      revision: this.revision,
      settings: this.settings,
      keep: first,
      append: this.steps.slice(first),
      position: this.position,
    };
    try {
      this.revision = (await api.change(this.id, change)).revision;
      this.dispatchEvent(new Event("saved"));
    } catch (error) {
      if (error instanceof api.ApiError && error.status === 409) {
        await this.load().catch((failure) => this._complain(failure));
        this._complain(new Error("It was changed on another page; that is shown now."));
      } else {
        this._firstUnsaved = Math.min(this._firstUnsaved, first);
        this._dirty = true;
        this._complain(error);
      }
    }
  }

  /** @param {unknown} error */
  _complain(error) {
    const detail = error instanceof Error ? error.message : String(error);
    this.dispatchEvent(new CustomEvent("error", { detail }));
  }
}
