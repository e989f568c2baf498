# What others see of the library: the targets saml-slo::<component>, and the same installed, for find_package and pkg-config.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# slo_component(<target> <name>): the target is saml-slo::<name> outside, and its archive libsaml-slo-<name>.a.
function(slo_component target component)
    add_library(saml-slo::${component} ALIAS ${target})
    set_target_properties(${target} PROPERTIES EXPORT_NAME ${component} OUTPUT_NAME saml-slo-${component})
    set_property(GLOBAL APPEND PROPERTY SLO_COMPONENT_TARGETS ${target})
endfunction()

# What a component links that isn't ours: by which name pkg-config knows it, or how it is linked where pkg-config doesn't
# know it. saml-slo-config.cmake.in says how CMake finds it.
set(slo_pc_LibXml2::LibXml2 "libxml-2.0 >= 2.9")
set(slo_pc_OpenSSL::Crypto "libcrypto >= 3.0")
set(slo_pc_OpenSSL::SSL "libssl >= 3.0")
set(slo_pc_PkgConfig::Hiredis "hiredis >= 0.14")
set(slo_pc_PkgConfig::Sqlite "sqlite3 >= 3.40")
set(slo_pc_PkgConfig::XmlSec1 "xmlsec1-openssl >= 1.2.37")
set(slo_pc_ZLIB::ZLIB "zlib >= 1.2")
set(slo_pc_tomlplusplus::tomlplusplus "tomlplusplus")
set(slo_libs_Boost::log "-lboost_log -lboost_thread -lboost_filesystem -lboost_atomic -lboost_chrono")
set(slo_libs_Threads::Threads "-pthread")

# Splits what linking <target> drags in: our components into `uses`, other people's targets into `needs`.
function(slo_split_links target)
    get_target_property(links ${target} INTERFACE_LINK_LIBRARIES)
    set(uses "")
    set(needs "")
    foreach(link IN LISTS links)
        string(REGEX REPLACE "^\\$<LINK_ONLY:(.*)>$" "\\1" link "${link}")
        if(link MATCHES "^slo::")
            get_target_property(component ${link} EXPORT_NAME)
            list(APPEND uses ${component})
        elseif(link)
            list(APPEND needs ${link})
        endif()
    endforeach()
    set(uses "${uses}" PARENT_SCOPE)
    set(needs "${needs}" PARENT_SCOPE)
endfunction()

# saml-slo-<component>.pc. The archives of a component are linked into the host, so it needs pkg-config --static.
function(slo_install_pc component uses needs)
    set(PC_NAME saml-slo-${component})
    set(PC_REQUIRES "")
    set(PC_REQUIRES_PRIVATE "")
    set(PC_LIBS "")
    set(PC_LIBS_PRIVATE "")
    foreach(used IN LISTS uses)
        list(APPEND PC_REQUIRES "saml-slo-${used} = ${PROJECT_VERSION}")
    endforeach()
    foreach(need IN LISTS needs)
        if(DEFINED slo_pc_${need})
            list(APPEND PC_REQUIRES_PRIVATE "${slo_pc_${need}}")
        elseif(DEFINED slo_libs_${need})
            list(APPEND PC_LIBS_PRIVATE "${slo_libs_${need}}")
        else()
            message(FATAL_ERROR "cmake/install.cmake doesn't say how pkg-config links ${need}")
        endif()
    endforeach()
    list(JOIN PC_REQUIRES ", " PC_REQUIRES)
    list(JOIN PC_REQUIRES_PRIVATE ", " PC_REQUIRES_PRIVATE)
    list(JOIN PC_LIBS_PRIVATE " " PC_LIBS_PRIVATE)
    if(NOT component STREQUAL "sp")
        set(PC_LIBS "-L\${libdir} -l${PC_NAME}")
    endif()
    # The prefix is where the file lies, so that the whole can be moved, and installed with another --prefix.
    file(RELATIVE_PATH PC_UP "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
    string(REGEX REPLACE "/$" "" PC_UP "${PC_UP}")
    configure_file(cmake/saml-slo.pc.in ${PC_NAME}.pc @ONLY)
    install(FILES ${PROJECT_BINARY_DIR}/${PC_NAME}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
        COMPONENT saml-slo_Development)
endfunction()

# slo_install(): everything, after the last slo_module. Two parts for cmake --install --component: saml-slo_Development and,
# with the programs, saml-slo_Runtime.
function(slo_install)
    if(NOT SLO_INSTALL)
        return()
    endif()
    set(folder ${CMAKE_INSTALL_LIBDIR}/cmake/saml-slo)
    get_property(targets GLOBAL PROPERTY SLO_COMPONENT_TARGETS)
    set(COMPONENT_TABLE "")
    foreach(target IN LISTS targets)
        get_target_property(component ${target} EXPORT_NAME)
        slo_split_links(${target})
        string(APPEND COMPONENT_TABLE
            "set(saml-slo_uses_${component} \"${uses}\")\nset(saml-slo_needs_${component} \"${needs}\")\n")
        slo_install_pc(${component} "${uses}" "${needs}")

        get_target_property(header_sets ${target} INTERFACE_HEADER_SETS)
        set(headers "")
        foreach(header_set IN LISTS header_sets)
            if(header_set)
                list(APPEND headers FILE_SET ${header_set} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
                    COMPONENT saml-slo_Development)
            endif()
        endforeach()
        install(TARGETS ${target} EXPORT saml-slo-${component}
            ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT saml-slo_Development ${headers})
        install(EXPORT saml-slo-${component} NAMESPACE saml-slo:: FILE saml-slo-${component}-targets.cmake
            DESTINATION ${folder} COMPONENT saml-slo_Development)
    endforeach()
    configure_package_config_file(cmake/saml-slo-config.cmake.in ${PROJECT_BINARY_DIR}/saml-slo-config.cmake
        INSTALL_DESTINATION ${folder} NO_SET_AND_CHECK_MACRO)
    write_basic_package_version_file(${PROJECT_BINARY_DIR}/saml-slo-config-version.cmake COMPATIBILITY SameMinorVersion)
    install(FILES ${PROJECT_BINARY_DIR}/saml-slo-config.cmake ${PROJECT_BINARY_DIR}/saml-slo-config-version.cmake
        DESTINATION ${folder} COMPONENT saml-slo_Development)
    install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/saml-slo COMPONENT saml-slo_Development)
endfunction()
