#!/bin/sh
# Manual pages of braggd and of each verb, made of what `--help` prints: manual.sh PROGRAM DIRECTORY
set -eu
program=$1
directory=$2
mkdir -p "$directory"
version=$("$program" --version)

to_roff() {
  awk -v version="$version" '
    function plain(text) {
      gsub(/\\/, "\\e", text)
      gsub(/-/, "\\-", text)
      return text ~ /^[.\047]/ ? "\\&" text : text
    }
    /^[A-Z]/ {
      if (section == "EXAMPLES") print ".fi"
      section = $0
      blank = 0
      if (section != "NAME" && section != "SYNOPSIS") print ".SH " section
      if (section == "EXAMPLES") print ".nf"
      next
    }
    section == "NAME" && NF {  # "    braggd run - what it is", which may be wrapped
      sub(/^ +/, "")
      name = name (name == "" ? "" : " ") $0
      next
    }
    section == "SYNOPSIS" && name != "" {
      cut = index(name, " - ")
      page = substr(name, 1, cut - 1)
      gsub(/ /, "-", page)
      heading = ".TH " toupper(page) " 1 \"\" \"" version "\" \"User commands\"\n.SH NAME\n" plain(page) " \\- "
      print heading plain(substr(name, cut + 3)) "\n.SH SYNOPSIS"
      name = ""
    }
    /^ *$/ { if (section == "DESCRIPTION") blank = 1; next }
    section == "EXAMPLES" { sub(/^    /, ""); print plain($0); next }
    section == "EXIT STATUS" { value = $1; sub(/^ +[0-9]+ +/, ""); print ".TP\n.B " value "\n" plain($0); next }
    section != "SYNOPSIS" && section != "DESCRIPTION" && /^    [^ ]/ {  # an option or a verb
      sub(/^ +/, ""); sub(/ +$/, "")
      print ".TP\n.B " plain($0)
      next
    }
    {
      if (blank) print ".PP"
      blank = 0
      sub(/^ +/, "")
      print plain($0)
    }
    END { if (section == "EXAMPLES") print ".fi" }'
}

see_also() {  # the pages that lead on from here, one a line
  printf '.SH SEE ALSO\n'
  sed 's/-/\\-/g; s/.*/.BR & (1)/'
}

write_pages() {  # the words of a verb, say "model train"
  help=$("$program" "$@" --help)
  page=$(echo braggd "$@" | tr ' ' -)
  verbs=$(printf '%s\n' "$help" | sed -n '/^VERBS/,/^[A-U]/s/^    \([a-z][a-z-]*\)$/\1/p')
  parent=braggd
  if [ $# -gt 1 ]; then parent=braggd-$1; fi
  {
    printf '%s\n' "$help" | to_roff
    if [ -z "$verbs" ]; then echo "$parent" | see_also; else printf '%s\n' "$verbs" | sed "s/^/$page-/" | see_also; fi
  } >"$directory/$page.1"
  for verb in $verbs; do (write_pages "$@" "$verb"); done
}

write_pages
