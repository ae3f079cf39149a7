# What zsh offers for lines: zsh -f complete.zsh SCRIPT LINE... prints the offers of each, and a line "==" after them. zsh's completion
# works in interactive shells only, so one is started on a pseudo terminal; there compadd, by which every completion offers its words,
# prints them instead.
if [[ -z $KSM_LINES ]]; then
  zmodload zsh/zpty
  export KSM_SCRIPT=$1
  shift
  export KSM_LINES=${(F)@}
  zpty shell "zsh -f -i"
  zpty -w shell "source ${(q)0:a}"
  while zpty -r shell line; do
    line=${line%%[$'\r\n']*}
    [[ $line == *OFFER\ * ]] && print -r -- ${line##*OFFER }
    [[ $line == NEXT ]] && print -r -- '=='
    [[ $line == END ]] && break
  done
  zpty -d shell
  exit
fi

autoload -Uz compinit
compinit -u -D
source $KSM_SCRIPT
compadd() {
  if [[ ${@[1,(i)(-|--)]} == *-[OAD]\ * ]]; then builtin compadd "$@"; return; fi
  local -a found
  builtin compadd -O found "$@"
  for word in $found; do print -r -- $'\n'OFFER $word; done
}
zle -C complete-word complete-word _main_complete
zle-line-init() {
  for BUFFER in ${(f)KSM_LINES}; do
    CURSOR=$#BUFFER
    zle complete-word
    print $'\n'NEXT
  done
  print END
  exit
}
zle -N zle-line-init
