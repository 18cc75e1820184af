/** The sheets over the board: handing over, a manager's override, asking for the code, more. */

import { h, icon, shake, syncChildren } from "../look/dom.js";
import { call } from "../wire/api.js";
import { serverNow } from "../wire/clock.js";
import { clockText, fill, gettext, ngettext, timeOfDay } from "../wire/text.js";
import { visits } from "./lanes.js";
import { reason, refuse } from "./say.js";
import { coldText, fact, itemsText, places, signalsText, vehicle } from "./words.js";

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

/** Return the visit in which an order stands now, null when it is not on the lot. */
const visitOf = (board, order) =>
  visits([...board.cards.values()], serverNow()).find(({ members }) =>
    members.some((card) => card.order === order),
  ) ?? null;

/** Ask for the pickup code and hand over every ready order of the visit, one by one: each has its own code. */
export function handOver(board, order) {
  const visit = visitOf(board, order);
  drawHandOver(board, visit?.members.map((card) => card.order) ?? []);
}

/** Draw the first of these orders that is ready; none left closes the sheet. */
function drawHandOver(board, orders) {
  const ready = orders.map((order) => board.cards.get(order)).filter((card) => card?.status === "READY");
  const [card] = ready;
  if (!card) return close();
  const rest = ready.slice(1).map(({ order }) => order);
  const input = h("input", {
    id: "code",
    name: "code",
    autofocus: true,
    autocomplete: "off",
    autocapitalize: "characters",
    spellcheck: "false",
    inputmode: "text",
    maxlength: 12,
    required: true,
    "aria-describedby": "code-mistake",
  });
  const mistake = h("p", { class: "mistake", id: "code-mistake", role: "alert" });
  const form = h(
    "form",
    { class: "hand", novalidate: true },
    h("ul", { class: "goods" }, goods(card)),
    h(
      "label",
      { class: "field code-field", for: "code" },
      h("b", {}, fill(gettext("Pickup code of %(code)s: type or scan it"), { code: card.code })),
      input,
    ),
    mistake,
    h("button", { class: "btn main wide", type: "submit" }, gettext("Handed over")),
    override(board, card, rest),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    give(board, card, form, { code: input.value.trim() }, rest);
  });
  const left = ready.length;
  const head =
    left > 1
      ? fill(gettext("Hand over %(code)s, %(n)s orders in all"), { code: card.code, n: left })
      : fill(gettext("Hand over %(code)s"), { code: card.code });
  return show(head, form);
}

const goods = (card) => [
  h("li", {}, h("b", { class: "name" }, card.name), vehicle(card)),
  h(
    "li",
    {},
    places(card.places),
    fact(
      "i-bag",
      card.bags
        ? fill(ngettext("%(n)s bag", "%(n)s bags", card.bags), { n: card.bags })
        : itemsText(card.items),
    ),
  ),
  coldText(card.cold) && h("li", {}, fact("i-snow", coldText(card.cold))),
];

async function give(board, card, form, body, rest) {
  const button = form.querySelector("[type=submit]");
  if (button.getAttribute("aria-busy")) return;
  button.setAttribute("aria-busy", "true");
  try {
    await call("POST", `/api/v1/orders/${card.order}/hand-over/`, body);
    drawHandOver(board, rest);
  } catch (refusal) {
    tellMistake(form, refusal);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

function tellMistake(form, refusal) {
  const known = ["wrong-pickup-code", "pickup-code-locked", "override-needs-manager"].includes(refusal.code);
  if (!known) refuse(refusal);
  syncChildren(form.querySelector(".mistake"), [
    icon("g-late"),
    h("span", {}, reason(refusal), " ", h("span", { class: "note" }, refusal.code)),
  ]);
  shake(300);
  const input = form.querySelector("#code");
  input?.setAttribute("aria-invalid", "true");
  input?.select();
  if (refusal.code === "pickup-code-locked") {
    const details = form.querySelector("details");
    if (details) details.open = true;
  }
}

function override(board, card, rest) {
  if (board.me?.role !== "MANAGER")
    return h("p", { class: "dim" }, gettext("No code? A manager can hand over with a reason."));
  const why = h("input", { id: "why", name: "why", maxlength: 200, autocomplete: "off" });
  const button = h("button", { class: "btn wide", type: "button" }, gettext("Hand over without the code"));
  const details = h(
    "details",
    { class: "override" },
    h("summary", { class: "btn quiet" }, gettext("No code")),
    h(
      "label",
      { class: "field", for: "why" },
      gettext("How you know that this is the customer (kept in the record)"),
      why,
    ),
    button,
  );
  button.addEventListener("click", () => {
    if (why.value.trim())
      give(board, card, details.closest("form"), { override_reason: why.value.trim() }, rest);
    else why.focus();
  });
  return details;
}

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
