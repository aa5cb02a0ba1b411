#!/usr/bin/env node
/**
 * Checks an export of Rightcall's evidence log. One file, Node.js 20 or newer, nothing else: no database, no network,
 * no packages, none of Rightcall's other code.
 *
 *   node verify-bundle.mjs evidence.jsonl --key KEYID
 *
 * What is checked: that each decision is what was sealed (SHA-256 over RFC 8785 canonical JSON, RFC 9162 leaf and
 * inclusion proof), that what it saw and said has the hashes it names, that every checkpoint is signed (Ed25519) and
 * continues the one before (RFC 9162 consistency proof), that policy documents have the hashes decisions name, and that
 * nothing is missing between the first and the last. The format is described in docs/audit.md.
 */
import { createHash, createPublicKey, verify } from 'node:crypto';
import { createReadStream, readFileSync, realpathSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const FORMAT = 'rightcall.evidence/2';

// ---------------------------------------------------------------- canonical JSON (RFC 8785) and hashes

/** @param {unknown} value @returns {string} */
export function canonicalJson(value) {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const keys = Object.keys(value).sort();
    return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`).join(',')}}`;
  }
  if (typeof value === 'number' && !Number.isFinite(value)) throw new Error('a number that JSON cannot hold');
  return JSON.stringify(value);
}

const sha256 = (...parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};
const hashOf = (value) => sha256(canonicalJson(value));
const bytes = (hex) => Buffer.from(hex, 'hex');
const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);
const node = (left, right) => sha256(NODE, bytes(left), bytes(right));
const isHash = (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
const isHashes = (value) => Array.isArray(value) && value.every(isHash);
const isCount = (value) => Number.isSafeInteger(value) && value >= 0;
const half = (value) => Math.floor(value / 2);

/** Leaf hash of a sealed object, hex. */
export const leafHash = (decision) => sha256(LEAF, canonicalJson(decision));

/**
 * RFC 9162, 2.1.3.2: the root that a leaf's path leads to; null: the path does not fit place and size.
 * @param {string} leaf @param {number} index @param {number} size @param {readonly string[]} path
 */
export function rootFromPath(leaf, index, size, path) {
  if (!isHash(leaf) || !isCount(index) || !isCount(size) || index >= size || !isHashes(path)) return null;
  let fn = index;
  let sn = size - 1;
  let root = leaf;
  for (const sibling of path) {
    if (sn === 0) return null;
    if (fn % 2 === 1 || fn === sn) {
      root = node(sibling, root);
      while (fn % 2 === 0 && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else root = node(root, sibling);
    fn = half(fn);
    sn = half(sn);
  }
  return sn === 0 ? root : null;
}

/**
 * RFC 9162, 2.1.4.2: whether the tree of `size` begins with the tree of `earlier` leaves.
 * @param {number} earlier @param {string} earlierRoot @param {number} size @param {string} root
 * @param {readonly string[]} path
 */
export function isConsistent(earlier, earlierRoot, size, root, path) {
  if (!isHashes(path) || !isHash(earlierRoot) || !isHash(root) || earlier < 1 || earlier > size) return false;
  if (earlier === size) return path.length === 0 && earlierRoot === root;
  let fn = earlier - 1;
  let sn = size - 1;
  while (fn % 2 === 1) {
    fn = half(fn);
    sn = half(sn);
  }
  // Where the earlier tree is a whole subtree, its root is the first hash of the path.
  const hashes = fn === 0 ? [earlierRoot, ...path] : path;
  if (hashes.length === 0) return false;
  let [fr, sr] = [hashes[0], hashes[0]];
  for (const hash of hashes.slice(1)) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      fr = node(hash, fr);
      sr = node(hash, sr);
      while (fn % 2 === 0 && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else sr = node(sr, hash);
    fn = half(fn);
    sn = half(sn);
  }
  return fr === earlierRoot && sr === root && sn === 0;
}

/** First 16 hex digits of the SHA-256 over the public key (DER). */
const keyIdOf = (publicKey) => sha256(Buffer.from(publicKey, 'base64')).slice(0, 16);
const isBase64 = (text) =>
  typeof text === 'string' && Buffer.from(text, 'base64').toString('base64') === text;

/** What is wrong with a checkpoint by itself; null: nothing. */
export function faultOfCheckpoint(checkpoint, signature) {
  const { publicKey, keyId } = checkpoint;
  if (!isBase64(publicKey) || keyIdOf(publicKey) !== keyId) return 'names a key that its key id is not of';
  if (!isBase64(signature)) return 'has no signature';
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
    const text = Buffer.from(canonicalJson(checkpoint));
    if (key.asymmetricKeyType === 'ed25519' && verify(null, text, key, Buffer.from(signature, 'base64')))
      return null;
    return 'has a signature that does not hold';
  } catch {
    return 'holds no key that can be read';
  }
}

// ---------------------------------------------------------------- the bundle

/** Members of each kind of record; those after `?` may be missing. */
const MEMBERS = {
  bundle: 'format scope tenantId readAt size ? contactId from to',
  policyDocument: 'hash documentKind id version body',
  policySet: 'hash documents',
  checkpoint: 'checkpoint signature consistency',
  decision: 'position size leafHash decision contents path ? withheld',
  unsealed: 'decision contents',
  end: 'decisions checkpoints',
};

function faultOfForm(record) {
  if (typeof record !== 'object' || record === null || !Object.hasOwn(MEMBERS, record.kind))
    return 'is no record of an export';
  const [needed, may = ''] = MEMBERS[record.kind].split(' ?');
  const all = ['kind', ...needed.trim().split(' ')];
  const missing = all.find((name) => !Object.hasOwn(record, name));
  if (missing !== undefined) return `is a ${record.kind} without ${missing}`;
  const known = new Set([...all, ...may.trim().split(' ')]);
  const other = Object.keys(record).find((name) => !known.has(name));
  return other === undefined ? null : `is a ${record.kind} with ${other}, which does not belong there`;
}

/** Faults listed; all are counted. */
const LISTED = 100;

/**
 * Reads an export, line by line, in memory that does not grow with its decisions.
 * @param {AsyncIterable<string> | Iterable<string>} lines
 * @param {{ keys?: readonly string[], onDecision?: (decision: object) => void }} [options] `keys`: key ids that may sign
 */
export async function verifyBundle(lines, options = {}) {
  const s = {
    faults: [],
    faultsTotal: 0,
    header: null,
    ended: false,
    documents: new Map(),
    sets: new Map(),
    checkpoints: new Map(),
    last: null,
    keys: new Map(),
    decisions: 0,
    unsealed: 0,
    withheld: 0,
    position: null,
    positions: { first: null, last: null },
    packs: new Map(),
  };
  const fault = (what, subject = {}) => {
    s.faultsTotal += 1;
    if (s.faults.length < LISTED) s.faults.push({ what, ...subject });
  };
  let number = 0;
  for await (const line of lines) {
    number += 1;
    if (line.trim() === '') continue;
    let record;
    try {
      record = JSON.parse(line);
    } catch {
      fault('is not JSON: cut off or damaged', { line: number });
      continue;
    }
    const wrong = faultOfForm(record);
    if (wrong !== null) fault(wrong, { line: number });
    else if (s.ended) fault('stands after the end of the export', { line: number });
    else if ((s.header === null) !== (record.kind === 'bundle'))
      fault(s.header === null ? 'stands before the head of the export' : 'is a second head', {
        line: number,
      });
    else READ[record.kind](s, record, (what, subject) => fault(what, { line: number, ...subject }), options);
  }
  finish(s, fault);
  return {
    ok: s.faultsTotal === 0,
    scope: s.header?.scope ?? null,
    tenantId: s.header?.tenantId ?? null,
    contactId: s.header?.contactId ?? null,
    decisions: s.decisions,
    unsealed: s.unsealed,
    withheld: s.withheld,
    checkpoints: s.checkpoints.size,
    size: s.last?.size ?? 0,
    sealedAt: s.last?.atReal ?? null,
    keys: [...s.keys.keys()],
    packs: [...s.packs.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    faultsTotal: s.faultsTotal,
    faults: s.faults,
  };
}

const READ = {
  bundle(s, record, fault) {
    if (record.format !== FORMAT) fault(`is of the format ${record.format}; this program reads ${FORMAT}`);
    if (!['all', 'range', 'contact'].includes(record.scope)) fault(`has the unknown scope ${record.scope}`);
    s.header = record;
  },

  policyDocument(s, { hash, documentKind, id, version, body }, fault) {
    if (typeof body !== 'string' || sha256(body) !== hash)
      return fault(
        `the policy document ${id} ${version} was changed: its text does not have the hash ${hash}`,
      );
    const parsed = JSON.parse(body);
    if (parsed.kind !== documentKind || parsed.id !== id || String(parsed.version) !== version)
      fault(`the policy document ${hash} is not the ${documentKind} ${id} ${version} that it is said to be`);
    const rules = new Map((Array.isArray(parsed.rules) ? parsed.rules : []).map((one) => [one.id, one]));
    s.documents.set(hash, { kind: parsed.kind, id: parsed.id, version: String(parsed.version), body, rules });
  },

  policySet(s, { hash, documents }, fault) {
    const found = (Array.isArray(documents) ? documents : []).map((one) => s.documents.get(one));
    if (found.length === 0 || found.includes(undefined))
      return fault(`the policy set ${hash} names documents that are not in the export`);
    const order = (a, b) => (a.kind === b.kind ? (a.id < b.id ? -1 : 1) : a.kind < b.kind ? -1 : 1);
    // The text of each is canonical JSON already, so that of the list of them is made by joining.
    const whole = `[${[...found]
      .sort(order)
      .map((one) => one.body)
      .join(',')}]`;
    if (sha256(whole) !== hash) return fault(`the policy set ${hash} is not made of the documents it names`);
    s.sets.set(hash, new Map(found.filter((one) => one.kind === 'pack').map((one) => [one.id, one])));
  },

  checkpoint(s, { checkpoint, signature, consistency }, fault, { keys = [] }) {
    const subject = { checkpoint: checkpoint?.size };
    if (
      typeof checkpoint !== 'object' ||
      checkpoint === null ||
      !isCount(checkpoint.size) ||
      !isHash(checkpoint.root)
    )
      return fault('is no checkpoint', subject);
    const wrong = faultOfCheckpoint(checkpoint, signature);
    if (wrong !== null) return fault(`the checkpoint of ${checkpoint.size} decisions ${wrong}`, subject);
    if (checkpoint.tenantId !== s.header.tenantId)
      fault(`the checkpoint of ${checkpoint.size} decisions is another tenant's`, subject);
    if (keys.length > 0 && !keys.includes(checkpoint.keyId))
      fault(
        `the checkpoint of ${checkpoint.size} decisions is signed by ${checkpoint.keyId}, which is not trusted`,
        subject,
      );
    if (
      s.last === null
        ? !Array.isArray(consistency) || consistency.length > 0
        : !continues(s.last, checkpoint, consistency)
    )
      fault(`the checkpoint of ${checkpoint.size} decisions does not continue the one before it`, subject);
    s.keys.set(checkpoint.keyId, true);
    s.checkpoints.set(checkpoint.size, checkpoint.root);
    s.last = checkpoint;
  },

  decision(s, record, fault, { onDecision }) {
    const { position, size, decision, path } = record;
    const subject = { decisionId: decision?.id, position };
    s.decisions += 1;
    order(s, position, subject, fault);
    const hash = leafHash(decision);
    const root = s.checkpoints.get(size);
    const leads = (leaf) => root !== undefined && rootFromPath(leaf, position, size, path) === root;
    if (root === undefined)
      fault(`names a checkpoint of ${size} decisions that is not in the export`, subject);
    else if (!leads(hash)) {
      fault(
        leads(record.leafHash)
          ? 'was changed: it is not what was sealed at its place'
          : 'is not what was sealed at its place: changed, put in, or moved',
        subject,
      );
    } else if (record.leafHash !== hash) fault('is said to have another hash than it has', subject);
    checkContents(s, record, subject, fault);
    if (decision?.tenantId !== s.header.tenantId) fault("is another tenant's", subject);
    if (s.header.scope === 'contact' && decision?.contactId !== s.header.contactId)
      fault("is another contact's", subject);
    const told = tell(s, record, fault, subject);
    onDecision?.(told);
  },

  unsealed(s, record, fault, { onDecision }) {
    const subject = { decisionId: record.decision?.id };
    s.unsealed += 1;
    checkContents(s, record, subject, fault);
    const told = tell(s, record, fault, subject);
    onDecision?.({ ...told, sealed: false });
  },

  end(s, record, fault) {
    s.ended = true;
    if (record.decisions !== s.decisions)
      fault(`the export says it holds ${record.decisions} sealed decisions, and holds ${s.decisions}`);
    if (record.checkpoints !== s.checkpoints.size)
      fault(
        `the export says it holds ${record.checkpoints} checkpoints, and ${s.checkpoints.size} of them hold`,
      );
  },
};

const continues = (before, now, path) =>
  before.size < now.size && isConsistent(before.size, before.root, now.size, now.root, path);

/** Places go up; with all of the log, or a range of it, none is left out. */
function order(s, position, subject, fault) {
  const { scope, from } = s.header;
  if (!isCount(position)) return fault('has no place', subject);
  const due =
    s.position === null ? (scope === 'all' ? 0 : scope === 'range' ? from : position) : s.position + 1;
  if (position < due) fault('is out of order: it stands twice, or was moved or put in', subject);
  else if (position > due && scope !== 'contact') missing(due, position, fault);
  s.position = Math.max(position, s.position ?? position);
}

function missing(from, to, fault) {
  for (let at = from; at < Math.min(to, from + LISTED); at++)
    fault(`the decision at place ${at} of the log is missing`, { position: at });
  if (to - from > LISTED)
    fault(`so are those at the places ${from + LISTED} to ${to - 1}`, { position: from + LISTED });
}

function checkContents(s, { decision, contents, withheld = [] }, subject, fault) {
  if (typeof decision !== 'object' || decision === null || typeof contents !== 'object' || contents === null)
    return fault('is no decision', subject);
  for (const [name, value] of Object.entries(contents)) {
    if (decision[`${name}Hash`] !== hashOf(value)) fault(`has other ${name} than it names by hash`, subject);
  }
  for (const key of ['facts', 'results']) {
    if (Object.hasOwn(contents, key) || Object.hasOwn(decision, key)) continue;
    if (Array.isArray(withheld) && withheld.includes(key)) s.withheld += 1;
    else fault(`is without its ${key}`, subject);
  }
  if (!s.sets.has(decision.policySetHash))
    fault(`names the policy set ${decision.policySetHash}, which is not in the export`, subject);
}

/** A decision for people and for the list of who used which pack. */
function tell(s, { position, decision, contents }, fault, subject) {
  const versions = s.sets.get(decision?.policySetHash) ?? new Map();
  const results = contents?.results ?? decision?.results ?? [];
  const list = Array.isArray(results) ? results : [];
  const spoke = [...new Set(list.map((one) => one.pack))].sort((a, b) => (a === 'engine') - (b === 'engine'));
  // What no pack says but the evaluator itself (a fact that is missing, say) has the evaluator's version.
  const versionOf = (id) => versions.get(id)?.version ?? (id === 'engine' ? decision.engine : null);
  const packs = spoke.map((id) => ({ id, version: versionOf(id) }));
  for (const { id, version } of packs) {
    if (version === null) {
      fault(`was decided by the pack ${id}, which is not in its policy set`, subject);
      continue;
    }
    const name = `${id} ${version}`;
    const known = s.packs.get(name) ?? { name, id, version, decisions: 0 };
    known.decisions += 1;
    s.packs.set(name, known);
  }
  const against = list
    .filter((one) => one.outcome === 'deny' || one.outcome === 'defer')
    .map((one) => whyOf(one, versions.get(one.pack)?.rules.get(one.rule)));
  const { id, contactId, stage, at, verdict, until = null, reasons = [] } = decision ?? {};
  return { position, id, contactId, stage, at, verdict, until, reasons, against, packs, sealed: true };
}

/** Why a rule stood against the call: its code, its name and the law it is from, as the pack has them. */
function whyOf({ reason, rule, pack }, found) {
  const { instrument, article } = found?.citation ?? {};
  // A house's own rule has no article.
  const law = instrument === undefined ? '' : ` (${[instrument, article].filter(Boolean).join(', ')})`;
  return `${reason}: ${found?.label ?? `${pack} ${rule}`}${law}`;
}

function finish(s, fault) {
  if (s.header === null) return fault('this is no export of an evidence log');
  if (!s.ended) fault('the export is cut off: its last line is missing');
  if (s.header.scope !== 'contact') {
    const [from, to] = s.header.scope === 'all' ? [0, s.header.size] : [s.header.from, s.header.to];
    const due = s.position === null ? from : s.position + 1;
    if (due < to) missing(due, to, fault);
    if (due > to) fault(`the export holds more than the ${to} places it names`);
  }
  if (s.decisions > 0 && s.last === null) fault('the export holds no checkpoint');
  if ((s.last?.size ?? 0) !== s.header.size)
    fault(`the export names ${s.header.size} sealed decisions, and its last checkpoint ${s.last?.size ?? 0}`);
}

// ---------------------------------------------------------------- for people

const iso = (ms) => (typeof ms === 'number' ? new Date(ms).toISOString() : 'an unknown instant');
const WORDS = { allow: 'the call was allowed', defer: 'the call was put off', deny: 'the call was refused' };

/** One decision in a few lines. */
export function decisionText(one) {
  const place = one.sealed ? `place ${one.position}` : 'not sealed yet';
  const until = one.until === null ? '' : ` until ${iso(one.until)}`;
  const reasons = one.against.length > 0 ? one.against : one.reasons;
  const why = reasons.map((reason) => `\n    because ${reason}`).join('');
  const packs = one.packs.map(({ id, version }) => `${id} version ${version ?? '?'}`).join(', ');
  return `${iso(one.at)}  ${WORDS[one.verdict] ?? one.verdict}${until}${why}\n    by: ${packs || 'no rule'}\n    decision ${one.id} (${place})`;
}

/** What was found, in lines. */
export function reportText(report, pinned) {
  const lines = [
    report.contactId === null
      ? `Evidence log of tenant ${report.tenantId}`
      : `Evidence of contact ${report.contactId}`,
    `  ${report.decisions} sealed decisions, ${report.checkpoints} ${report.checkpoints === 1 ? 'checkpoint' : 'checkpoints'}, the last over ${report.size} decisions${report.sealedAt === null ? '' : ` of ${iso(report.sealedAt)}`}`,
    ...(report.unsealed > 0
      ? [`  ${report.unsealed} decisions are not sealed yet: nothing proves them so far`]
      : []),
    ...(report.withheld > 0
      ? [`  ${report.withheld} parts are withheld; that they were sealed is proved`]
      : []),
    ...report.packs.map((pack) => `  ${pack.name}: decided in ${pack.decisions} decisions`),
    `  signed by: ${report.keys.join(', ') || 'nobody'}${pinned || report.keys.length === 0 ? '' : ' (compare it with the key id that the operator published, or give it with --key)'}`,
    ...report.faults.map(({ what, decisionId, position, line }) => {
      const subject = [
        decisionId && `decision ${decisionId}`,
        position !== undefined && `place ${position}`,
        line && `line ${line}`,
      ];
      return `  ✗ ${what} [${subject.filter(Boolean).join(', ')}]`;
    }),
    ...(report.faultsTotal > report.faults.length
      ? [`  … and ${report.faultsTotal - report.faults.length} more`]
      : []),
    report.ok ? 'All of it holds.' : `NOT as it was sealed: ${report.faultsTotal} faults.`,
  ];
  return `${lines.join('\n')}\n`;
}

/** Lines of an export; the evidence that the API gives as one JSON object has them in its member `sealed`. */
export async function* linesOf(path) {
  const input = path === '-' ? process.stdin : createReadStream(path);
  const reader = createInterface({ input, crlfDelay: Infinity });
  let first = true;
  let object = null;
  for await (const line of reader) {
    if (first) {
      first = false;
      if (!/^\s*\{\s*"kind"/.test(line)) object = [];
    }
    if (object === null) yield line;
    else object.push(line);
  }
  if (object === null) return;
  let parsed;
  try {
    parsed = JSON.parse(object.join('\n'));
  } catch {
    yield object.join(' ');
    return;
  }
  for (const record of parsed?.sealed ?? [parsed]) yield JSON.stringify(record);
}

const USAGE = `Usage: node verify-bundle.mjs FILE|- [options]
  --key ID      key id that checkpoints must be signed by (again for each); a file with one id a line works too
  --pack NAME   list only the decisions that this pack decided in: "house" or "house 3"
  --quiet       the result only, not each decision
  --json        the result as one JSON object
Exit code: 0 all of it holds, 1 it does not, 2 it could not be read.
`;

/** @param {readonly string[]} args @param {(text: string) => void} write @returns {Promise<number>} the exit code */
export async function main(args, write) {
  const rest = [...args];
  const options = { keys: [], pack: null, quiet: false, json: false, file: null };
  while (rest.length > 0) {
    const word = rest.shift();
    if (word === '--quiet' || word === '--json') options[word.slice(2)] = true;
    else if (word === '--key' && rest.length > 0) options.keys.push(...keysOf(rest.shift()));
    else if (word === '--pack' && rest.length > 0) options.pack = rest.shift();
    else if (options.file === null && (word === '-' || !word.startsWith('-'))) options.file = word;
    else {
      write(USAGE);
      return word === '--help' ? 0 : 2;
    }
  }
  if (options.file === null) {
    write(USAGE);
    return 2;
  }
  const wanted = (one) =>
    options.pack === null ||
    one.packs.some(({ id, version }) => [id, `${id} ${version}`].includes(options.pack));
  const show = !options.quiet && !options.json;
  try {
    const report = await verifyBundle(linesOf(options.file), {
      keys: options.keys,
      onDecision: (one) => show && wanted(one) && write(`${decisionText(one)}\n`),
    });
    write(
      options.json
        ? `${JSON.stringify(report)}\n`
        : `${show ? '\n' : ''}${reportText(report, options.keys.length > 0)}`,
    );
    return report.ok ? 0 : 1;
  } catch (error) {
    write(`${options.file} could not be read: ${error.message}\n`);
    return 2;
  }
}

function keysOf(value) {
  if (/^[0-9a-f]{16}$/.test(value)) return [value];
  return readFileSync(value, 'utf8').split(/\s+/).filter(Boolean);
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  // Whoever reads along may have seen enough, as `head` has; what was not written is not known to hold.
  process.stdout.on('error', () => process.exit(2));
  process.exitCode = await main(process.argv.slice(2), (text) => process.stdout.write(text));
}
