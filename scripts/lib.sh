# shellcheck shell=bash disable=SC2034
# Shared by scripts/train, scripts/test and the CI script; sourced, never run.
# Every function works from any current folder: paths start at $tern_root.

tern_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# What a build needs, as packages of Debian 12.
tern_packages=(cmake ninja-build g++ pkg-config libhwy-dev libboost-context-dev nlohmann-json3-dev libcli11-dev
    libtomlplusplus-dev libxxhash-dev libpng-dev libjpeg-dev libwebp-dev libcurl4-openssl-dev libarchive-dev libssl-dev
    ca-certificates catch2 libbenchmark-dev python3)

# What its tests of ranks that are processes need as well: a build without them has no MPI.
tern_mpi_packages=(libopenmpi-dev openmpi-bin libmpich-dev mpich iproute2)

# And of another architecture, for a cross compiler: what is not headers alone.
tern_arm_packages=(libhwy-dev:arm64 libboost-context-dev:arm64 libtomlplusplus-dev:arm64 libxxhash-dev:arm64
    libpng-dev:arm64 libjpeg-dev:arm64 libwebp-dev:arm64 libcurl4-openssl-dev:arm64 libarchive-dev:arm64 libssl-dev:arm64)

say() { printf '%s\n' "$*" >&2; }
die() { say "$(basename "$0"): $*"; exit 1; }

# missing_packages NAME... prints those that are not installed.
missing_packages() {
    local name
    for name in "$@"; do
        [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$name" 2>/dev/null) == installed ]] || echo "$name"
    done
}

# need_packages NAME... installs what is missing. Where it cannot (no apt, or neither root nor sudo) it names
# the packages and continues: the tools may be there in another form, and CMake says exactly what is not.
need_packages() {
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        say "This is not a Debian-like system, so nothing is installed. Needed, by their Debian names: $*"
        return
    fi
    local missing as_root=()
    mapfile -t missing < <(missing_packages "$@")
    ((${#missing[@]})) || return 0
    if ((EUID != 0)); then
        if ! command -v sudo >/dev/null; then
            say "Not installed, and this user may not install: ${missing[*]}"
            say "As root: apt-get install ${missing[*]}"
            return
        fi
        as_root=(sudo)
    fi
    say "Installing ${missing[*]}"
    quietly install "${as_root[@]}" apt-get update
    quietly install "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install --yes --no-install-recommends "${missing[@]}"
}

# quietly WHAT COMMAND... keeps the command's output in $quiet_output; if it fails, prints that and ends the script.
quietly() {
    local what=$1 status=0
    shift
    quiet_output=$("$@" 2>&1 </dev/null) || status=$?
    ((status == 0)) && return
    say "$quiet_output"
    die "cannot $what: '$*' ended with status $status (its output is above)"
}

# One compiler per core (ninja alone starts two more), through ccache where there is one.
tune_build() {
    export CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}
    if command -v ccache >/dev/null; then
        export CMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER-ccache}
        export CMAKE_CUDA_COMPILER_LAUNCHER=${CMAKE_CUDA_COMPILER_LAUNCHER-ccache}
    fi
}

# Where cmake/TernCuda.cmake looks, too.
has_nvcc() {
    [[ -n ${CUDACXX:-} ]] || PATH=$PATH:${CUDA_PATH:-}/bin:${CUDA_HOME:-}/bin:/usr/local/cuda/bin command -v nvcc >/dev/null
}

# gpu_architectures prints those of this machine's GPUs as CMake takes them, "90a-real"; fails where no driver shows one.
gpu_architectures() {
    local capabilities
    capabilities=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null) || return
    grep -E '^[0-9]+\.[0-9]$' <<<"$capabilities" | sort --unique --version-sort |
        awk -F. '{ name = $1 $2 ($1 >= 9 ? "a" : "") "-real"; list = list (NR > 1 ? ";" : "") name } END { print list }'
}

# build PRESET [-DOPTION...] [TARGET...] configures build/PRESET and builds it: all of it, or the targets named.
# Configuring again keeps options given before (-DTERN_CUDA=OFF, an architecture, ...).
build() {
    local preset=$1 word options=() targets=()
    shift
    for word in "$@"; do [[ $word == -D* ]] && options+=("$word") || targets+=(--target "$word"); done
    command -v cmake >/dev/null || die "cannot build without cmake (Debian package: cmake)"
    tune_build
    quietly configure cmake -S "$tern_root" --preset "$preset" "${options[@]}"
    say "Building in build/$preset, some minutes the first time:" \
        "$(sed -nE 's/^-- +(CUDA) +/\1 /p' <<<"$quiet_output")"
    if [[ -t 2 ]]; then # ninja's one moving line
        cmake --build "$tern_root/build/$preset" "${targets[@]}" >&2 || die "cannot build (preset $preset)"
    else
        quietly build cmake --build "$tern_root/build/$preset" "${targets[@]}"
    fi
}
