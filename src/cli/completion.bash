# Completion of verbs, options and values for bash, taken from what `braggd … --help` prints.

declare -gA _braggd_helps

# The manual page of a verb, asked for once a shell; it is left in _braggd_help.
_braggd_ask() {
  local key=$*
  if [[ ! -v _braggd_helps[$key] ]]; then _braggd_helps[$key]=$("$@" --help 2>/dev/null); fi
  _braggd_help=${_braggd_helps[$key]}
}

# Prints the headings of a section, without what explains them.
_braggd_section() {
  awk -v wanted="$1" '/^[A-Z]/ { inside = $0 == wanted; next } inside && /^    [^ ]/' <<<"$_braggd_help"
}

_braggd() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local words=("${COMP_WORDS[0]/#\~/$HOME}") verbs option i _braggd_help
  COMPREPLY=()
  _braggd_ask "${words[@]}"
  verbs=$(_braggd_section VERBS)
  for ((i = 1; i < COMP_CWORD; ++i)); do
    if ! grep -qxF -e "    ${COMP_WORDS[i]}" <<<"$verbs"; then continue; fi
    words+=("${COMP_WORDS[i]}")
    _braggd_ask "${words[@]}"
    verbs=$(_braggd_section VERBS)
  done
  if [[ $previous == -* ]]; then  # an option that takes a value: one of a list, or a file's name
    option=$(_braggd_section OPTIONS | grep -E -e "(^| )$previous(,| |\$)" | head -n 1)
    if [[ $option =~ \{([^}]*)\} ]]; then
      mapfile -t COMPREPLY < <(compgen -W "${BASH_REMATCH[1]//,/ }" -- "$current")
      return
    elif [[ $option =~ [A-Z=]+$ && ! $option =~ ^' '*-[a-zA-Z]$ ]]; then
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return
    fi
  fi
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_braggd_section OPTIONS | grep -oE -e ' -[a-zA-Z]\b|--[a-z][a-z-]*')" -- "$current")
  elif [[ -n $verbs ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$verbs" -- "$current")
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  fi
}

complete -o filenames -F _braggd braggd
