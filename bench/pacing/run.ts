import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { format, resolveConfig } from 'prettier';
import { predictive } from '../../pacing/predictive/predictive.ts';
import { progressive } from '../../pacing/progressive.ts';
import { ALL, changingDay, QUICK, steadyDay } from './days.ts';
import { bestRatio, measure, minutesToLearn, watched, type ControllerOf, type Measured } from './measure.ts';
import { plotOf } from './plot.ts';
import { changingTable, steadyTable, type ChangingRow, type Row } from './report.ts';
import { stateBlind } from './rivals/erlang-b.ts';
import { oracle } from './rivals/oracle.ts';
import { vicidial } from './rivals/vicidial.ts';

/**
 * npm run bench:pacing [-- --quick --write …]: simulated days under each way of pacing. Pure, on one processor; the same
 * seeds give the same table. Needs Node only.
 */
const CONTROLLERS: Readonly<Record<string, ControllerOf>> = {
  progressive: ({ limits }) => progressive(limits.ringTimeoutS),
  'Erlang-B': stateBlind,
  'VICIdial HARD': (day) => vicidial('HARD', day.lengthS * 1_000),
  'VICIdial AVERAGE': (day) => vicidial('AVERAGE', day.lengthS * 1_000),
  'VICIdial TAPERED': (day) => vicidial('TAPERED', day.lengthS * 1_000),
  ours: ({ limits }) => predictive(limits),
  oracle,
};
/** The plot's. */
const SHOWN = { rate: 0.3, handlingS: 150 };
const DOCUMENT = fileURLToPath(new URL('../../docs/pacing.md', import.meta.url));
const PLOT = fileURLToPath(new URL('../../docs/pacing.svg', import.meta.url));

const options = new Command('bench:pacing')
  .option('--quick', 'two answer rates instead of six, and fewer days', false)
  .option('--sizes <agents…>', 'numbers of agents, by commas', numbers)
  .option('--days <count>', 'days a cell', number)
  .option('--changing-days <count>', 'days with changes a number of agents', number)
  .option('--write', 'into docs/pacing.md and docs/pacing.svg', false)
  .parse()
  .opts<{ quick: boolean; sizes?: number[]; days?: number; changingDays?: number; write: boolean }>();

const { quick, write } = options;
const sizes = options.sizes ?? (quick ? [5, 10, 20, 50, 100] : [5, 10, 20, 50, 100, 200]);
const dayCount = options.days ?? (quick ? 3 : 8);
const changingCount = options.changingDays ?? (quick ? 20 : 100);

const rows = (quick ? QUICK : ALL).flatMap((steady) =>
  sizes.map((agents): Row => {
    const days = Array.from({ length: dayCount }, (_, seed) => steadyDay(steady, agents, seed));
    const byController = new Map<string, Measured>();
    for (const [name, controllerOf] of Object.entries(CONTROLLERS))
      byController.set(name, measure(days, controllerOf));
    byController.set('best ratio', bestRatio(days).measured);
    const row = { ...steady, agents, byController };
    process.stderr.write(`${steadyTable([row]).at(-1) ?? ''}\n`);
    return row;
  }),
);
const changing = sizes.map((agents): ChangingRow => {
  const days = Array.from({ length: changingCount }, (_, seed) => changingDay(agents, seed));
  const { controllerOf, known } = watched();
  const measured = measure(days, controllerOf);
  const minutes = [...known]
    .flatMap(([day, minutely]) => minutesToLearn(day, minutely))
    .sort((x, y) => x - y);
  const row = { agents, measured, minutes };
  process.stderr.write(`${changingTable([row]).at(-1) ?? ''}\n`);
  return row;
});

const text = [
  `${String(dayCount)} days of eight hours a cell. Utilisation @ abandoned (worst day), percent.`,
  '',
  ...steadyTable(rows),
  '',
  `Days with steps, drifts and waves of the answer rate and the handling time, ${String(changingCount)} for each number of agents, ours:`,
  '',
  ...changingTable(changing),
].join('\n');
process.stdout.write(`${text}\n`);
if (write) {
  const document = await readFile(DOCUMENT, 'utf8');
  const marked = /(<!-- bench:pacing -->)[^]*(<!-- \/bench:pacing -->)/u;
  const next = document.replace(marked, (_, from: string, to: string) => `${from}\n\n${text}\n\n${to}`);
  await writeFile(DOCUMENT, await format(next, { ...(await resolveConfig(DOCUMENT)), filepath: DOCUMENT }));
  const shown = rows.filter(({ rate, handlingS }) => rate === SHOWN.rate && handlingS === SHOWN.handlingS);
  await writeFile(PLOT, plotOf(shown, 'Agents’ utilisation, 30 % answered, 150 s handling'));
}

function number(value: string): number {
  const parsed = Number(value);
  if (!Number.isInteger(parsed) || parsed < 1)
    throw new InvalidArgumentError('a whole number above 0 is expected');
  return parsed;
}

function numbers(value: string): number[] {
  return value
    .split(',')
    .map(number)
    .sort((a, b) => a - b);
}
