// The panel beside the roll: sliders that decode again, tracks, what is selected, tempo and bars.

import { element, the } from "./dom.js";
import { counted } from "./editing.js";
import { MELODY_COLOUR, noteColour, palette } from "./colours.js";
import { HIGHEST, LOWEST, pitchName } from "./roll_sizes.js";

/** @import {About, Event_, Hit, Note, Recording, Tempo} from "./types.js" */
/** @import {Editing} from "./editing.js" */
/** @import {Roll} from "./roll.js" */

const SLIDER_WAIT_MS = 30;
const DRUM_TRACK = "drums";
const MELODY_TRACK = "melody";

/** Which tracks are heard, and in what colour they are drawn. */
export class Tracks {
  constructor() {
    /** @type {Set<string>} */
    this.muted = new Set();
    /** @type {Set<string>} */
    this.soloed = new Set();
    /** @type {number[]} programs, in the order of their colours */
    this.programs = [];
  }

  /** @param {Event_} event @returns {string} */
  static of(event) {
    if (event.kind === "hit") return DRUM_TRACK;
    return event.melody ? MELODY_TRACK : String(event.program);
  }

  /** @param {Event_} event @returns {boolean} */
  isHeard(event) {
    const track = Tracks.of(event);
    return this.soloed.size ? this.soloed.has(track) : !this.muted.has(track);
  }

  /** @param {Note} note @returns {number} */
  colourOf(note) {
    return note.melody ? MELODY_COLOUR : this.colourOfProgram(note.program);
  }

  /** @param {number} program @returns {number} */
  colourOfProgram(program) {
    let index = this.programs.indexOf(program);
    if (index < 0) index = this.programs.push(program) - 1;
    return index;
  }
}

export class Inspector {
  /**
   * @param {Roll} roll @param {Editing} editing @param {Tracks} tracks @param {About} about
   * @param {{heardChanged: () => void, say: (message: string) => void}} actions
   */
  constructor(roll, editing, tracks, about, actions) {
    this.roll = roll;
    this.editing = editing;
    this.tracks = tracks;
    this.about = about;
    this.actions = actions;
    this.least = { notes: 0.5, drums: 0.5 };
    this._timer = 0;
    this._fillChoices();
    this._listenToSliders();
    this._listenToSwitches();
    this._listenToSelection();
    this._listenToTempo();
  }

  /** @param {Recording} recording */
  open(recording) {
    const least = recording.info?.least_confidence;
    this.least = { notes: least?.notes ?? 0.5, drums: least?.drums ?? 0.5 };
    this.tracks.muted.clear();
    this.tracks.soloed.clear();
    this.tracks.programs = [];
  }

  /** Show what the document holds now. */
  render() {
    const { doc } = this.roll;
    if (!doc) return;
    the("counts").textContent = counted([...doc.notes, ...doc.hits]);
    for (const name of /** @type {const} */ (["notes", "drums"])) {
      const value = doc.settings[name];
      /** @type {HTMLInputElement} */ (the(`${name}-slider`)).value = String(value ?? this.least[name]);
      the(`${name}-auto`).setAttribute("aria-pressed", String(value === null));
      this._describe(name);
    }
    const length = /** @type {HTMLInputElement} */ (the("length-slider"));
    length.value = String(1000 * doc.settings.min_length_s);
    the("length-value").textContent = `${Math.round(1000 * doc.settings.min_length_s)} ms`;
    for (const name of /** @type {const} */ (["melody", "bends"])) {
      /** @type {HTMLInputElement} */ (the(`${name}-switch`)).checked = doc.settings[name];
    }
    the("bends-busy").hidden = !doc.isBending;
    this._renderTracks();
    this.renderSelection();
    this._renderTempo();
  }

  _fillChoices() {
    const programs = Object.entries(this.about.programs).sort((a, b) => Number(a[0]) - Number(b[0]));
    this.programNames = new Map(programs.map(([number, program]) => [Number(number), program.name]));
    the("sel-program").append(...programs.map(([number, program]) => option(number, sentence(program.name))));
    for (let pitch = HIGHEST; pitch >= LOWEST; pitch--) the("sel-pitch").append(option(String(pitch), pitchName(pitch)));
    for (const drum of this.about.drums) the("sel-key").append(option(String(drum.written_key), sentence(drum.name)));
  }

  _listenToSliders() {
    for (const name of /** @type {const} */ (["notes", "drums"])) {
      const slider = /** @type {HTMLInputElement} */ (the(`${name}-slider`));
      slider.addEventListener("input", () => {
        the(`${name}-auto`).setAttribute("aria-pressed", "false");
        this._describe(name);
        this._setSoon({ [name]: Number(slider.value) });
      });
      the(`${name}-auto`).addEventListener("click", () => {
        const { doc } = this.roll;
        if (doc) void doc.set({ [name]: doc.settings[name] === null ? this.least[name] : null });
      });
    }
    const length = /** @type {HTMLInputElement} */ (the("length-slider"));
    length.addEventListener("input", () => {
      the("length-value").textContent = `${length.value} ms`;
      this._setSoon({ min_length_s: Number(length.value) / 1000 });
    });
  }

  _listenToSwitches() {
    for (const name of /** @type {const} */ (["melody", "bends"])) {
      const toggle = /** @type {HTMLInputElement} */ (the(`${name}-switch`));
      toggle.addEventListener("change", () => void this.roll.doc?.set({ [name]: toggle.checked }));
    }
  }

  /** @param {"notes" | "drums"} name */
  _describe(name) {
    const slider = /** @type {HTMLInputElement} */ (the(`${name}-slider`));
    slider.setAttribute("aria-valuetext", `what is at least ${Math.round(100 * Number(slider.value))} % sure`);
    const share = (Number(slider.value) - Number(slider.min)) / (Number(slider.max) - Number(slider.min));
    slider.style.setProperty("--share", `${100 * share}%`);
  }

  /** @param {Partial<import("./types.js").Settings>} some */
  _setSoon(some) {
    clearTimeout(this._timer);
    this._timer = window.setTimeout(() => void this.roll.doc?.set(some), SLIDER_WAIT_MS);
  }

  _renderTracks() {
    const { doc } = this.roll;
    if (!doc) return;
    /** @type {Map<number, number>} */
    const counts = new Map();
    let melody = 0;
    for (const note of doc.notes) {
      if (note.melody) melody += 1;
      else counts.set(note.program, (counts.get(note.program) ?? 0) + 1);
    }
    const rows = [...counts.keys()].sort((a, b) => a - b).map((program) => this._noteTrack(program, counts.get(program) ?? 0));
    the("drums-setting").hidden = !doc.decoded.drum_hits.length && doc.settings.drums === null;
    if (melody) rows.unshift(this._namedTrack(MELODY_TRACK, "Melody", palette().melody, melody));
    if (doc.hits.length) rows.push(this._namedTrack(DRUM_TRACK, "Drums", palette().drums, doc.hits.length));
    if (doc.pedal.length) rows.push(this._pedalRow(doc.pedal.length));
    if (!rows.length) rows.push(element("li", "hint", "No notes and no drums yet."));
    the("tracks").replaceChildren(...rows);
  }

  /** @param {number} program @param {number} count */
  _noteTrack(program, count) {
    const row = this._track(String(program), noteColour(palette(), this.tracks.colourOfProgram(program)), count);
    const select = document.createElement("select");
    select.setAttribute("aria-label", "Instrument");
    select.append(.../** @type {HTMLSelectElement} */ (the("sel-program")).cloneNode(true).childNodes);
    if (!this.programNames?.has(program)) select.append(option(String(program), `program ${program}`));
    select.value = String(program);
    select.addEventListener("change", () => {
      this.roll.doc?.apply({ label: "another instrument", map: [program, Number(select.value)] });
    });
    row.insertBefore(select, row.querySelector(".count"));
    return row;
  }

  /** @param {string} track @param {string} name @param {string} colour @param {number} count */
  _namedTrack(track, name, colour, count) {
    const row = this._track(track, colour, count);
    row.insertBefore(element("span", "track-name", name), row.querySelector(".count"));
    return row;
  }

  /** The sustain pedal, which is seen and exported. @param {number} count of times that it is down */
  _pedalRow(count) {
    const row = element("li", "track");
    row.append(swatch(palette().pedal), element("span", "track-name", "Sustain pedal"), element("span", "count", String(count)));
    return row;
  }

  /** @param {string} track @param {string} colour @param {number} count */
  _track(track, colour, count) {
    const row = element("li", "track");
    row.append(swatch(colour), element("span", "count", String(count)));
    for (const [letter, what, set] of /** @type {const} */ ([
      ["M", "Mute", this.tracks.muted],
      ["S", "Solo", this.tracks.soloed],
    ])) {
      const button = element("button", "letter", letter);
      button.setAttribute("aria-label", what);
      button.title = what;
      button.setAttribute("aria-pressed", String(set.has(track)));
      button.addEventListener("click", () => {
        if (!set.delete(track)) set.add(track);
        button.setAttribute("aria-pressed", String(set.has(track)));
        this.actions.heardChanged();
      });
      row.append(button);
    }
    return row;
  }

  renderSelection() {
    const { selection } = this.editing;
    const notes = /** @type {Note[]} */ (selection.filter((event) => event.kind === "note"));
    const hits = /** @type {Hit[]} */ (selection.filter((event) => event.kind === "hit"));
    the("selection-title").textContent = selection.length ? counted(selection) : "Selection";
    the("selection-fields").hidden = !selection.length;
    the("selection-delete").hidden = !selection.length;
    the("selection-hint").hidden = selection.length > 0;
    the("chosen").textContent = selection.length ? counted(selection) : "";
    if (!selection.length) return;
    const isOne = selection.length === 1;
    the("field-onset").hidden = !isOne;
    the("field-length").hidden = !isOne || !notes.length;
    the("field-pitch").hidden = !isOne || !notes.length;
    the("field-key").hidden = !hits.length || notes.length > 0;
    the("field-program").hidden = !notes.length || hits.length > 0;
    const first = selection[0];
    fill("sel-onset", first.onset_s.toFixed(3));
    fill("sel-velocity", String(Math.round(selection.reduce((sum, one) => sum + one.velocity, 0) / selection.length)));
    if (notes.length) {
      fill("sel-length", (notes[0].offset_s - notes[0].onset_s).toFixed(3));
      fill("sel-pitch", String(notes[0].pitch));
      fill("sel-program", String(notes[0].program));
    }
    if (hits.length) fill("sel-key", String(this.roll.lanes[this.roll.laneIndex(hits[0].key)]?.key ?? hits[0].key));
  }

  _listenToSelection() {
    const { editing } = this;
    /** @param {string} id @param {string} label @param {(event: Event_, value: number) => Event_} change */
    const on = (id, label, change) =>
      the(id).addEventListener("change", (event) => {
        const value = Number(/** @type {HTMLInputElement} */ (event.target).value);
        if (!Number.isFinite(value)) return this.renderSelection();
        editing.change(label, (one) => change(one, value));
        if (editing.selection.length === 1) editing.audition(editing.selection[0]);
      });
    on("sel-onset", "move", (one, value) => editing.moved(one, value - one.onset_s, 0));
    on("sel-length", "stretch", (one, value) => (one.kind === "note" ? { ...one, offset_s: one.onset_s + value } : one));
    on("sel-pitch", "another pitch", (one, value) => (one.kind === "note" ? { ...one, pitch: value } : one));
    on("sel-key", "another drum", (one, value) => (one.kind === "hit" ? { ...one, key: value } : one));
    on("sel-velocity", "velocity", (one, value) => ({ ...one, velocity: value }));
    on("sel-program", "another instrument", (one, value) => (one.kind === "note" ? { ...one, program: value } : one));
    the("selection-delete").addEventListener("click", () => editing.delete());
  }

  _renderTempo() {
    const tempo = this._tempo();
    fill("bpm", tempo.beats_per_minute.toFixed(2).replace(/\.?0+$/, ""));
    fill("per-bar", String(tempo.beats_per_bar));
    fill("first-bar", tempo.first_bar_s.toFixed(3));
  }

  /** The tempo that holds now: set by hand, or the one that most of the recording has. @returns {Tempo} */
  _tempo() {
    const { grid, doc } = this.roll;
    if (doc?.tempo) return doc.tempo;
    if (!grid.isKnown) return { beats_per_minute: 120, first_bar_s: 0, beats_per_bar: 4 };
    const beats_per_bar = grid.beatsPerBar || 4;
    let bar = 0;
    while (grid.timeAt(bar) < 0) bar += beats_per_bar;
    const beats_per_minute = grid.beatsPerMinute(this.roll.duration_s / 2);
    return { beats_per_minute, first_bar_s: Math.max(0, grid.timeAt(bar)), beats_per_bar };
  }

  _listenToTempo() {
    /** @param {Partial<Tempo>} some */
    const set = (some) => {
      const tempo = { ...this._tempo(), ...some };
      tempo.beats_per_minute = Math.max(20, Math.min(400, tempo.beats_per_minute || 120));
      tempo.beats_per_bar = Math.max(1, Math.min(16, Math.round(tempo.beats_per_bar || 4)));
      tempo.first_bar_s = Math.max(0, Math.min(tempo.first_bar_s || 0, this.roll.duration_s));
      this.roll.doc?.apply({ label: "tempo", tempo });
    };
    for (const [id, name] of [
      ["bpm", "beats_per_minute"],
      ["per-bar", "beats_per_bar"],
      ["first-bar", "first_bar_s"],
    ]) {
      the(id).addEventListener("change", (event) => {
        set({ [name]: Number(/** @type {HTMLInputElement} */ (event.target).value) });
      });
    }
    the("bar-here").addEventListener("click", () => set({ first_bar_s: this.roll.playhead_s }));
  }
}

/** @param {string} colour */
function swatch(colour) {
  const made = element("span", "swatch");
  made.style.setProperty("--colour", colour);
  return made;
}

/** @param {string} value @param {string} text */
function option(value, text) {
  const made = document.createElement("option");
  made.value = value;
  made.textContent = text;
  return made;
}

/** @param {string} id @param {string} value unless somebody is typing there */
function fill(id, value) {
  const field = /** @type {HTMLInputElement} */ (the(id));
  if (document.activeElement !== field || field.tagName === "SELECT") field.value = value;
}

/** @param {string} text */
const sentence = (text) => text[0].toUpperCase() + text.slice(1);
