"use strict";
(() => {
const data = JSON.parse(document.getElementById("data").textContent);
const COLOURS = ["#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#17a2b8", "#8c564b", "#e377c2"];
const WIDTH = 420, HEIGHT = 240, LEFT = 52, RIGHT = 10, TOP = 8, BOTTOM = 24;
const SVG = "http://www.w3.org/2000/svg";
const byId = (id) => document.getElementById(id);

// the settings live in the address, so that a page that reads itself again keeps them
const state = { smoothing: 0, log: false, only: "", off: [] };
try { Object.assign(state, JSON.parse(decodeURIComponent(location.hash.slice(1)))); } catch { /* none yet */ }
const keep = () => history.replaceState(null, "", "#" + encodeURIComponent(JSON.stringify(state)));

const colour = (index) => COLOURS[index % COLOURS.length];
const names = [...new Set(data.runs.flatMap((run) => Object.keys(run.quantities)))];

function element(name, attributes, parent) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (parent) parent.append(made);
  return made;
}

/** Exponential mean, freed of its beginning at zero; what is no number stays out. */
function smooth(values, weight) {
  if (!weight) return values;
  let mean = 0, share = 0;
  return values.map((value) => {
    if (value === null) return null;
    mean = weight * mean + (1 - weight) * value;
    share = weight * share + (1 - weight);
    return mean / share;
  });
}

function short(value) {
  const size = Math.abs(value);
  if (value === 0) return "0";
  return size >= 1e6 || size < 1e-4 ? value.toExponential(2).replace("e+", "e") : String(Number(value.toPrecision(4)));
}

/** Round numbers between two. */
function ticks(low, high, count) {
  const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power).find((size) => size >= rough);
  const found = [];
  for (let at = Math.ceil(low / step) * step; at <= high + step * 1e-6; at += step) found.push(at);
  return found;
}

function logTicks(low, high) {
  if (high / low < 8) return ticks(low, high, 6);
  const found = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
    for (const times of high / low > 1e3 ? [1] : [1, 2, 5]) {
      const at = times * 10 ** power;
      if (at >= low * 0.999 && at <= high * 1.001) found.push(at);
    }
  return found;
}

/** The curves of one quantity: of every run that is shown, every split. */
function curvesOf(name) {
  return data.runs.flatMap((run, index) => {
    if (state.off.includes(run.name)) return [];
    return Object.entries(run.quantities[name] || {}).map(([split, [steps, values]]) => {
      const train = split === "train";
      const label = [data.runs.length > 1 ? run.name : "", split].filter(Boolean).join(" ") || name;
      const raw = state.log ? values.map((value) => (value > 0 ? value : null)) : values;
      const line = train ? smooth(raw, state.smoothing) : raw;
      return { label, train, steps, raw, line, colour: colour(index) };
    });
  });
}

function extent(numbers) {
  let low = Infinity, high = -Infinity;
  for (const value of numbers) if (value !== null) { low = Math.min(low, value); high = Math.max(high, value); }
  return [low, high];
}

/** First and last step of all that is shown: panels that lie side by side have one axis. */
function wholeRange() {
  const shown = data.runs.filter((run) => !state.off.includes(run.name));
  const curves = shown.flatMap((run) => Object.values(run.quantities)).flatMap((splits) => Object.values(splits));
  return extent(curves.flatMap(([steps]) => [steps[0], steps[steps.length - 1]]));
}

function panel(name) {
  const curves = curvesOf(name);
  const all = curves.flatMap((curve) => (state.smoothing ? curve.line : curve.raw));
  let [low, high] = extent(all);
  const [first, last] = wholeRange();
  const figure = document.createElement("figure");
  const caption = document.createElement("figcaption");
  caption.textContent = name;
  figure.append(caption);
  if (!(low <= high)) {
    const empty = document.createElement("span");
    empty.textContent = state.log ? " nothing above zero" : " no numbers";
    caption.append(empty);
    return figure;
  }
  const toScale = state.log ? Math.log : (value) => value;
  if (low === high) { const room = state.log ? 2 : Math.abs(low) * 0.1 || 1;
    [low, high] = state.log ? [low / room, high * room] : [low - room, high + room]; }
  const room = (toScale(high) - toScale(low)) * 0.04;
  const bottom = toScale(low) - room, top = toScale(high) + room, steps = Math.max(1, last - first);
  const x = (step) => LEFT + ((step - first) / steps) * (WIDTH - LEFT - RIGHT);
  const y = (value) => TOP + ((top - toScale(value)) / (top - bottom)) * (HEIGHT - TOP - BOTTOM);
  const svg = element("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": name });
  for (const at of state.log ? logTicks(low, high) : ticks(low, high, 7)) {
    element("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y(at), y2: y(at) }, svg);
    element("text", { x: LEFT - 5, y: y(at) + 4, "text-anchor": "end" }, svg).textContent = short(at);
  }
  element("text", { x: LEFT - 16, y: HEIGHT - 8, "text-anchor": "end" }, svg).textContent = "step";
  for (const at of ticks(first, first + steps, 5)) {
    element("line", { class: "grid", x1: x(at), x2: x(at), y1: TOP, y2: HEIGHT - BOTTOM }, svg);
    element("text", { x: x(at), y: HEIGHT - 8, "text-anchor": "middle" }, svg).textContent = short(at);
  }
  const draw = (curve, values, width, opacity) => {
    let path = "", pen = false;
    values.forEach((value, index) => {
      if (value === null) { pen = false; return; }
      path += `${pen ? "L" : "M"}${x(curve.steps[index]).toFixed(1)} ${y(value).toFixed(1)}`;
      pen = true;
    });
    element("path", { d: path, stroke: curve.colour, "stroke-width": width, opacity }, svg);
  };
  svg.append(clip(name));
  for (const curve of curves) {
    if (curve.train && state.smoothing) draw(curve, curve.raw, 1, 0.18);
    draw(curve, curve.line, curve.train ? 1.1 : 2.4, curve.train ? 0.85 : 1);
    if (!curve.train && curve.steps.length < 40)
      curve.line.forEach((value, index) => value !== null && element("circle",
        { cx: x(curve.steps[index]), cy: y(value), r: 2.6, fill: curve.colour }, svg));
  }
  for (const path of svg.querySelectorAll("path")) path.setAttribute("clip-path", `url(#clip-${names.indexOf(name)})`);
  const cross = element("line", { class: "cross", y1: TOP, y2: HEIGHT - BOTTOM, visibility: "hidden" }, svg);
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const at = first + (((event.clientX - box.left) / box.width) * WIDTH - LEFT) / (WIDTH - LEFT - RIGHT) * steps;
    hover(event, curves, Math.min(last, Math.max(first, at)), (step) => {
      cross.setAttribute("x1", x(step)); cross.setAttribute("x2", x(step)); cross.setAttribute("visibility", "visible");
    });
  });
  svg.addEventListener("pointerleave", () => { byId("tip").hidden = true; cross.setAttribute("visibility", "hidden"); });
  figure.append(svg);
  return figure;
}

/** Raw values may leave the panel when smoothed ones give its height. */
function clip(name) {
  const path = element("clipPath", { id: `clip-${names.indexOf(name)}` });
  element("rect", { x: LEFT, y: TOP, width: WIDTH - LEFT - RIGHT, height: HEIGHT - TOP - BOTTOM }, path);
  return path;
}

function nearest(steps, at) {
  let low = 0, high = steps.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle] < at) low = middle + 1; else high = middle;
  }
  return low > 0 && at - steps[low - 1] < steps[low] - at ? low - 1 : low;
}

function hover(event, curves, at, place) {
  const tip = byId("tip"), rows = [];
  let closest = null;
  for (const curve of curves) {
    const index = nearest(curve.steps, at), step = curve.steps[index];
    if (closest === null || Math.abs(step - at) < Math.abs(closest - at)) closest = step;
    const row = document.createElement("div");
    row.style.setProperty("--colour", curve.colour);
    row.style.setProperty("--thick", curve.train ? "1px" : "3px");
    const value = curve.raw[index] === null ? "not a number" : short(curve.raw[index]);
    const smoothed = curve.train && state.smoothing && curve.line[index] !== null ? ` (smoothed ${short(curve.line[index])})` : "";
    row.textContent = `${curve.label} ${value}${smoothed}, step ${step}`;
    rows.push(row);
  }
  tip.replaceChildren(...rows);
  tip.hidden = false;
  const width = tip.offsetWidth, height = tip.offsetHeight;
  tip.style.left = `${Math.max(4, Math.min(event.clientX + 14, innerWidth - width - 8))}px`;
  tip.style.top = `${Math.max(4, Math.min(event.clientY + 14, innerHeight - height - 8))}px`;
  if (closest !== null) place(closest);
}

function draw() {
  byId("smoothing").value = state.smoothing;
  byId("amount").textContent = Number(state.smoothing).toFixed(2);
  byId("log").checked = state.log;
  byId("only").value = state.only;
  byId("tip").hidden = true;
  const wanted = names.filter((name) => name.toLowerCase().includes(state.only.trim().toLowerCase()));
  byId("panels").replaceChildren(...wanted.map(panel));
  byId("runs").replaceChildren(...data.runs.map((run, index) => {
    const item = document.createElement("li"), button = document.createElement("button");
    button.type = "button";
    button.textContent = run.name;
    button.style.setProperty("--colour", colour(index));
    button.setAttribute("aria-pressed", String(!state.off.includes(run.name)));
    button.addEventListener("click", () => {
      state.off = state.off.includes(run.name) ? state.off.filter((one) => one !== run.name) : [...state.off, run.name];
      keep(); draw();
    });
    item.append(button);
    return item;
  }));
}

for (const [id, key, read] of [["smoothing", "smoothing", (field) => Number(field.value)],
  ["log", "log", (field) => field.checked], ["only", "only", (field) => field.value]])
  byId(id).addEventListener("input", (event) => { state[key] = read(event.target); keep(); draw(); });
byId("settings").addEventListener("submit", (event) => event.preventDefault());
byId("when").textContent = [data.written && `as of ${data.written}`,
  "training thin, validation thick", data.refresh && `read again every ${data.refresh} s`].filter(Boolean).join("; ");
draw();
if (data.refresh) setTimeout(() => location.reload(), data.refresh * 1000);
})();
