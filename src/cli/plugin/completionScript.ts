export const shells = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof shells)[number];

/**
 * What a shell reads to complete `wharf`. Each asks `wharf __complete` with the words so far; the last line of the answer is
 * `:0` where files may stand there, too.
 */
export function completionScript(shell: Shell): string {
  return `${scripts[shell].join('\n')}\n`;
}

const scripts: Readonly<Record<Shell, readonly string[]>> = {
  bash: [
    '# wharf completion bash: put it into ~/.local/share/bash-completion/completions/wharf',
    '_wharf() {',
    '  local answer line',
    // The word under the cursor ends there; "=" and ":" break words in bash, and are put together again.
    '  local words=("${COMP_WORDS[@]:1:COMP_CWORD}")',
    '  local -a asked=()',
    '  local word glue=0',
    '  for word in "${words[@]}"; do',
    '    if [[ ${#asked[@]} -gt 0 && ( $word == [=:] || $glue == 1 ) ]]; then',
    '      asked[-1]+=$word',
    '    else',
    '      asked+=("$word")',
    '    fi',
    '    [[ $word == [=:] ]] && glue=1 || glue=0',
    '  done',
    '  answer=$("${COMP_WORDS[0]}" __completeNoDesc "${asked[@]}" 2>/dev/null) || return',
    '  local prefix=""',
    '  [[ ${asked[-1]} == *=* ]] && prefix=${asked[-1]%%=*}=',
    '  COMPREPLY=()',
    '  while IFS= read -r line; do',
    '    case $line in',
    '      :0) compopt -o default ;;',
    '      :*) ;;',
    '      *) COMPREPLY+=("${line#"$prefix"}") ;;',
    '    esac',
    '  done <<<"$answer"',
    '}',
    'complete -F _wharf wharf',
  ],
  zsh: [
    '#compdef wharf',
    '# wharf completion zsh: put it into a folder of $fpath under the name _wharf',
    '_wharf() {',
    "  local line files=1 tab=$'\\t'",
    '  local -a found',
    '  for line in "${(@f)$("${words[1]}" __complete "${(@)words[2,$CURRENT]}" 2>/dev/null)}"; do',
    '    case $line in',
    '      :0) files=0 ;;',
    '      :*) ;;',
    '      *) found+=("${${line//:/\\\\:}/$tab/:}") ;;',
    '    esac',
    '  done',
    '  (( $#found )) && _describe -V wharf found',
    '  (( files == 0 )) && _files',
    '}',
    'if [ "$funcstack[1]" = _wharf ]; then',
    '  _wharf',
    'else',
    '  compdef _wharf wharf',
    'fi',
  ],
  fish: [
    '# wharf completion fish: put it into ~/.config/fish/completions/wharf.fish',
    'function __wharf_complete',
    '  set -l words (commandline -opc) (commandline -ct)',
    '  set -l answer ($words[1] __complete $words[2..-1] 2>/dev/null)',
    '  for line in $answer',
    '    switch $line',
    "      case ':0'",
    '        __fish_complete_path (commandline -ct)',
    "      case ':*'",
    "      case '*'",
    '        echo $line',
    '    end',
    '  end',
    'end',
    "complete -c wharf -f -a '(__wharf_complete)'",
  ],
};
