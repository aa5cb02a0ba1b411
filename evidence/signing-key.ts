import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { readKeyFile } from '../db/vault/index.ts';
import { invalidInput } from '../domain/failures.ts';
import { createSigner, type Signer } from './checkpoint.ts';

const VARIABLE = 'RIGHTCALL_EVIDENCE_KEY_FILE';

/**
 * The signer whose Ed25519 key stands in a file (PKCS #8, PEM), which is made with a new key and mode 0600 when it is
 * missing. To rotate it, put another file in its place and start the workers again: every checkpoint names its own key.
 * @throws RightcallError `refused` when others may read it; `invalid_input` when it holds no such key
 */
export function signerFromFile(path: string): Signer {
  const pem = readKeyFile(VARIABLE, path, () =>
    generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  );
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return createSigner(key);
  } catch {
    // Said below; what the library says could hold part of the file.
  }
  throw invalidInput([
    {
      field: VARIABLE,
      fault: `${path} holds no Ed25519 key`,
      expected: 'a private key in PEM, as `openssl genpkey -algorithm ed25519` prints',
    },
  ]);
}
