/** What the board knows: cards by order, the newest revision of each, and what a message changed. */

export class Board {
  constructor() {
    this.cards = new Map();
    this.seen = new Map(); // highest revision by order; kept when a card goes: no late push revives it
    this.loaded = false;
    Object.assign(this, {
      store: null,
      me: null,
      crew: [],
      later: [],
      doneCount: 0,
      query: "",
      busy: new Set(),
    });
  }

  /**
   * Take one message of the socket in. The same or an older card changes nothing.
   *
   * @returns {Array<{kind: "new"|"due"|"near", card: object}>} what is worth a sound.
   */
  apply(message) {
    if (message.type === "snapshot") return this.replace(message);
    if (message.type === "card") return this.put(message.card);
    if (message.type === "gone") this.remove(message.order, message.revision);
    return [];
  }

  replace({ store, me, crew, cards, later, done_count: doneCount }) {
    const first = !this.loaded;
    const before = this.cards;
    this.cards = new Map(cards.map((card) => [card.order, card]));
    for (const card of cards) this.seen.set(card.order, card.revision);
    Object.assign(this, {
      store,
      me,
      crew: crew ?? [],
      later: later ?? [],
      doneCount: doneCount ?? 0,
      loaded: true,
    });
    return first ? [] : cards.flatMap((card) => news(before.get(card.order), card));
  }

  put(card) {
    if ((this.seen.get(card.order) ?? -1) >= card.revision) return [];
    const before = this.cards.get(card.order);
    this.seen.set(card.order, card.revision);
    if (!card.lane) {
      this.cards.delete(card.order); // canceled or expired: no longer the board's business
      return [];
    }
    this.cards.set(card.order, card);
    if (card.lane === "done" && before && before.lane !== "done") this.doneCount += 1;
    return news(before, card);
  }

  remove(order, revision) {
    if ((this.seen.get(order) ?? -1) > revision) return;
    this.seen.set(order, revision);
    this.cards.delete(order);
  }

  /** Return whether a beat names other cards, or newer ones, than are held: a push was lost. */
  lags({ revisions }) {
    const orders = Object.entries(revisions);
    return (
      orders.length !== this.cards.size ||
      orders.some(([order, revision]) => (this.cards.get(order)?.revision ?? -1) < revision)
    );
  }

  /** Return the task that an associate has in hand, with its card: { task, card }, or null. */
  inHand(associateId) {
    for (const card of this.cards.values()) {
      const task = card.tasks.find(
        ({ status, associate }) => status === "IN_PROGRESS" && associate?.id === associateId,
      );
      if (task) return { task, card };
    }
    return null;
  }

  /** Return a task by id, with its card. */
  find(taskId) {
    for (const card of this.cards.values()) {
      const task = card.tasks.find(({ id }) => id === taskId);
      if (task) return { task, card };
    }
    return null;
  }
}

const queued = (card, kind) => card?.tasks.some((task) => task.kind === kind && task.status === "QUEUED");

function news(before, card) {
  if (!before && card.lane !== "done") return [{ kind: "new", card }];
  if (queued(card, "PACK_FRESH") && !queued(before, "PACK_FRESH")) return [{ kind: "due", card }];
  if (card.eta && !before?.eta) return [{ kind: "near", card }];
  return [];
}
