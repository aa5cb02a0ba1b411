import type { Row } from './report.ts';

const WIDTH = 720;
const HEIGHT = 440;
const LEFT = 60;
const RIGHT = 190;
const TOP = 40;
const BOTTOM = 50;
/** Utilisation at the lower edge. */
const FROM = 0.3;
const COLOURS = ['#6b7280', '#a16207', '#0891b2', '#7c3aed', '#be185d', '#15803d', '#dc2626', '#111827'];

/** Utilisation by number of agents, a line for each controller. A hollow mark: more than 3.0 % were abandoned. */
export function plotOf(rows: readonly Row[], title: string): string {
  const sizes = rows.map(({ agents }) => agents);
  const [least, most] = [Math.log(sizes[0]!), Math.log(sizes.at(-1)!)];
  const x = (agents: number) =>
    LEFT + ((Math.log(agents) - least) / (most - least || 1)) * (WIDTH - LEFT - RIGHT);
  const y = (utilisation: number) =>
    HEIGHT - BOTTOM - ((utilisation - FROM) / (1 - FROM)) * (HEIGHT - TOP - BOTTOM);
  const round = (n: number) => n.toFixed(1);
  const text = (at: readonly [number, number], what: string, more = '') =>
    `<text x="${round(at[0])}" y="${round(at[1])}" ${more}>${what}</text>`;
  const grid = [0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1].flatMap((share) => [
    `<line x1="${String(LEFT)}" x2="${String(WIDTH - RIGHT)}" y1="${round(y(share))}" y2="${round(y(share))}" stroke="#e5e7eb"/>`,
    text([LEFT - 8, y(share) + 4], `${String(Math.round(100 * share))} %`, 'text-anchor="end"'),
  ]);
  const ticks = sizes.map((agents) =>
    text([x(agents), HEIGHT - BOTTOM + 18], String(agents), 'text-anchor="middle"'),
  );
  const names = [...rows[0]!.byController.keys()];
  const lines = names.flatMap((name, i) => {
    const colour = COLOURS[i % COLOURS.length]!;
    const points = rows.map(({ agents, byController }) => ({ agents, ...byController.get(name)! }));
    const path = points.map(({ agents, utilisation }) => `${round(x(agents))},${round(y(utilisation))}`);
    return [
      `<polyline points="${path.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`,
      ...points.map(
        ({ agents, utilisation, abandonment }) =>
          `<circle cx="${round(x(agents))}" cy="${round(y(utilisation))}" r="4" stroke="${colour}" stroke-width="2" fill="${abandonment > 0.03 ? '#ffffff' : colour}"/>`,
      ),
      text([WIDTH - RIGHT + 30, TOP + 20 + 22 * i], name, `fill="${colour}"`),
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(WIDTH)} ${String(HEIGHT)}" font-family="sans-serif" font-size="13" role="img" aria-label="${title}">`,
    `<rect width="${String(WIDTH)}" height="${String(HEIGHT)}" fill="#ffffff"/>`,
    text([LEFT, 22], title, 'font-weight="bold"'),
    ...grid,
    ...ticks,
    text([(LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12], 'agents', 'text-anchor="middle"'),
    ...lines,
    '</svg>',
    '',
  ].join('\n');
}
