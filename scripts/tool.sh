# shellcheck shell=bash disable=SC2034
# What scripts for who works on the tree share; sourced, never run.

# fault MESSAGE... ends the script with its line.
fault() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit "${status:-1}"
}

# help_if_asked ARGUMENT... prints the comment at the head of the script where the first argument asks for it.
help_if_asked() {
    [[ ${1:-} == -h || ${1:-} == --help ]] || return 0
    awk 'NR > 1 && !/^#/ { exit } NR > 1 { sub(/^# ?/, ""); print }' "$0"
    exit 0
}

# takes_no_flags ARGUMENT... ends with status 2 at the first that looks like one.
takes_no_flags() {
    local argument
    for argument in "$@"; do
        [[ $argument != -* ]] || status=2 fault "takes no $argument; see $0 --help"
    done
}

# need_tool NAME PACKAGE ends where the program NAME is missing.
need_tool() {
    command -v "$1" >/dev/null || fault "needs $1: apt-get install $2"
}

# need_files FILE... ends at the first that is none.
need_files() {
    local file
    for file in "$@"; do
        [[ -f $file ]] || fault "$file: no such file"
    done
}

# list_files ARGUMENT... sets `files` to those that git ls-files names. A tree without its history has no list.
list_files() {
    local said
    command -v git >/dev/null || fault "needs git to list the files of the tree (apt-get install git); or name them: $0 FILE..."
    said=$(git ls-files "$@" 2>&1) || fault "git cannot list the files of the tree (${said%%$'\n'*}); name them: $0 FILE..."
    mapfile -t files <<<"$said"
    [[ -n $said ]] || files=()
}
