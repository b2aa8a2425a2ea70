# Installs the libraries, their public headers, the program and what find_package(tern CONFIG) and pkg-config read.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# <tern/version.hpp>. Every library sees it: it lies beside the link that makes "tern/..." work in the tree.
set(TERN_GENERATED_ROOT ${TERN_OWN_ROOT}/generated)
configure_file(${PROJECT_SOURCE_DIR}/cmake/version.hpp.in ${TERN_GENERATED_ROOT}/tern/version.hpp @ONLY)

# Headers of SIMD and CUDA code and of the build itself stay out; scripts/check-includes holds the others to plain C++.
function(tern_install_headers)
    foreach(target ${TERN_LIBRARIES})
        string(REPLACE "tern_" "" folder ${target})
        install(DIRECTORY ${PROJECT_SOURCE_DIR}/${folder} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/tern
            FILES_MATCHING PATTERN "*.hpp" PATTERN "*.def"
            PATTERN "cuda" EXCLUDE PATTERN "mpi" EXCLUDE PATTERN "nccl" EXCLUDE PATTERN "cases" EXCLUDE PATTERN "detail" EXCLUDE PATTERN "device" EXCLUDE
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

# tern.pc for pkg-config. It says where it is relative to itself, so that the folder may be moved.
function(tern_install_pkg_config)
    set(pc_folder ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
    set(pc_prefix ${CMAKE_INSTALL_PREFIX})
    if(NOT IS_ABSOLUTE ${pc_folder})
        file(RELATIVE_PATH up /prefix/${pc_folder} /prefix)
        string(REGEX REPLACE "/$" "" up ${up})
        set(pc_prefix "\${pcfiledir}/${up}")
    endif()
    cmake_path(APPEND pc_libdir "\${prefix}" ${CMAKE_INSTALL_LIBDIR})
    cmake_path(APPEND pc_includedir "\${prefix}" ${CMAKE_INSTALL_INCLUDEDIR})
    set(libraries ${TERN_LIBRARIES})
    list(REVERSE libraries) # each before those that it needs
    list(TRANSFORM libraries PREPEND -l)
    list(JOIN libraries " " pc_libraries)
    # Shared libraries keep what they link to themselves. Static ones are all there is then, so that what they need is
    # needed by every program, with --static and without.
    set(pc_requires "")
    if(NOT BUILD_SHARED_LIBS)
        set(pc_requires "libhwy libpng libjpeg libwebp")
        list(APPEND pc_libraries -pthread)
        foreach(library ${CMAKE_DL_LIBS})
            list(APPEND pc_libraries -l${library})
        endforeach()
        if(TERN_CUDA)
            list(APPEND pc_libraries "-L${CUDAToolkit_LIBRARY_DIR}" -lcudart_static -lrt)
        endif()
        list(JOIN pc_libraries " " pc_libraries)
    endif()
    configure_file(${PROJECT_SOURCE_DIR}/cmake/tern.pc.in ${PROJECT_BINARY_DIR}/tern.pc @ONLY)
    install(FILES ${PROJECT_BINARY_DIR}/tern.pc DESTINATION ${pc_folder})
endfunction()

function(tern_install)
    set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/tern)
    set_target_properties(${TERN_LIBRARIES} PROPERTIES
        VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR} # as ternConfigVersion
        INSTALL_RPATH "$ORIGIN" INSTALL_RPATH_USE_LINK_PATH ON)
    install(TARGETS ${TERN_LIBRARIES} tern_tern EXPORT ternTargets)
    foreach(mpi ${TERN_MPI_MODULES})
        install(TARGETS tern_mpi_${mpi} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/tern)
    endforeach()
    if(TARGET tern)
        install(TARGETS tern)
    endif()
    tern_install_headers()
    tern_install_gpu_check()
    tern_install_pkg_config()

    install(EXPORT ternTargets NAMESPACE tern:: DESTINATION ${package_folder})
    list(TRANSFORM TERN_LIBRARIES REPLACE "^tern_" "" OUTPUT_VARIABLE components)
    list(JOIN components ", " TERN_COMPONENTS)
    configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/ternConfig.cmake.in
        ${PROJECT_BINARY_DIR}/ternConfig.cmake INSTALL_DESTINATION ${package_folder})
    write_basic_package_version_file(${PROJECT_BINARY_DIR}/ternConfigVersion.cmake
        COMPATIBILITY SameMinorVersion)
    install(FILES ${PROJECT_BINARY_DIR}/ternConfig.cmake ${PROJECT_BINARY_DIR}/ternConfigVersion.cmake
        DESTINATION ${package_folder})
    install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
endfunction()
