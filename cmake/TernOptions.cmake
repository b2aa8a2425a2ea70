# Options, compiler flags and output folders.
option(TERN_BUILD_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(TERN_BUILD_BENCH "Build the benchmarks" ${PROJECT_IS_TOP_LEVEL})
option(TERN_BUILD_APPS "Build the tern program" ${PROJECT_IS_TOP_LEVEL})
option(TERN_INSTALL "Install the libraries, headers and package files" ${PROJECT_IS_TOP_LEVEL})
option(TERN_FETCH "Build `tern data fetch` into the program: needs libcurl, libarchive, OpenSSL" ON)
# What tern is compared with. Never found by chance: what is built and tested is the same on every machine.
option(TERN_ONEDNN "Build oneDNN's rows into tern-bench: needs oneDNN 2 (Debian packages libdnnl-dev ocl-icd-opencl-dev), OpenMP" OFF)
option(TERN_CHROMIUM "Test the pages of tern report in a browser: needs chromium" OFF)
option(TERN_PYTORCH "Test weights from and to PyTorch: needs python3 with torch, numpy and safetensors" OFF)
set(TERN_TENSORBOARD "" CACHE FILEPATH "Test files for TensorBoard: a python3 that has tensorboard")
set(TERN_ONNX "" CACHE FILEPATH "Test files in ONNX's format: a python3 that has onnx, onnxruntime and numpy")
option(TERN_MPI "Build a module for each MPI found: Open MPI, MPICH (Debian packages libopenmpi-dev, libmpich-dev)" ON)
option(TERN_FUZZ "Build the fuzz targets: clang, preset fuzz" OFF)
option(TERN_WERROR "Treat warnings as errors" OFF)
set(TERN_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them: address,undefined or thread")

# That of a project around this one is its own matter.
if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()
if(PROJECT_IS_TOP_LEVEL)
    set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
    set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
endif()
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

# Include lines start at the root, in the tree as when installed: one link makes it so. In a folder named as sub-directory
# builds name tern's own, so that a compiler cache has for these what was built here.
set(TERN_OWN_ROOT ${PROJECT_BINARY_DIR})
if(PROJECT_IS_TOP_LEVEL)
    set(TERN_OWN_ROOT ${PROJECT_BINARY_DIR}/tern)
endif()
set(TERN_INCLUDE_ROOT ${TERN_OWN_ROOT}/include)
file(MAKE_DIRECTORY ${TERN_INCLUDE_ROOT})
file(CREATE_LINK ${PROJECT_SOURCE_DIR} ${TERN_INCLUDE_ROOT}/tern RESULT tern_linked SYMBOLIC)
if(NOT tern_linked EQUAL 0)
    message(FATAL_ERROR "${TERN_INCLUDE_ROOT}/tern cannot be made a link to the sources (${tern_linked}): "
        "choose a build folder on a file system that has symbolic links")
endif()

add_library(tern_flags INTERFACE)
target_compile_features(tern_flags INTERFACE cxx_std_20)
# No fast-math anywhere, and no contraction: a*b+c is fused only where the source says so, so that ref is the
# specification to the bit.
target_compile_options(tern_flags INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wshadow -Wno-unknown-pragmas -ffp-contract=off>
    $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<BOOL:${TERN_WERROR}>>:-Werror>)
# GCC 12 warns of overlapping copies in its own std::string (https://gcc.gnu.org/PR105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(tern_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict>)
endif()
if(TERN_SANITIZE)
    target_compile_options(tern_flags INTERFACE
        $<$<COMPILE_LANGUAGE:CXX>:-fsanitize=${TERN_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all>)
    target_link_options(tern_flags INTERFACE -fsanitize=${TERN_SANITIZE})
endif()
