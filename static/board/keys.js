/** The keyboard: / searches, arrows go from card to card, Enter does the card's next step. */

/** Listen; `act(card)` does what the card's main button does. */
export function listen({ act, search }) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const typing = event.target.matches("input, textarea, select");
    if (event.key === "/" && !typing) {
      event.preventDefault();
      search();
    } else if (event.key.startsWith("Arrow") && !typing) {
      if (go(event.key)) event.preventDefault();
    } else if (event.key === "Enter" && event.target.matches("li[data-primary]")) {
      event.preventDefault();
      act(event.target);
    }
  });
}

const cardsOf = (lane) => [...lane.querySelectorAll("li[data-primary]")];

function go(key) {
  const lanes = [...document.querySelectorAll(".lane")].filter((lane) => cardsOf(lane).length);
  if (lanes.length === 0) return false;
  const current = document.activeElement.closest?.("li[data-primary]");
  if (!current) return focus(cardsOf(lanes.find((lane) => lane.id === "here") ?? lanes[0])[0]);
  const lane = current.closest(".lane");
  const cards = cardsOf(lane);
  const row = cards.indexOf(current);
  if (key === "ArrowDown" || key === "ArrowUp") return focus(cards[row + (key === "ArrowDown" ? 1 : -1)]);
  const next = lanes[lanes.indexOf(lane) + (key === "ArrowRight" ? 1 : -1)];
  return next ? focus(cardsOf(next)[Math.min(row, cardsOf(next).length - 1)]) : false;
}

function focus(card) {
  if (!card) return false;
  card.focus({ preventScroll: true });
  card.scrollIntoView({ block: "nearest" });
  return true;
}
