/**
 * A CRM so small that it can be read: it feeds its customers to a campaign by the import API, is told of what became of
 * them, and asks nothing else.
 *
 *   node crm.mjs connect <url>                 have Rightcall tell it, at this URL of its own
 *   node crm.mjs serve                         listen for what it is told
 *   node crm.mjs feed <campaignId> <file.csv>  send customers as contacts
 *   node crm.mjs show [--json]                 what it knows
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createReceiver } from './receiver.mjs';
import { createEndpoint, importContacts, importIssues } from './rightcall.mjs';
import { isOptedOut, openStore } from './store.mjs';

const DATA = process.env.CRM_DATA ?? 'crm-data';
const SECRETS = join(DATA, 'secrets');
const say = (text) => process.stdout.write(`${text}\n`);

/** One a line: while a secret is being rotated, the new one is added here and the old one removed a day later. */
const secrets = () => readFileSync(SECRETS, 'utf8').trim().split('\n');

const COMMANDS = {
  connect: async (url) => {
    const { endpoint, secret } = await createEndpoint(url);
    mkdirSync(DATA, { recursive: true });
    writeFileSync(SECRETS, `${secret}\n`, { mode: 0o600 });
    say(`Told at ${url} as endpoint ${endpoint.id}`);
  },
  serve: async () => {
    const store = openStore(DATA);
    const server = createReceiver(store, secrets);
    server.listen(Number(process.env.CRM_PORT ?? 8655), '127.0.0.1', () => {
      say(`Listening at http://127.0.0.1:${server.address().port}/hooks/rightcall`);
    });
    process.once('SIGTERM', () => {
      server.close(() => store.close());
      server.closeIdleConnections();
    });
  },
  feed: async (campaignId, file) => {
    const store = openStore(DATA);
    const [header, ...lines] = readFileSync(file, 'utf8').trim().split('\n');
    const idOf = (line) => line.slice(0, line.indexOf(','));
    // Whoever asked not to be called is not even sent; the gate would refuse them all the same.
    const sent = lines.filter((line) => store.mayFeed(idOf(line)));
    const taken = await importContacts(campaignId, [header, ...sent, ''].join('\n'));
    const refusals = new Map();
    for (const { line, column, code } of await importIssues(taken.id)) {
      if (column === 'phone') refusals.set(line, code);
    }
    store.takeFeed(
      campaignId,
      // Line 1 is the header.
      sent.map((line, index) => ({ externalId: idOf(line), refused: refusals.get(index + 2) ?? null })),
    );
    say(`Fed ${sent.length} of ${lines.length} customers; ${refusals.size} were not taken`);
  },
  show: async (format) => {
    const customers = openStore(DATA).customers();
    if (format === '--json') return say(JSON.stringify(Object.fromEntries(customers)));
    for (const [externalId, customer] of [...customers].sort()) {
      const optedOut = isOptedOut(customer, Date.now()) ? ', not to be called' : '';
      for (const { state, reason, attempts, lastOutcome } of Object.values(customer.contacts)) {
        const why = reason === null ? '' : ` (${reason})`;
        say(`${externalId}: ${state}${why}, ${attempts} attempts, last ${lastOutcome ?? 'none'}${optedOut}`);
      }
    }
  },
};

const [command, ...args] = process.argv.slice(2);
if (COMMANDS[command] === undefined) {
  say(`Use: node crm.mjs ${Object.keys(COMMANDS).join(' | ')}`);
  process.exitCode = 2;
} else {
  await COMMANDS[command](...args).catch((error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  });
}
