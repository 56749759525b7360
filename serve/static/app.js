// One page: a recording, its document, and the parts that show them.

import * as api from "./api.js";
import { isDark, palette } from "./colours.js";
import { Doc } from "./document.js";
import { Editing } from "./editing.js";
import { Grid } from "./grid.js";
import { Inspector, Tracks } from "./inspector.js";
import { press } from "./keys.js";
import { fillExports, fillHelp } from "./menus.js";
import { Lab } from "./lab/lab.js";
import { element, Library, overall, stageText } from "./library.js";
import { Overview } from "./overview.js";
import { Player } from "./player.js";
import { Pointing } from "./pointing.js";
import { Roll } from "./roll.js";
import { clock, pitchName } from "./roll_sizes.js";
import { ScoreView } from "./score.js";
import { FontMenu } from "./soundfont/font_menu.js";
import { Spectrogram } from "./spectrogram.js";
import { Transport } from "./transport.js";
import { voiceOf } from "./voices.js";
import { drawWelcome } from "./welcome.js";

/** @import {About, Event_, Note, Recording} from "./types.js" */

/** @template {HTMLElement} T @param {string} id @returns {T} */
const the = (id) => /** @type {T} */ (document.getElementById(id));

const TOAST_MS = 6000;
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
      hover: (event, x, y) => this._tip(event, x, y),
      draftTempo: (tempo) => {
        this.roll.grid = Grid.byHand(tempo);
        this.roll.redraw();
      },
      setTempo: (tempo) => this.doc?.apply({ label: "tempo", tempo }),
    });
    this.inspector = new Inspector(this.roll, this.editing, this.tracks, about, {
      heardChanged: () => this._heardChanged(),
      say: (message) => this.toast(message),
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
    this.fonts = new FontMenu(this.player, (message) => this.toast(message));
    this.lab = new Lab(this);
    this.score = new ScoreView(the("score"), the("score-button"), this);
    this._listenToPage();
    this._listenToLibrary();
    this._listenToServer();
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
    if (recording) await this._show(recording);
    else document.body.dataset.view = "welcome";
    if (!recording) this._drawWelcome();
    this.markMode();
  }

  /** Before something else is shown. */
  async leaveSong() {
    await this.doc?.flush();
    this.player.pause();
    this._panels(null);
    this.score.close();
    this.recording = null;
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

  /** @param {Recording} recording */
  async _show(recording) {
    const isDone = recording.state === "done";
    const isHeard = recording.state === "hearing";
    this.recording = recording;
    document.body.dataset.view = isDone || isHeard ? "editor" : "waiting";
    document.body.dataset.state = recording.state;
    /** @type {HTMLInputElement} */ (the("name")).value = recording.name;
    the("facts").textContent = recording.info ? this._facts(recording) : stageText(recording);
    the("hearing").hidden = !isHeard;
    this._showWaiting(recording);
    const doc = new Doc(recording.id, this.about.settings.min_length_s);
    doc.addEventListener("change", () => doc === this.doc && this._documentChanged());
    doc.addEventListener("error", (event) => this.toast(/** @type {CustomEvent} */ (event).detail));
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
    this._addPreview(notes);
    this.roll.fit();
    this._showProgress();
  }

  /** @param {Note[]} notes that have been heard meanwhile */
  _addPreview(notes) {
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
      if (doc === this.doc) this.toast(error instanceof Error ? error.message : String(error));
    }
    for (const warning of info.warnings) this.toast(warning);
  }

  /** @param {Recording} recording */
  _facts(recording) {
    const { info } = recording;
    if (!info) return "";
    const cents = Math.round(info.tuning_cents);
    const tuning = cents ? ` · ${cents > 0 ? "+" : "−"}${Math.abs(cents)} cents` : "";
    return clock(info.duration_s, 0) + tuning;
  }

  /** @param {Recording} recording */
  _showWaiting(recording) {
    const { state, reason } = recording;
    the("waiting").hidden = document.body.dataset.view !== "waiting";
    const isWaiting = state === "queued";
    const titles = { failed: "This could not be heard", cancelled: "Stopped", interrupted: "Interrupted" };
    the("waiting-title").textContent = isWaiting ? "Waits for its turn" : (/** @type {Record<string, string>} */ (titles)[state] ?? "");
    the("waiting-text").textContent = isWaiting ? (recording.place ? `${recording.place} before it` : "next") : (reason ?? "");
    the("waiting-bar").hidden = !isWaiting;
    the("waiting-cancel").hidden = !isWaiting;
    the("waiting-again").hidden = isWaiting;
  }

  _showProgress() {
    const { recording } = this;
    if (!recording?.progress) return;
    the("hearing-text").textContent = stageText(recording);
    /** @type {HTMLProgressElement} */ (the("hearing-bar")).value = overall(recording.progress);
    the("facts").textContent = stageText(recording);
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
      this.announce(this._described(selection[0]));
      const [event] = selection;
      if (event.kind === "note") Object.assign(this.editing, { velocity: event.velocity, program: event.program });
    }
  }

  /** @param {Event_} event @returns {string} */
  _described(event) {
    const length = event.kind === "note" ? `, ${(event.offset_s - event.onset_s).toFixed(2)} s long` : "";
    return `${this._nameOf(event)} at ${clock(event.onset_s, 2)}${length}, velocity ${event.velocity}, ${sureness(event)}`;
  }

  /** @param {Event_} event @returns {string} its pitch, or the drum */
  _nameOf(event) {
    if (event.kind === "note") return pitchName(event.pitch);
    return this.roll.lanes[this.roll.laneIndex(event.key)]?.name ?? "hit";
  }

  /** @param {Event_ | null} event @param {number} x @param {number} y */
  _tip(event, x, y) {
    const tip = the("tip");
    const pedal = event ? null : this.roll.pedalAt(x, y);
    tip.hidden = !event && !pedal;
    if (pedal) {
      const span = `${clock(pedal[0], 2)} to ${clock(pedal[1], 2)}`;
      tip.replaceChildren(element("strong", "", "Pedal"), element("span", "", `down from ${span}`));
    } else if (event) {
      const instrument = event.kind === "note" ? this.about.programs[event.program]?.name : "";
      const rest = [`velocity ${event.velocity}`, sureness(event), instrument, event.kind === "note" && bendText(event)];
      tip.replaceChildren(element("strong", "", this._nameOf(event)), element("span", "", rest.filter(Boolean).join(" · ")));
    }
    if (tip.hidden) return;
    tip.style.setProperty("--x", `${Math.min(x + 14, this.roll.width - tip.offsetWidth - 8)}px`);
    tip.style.setProperty("--y", `${y > 60 ? y - tip.offsetHeight - 12 : y + 20}px`);
  }

  // What keys and buttons do.

  /** @param {number} factor @param {boolean} pitch */
  zoom(factor, pitch) {
    if (pitch) this.roll.zoomPitch(factor);
    else {
      const x = this.roll.x(this.roll.playhead_s);
      const isSeen = x > this.roll.keysPx && x < this.roll.width;
      this.roll.zoomTime(factor, isSeen ? x : undefined);
    }
  }

  /** @param {number} right @param {number} up in steps */
  scroll(right, up) {
    this.roll.moveTo(this.roll.start_s + (right * this.roll.shown_s) / 8, this.roll.top + 2 * up);
  }

  /** @param {1 | -1} direction */
  page(direction) {
    this.roll.moveTo(this.roll.start_s + 0.9 * direction * this.roll.shown_s, this.roll.top);
  }

  addAtPlayhead() {
    const last = this.editing.selection.at(-1);
    const time_s = this.editing.snapped(this.roll.playhead_s);
    if (last?.kind === "hit") return this.editing.add(this.editing.newHit(time_s, last.key));
    const pitch = last?.pitch ?? Math.round(this.roll.top - (this.roll.bottom - 28) / this.roll.rowPx / 2);
    this.editing.add(this.editing.newNote(time_s, time_s + this.editing.usualLength_s(time_s), pitch));
  }

  auditionSelection() {
    for (const event of this.editing.selection.slice(0, 16)) void this.player.audition(event);
  }

  escape() {
    if (!this.pointing.cancel()) this.editing.select([]);
  }

  undo() {
    const step = this.doc?.undo();
    if (step) this.announce(`Undone: ${step.label}`);
  }

  redo() {
    const step = this.doc?.redo();
    if (step) this.announce(`Done again: ${step.label}`);
  }

  /** @param {"select" | "draw"} tool */
  chooseTool(tool) {
    this.pointing.tool = tool;
    for (const one of ["select", "draw"]) the(`tool-${one}`).setAttribute("aria-checked", String(one === tool));
  }

  help() {
    /** @type {HTMLDialogElement} */ (the("help")).showModal();
  }

  /** @param {string} format @param {boolean} [mpe] whether notes of MIDI bend each by itself */
  async export(format, mpe = false) {
    const { doc } = this;
    if (!doc || this.recording?.state !== "done") return;
    the("export-button").setAttribute("aria-busy", "true");
    try {
      await doc.flush();
      const { content, name } = await api.exported(doc.id, format, mpe);
      const link = document.createElement("a");
      link.href = URL.createObjectURL(content);
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
      this.toast(`${name} is in your downloads`);
    } catch (error) {
      this.toast(error instanceof Error ? error.message : String(error));
    } finally {
      the("export-button").removeAttribute("aria-busy");
    }
  }

  /** @param {string} message */
  toast(message) {
    const toast = element("div", "toast", message);
    the("toasts").append(toast);
    setTimeout(() => toast.remove(), TOAST_MS);
  }

  /** @param {string} message for those who do not see */
  announce(message) {
    the("announcer").textContent = message;
  }

  /** @param {"library" | "inspector" | null} which is opened on narrow screens; the others close */
  _panels(which) {
    for (const id of ["library", "inspector"]) {
      const panels = id === "library" ? [the("library"), the("jobs")] : [the(id)];
      const opens = id === which && !panels[0].classList.contains("is-open");
      for (const panel of panels) panel.classList.toggle("is-open", opens);
      the(`${id}-button`).setAttribute("aria-expanded", String(opens));
    }
  }

  _drawWelcome() {
    drawWelcome(the("welcome-art"), palette());
  }

  // Listening to everything.

  _listenToPage() {
    /** @param {string} id @param {() => void} run */
    const on = (id, run) => the(id).addEventListener("click", run);
    on("undo", () => this.undo());
    on("redo", () => this.redo());
    on("zoom-in", () => this.zoom(1.4, false));
    on("zoom-out", () => this.zoom(1 / 1.4, false));
    on("zoom-fit", () => this.roll.fit(true));
    on("tool-select", () => this.chooseTool("select"));
    on("tool-draw", () => this.chooseTool("draw"));
    on("home-button", () => void this.open(null));
    on("library-button", () => this._panels("library"));
    on("inspector-button", () => this._panels("inspector"));
    on("help-button", () => this.help());
    on("help-close", () => /** @type {HTMLDialogElement} */ (the("help")).close());
    on("theme-button", () => this._switchTheme());
    for (const button of document.querySelectorAll("#modes [data-mode]")) {
      const mode = button.getAttribute("data-mode") ?? "";
      button.addEventListener("click", () => void this.goTo(mode === "songs" ? "" : mode));
    }
    window.addEventListener("hashchange", () => void this.goTo(location.hash.slice(1)));
    the("snap").addEventListener("change", (event) => {
      this.editing.snap = Number(/** @type {HTMLSelectElement} */ (event.target).value);
    });
    the("name").addEventListener("change", () => void this._rename());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this._themeChanged());
    document.addEventListener("keydown", (event) => this._key(event));
    // After a click on a button the keys are the roll's again; whoever came there by keys stays.
    document.addEventListener("click", (event) => {
      const target = /** @type {HTMLElement} */ (event.target);
      if (event.detail > 0 && target.closest(".toolbar button, .transport button, .track button, .chip")) {
        the("roll").focus({ preventScroll: true });
      }
    });
    window.addEventListener("beforeunload", () => void this.doc?.flush());
    fillExports(this);
    fillHelp();
  }

  async _rename() {
    const name = /** @type {HTMLInputElement} */ (the("name")).value.trim();
    if (this.recording && name) await api.rename(this.recording.id, name).catch((error) => this.toast(error.message));
  }

  _switchTheme() {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    localStorage.setItem("theme", document.documentElement.dataset.theme);
    this._themeChanged();
  }

  _themeChanged() {
    this.roll.spectrogram?.recolour();
    this.roll.redraw();
    this.overview.redraw();
    this.inspector.render();
    this.lab.recolour();
    if (document.body.dataset.view === "welcome") this._drawWelcome();
  }

  /** @param {KeyboardEvent} event */
  _key(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const isModal = document.querySelector("dialog[open]");
    const types = target.matches("input:not([type=range], [type=radio], [type=checkbox]), select, textarea");
    if (isModal || types || document.body.dataset.view !== "editor") return;
    // A button or slider keeps the keys that work it.
    if (target.matches("button, summary, [role=radio], [type=checkbox]") && ["Enter", " "].includes(event.key)) return;
    if (target.matches("input") && (event.key.startsWith("Arrow") || ["Home", "End", "PageUp", "PageDown"].includes(event.key))) return;
    if (target.closest("[popover]")) return;
    if (press(this, event)) event.preventDefault();
  }

  _listenToLibrary() {
    const { library } = this;
    const files = /** @type {HTMLInputElement} */ (the("files"));
    for (const id of ["add-button", "choose-button"]) the(id).addEventListener("click", () => files.click());
    files.addEventListener("change", () => {
      library.add(files.files ?? []);
      files.value = "";
    });
    document.addEventListener("paste", (event) => {
      if (event.clipboardData?.files.length) void library.addTransfer(event.clipboardData);
    });
    document.addEventListener("dragover", (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      document.body.classList.add("is-dropping");
    });
    document.addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) document.body.classList.remove("is-dropping");
    });
    document.addEventListener("drop", (event) => {
      document.body.classList.remove("is-dropping");
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      const [file] = event.dataTransfer.files;
      const font = FontMenu.among(event.dataTransfer.files);
      if (font) void this.fonts.use(font);
      else if (this.lab.mode === "classify" && file) this.lab.pages.classify.drop(file);
      else void library.addTransfer(event.dataTransfer);
    });
    /** @param {string} kind @param {(detail: any) => void} handle */
    const on = (kind, handle) => library.addEventListener(kind, (event) => handle(/** @type {CustomEvent} */ (event).detail));
    on("open", (id) => void this.open(id));
    on("problem", (message) => this.toast(message));
    on("uploaded", (id) => {
      // What somebody is working on is not taken away.
      if (this.lab.mode) this.toast("It is being transcribed: see Transcribe.");
      else if (this.recording?.state !== "done") void this.open(id);
    });
    on("ask-delete", (recording) => this._askDelete(recording));
    const current = () => this.recording?.id ?? "";
    /** @param {Promise<unknown>} answer */
    const or = (answer) => void answer.catch((error) => this.toast(error.message));
    the("waiting-cancel").addEventListener("click", () => or(api.cancel(current())));
    the("hearing-cancel").addEventListener("click", () => or(api.cancel(current())));
    the("waiting-again").addEventListener("click", () => or(api.hearAgain(current())));
  }

  /** @param {Recording} recording */
  _askDelete(recording) {
    this.confirm(`Delete “${recording.name}”, its notes and all that was mended in it?`, () => api.remove(recording.id));
  }

  /** Ask before something is deleted. @param {string} question @param {() => Promise<unknown>} run */
  confirm(question, run) {
    const dialog = /** @type {HTMLDialogElement} */ (the("confirm"));
    the("confirm-text").textContent = question;
    the("confirm-no").onclick = () => dialog.close();
    the("confirm-yes").onclick = () => {
      dialog.close();
      run().catch((error) => this.toast(error.message));
    };
    dialog.showModal();
  }

  /** @param {string} id */
  async _recordingChanged(id) {
    const recording = await this.library.update(id);
    const shown = this.recording;
    if (!recording || !shown || id !== shown.id) return;
    if (recording.state !== shown.state) await this._show(recording);
    else if (recording.name !== shown.name) {
      this.recording = recording;
      /** @type {HTMLInputElement} */ (the("name")).value = recording.name;
    } else this._showWaiting(recording);
  }

  _listenToServer() {
    api.listen({
      // After a pause things may be different.
      open: async () => {
        await this.library.refresh().catch(() => {});
        if (this.recording) await this._recordingChanged(this.recording.id);
        if (this.lab.mode) await this.lab.jobs.refresh().catch(() => {});
      },
      ...this.lab.handlers(),
      recording: ({ id }) => void this._recordingChanged(id),
      progress: ({ id, stage, fraction }) => {
        this.library.progress(id, { stage, fraction });
        if (!this.recording || id !== this.recording.id) return;
        this.recording.progress = { stage, fraction };
        this._showProgress();
      },
      notes: ({ id, notes }) => {
        if (this.recording && id === this.recording.id && this.recording.state === "hearing") this._addPreview(notes);
      },
      document: ({ id, revision }) => {
        if (id === this.doc?.id) void this.doc?.changedElsewhere(revision);
      },
      deleted: ({ id }) => {
        this.library.drop(id);
        if (id === this.recording?.id) {
          this.roll.doc = null;
          void this.open(null);
        }
      },
    });
  }
}

/** @param {Event_} event @returns {string} */
const sureness = (event) => (event.id[0] === "h" ? "by hand" : `${Math.round(100 * event.confidence)} % sure`);

/** @param {Note} note @returns {string} how far its pitch goes from the key, if it does */
function bendText({ bend }) {
  if (!bend?.length) return "";
  const cents = bend.map((point) => point[1]);
  const signed = [Math.min(...cents), Math.max(...cents)].map((one) => `${one < 0 ? "−" : "+"}${Math.abs(Math.round(one))}`);
  return `bends ${signed.join(" to ")} cents`;
}
