// The server's API, as functions.

/** @import {About, Decoded, Document_, Recording, Settings, Step, Note} from "./types.js" */

/** What the server answers where it cannot do what is asked. */
export class ApiError extends Error {
  /** @param {number} status @param {string} message */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** @param {string} path @param {RequestInit} [options] @returns {Promise<Response>} */
export async function ask(path, options) {
  let response;
  try {
    response = await fetch(`/api${path}`, options);
  } catch {
    throw new ApiError(0, "The server does not answer. Is it still running?");
  }
  if (response.ok) return response;
  const said = await response.json().catch(() => ({}));
  throw new ApiError(response.status, said.error ?? `The server answered ${response.status}.`);
}

/** @param {string} method @param {object} body @returns {RequestInit} */
export const json = (method, body) => ({
  method,
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});

/** @returns {Promise<About>} */
export const about = async () => (await ask("")).json();

/** @param {string} token */
export const openSession = (token) => ask("/session", json("POST", { token }));

/** @returns {Promise<Recording[]>} */
export const recordings = async () => (await (await ask("/recordings")).json()).recordings;

/** @param {string} id @returns {Promise<Recording>} */
export const recording = async (id) => (await ask(`/recordings/${id}`)).json();

/** @param {string} id @param {string} name */
export const rename = (id, name) => ask(`/recordings/${id}`, json("PATCH", { name }));

/** @param {string} id */
export const remove = (id) => ask(`/recordings/${id}`, { method: "DELETE" });

/** @param {string} id */
export const cancel = (id) => ask(`/recordings/${id}/cancel`, { method: "POST" });

/** @param {string} id */
export const hearAgain = (id) => ask(`/recordings/${id}/hear`, { method: "POST" });

/** @param {string} id @returns {Promise<Note[]>} */
export const preview = async (id) => (await (await ask(`/recordings/${id}/preview`)).json()).notes;

/** @param {string} id @param {Settings} settings @param {AbortSignal} [signal]
 * @param {boolean} [isSketch] at once, without instruments, bends and melody @returns {Promise<Decoded>} */
export async function decoded(id, settings, signal, isSketch = false) {
  const { min_length_s, bends, melody } = settings;
  const query = new URLSearchParams({ min_length_s: String(min_length_s), bends: String(bends), melody: String(melody) });
  if (settings.notes !== null) query.set("notes", String(settings.notes));
  if (settings.drums !== null) query.set("drums", String(settings.drums));
  if (isSketch) query.set("sketch", "true");
  return (await ask(`/recordings/${id}/decoded?${query}`, { signal })).json();
}

/** @param {string} id @returns {Promise<Document_>} */
export const document_ = async (id) => (await ask(`/recordings/${id}/document`)).json();

/**
 * @param {string} id
 * @param {{revision: number, settings?: Settings, keep?: number, append?: Step[], position?: number}} change
 * @returns {Promise<{revision: number}>}
 */
export const change = async (id, change) =>
  (await ask(`/recordings/${id}/document`, json("PATCH", change))).json();

/** @param {string} id @param {"sound" | "peaks"} what @returns {Promise<ArrayBuffer>} */
export const bytes = async (id, what) => (await ask(`/recordings/${id}/${what}`)).arrayBuffer();

/** @param {string} id @param {number} tile @returns {Promise<ArrayBuffer>} */
export const spectrogramTile = async (id, tile) =>
  (await ask(`/recordings/${id}/spectrogram/${tile}`)).arrayBuffer();

/** @param {string} id @param {number} width of a page, in pixels @returns {Promise<{pages: number, revision: number}>} */
export const score = async (id, width) => (await ask(`/recordings/${id}/score?width=${width}`)).json();

/** @param {string} id @param {number} page @param {number} revision @param {number} width */
export const scorePageUrl = (id, page, revision, width) =>
  `/api/recordings/${id}/score/${page}?${new URLSearchParams({ revision: String(revision), width: String(width) })}`;

/** @param {string} id @param {string} format @param {boolean} [mpe] whether notes of MIDI bend each by itself
 * @returns {Promise<{content: Blob, name: string}>} */
export async function exported(id, format, mpe = false) {
  const response = await ask(`/recordings/${id}/export/${format}${mpe ? "?mpe=true" : ""}`);
  const name = /filename\*=UTF-8''([^;]+)/.exec(response.headers.get("Content-Disposition") ?? "");
  return { content: await response.blob(), name: name ? decodeURIComponent(name[1]) : `result.${format}` };
}

/**
 * Uploads a file; fetch cannot say how far it is.
 * @param {File} file
 * @param {(fraction: number) => void} progress
 * @returns {Promise<Recording>}
 */
export function upload(file, progress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/recordings?${new URLSearchParams({ name: file.name })}`);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.responseType = "json";
    request.upload.onprogress = (event) => progress(event.loaded / Math.max(1, event.total));
    request.onerror = () => reject(new ApiError(0, "the upload was cut off"));
    request.onload = () => {
      if (request.status === 201) resolve(request.response);
      else reject(new ApiError(request.status, request.response?.error ?? `the server answered ${request.status}`));
    };
    request.send(file);
  });
}

/**
 * What happens on the server, from now on. The browser connects again by itself.
 * @param {Record<string, (content: any) => void>} handlers by kind; "open" is called at each connection
 * @returns {EventSource}
 */
export function listen(handlers) {
  const source = new EventSource("/api/events");
  for (const [kind, handle] of Object.entries(handlers)) {
    if (kind === "open") source.onopen = () => handle(null);
    else source.addEventListener(kind, (event) => handle(JSON.parse(event.data)));
  }
  // A page that the browser keeps for "back" would keep its connection, too, and a browser opens six to a server.
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  return source;
}
