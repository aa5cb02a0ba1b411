export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type ShellName = (typeof SHELLS)[number];

/** A command and what may follow it: words (its commands), options, and the values they take. */
export interface CompletionNode {
  /** Commands so far, such as `campaign list`; empty for the program itself. */
  readonly path: string;
  readonly words: readonly { readonly word: string; readonly about: string }[];
  readonly options: readonly {
    readonly flag: string;
    readonly about: string;
    readonly takesValue: boolean;
    readonly choices: readonly string[];
  }[];
}
export type CompletionTree = readonly CompletionNode[];

export function scriptFor(shell: ShellName, tree: CompletionTree): string {
  if (shell === 'fish') return fish(tree);
  return shell === 'bash' ? bash(tree) : zsh(tree);
}

const single = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** Options of one name are alike wherever they take a value; for finding the command only that matters. */
function optionsWithValue(tree: CompletionTree): string[] {
  const flags = tree.flatMap((node) => node.options.filter((one) => one.takesValue).map((one) => one.flag));
  return [...new Set(flags)].sort();
}

/** Case lines: for a command its words and options; for `command option` the choices. */
function cases(tree: CompletionTree): string {
  const lines = tree.flatMap((node) => [
    `    ${single(node.path)}) words=${single(node.words.map((one) => one.word).join(' '))} ` +
      `options=${single(node.options.map((one) => one.flag).join(' '))} ;;`,
  ]);
  return lines.join('\n');
}

function choiceCases(tree: CompletionTree): string {
  return tree
    .flatMap((node) =>
      node.options
        .filter((one) => one.choices.length > 0)
        .map(
          (one) => `    ${single(`${node.path} ${one.flag}`)}) choices=${single(one.choices.join(' '))} ;;`,
        ),
    )
    .join('\n');
}

/** bash 3.2 and later; files are completed where nothing else is known. */
function bash(tree: CompletionTree): string {
  return `# Completion of rightcall for bash; made by: rightcall completion bash
_rightcall() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local path='' words='' options='' choices='' word i takes_value
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    case " ${optionsWithValue(tree).join(' ')} " in *" $word "*) ((i++)); continue ;; esac
    case "$word" in -*) continue ;; esac
    case "$path" in
${pathCases(tree)}
    esac
  done
  case "$path" in
${cases(tree)}
  esac
  case "$path $previous" in
${choiceCases(tree)}
  esac
  takes_value=''
  case " ${optionsWithValue(tree).join(' ')} " in *" $previous "*) takes_value=yes ;; esac
  if [ -n "$choices" ]; then
    COMPREPLY=($(compgen -W "$choices" -- "$current"))
  elif [ -n "$takes_value" ]; then
    COMPREPLY=()
  elif [ "\${current#-}" != "$current" ]; then
    COMPREPLY=($(compgen -W "$options" -- "$current"))
  else
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  fi
}
complete -o default -F _rightcall rightcall
`;
}

/** Where a word is one of a command's own commands, the path goes on; other words are arguments. */
function pathCases(tree: CompletionTree): string {
  return tree
    .filter((node) => node.words.length > 0)
    .map((node) => {
      const next = node.path === '' ? 'path="$word"' : 'path="$path $word"';
      return `      ${single(node.path)}) case ${single(` ${node.words.map((one) => one.word).join(' ')} `)} in *" $word "*) ${next} ;; esac ;;`;
    })
    .join('\n');
}

function zsh(tree: CompletionTree): string {
  const described = (one: { about: string }, name: string) =>
    single(`${name.replaceAll(':', '\\:')}:${one.about.replaceAll(':', ' ')}`);
  const nodes = tree.map(
    (node) =>
      `    ${single(node.path)})\n` +
      `      words=(${node.words.map((one) => described(one, one.word)).join(' ')})\n` +
      `      options=(${node.options.map((one) => described(one, one.flag)).join(' ')}) ;;`,
  );
  return `#compdef rightcall
# Completion of rightcall for zsh; made by: rightcall completion zsh
_rightcall() {
  local current="\${words[CURRENT]}" previous="\${words[CURRENT-1]}" path_='' word i choices=''
  local -a given options
  given=("\${words[@]}")
  for ((i = 2; i < CURRENT; i++)); do
    word="\${given[i]}"
    case " ${optionsWithValue(tree).join(' ')} " in *" $word "*) ((i++)); continue ;; esac
    case "$word" in -*) continue ;; esac
    case "$path_" in
${pathCases(tree).replaceAll('path=', 'path_=').replaceAll('$path ', '$path_ ')}
    esac
  done
  local -a words
  case "$path_" in
${nodes.join('\n')}
  esac
  case "$path_ $previous" in
${choiceCases(tree)}
  esac
  if [[ -n "$choices" ]]; then
    compadd -- \${=choices}
  elif [[ " ${optionsWithValue(tree).join(' ')} " == *" $previous "* ]]; then
    _files
  elif [[ "$current" == -* ]]; then
    _describe option options
  elif (( \${#words} )); then
    _describe command words
  else
    _files
  fi
}
if [ "$funcstack[1]" = "_rightcall" ]; then _rightcall "$@"; else compdef _rightcall rightcall; fi
`;
}

function fish(tree: CompletionTree): string {
  const lines = tree.flatMap((node) => {
    const at = `-n ${single(`__rightcall_at ${single(node.path)}`)}`;
    return [
      ...node.words.map((one) => `complete -c rightcall -f ${at} -a ${one.word} -d ${single(one.about)}`),
      ...node.options.map(
        (one) =>
          `complete -c rightcall ${at} -l ${one.flag.replace(/^--/, '')} -d ${single(one.about)}` +
          (one.choices.length > 0 ? ` -x -a ${single(one.choices.join(' '))}` : one.takesValue ? ' -r' : ''),
      ),
    ];
  });
  const nouns = tree.filter((node) => node.words.length > 0 && node.path !== '').map((node) => node.path);
  return `# Completion of rightcall for fish; made by: rightcall completion fish
function __rightcall_at
    set -l words
    set -l skip
    for word in (commandline -opc)[2..-1]
        if set -q skip[1]
            set -e skip
        else if contains -- $word ${optionsWithValue(tree).join(' ')}
            set skip yes
        else if not string match -q -- '-*' $word
            set -a words $word
        end
    end
    set -l depth 1
    if contains -- "$words[1]" ${nouns.join(' ')}
        set depth 2
    end
    test "$words[1..$depth]" = "$argv[1]"
end
${lines.join('\n')}
`;
}
