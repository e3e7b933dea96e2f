/* Moves a page: the slider, what is shown, light and dark. Text from files is only ever set as text. */
"use strict";
(async () => {
  const LEVELS = 65532; /* as in packed.py */
  const page = JSON.parse(await inflated(document.getElementById("elman-data").textContent));
  const slider = document.getElementById("t");
  const known = new Map(); /* key -> Float64Array */
  const drawn = new Map(); /* id of a place -> the models of its figure */

  function decoded(text) {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  }

  function inflated(text) {
    const stream = new Blob([decoded(text)]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Response(stream).text();
  }

  function numbers(key) {
    if (!known.has(key)) {
      const { low, step, data } = page.numbers[key];
      const bytes = decoded(data);
      const view = new DataView(bytes.buffer);
      const found = new Float64Array(bytes.length / 2);
      for (let i = 0; i < found.length; i++) {
        const code = view.getUint16(2 * i, true);
        if (code <= LEVELS) found[i] = low + step * code;
        else found[i] = [-Infinity, Infinity, NaN][code - LEVELS - 1];
      }
      known.set(key, found);
    }
    return known.get(key);
  }

  /* A figure as Bokeh is to read it, with the numbers and the scale of a place. */
  function filled(item, place) {
    if (Array.isArray(item)) return item.map((part) => filled(part, place));
    if (item === null || typeof item !== "object") return item;
    if (item.type === "map" && item.entries.length === 1 && item.entries[0][0] === "elman")
      return { type: "ndarray", array: { type: "bytes", data: numbers(place.numbers) }, dtype: "float64",
        order: "little", shape: page.numbers[place.numbers].shape };
    const parts = Object.entries(item).map(([name, part]) => [name, filled(part, place)]);
    const found = Object.fromEntries(parts);
    if (item.name === "LinearColorMapper") [found.attributes.low, found.attributes.high] = place.limits;
    return found;
  }

  function visible(place) {
    return place.closest("[hidden]") === null;
  }

  function named(models, name) {
    return models.filter((model) => model.name === name);
  }

  /* ------------------------------------------------------------------ figures */

  async function draw(id) {
    if (drawn.has(id)) return;
    const place = page.places[id];
    await Bokeh.embed.embed_item(filled(page.figures[place.figure], place), id);
    const models = [...Bokeh.documents.at(-1).roots()[0].references()];
    drawn.set(id, models);
    untabbed(document.getElementById(id));
    colour(models);
    move(models);
  }

  /* Bokeh's figures take the focus and do nothing with it here: leave them out of the tab order. */
  function untabbed(node) {
    for (const child of [...(node.shadowRoot?.children ?? []), ...node.children]) {
      if (child.tabIndex === 0) child.tabIndex = -1;
      untabbed(child);
    }
  }

  function move(models) {
    const t = Number(slider.value);
    for (const cursor of named(models, "cursor")) cursor.location = t;
    for (const column of named(models, "column")) column.setv({ left: t - 0.5, right: t + 0.5 });
    const narrow = window.innerWidth < 640;
    for (const ticker of named(models, "steps")) ticker.desired_num_ticks = narrow ? 3 : 8;
    for (const plot of named(models, "unrolled")) {
      const half = Math.min(narrow ? 1 : 4, slider.max / 2);
      const middle = Math.min(Math.max(t, half), slider.max - half);
      plot.x_range.setv({ start: middle - half - 0.5, end: middle + half + 0.5 });
      const all = 2 * half === Number(slider.max);
      document.getElementById("window").textContent = all ? "" : `Timesteps ${Math.ceil(middle - half)} to `
        + `${Math.floor(middle + half)} of 0 to ${slider.max} are drawn. Move the slider to see the others.`;
    }
  }

  function colour(models) {
    const theme = document.documentElement.dataset.theme;
    const style = getComputedStyle(document.documentElement);
    const ink = style.getPropertyValue("--ink").trim(), accent = style.getPropertyValue("--accent").trim();
    for (const model of models) {
      if (model.type.endsWith("Axis"))
        model.setv({ axis_label_text_color: ink, major_label_text_color: ink, axis_line_color: ink,
          major_tick_line_color: ink });
      else if (model.type === "ColorBar") model.setv({ major_label_text_color: ink, bar_line_color: null });
      else if (model.type === "LinearColorMapper")
        model.setv({ palette: page.palettes[model.name][theme], nan_color: theme === "dark" ? "#5c6068" : "#bbbbbb" });
      else if (model.name === "cursor") model.line_color = accent;
      else if (model.name === "masked") model.fill_color = theme === "dark" ? "#5c6068" : "#bbbbbb";
      else if (model.name === "column") model.fill_color = accent;
      else if (model.name === "arrow") model.glyph.setv(model.glyph.type === "Segment"
        ? { line_color: ink } : { line_color: null, fill_color: ink });
      else if (/^(line|dots) \d$/.test(model.name ?? "")) {
        const line_color = page.colours[theme][model.name.at(-1)];
        model.glyph.setv(model.glyph.type === "Line" ? { line_color } : { line_color, fill_color: line_color });
      }
    }
  }

  /* ------------------------------------------------------------------ tables */

  function cell(row, tag, text) {
    const made = document.createElement(tag);
    made.append(...text.split(/(?=\()/).flatMap((part) => [part, document.createElement("wbr")]));
    if (tag === "th") made.scope = row.parentNode.tagName === "THEAD" ? "col" : "row";
    row.append(made);
    return made;
  }

  /* A number with four digits, and none that 16 bits do not hold; small and large ones by powers of ten. */
  function shown(value, step, nothing) {
    if (!Number.isFinite(value)) return Number.isNaN(value) ? nothing : String(value);
    const held = step > 0 ? Math.min(100, Math.max(0, Math.floor(-Math.log10(step)))) : 100;
    const rounded = Math.abs(value) < 1e15 ? Number(value.toFixed(held)) : value;
    const short = Number(rounded.toPrecision(4)), size = Math.abs(short);
    return size !== 0 && (size < 1e-3 || size >= 1e6) ? short.toExponential() : String(short);
  }

  /* Fill a table: a row a unit or feature, a column for each array, at timestep t. */
  function fill(table, t, rows, arrays, nothing) {
    table.replaceChildren();
    const head = table.createTHead().insertRow();
    cell(head, "th", "");
    for (const name of Object.keys(arrays)) cell(head, "th", name);
    const body = table.createTBody();
    rows.forEach((name, i) => {
      const row = body.insertRow();
      const title = cell(row, "th", name);
      for (const key of Object.values(arrays)) {
        const { shape: [, steps], step } = page.numbers[key];
        cell(row, "td", t < steps ? shown(numbers(key)[i * steps + t], step, nothing) : "–");
      }
      row.title = title.textContent;
    });
  }

  function tables() {
    const t = Number(slider.value);
    for (const table of document.querySelectorAll("table.input")) {
      const { names, values } = page.inputs[table.dataset.input];
      fill(table, t, names, { value: values }, "–");
      const colours = page.colours[document.documentElement.dataset.theme];
      if (names.length > colours.length) continue;
      [...table.tBodies[0].rows].forEach((row, i) => {
        const swatch = document.createElement("span");
        swatch.className = "swatch";
        swatch.style.background = colours[i];
        row.cells[0].prepend(swatch);
      });
    }
    const layer = page.layers[chosen().layer];
    const gradients = Object.entries(layer.gradients).map(([name, key]) => [`dL/d(${name})`, key]);
    const units = page.numbers[Object.values(layer.values)[0]].shape[0];
    fill(document.getElementById("table"), t, Array.from({ length: units }, (_, i) => `unit ${i}`),
      { ...layer.values, ...Object.fromEntries(gradients) }, layer.mask[t] ? "NaN" : "–");
  }

  /* ------------------------------------------------------------------ what is chosen */

  function chosen() {
    return { layer: document.getElementById("layer").value, kind: document.querySelector("[name=kind]:checked").value };
  }

  const ABOUT = {
    values: "What the layer remembers (states) and what its gates let through, from 0, closed, to 1, open.",
    gradients: "dL/d of each value: how much the loss L would change with it. All white or all dark for early "
      + "timesteps means that the network does not learn from them.",
    weights: "What the layer has learned: one number from each row to each unit. They are the same at every timestep.",
  };

  let drawing = Promise.resolve(); /* one after the other, so that the last document is the new one */
  function show() {
    const { layer, kind } = chosen();
    document.getElementById("about").textContent = ABOUT[kind];
    for (const grid of document.querySelectorAll(".grid"))
      grid.hidden = grid.dataset.layer !== layer || grid.dataset.kind !== kind;
    tables();
    for (const { id } of [...document.querySelectorAll(".plot")].filter(visible))
      drawing = drawing.then(() => draw(id));
    drawing = drawing.then(() => { document.documentElement.dataset.ready = `${layer} ${kind}`; });
  }

  let waiting = false;
  function step() {
    const t = Number(slider.value), { layer } = chosen();
    const masked = page.layers[layer].mask[t] === 0;
    const text = `${t} of 0 to ${slider.max}${masked ? ", masked" : ""}`;
    document.getElementById("now").textContent = text;
    slider.setAttribute("aria-valuetext", `timestep ${text}`);
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      tables();
      for (const [id, models] of drawn)
        if (visible(document.getElementById(id))) move(models);
    });
  }

  function theme(name) {
    document.documentElement.dataset.theme = name;
    document.getElementById("theme").textContent = name === "dark" ? "Light" : "Dark";
    for (const models of drawn.values()) colour(models);
    tables();
  }

  /* ------------------------------------------------------------------ begin */

  const dark = matchMedia("(prefers-color-scheme: dark)");
  theme(dark.matches ? "dark" : "light");
  dark.addEventListener("change", () => theme(dark.matches ? "dark" : "light"));
  document.getElementById("theme").addEventListener("click", () =>
    theme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));
  for (const form of document.forms) form.addEventListener("submit", (event) => event.preventDefault());
  slider.addEventListener("input", step);
  document.getElementById("choice").addEventListener("change", () => { show(); step(); });
  show();
  step();
})();
