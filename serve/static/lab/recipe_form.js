// The form over a recipe of effects: steps and groups of them, each with its share and what it draws from.

import { PlaceField } from "./folders.js";
import { button, field, make, number, round, select } from "./parts.js";

/** @import {Effect, Parameter, Recipe, Step} from "./types.js" */

const GROUPS = /** @type {[string, string][]} */ ([
  ["any_order", "in any order"],
  ["one_of", "one of these"],
  ["in_order", "in this order"],
]);
const UNITS = /** @type {Record<string, string>} */ ({ s: "s", db: "dB", hz: "Hz", dbfs: "dBFS", m: "m" });

/** @param {string} name as the engine has it @returns {string} */
export const inWords = (name) => {
  const unit = UNITS[name.split("_").at(-1) ?? ""];
  const words = (unit ? name.slice(0, name.lastIndexOf("_")) : name).replaceAll("_", " ");
  return unit ? `${words}, ${unit}` : words;
};

/** @param {Step} step @returns {string | undefined} */
const groupOf = (step) => GROUPS.map(([kind]) => kind).find((kind) => kind in step);

export class RecipeForm {
  /** @param {HTMLElement} home @param {Effect[]} effects @param {() => void} changed */
  constructor(home, effects, changed) {
    this.home = home;
    this.effects = new Map(effects.map((effect) => [effect.name, effect]));
    this.changed = changed;
    /** @type {Recipe} */
    this.recipe = { steps: [] };
    /** @type {Set<Step>} whose parameters are unfolded */
    this._open = new Set();
  }

  /** @param {Recipe} recipe which is not changed itself */
  show(recipe) {
    this.recipe = { description: recipe.description ?? "", steps: structuredClone(recipe.steps) };
    this._open.clear();
    this.render();
  }

  render() {
    this.home.replaceChildren(this._list(this.recipe.steps, ""));
  }

  /** @param {() => void} [act] */
  _change(act) {
    act?.();
    if (act) this.render();
    this.changed();
  }

  /** @param {Step[]} steps @param {string} within the kind of the group that they are in */
  _list(steps, within) {
    const list = make("ol.steps", ...steps.map((_, index) => this._item(steps, index, within)));
    const add = select([["", "Add an effect …"], ...[...this.effects.keys()].map((name) => /** @type {[string, string]} */ ([name, inWords(name)]))], "", (name) => {
      if (name) this._change(() => steps.push(this._fresh(name)));
    });
    add.setAttribute("aria-label", "Add an effect");
    const group = button("Add a group", () => this._change(() => steps.push({ any_order: [this._fresh("chorus")], share: 1 })), { picture: "plus" });
    return make("div.step-list", list, make("div.row.start", add, !within && group));
  }

  /** @param {string} name @returns {Step} */
  _fresh(name) {
    const parameters = this.effects.get(name)?.parameters ?? [];
    return { effect: name, share: 0.5, ...Object.fromEntries(parameters.map((one) => [one.name, structuredClone(one.default)])) };
  }

  /** @param {Step[]} steps @param {number} index @param {string} within */
  _item(steps, index, within) {
    const step = steps[index];
    const kind = groupOf(step);
    const name = kind ? select(GROUPS, kind, (chosen) => this._change(() => regroup(step, kind, chosen))) : make("strong", inWords(step.effect));
    if (kind) name.setAttribute("aria-label", "How these are taken");
    else name.title = this.effects.get(step.effect)?.about ?? "";
    const head = make("div.step-head", name, this._share(step), this._moves(steps, index));
    const item = make(kind ? "li.step.group-step" : "li.step", head);
    item.dataset.effect = kind ?? step.effect;
    if (kind) item.append(this._list(step[kind], kind));
    else item.append(this._parameters(step));
    if (within === "one_of") item.classList.add("is-alternative");
    return item;
  }

  /** @param {Step} step */
  _share(step) {
    const shown = make("output", `${Math.round(100 * (step.share ?? 1))} %`);
    const slider = document.createElement("input");
    Object.assign(slider, { type: "range", min: "0", max: "1", step: "0.05", value: String(step.share ?? 1) });
    slider.setAttribute("aria-label", `Share of the copies, ${step.effect ?? "group"}`);
    slider.addEventListener("input", () => {
      step.share = slider.valueAsNumber;
      shown.textContent = `${Math.round(100 * step.share)} %`;
      this._change();
    });
    return make("label.share", slider, shown);
  }

  /** @param {Step[]} steps @param {number} index */
  _moves(steps, index) {
    const name = steps[index].effect ?? "group";
    /** @param {number} by */
    const move = (by) => this._change(() => steps.splice(index + by, 0, ...steps.splice(index, 1)));
    const up = button(`Earlier: ${name}`, () => move(-1), { picture: "up", shy: true });
    const down = button(`Later: ${name}`, () => move(1), { picture: "down", shy: true });
    up.disabled = index === 0;
    down.disabled = index === steps.length - 1;
    const remove = button(`Remove ${name}`, () => this._change(() => steps.splice(index, 1)), { picture: "close", shy: true });
    return make("div.moves", up, down, remove);
  }

  /** @param {Step} step */
  _parameters(step) {
    const effect = this.effects.get(step.effect);
    const part = /** @type {HTMLDetailsElement} */ (make("details.parameters", make("summary", summary(step, effect))));
    part.open = this._open.has(step);
    part.addEventListener("toggle", () => (part.open ? this._open.add(step) : this._open.delete(step)));
    if (effect && effect.engines.length > 1) {
      part.append(field("engine", select(effect.engines, step.engine ?? effect.engines[0], (engine) => this._change(() => (step.engine = engine)))));
    }
    for (const parameter of effect?.parameters ?? []) part.append(this._parameter(step, parameter));
    if (effect) part.append(make("p.hint", effect.about));
    return part;
  }

  /** @param {Step} step @param {Parameter} parameter */
  _parameter(step, parameter) {
    const { name, kind, lowest, highest } = parameter;
    if (kind === "text") {
      const place = new PlaceField("folder", inWords(name), (chosen) => this._change(() => (step[name] = chosen)));
      place.set(step[name] ?? "");
      return make("div.field", make("span", inWords(name)), place.button);
    }
    const value = step[name] ?? parameter.default;
    const values = Array.isArray(value) ? value : [value];
    const inputs = values.map((one, index) =>
      number(one, {
        lowest,
        highest,
        step: parameter.whole ? 1 : "any",
        label: kind === "span" ? `${inWords(name)}, ${index ? "highest" : "lowest"}` : inWords(name),
        changed: (changed) => {
          if (changed === null) return;
          if (Array.isArray(value)) step[name] = values.with(index, changed);
          else step[name] = changed;
          values[index] = changed;
          this._change();
        },
      }),
    );
    const limits = lowest === undefined ? "" : `${round(lowest)} to ${round(highest ?? 0)}`;
    return make("div.field", make("span", inWords(name)), make("div.span", ...inputs), make("small", limits));
  }
}

/** @param {Step} step @param {string} from @param {string} to */
function regroup(step, from, to) {
  step[to] = step[from];
  if (to !== from) delete step[from];
}

/** @param {Step} step @param {Effect | undefined} effect @returns {string} its first ranges */
function summary(step, effect) {
  const shown = (effect?.parameters ?? []).slice(0, 2).map(({ name, kind }) => {
    const value = step[name];
    const words = kind === "span" && Array.isArray(value) ? (value[0] === value[1] ? round(value[0]) : `${round(value[0])} to ${round(value[1])}`) : Array.isArray(value) ? value.map(round).join(" ") : value;
    return `${inWords(name).split(",")[0]} ${String(words).replaceAll("-", "−")}`;
  });
  return shown.join(", ") || "nothing to set";
}
