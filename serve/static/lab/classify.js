// Classify one recording, or many: confidences, what each layer answered, a table, a confusion matrix, a map.

import * as api from "./api.js";
import { bars, scatter } from "./charts.js";
import { confusionPart, scoreTable } from "./confusion.js";
import { lastPart, PlaceField } from "./folders.js";
import { jobHead, logPart, tried } from "./jobs.js";
import { button, card, field, listening, make, percent, select, table } from "./parts.js";
import { drawLayer } from "./pictures.js";
import { clock } from "../roll_sizes.js";

/** @import {Actions} from "./jobs.js" */
/** @import {Classifier, Job, Layer, Sorted, SortedMany, Told} from "./types.js" */

export const KINDS = ["classify"];
const TOP = 10;
const SHOWN_ROWS = 300;

export class Classify {
  /** @param {HTMLElement} home @param {Actions} actions @param {() => {id: string, name: string}[]} recordings that were uploaded to be transcribed */
  constructor(home, actions, recordings) {
    this.home = home;
    this.actions = actions;
    this.recordings = recordings;
    this.chosen = "";
    this.place = "";
    /** @type {Classifier[]} */
    this.classifiers = [];
    /** @type {Told | null} */
    this._told = null;
  }

  async showStart() {
    this.classifiers = await api.classifiers();
    const head = make("header.page-head", make("h1", "Classify"), make("p", "What is it? Ask a classifier of one recording, with what each layer answers, or of a whole folder."));
    if (!this.classifiers.length) {
      this.home.replaceChildren(head, make("section.card.choose", make("p", "There is no classifier yet. Teach one on folders of your own: each sub-folder is a class."), button("Teach one", () => (location.hash = "runs"), { kind: "primary" })));
      return;
    }
    if (!this.classifiers.some((one) => one.id === this.chosen)) this.chosen = this.classifiers[0].id;
    const about = make("p.hint");
    const show = () => {
      const one = this.classifiers.find((each) => each.id === this.chosen);
      about.textContent = one ? `${one.about}: ${one.classes.slice(0, 12).join(", ")}${one.classes.length > 12 ? ` and ${one.classes.length - 12} more` : ""}` : "";
    };
    const which = select(this.classifiers.map((one) => /** @type {[string, string]} */ ([one.id, `${one.name} · ${one.classes.length} classes`])), this.chosen, (id) => {
      this.chosen = id;
      show();
    });
    show();
    this.answer = make("div");
    this.home.replaceChildren(head, make("section.card.choose", field("Classifier", which), about), make("div.two", this._oneCard(), this._manyCard()), this.answer);
    if (this._told) this._showTold(this._told, this._toldOf ?? "");
  }

  _oneCard() {
    const input = document.createElement("input");
    Object.assign(input, { type: "file", accept: "audio/*,video/*,.flac,.opus", hidden: true });
    input.addEventListener("change", () => {
      const file = input.files?.[0];
      if (file) void this.ask(file.name, () => api.classifyFile(this.chosen, file));
      input.value = "";
    });
    const upload = button("Choose a recording", () => input.click(), { kind: "primary", picture: "file" });
    const there = new PlaceField("sound", "A sound on the server", (place) => void this.ask(lastPart(place), () => api.classifyThere(this.chosen, { place })));
    const heard = this.recordings();
    const songs = select([["", heard.length ? "One that was transcribed …" : "None was transcribed yet"], ...heard.map((one) => /** @type {[string, string]} */ ([one.id, one.name]))], "", (recording) => {
      const name = heard.find((one) => one.id === recording)?.name ?? "";
      if (recording) void this.ask(name, () => api.classifyThere(this.chosen, { recording }));
    });
    songs.setAttribute("aria-label", "A recording that was transcribed");
    return card("One", make("p.hint", "Drop it anywhere, choose it, or take one that is there."), make("div.stack", upload, input, there.button, songs));
  }

  _manyCard() {
    const place = new PlaceField("folder", "The folder to classify", (chosen) => (this.place = chosen));
    place.set(this.place);
    const listed = document.createElement("textarea");
    Object.assign(listed, { rows: 3, spellcheck: false, placeholder: "jazz/one.wav, jazz" });
    const run = button("Classify them", () =>
      tried(this.actions, async () => {
        if (!this.place) return place.choose();
        const name = `${lastPart(this.place)} by ${this.classifiers.find((one) => one.id === this.chosen)?.name}`;
        this.actions.open((await api.addJob("classify", name, { place: this.place, classifier: this.chosen, map: map.value, ...(listed.value.trim() && { list: listed.value }) })).id);
      }), { kind: "primary", picture: "play" });
    const map = select([["pca", "principal components"], ["umap", "UMAP (extra umap)"]], "pca");
    return card("Many", make("p.hint", "Sub-folders that are called like classes become the rows of a confusion matrix."), make("div.stack", place.button, field("Only these, one a line", listed, "path in the folder, and after a comma its class if you know it"), field("Map by", map), run));
  }

  /** A file was dropped. @param {File} file */
  drop(file) {
    if (this.chosen) void this.ask(file.name, () => api.classifyFile(this.chosen, file));
  }

  /** @param {string} name @param {() => Promise<Told>} ask */
  async ask(name, ask) {
    this.answer?.replaceChildren(make("p.hint.card", `Listening to ${name} …`));
    await tried({ ...this.actions, say: (message) => this.answer?.replaceChildren(make("p.card.error", message)) }, async () => {
      this._told = await ask();
      this._toldOf = name;
      this._showTold(this._told, name);
    });
  }

  /** @param {Told} told @param {string} name */
  _showTold(told, name) {
    const top = /** @type {[string, number][]} */ (told.top.map((one) => [one.class, one.confidence]));
    this.answer?.replaceChildren(
      card(name, told.silent ? make("p", "It is silent: there is nothing to be told.") : make("div", make("p.big-figure", top[0][0], make("small", ` ${percent(top[0][1])}`)), bars("The likeliest classes", top, { most: 1, shown: percent }))),
      told.segments.length > 1 && !told.silent ? card("Over time", segmentMap(told)) : "",
      told.layers ? card("What each layer answered", make("p.hint", `Of the loudest segment, at ${clock(told.loudest_s)}: a row for each channel, time from left to right, brighter the stronger.`), make("div.layers", ...told.layers.map(layerTile))) : "",
      told.layers_missing ? make("p.hint", told.layers_missing) : "",
    );
  }

  recolour() {
    if (this._told && this.answer?.isConnected) this._showTold(this._told, this._toldOf ?? "");
  }

  /** @param {Job} job */
  async showJob(job) {
    listening.stop();
    const body = make("div");
    this.home.replaceChildren(jobHead(job, this.actions), body, logPart(job).part);
    if (job.state !== "done") return;
    const found = /** @type {SortedMany} */ (await api.result(job.id));
    const list = make("div");
    const show = (/** @type {string} */ title, /** @type {Sorted[]} */ rows) => {
      list.replaceChildren(card(title, recordingTable(found, rows)));
      list.scrollIntoView({ block: "nearest" });
    };
    const { classes, recordings } = found;
    const told = recordings.map((one) => (one.silent ? -1 : one.probabilities.indexOf(Math.max(...one.probabilities))));
    body.replaceChildren(
      found.scores
        ? card("How right it is", scoreTable(found.scores), confusionPart(classes, found.scores.confusion, (is, to) => show(`${classes[is]} told to be ${classes[to]}`, recordings.filter((one, index) => one.is === classes[is] && told[index] === to))))
        : card("What they are told to be", bars("Recordings of each class", /** @type {[string, number][]} */ (classes.map((name, index) => [name, told.filter((one) => one === index).length])))),
      make("div.two", card("Map", make("p.hint", `Recordings that the network finds alike lie side by side: ${found.map.share === null ? "its embeddings by UMAP" : `the two main directions of its embeddings, ${percent(found.map.share)} of how they differ`}. Click a point to hear it.`), mapPart(found, told)), topPart(found)),
      found.failures.length > 0 ? make("details.card", make("summary", `${found.failures.length} could not be read`), make("ul.failures", ...found.failures.map((failure) => make("li", failure)))) : "",
      list,
    );
    list.replaceChildren(card("All of them", recordingTable(found, recordings)));
  }
}

/** @param {SortedMany} found @param {number[]} told */
function mapPart(found, told) {
  const points = found.map.points.map(([x, y], index) => {
    const one = found.recordings[index];
    return { x, y, tone: Math.max(0, told[index]) % 8, name: `${one.name}: ${told[index] < 0 ? "silent" : found.classes[told[index]]}` };
  });
  const said = make("p.hint.map-said", " ");
  const legend = make("ul.legend", ...found.classes.slice(0, 8).map((name, tone) => make(`li.tone-${tone}`, name)));
  const map = scatter("Map of the recordings", points, (index) => {
    said.textContent = points[index].name;
    listening.toggle(api.soundUrl(found.recordings[index].place), said);
  });
  return make("div", map, legend, said);
}

/** The ten surest of each class. @param {SortedMany} found */
function topPart(found) {
  const list = make("ol.top-ten");
  const show = (/** @type {string} */ name) => {
    const column = found.classes.indexOf(name);
    const best = found.recordings.filter((one) => !one.silent).toSorted((a, b) => b.probabilities[column] - a.probabilities[column]).slice(0, TOP);
    list.replaceChildren(...best.map((one) => {
      const row = button("", () => listening.toggle(api.soundUrl(one.place), row), { kind: "top-row", title: "Hear it" });
      row.append(make("span", one.name), make("b", percent(one.probabilities[column])));
      return make("li", row);
    }));
  };
  show(found.classes[0]);
  return card("Top ten", field("Class", select(found.classes, found.classes[0], show)), list);
}

/** @param {SortedMany} found @param {Sorted[]} rows */
function recordingTable(found, rows) {
  const shown = rows.slice(0, SHOWN_ROWS).map((one) => {
    const order = one.probabilities.map((_, index) => index).sort((a, b) => one.probabilities[b] - one.probabilities[a]).slice(0, 3);
    const told = one.silent ? "silent" : order.map((index) => `${found.classes[index]} ${percent(one.probabilities[index])}`).join(", ");
    const isRight = one.is !== null && !one.silent && found.classes[order[0]] === one.is;
    return [one.name, clock(one.duration_s), one.is ?? "", one.is === null ? told : make(isRight ? "span.good-text" : "span.bad-text", told)];
  });
  const more = rows.length > SHOWN_ROWS && make("p.hint", `and ${rows.length - SHOWN_ROWS} more; the API has all of them`);
  return make("div", table(["recording", "length", "is", "told"], shown, "Recordings"), more);
}

/** A row a class, a column a segment. @param {Told} told */
function segmentMap(told) {
  const order = told.probabilities.map((_, index) => index).sort((a, b) => told.probabilities[b] - told.probabilities[a]).slice(0, 5);
  const rows = order.map((index) => {
    const strip = make("div.strip", ...told.segments.map((segment) => {
      const cell = make("i");
      cell.style.opacity = String(segment.silent ? 0 : segment.probabilities[index]);
      cell.title = `${clock(segment.start_s)} to ${clock(segment.end_s)}: ${segment.silent ? "silent" : percent(segment.probabilities[index])}`;
      return cell;
    }));
    return make("div.strip-row", make("span", told.classes[index]), strip);
  });
  return make("div.strips", ...rows);
}

/** @param {Layer} layer */
function layerTile(layer) {
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `${layer.kind} ${layer.name}`);
  drawLayer(canvas, layer);
  return make("figure.layer", canvas, make("figcaption", make("strong", layer.kind), make("small", `${layer.name} · ${layer.shape.join(" × ")} · mean ${layer.mean.toPrecision(3)}`)));
}
