/** The packing sheet: one ticket, enlarged. The next thing to take, the walk by aisles, where the bags go. */

import { h, syncChildren } from "../look/dom.js";
import { call } from "../wire/api.js";
import { fill, gettext, ngettext } from "../wire/text.js";
import { isOpen, allDone, head, lineList, nowBlock, walk } from "./packing_view.js";
import { refuse } from "./say.js";

const dialog = document.getElementById("pick");

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

  /** The lines as the server sorts them: one walk, by aisle and shelf. */
  get lines() {
    return this.sheet.lines;
  }

  get current() {
    const open = this.lines.filter((line) => isOpen(line));
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
    const done = this.lines.filter((line) => !isOpen(line)).length;
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
    const left = this.lines.filter((line) => isOpen(line)).length;
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
