/** What the buttons do: one call each, busy while it runs, a reason in words when it is refused. */

import { call } from "../wire/api.js";
import { fill, gettext } from "../wire/text.js";
import { refuse, toast } from "./say.js";

const API = "/api/v1";

export class Actions {
  /** `redraw()` draws the board; `sheets` opens the sheets: { pack, hand, more, ask }. */
  constructor(board, { redraw, sheets }) {
    Object.assign(this, { board, redraw, sheets });
  }

  /** Do what an element's data-act says; unknown names do nothing. */
  async run({ act, task, order, answer }) {
    const id = Number(task);
    const doing = {
      start: () => this.start(id),
      take: () => this.take(id),
      open: () => this.sheets.pack(id),
      hand: () => this.sheets.hand(order),
      more: () => this.sheets.more(order),
      ask: () => this.sheets.ask(order, id),
      check: () => this.answer(id, answer),
      fresh: () => this.freshWave(order),
      undo: () => this.undo(order),
      absent: () => this.send(`absent-${order}`, `${API}/orders/${order}/not-here/`),
      release: () => this.release(id),
      arrived: () => this.arrived(order, answer),
    }[act];
    if (doing) await doing();
  }

  async start(task) {
    if (await this.send(`start-${task}`, `${API}/tasks/${task}/start/`)) this.sheets.pack(task);
  }

  take(task) {
    return this.send(`take-${task}`, `${API}/tasks/${task}/start/`);
  }

  release(task) {
    return this.send(`release-${task}`, `${API}/tasks/${task}/release/`);
  }

  answer(task, answer) {
    return this.send(`check-${task}`, `${API}/checks/${task}/`, { answer });
  }

  freshWave(order) {
    return this.send(`fresh-${order}`, `${API}/orders/${order}/fresh-wave/`);
  }

  undo(order) {
    return this.send(`undo-${order}`, `${API}/orders/${order}/undo-hand-over/`);
  }

  async arrived(order, spot) {
    const done = await this.send(`arrived-${order}`, `${API}/orders/${order}/arrived/`, {
      spot: spot || null,
    });
    if (done) toast(spot ? fill(gettext("Noted: in bay %(spot)s."), { spot }) : gettext("Noted: is here."));
    return done;
  }

  /** Post; true when done, false when refused (and said). A second press while one runs is not sent. */
  async send(key, path, body = {}) {
    if (this.board.busy.has(key)) return false;
    this.board.busy.add(key);
    this.redraw();
    try {
      await call("POST", path, body);
      return true;
    } catch (refusal) {
      refuse(refusal);
      return false;
    } finally {
      this.board.busy.delete(key);
      this.redraw();
    }
  }
}
