// Runs: a network is taught from a recipe; its curves, its scores, its weights, and another run beside it.

import { ask } from "../api.js";
import * as api from "./api.js";
import { lineChart } from "./charts.js";
import { confusionPart, scoreTable } from "./confusion.js";
import { lastPart, PlaceField } from "./folders.js";
import { isAtWork, jobHead, logPart, tried } from "./jobs.js";
import { button, card, download, field, make, number, select, table, text } from "./parts.js";

/** @import {Actions, Jobs} from "./jobs.js" */
/** @import {Job, Report, Row, TrainingRecipe} from "./types.js" */

export const KINDS = ["train", "export", "evaluate"];

// Charts by what they show; a figure of the log belongs to the first that takes it.
const CHARTS = /** @type {{title: string, takes: (name: string) => boolean, zero?: boolean, xName?: string}[]} */ ([
  { title: "Loss", takes: (name) => name === "loss" || name === "valid_loss", zero: true },
  { title: "Right answers", takes: (name) => name.endsWith("right"), zero: true },
  { title: "Seconds spent waiting for data", takes: (name) => name === "data_wait_s", zero: true },
  { title: "Learning rate", takes: (name) => name === "learning_rate", zero: true },
  { title: "Gradient norm", takes: (name) => name === "gradient_norm", zero: true },
  { title: "Parts of the loss", takes: (name) => !["step", "elapsed_s", "sound_h", "skipped_steps"].includes(name), zero: true },
]);

export class Runs {
  /** @param {HTMLElement} home @param {Jobs} jobs @param {Actions} actions @param {{classifyWith: (id: string) => void}} others */
  constructor(home, jobs, actions, others) {
    this.home = home;
    this.jobs = jobs;
    this.actions = actions;
    this.others = others;
    this.data = "";
    /** @type {TrainingRecipe[] | null} */
    this.recipes = null;
    /** @type {Job | null} */
    this.job = null;
    /** @type {Row[]} */
    this.rows = [];
    /** @type {{job: Job, rows: Row[], report: Report} | null} */
    this.other = null;
    this._reading = false;
  }

  async showStart() {
    this.job = null;
    this.recipes ??= await api.trainingRecipes();
    const options = { recipe: "folders", minutes: /** @type {number | null} */ (null), steps: /** @type {number | null} */ (null), start: "", device: "cpu" };
    const about = make("p.hint");
    const source = make("pre.source");
    source.tabIndex = 0;
    source.setAttribute("aria-label", "The recipe");
    const data = new PlaceField("folder", "The folder that teaches", (place) => (this.data = place));
    data.set(this.data);
    const banks = new PlaceField("folder", "The folder of banks", () => {});
    const own = new PlaceField("recipe", "A recipe of your own", (place) => {
      options.recipe = place;
      show();
    });
    const changes = document.createElement("textarea");
    Object.assign(changes, { rows: 4, spellcheck: false, placeholder: "training.epochs = 40\naugmentation = \"none\"" });
    const name = text("", { empty: "of the run" });
    const parts = { banks: make("div.field", make("span", "Banks of rendered sound"), banks.button), steps: field("Steps in all", number(null, { lowest: 1, step: 1, empty: "no end", changed: (value) => (options.steps = value) })), device: field("Device", select(["cpu", "cuda"], "cpu", (value) => (options.device = value))), start: field("Begin with the weights of", this._startSelect((id) => (options.start = id))) };
    const show = () => {
      const recipe = this.recipes?.find((one) => one.name === options.recipe);
      about.textContent = recipe?.about.replaceAll("`", "") ?? `${options.recipe}, of your own`;
      source.textContent = recipe?.text ?? "";
      source.hidden = !recipe;
      const isNetwork = recipe?.teaches === "network";
      parts.steps.hidden = parts.device.hidden = Boolean(recipe) && !isNetwork;
      parts.start.hidden = isNetwork;
      name.placeholder = lastPart(options.recipe).replace(".toml", "");
    };
    const known = /** @type {[string, string][]} */ (this.recipes.map((one) => [one.name, `${one.name} · ${one.teaches === "network" ? "notes and drums" : "classes"}`]));
    const chosen = select(known, options.recipe, (value) => {
      options.recipe = value;
      own.set("");
      show();
    });
    const begin = button("Start the run", () =>
      tried(this.actions, async () => {
        const given = { recipe: options.recipe, changes: changes.value.split("\n").map((line) => line.trim()).filter(Boolean), minutes: options.minutes, data: this.data || null, banks: banks.place || null };
        const more = { ...(parts.steps.hidden ? {} : { steps: options.steps, device: options.device }), ...(options.start && !parts.start.hidden ? { start: options.start } : {}) };
        this.actions.open((await api.addJob("train", name.value.trim() || name.placeholder, { ...given, ...more })).id);
      }), { kind: "primary", picture: "play" });
    this.home.replaceChildren(
      make("header.page-head", make("h1", "Runs"), make("p", "Teach a network from a recipe: a folder with a sub-folder for each class is enough. Stop it, go on with it, compare it, and take its weights away.")),
      make(
        "div.two",
        card("Recipe", make("div.place-row", field("One that comes along", chosen), make("div.field", make("span", "or your own"), own.button)), about, source, field("Changes, one a line", changes, "key = value, as in TOML")),
        card(
          "What teaches",
          make("div.field", make("span", "Data: a folder with one for each class, or with midi/"), data.button),
          parts.banks,
          make("div.form-grid", field("Minutes", number(null, { lowest: 0, empty: "until it is done", changed: (value) => (options.minutes = value) })), parts.steps, parts.device, parts.start, field("Name", name)),
          make("div.row", begin),
        ),
      ),
    );
    show();
  }

  /** @param {(id: string) => void} changed */
  _startSelect(changed) {
    const taught = this.jobs.of(["train"]).filter((job) => job.state === "done" && job.options.teaches === "classifier");
    return select([["", "nothing"], ...taught.map((job) => /** @type {[string, string]} */ ([job.id, job.name]))], "", changed);
  }

  /** @param {Job} job */
  async showJob(job) {
    if (job.kind !== "train") return this._showScores(job);
    const isNew = this.job?.id !== job.id;
    const changedState = this.job?.state !== job.state;
    this.job = job;
    if (isNew) Object.assign(this, { rows: [], other: null });
    if (isNew || changedState) this._frame(job);
    else this._head?.replaceChildren(...this._headOf(job).childNodes);
    await this._readRows();
    if (isNew || changedState) await this._showReport(job);
    else if (isAtWork(job)) void this._log?.show();
  }

  /** @param {Job} job */
  _headOf(job) {
    const isTaught = job.options.teaches === "classifier" && job.state === "done";
    const more = [];
    if (isTaught) {
      more.push(button("Classify with it", () => this.others.classifyWith(job.id), { kind: "primary", picture: "tag" }));
      more.push(button("Weights", () => this._weights(job), { picture: "export", title: "The network with its card, as a zip archive" }));
    }
    if (job.options.teaches === "classifier" && !isAtWork(job) && job.state !== "done" && this.rows.length) {
      more.push(button("End it here", () => tried(this.actions, () => api.resumeJob(job.id, { minutes: 0 })), { title: "Measure it, and write weights with a card" }));
    }
    if (job.options.teaches === "network" && !isAtWork(job)) {
      more.push(button("Go on", () => tried(this.actions, () => api.resumeJob(job.id)), { picture: "again" }));
      more.push(button("Export", () => tried(this.actions, async () => this.actions.open((await api.addJob("export", `${job.name}, exported`, { run: job.id, banks: job.options.banks })).id)), { picture: "export" }));
    }
    return jobHead(job, this.actions, ...more);
  }

  /** @param {Job} job */
  _frame(job) {
    this._head = this._headOf(job);
    this._charts = make("div.charts.wide-charts");
    this._scores = make("div");
    this._log = logPart(job);
    const others = this.jobs.of(["train"]).filter((one) => one.id !== job.id);
    const compare = select([["", "nothing"], ...others.map((one) => /** @type {[string, string]} */ ([one.id, one.name]))], this.other?.job.id ?? "", (id) => void this._compare(id));
    this.home.replaceChildren(this._head, make("div.place-row.compare", field("Compare with", compare)), this._charts, this._scores, this._log.part);
  }

  async _readRows() {
    const { job } = this;
    if (!job || this._reading) return;
    this._reading = true;
    try {
      const rows = await api.rows(job.id, this.rows.length);
      if (this.job?.id !== job.id) return;
      const isFirst = !this.rows.length;
      this.rows.push(...rows);
      if (rows.length || isFirst) this._drawCharts();
    } catch (error) {
      this.actions.say(error instanceof Error ? error.message : String(error));
    } finally {
      this._reading = false;
    }
  }

  _drawCharts() {
    const names = [...new Set([...this.rows, ...(this.other?.rows ?? [])].flatMap((row) => Object.keys(row)))];
    const left = new Set(names.filter((name) => name !== "step"));
    const made = [];
    for (const chart of CHARTS) {
      const own = [...left].filter(chart.takes);
      for (const name of own) left.delete(name);
      if (!own.length) continue;
      const lines = own.flatMap((name, tone) => [
        { name: figureName(name), points: points(this.rows, name), tone: tone % 8 },
        ...(this.other ? [{ name: `${figureName(name)}, other`, points: points(this.other.rows, name), tone: tone % 8, dashed: true }] : []),
      ]);
      const legend = make("ul.legend", ...own.map((name, tone) => make(`li.tone-${tone % 8}`, figureName(name))));
      made.push(card(chart.title, lineChart(chart.title, lines, chart), own.length > 1 && legend));
    }
    if (!made.length) made.push(card("Curves", make("p.hint", this.job && isAtWork(this.job) ? "The first figures come when the first epoch, or fifty steps, are done." : "This run has left no figures.")));
    this._charts?.replaceChildren(...made);
  }

  /** @param {Job} job */
  async _showReport(job) {
    const report = await api.report(job.id).catch(() => null);
    if (this.job?.id !== job.id || !report) return;
    this._report = report;
    const parts = [];
    if (report.report) parts.push(card("Scores on the test part", scoreTable(report.report), confusionPart(report.report.classes.map((row) => row.class), report.report.confusion)));
    if (this.other) parts.push(this._differences(report, this.other.report));
    if (report.recipe) {
      const json = make("pre.source", JSON.stringify(report.recipe, null, 1));
      json.tabIndex = 0;
      parts.push(make("details.card", make("summary", "All settings"), json));
    }
    this._scores?.replaceChildren(...parts);
  }

  /** @param {string} id */
  async _compare(id) {
    const job = this.jobs.all.get(id);
    this.other = job ? { job, rows: await api.rows(id, 0), report: await api.report(id) } : null;
    this._drawCharts();
    if (this.job) await this._showReport(this.job);
  }

  /** @param {Report} own @param {Report} others */
  _differences(own, others) {
    const [mine, theirs] = [flat(own.recipe ?? {}), flat(others.recipe ?? {})];
    const names = [...new Set([...Object.keys(mine), ...Object.keys(theirs)])].filter((name) => mine[name] !== theirs[name]);
    const rows = names.map((name) => [name, mine[name] ?? "", theirs[name] ?? ""]);
    const scores = own.report && others.report ? [["accuracy", own.report.accuracy.toFixed(3), others.report.accuracy.toFixed(3)], ["mean F1", own.report.mean_f1.toFixed(3), others.report.mean_f1.toFixed(3)]] : [];
    const all = [...scores, ...rows];
    return card("What differs", all.length ? table(["", this.job?.name ?? "", this.other?.job.name ?? ""], all, "What differs between the runs") : make("p.hint", "Nothing: both have the same settings."));
  }

  /** @param {Job} job */
  _weights(job) {
    return tried(this.actions, async () => {
      const response = await ask(`/jobs/${job.id}/weights`);
      download(await response.blob(), `${job.name}-weights.zip`);
    });
  }

  /** Of weights on labelled recordings, or those that were exported. @param {Job} job */
  async _showScores(job) {
    this.job = job;
    const body = make("div");
    const weights = button("Weights", () => this._weights(job), { picture: "export" });
    this.home.replaceChildren(jobHead(job, this.actions, ...(job.kind === "export" && job.state === "done" ? [weights] : [])), body, logPart(job).part);
    if (job.state !== "done" || job.kind === "export") return;
    body.replaceChildren(...intervalTables(await api.result(job.id)));
  }
}

/** Each set's figures with their 95 % intervals. @param {Record<string, any>} result @returns {HTMLElement[]} */
function intervalTables(result) {
  const titles = { notes: "Notes", drums: "Drums, F1", drum_accuracy: "Drums, precision and recall", ghosts: "Notes a minute where none are labelled", drum_ghosts: "Hits a minute where none are labelled" };
  return Object.entries(titles).flatMap(([key, title]) => {
    const sets = Object.entries(/** @type {Record<string, Record<string, any>>} */ (result[key] ?? {}));
    if (!sets.length) return [];
    const columns = Object.keys(sets[0][1]);
    const rows = sets.map(([name, figures]) => [name, ...columns.map((column) => interval(figures[column]))]);
    return [card(title, table(["set", ...columns], rows, title))];
  });
}

/** @param {{mean: number | null, low: number | null, high: number | null} | undefined} figure */
function interval(figure) {
  if (!figure || figure.mean === null) return "";
  return make("span", figure.mean.toFixed(3), make("small", ` ${figure.low?.toFixed(2)}–${figure.high?.toFixed(2)}`));
}

/** @param {Row[]} rows @param {string} name @returns {[number, number][]} */
const points = (rows, name) => rows.filter((row) => row[name] !== undefined && Number.isFinite(row[name])).map((row) => [row.step, row[name]]);

/** @param {string} name */
const figureName = (name) => name.replace("valid_", "valid ").replace("loss", "loss").replaceAll("_", " ");

/** @param {Record<string, any>} table_ @param {string} [before] @returns {Record<string, string>} dotted names */
function flat(table_, before = "") {
  return Object.fromEntries(
    Object.entries(table_).flatMap(([key, value]) =>
      value !== null && typeof value === "object" && !Array.isArray(value) ? Object.entries(flat(value, `${before}${key}.`)) : [[before + key, JSON.stringify(value)]],
    ),
  );
}
