import type { PacingController, PacingEvent, PacingState } from '../controller.ts';
import { randomOf, type Random } from '../random.ts';
import { valueAt, type Day } from './day.ts';
import { callCourse, talkS, wrapUpS } from './draws.ts';
import { EventHeap } from './heap.ts';
import { DayLog, type DayReport } from './report.ts';

const EVENT = {
  arrives: 0,
  leaves: 1,
  breakDue: 2,
  breakEnds: 3,
  callEnds: 4,
  tooLate: 5,
  talkEnds: 6,
  wrapUpEnds: 7,
} as const;

/** Where agents are. */
export const AGENT = { away: 0, free: 1, talking: 2, wrappingUp: 3, onBreak: 4 } as const;

/**
 * One day of a campaign with agents: the same for the same day and controller. Answered calls go to the agent who has
 * been free longest; who finds none waits, in turn, and is abandoned when the connect seconds or their patience is over.
 */
export function simulate(day: Day, controllerOf: (day: Day) => PacingController): DayReport {
  return new Simulation(day, controllerOf(day)).run();
}

class Simulation {
  private readonly day: Day;
  private readonly controller: PacingController;
  private readonly events = new EventHeap();
  private readonly log: DayLog;
  private readonly callRandom: Random;
  private readonly handlingRandom: Random;
  private readonly lengthMs: number;
  private now = 0;

  private readonly state: Uint8Array;
  private readonly since: Float64Array;
  private readonly shiftEnd: Float64Array;
  /** A break that has fallen due during a call, ms; 0: none. */
  private readonly breakOwed: Float64Array;
  /** Free agents, longest free first. */
  private readonly free: number[] = [];
  /** Calls in flight by slot, and the slots in no order; a slot's place in that list. */
  private readonly slots: number[] = [];
  private readonly place: number[] = [];
  private readonly placedAt: number[] = [];
  private readonly answers: boolean[] = [];
  private readonly spare: number[] = [];
  /** People who wait for an agent, longest first: slot and instant of the answer. */
  private readonly waiting: { slot: number; answeredAt: number }[] = [];
  private ended: PacingEvent[] = [];

  constructor(day: Day, controller: PacingController) {
    this.day = day;
    this.controller = controller;
    const { agents, seed } = day;
    this.lengthMs = day.lengthS * 1_000;
    this.log = new DayLog(day);
    this.callRandom = randomOf(`${seed} calls`);
    this.handlingRandom = randomOf(`${seed} handling`);
    this.state = new Uint8Array(agents);
    this.since = new Float64Array(agents);
    this.shiftEnd = new Float64Array(agents);
    this.breakOwed = new Float64Array(agents);
    this.plan(randomOf(`${seed} shifts`));
  }

  run(): DayReport {
    const tickMs = this.day.tickS * 1_000;
    for (let at = tickMs; ; at += tickMs) {
      while (this.events.nextAt <= at) this.next();
      this.now = at;
      if (at <= this.lengthMs) this.dial();
      else if (this.events.nextAt === Infinity) break;
    }
    return this.log.report(this.controller.learned());
  }

  private plan(random: Random): void {
    const { agents, breaksS, breakShiftS, shiftSpreadS, lengthS } = this.day;
    for (let agent = 0; agent < agents; agent++) {
      const from = random() * shiftSpreadS;
      const until = lengthS - random() * shiftSpreadS;
      this.shiftEnd[agent] = until * 1_000;
      this.events.push(from * 1_000, EVENT.arrives, agent);
      this.events.push(until * 1_000, EVENT.leaves, agent);
      breaksS.forEach((length, i) => {
        const due =
          from + ((until - from) * (i + 1)) / (breaksS.length + 1) + (2 * random() - 1) * breakShiftS;
        if (due > from && due + length < until)
          this.events.push(due * 1_000, EVENT.breakDue, agent + agents * i);
      });
    }
  }

  private next(): void {
    const { nextKind: kind, nextWho: who } = this.events;
    this.now = this.events.nextAt;
    this.events.pop();
    const agent = who % this.day.agents;
    switch (kind) {
      case EVENT.arrives:
      case EVENT.breakEnds:
        return this.becomeReady(agent);
      case EVENT.leaves:
        if (this.state[agent] === AGENT.free) this.leave(agent, AGENT.away);
        return;
      case EVENT.breakDue:
        this.breakOwed[agent] = this.day.breaksS[(who - agent) / this.day.agents]! * 1_000;
        if (this.state[agent] === AGENT.free) this.leave(agent, AGENT.onBreak);
        return;
      case EVENT.callEnds:
        return this.callEnds(who);
      case EVENT.tooLate:
        return this.tooLate();
      case EVENT.talkEnds:
        return this.talkEnds(agent);
      case EVENT.wrapUpEnds:
        this.tell('wrap_up_ended', this.since[agent]!);
        return this.becomeReady(agent);
    }
  }

  private tell(kind: PacingEvent['kind'], since: number): void {
    this.ended.push({ kind, since, at: this.now });
  }

  /** To another state; the time spent in the one before is booked. */
  private enter(agent: number, state: number): void {
    this.log.spent(agent, this.state[agent]!, this.since[agent]!, this.now);
    this.state[agent] = state;
    this.since[agent] = this.now;
  }

  private becomeReady(agent: number): void {
    if (this.now >= this.shiftEnd[agent]!) return this.enter(agent, AGENT.away);
    if (this.breakOwed[agent]! > 0) return this.startBreak(agent);
    const first = this.waiting.shift();
    if (first !== undefined) return this.connect(agent, first.slot, first.answeredAt);
    this.enter(agent, AGENT.free);
    this.free.push(agent);
  }

  private leave(agent: number, to: number): void {
    this.free.splice(this.free.indexOf(agent), 1);
    if (to === AGENT.onBreak) this.startBreak(agent);
    else this.enter(agent, to);
  }

  private startBreak(agent: number): void {
    this.enter(agent, AGENT.onBreak);
    this.events.push(
      Math.min(this.now + this.breakOwed[agent]!, this.shiftEnd[agent]!),
      EVENT.breakEnds,
      agent,
    );
    this.breakOwed[agent] = 0;
  }

  private dial(): void {
    const decision = this.controller.decide(this.view());
    this.ended = [];
    const { calls: times, limits, answerRate, lengthS } = this.day;
    const rate = valueAt(answerRate, this.now / 1_000, lengthS);
    for (let i = 0; i < decision.calls; i++) {
      const course = callCourse(this.callRandom, times, rate, limits.ringTimeoutS);
      const slot = this.spare.pop() ?? this.placedAt.length;
      this.placedAt[slot] = this.now;
      this.answers[slot] = course.answered;
      this.place[slot] = this.slots.length;
      this.slots.push(slot);
      this.events.push(this.now + course.afterS * 1_000, EVENT.callEnds, slot);
    }
    this.log.placed(this.now, decision);
  }

  private callEnds(slot: number): void {
    const last = this.slots.pop()!;
    if (last !== slot) {
      this.slots[this.place[slot]!] = last;
      this.place[last] = this.place[slot]!;
    }
    this.tell(this.answers[slot]! ? 'answered' : 'unanswered', this.placedAt[slot]!);
    if (!this.answers[slot]!) {
      this.spare.push(slot);
      return;
    }
    this.log.answered(this.now);
    const agent = this.free.shift();
    if (agent !== undefined) return this.connect(agent, slot, this.now);
    this.waiting.push({ slot, answeredAt: this.now });
    const waitS = Math.min(this.day.patienceS, this.day.limits.connectWithinS);
    this.events.push(this.now + waitS * 1_000, EVENT.tooLate, slot);
  }

  /** All wait equally long, so the first in line is the one whose time is over, if that one is still there. */
  private tooLate(): void {
    const first = this.waiting[0];
    const waitMs = Math.min(this.day.patienceS, this.day.limits.connectWithinS) * 1_000;
    if (first === undefined || first.answeredAt + waitMs > this.now) return;
    this.waiting.shift();
    this.spare.push(first.slot);
    this.log.abandoned(this.now);
  }

  private connect(agent: number, slot: number, answeredAt: number): void {
    this.spare.push(slot);
    this.log.connected(this.now - answeredAt);
    this.enter(agent, AGENT.talking);
    const { talk, wrapUpShare } = this.day;
    const length = talkS(this.handlingRandom, talk, this.handlingMeanS() * (1 - wrapUpShare));
    this.events.push(this.now + length * 1_000, EVENT.talkEnds, agent);
  }

  private talkEnds(agent: number): void {
    this.tell('talk_ended', this.since[agent]!);
    this.enter(agent, AGENT.wrappingUp);
    const length = wrapUpS(this.handlingRandom, this.handlingMeanS() * this.day.wrapUpShare);
    this.events.push(this.now + length * 1_000, EVENT.wrapUpEnds, agent);
  }

  private handlingMeanS(): number {
    return valueAt(this.day.handlingS, this.now / 1_000, this.day.lengthS);
  }

  private view(): PacingState {
    const { state, since, shiftEnd } = this;
    const freeUntil: number[] = [];
    const talking = { since: [] as number[], until: [] as number[] };
    const wrappingUp = { since: [] as number[], until: [] as number[] };
    for (let agent = 0; agent < state.length; agent++) {
      // A break that is owed is known as well: the agent will not come back to the line.
      const until = this.breakOwed[agent]! > 0 ? this.now : shiftEnd[agent]!;
      if (state[agent] === AGENT.free) freeUntil.push(until);
      const busy =
        state[agent] === AGENT.talking ? talking : state[agent] === AGENT.wrappingUp ? wrappingUp : null;
      busy?.since.push(since[agent]!);
      busy?.until.push(until);
    }
    return {
      at: this.now,
      freeUntil,
      talkingSince: talking.since,
      talkingUntil: talking.until,
      wrapUpSince: wrappingUp.since,
      wrapUpUntil: wrappingUp.until,
      inFlightSince: this.slots.map((slot) => this.placedAt[slot]!),
      keptSince: [],
      waitingAnswers: this.waiting.length,
      others: [],
      ended: this.ended,
      abandonment: { abandoned: this.log.totalAbandoned, denominator: this.log.totalAnswered },
    };
  }
}
