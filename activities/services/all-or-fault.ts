/**
 * Wait for all, whichever of them fails, so that what cannot be done keeps nothing else from being done.
 * @throws the first fault, once all have ended
 */
export async function allOrFault<T>(work: readonly Promise<T>[]): Promise<T[]> {
  const ended = await Promise.allSettled(work);
  const failed = ended.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return ended.map((one) => (one as PromiseFulfilledResult<T>).value);
}
