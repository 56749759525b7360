// Data sets: a folder is looked at, or many copies are made of what lies in it.

import * as api from "./api.js";
import { bars, histogram } from "./charts.js";
import { lastPart, PlaceField } from "./folders.js";
import { jobHead, logPart, tried } from "./jobs.js";
import { button, card, download, field, lasting, listening, make, number, percent, select, text } from "./parts.js";
import { drawLevels } from "./pictures.js";
import { PreviewPart } from "./preview.js";
import { RecipeForm } from "./recipe_form.js";
import { clock, pitchName } from "../roll_sizes.js";

/** @import {Actions} from "./jobs.js" */
/** @import {Effect, Job, Recipe, SheetSound, Survey} from "./types.js" */

export const KINDS = ["look", "augment"];

export class Sets {
  /** @param {HTMLElement} home @param {Actions} actions @param {{trainOn: (place: string) => void}} others */
  constructor(home, actions, others) {
    this.home = home;
    this.actions = actions;
    this.others = others;
    this.place = "";
    this.sample = "";
    this.seed = 0;
    /** @type {{effects: Effect[], recipes: Recipe[]} | null} */
    this.known = null;
    /** @type {Survey | null} what is drawn, to be drawn again in other colours */
    this._survey = null;
  }

  /** The start: which folder, and what with it. */
  async showStart() {
    this._survey = null;
    const place = new PlaceField("folder", "The data set's folder", (chosen) => void this._choose(chosen));
    place.set(this.place);
    this.facts = make("p.hint");
    this.making = make("div.making");
    const look = button("Look at it", () => this._add("look", `${lastPart(this.place)}`, { place: this.place }), { picture: "chart", kind: "primary" });
    this.lookButton = look;
    this.home.replaceChildren(
      make("header.page-head", make("h1", "Data sets"), make("p", "See what a folder of sounds holds, and make it many times as large: with rooms, noise, codecs and whatever else a recording may have been through, the labels moved along.")),
      make("section.card.choose", make("div.place-row", place.button, look), this.facts),
      this.making,
    );
    if (!this.place) await this._chooseFirst(place);
    else await this._choose(this.place);
  }

  /** @param {PlaceField} field_ */
  async _chooseFirst(field_) {
    const { folders } = await api.folders("");
    if (!folders.length) {
      this._say("The server may see no folders yet. Start it with one: mp3tomidi serve --data FOLDER");
      /** @type {HTMLButtonElement} */ (this.lookButton).disabled = true;
      return;
    }
    field_.set(folders[0].place);
    await this._choose(folders[0].place);
  }

  /** @param {string} message */
  _say(message) {
    if (this.facts) this.facts.textContent = message;
  }

  /** @param {string} place */
  async _choose(place) {
    this.place = place;
    try {
      const listing = await api.folders(place);
      const count = listing.sound_count ?? 0;
      this._say(`${count.toLocaleString("en")} sounds${listing.folders.length ? ` in ${listing.folders.length} folders` : ""}`);
      /** @type {HTMLButtonElement} */ (this.lookButton).disabled = !count;
      this.sample = (await firstSound(place)) ?? "";
      this.count = count;
      void this._showMaking();
    } catch (error) {
      this._say(error instanceof Error ? error.message : String(error));
    }
  }

  async _showMaking() {
    if (!this.making) return;
    if (!this.known) {
      this.making.replaceChildren(make("p.hint.card", "Loading the effects …"));
      try {
        this.known = await api.effects();
      } catch (error) {
        return this.making.replaceChildren(make("p.card", error instanceof Error ? error.message : String(error)));
      }
    }
    const { effects, recipes } = this.known;
    const steps = make("div");
    const preview = new PreviewPart(() => ({ place: this.sample, within: this.place, seed: this.seed, recipe: form.recipe }));
    const form = new RecipeForm(steps, effects, () => preview.soon());
    const start = recipes.find((recipe) => recipe.name === "studio") ?? recipes[0];
    const describe = make("p.hint", start.description ?? "");
    const from = select(recipes.map((recipe) => recipe.name ?? ""), start.name ?? "", (name) => {
      const recipe = recipes.find((one) => one.name === name) ?? start;
      describe.textContent = recipe.description ?? "";
      form.show(recipe);
      preview.soon();
    });
    form.show(start);
    const toml = button("As TOML", () => tried(this.actions, async () => download(await api.recipeAsToml(form.recipe), "recipe.toml")), { picture: "export", title: "For mp3tomidi-augment apply --recipe recipe.toml" });
    const sample = new PlaceField("sound", "The sample that is shown", (chosen) => {
      this.sample = chosen;
      preview.soon();
    });
    sample.set(this.sample);
    const seed = number(this.seed, { lowest: 0, step: 1, changed: (value) => ((this.seed = Math.round(value ?? 0)), preview.soon()) });
    const another = button("Another draw", () => ((this.seed += 1), (seed.value = String(this.seed)), preview.soon()), { picture: "dice" });
    this.making.replaceChildren(
      make(
        "div.two",
        card("Recipe", make("div.place-row", field("Begin with", from), toml), describe, steps),
        make("div.column", card("One sample", make("div.place-row", sample.button, another), preview.home), this._makeCard(form, seed)),
      ),
    );
    preview.soon();
  }

  /** @param {RecipeForm} form @param {HTMLInputElement} seed */
  _makeCard(form, seed) {
    const options = { copies: 5, format: "flac", rate_hz: /** @type {number | null} */ (null), tail_s: 0 };
    const name = text("", { empty: `${lastPart(this.place)}, augmented` });
    const total = make("p.hint");
    const count = () => (total.textContent = `${(options.copies * (this.count ?? 0)).toLocaleString("en")} sounds will be made, with their labels and a manifest of all that was drawn.`);
    const copies = number(options.copies, { lowest: 1, highest: 10_000, step: 1, changed: (value) => ((options.copies = Math.max(1, Math.round(value ?? 1))), count()) });
    count();
    const run = button("Make the copies", () => this._add("augment", name.value.trim() || name.placeholder, { place: this.place, recipe: form.recipe, seed: this.seed, ...options }), { kind: "primary", picture: "play" });
    return card(
      "Make the data set",
      make(
        "div.form-grid",
        field("Copies of each", copies),
        field("Seed", seed),
        field("Format", select(["wav", "flac", "ogg"], options.format, (value) => (options.format = value))),
        field("Rate, Hz", number(null, { lowest: 4000, highest: 192_000, step: 1, empty: "as it is", changed: (value) => (options.rate_hz = value) })),
        field("Tail, s", number(0, { lowest: 0, highest: 60, changed: (value) => (options.tail_s = value ?? 0) })),
        field("Name", name),
      ),
      total,
      make("div.row", run),
    );
  }

  /** @param {string} kind @param {string} name @param {object} options */
  _add(kind, name, options) {
    return tried(this.actions, async () => this.actions.open((await api.addJob(kind, name, options)).id));
  }

  /** @param {Job} job */
  async showJob(job) {
    listening.stop();
    if (job.kind === "augment") return this._showAugment(job);
    const body = make("div");
    this.home.replaceChildren(jobHead(job, this.actions), body, logPart(job).part);
    this._survey = null;
    if (job.state !== "done") return;
    const [survey, levels] = await Promise.all([api.result(job.id), api.bytes(`/api/jobs/${job.id}/sheet`)]);
    this._survey = survey;
    this._levels = levels;
    this._body = body;
    this._drawSurvey();
  }

  /** The colours are others. */
  recolour() {
    if (this._survey) this._drawSurvey();
  }

  _drawSurvey() {
    const survey = /** @type {Survey} */ (this._survey);
    const levels = /** @type {Uint8Array} */ (this._levels);
    const facts = [
      [survey.sounds.toLocaleString("en"), "sounds"],
      [lasting(survey.duration_s), "of sound"],
      [String(survey.classes.length), survey.classes.length === 1 ? "class" : "classes"],
      [survey.notes.toLocaleString("en"), "notes"],
      [survey.drum_hits.toLocaleString("en"), "drum hits"],
      [survey.rates.map(([rate]) => `${rate / 1000} kHz`).slice(0, 3).join(", "), survey.rates.length > 3 ? `and ${survey.rates.length - 3} other rates` : "rate"],
    ];
    const edges = survey.durations.edges;
    const pitches = survey.pitches.map((_, pitch) => pitch).filter((pitch) => survey.pitches[pitch]);
    const [low, high] = [pitches[0] ?? 0, (pitches.at(-1) ?? 0) + 1];
    const pitchEdges = Array.from({ length: high - low + 1 }, (_, index) => low + index - 0.5);
    // Levels begin a little below the lowest that is not silence.
    const lowest = survey.levels.rms.findIndex((count, index) => index > 0 && count > 0);
    const first = survey.silent ? 0 : Math.max(0, lowest - 4);
    const actions = make("div.row.start", button("Make copies of it", () => this._useFolder(survey.place), { picture: "copy" }), button("Teach a classifier on it", () => this.others.trainOn(survey.place), { picture: "runs" }));
    this._body?.replaceChildren(make(
      "div.survey",
      make("dl.facts", ...facts.map(([value, name]) => make("div", make("dt", name), make("dd", value)))),
      actions,
      make(
        "div.charts",
        card("Durations", histogram("Durations in seconds", edges, survey.durations.counts, { isLog: edges[0] > 0, xName: "s" })),
        card(`Levels${survey.silent ? ` (${survey.silent} silent)` : ""}`, histogram("Levels in dB of full scale: bars are RMS, the line peaks", survey.levels.edges.slice(first), survey.levels.rms.slice(first), { over: survey.levels.peak.slice(first), xName: "dBFS" }), make("p.hint", "bars RMS, line peak")),
        pitches.length > 0 ? card("Pitches", histogram("Pitches of the labelled notes", pitchEdges, survey.pitches.slice(low, high), { names: (edge) => pitchName(Math.max(0, Math.round(edge + 0.01))) })) : null,
        card("Classes", bars("Sounds of each class", survey.classes.slice(0, 24)), survey.classes.length > 24 && make("p.hint", `and ${survey.classes.length - 24} others`)),
        survey.drums.length > 0 && card("Drums", bars("Drum hits", survey.drums)),
      ),
      survey.failures.length > 0 && make("details.card", make("summary", `${survey.failures.length} sounds could not be read`), make("ul.failures", ...survey.failures.map((failure) => make("li", failure)))),
      card("Sounds", make("p.hint", `${survey.sheet.length === survey.sounds ? "All of them" : `${survey.sheet.length} of them, evenly from each class`}; labels lie over the spectrograms. Click one to hear it.`), make("div.sheet", ...survey.sheet.map((sound) => sheetTile(sound, levels)))),
    ));
  }

  /** @param {string} place */
  _useFolder(place) {
    this.place = place;
    this.actions.open("");
  }

  /** @param {Job} job */
  _showAugment(job) {
    const { options } = job;
    const made = `made/${job.id}`;
    const look = button("Look at it", () => this._add("look", job.name, { place: made }), { picture: "chart", kind: job.state === "done" ? "primary" : "" });
    const train = button("Teach a classifier on it", () => this.others.trainOn(made), { picture: "runs" });
    const extra = job.state === "done" ? [look, train] : [];
    const progress = job.progress?.fraction;
    const rows = [
      ["of", options.place],
      ["copies of each", options.copies],
      ["seed", options.seed],
      ["format", options.format],
      ["rate", options.rate_hz ? `${options.rate_hz} Hz` : "that of each sound"],
      ["tail", `${options.tail_s} s`],
      ["lies in", `${made} below the server's own folder`],
    ];
    const log = logPart(job);
    this.home.replaceChildren(
      jobHead(job, this.actions, ...extra),
      progress !== null && progress !== undefined ? make("p.big-figure", percent(progress)) : "",
      card("What is made", make("dl.settings", ...rows.map(([name, value]) => make("div", make("dt", String(name)), make("dd", String(value)))))),
      card("Recipe", make("p.hint", options.recipe.description ?? ""), make("ol.plain-steps", ...options.recipe.steps.map(plainStep))),
      log.part,
    );
  }
}

/** @param {Record<string, any>} step @returns {HTMLElement} */
function plainStep(step) {
  const kind = ["any_order", "one_of", "in_order"].find((one) => one in step);
  const share = step.share === undefined || step.share === 1 ? "" : ` in ${Math.round(100 * step.share)} % of the copies`;
  if (!kind) return make("li", make("strong", step.effect.replaceAll("_", " ")), share);
  return make("li", `${kind.replaceAll("_", " ")}${share}`, make("ul.plain-steps", ...step[kind].map(plainStep)));
}

/** @param {SheetSound} sound @param {Uint8Array} levels of all sounds */
function sheetTile(sound, levels) {
  const canvas = document.createElement("canvas");
  canvas.setAttribute("aria-hidden", "true");
  drawLevels(canvas, levels.subarray(sound.offset, sound.offset + sound.columns * sound.bands), sound, sound.shown_s);
  const tile = button("", () => listening.toggle(api.soundUrl(sound.place), tile), { kind: "tile", title: sound.place });
  tile.append(canvas, make("span.caption", make("strong", sound.name), make("small", `${sound.class} · ${clock(sound.duration_s, 1)}`)));
  tile.setAttribute("aria-label", `Hear ${sound.name}, ${sound.class}`);
  return tile;
}

/** The first sound in or below a folder. @param {string} place @returns {Promise<string | null>} */
async function firstSound(place, depth = 3) {
  const { sounds, folders } = await api.folders(place);
  if (sounds.length) return sounds[0].place;
  for (const folder of depth ? folders.slice(0, 5) : []) {
    const found = await firstSound(folder.place, depth - 1);
    if (found) return found;
  }
  return null;
}
