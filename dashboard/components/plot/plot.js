// One Plotly chart per parent element. The default export runs at every change of data or theme;
// Plotly.react then updates the chart in place, so zoom and hidden traces are kept.

const charts = new WeakMap();

function loadPlotly(url) {
  window.vaeLabPlotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      window.vaeLabPlotly = undefined;
      reject(new Error(`${url} could not be loaded: start the dashboard in the project's folder`));
    };
    document.head.append(script);
  });
  return window.vaeLabPlotly;
}

// Returns the layout with the theme's colours where the figure sets none.
function themed(layout, element) {
  const style = getComputedStyle(element);
  const colour = (name) => style.getPropertyValue(name).trim();
  const text = colour("--st-text-color");
  const line = colour("--st-border-color");
  const themedLayout = {
    ...layout,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: colour("--st-font"), color: text, size: 13, ...layout.font },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: line, activecolor: text, ...layout.modebar },
    hoverlabel: {
      bgcolor: colour("--st-secondary-background-color"),
      bordercolor: line,
      font: { color: text },
      ...layout.hoverlabel,
    },
  };
  for (const [name, value] of Object.entries(layout)) {
    if (/^[xy]axis\d*$/.test(name)) {
      themedLayout[name] = { gridcolor: line, zerolinecolor: line, linecolor: line, ...value };
    }
  }
  themedLayout.shapes = layout.shapes?.map((shape) => ({
    ...shape,
    line: { color: text, ...shape.line },
  }));
  return themedLayout;
}

// Titles, axes and legend around the plots take about 130 pixels. A chart of fixed height makes room
// for the note below it.
function heightOf({ element, data, svgNote }) {
  return data.aspect
    ? Math.min(data.height, Math.round(element.clientWidth * data.aspect) + 130)
    : data.height - svgNote.offsetHeight;
}

const NARROW = 560; // pixels; a legend beside a narrower chart would leave no room for the plot
const BELOW = { orientation: "h", yref: "container", y: 0, yanchor: "bottom" };
const AXIS = 52; // pixels of the axis and its title between plot and legend

// Makes the chart as wide as its element, with room for all lines of the legend below it. A chart
// of fixed height stays as it is, and its plots become lower.
async function fit(chart, Plotly) {
  const { element, below } = chart;
  const { legend, showlegend, margin, width, height } = element._fullLayout;
  const isBelow = showlegend && legend?.yref === "container";
  const room = isBelow ? Math.max(below, Math.ceil(legend._height ?? 0) + AXIS) : below;
  const more = chart.data.aspect ? room - below : 0;
  const size = { width: element.clientWidth, height: heightOf(chart) + more };
  if (!size.width || (size.width === width && size.height === height && room === margin.b)) return;
  await Plotly.relayout(element, { ...size, "margin.b": room });
}

const NOT_SELECTABLE = ["select2d", "lasso2d"];
const PICTURE = 98; // pixels per side, with the border
const GAP = 14; // between the picture and the point

function floats(base64) {
  if (!base64) return null;
  return new Float32Array(Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0)).buffer);
}

function onClick(chart, event) {
  const [point] = event.points;
  if (!chart.data.clickable || !point) return;
  const number = point.pointNumber?.[0] ?? point.pointNumber ?? -1;
  chart.setTriggerValue("click", {
    trace: point.curveNumber,
    point: chart.points?.[point.curveNumber]?.[number] ?? number,
    x: Number(point.x),
    y: Number(point.y),
    row: Number.isInteger(point.customdata) ? point.customdata : null,
  });
}

// Sends only the outline, because the server has the points.
function onSelect(chart, event) {
  if (!chart.data.selectable) return;
  const { range, lassoPoints } = event ?? {};
  let [x, y] = [[], []];
  if (lassoPoints) ({ x, y } = lassoPoints);
  else if (range) {
    [x, y] = [range.x, range.y];
    x = [x[0], x[1], x[1], x[0]];
    y = [y[0], y[0], y[1], y[1]];
  }
  const hidden = chart.element._fullData.flatMap((trace, i) => (trace.visible === true ? [] : [i]));
  chart.setTriggerValue("select", { x, y, hidden });
}

// Shows the decoded picture of the point under the cursor: above it, or below if there is no room.
function showPicture(chart, point) {
  const { element, picture, data } = chart;
  const decoder = window.vaeLabDecoders?.get(data.decoder);
  if (!decoder || !chart.latents || !Number.isInteger(point?.customdata)) return;
  const start = point.customdata * data.latentDim;
  decoder.paint(picture, chart.latents.subarray(start, start + data.latentDim));
  const x = point.xaxis._offset + point.xaxis.d2p(point.x);
  const y = point.yaxis._offset + point.yaxis.d2p(point.y);
  const left = Math.min(Math.max(x - PICTURE / 2, 0), element.clientWidth - PICTURE);
  picture.style.left = `${left}px`;
  picture.style.top = `${y > PICTURE + GAP ? y - PICTURE - GAP : y + GAP}px`;
  picture.hidden = false;
}

function hidePicture(chart) {
  cancelAnimationFrame(chart.frame);
  chart.picture.hidden = true;
}

function listen(chart) {
  const { element } = chart;
  element.on("plotly_click", (event) => onClick(chart, event));
  element.on("plotly_selected", (event) => onSelect(chart, event));
  element.on("plotly_deselect", () => onSelect(chart));
  element.on("plotly_hover", (event) => {
    cancelAnimationFrame(chart.frame);
    chart.frame = requestAnimationFrame(() => showPicture(chart, event.points[0]));
  });
  element.on("plotly_unhover", () => hidePicture(chart));
}

// Changes the figure where there is no WebGL, and says so below the chart.
function drawWithoutWebGl(chart, figure) {
  const needed = figure.data.some((trace) => trace.type === "scattergl") && !hasWebGl();
  chart.svgNote.hidden = !needed;
  chart.points = null;
  if (!needed) return;
  const { traces, points, note } = asSvg(figure.data);
  figure.data = traces;
  chart.points = points;
  chart.svgNote.textContent = note;
}

async function draw(chart, data) {
  const { element } = chart;
  const Plotly = await loadPlotly(data.plotly);
  if (chart.data !== data || chart.removed) return; // newer data follow in the queue
  const figure = JSON.parse(data.figure);
  drawWithoutWebGl(chart, figure);
  const layout = themed(figure.layout, element);
  layout.height = heightOf(chart);
  layout.autosize = true;
  if (element.clientWidth < NARROW && layout.legend && !layout.legend.orientation) {
    layout.legend = { ...layout.legend, ...BELOW };
  }
  chart.below = layout.margin?.b ?? 80; // 80 is usual in Plotly
  await Plotly.react(element, figure.data, layout, {
    displaylogo: false,
    showSendToCloud: false, // nothing leaves this host
    modeBarButtonsToRemove: ["autoScale2d", ...(data.selectable ? [] : NOT_SELECTABLE)],
  });
  await fit(chart, Plotly);
  if (!chart.observer) {
    chart.observer = new ResizeObserver(() => fit(chart, Plotly));
    chart.observer.observe(element);
    listen(chart);
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const element = parentElement.querySelector(".vae-lab-plot");
  let chart = charts.get(element);
  if (!chart) {
    chart = {
      element,
      picture: parentElement.querySelector(".vae-lab-plot-picture"),
      svgNote: parentElement.querySelector(".vae-lab-plot-svg"),
    };
    charts.set(element, chart);
  }
  if (data.latents !== chart.data?.latents) chart.latents = floats(data.latents);
  chart.data = data;
  chart.setTriggerValue = setTriggerValue;
  element.style.minHeight = `${heightOf(chart)}px`;
  element.setAttribute("aria-label", data.alt);
  // The calls are in a queue, because overlapping calls of Plotly.react would break the chart.
  const note = parentElement.querySelector(".vae-lab-plot-error");
  chart.queue = (chart.queue ?? Promise.resolve())
    .then(() => draw(chart, data))
    .then(() => {
      note.hidden = true;
    })
    .catch((error) => {
      note.textContent = `The chart can't be shown: ${error.message}.`;
      note.hidden = false;
    });
  return () => {
    chart.removed = true;
    chart.observer?.disconnect();
    cancelAnimationFrame(chart.frame);
    window.Plotly?.purge(element);
    charts.delete(element);
  };
}
