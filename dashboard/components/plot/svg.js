// Draws as SVG where a browser has no WebGL: on remote desktops, and where a policy turns it off.
// SVG gets slow beyond some thousand points, so points are left out: always the same ones, evenly
// over all traces. The numbers of the points that stay are kept, so that clicks find their rows.

const MOST_POINTS = 2500;
const SMALL_TRACE = 20; // marks such as one drawn point; they always stay
const SELECTED_SHARE = 0.8; // of the points that stay may be selected ones
const NEEDED = ["ANGLE_instanced_arrays", "OES_element_index_uint"]; // by Plotly's scattergl

let webGl; // undefined until it is looked for

function hasWebGl() {
  if (webGl === undefined) {
    const context = document.createElement("canvas").getContext("webgl");
    webGl = Boolean(context) && NEEDED.every((name) => context.getExtension(name));
    context?.getExtension("WEBGL_lose_context")?.loseContext(); // a browser has only some
  }
  return webGl;
}

const ARRAYS = {
  i1: Int8Array,
  u1: Uint8Array,
  u1c: Uint8ClampedArray,
  i2: Int16Array,
  u2: Uint16Array,
  i4: Int32Array,
  u4: Uint32Array,
  f4: Float32Array,
  f8: Float64Array,
};

// Returns the rows of an array as Plotly's JSON holds it, packed or plain; null for anything else.
function rowsOf(value) {
  if (Array.isArray(value)) return value;
  if (typeof value?.bdata !== "string") return null;
  const bytes = Uint8Array.from(atob(value.bdata), (byte) => byte.charCodeAt(0));
  const numbers = Array.from(new ARRAYS[value.dtype](bytes.buffer));
  const [count, ...rest] = String(value.shape ?? numbers.length).split(",").map(Number);
  if (!rest.length) return numbers;
  const width = numbers.length / count;
  return Array.from({ length: count }, (_, i) => numbers.slice(i * width, (i + 1) * width));
}

// Returns `count` items of a list, evenly spread over it.
function spread(items, count) {
  if (items.length <= count) return items;
  return Array.from({ length: count }, (_, i) => items[Math.floor(((i + 0.5) * items.length) / count)]);
}

// Returns for each trace the numbers of the points that stay, in order; null if all do.
function keptPoints(traces) {
  const large = traces.map(({ type, mode, x }) => {
    const count = type === "scattergl" && /markers/.test(mode ?? "markers") ? rowsOf(x)?.length : 0;
    return count > SMALL_TRACE ? count : 0;
  });
  const shown = traces.reduce((sum, { visible }, i) => sum + (visible === false ? 0 : large[i]), 0);
  if (shown <= MOST_POINTS) return traces.map(() => null);
  const chosen = [];
  const others = [];
  traces.forEach((trace, i) => {
    const selected = new Set(rowsOf(trace.selectedpoints) ?? []);
    for (let point = 0; point < large[i]; point += 1) {
      (selected.has(point) ? chosen : others).push([i, point]);
    }
  });
  const kept = spread(chosen, Math.floor(MOST_POINTS * SELECTED_SHARE));
  kept.push(...spread(others, MOST_POINTS - kept.length));
  const points = large.map((count) => (count ? [] : null));
  for (const [i, point] of kept) points[i].push(point);
  return points.map((numbers) => numbers?.sort((a, b) => a - b) ?? null);
}

// Returns an object of a trace in which each array of `count` values keeps those of the points.
function withPoints(object, points, count) {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => {
      const rows = rowsOf(value);
      if (rows) return [name, rows.length === count ? points.map((point) => rows[point]) : value];
      const nested = value !== null && typeof value === "object";
      return [name, nested ? withPoints(value, points, count) : value];
    }),
  );
}

function thinned(trace, points) {
  if (!points) return trace;
  const { selectedpoints, ...rest } = trace;
  const result = withPoints(rest, points, rowsOf(trace.x).length);
  const selected = rowsOf(selectedpoints);
  if (selected) {
    const chosen = new Set(selected);
    result.selectedpoints = points.flatMap((point, i) => (chosen.has(point) ? [i] : []));
  }
  return result;
}

// Returns the traces for SVG, the numbers of the points that stay in each (null for all), and a
// sentence that says so.
function asSvg(traces) {
  const points = keptPoints(traces);
  const drawn = traces.map((trace, i) => ({
    ...thinned(trace, points[i]),
    type: trace.type === "scattergl" ? "scatter" : trace.type,
  }));
  const total = traces.reduce(
    (sum, trace, i) => sum + (points[i] ? rowsOf(trace.x).length : 0),
    0,
  );
  const left = points.reduce((sum, numbers) => sum + (numbers?.length ?? 0), 0);
  const count = (number) => number.toLocaleString("en");
  const some = left < total ? `, with ${count(left)} of ${count(total)} points` : "";
  return {
    traces: drawn,
    points,
    note: `This browser has no WebGL, so the chart is drawn as SVG${some}.`,
  };
}
