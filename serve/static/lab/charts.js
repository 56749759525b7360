// Charts as SVG: lines over steps, histograms, bars that lie down, and a map of points. Colours are those of lab.css.

/** @typedef {{name: string, points: [number, number][], tone: number, dashed?: boolean}} Line */

const NS = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT] = [520, 210];
const INSIDE = { left: 46, right: 12, top: 12, bottom: 26 };

/** @param {string} tag @param {Record<string, string | number>} attributes @param {string} [text] @returns {SVGElement} */
export function svg(tag, attributes, text) {
  const made = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  if (text !== undefined) made.textContent = text;
  return made;
}

/** @param {string} label @param {number} [width] @param {number} [height] */
function drawing(label, width = WIDTH, height = HEIGHT) {
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "chart", role: "img", "aria-label": label });
}

/** About `count` round numbers between two. @param {number} low @param {number} high @param {number} count */
export function ticks(low, high, count) {
  const rough = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((one) => one * power >= rough) ?? 10);
  const found = [];
  for (let tick = Math.ceil(low / step - 1e-9) * step; tick <= high + 1e-9 * step; tick += step) found.push(Number(tick.toPrecision(12)));
  return found;
}

/** @param {number} value */
export function short(value) {
  const size = Math.abs(value);
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(3))}k`;
  return String(Number(value.toPrecision(3)));
}

/**
 * @param {SVGElement} to
 * @param {{x: (value: number) => number, y: (value: number) => number, xs: [number, string][], ys: number[],
 *   width: number, height: number, xName: string}} scale
 */
function axes(to, { x, y, xs, ys, width, height, xName }) {
  for (const tick of ys) {
    to.append(svg("line", { class: "grid", x1: INSIDE.left, x2: width - INSIDE.right, y1: y(tick), y2: y(tick) }));
    to.append(svg("text", { class: "tick end", x: INSIDE.left - 6, y: y(tick) + 3.5 }, short(tick)));
  }
  for (const [tick, name] of xs) to.append(svg("text", { class: "tick middle", x: x(tick), y: height - 9 }, name));
  to.append(svg("text", { class: "tick end", x: width - INSIDE.right, y: height - 9 }, xName));
}

/**
 * Lines over steps; moving over them says their values.
 * @param {string} label @param {Line[]} lines @param {{zero?: boolean, xName?: string}} [more] zero: the axis begins there
 */
export function lineChart(label, lines, { zero = false, xName = "step" } = {}) {
  const made = drawing(label);
  const points = lines.flatMap((line) => line.points);
  if (!points.length) return made;
  const [lowX, highX] = range(points.map((point) => point[0]));
  let [lowY, highY] = range(points.map((point) => point[1]));
  if (zero) lowY = Math.min(0, lowY);
  if (highY === lowY) highY = lowY + (Math.abs(lowY) || 1);
  highY += 0.05 * (highY - lowY);
  const x = (/** @type {number} */ value) => INSIDE.left + ((value - lowX) / (highX - lowX || 1)) * (WIDTH - INSIDE.left - INSIDE.right);
  const y = (/** @type {number} */ value) => HEIGHT - INSIDE.bottom - ((value - lowY) / (highY - lowY)) * (HEIGHT - INSIDE.top - INSIDE.bottom);
  const xs = /** @type {[number, string][]} */ (ticks(lowX, highX, 5).filter((tick) => x(tick) < WIDTH - 60).map((tick) => [tick, short(tick)]));
  axes(made, { x, y, xs, ys: ticks(lowY, highY, 4), width: WIDTH, height: HEIGHT, xName });
  for (const { points: own, tone, dashed, name } of lines) {
    const path = own.map(([px, py], index) => `${index ? "L" : "M"}${x(px).toFixed(1)} ${y(py).toFixed(1)}`).join("");
    made.append(svg("path", { class: `line tone-${tone}${dashed ? " dashed" : ""}`, d: path, "data-name": name }));
    if (own.length === 1) made.append(svg("circle", { class: `dot tone-${tone}`, cx: x(own[0][0]), cy: y(own[0][1]), r: 3 }));
  }
  addReading(made, lines, x, [lowX, highX]);
  return made;
}

/** @param {SVGElement} chart @param {Line[]} lines @param {(value: number) => number} x @param {[number, number]} shown */
function addReading(chart, lines, x, [lowX, highX]) {
  const rule = svg("line", { class: "rule", y1: INSIDE.top, y2: HEIGHT - INSIDE.bottom, visibility: "hidden" });
  const said = svg("text", { class: "reading", y: INSIDE.top + 3 });
  chart.append(rule, said);
  chart.addEventListener("pointermove", (event) => {
    const box = chart.getBoundingClientRect();
    const at = (((event.clientX - box.left) / box.width) * WIDTH - INSIDE.left) / (WIDTH - INSIDE.left - INSIDE.right);
    const step = lowX + Math.min(1, Math.max(0, at)) * (highX - lowX);
    const values = lines.filter((line) => line.points.length).map((line) => {
      const nearest = line.points.reduce((best, point) => (Math.abs(point[0] - step) < Math.abs(best[0] - step) ? point : best));
      return `${line.name} ${short(nearest[1])}`;
    });
    const right = at > 0.5;
    for (const [name, value] of Object.entries({ x1: x(step), x2: x(step), visibility: "visible" })) rule.setAttribute(name, String(value));
    said.setAttribute("x", String(x(step) + (right ? -7 : 7)));
    said.setAttribute("class", right ? "reading end" : "reading");
    said.textContent = `${short(Math.round(step))}: ${values.join(" · ")}`;
  });
  chart.addEventListener("pointerleave", () => {
    rule.setAttribute("visibility", "hidden");
    said.textContent = "";
  });
}

/**
 * @param {string} label @param {number[]} edges one more than counts @param {number[]} counts
 * @param {{over?: number[], names?: (edge: number) => string, xName?: string, isLog?: boolean}} [more]
 *   over: a second histogram as a line
 */
export function histogram(label, edges, counts, { over, names = short, xName = "", isLog = false } = {}) {
  const [width, height] = [360, 170];
  const made = drawing(label, width, height);
  const place = isLog ? Math.log : (/** @type {number} */ value) => value;
  const [low, high] = [place(edges[0]), place(edges[edges.length - 1])];
  const most = Math.max(1, ...counts, ...(over ?? []));
  const x = (/** @type {number} */ value) => INSIDE.left + ((place(value) - low) / (high - low || 1)) * (width - INSIDE.left - INSIDE.right);
  const y = (/** @type {number} */ value) => height - INSIDE.bottom - (value / most) * (height - INSIDE.top - INSIDE.bottom);
  const marks = isLog
    ? [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000].filter((mark) => mark >= edges[0] && mark <= edges[edges.length - 1])
    : ticks(edges[0], edges[edges.length - 1], 5);
  const xs = /** @type {[number, string][]} */ (marks.filter((mark) => x(mark) < width - 44).map((mark) => [mark, names(mark)]));
  axes(made, { x, y, xs, ys: ticks(0, most, 3).filter(Number.isInteger), width, height, xName });
  counts.forEach((count, index) => {
    if (!count) return;
    const bar = svg("rect", { class: "bar", x: x(edges[index]) + 0.5, y: y(count), width: Math.max(1, x(edges[index + 1]) - x(edges[index]) - 1), height: height - INSIDE.bottom - y(count), rx: 1 });
    bar.append(svg("title", {}, `${names(edges[index])} to ${names(edges[index + 1])}: ${count}`));
    made.append(bar);
  });
  if (over) {
    const path = over.map((count, index) => `${index ? "L" : "M"}${x(edges[index])} ${y(count)}L${x(edges[index + 1])} ${y(count)}`).join("");
    made.append(svg("path", { class: "line tone-1", d: path }));
  }
  return made;
}

/** @param {string} label @param {[string, number][]} rows @param {{most?: number, shown?: (value: number) => string}} [more] */
export function bars(label, rows, { most = Math.max(1e-9, ...rows.map(([, value]) => value)), shown = (value) => value.toLocaleString("en") } = {}) {
  const list = document.createElement("ul");
  list.className = "bars";
  list.setAttribute("aria-label", label);
  for (const [name, value] of rows) {
    const item = document.createElement("li");
    const [title, track, figure] = ["span", "span", "b"].map((tag) => document.createElement(tag));
    title.textContent = title.title = name;
    figure.textContent = shown(value);
    track.className = "track-bar";
    const fill = document.createElement("i");
    fill.style.width = `${(100 * value) / most}%`;
    track.append(fill);
    item.append(title, track, figure);
    list.append(item);
  }
  return list;
}

/**
 * Points on a plane, both coordinates from -1 to 1; each is a button.
 * @param {string} label @param {{x: number, y: number, tone: number, name: string}[]} points
 * @param {(index: number) => void} chosen
 */
export function scatter(label, points, chosen) {
  const size = 420;
  const made = drawing(label, size, size);
  made.setAttribute("role", "group");
  made.append(svg("rect", { class: "frame", x: 0.5, y: 0.5, width: size - 1, height: size - 1, rx: 10 }));
  points.forEach((point, index) => {
    const dot = svg("circle", { class: `dot tone-${point.tone}`, cx: size / 2 + point.x * size * 0.46, cy: size / 2 - point.y * size * 0.46, r: 5.5, tabindex: index ? -1 : 0, role: "button", "aria-label": point.name });
    dot.append(svg("title", {}, point.name));
    dot.addEventListener("click", () => chosen(index));
    dot.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") chosen(index);
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!step && event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      const dots = /** @type {SVGElement[]} */ ([...made.querySelectorAll("circle")]);
      if (step) dots[(index + step + dots.length) % dots.length].focus();
    });
    made.append(dot);
  });
  return made;
}

/** @param {number[]} values @returns {[number, number]} */
function range(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return [low, high];
}
