# TERN_CUDA: ON (an error without CUDA), OFF, or unset: what is found decides, and TERN_CUDA_WHY says it.
set(TERN_CUDA_WHY "set by the user")

# The headers of cuDNN and cuBLASLt only: the libraries themselves are opened at run time.
macro(tern_find_library_headers)
    find_package(CUDAToolkit QUIET)
    find_path(TERN_CUDNN_INCLUDE_DIR cudnn.h HINTS ${CUDAToolkit_INCLUDE_DIRS} PATH_SUFFIXES cudnn)
    find_path(TERN_CUBLAS_INCLUDE_DIR cublasLt.h HINTS ${CUDAToolkit_INCLUDE_DIRS})
endmacro()

# NVIDIA's packages do not put nvcc on PATH.
if(NOT CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX})
    find_program(TERN_NVCC nvcc HINTS ENV CUDA_PATH ENV CUDA_HOME PATHS /usr/local/cuda PATH_SUFFIXES bin)
    mark_as_advanced(TERN_NVCC)
    if(TERN_NVCC)
        set(ENV{CUDACXX} ${TERN_NVCC})
        set(tern_set_cudacxx ON)
    endif()
endif()

if(NOT DEFINED TERN_CUDA OR TERN_CUDA STREQUAL "")
    include(CheckLanguage)
    check_language(CUDA)
    tern_find_library_headers()
    set(TERN_CUDA OFF)
    if(NOT CMAKE_CUDA_COMPILER)
        set(TERN_CUDA_WHY "no CUDA compiler found; put nvcc on PATH or set CMAKE_CUDA_COMPILER")
    elseif(NOT TERN_CUDNN_INCLUDE_DIR)
        set(TERN_CUDA_WHY "found ${CMAKE_CUDA_COMPILER} but no cudnn.h; set TERN_CUDNN_INCLUDE_DIR to its folder")
    elseif(NOT TERN_CUBLAS_INCLUDE_DIR)
        set(TERN_CUDA_WHY "found ${CMAKE_CUDA_COMPILER} but no cublasLt.h; set TERN_CUBLAS_INCLUDE_DIR to its folder")
    else()
        set(TERN_CUDA ON)
        set(TERN_CUDA_WHY "found ${CMAKE_CUDA_COMPILER}")
    endif()
endif()

if(TERN_CUDA)
    # A fixed list, never "native": a build serves other machines than the one it was made on.
    if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
        set(CMAKE_CUDA_ARCHITECTURES 80-real 90a-real 90-virtual)
    endif()
    enable_language(CUDA)
    # CMake 3.25.1 (Debian 12) does not know that nvcc has had C++20 since 12.0.
    if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)
        set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION "-std=c++20")
        set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION "-std=c++20")
    endif()
    set(CMAKE_CUDA_STANDARD 20)
    set(CMAKE_CUDA_STANDARD_REQUIRED ON)
    find_package(CUDAToolkit REQUIRED)
    # Linked in, so that programs start where no toolkit is. Several shared libraries must share one runtime: each copy
    # that is linked in knows only the kernels registered with itself.
    set(TERN_CUDART CUDA::cudart_static)
    if(BUILD_SHARED_LIBS)
        set(TERN_CUDART CUDA::cudart)
        set(CMAKE_CUDA_RUNTIME_LIBRARY Shared)
    endif()
    tern_find_library_headers()
    if(NOT TERN_CUDNN_INCLUDE_DIR)
        message(FATAL_ERROR "TERN_CUDA=ON needs cudnn.h (Debian: nvidia-cudnn or NVIDIA's cudnn9 packages); "
            "set TERN_CUDNN_INCLUDE_DIR to its folder, or TERN_CUDA=OFF")
    endif()
    if(NOT TERN_CUBLAS_INCLUDE_DIR)
        message(FATAL_ERROR "TERN_CUDA=ON needs cublasLt.h (a part of the CUDA toolkit; Debian: libcublas-dev); "
            "set TERN_CUBLAS_INCLUDE_DIR to its folder, or TERN_CUDA=OFF")
    endif()
endif()

if(tern_set_cudacxx) # not for a project around this one
    unset(ENV{CUDACXX})
endif()
