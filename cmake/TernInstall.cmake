# Installs the libraries, their public headers, the program and what find_package(tern CONFIG) reads.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# <tern/version.hpp>. Every library sees it: it lies beside the link that makes "tern/..." work in the tree.
set(TERN_GENERATED_ROOT ${PROJECT_BINARY_DIR}/generated)
configure_file(${PROJECT_SOURCE_DIR}/cmake/version.hpp.in ${TERN_GENERATED_ROOT}/tern/version.hpp @ONLY)

# Headers of SIMD and CUDA code and of the build itself stay out; scripts/check-includes holds the others to plain C++.
function(tern_install_headers)
    foreach(target ${TERN_LIBRARIES})
        string(REPLACE "tern_" "" folder ${target})
        install(DIRECTORY ${PROJECT_SOURCE_DIR}/${folder} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/tern
            FILES_MATCHING PATTERN "*.hpp" PATTERN "*.def"
            PATTERN "cuda" EXCLUDE PATTERN "cases" EXCLUDE PATTERN "detail" EXCLUDE PATTERN "device" EXCLUDE
            PATTERN "*_cpu.hpp" EXCLUDE PATTERN "*_cuda.hpp" EXCLUDE PATTERN "*_cudnn.hpp" EXCLUDE)
    endforeach()
    install(FILES ${PROJECT_SOURCE_DIR}/tern.hpp ${TERN_GENERATED_ROOT}/tern/version.hpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/tern)
endfunction()

# cmake --install BUILD --component gpu-check: the programs of the tree that scripts/gpu-tree makes; in no other install.
function(tern_install_gpu_check)
    foreach(program tern tern-bench tern-test-device)
        if(TARGET ${program})
            set_target_properties(${program} PROPERTIES INSTALL_RPATH "$ORIGIN/../lib;$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
            install(TARGETS ${program} COMPONENT gpu-check EXCLUDE_FROM_ALL)
        endif()
    endforeach()
endfunction()

function(tern_install)
    set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/tern)
    set_target_properties(${TERN_LIBRARIES} PROPERTIES
        VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR} # as ternConfigVersion
        INSTALL_RPATH "$ORIGIN" INSTALL_RPATH_USE_LINK_PATH ON)
    install(TARGETS ${TERN_LIBRARIES} tern_tern EXPORT ternTargets)
    if(TARGET tern)
        install(TARGETS tern)
    endif()
    tern_install_headers()
    tern_install_gpu_check()

    install(EXPORT ternTargets NAMESPACE tern:: DESTINATION ${package_folder})
    configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/ternConfig.cmake.in
        ${PROJECT_BINARY_DIR}/ternConfig.cmake INSTALL_DESTINATION ${package_folder})
    write_basic_package_version_file(${PROJECT_BINARY_DIR}/ternConfigVersion.cmake
        COMPATIBILITY SameMinorVersion)
    install(FILES ${PROJECT_BINARY_DIR}/ternConfig.cmake ${PROJECT_BINARY_DIR}/ternConfigVersion.cmake
        DESTINATION ${package_folder})
    install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
endfunction()
