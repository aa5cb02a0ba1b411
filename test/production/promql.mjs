import { parser } from '@prometheus-io/lezer-promql';

/** @type {typeof import('./promql.d.mts').readExpression} */
export function readExpression(expr) {
  const metrics = [];
  const matchers = [];
  const faults = [];
  parser.parse(expr).iterate({
    enter: ({ type, from, to, node }) => {
      const text = expr.slice(from, to);
      if (type.isError) faults.push(`at ${from}: "${expr.slice(Math.max(0, from - 20), to + 20)}"`);
      if (type.name === 'VectorSelector') {
        const name = node.getChild('Identifier');
        if (name === null) faults.push(`"${text}" names no metric`);
        else metrics.push(expr.slice(name.from, name.to));
      }
      if (/^\w+LabelMatcher$/.test(type.name)) {
        const [, label, value] = /^(\w+)\s*(?:=~|!~|!=|=)\s*"(.*)"$/.exec(text) ?? [];
        if (label === undefined) faults.push(`"${text}" is no matcher`);
        else matchers.push({ metric: metrics.at(-1), label, values: value.split('|') });
      }
    },
  });
  return { metrics, matchers, faults };
}
