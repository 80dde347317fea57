"use strict";
// The page's own script: plots, their colours, arms shown or hidden, tables sorted, sheets chosen.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const plots = [];
  const hidden = new Set();
  let curves = null;

  const recolour = (isDark) => {
    const ink = isDark ? "#c3c8cd" : "#41474d";
    const line = isDark ? "#5a626b" : "#9aa1a8";
    for (const plot of plots) {
      for (const axis of [...plot.below, ...plot.left]) {
        axis.axis_label_text_color = ink;
        axis.major_label_text_color = ink;
        axis.axis_line_color = line;
        axis.major_tick_line_color = line;
      }
      for (const grid of plot.center) grid.grid_line_color = line;
    }
  };

  const toggle = () => {
    for (const plot of plots)
      for (const mark of plot.renderers)
        if (mark.tags[0] >= 0) mark.visible = !hidden.has(mark.tags[0]);
    for (const button of document.querySelectorAll(".arm"))
      button.setAttribute("aria-pressed", String(!hidden.has(Number(button.dataset.arm))));
    if (curves) point();
  };

  const chosen = (id) => Number(document.getElementById(id).value);
  const view = () => data.curves.views[chosen("curve-measure")][chosen("curve-place")];
  const part = (arm, name) =>
    curves.renderers.find((mark) => mark.tags[0] === arm && mark.tags[1] === name).data_source;

  // What the pointer finds: the seeds of the arms that are shown.
  const point = () => {
    const found = { x: [], y: [], arm: [], seed: [], says: [] };
    const { arms, decimals } = view();
    for (const [arm, { seeds }] of Object.entries(arms)) {
      if (hidden.has(Number(arm))) continue;
      for (const seed of seeds)
        seed.x.forEach((x, i) => {
          found.x.push(x);
          found.y.push(seed.y[i]);
          found.arm.push(data.arms[arm]);
          found.seed.push(seed.seed);
          found.says.push(seed.y[i].toFixed(decimals));
        });
    }
    part(-1, "pointer").data = found;
  };

  const drawCurves = () => {
    const { arms, words, ranges } = view();
    const { x, y } = ranges[chosen("curve-shown")];
    data.arms.forEach((_, arm) => {
      const { mean = { x: [], y: [], low: [], high: [] }, marks = [], seeds } = arms[arm] ?? { seeds: [] };
      part(arm, "mean").data = mean;
      part(arm, "marks").data = { x: marks.map((i) => mean.x[i]), y: marks.map((i) => mean.y[i]) };
      part(arm, "seeds").data = { xs: seeds.map((s) => s.x), ys: seeds.map((s) => s.y) };
    });
    [curves.x_range.start, curves.x_range.end] = x;
    [curves.y_range.start, curves.y_range.end] = y;
    curves.left[0].axis_label = words;
    point();
  };

  const embed = async (item, id) => {
    const views = await Bokeh.embed.embed_item(item, id);
    const [{ model }] = [...views];
    plots.push(model);
    return model;
  };

  const order = (head) => {
    const table = head.closest("table");
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.rows[0].cells) other.setAttribute("aria-sort", "none");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const value = (row) => {
      const cell = row.cells[head.cellIndex];
      const words = cell.textContent.trim();
      return { words, number: "number" in cell.dataset ? Number(cell.dataset.number) : NaN };
    };
    const rows = [...table.tBodies[0].rows].map((row) => ({ row, ...value(row) }));
    const empty = ({ words }) => words === "" || words === "\u2013";
    rows.sort((a, b) => {
      // What is missing stands last, whichever way the rest is sorted.
      if (empty(a) || empty(b)) return empty(a) - empty(b);
      const apart = isNaN(a.number) || isNaN(b.number)
        ? isNaN(a.number) - isNaN(b.number) || a.words.localeCompare(b.words)
        : a.number - b.number;
      return down ? -apart : apart;
    });
    table.tBodies[0].append(...rows.map(({ row }) => row));
  };

  const listen = () => {
    for (const head of document.querySelectorAll(".sortable th"))
      head.querySelector("button").addEventListener("click", () => order(head));
    for (const button of document.querySelectorAll(".arm"))
      button.addEventListener("click", () => {
        const arm = Number(button.dataset.arm);
        hidden.has(arm) ? hidden.delete(arm) : hidden.add(arm);
        toggle();
      });
    document.getElementById("translation-place")?.addEventListener("change", (event) => {
      for (const sheet of document.querySelectorAll(".sheet"))
        sheet.hidden = sheet.dataset.place !== event.target.value;
    });
    dark.addEventListener("change", () => recolour(dark.matches));
    addEventListener("beforeprint", () => recolour(false));
    addEventListener("afterprint", () => recolour(dark.matches));
  };

  const begin = async () => {
    Bokeh.set_log_level("warn");
    listen();
    for (const [index, item] of data.plots.entries()) await embed(item, `plot-${index}`);
    if (data.curves) {
      curves = await embed(data.curves.item, "plot-curves");
      for (const id of ["curve-measure", "curve-place", "curve-shown"])
        document.getElementById(id).addEventListener("change", drawCurves);
      drawCurves();
    }
    recolour(dark.matches);
    document.documentElement.dataset.drawn = String(plots.length);
  };
  begin();
})();
