// One Plotly chart per parent element. The default export runs again at every change of data or
// theme: Plotly.react then updates the chart in place, so zoom and hidden traces stay.

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

// The theme's colours, for whatever the figure leaves open.
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

// Titles, axes and legend around the plots take some 130 pixels.
function heightOf({ element, data }) {
  return data.aspect
    ? Math.min(data.height, Math.round(element.clientWidth * data.aspect) + 130)
    : data.height;
}

async function draw(chart, data) {
  const { element } = chart;
  const Plotly = await loadPlotly(data.plotly);
  if (chart.data !== data || chart.removed) return; // a newer one waits behind this
  const figure = JSON.parse(data.figure);
  const layout = themed(figure.layout, element);
  layout.height = heightOf(chart);
  layout.autosize = true;
  await Plotly.react(element, figure.data, layout, {
    displaylogo: false,
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
  });
  if (!chart.observer) {
    chart.observer = new ResizeObserver(() => {
      const height = heightOf(chart);
      if (height === element._fullLayout.height) Plotly.Plots.resize(element);
      else Plotly.relayout(element, { height });
    });
    chart.observer.observe(element);
    element.on("plotly_click", (event) => {
      const [point] = event.points;
      if (chart.data.clickable && point) {
        chart.setTriggerValue("click", {
          trace: point.curveNumber,
          point: point.pointNumber?.[0] ?? point.pointNumber ?? -1,
          x: Number(point.x),
          y: Number(point.y),
        });
      }
    });
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const element = parentElement.querySelector(".vae-lab-plot");
  let chart = charts.get(element);
  if (!chart) {
    chart = { element };
    charts.set(element, chart);
  }
  chart.data = data;
  chart.setTriggerValue = setTriggerValue;
  element.style.minHeight = `${heightOf(chart)}px`;
  element.setAttribute("aria-label", data.alt);
  // One at a time: two overlapping calls of Plotly.react would break the chart.
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
    window.Plotly?.purge(element);
    charts.delete(element);
  };
}
