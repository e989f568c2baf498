# A parent that has found a Boost of its own has made the target Boost::headers already, and find_package leaves it as it is.
# With an older one our two units with sockets fail far from the reason.
get_target_property(boost_folders Boost::headers INTERFACE_INCLUDE_DIRECTORIES)
foreach(folder IN LISTS boost_folders)
    if(EXISTS ${folder}/boost/version.hpp)
        file(STRINGS ${folder}/boost/version.hpp boost_version REGEX "^#define BOOST_VERSION [0-9]+")
        string(REGEX MATCH "[0-9]+" boost_version "${boost_version}")
        if(boost_version LESS 108100)
            message(FATAL_ERROR "saml-slo needs Boost 1.81, and Boost::headers leads to ${folder}, which has "
                "${boost_version}. A project with an older Boost can link an installed saml-slo: docs/installing.md.")
        endif()
    endif()
endforeach()
