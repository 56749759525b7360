// The server's API for data sets, runs and classifiers, as functions.

import { ask, json } from "../api.js";

/** @import {Classifier, Effect, Job, Listing, Preview, Recipe, Report, Row, Told, TrainingRecipe} from "./types.js" */

/** @param {string} place @returns {Promise<Listing>} */
export const folders = async (place) => (await ask(`/folders?${new URLSearchParams({ place })}`)).json();

/** @param {string} place */
export const soundUrl = (place) => `/api/sound?${new URLSearchParams({ place })}`;

/** @returns {Promise<{effects: Effect[], recipes: Recipe[]}>} */
export const effects = async () => (await ask("/effects")).json();

/** @param {Recipe} recipe @returns {Promise<Blob>} */
export const recipeAsToml = async (recipe) => (await ask("/recipe", json("POST", recipe))).blob();

/** @param {object} body @param {AbortSignal} signal @returns {Promise<Preview>} */
export const preview = async (body, signal) => (await ask("/previews", { ...json("POST", body), signal })).json();

/** @param {string} id @param {string} version @param {"sound" | "levels"} what */
export const previewUrl = (id, version, what) => `/api/previews/${id}/${version}/${what}`;

/** @param {string} url of bytes @returns {Promise<Uint8Array>} */
export const bytes = async (url) => new Uint8Array(await (await ask(url.replace(/^\/api/, ""))).arrayBuffer());

/** @returns {Promise<Job[]>} */
export const jobs = async () => (await (await ask("/jobs")).json()).jobs;

/** @param {string} id @returns {Promise<Job>} */
export const job = async (id) => (await ask(`/jobs/${id}`)).json();

/** @param {string} kind @param {string} name @param {object} options @returns {Promise<Job>} */
export const addJob = async (kind, name, options) => (await ask("/jobs", json("POST", { kind, name, options }))).json();

/** @param {string} id @param {string} name */
export const renameJob = (id, name) => ask(`/jobs/${id}`, json("PATCH", { name }));

/** @param {string} id */
export const deleteJob = (id) => ask(`/jobs/${id}`, { method: "DELETE" });

/** @param {string} id */
export const cancelJob = (id) => ask(`/jobs/${id}/cancel`, { method: "POST" });

/** @param {string} id @param {{minutes?: number, steps?: number}} [more] */
export const resumeJob = (id, more) => ask(`/jobs/${id}/resume`, json("POST", more ?? {}));

/** @param {string} id @returns {Promise<Job>} */
export const cloneJob = async (id) => (await ask(`/jobs/${id}/clone`, { method: "POST" })).json();

/** @param {string} id @returns {Promise<string>} */
export const log = async (id) => (await ask(`/jobs/${id}/log`)).text();

/** @param {string} id @param {number} from @returns {Promise<Row[]>} */
export const rows = async (id, from) => (await (await ask(`/jobs/${id}/rows?from=${from}`)).json()).rows;

/** @param {string} id @returns {Promise<Report>} */
export const report = async (id) => (await ask(`/jobs/${id}/report`)).json();

/** @param {string} id @returns {Promise<any>} */
export const result = async (id) => (await ask(`/jobs/${id}/result`)).json();

/** @returns {Promise<TrainingRecipe[]>} */
export const trainingRecipes = async () => (await (await ask("/training-recipes")).json()).recipes;

/** @returns {Promise<Classifier[]>} */
export const classifiers = async () => (await (await ask("/classifiers")).json()).classifiers;

/** @param {string} id @param {File} file @returns {Promise<Told>} */
export async function classifyFile(id, file) {
  const query = new URLSearchParams({ name: file.name, layers: "true" });
  const headers = { "Content-Type": "application/octet-stream" };
  return (await ask(`/classifiers/${id}/classify?${query}`, { method: "POST", headers, body: file })).json();
}

/** @param {string} id @param {{place: string} | {recording: string}} what @returns {Promise<Told>} */
export const classifyThere = async (id, what) =>
  (await ask(`/classifiers/${id}/classify?${new URLSearchParams({ ...what, layers: "true" })}`)).json();
