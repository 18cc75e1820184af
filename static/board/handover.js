/** Handing over: the code, the tries left, a manager's word instead. */

import { h, icon, shake, syncChildren } from "../look/dom.js";
import { call } from "../wire/api.js";
import { serverNow } from "../wire/clock.js";
import { fill, gettext, ngettext } from "../wire/text.js";
import { visits } from "./lanes.js";
import { reason, refuse } from "./say.js";
import { close, show } from "./sheets.js";
import { coldText, fact, itemsText, places, vehicle } from "./words.js";

/** Return the visit in which an order stands now, null when it is not on the lot. */
const visitOf = (board, order) =>
  visits([...board.cards.values()], serverNow()).find(({ members }) =>
    members.some((card) => card.order === order),
  ) ?? null;

/** Ask for the code and hand over every ready order of the visit, one by one: each has its own. */
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
