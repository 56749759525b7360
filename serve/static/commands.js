// What keys and buttons do to the recording that is open.

import * as api from "./api.js";
import { the } from "./dom.js";
import { announce, complain, toast } from "./notices.js";
import { RULER_PX } from "./roll_sizes.js";

/** @import {App} from "./app.js" */

const KEPT_MS = 60_000; // what is downloaded, until the browser has read it

export class Commands {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
  }

  /** @param {number} factor @param {boolean} pitch */
  zoom(factor, pitch) {
    const { roll } = this.app;
    if (pitch) return roll.zoomPitch(factor);
    const x = roll.x(roll.playhead_s);
    const isSeen = x > roll.keysPx && x < roll.width;
    roll.zoomTime(factor, isSeen ? x : undefined);
  }

  /** @param {number} right @param {number} up in steps */
  scroll(right, up) {
    const { roll } = this.app;
    roll.moveTo(roll.start_s + (right * roll.shown_s) / 8, roll.top + 2 * up);
  }

  /** @param {1 | -1} direction */
  page(direction) {
    const { roll } = this.app;
    roll.moveTo(roll.start_s + 0.9 * direction * roll.shown_s, roll.top);
  }

  addAtPlayhead() {
    const { editing, roll } = this.app;
    const last = editing.selection.at(-1);
    const time_s = editing.snapped(roll.playhead_s);
    if (last?.kind === "hit") return editing.add(editing.newHit(time_s, last.key));
    const pitch = last?.pitch ?? Math.round(roll.top - (roll.bottom - RULER_PX) / roll.rowPx / 2);
    editing.add(editing.newNote(time_s, time_s + editing.usualLength_s(time_s), pitch));
  }

  auditionSelection() {
    for (const event of this.app.editing.selection.slice(0, 16)) void this.app.player.audition(event);
  }

  escape() {
    if (!this.app.pointing.cancel()) this.app.editing.select([]);
  }

  undo() {
    const step = this.app.doc?.undo();
    if (step) announce(`Undone: ${step.label}`);
  }

  redo() {
    const step = this.app.doc?.redo();
    if (step) announce(`Done again: ${step.label}`);
  }

  /** @param {"select" | "draw"} tool */
  chooseTool(tool) {
    this.app.pointing.tool = tool;
    for (const one of ["select", "draw"]) the(`tool-${one}`).setAttribute("aria-checked", String(one === tool));
  }

  help() {
    /** @type {HTMLDialogElement} */ (the("help")).showModal();
  }

  /** @param {string} format @param {boolean} [mpe] whether notes of MIDI bend each by itself */
  async export(format, mpe = false) {
    const { doc, recording } = this.app;
    if (!doc || recording?.state !== "done") return;
    the("export-button").setAttribute("aria-busy", "true");
    try {
      await doc.flush();
      const { content, name } = await api.exported(doc.id, format, mpe);
      const link = document.createElement("a");
      link.href = URL.createObjectURL(content);
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
      toast(`${name} is in your downloads`);
    } catch (error) {
      complain(error);
    } finally {
      the("export-button").removeAttribute("aria-busy");
    }
  }
}
