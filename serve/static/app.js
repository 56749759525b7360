// One page: a recording, its document, and the parts that show them.

import * as api from "./api.js";
import { palette } from "./colours.js";
import { Commands } from "./commands.js";
import { listenToControls, openPanel } from "./controls.js";
import { Doc } from "./document.js";
import { the } from "./dom.js";
import { Editing } from "./editing.js";
import { described, showTip } from "./event_text.js";
import { Grid } from "./grid.js";
import { Inspector, Tracks } from "./inspector.js";
import { listenToFiles } from "./intake.js";
import { fillExports, fillHelp } from "./menus.js";
import { Lab } from "./lab/lab.js";
import { Library, stageText } from "./library.js";
import { announce, complain, confirm, toast } from "./notices.js";
import { Overview } from "./overview.js";
import { Player } from "./player.js";
import { Pointing } from "./pointing.js";
import { listenToProgress, showProgress, showWaiting } from "./progress_view.js";
import { Roll } from "./roll.js";
import { clock } from "./roll_sizes.js";
import { ScoreView } from "./score.js";
import { listenToServer } from "./server_events.js";
import { FontMenu } from "./soundfont/font_menu.js";
import { Spectrogram } from "./spectrogram.js";
import { listenToTheme } from "./theme.js";
import { Transport } from "./transport.js";
import { voiceOf } from "./voices.js";
import { drawWelcome } from "./welcome.js";

/** @import {About, Note, Recording} from "./types.js" */

export class App {
  /** @param {About} about */
  constructor(about) {
    this.about = about;
    /** @type {Recording | null} */
    this.recording = null;
    this.roll = new Roll(the("roll"), the("playhead"));
    this.overview = new Overview(the("overview"), this.roll);
    this.player = new Player();
    this.tracks = new Tracks();
    this.editing = new Editing(this.roll, (event) => void this.player.audition(event));
    this.pointing = new Pointing(this.roll, this.editing, {
      seek: (time_s) => this.transport.seek(time_s),
      setLoop: (loop) => this.transport.setLoop(loop, true),
      playKey: (pitch) => void this.player.audition(this.editing.newNote(0, 0.8, pitch)),
      hover: (event, x, y) => showTip(this.roll, about.programs, event, x, y),
      draftTempo: (tempo) => {
        this.roll.grid = Grid.byHand(tempo);
        this.roll.redraw();
      },
      setTempo: (tempo) => this.doc?.apply({ label: "tempo", tempo }),
    });
    this.inspector = new Inspector(this.roll, this.editing, this.tracks, about, {
      heardChanged: () => this._heardChanged(),
      say: toast,
    });
    this.library = new Library(the("recordings"), the("library-empty"));
    this.roll.allLanes = about.drums.map((drum) => ({ name: drum.name, keys: new Set(drum.keys), key: drum.written_key }));
    this.roll.colourOf = (note) => this.tracks.colourOf(note);
    this.roll.isHeard = (event) => this.tracks.isHeard(event);
    this.roll.moved = () => this.overview.redraw();
    this.editing.chosen = () => this._selectionChanged();
    this.player.score.isHeard = (event) => this.tracks.isHeard(event);
    this.player.score.voiceOf = (note) => voiceOf(about.programs[note.program]?.family);
    this.transport = new Transport(this);
    this.fonts = new FontMenu(this.player, toast);
    this.lab = new Lab(this);
    this.score = new ScoreView(the("score"), the("score-button"), this);
    this.commands = new Commands(this);
    listenToControls(this);
    listenToFiles(this);
    listenToProgress(() => this.recording?.id ?? "");
    listenToTheme(() => this._themeChanged());
    listenToServer(this);
    this._listenToLibrary();
    fillExports(this);
    fillHelp();
  }

  get doc() {
    return this.roll.doc;
  }

  // Recordings.

  /** @param {string | null} id show this recording, or the start page */
  async open(id) {
    this.lab.close();
    await this.leaveSong();
    this.library.current = id;
    this.library.render();
    const recording = id ? ((await this.library.update(id)) ?? null) : null;
    this.recording = recording;
    history.replaceState(null, "", recording ? `#${recording.id}` : location.pathname);
    document.title = recording ? `${recording.name} – mp3tomidi` : "mp3tomidi";
    if (recording) await this.show(recording);
    else document.body.dataset.view = "welcome";
    if (!recording) this._drawWelcome();
    this.markMode();
  }

  /** Before something else is shown. */
  async leaveSong() {
    await this.doc?.flush();
    this.player.pause();
    openPanel(null);
    this.score.close();
    this.recording = null;
    the("saved").textContent = "";
    this.library.current = null;
    this.library.render();
  }

  /** Show what the address names. @param {string} hash without its sign */
  async goTo(hash) {
    const place = Lab.read(hash);
    if (place) await this.lab.open(...place);
    else await this.open(this.library.recordings.has(hash) ? hash : null);
  }

  markMode() {
    for (const button of document.querySelectorAll("#modes [data-mode]")) {
      const isShown = button.getAttribute("data-mode") === (this.lab.mode ?? "songs");
      if (isShown) button.setAttribute("aria-current", "page");
      else button.removeAttribute("aria-current");
    }
  }

  /** @param {Recording} recording in whatever state it is */
  async show(recording) {
    const isDone = recording.state === "done";
    const isHeard = recording.state === "hearing";
    this.recording = recording;
    document.body.dataset.view = isDone || isHeard ? "editor" : "waiting";
    document.body.dataset.state = recording.state;
    /** @type {HTMLInputElement} */ (the("name")).value = recording.name;
    the("facts").textContent = recording.info ? facts(recording) : stageText(recording);
    the("hearing").hidden = !isHeard;
    showWaiting(recording);
    const doc = new Doc(recording.id, this.about.settings.min_length_s);
    doc.addEventListener("change", () => doc === this.doc && this._documentChanged());
    doc.addEventListener("error", (event) => toast(/** @type {CustomEvent} */ (event).detail));
    doc.addEventListener("saved", () => {
      the("saved").textContent = "Saved";
      if (doc === this.doc) void this.score.refresh();
    });
    Object.assign(this.roll, { doc, spectrogram: null, playhead_s: 0, loop: null, loops: false, selected: new Set() });
    this.roll.grid = new Grid([], 0);
    this.overview.peaks = null;
    this.inspector.open(recording);
    this.transport.setLoop(null, false);
    the("saved").textContent = "";
    if (isHeard) return this._showPreview(doc);
    this._documentChanged();
    if (isDone) await this._showResult(recording, doc);
    else await this.player.load(null);
  }

  /** @param {Doc} doc whose recording is being heard */
  async _showPreview(doc) {
    await this.player.load(null);
    const notes = await api.preview(doc.id);
    if (doc !== this.doc) return;
    this.addPreview(notes);
    this.roll.fit();
    if (this.recording) showProgress(this.recording);
  }

  /** @param {Note[]} notes that have been heard meanwhile */
  addPreview(notes) {
    const { doc } = this;
    if (!doc) return;
    const known = new Set(doc.decoded.notes.map((note) => note.id));
    const named = notes.map((note) => ({ ...note, id: `preview${note.pitch}@${note.onset_s}` }));
    const all = [...doc.decoded.notes, ...named.filter((note) => !known.has(note.id))];
    const wasEmpty = !doc.decoded.notes.length;
    doc.show(all, all.reduce((latest, note) => Math.max(latest, note.offset_s), 1));
    if (wasEmpty) this.roll.fit();
  }

  /** @param {Recording} recording @param {Doc} doc */
  async _showResult(recording, doc) {
    const info = /** @type {NonNullable<Recording["info"]>} */ (recording.info);
    try {
      await doc.load();
      if (doc !== this.doc) return;
      this.roll.spectrogram = new Spectrogram(recording.id, info.spectrogram, this.about.tile_columns, () => this.roll.redraw());
      this.player.duration_s = info.duration_s;
      this.roll.start_s = 0;
      this.roll.fit();
      const [peaks] = await Promise.all([api.bytes(recording.id, "peaks"), this.player.load(recording.id)]);
      if (doc !== this.doc) return;
      this.overview.peaks = new Uint8Array(peaks);
      this.overview.redraw();
    } catch (error) {
      if (doc === this.doc) complain(error);
    }
    for (const warning of info.warnings) toast(warning);
  }

  _documentChanged() {
    const { doc } = this;
    if (!doc) return;
    this.roll.grid = doc.tempo ? Grid.byHand(doc.tempo) : Grid.found(doc.decoded.tempo, doc.decoded.metre);
    this.roll.selected = new Set([...this.roll.selected].filter((id) => doc.events.has(id)));
    for (const note of doc.notes) this.tracks.colourOf(note);
    this.roll.chooseLanes(doc.hits);
    this.roll.moveTo(this.roll.start_s, this.roll.top); // the lanes may have taken some of its room
    const [undo, redo] = [doc.steps[doc.position - 1], doc.steps[doc.position]];
    const buttons = /** @type {const} */ ([
      ["undo", doc.canUndo, undo?.label],
      ["redo", doc.canRedo, redo?.label],
    ]);
    for (const [id, can, label] of buttons) {
      /** @type {HTMLButtonElement} */ (the(id)).disabled = !can;
      the(id).title = (id === "undo" ? "Undo" : "Redo") + (label ? `: ${label}` : "");
    }
    this.player.score.cents = doc.decoded.tuning_cents;
    this.player.score.notes = doc.notes;
    this.player.score.hits = doc.hits;
    this.player.setScore();
    this.inspector.render();
    this.roll.redraw();
  }

  _heardChanged() {
    this.roll.redraw();
    this.player.setScore();
  }

  _selectionChanged() {
    this.inspector.renderSelection();
    const { selection } = this.editing;
    if (selection.length === 1) {
      announce(described(this.roll, selection[0]));
      const [event] = selection;
      if (event.kind === "note") Object.assign(this.editing, { velocity: event.velocity, program: event.program });
    }
  }

  _drawWelcome() {
    drawWelcome(the("welcome-art"), palette());
  }

  _themeChanged() {
    this.roll.spectrogram?.recolour();
    this.roll.redraw();
    this.overview.redraw();
    this.inspector.render();
    this.lab.recolour();
    if (document.body.dataset.view === "welcome") this._drawWelcome();
  }

  _listenToLibrary() {
    const { library } = this;
    /** @param {string} kind @param {(detail: any) => void} handle */
    const on = (kind, handle) => library.addEventListener(kind, (event) => handle(/** @type {CustomEvent} */ (event).detail));
    on("open", (id) => void this.open(id));
    on("problem", toast);
    on("uploaded", (id) => {
      // What somebody is working on is not taken away.
      if (this.lab.mode) toast("It is being transcribed: see Transcribe.");
      else if (this.recording?.state !== "done") void this.open(id);
    });
    on("ask-delete", (recording) =>
      confirm(`Delete “${recording.name}”, its notes and all that was mended in it?`, () => api.remove(recording.id)),
    );
  }
}

/** @param {Recording} recording @returns {string} its length, and how far it is out of tune */
function facts({ info }) {
  if (!info) return "";
  const cents = Math.round(info.tuning_cents);
  const tuning = cents ? ` · ${cents > 0 ? "+" : "−"}${Math.abs(cents)} cents` : "";
  return clock(info.duration_s, 0) + tuning;
}
