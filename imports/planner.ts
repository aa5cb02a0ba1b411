/**
 * Planner settings for the transaction of one batch, as a select list. Every look-up and update of a batch touches
 * single rows by an index, but of tables that this very import is filling the planner knows nothing: it takes them
 * for tiny and joins each row with each. So other ways are switched off, comparing is made dear, and plans are made
 * anew for each batch. (ANALYZE would help, and only the tables' owner may.)
 */
export const LOOK_UPS_BY_INDEX = Object.entries({
  plan_cache_mode: 'force_custom_plan',
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  enable_material: 'off',
  enable_sort: 'off',
  enable_incremental_sort: 'off',
  random_page_cost: '0.1',
  cpu_operator_cost: '1',
  jit: 'off',
})
  .map(([name, value]) => `set_config('${name}', '${value}', true)`)
  .join(', ');
