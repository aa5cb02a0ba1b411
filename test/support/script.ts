/** A script's document as one would write it: an offer, a yes, a no, and a way to be left alone. */
export function offerScript(greeting: string) {
  return {
    language: 'en-US',
    start: 'offer',
    nodes: {
      offer: {
        kind: 'menu',
        say: greeting,
        branches: [
          { keys: '1', label: 'yes', goto: 'yes' },
          { keys: '9', label: 'do not call again', goto: 'never' },
        ],
        onSilence: 'bye',
      },
      yes: { kind: 'end', disposition: 'interested' },
      never: { kind: 'end', disposition: 'opted_out' },
      bye: { kind: 'end', disposition: 'not_interested' },
    },
  };
}
