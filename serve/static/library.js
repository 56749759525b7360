// The list of recordings: what is uploaded, waits, is heard, is done; and how files get there.

import * as api from "./api.js";
import { element, icon } from "./dom.js";
import { clock } from "./roll_sizes.js";

/** @import {Recording} from "./types.js" */

const UPLOADS_AT_ONCE = 3;
const SOUNDS = /\.(wave?|flac|og[ga]|opus|mp3|aif[fc]?|au|caf|w64|m4[abv]|aac|wma|webm|mka|mkv|mp4|mov|avi)$/i;

/** What is being done to a recording, for people. @param {Recording} recording @returns {string} */
export function stageText(recording) {
  const { state, progress, place } = recording;
  if (state === "queued") return place ? `waits, ${place} before it` : "waits for its turn";
  if (state === "hearing") {
    const names = { starting: "getting ready", decoding: "reading the sound", notes: "listening for notes" };
    const more = { drums: "listening for drums", deciding: "counting beats", drawing: "drawing the spectrogram" };
    return /** @type {Record<string, string>} */ ({ ...names, ...more })[progress?.stage ?? ""] ?? "being heard";
  }
  if (state === "cancelled") return "stopped";
  if (state === "interrupted") return "interrupted";
  return state === "failed" ? "could not be heard" : "";
}

/** Dispatches "open" with a recording's id, "ask-delete" with a recording, "problem" with a message, as details. */
export class Library extends EventTarget {
  /** @param {HTMLElement} list @param {HTMLElement} hint */
  constructor(list, hint) {
    super();
    this.list = list;
    this.hint = hint;
    /** @type {Map<string, Recording>} the newest first */
    this.recordings = new Map();
    /** @type {string | null} */
    this.current = null;
    /** @type {{file: File, fraction: number}[]} */
    this.uploads = [];
    /** @type {File[]} */
    this._waiting = [];
    this._running = 0;
  }

  async refresh() {
    this.recordings = new Map((await api.recordings()).map((one) => [one.id, one]));
    this.render();
  }

  /** One has changed. @param {string} id @returns {Promise<Recording | null>} */
  async update(id) {
    try {
      const recording = await api.recording(id);
      if (this.recordings.has(id)) this.recordings.set(id, recording);
      else this.recordings = new Map([[id, recording], ...this.recordings]);
      // Those that wait have moved up.
      if ([...this.recordings.values()].some((one) => one.state === "queued")) await this.refresh();
      this.render();
      return recording;
    } catch (error) {
      if (error instanceof api.ApiError && error.status === 404) this.drop(id);
      return null;
    }
  }

  /** @param {string} id @param {{stage: string, fraction: number}} progress */
  progress(id, progress) {
    const recording = this.recordings.get(id);
    if (!recording) return;
    recording.progress = progress;
    const item = this.list.querySelector(`[data-id="${id}"]`);
    const bar = item?.querySelector("progress");
    const text = item?.querySelector(".state");
    if (bar) bar.value = overall(progress);
    if (text) text.textContent = stageText(recording);
  }

  /** @param {string} id */
  drop(id) {
    this.recordings.delete(id);
    this.render();
  }

  /** @param {Iterable<File>} files */
  add(files) {
    const sounds = [...files].filter((file) => file.size > 0);
    if (!sounds.length) this._say("There was no recording among them.");
    for (const file of sounds) this._waiting.push(file);
    this._next();
  }

  /** Files of a drop or paste, with those in folders. @param {DataTransfer} transfer */
  async addTransfer(transfer) {
    const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.() ?? null);
    const files = [...transfer.files];
    if (!entries.some((entry) => entry?.isDirectory)) return this.add(files);
    /** @type {File[]} */
    const found = [];
    for (const entry of entries) if (entry) await collect(entry, found);
    this.add(found.filter((file) => SOUNDS.test(file.name) && !file.name.startsWith(".")));
  }

  _next() {
    while (this._running < UPLOADS_AT_ONCE && this._waiting.length) {
      const file = /** @type {File} */ (this._waiting.shift());
      this._running += 1;
      void this._upload(file).finally(() => {
        this._running -= 1;
        this._next();
      });
    }
    this.render();
  }

  /** @param {File} file */
  async _upload(file) {
    const upload = { file, fraction: 0 };
    this.uploads.push(upload);
    try {
      const recording = await api.upload(file, (fraction) => {
        upload.fraction = fraction;
        this.render();
      });
      this.recordings = new Map([[recording.id, recording], ...this.recordings]);
      this.dispatchEvent(new CustomEvent("uploaded", { detail: recording.id }));
    } catch (error) {
      this._say(`${file.name}: ${error instanceof Error ? error.message : error}`);
    } finally {
      this.uploads = this.uploads.filter((one) => one !== upload);
      this.render();
    }
  }

  /** @param {string} message */
  _say(message) {
    this.dispatchEvent(new CustomEvent("problem", { detail: message }));
  }

  render() {
    const focused = document.activeElement?.closest("[data-id]")?.getAttribute("data-id");
    const items = [
      ...this.uploads.map((upload) => this._uploadItem(upload.file.name, upload.fraction)),
      ...this._waiting.map((file) => this._uploadItem(file.name, 0)),
      ...[...this.recordings.values()].map((recording) => this._item(recording)),
    ];
    this.list.replaceChildren(...items);
    this.hint.hidden = items.length > 0;
    if (focused) /** @type {HTMLElement | null} */ (this.list.querySelector(`[data-id="${focused}"] .open`))?.focus();
  }

  /** @param {string} name @param {number} fraction */
  _uploadItem(name, fraction) {
    const item = element("li", "recording");
    const open = element("div", "open");
    open.append(element("span", "name", name), element("span", "state", "uploading"), bar(fraction));
    item.append(open);
    return item;
  }

  /** @param {Recording} recording */
  _item(recording) {
    const item = element("li", "recording");
    item.dataset.id = recording.id;
    item.dataset.state = recording.state;
    const open = element("button", "open");
    if (recording.id === this.current) open.setAttribute("aria-current", "true");
    const facts = recording.info
      ? `${clock(recording.info.duration_s, 0)} · ${recording.info.note_count} notes` +
        (recording.info.drum_hit_count ? ` · ${recording.info.drum_hit_count} hits` : "")
      : stageText(recording);
    open.append(element("span", "name", recording.name), element("span", "state", facts));
    if (recording.state === "hearing") open.append(bar(overall(recording.progress ?? { stage: "", fraction: 0 })));
    open.addEventListener("click", () => this.dispatchEvent(new CustomEvent("open", { detail: recording.id })));
    const remove = element("button", "icon-button small");
    remove.setAttribute("aria-label", `Delete ${recording.name}`);
    remove.append(icon("trash"));
    remove.addEventListener("click", () => this.dispatchEvent(new CustomEvent("ask-delete", { detail: recording })));
    item.append(open, remove);
    return item;
  }
}

/** How far a recording is with everything. @param {{stage: string, fraction: number}} progress @returns {number} */
export function overall({ stage, fraction }) {
  const stages = /** @type {Record<string, [number, number]>} */ ({
    starting: [0, 0],
    decoding: [0.03, 0],
    notes: [0.1, 0.45],
    drums: [0.55, 0.25],
    deciding: [0.82, 0],
    drawing: [0.9, 0],
  });
  const [start, length] = stages[stage] ?? [0, 0];
  return start + length * fraction;
}

/** @param {FileSystemEntry} entry @param {File[]} found */
async function collect(entry, found) {
  if (entry.isFile) {
    const file = /** @type {FileSystemFileEntry} */ (entry);
    found.push(await new Promise((resolve, reject) => file.file(resolve, reject)));
  } else {
    const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
    for (;;) {
      /** @type {FileSystemEntry[]} */
      const part = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
      if (!part.length) break;
      for (const child of part) await collect(child, found);
    }
  }
}

/** @param {number} fraction */
function bar(fraction) {
  const made = document.createElement("progress");
  made.max = 1;
  made.value = fraction;
  made.setAttribute("aria-label", "Progress");
  return made;
}
