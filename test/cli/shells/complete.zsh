# What zsh offers for a line: zsh -f complete.zsh SCRIPT LINE. Its completion works in interactive shells only, so one is started on a
# pseudo terminal; there compadd, by which every completion offers its words, prints them instead.
if [[ -z $KSM_LINE ]]; then
  zmodload zsh/zpty
  export KSM_SCRIPT=$1 KSM_LINE=$2
  zpty shell "zsh -f -i"
  zpty -w shell "source ${(q)0:a}"
  while zpty -r shell line; do
    line=${line%%[$'\r\n']*}
    [[ $line == *OFFER\ * ]] && print -r -- ${line##*OFFER }
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
show() { BUFFER=$KSM_LINE CURSOR=$#KSM_LINE; zle complete-word; print $'\n'END; }
zle -N show
zle -C complete-word complete-word _main_complete
zle-line-init() { show; exit }
zle -N zle-line-init
