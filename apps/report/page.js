
"use strict";
// Numbers under the pointer. Without this the page shows those of the last epoch of each run.
(() => {
  const runs = JSON.parse(document.getElementById("data").textContent).runs;
  const table = document.querySelector("table.numbers");
  // A reader prints what is folded, too.
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => (part.open = true)));
  if (!table) return;
  document.documentElement.classList.add("script");
  const caption = document.getElementById("numbers-caption");
  const before = caption.textContent;
  const charts = [...document.querySelectorAll(".chart svg")];
  const rows = [...table.tBodies[0].rows];
  const resting = rows.map((row) => [...row.cells].slice(1).map((cell) => cell.textContent));
  const last = Math.max(1, ...runs.map((run) => (run.epochs.length ? run.epochs.at(-1).epoch : 1)));
  const at = (run, epoch) => run.epochs.findLast((line) => line.epoch === epoch);
  const none = "\u2013";
  const fixed = (value, digits) => (value === null ? none : value.toFixed(digits));
  const percent = (value) => (value === null ? none : (100 * value).toFixed(2) + "\u00a0%");
  let now = null;

  function numbers(line) {
    if (!line) return Array(7).fill(none);
    return [
      String(line.epoch), fixed(line.train_loss, 4), fixed(line.held_loss, 4), percent(line.train_accuracy),
      percent(line.held_accuracy), String(Number(line.learning_rate.toPrecision(3))),
      Math.round(line.images_per_second).toLocaleString("en"),
    ];
  }

  function place(chart, epoch) {
    const number = (key) => Number(chart.dataset[key]);
    const x = last === 1 ? number("left") + number("inner") / 2 : number("left") + (number("inner") * (epoch - 1)) / (last - 1);
    const y = (value) => number("top") + number("depth") * (1 - (value - number("low")) / (number("high") - number("low")));
    return { x, y };
  }

  function draw(chart, epoch) {
    chart.querySelectorAll(".mark").forEach((mark) => mark.remove());
    const cursor = chart.querySelector(".cursor");
    cursor.classList.toggle("on", epoch !== null);
    if (epoch === null) return;
    const { x, y } = place(chart, epoch);
    cursor.setAttribute("x1", x);
    cursor.setAttribute("x2", x);
    runs.forEach((run, index) => {
      const line = at(run, epoch);
      for (const column of line ? chart.dataset.columns.split(" ") : []) {
        if (line[column] === null) continue;
        const mark = document.createElementNS("http://www.w3.org/2000/svg", "circle");
        mark.setAttribute("class", `mark run-${index} colour-${index % 8}`);
        mark.setAttribute("r", 4);
        mark.setAttribute("cx", x);
        mark.setAttribute("cy", y(line[column]));
        chart.append(mark);
      }
    });
  }

  function show(epoch) {
    if (epoch === now) return;
    now = epoch;
    caption.textContent = epoch === null ? before : `Numbers at epoch ${epoch}`;
    rows.forEach((row, index) => {
      const texts = epoch === null ? resting[index] : numbers(at(runs[index], epoch));
      texts.forEach((text, i) => (row.cells[i + 1].textContent = text));
    });
    charts.forEach((chart) => draw(chart, epoch));
  }

  function epochAt(chart, event) {
    const box = chart.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * chart.viewBox.baseVal.width;
    const share = (x - Number(chart.dataset.left)) / Number(chart.dataset.inner);
    return Math.min(last, Math.max(1, Math.round(1 + share * (last - 1))));
  }

  const keys = { ArrowLeft: (e) => e - 1, ArrowRight: (e) => e + 1, Home: () => 1, End: () => last };
  for (const chart of charts) {
    chart.addEventListener("pointermove", (event) => show(epochAt(chart, event)));
    chart.addEventListener("pointerleave", () => show(null));
    chart.addEventListener("blur", () => show(null));
    chart.addEventListener("keydown", (event) => {
      if (event.key === "Escape") return show(null);
      const move = keys[event.key];
      if (!move) return;
      event.preventDefault();
      show(Math.min(last, Math.max(1, move(now ?? last))));
    });
  }
})();
