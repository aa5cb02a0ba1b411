/** The API as simulated agents and their supervisor use it: over HTTP, as anybody's desktop would. */
export interface AgentsApi {
  /**
   * @param as key of the agent who asks; null: their supervisor, who may also make teams, agents and keys
   * @returns null where nobody answered
   */
  call(as: string | null, method: string, path: string, body?: unknown): Promise<ApiAnswer | null>;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** All items of a list, page by page. @throws Error where it cannot be read */
export async function itemsOf(api: AgentsApi, path: string): Promise<Readonly<Record<string, unknown>>[]> {
  const items: Readonly<Record<string, unknown>>[] = [];
  for (let after = ''; ;) {
    const separator = path.includes('?') ? '&' : '?';
    const page = await api.call(null, 'GET', `${path}${separator}limit=100${after}`);
    if (page === null || page.status !== 200) throw new Error(`GET ${path}: ${told(page)}`);
    items.push(...(page.body['items'] as typeof items));
    if (typeof page.body['next'] !== 'string') return items;
    after = `&after=${encodeURIComponent(page.body['next'])}`;
  }
}

/** An answer in one line, for errors. */
export function told(answer: ApiAnswer | null): string {
  return answer === null ? 'no answer' : `${answer.status} ${JSON.stringify(answer.body)}`;
}
