// Keeps the user's soundfont in the browser (IndexedDB), so that it is there again the next time.

const [DATABASE, STORE, KEY] = ["mp3tomidi", "soundfonts", "chosen"];

/** @returns {Promise<IDBDatabase>} */
function open() {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return answer(request);
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const answer = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** @template T @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest<T>} use */
async function inStore(mode, use) {
  const database = await open();
  try {
    return await answer(use(database.transaction(STORE, mode).objectStore(STORE)));
  } finally {
    database.close();
  }
}

/** @returns {Promise<File | null>} the soundfont that was kept */
export const kept = async () => (await inStore("readonly", (store) => store.get(KEY))) ?? null;

/** @param {File} file */
export const keep = (file) => inStore("readwrite", (store) => store.put(file, KEY));

export const forget = () => inStore("readwrite", (store) => store.delete(KEY));
