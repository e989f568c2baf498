# Fails unless HEADER says VERSION, in all of its macros.
file(READ ${HEADER} header)
foreach(part IN ITEMS MAJOR MINOR PATCH)
    if(NOT header MATCHES "#define SLO_VERSION_${part} ([0-9]+)\n")
        message(FATAL_ERROR "${HEADER} has no SLO_VERSION_${part}")
    endif()
    list(APPEND numbers ${CMAKE_MATCH_1})
endforeach()
list(JOIN numbers "." version)
if(NOT header MATCHES "#define SLO_VERSION \"([^\"]+)\"\n" OR NOT CMAKE_MATCH_1 STREQUAL version
   OR NOT version STREQUAL VERSION)
    message(FATAL_ERROR "${HEADER} says ${version} and ${CMAKE_MATCH_1}, the project is ${VERSION}")
endif()
