// The jobs of a mode: their list in the panel, and the head of the one that is shown.

import * as api from "./api.js";
import { button, lasting, make } from "./parts.js";
import { element, icon } from "../dom.js";

/** @import {Job} from "./types.js" */

const NAMES = { look: "look", augment: "copies", train: "run", export: "export", evaluate: "scores", classify: "classified" };

/** @param {Job} job */
export const isAtWork = (job) => job.state === "queued" || job.state === "running";

/** What a job is doing, for people. @param {Job} job @returns {string} */
export function stateText(job) {
  if (job.state === "queued") return job.place ? `waits, ${job.place} before it` : "waits for its turn";
  if (job.state === "running") {
    const { text = "", left_s = null } = job.progress ?? {};
    return [text || "starting", left_s !== null && `${lasting(left_s)} left`].filter(Boolean).join(" · ");
  }
  const names = { done: `done in ${lasting(job.worked_s)}`, failed: "failed", cancelled: "stopped", interrupted: "interrupted" };
  return /** @type {Record<string, string>} */ (names)[job.state] ?? job.state;
}

/** All jobs, as the server has them. Dispatches "change" with a job's id, or null for all, as its detail. */
export class Jobs extends EventTarget {
  constructor() {
    super();
    /** @type {Map<string, Job>} the newest first */
    this.all = new Map();
  }

  async refresh() {
    this.all = new Map((await api.jobs()).map((job) => [job.id, job]));
    this._tell(null);
  }

  /** @param {string} id */
  async update(id) {
    try {
      const job = await api.job(id);
      if (this.all.has(id)) this.all.set(id, job);
      else this.all = new Map([[id, job], ...this.all]);
      this._tell(id);
    } catch {
      this.drop(id);
    }
  }

  /** @param {string} id */
  drop(id) {
    this.all.delete(id);
    this._tell(id);
  }

  /** @param {string[]} kinds @returns {Job[]} */
  of(kinds) {
    return [...this.all.values()].filter((job) => kinds.includes(job.kind));
  }

  /** @param {string | null} id */
  _tell(id) {
    this.dispatchEvent(new CustomEvent("change", { detail: id }));
  }
}

/** @param {HTMLElement} list @param {Job[]} jobs @param {string | null} current @param {(id: string) => void} open */
export function renderJobs(list, jobs, current, open) {
  const focused = document.activeElement?.closest("[data-job]")?.getAttribute("data-job");
  const items = jobs.map((job) => {
    const item = element("li", "recording");
    item.dataset.job = job.id;
    item.dataset.state = job.state;
    const opener = element("button", "open");
    if (job.id === current) opener.setAttribute("aria-current", "true");
    const kind = /** @type {Record<string, string>} */ (NAMES)[job.kind] ?? job.kind;
    opener.append(element("span", "name", job.name), element("span", "state", `${kind} · ${stateText(job)}`));
    if (job.state === "running") opener.append(progressBar(job));
    opener.addEventListener("click", () => open(job.id));
    item.append(opener);
    return item;
  });
  list.replaceChildren(...items);
  if (focused) /** @type {HTMLElement | null} */ (list.querySelector(`[data-job="${focused}"] .open`))?.focus();
}

/** @param {Job} job */
function progressBar(job) {
  const made = document.createElement("progress");
  made.max = 1;
  const fraction = job.progress?.fraction;
  if (fraction !== null && fraction !== undefined) made.value = fraction;
  made.setAttribute("aria-label", "Progress");
  return made;
}

/**
 * What can be done with a job.
 * @typedef {{say: (message: string) => void, askDelete: (job: Job) => void, open: (id: string) => void}} Actions
 */

/** Name, state and buttons of a job. @param {Job} job @param {Actions} actions @param {...HTMLElement} more buttons */
export function jobHead(job, actions, ...more) {
  const title = /** @type {HTMLInputElement} */ (element("input", "job-name"));
  title.value = job.name;
  title.maxLength = 200;
  title.setAttribute("aria-label", "Name of the job");
  title.addEventListener("change", () => title.value.trim() && tried(actions, () => api.renameJob(job.id, title.value.trim())));
  const status = make("p.job-state", stateDot(job), element("span", "", stateText(job)));
  status.setAttribute("role", "status");
  const buttons = make("div.buttons", ...more);
  if (isAtWork(job)) buttons.append(button("Stop", () => tried(actions, () => api.cancelJob(job.id)), { picture: "stop" }));
  else if (job.state !== "done") buttons.append(button("Resume", () => tried(actions, () => api.resumeJob(job.id)), { picture: "again", kind: "primary" }));
  buttons.append(
    button("Clone", () => tried(actions, async () => actions.open((await api.cloneJob(job.id)).id)), { picture: "copy", title: "The same once more, from the beginning" }),
    button("Delete", () => actions.askDelete(job), { picture: "trash", shy: true }),
  );
  const head = make("header.job-head", make("div", make("h1.unseen", job.name), title, status), buttons);
  if (job.state === "running") head.append(progressBar(job));
  if (job.reason) head.append(make("p.reason", job.reason));
  return head;
}

/** @param {Job} job */
function stateDot(job) {
  const dot = element("i", "state-dot");
  dot.dataset.state = job.state;
  return dot;
}

/** @param {Actions} actions @param {() => Promise<unknown>} run */
export function tried(actions, run) {
  return run().catch((error) => actions.say(error instanceof Error ? error.message : String(error)));
}

/** What a job has printed, to fold out. @param {Job} job */
export function logPart(job) {
  const lines = make("pre.log");
  lines.tabIndex = 0;
  lines.setAttribute("aria-label", "Log");
  const part = /** @type {HTMLDetailsElement} */ (make("details.card", make("summary", icon("menu"), "Log"), lines));
  const show = async () => {
    if (!part.open) return;
    lines.textContent = (await api.log(job.id).catch(() => "")) || "Nothing has been printed.";
    lines.scrollTop = lines.scrollHeight;
  };
  part.addEventListener("toggle", show);
  return { part, show };
}
