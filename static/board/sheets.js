/** The sheet over the board, and what it shows: asking for the code, everything known of an order. */

import { h, icon } from "../look/dom.js";
import { clockText, fill, gettext, timeOfDay } from "../wire/text.js";
import { coldText, doubtText, itemsText, signalsText, vehicle } from "./words.js";

const dialog = document.getElementById("sheet");
const time = timeOfDay(document.body.dataset.zone);

/** Show nodes in the sheet, under a head that names it. */
export function show(head, ...nodes) {
  const title = h(
    "header",
    { class: "sheet-head" },
    h("h2", { id: "sheet-head" }, head),
    h(
      "button",
      { class: "btn", type: "button", "data-close": true, "aria-label": gettext("Close") },
      icon("i-x"),
    ),
  );
  dialog.replaceChildren(title, ...nodes.flat().filter(Boolean));
  if (!dialog.open) dialog.showModal();
  dialog.querySelector("[autofocus]")?.focus();
}

export const close = () => dialog.close();

dialog.addEventListener("click", (event) => {
  if (event.target === dialog || event.target.closest("[data-close]")) close();
});

/** Ask the driver for the board code instead of judging a plate by eye. Equal answers, no favourite. */
export function askCode(board, order, task) {
  const card = board.cards.get(order);
  if (!card) return;
  const answer = (text, value) =>
    h(
      "button",
      {
        class: "btn wide",
        type: "button",
        "data-close": true,
        "data-act": "check",
        "data-task": task,
        "data-answer": value,
      },
      text,
    );
  show(
    gettext("Ask the driver: which order?"),
    h(
      "p",
      { class: "ask-code" },
      gettext("It is ours if the driver says"),
      h("b", { class: "hero" }, card.code),
      h("span", { class: "dim" }, fill(gettext("or the number %(number)s"), { number: card.number })),
    ),
    h(
      "div",
      { class: "pair" },
      answer(fill(gettext("Says %(code)s"), { code: card.code }), "yes"),
      answer(gettext("Says something else"), "no"),
    ),
  );
}

/** Everything known of an order, and the steps that are not on its card. */
export function more(board, order) {
  const card = board.cards.get(order);
  if (!card) return;
  show(
    `${card.code} ${card.name}`,
    h(
      "dl",
      { class: "facts-list" },
      details(card).map(([term, value]) => h("div", {}, h("dt", {}, term), h("dd", {}, value))),
    ),
    steps(board, card),
  );
}

function details(card) {
  const window_ = card.window && `${time(card.window.start)}–${time(card.window.end)}`;
  return [
    [gettext("Number"), card.number],
    [gettext("Window"), window_],
    [gettext("Car"), card.vehicle && vehicle(card)],
    [gettext("Place"), card.places.join(" + ")],
    [gettext("Goods"), [itemsText(card.items), coldText(card.cold)].filter(Boolean).join(", ")],
    [gettext("Here by"), card.here && signalsText(card.here.signals)],
    [gettext("Check"), card.here && doubtText(card.here.signals)],
    [gettext("Waited"), card.done?.wait_s && clockText(card.done.wait_s)],
  ].filter(([, value]) => value);
}

function steps(board, card) {
  if (card.lane === "done") return null;
  const spots = board.store?.spots ?? [];
  const waiting = card.tasks.some((task) => task.kind === "PACK_FRESH" && task.status === "WAITING");
  const mine = card.tasks.find(
    (task) => task.status === "IN_PROGRESS" && task.associate?.id === board.me?.id,
  );
  const spot = (number) =>
    h(
      "button",
      {
        class: "btn",
        type: "button",
        "data-close": true,
        "data-act": "arrived",
        "data-order": card.order,
        "data-answer": number,
      },
      number,
    );
  const act = (text, name, attributes) =>
    h(
      "button",
      {
        class: "btn wide",
        type: "button",
        "data-close": true,
        "data-act": name,
        "data-order": card.order,
        ...attributes,
      },
      text,
    );
  return h(
    "div",
    { class: "more-steps" },
    waiting && act(gettext("Pack the cold items now"), "fresh"),
    card.here && act(gettext("Not this car: the customer is not here"), "absent"),
    mine && act(gettext("Give back, somebody else takes it"), "release", { "data-task": mine.id }),
    h("h3", {}, card.here ? gettext("Move to another bay") : gettext("The customer is here, in bay")),
    h(
      "div",
      { class: "spots" },
      spots.map(({ number }) => spot(number)),
      !card.here &&
        h(
          "button",
          {
            class: "btn",
            type: "button",
            "data-close": true,
            "data-act": "arrived",
            "data-order": card.order,
            "data-answer": "",
          },
          gettext("bay not known"),
        ),
    ),
  );
}
