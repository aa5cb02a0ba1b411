/** The person vault's one door: what opens and seals personal fields, and where its keys come from and stand. */
export { createVault } from './vault.ts';
export type { Attributes, Opened, PersonSealer, Profile, Vault, VaultOptions } from './vault.ts';
export { environmentKeyProvider, fileKeyProvider } from './key-provider.ts';
export { readKeyFile } from './key-file.ts';
export type { KeyProvider } from './key-provider.ts';
export { checkMasterKey, ensureMasterKey } from './canary.ts';
export type { MasterKeyProof } from './canary.ts';
export { keyStoreOn, postgresKeyStore } from './key-store.ts';
export type { KeyStore, WrappedKey } from './key-store.ts';
