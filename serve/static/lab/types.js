/**
 * The shapes of what goes between the server and the pages of data sets, runs and classifiers; there is no code here.
 *
 * @typedef {{fraction: number | null, text: string, rows: number, left_s: number | null}} JobProgress
 * @typedef {{id: string, kind: string, name: string, options: Record<string, any>, state: string,
 *   reason: string | null, created_s: number, worked_s: number, place?: number | null, progress?: JobProgress}} Job
 * @typedef {{place: string, name: string, own_sounds: number}} FolderEntry
 * @typedef {{place: string, name: string, size_bytes: number}} SoundEntry
 * @typedef {{place: string, folders: FolderEntry[], sounds: SoundEntry[], recipes: string[],
 *   sound_count?: number}} Listing
 * @typedef {{name: string, kind: "span" | "numbers" | "text", whole: boolean, default: any, lowest?: number,
 *   highest?: number}} Parameter
 * @typedef {{name: string, about: string, engines: string[], parameters: Parameter[]}} Effect
 * @typedef {Record<string, any>} Step  A step or a group of a recipe, as TOML has it.
 * @typedef {{name?: string, description?: string, steps: Step[]}} Recipe
 * @typedef {{columns: number, bands: number, notes: number[][], hits: number[][]}} Pictured
 * @typedef {Pictured & {duration_s: number}} Version
 * @typedef {{id: string, before: Version, after: Version, replayed: Version,
 *   effects: {effect: string, drawn: Record<string, any>}[], turned_down_db: number, is_same: boolean,
 *   sha256: string}} Preview
 * @typedef {Pictured & {place: string, name: string, class: string, duration_s: number, shown_s: number,
 *   offset: number}} SheetSound
 * @typedef {{place: string, sounds: number, duration_s: number, silent: number, rates: number[][],
 *   channels: number[][], notes: number, drum_hits: number, failures: string[],
 *   durations: {edges: number[], counts: number[]}, levels: {edges: number[], rms: number[], peak: number[]},
 *   pitches: number[], classes: [string, number][], drums: [string, number][], sheet: SheetSound[]}} Survey
 * @typedef {{name: string, teaches: string, about: string, text: string}} TrainingRecipe
 * @typedef {{id: string, name: string, task: string, about: string, answer: string, classes: string[],
 *   card: Record<string, any>}} Classifier
 * @typedef {{name: string, kind: string, shape: number[], mean: number, deviation: number, rows: number,
 *   columns: number, pixels: string}} Layer
 * @typedef {{task: {name: string, answer: string, about: string}, classes: string[], duration_s: number,
 *   silent: boolean, top: {class: string, confidence: number}[], probabilities: number[],
 *   segments: {start_s: number, end_s: number, silent: boolean, probabilities: number[]}[], loudest_s: number,
 *   layers?: Layer[], layers_missing?: string}} Told
 * @typedef {{place: string, name: string, duration_s: number, silent: boolean, is: string | null,
 *   probabilities: number[]}} Sorted
 * @typedef {{class: string, recordings: number, precision: number, recall: number, f1: number,
 *   auc: number | null}} ClassScore
 * @typedef {{recordings: number, accuracy: number, mean_f1: number, mean_auc: number, classes: ClassScore[],
 *   confusion: number[][]}} Scores
 * @typedef {{place: string, task: {name: string, answer: string}, classes: string[], recordings: Sorted[],
 *   failures: string[], scores: Scores | null, map: {points: number[][], share: number | null, method: string}}} SortedMany
 * @typedef {Record<string, number>} Row  of a run's log: figures by name; "step" is its number
 * @typedef {{recipe: Record<string, any> | null, report: Scores | null}} Report
 */
export {};
