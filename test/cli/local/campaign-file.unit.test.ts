import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseCampaign } from '../../../cli/local/campaign-file.ts';

const SAMPLE = readFileSync(new URL('../../../samples/campaign.yaml', import.meta.url), 'utf8');
const LEAST = 'name: Test\npurpose: marketing\ncarrier: simulator\ncallerId: "+12025550100"\n';

describe('a campaign file', () => {
  it('may be the bundled sample', () => {
    expect(parseCampaign(SAMPLE, 'campaign.yaml')).toMatchObject({ carrier: 'simulator', mode: 'agentless' });
  });

  it('may be JSON, and says the same', () => {
    const asJson = JSON.stringify(
      { name: 'Test', purpose: 'marketing', carrier: 'simulator', callerId: '+12025550100' },
      null,
      2,
    );
    expect(parseCampaign(asJson, 'c.json')).toEqual(parseCampaign(LEAST, 'c.yaml'));
  });

  it('that is not YAML is refused with the line at fault', () => {
    expect(() => parseCampaign(`${LEAST}retry:\n  maxAttempts: [3\n`, 'c.yaml')).toThrow(
      /c\.yaml, line [67], column/,
    );
  });

  it('with a value that cannot be is refused with its field and line', () => {
    expect(() => parseCampaign(`${LEAST}ringTimeoutS: 5\n`, 'c.yaml')).toThrow(
      /c\.yaml, line 5: ringTimeoutS: /,
    );
    expect(() => parseCampaign(`${LEAST}retry:\n  maxAttempts: 0\n`, 'c.yaml')).toThrow(
      /c\.yaml, line 6: retry\.maxAttempts: /,
    );
  });

  it('with a misspelt field is refused by its name', () => {
    expect(() => parseCampaign(`${LEAST}ringTimeout: 30\n`, 'c.yaml')).toThrow(
      /no field named "ringTimeout"/,
    );
  });

  it('that names another carrier is refused, since the clock is scaled', () => {
    expect(() => parseCampaign(LEAST.replace('simulator', 'acme'), 'c.yaml')).toThrow(
      /line 3: carrier: is "acme".*scaled clock/,
    );
  });

  it('that is empty, or a list, is refused in words', () => {
    expect(() => parseCampaign('', 'c.yaml')).toThrow(/c\.yaml: is empty/);
    expect(() => parseCampaign('- a\n', 'c.yaml')).toThrow(/c\.yaml: holds no fields/);
  });
});
