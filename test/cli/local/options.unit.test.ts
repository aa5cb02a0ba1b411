import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addStartOptions, startOptions, type StartOptions } from '../../../cli/local/options.ts';

function parse(...args: string[]): StartOptions {
  const command = addStartOptions(
    new Command().exitOverride().configureOutput({ writeErr: () => undefined }),
  );
  command.parse(args, { from: 'user' });
  return startOptions(command.opts());
}

describe('options of start', () => {
  it('have defaults: a simulated day a minute, state in .rightcall, and staying up', () => {
    expect(parse()).toMatchObject({
      speed: 1440,
      data: '.rightcall',
      exit: false,
      json: false,
      limit: null,
      from: null,
    });
  });

  it('are read', () => {
    expect(
      parse(
        '--limit',
        '300',
        '--speed',
        '0.5',
        '--from',
        '2026-11-23T08:55:00-05:00',
        '--exit',
        '--json',
        '--carrier-faults',
        'dup=0.1',
      ),
    ).toMatchObject({
      limit: 300,
      speed: 0.5,
      from: Date.parse('2026-11-23T13:55:00Z'),
      exit: true,
      json: true,
      carrierFaults: 'dup=0.1',
    });
  });

  it('with agents run at a pace at which whoever answers can be joined with one, and refuse a faster one', () => {
    expect(parse('--agents', '20')).toMatchObject({ agents: 20, speed: 12 });
    expect(parse('--agents', '20', '--speed', '30')).toMatchObject({ speed: 30 });
    expect(() => parse('--agents', '20', '--speed', '31')).toThrow('--speed');
    expect(parse()).toMatchObject({ agents: null });
    expect(parse('--agents', '0')).toMatchObject({ agents: 0, speed: 1440 });
  });

  it.each([
    ['--speed', '0'],
    ['--speed', '-3'],
    ['--speed', 'fast'],
    ['--speed', ''],
    ['--speed', '100001'],
    ['--limit', '0'],
    ['--limit', '2.5'],
    ['--from', 'yesterday'],
    ['--from', '2026-11-23'],
    ['--from', '2026-11-23T08:55:00'],
    ['--from', '2026-02-30T08:55:00Z'],
    ['--from', '2026-13-01T08:55:00Z'],
    ['--carrier-faults', 'nonsense=1'],
    ['--port', '0'],
    ['--port', '70000'],
    ['--nonsense', 'x'],
    ['--agents', '-1'],
    ['--agents', '2.5'],
    ['--agents', '101'],
  ])('refuse %s %s and name the option', (option, value) => {
    expect(() => parse(option, value)).toThrow(option);
  });
});
