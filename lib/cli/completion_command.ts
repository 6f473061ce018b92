/** `init completion` and `initctl completion`: what makes a shell ask the hidden verb `__complete` of `completion.ts`. */
import { Argument, Command } from "@commander-js/extra-typings";
import { print } from "./ctl_verb.ts";

/** The shells that there is completion for. */
export const shells = ["bash", "zsh", "fish"] as const;

/** One of {@linkcode shells}. */
export type Shell = (typeof shells)[number];

/** The subcommand `completion`. */
export function completionCommand() {
  return new Command("completion")
    .description("Prints what makes a shell complete verbs, options, and the names of services.")
    .addArgument(new Argument("<shell>", "the one that you use").choices(shells))
    .addHelpText(
      "after",
      `
For good, once for init and initctl:
  bash  echo 'source <(initctl completion bash)' >> ~/.bashrc
  zsh   initctl completion zsh > /usr/local/share/zsh/site-functions/_initctl
  fish  initctl completion fish > ~/.config/fish/conf.d/initctl.fish`,
    )
    .action(async (shell) => await print(completionScript(shell)));
}

/** The script for a shell. It serves every path of the binary, as it calls what the user has typed. */
export function completionScript(shell: Shell): string {
  return { bash, zsh, fish }[shell];
}

const bash = `# Completion for init and initctl in bash.
_denit() {
  local program=\${1/#\\~/$HOME} current=\${COMP_WORDS[COMP_CWORD]} value text
  [[ $current == = ]] && current=
  COMPREPLY=()
  while IFS=$'\\t' read -r value text; do
    case $value in
      :files) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
      :dirs) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
      *) COMPREPLY+=("$value") ;;
    esac
  done < <("$program" __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null </dev/null)
}
complete -F _denit init initctl
`;

const zsh = `#compdef init initctl
# Completion for init and initctl in zsh.
_denit() {
  local program=\${\${(Q)words[1]}/#\\~/$HOME} line
  local -a lines candidates
  lines=("\${(@f)$("$program" __complete "\${(@Q)words[2,CURRENT]}" 2>/dev/null </dev/null)}")
  for line in $lines; do
    case $line in
      :files) [[ $PREFIX == --*=* ]] && compset -P '*='; _files; return ;;
      :dirs) [[ $PREFIX == --*=* ]] && compset -P '*='; _files -/; return ;;
    esac
    candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  (( $#candidates )) && _describe 'word' candidates
}
if [[ \${funcstack[1]} == _init* ]]; then _denit "$@"; else compdef _denit init initctl; fi
`;

const fish = `# Completion for init and initctl in fish.
function __denit_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct | string collect --allow-empty --no-trim-newlines | string trim --right --chars \\n)
    set -l program (string replace -r '^~' $HOME -- $words[1])
    for line in ($program __complete $words[2..] "$current" 2>/dev/null </dev/null)
        switch $line
            case :files :dirs
                set -l before (string match -r '^--[^=]*=' -- "$current")
                set -l path (string replace -r '^--[^=]*=' '' -- "$current")
                set -l find __fish_complete_path
                test $line = :dirs; and set find __fish_complete_directories
                for found in ($find "$path")
                    echo "$before$found"
                end
            case '*'
                echo $line
        end
    end
end
for program in init initctl
    complete -c $program -f -a '(__denit_complete)'
end
`;
