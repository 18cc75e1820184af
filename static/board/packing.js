/** The packing sheet: one ticket, enlarged. The next thing to take, the walk by aisles, where the bags go. */

import { h, icon, syncChildren } from "../look/dom.js";
import { call } from "../wire/api.js";
import { fill, gettext, language, ngettext, timeOfDay } from "../wire/text.js";
import { refuse } from "./say.js";
import { coldText } from "./words.js";

const dialog = document.getElementById("pick");
const time = timeOfDay(document.body.dataset.zone);
const number = new Intl.NumberFormat(language, { maximumFractionDigits: 3 });
const OPEN = ["RESERVED", "PICKED"];
const GONE = ["SHORT", "CANCELED"];

const byWalk = (a, b) => order(a.aisle, b.aisle) || order(a.shelf, b.shelf) || a.id - b.id;
const order = (a, b) => String(a ?? "").localeCompare(String(b ?? ""), undefined, { numeric: true });

/** One task's sheet: opens on `open(task)`, works through the API, and closes when the goods are staged. */
export class PackingSheet {
  constructor(board) {
    Object.assign(this, {
      board,
      task: null,
      sheet: null,
      chosen: null,
      quantity: null,
      bags: 1,
      busy: false,
    });
    dialog.addEventListener("click", (event) => this.press(event.target.closest("[data-do]")));
    dialog.addEventListener("submit", (event) => {
      event.preventDefault();
      this.finish(event.submitter?.value === "all");
    });
  }

  async open(task) {
    Object.assign(this, { task, sheet: null, chosen: null, quantity: null, bags: 1 });
    dialog.replaceChildren(h("p", { class: "dim", id: "pick-title" }, gettext("Loading the lines…")));
    if (!dialog.open) dialog.showModal();
    await this.load();
  }

  async load() {
    try {
      this.sheet = await call("GET", `/api/v1/tasks/${this.task}/`);
      this.draw();
    } catch (refusal) {
      dialog.close();
      refuse(refusal);
    }
  }

  get lines() {
    return [...this.sheet.lines].sort(byWalk);
  }

  get current() {
    const open = this.lines.filter((line) => OPEN.includes(line.status));
    return open.find((line) => line.id === this.chosen) ?? open[0] ?? null;
  }

  async press(button) {
    if (!button || this.busy) return;
    const { do: name, line } = button.dataset;
    if (name === "close") dialog.close();
    else if (name === "choose") this.choose(Number(line));
    else if (name === "less" || name === "more") this.step(name === "more" ? 1 : -1);
    else if (name === "bags-less" || name === "bags-more") this.stepBags(name === "bags-more" ? 1 : -1);
    else if (name === "place") this.setPlace(button.dataset.place);
    else if (name === "pack") await this.pack();
    else if (name === "short") await this.say(`short/`, { line: this.current.id });
    else if (name === "release" && (await this.say("release/", {}, false))) dialog.close();
  }

  choose(line) {
    this.chosen = line;
    this.quantity = null;
    this.draw();
  }

  step(by) {
    const most = Number(this.current.quantity);
    this.quantity = Math.min(most, Math.max(1, (this.quantity ?? most) + by));
    this.draw();
  }

  stepBags(by) {
    this.bags = Math.min(99, Math.max(1, this.bags + by));
    this.draw();
  }

  setPlace(place) {
    dialog.querySelector("#place").value = place;
  }

  async pack() {
    const line = this.current;
    const quantity = this.quantity ?? Number(line.quantity);
    const picked =
      line.status === "PICKED" ||
      (await this.say("pick/", { line: line.id, quantity: String(quantity) }, false));
    if (picked) await this.say("pack/", { line: line.id });
  }

  async finish(all) {
    const place = dialog.querySelector("#place").value.trim();
    if (!place) return dialog.querySelector("#place").focus();
    const done = await this.say("finish/", { place, bags: this.bags, all }, false);
    if (done) dialog.close();
    return undefined;
  }

  /** Post a step of the task, then show its lines anew; true when it was done. */
  async say(step, body, reload = true) {
    this.setBusy(true);
    try {
      await call("POST", `/api/v1/tasks/${this.task}/${step}`, body);
      this.chosen = this.quantity = null;
      if (reload) await this.load();
      return true;
    } catch (refusal) {
      refuse(refusal);
      if (["task-not-yours", "invalid-transition"].includes(refusal.code)) dialog.close();
      return false;
    } finally {
      this.setBusy(false);
    }
  }

  setBusy(busy) {
    this.busy = busy;
    for (const button of dialog.querySelectorAll(".main")) button.toggleAttribute("aria-busy", busy);
  }

  draw() {
    const place = dialog.querySelector("#place")?.value;
    const found = this.board.find(this.task);
    const done = this.lines.filter((line) => !OPEN.includes(line.status)).length;
    syncChildren(dialog, [
      head(this.sheet, found?.card, done, this.lines.length),
      walk(this.lines, this.current),
      this.current ? nowBlock(this.current, this.quantity ?? Number(this.current.quantity)) : allDone(),
      h(
        "aside",
        { class: "list", "data-key": "list", "aria-label": gettext("All lines") },
        lineList(this.lines, this.current),
        this.staging(found?.card, place),
      ),
    ]);
  }

  staging(card, place) {
    const left = this.lines.filter((line) => OPEN.includes(line.status)).length;
    const known = [...new Set([this.sheet.task.place, ...(card?.places ?? [])].filter(Boolean))].slice(0, 4);
    return h(
      "form",
      { class: "staging", "data-key": "staging", novalidate: true },
      h(
        "label",
        { class: "field", for: "place" },
        h("b", {}, gettext("Put the bags here")),
        h("input", {
          id: "place",
          maxlength: 24,
          autocomplete: "off",
          autocapitalize: "characters",
          placeholder: "B3",
          value: place || known[0] || "",
        }),
      ),
      known.length > 1 &&
        h(
          "div",
          { class: "known" },
          known.map((name) =>
            h("button", { class: "btn", type: "button", "data-do": "place", "data-place": name }, name),
          ),
        ),
      h(
        "div",
        { class: "count" },
        h("span", {}, fill(ngettext("%(n)s bag", "%(n)s bags", this.bags), { n: this.bags })),
        h(
          "button",
          { class: "btn", type: "button", "data-do": "bags-less", "aria-label": gettext("One bag less") },
          "−",
        ),
        h(
          "button",
          { class: "btn", type: "button", "data-do": "bags-more", "aria-label": gettext("One bag more") },
          "+",
        ),
      ),
      h(
        "button",
        { class: `btn wide${left ? "" : " main"}`, type: "submit", value: left ? "all" : "" },
        left
          ? fill(ngettext("All packed, the last one too", "All packed, these %(n)s too", left), { n: left })
          : gettext("Staged, done"),
      ),
    );
  }
}

function head(sheet, card, done, of) {
  const title = sheet.task.kind === "PACK_FRESH" ? gettext("cold items") : gettext("shelf items");
  return h(
    "header",
    { class: "pick-head", "data-key": "head" },
    h("button", { class: "btn", type: "button", "data-do": "close" }, icon("i-back"), gettext("Board")),
    h(
      "h2",
      { id: "pick-title" },
      h("b", { class: "code" }, card?.code ?? sheet.order?.code ?? ""),
      " ",
      card?.name ?? "",
      card?.window &&
        h(
          "span",
          { class: "dim" },
          ` ${fill(gettext("for %(time)s"), { time: time(card.window.start) })}, ${title}`,
        ),
    ),
    h(
      "span",
      { class: "push" },
      h("b", {}, fill(gettext("%(done)s of %(of)s"), { done, of })),
      h("span", { class: "dim" }, ` ${gettext("in the bags")}`),
      sheet.task.kind === "PACK_AMBIENT" &&
        coldText(card?.cold) &&
        h("span", { class: "dim later-cold" }, icon("i-snow"), gettext("the cold items wait")),
    ),
    h("button", { class: "btn", type: "button", "data-do": "release" }, gettext("Give back")),
  );
}

function walk(lines, current) {
  const aisles = [...new Set(lines.map((line) => line.aisle || "–"))];
  const stops = aisles.map((aisle) => {
    const own = lines.filter((line) => (line.aisle || "–") === aisle);
    const done = own.filter((line) => !OPEN.includes(line.status)).length;
    const here = current && (current.aisle || "–") === aisle;
    return h(
      "li",
      { class: done === own.length && "past", "aria-current": here && "step" },
      h("b", {}, aisle),
      h("span", {}, fill(gettext("%(done)s of %(of)s"), { done, of: own.length })),
    );
  });
  return h(
    "ol",
    { class: "walk", "data-key": "walk", "aria-label": gettext("The walk") },
    stops,
    h("li", { class: "end-stop" }, h("b", {}, gettext("Shelf")), h("span", {}, gettext("put the bags here"))),
  );
}

function nowBlock(line, quantity) {
  const most = Number(line.quantity);
  const aisle = line.aisle || "–";
  const text =
    quantity < most
      ? fill(gettext("%(n)s in the bag, the rest later"), { n: number.format(quantity) })
      : most === 1
        ? gettext("In the bag")
        : fill(gettext("%(n)s in the bag"), { n: number.format(most) });
  return h(
    "section",
    { class: "now", "data-key": "now", "aria-label": gettext("The next thing to take") },
    h(
      "div",
      { class: "aisle" },
      h(
        "span",
        {
          class: `sign${aisle.length > 2 ? " three" : aisle.length > 1 ? " two" : ""}`,
          role: "img",
          "aria-label": fill(gettext("Aisle %(aisle)s"), { aisle }),
        },
        aisle,
        h("i", {}),
      ),
      h(
        "p",
        {},
        h("span", {}, fill(gettext("Aisle %(aisle)s"), { aisle })),
        line.shelf || "",
        line.zone !== "AMBIENT" && h("span", {}, zoneWord(line.zone)),
      ),
    ),
    h(
      "div",
      { class: "what" },
      h("h3", {}, line.name),
      line.barcode &&
        h("p", { class: "dim" }, fill(gettext("ends in %(tail)s"), { tail: line.barcode.slice(-4) })),
    ),
    h(
      "div",
      { class: "qty" },
      h(
        "output",
        {},
        number.format(quantity),
        " ",
        h("small", {}, fill(gettext("of %(n)s"), { n: number.format(most) })),
      ),
      h(
        "button",
        { class: "btn", type: "button", "data-do": "less", "aria-label": gettext("One less") },
        "−",
      ),
      h(
        "button",
        { class: "btn", type: "button", "data-do": "more", "aria-label": gettext("One more") },
        "+",
      ),
    ),
    h(
      "div",
      { class: "pick-acts" },
      h("button", { class: "btn main", type: "button", "data-do": "pack" }, text),
      h("button", { class: "btn", type: "button", "data-do": "short" }, gettext("Not found")),
    ),
  );
}

const zoneWord = (zone) =>
  ({ CHILLED: gettext("chilled"), FROZEN: gettext("frozen"), HOT: gettext("hot") })[zone] ?? "";

const allDone = () =>
  h(
    "section",
    { class: "now all-done done", "data-key": "all" },
    icon("g-done", "", "tone"),
    h("h3", {}, gettext("Everything is in the bags.")),
    h("p", { class: "dim" }, gettext("Put them on their shelf and say where.")),
  );

function lineList(lines, current) {
  return h(
    "ol",
    { "data-key": "lines" },
    lines.map((line) => {
      const open = OPEN.includes(line.status);
      const state = GONE.includes(line.status)
        ? h("b", {}, gettext("short"))
        : open
          ? null
          : icon("g-done", gettext("packed"), "done tone");
      const row = [
        h("b", { class: "at" }, line.aisle || "–"),
        h("span", { class: "q" }, number.format(line.quantity)),
        h("span", { class: "what-name" }, line.name),
        state,
      ];
      const inner = open
        ? h("button", { type: "button", "data-do": "choose", "data-line": line.id }, row)
        : h("div", {}, row);
      return h(
        "li",
        {
          class: open ? "" : "ok",
          "aria-current": line === current && "true",
          "data-key": `line-${line.id}`,
        },
        inner,
      );
    }),
  );
}
