/** The board's start: the socket feeds what is known, every change and every second draws it. */

import { learn } from "../wire/clock.js";
import { Socket } from "../wire/socket.js";
import { Actions } from "./actions.js";
import { draw } from "./draw.js";
import { handOver } from "./handover.js";
import * as keys from "./keys.js";
import { PackingSheet } from "./packing.js";
import * as sheets from "./sheets.js";
import * as sound from "./sound.js";
import { Board } from "./state.js";
import { drawTop, setLink } from "./top.js";

const board = new Board();
const packing = new PackingSheet(board);
let known = new Set(); // the free visits already called

function redraw({ mayCall = false } = {}) {
  const { visits, hidden } = draw(board);
  drawTop(board, hidden);
  if (!mayCall) return;
  const free = visits.filter((visit) => !visit.claimed).map(({ key }) => key);
  sound.call(visits, { fresh: free.some((key) => !known.has(key)) });
  known = new Set(free);
}

const actions = new Actions(board, {
  redraw,
  sheets: {
    pack: (task) => packing.open(task),
    hand: (order) => handOver(board, order),
    more: (order) => sheets.more(board, order),
    ask: (order, task) => sheets.askCode(board, order, task),
  },
});

const socket = new Socket(`/ws/board/${document.body.dataset.store}/`, {
  onState: setLink,
  onMessage(message) {
    learn(message.now);
    if (message.type === "beat") {
      if (board.lags(message)) socket.send({ type: "snapshot?" });
      return;
    }
    const news = board.apply(message);
    redraw({ mayCall: true });
    if (news.length)
      sound.play(["due", "near", "new"].find((kind) => news.some((item) => item.kind === kind)));
  },
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  if (!button || button.getAttribute("aria-busy") === "true") return;
  if (button.matches("[data-close]")) sheets.close();
  actions.run(button.dataset);
});

const searchForm = document.getElementById("search-form");
const search = document.getElementById("search");

function openSearch() {
  searchForm.hidden = false;
  search.focus();
  search.select();
}

function setQuery(text) {
  board.query = text;
  redraw();
}

search.addEventListener("input", () => setQuery(search.value));
search.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  search.value = "";
  setQuery("");
  searchForm.hidden = true;
});
searchForm.addEventListener("submit", (event) => event.preventDefault());
document.getElementById("search-open").addEventListener("click", openSearch);
document.getElementById("filter").addEventListener("click", () => {
  search.value = "";
  searchForm.hidden = true;
  setQuery("");
});

keys.listen({
  search: openSearch,
  act: (card) => {
    const button = card.querySelector(`[data-act="${card.dataset.primary}"]`);
    actions.run(button?.dataset ?? { act: card.dataset.primary, ...card.dataset });
  },
});
sound.listen();
setInterval(() => {
  if (!document.hidden || board.loaded) redraw({ mayCall: true });
}, 1000);
socket.open();
