// Data sets, runs and classifiers in the page: which of them is shown, and what the server tells of their jobs.

import * as api from "./api.js";
import { Classify, KINDS as CLASSIFY_KINDS } from "./classify.js";
import { isAtWork, Jobs, renderJobs } from "./jobs.js";
import { listening } from "./parts.js";
import { KINDS as RUN_KINDS, Runs } from "./runs.js";
import { KINDS as SET_KINDS, Sets } from "./sets.js";
import { the } from "../dom.js";
import { complain, confirm, toast } from "../notices.js";

/** @import {App} from "../app.js" */
/** @import {Job} from "./types.js" */

export const MODES = /** @type {const} */ (["sets", "runs", "classify"]);
/** @typedef {typeof MODES[number]} Mode */

const TITLES = { sets: "Data sets", runs: "Runs", classify: "Classify" };
const KINDS = { sets: SET_KINDS, runs: RUN_KINDS, classify: CLASSIFY_KINDS };

export class Lab {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.jobs = new Jobs();
    /** @type {Mode | null} */
    this.mode = null;
    /** @type {string | null} the job that is shown */
    this.current = null;
    const actions = {
      say: toast,
      askDelete: (/** @type {Job} */ job) => confirm(`Delete “${job.name}” and all that it has made?`, () => api.deleteJob(job.id)),
      open: (/** @type {string} */ id) => void this.open(this.mode ?? "sets", id || null),
    };
    this.pages = {
      sets: new Sets(the("sets"), actions, { trainOn: (place) => this._trainOn(place) }),
      runs: new Runs(the("runs"), this.jobs, actions, { classifyWith: (id) => this._classifyWith(id) }),
      classify: new Classify(the("classify"), actions, () => [...app.library.recordings.values()]),
    };
    this.jobs.addEventListener("change", (event) => this._changed(/** @type {CustomEvent} */ (event).detail));
    the("new-job").addEventListener("click", () => void this.open(this.mode ?? "sets", null));
  }

  /** @param {string} hash without its sign @returns {[Mode, string | null] | null} */
  static read(hash) {
    const [mode, job] = hash.split("/");
    const found = MODES.find((one) => one === mode);
    return found ? [found, job || null] : null;
  }

  /** @param {Mode} mode @param {string | null} id a job, or null for what can be begun */
  async open(mode, id) {
    listening.stop();
    await this.app.leaveSong();
    this.mode = mode;
    this.current = null;
    document.body.dataset.view = mode;
    await this.jobs.refresh().catch(complain);
    const job = id ? (this.jobs.all.get(id) ?? null) : null;
    this.current = job?.id ?? null;
    const shown = job ? /** @type {Mode} */ (MODES.find((one) => KINDS[one].includes(job.kind)) ?? mode) : mode;
    this.mode = shown;
    document.body.dataset.view = shown;
    history.replaceState(null, "", `#${shown}${job ? `/${job.id}` : ""}`);
    document.title = `${job?.name ?? TITLES[shown]} – mp3tomidi`;
    the("jobs-title").textContent = TITLES[shown];
    this.app.markMode();
    this._renderList();
    const page = this.pages[shown];
    the(shown).scrollTop = 0;
    try {
      await (job ? page.showJob(job) : page.showStart());
    } catch (error) {
      complain(error);
    }
  }

  close() {
    listening.stop();
    this.mode = this.current = null;
  }

  recolour() {
    this.pages.sets.recolour();
    this.pages.classify.recolour();
  }

  /** @param {string | null} id null if any may have changed */
  _changed(id) {
    if (!this.mode) return;
    this._renderList();
    if (!this.current || (id && id !== this.current)) return;
    const job = this.jobs.all.get(this.current);
    if (!job) void this.open(this.mode, null);
    else if (!this._typesIn(job)) void this.pages[this.mode].showJob(job).catch?.(complain);
  }

  /** Whether somebody is typing in the head of a job that would be drawn again. @param {Job} job */
  _typesIn(job) {
    return document.activeElement?.classList.contains("job-name") && isAtWork(job);
  }

  _renderList() {
    const jobs = this.jobs.of(KINDS[/** @type {Mode} */ (this.mode)]);
    renderJobs(the("job-list"), jobs, this.current, (id) => void this.open(/** @type {Mode} */ (this.mode), id));
    the("jobs-empty").hidden = jobs.length > 0;
  }

  /** @param {string} place */
  _trainOn(place) {
    this.pages.runs.data = place;
    void this.open("runs", null);
  }

  /** @param {string} id */
  _classifyWith(id) {
    this.pages.classify.chosen = id;
    void this.open("classify", null);
  }

  /** What the server tells. @returns {Record<string, (content: any) => void>} */
  handlers() {
    return {
      job: ({ id }) => void this.jobs.update(id),
      "job-progress": ({ id }) => this.mode && void this.jobs.update(id),
      "job-deleted": ({ id }) => this.jobs.drop(id),
    };
  }
}
