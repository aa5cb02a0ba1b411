import type { Measured } from './measure.ts';

/** One line of the table. */
export interface Row {
  readonly rate: number;
  readonly handlingS: number;
  readonly agents: number;
  readonly byController: ReadonlyMap<string, Measured>;
}

export interface ChangingRow {
  readonly agents: number;
  readonly measured: Measured;
  /** Sorted, of all steps on all days. */
  readonly minutes: readonly number[];
}

const percent = (share: number, digits = 1) => (100 * share).toFixed(digits);

export function steadyTable(rows: readonly Row[]): string[] {
  const names = [...rows[0]!.byController.keys()];
  return [
    `| answered, handling | agents | ${names.join(' | ')} |`,
    `| --- | --- |${' --- |'.repeat(names.length)}`,
    ...rows.map(({ rate, handlingS, agents, byController }) => {
      const cells = names.map((name) => cellOf(byController.get(name)!));
      return `| ${percent(rate, 0)} %, ${String(handlingS)} s | ${String(agents)} | ${cells.join(' | ')} |`;
    }),
  ];
}

/** Utilisation @ abandonment (worst day), in percent; days above the cap, if any. */
function cellOf({ utilisation, abandonment, worstDay, days, daysWithin }: Measured): string {
  const above = daysWithin === days ? '' : `, ${String(days - daysWithin)} of ${String(days)} above`;
  return `${percent(utilisation)} @ ${percent(abandonment)} (${percent(worstDay)}${above})`;
}

export function changingTable(rows: readonly ChangingRow[]): string[] {
  return [
    '| agents | utilisation | abandoned | worst day | days ≤ 3.0 % | minutes to learn: median | 90 of 100 | longest |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows.map(({ agents, measured, minutes }) => {
      const at = (share: number) =>
        String(minutes[Math.min(minutes.length - 1, Math.floor(share * minutes.length))]!);
      const { days, daysWithin, utilisation, abandonment, worstDay } = measured;
      const shares = [percent(utilisation), percent(abandonment), percent(worstDay)].map(
        (each) => `${each} %`,
      );
      return `| ${String(agents)} | ${shares.join(' | ')} | ${String(daysWithin)} of ${String(days)} | ${at(0.5)} | ${at(0.9)} | ${String(minutes.at(-1)!)} |`;
    }),
  ];
}
