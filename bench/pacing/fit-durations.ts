import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { CITATION } from '../../carriers/simulator/fit/fit-model.ts';
import { readUci } from '../../carriers/simulator/fit/read-uci.ts';
import { sum } from '../support/stats.ts';

/**
 * Makes pacing/simulator/uci-durations.ts again: fit-durations.ts <uci-bank-marketing.csv[.gz]>. Means of equal slices of
 * the sorted durations, so that a draw is one interpolation, the mean stays, and nothing is assumed of the shape.
 */
const SLICES = 200;

const [source] = process.argv.slice(2);
if (source === undefined) {
  process.stderr.write('usage: fit-durations.ts <uci-bank-marketing.csv[.gz]>\n');
  process.exitCode = 2;
} else {
  const seconds = readUci(source)
    .map((row) => row.talkS)
    .filter((s) => s > 0)
    .toSorted((a, b) => a - b);
  const means = Array.from({ length: SLICES }, (_, i) => {
    const edge = (n: number) => Math.floor((n / SLICES) * seconds.length);
    const slice = seconds.slice(edge(i), edge(i + 1));
    return Math.round((10 * sum(slice)) / slice.length) / 10;
  });
  const text = `/**
 * Seconds of talk of ${seconds.length} recorded calls (those of 0 s left out), shortest first: the mean of each
 * ${100 / SLICES} %. Source: ${CITATION.replace('. Data: ', '.\n * Data: ')}
 * Made by bench/pacing/fit-durations.ts.
 */
export const UCI_DURATIONS_S: readonly number[] = [${means.join(', ')}];
`;
  const path = fileURLToPath(new URL('../../pacing/simulator/uci-durations.ts', import.meta.url));
  writeFileSync(path, await format(text, { ...(await resolveConfig(path)), filepath: path }));
}
