# What tern needs of others. An error names the Debian package and the way to do without.

# tern_missing(what why package [way to do without])
function(tern_missing what why package)
    set(without "")
    if(ARGN)
        set(without ", or ${ARGN}")
    endif()
    message(FATAL_ERROR "tern needs ${what} for ${why}: install it (Debian package: ${package})${without}")
endfunction()

# tern_find_package(name why package [way to do without]); name may have a version: "Boost 1.74 COMPONENTS context"
macro(tern_find_package name)
    string(REPLACE " " ";" tern_wanted "${name}")
    list(GET tern_wanted 0 tern_name)
    find_package(${tern_wanted} QUIET)
    if(NOT ${tern_name}_FOUND)
        tern_missing("${name}" ${ARGN})
    endif()
endmacro()

# tern_find_modules(prefix modules why package [way to do without]): through pkg-config; PkgConfig::<prefix> links them.
macro(tern_find_modules prefix modules)
    pkg_check_modules(${prefix} QUIET IMPORTED_TARGET ${modules})
    if(NOT ${prefix}_FOUND)
        tern_missing("${modules}" ${ARGN})
    endif()
endmacro()
