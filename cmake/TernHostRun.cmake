# CUDA sources compiled as plain host C++, for tests without a GPU (docs/kernels-without-a-gpu.md).

# Which sanitizers a host run can be built with here: both, but two cannot be in one program, so that a build that has
# one throughout (TERN_SANITIZE) offers that one.
set(TERN_HOST_RUN_SANITIZERS address thread)
if(TERN_SANITIZE)
    string(REGEX MATCHALL "address|thread" TERN_HOST_RUN_SANITIZERS "${TERN_SANITIZE}")
endif()

# Programs of the thread sanitizer need a fixed memory layout where the kernel randomises more than 28 bits.
set(TERN_THREAD_SANITIZER_LAUNCHER "")
if(EXISTS /proc/sys/vm/mmap_rnd_bits)
    file(STRINGS /proc/sys/vm/mmap_rnd_bits random_bits)
    if(random_bits GREATER 28)
        set(TERN_THREAD_SANITIZER_LAUNCHER setarch ${CMAKE_HOST_SYSTEM_PROCESSOR} -R)
    endif()
endif()

# tern_add_host_run(target SOURCES a.cu b.cpp ... [SANITIZER address|thread] [COUNTED])
# With COUNTED accesses call what the thread sanitizer would be called by, which the program itself must have
# (tests/kernel_counters).
# An object library of the sources, each compiled as host C++ with the header TERN_HOST_RUN for CUDA's, so that launch() runs the kernels on
# this machine. A program that links it is built with the same sanitizer.
function(tern_add_host_run target)
    cmake_parse_arguments(arg "COUNTED" "SANITIZER" "SOURCES" ${ARGN})
    add_library(${target} OBJECT ${arg_SOURCES})
    foreach(source ${arg_SOURCES})
        if(source MATCHES "\\.cu$")
            set_source_files_properties(${source} PROPERTIES LANGUAGE CXX)
        endif()
    endforeach()
    target_compile_definitions(${target} PUBLIC TERN_HOST_RUN="tern/tests/host_run/runner/cuda.hpp")
    target_include_directories(${target} PUBLIC ${TERN_INCLUDE_ROOT})
    target_link_libraries(${target} PUBLIC tern_host_run PRIVATE tern_flags)
    if(NOT arg_SANITIZER)
        # The runner has its own options: half the time to compile, a sixth more to run, which is a fifth of what is won.
        target_compile_options(${target} PUBLIC $<$<NOT:$<CONFIG:Debug>>:-O1>)
        return()
    endif()
    if(NOT arg_SANITIZER IN_LIST TERN_HOST_RUN_SANITIZERS)
        message(FATAL_ERROR "tern_add_host_run(${target}): the ${arg_SANITIZER} sanitizer cannot be added to a build "
            "with TERN_SANITIZE=${TERN_SANITIZE}; ask TERN_HOST_RUN_SANITIZERS first")
    endif()
    if(arg_SANITIZER STREQUAL "address")
        set(flags -fsanitize=address,undefined)
    else()
        set(flags -fsanitize=${arg_SANITIZER})
    endif()
    # -O1: reports name the line that a reader sees, and still 10 times the speed of -O0. -g1: lines and functions, all that
    # reports name, in four fifths of the time to compile.
    set(options -fno-sanitize-recover=all -fno-omit-frame-pointer -g1 -O1)
    if(arg_COUNTED)
        target_compile_options(${target} PRIVATE ${flags} ${options})
        return()
    endif()
    target_compile_options(${target} PUBLIC ${flags} ${options})
    target_link_options(${target} PUBLIC ${flags})
endfunction()

# tern_add_host_run_test(name [SANITIZER s] COMMAND program arguments...): add_test with what a host run needs.
function(tern_add_host_run_test name)
    cmake_parse_arguments(arg "" "SANITIZER" "COMMAND" ${ARGN})
    set(launcher "")
    if(arg_SANITIZER STREQUAL "thread")
        set(launcher ${TERN_THREAD_SANITIZER_LAUNCHER})
    endif()
    add_test(NAME ${name} COMMAND ${launcher} ${arg_COMMAND})
endfunction()

# tern_plant_fault(result SOURCE file FIND text REPLACE text)
# A copy of the source with the one occurrence of a text replaced; an error while building where there is not exactly
# one, so that a plant cannot rot. `result` is the copy's path.
function(tern_plant_fault result)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "NAME;SOURCE;FIND;REPLACE" "")
    cmake_path(ABSOLUTE_PATH arg_SOURCE OUTPUT_VARIABLE source)
    cmake_path(GET source FILENAME file)
    set(planted ${CMAKE_CURRENT_BINARY_DIR}/planted/${arg_NAME}/${file})
    add_custom_command(OUTPUT ${planted}
        COMMAND ${CMAKE_COMMAND} -D "source=${source}" -D "planted=${planted}" -D "find=${arg_FIND}"
            -D "replace=${arg_REPLACE}" -P ${PROJECT_SOURCE_DIR}/cmake/plant_fault.cmake
        DEPENDS ${source} ${PROJECT_SOURCE_DIR}/cmake/plant_fault.cmake VERBATIM)
    set(${result} ${planted} PARENT_SCOPE)
endfunction()

# tern_find_cuda_sources(result): kernels/<op>/<op>_cuda.cu of every operation that has one. What several of them share
# is in TERN_SHARED_CUDA_SOURCES.
set(TERN_SHARED_CUDA_SOURCES ${PROJECT_SOURCE_DIR}/kernels/gemm/gemm_cuda.cu)
function(tern_find_cuda_sources result)
    tern_read_op_list()
    set(sources "")
    foreach(op ${TERN_OPS})
        set(source ${PROJECT_SOURCE_DIR}/kernels/${op}/${op}_cuda.cu)
        if(EXISTS ${source})
            list(APPEND sources ${source})
        endif()
    endforeach()
    set(${result} ${sources} PARENT_SCOPE)
endfunction()

# tern_list_host_passes(file SOURCES a_cuda.cu ...): writes a C++ file with the table of tests/kernels_on_host/
# host_passes.hpp, from the lines "void run(Cuda, const <Pass>& " and "bool accepts(Cuda, const <Pass>& " of the sources,
# and those with CudaMma.
function(tern_list_host_passes file)
    cmake_parse_arguments(arg "" "" "SOURCES" ${ARGN})
    set(includes "")
    set(rows "")
    foreach(source ${arg_SOURCES})
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
        cmake_path(GET source STEM op)
        string(REGEX REPLACE "_cuda$" "" op ${op})
        string(APPEND includes "#include \"tern/kernels/${op}/${op}_passes.hpp\"\n")
        file(STRINGS ${source} lines REGEX "^(void run|bool accepts)\\(Cuda")
        string(REGEX MATCHALL "void run\\(Cuda(Mma)?, const [A-Za-z0-9]+&" runs "${lines}")
        foreach(run ${runs})
            string(REGEX REPLACE "void run\\(([A-Za-z]+), const ([A-Za-z0-9]+)&" "\\1;\\2" run ${run})
            list(GET run 0 implementation)
            list(GET run 1 pass)
            string(FIND "${lines}" "bool accepts(${implementation}, const ${pass}&" accepts)
            if(accepts GREATER_EQUAL 0)
                set(implementation Partial<${implementation}>)
            endif()
            string(APPEND rows "        host_pass<${op}_passes::${pass}, ${implementation}>(),\n")
        endforeach()
    endforeach()
    file(CONFIGURE OUTPUT ${file} @ONLY CONTENT "// Made while configuring, by tern_list_host_passes().
#include \"tern/tests/kernels_on_host/host_passes.hpp\"

@includes@
namespace tern::test {

std::span<const HostPass> host_passes() {
    static const HostPass passes[] = {
@rows@    };
    return passes;
}

}  // namespace tern::test
")
endfunction()
