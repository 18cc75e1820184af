/** What the packing sheet shows. */

import { h, icon } from "../look/dom.js";
import { fill, gettext, language, timeOfDay } from "../wire/text.js";
import { coldText } from "./words.js";

const time = timeOfDay(document.body.dataset.zone);
const number = new Intl.NumberFormat(language, { maximumFractionDigits: 3 });

export const isOpen = (line) => ["RESERVED", "PICKED"].includes(line.status);

const isGone = (line) => ["SHORT", "CANCELED"].includes(line.status);

/** Who the sheet is for, and how far it is. */
export function head(sheet, card, done, of) {
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

/** The walk: a stop for each aisle, at its end the shelf for the bags. */
export function walk(lines, current) {
  const aisles = [...new Set(lines.map((line) => line.aisle || "–"))];
  const stops = aisles.map((aisle) => {
    const own = lines.filter((line) => (line.aisle || "–") === aisle);
    const done = own.filter((line) => !isOpen(line)).length;
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

/** The next thing to take: where, what, how many. */
export function nowBlock(line, quantity) {
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

/** What stands in its place when nothing is open. */
export const allDone = () =>
  h(
    "section",
    { class: "now all-done done", "data-key": "all" },
    icon("g-done", "", "tone"),
    h("h3", {}, gettext("Everything is in the bags.")),
    h("p", { class: "dim" }, gettext("Put them on their shelf and say where.")),
  );

/** All lines; an open one can be chosen out of turn. */
export function lineList(lines, current) {
  return h(
    "ol",
    { "data-key": "lines" },
    lines.map((line) => {
      const open = isOpen(line);
      const state = isGone(line)
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
