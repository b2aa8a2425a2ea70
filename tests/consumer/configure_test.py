#!/usr/bin/env python3
"""What configuring says where something is missing, and what a project around tern gets: nothing is built.

usage: configure_test.py BUILD    BUILD: a build folder, for its compilers
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FAILED = []
TESTS, BENCH, APPS, FETCH = (f", or configure with -DTERN_{name}=OFF"
                             for name in ("BUILD_TESTS", "BUILD_BENCH", "BUILD_APPS", "FETCH"))

PACKAGES = {  # what find_package looks for: what is said where it is missing
    "PkgConfig": "PkgConfig for finding Highway: install it (Debian package: pkg-config)",
    "PNG": "PNG for images: install it (Debian package: libpng-dev)",
    "JPEG": "JPEG for images: install it (Debian package: libjpeg-dev)",
    "nlohmann_json": "nlohmann_json for reading and writing JSON: install it (Debian package: nlohmann-json3-dev)",
    "CLI11": f"CLI11 for the program: install it (Debian package: libcli11-dev){APPS}",
    "Boost": "Boost 1.74 COMPONENTS context for tests of kernels on the host: install it (Debian package: "
             f"libboost-context-dev){TESTS}",
    "Catch2": f"Catch2 for its tests: install it (Debian package: catch2){TESTS}",
    "benchmark": f"benchmark for tern-bench: install it (Debian package: libbenchmark-dev){BENCH}",
}
MODULES = {  # and what pkg-config is asked for
    "libhwy": "libhwy for SIMD: install it (Debian package: libhwy-dev)",
    "libwebp": "libwebp for images: install it (Debian package: libwebp-dev)",
    "libxxhash": "libxxhash for checksums: install it (Debian package: libxxhash-dev)",
    "tomlplusplus": f"tomlplusplus for the program's configuration files: install it (Debian package: libtomlplusplus-dev){APPS}",
    "libcurl": f"libcurl>=7.85 for tern data fetch: install it (Debian package: libcurl4-openssl-dev){FETCH}",
    "libarchive": f"libarchive for tern data fetch: install it (Debian package: libarchive-dev){FETCH}",
    "libcrypto": f"libcrypto for tern data fetch: install it (Debian package: libssl-dev){FETCH}",
}
PARENT = """cmake_minimum_required(VERSION 3.25)
project(parent LANGUAGES CXX)
set(CMAKE_CXX_STANDARD 17)
set(BUILD_SHARED_LIBS ON)
get_cmake_property(before VARIABLES)
foreach(name IN LISTS before)
    set("was_${name}" "${${name}}")
endforeach()
%s
get_cmake_property(after VARIABLES)
foreach(name IN LISTS before)
    if(NOT "${${name}}" STREQUAL "${was_${name}}" AND NOT name MATCHES "^(CMAKE_MATCH_.*|before|name)$")
        message(SEND_ERROR "tern changes ${name}: '${was_${name}}', '${${name}}'")
    endif()
endforeach()
foreach(name IN LISTS after)
    # Those of tern and of CMake's own modules.
    if(NOT DEFINED "was_${name}" AND NOT name MATCHES "^(_|TERN|tern|was_|CMAKE_|PNG_|JPEG_|ZLIB_|Threads_|nlohmann_json_|PKG_CONFIG|pkgcfg_lib_TERN|FETCHCONTENT_|FIND_PACKAGE|prefix_result$|before$|after$|name$)")
        message(SEND_ERROR "tern adds ${name}")
    endif()
endforeach()
file(WRITE main.cpp "int main() {}")
add_executable(parent main.cpp)
target_link_libraries(parent PRIVATE tern::tern)
"""


def check(condition, text):
    if not condition:
        FAILED.append(text)


def configure(source, build, *options, **environment):
    """Exit status and what was said, in one line."""
    done = subprocess.run(
        ["cmake", "-S", source, "-B", build, *compilers, *options],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, **environment},
    )
    return done.returncode, " ".join(done.stdout.split())


def check_error(what, expected, source, build, *options):
    status, said = configure(source, build, "-GNinja", "-DTERN_CUDA=OFF", *options)
    check(status != 0 and expected in said, f"{what}: status {status}, expected '{expected}' in: {said}")


def missing_dependencies():
    for name, text in PACKAGES.items():
        check_error(name, f"tern needs {text}", ROOT, "missing", f"-DCMAKE_DISABLE_FIND_PACKAGE_{name}=ON")
        Path("missing/CMakeCache.txt").unlink()
    pkg_config = Path("pkg-config").resolve()
    for name, text in MODULES.items():
        pkg_config.write_text(f'#!/bin/sh\ncase " $* " in *{name}*) exit 1 ;; esac\nexec pkg-config "$@"\n')
        pkg_config.chmod(0o755)
        check_error(name, f"tern needs {text}", ROOT, "missing", f"-DPKG_CONFIG_EXECUTABLE={pkg_config}")
        Path("missing/CMakeCache.txt").unlink()
    # What the errors say that does without.
    without = [f"-DCMAKE_DISABLE_FIND_PACKAGE_{name}=ON" for name in ("Catch2", "Boost", "benchmark", "CLI11")]
    off = [f"-DTERN_{name}=OFF" for name in ("BUILD_TESTS", "BUILD_BENCH", "BUILD_APPS", "FETCH", "CUDA")]
    status, said = configure(ROOT, "missing", "-GNinja", *without, *off)
    check(status == 0, f"without tests, benchmarks and program: {said}")


def parent(name, text):
    folder = Path(name)
    folder.mkdir()
    (folder / "CMakeLists.txt").write_text(PARENT % text)
    return folder


def sub_directory():
    source = Path("tern's source")
    source.symlink_to(ROOT)
    add = f'add_subdirectory("{Path.cwd() / source}" tern)\n'
    fetch = f'include(FetchContent)\nFetchContent_Declare(tern SOURCE_DIR "{ROOT}")\nFetchContent_MakeAvailable(tern)\n'
    ways = {"a parent": (add, "-GNinja"), "multi": (add, "-GNinja Multi-Config"), "fetched": (fetch + fetch, "-GNinja")}
    for name, (text, generator) in ways.items():
        build = Path(name) / "build folder"
        status, said = configure(parent(name, text), build, generator, "-DTERN_CUDA=OFF")
        check(status == 0, f"{name}: {said}")
        cache = (build / "CMakeCache.txt").read_text()
        check("CMAKE_BUILD_TYPE:STRING=\n" in cache or name == "multi", f"{name}: the parent's build type is tern's")
        installed = "".join(path.read_text() for path in build.rglob("cmake_install.cmake"))
        check("libtern" not in installed and "include/tern" not in installed, f"{name}: tern installs itself")
        tests = [path for path in build.rglob("CTestTestfile.cmake") if "add_test" in path.read_text()]
        check(not tests, f"{name}: tern's tests are the parent's: {tests}")
        targets = subprocess.run(["ninja", "-C", build, *(["-f", "build-Release.ninja"] if name == "multi" else []),
                                  "-t", "targets", "all"], capture_output=True, text=True).stdout
        check(not re.search(r"tern-bench|tern-test|bin/tern:", targets), f"{name}: tern's programs are built")
    check_error("twice", "tern is in this project already, from ", parent("twice", add + add.replace(" tern)", " again)")),
                "twice/build")


def odd_places():
    inside = Path("inside")
    inside.mkdir()
    (inside / "CMakeLists.txt").write_text((ROOT / "CMakeLists.txt").read_text())
    check_error("in-source", "tern is not built among its sources: remove CMakeCache.txt and CMakeFiles, then", inside, inside)
    (Path("taken") / "tern/include/tern").mkdir(parents=True)
    check_error("no links", "include/tern cannot be made a link to the sources", ROOT, "taken")


def main():
    global compilers
    cache = (Path(sys.argv[1]) / "CMakeCache.txt").read_text()
    compilers = [f"-DCMAKE_CXX_COMPILER={re.search('^CMAKE_CXX_COMPILER:[A-Z]+=(.*)$', cache, re.M)[1]}"]
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        missing_dependencies()
        sub_directory()
        odd_places()
        os.chdir("/")
    for text in FAILED:
        print(text)
    sys.exit(1 if FAILED else 0)


if __name__ == "__main__":
    main()
